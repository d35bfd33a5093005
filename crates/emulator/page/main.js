// The page as a whole: which view is shown, when it is drawn, and how the connection stands.

import { follow, token } from "./api.js";
import { field, h, setAttribute, setText } from "./dom.js";
import { faultsView } from "./faults.js";
import { overviewView } from "./overview.js";
import { requestsView } from "./requests.js";
import { sessionView } from "./session.js";
import { sessionsView } from "./sessions.js";
import { onChange, store, take } from "./store.js";

const main = document.getElementById("main");
const connection = document.getElementById("connection");

/** What is shown: an element, how it is drawn, how it ends. */
let view = null;
let isFrameAsked = false;
/** Script time of the latest frames, reading events included, in milliseconds; for measuring. */
const frames = (window.matchportFrames = []);
let spent = 0;

function draw() {
  isFrameAsked = false;
  const begin = performance.now();
  view?.draw();
  frames.push(spent + performance.now() - begin);
  spent = 0;
  if (frames.length > 1000) frames.shift();
}

function takeEvent(name, text) {
  const begin = performance.now();
  take(name, JSON.parse(text));
  spent += performance.now() - begin;
}

/** All changes until the next frame are drawn at once. */
function askFrame() {
  if (isFrameAsked) return;
  isFrameAsked = true;
  requestAnimationFrame(draw);
}

function route() {
  const [, name = "", rest] = location.hash.match(/^#\/(\w*)(?:\/(.*))?$/) ?? [];
  if (name === "sessions" && rest) return { name, title: "Session", make: () => sessionView(decodeURIComponent(rest)) };
  const routes = {
    sessions: { title: "Sessions", make: sessionsView },
    requests: { title: "Requests", make: requestsView },
    faults: { title: "Faults", make: faultsView },
  };
  return { name, ...(routes[name] ?? { title: "Overview", make: overviewView }) };
}

function show(isFirst = false) {
  const { name, title, make } = route();
  view?.end?.();
  view = make();
  view.redraw = askFrame;
  main.replaceChildren(view.element);
  document.title = `${title} · matchport emulator`;
  for (const link of document.querySelectorAll(".top nav a")) {
    setAttribute(link, "aria-current", link.getAttribute("href") === `#/${name}` ? "page" : null);
  }
  if (!isFirst) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  askFrame();
}

const states = { live: "live", waiting: "reconnecting", token: "needs a token" };

function tell(state, error) {
  setText(connection, states[state]);
  setAttribute(connection, "data-state", state);
  if (state === "token") askToken(error);
}

function askToken(error) {
  view?.end?.();
  const input = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: "false" });
  const submit = (event) => {
    event.preventDefault();
    token.set(input.value);
    show();
    connect();
  };
  const why = error.status === 403 ? error.message : token.isOwn() ? "That token is not known here." : "This emulator was given a token of its own.";
  const element = h("form", { class: "card sign-in", onsubmit: submit },
    h("h1", {}, "Token"),
    h("p", { role: "alert" }, why),
    field("Token with the permission session:read", input, "Kept in this tab, until it is closed."),
    h("button", { class: "primary" }, "Look"));
  view = { element, draw() {} };
  main.replaceChildren(element);
  input.focus();
}

const last = { id: null };
let connected = null;

function connect() {
  connected?.abort();
  connected = new AbortController();
  follow({ take: takeEvent, tell, last, signal: connected.signal });
}

// A browser has six connections to a host for all of its tabs: one that nobody sees keeps none.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) connected?.abort();
  else connect();
});
addEventListener("hashchange", () => location.hash.startsWith("#/") && show());
addEventListener("resize", askFrame);
onChange(askFrame);
// Ages go on while nothing happens.
setInterval(() => store.isKnown && !document.hidden && askFrame(), 1000);
show(true);
connect();
