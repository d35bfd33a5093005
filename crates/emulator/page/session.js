// One session: what it is, who is in it, what happened to it, its log and its files.

import { api, Refused } from "./api.js";
import { showStatus } from "./badge.js";
import { field, h, keyed, notice, setText } from "./dom.js";
import { clock, span, statusNames, visible } from "./format.js";
import { logPanel } from "./log.js";
import { sequence } from "./sequence.js";
import { age, left } from "./sessions.js";
import { store } from "./store.js";

export function sessionView(id) {
  const status = h("span");
  const facts = h("dl", { class: "facts" });
  const roster = h("ul", { class: "chips" });
  const nobody = h("p", { class: "quiet" }, "Nobody is in.");
  const timeline = h("ol", { class: "timeline" });
  const environment = h("ul", { class: "chips mono" });
  const stop = h("button", { class: "danger", onclick: () => act(() => api.stop(id), "Stopping") }, "Stop");
  const players = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "ada, bo", required: true });
  const path = h("input", { value: "/", spellcheck: "false", required: true });
  const download = h("button", {}, "Download");
  const filesHint = h("p", { class: "quiet" });
  const gone = h("p", { class: "error", role: "alert" });
  const log = logPanel(id);
  const requests = sequence();
  const element = h("section", { class: "page", "aria-labelledby": "title" },
    h("div", { class: "bar" },
      h("a", { href: "#/sessions", class: "back" }, "Sessions"),
      h("h1", { id: "title", class: "mono" }, visible(id)), status, h("span", { class: "spring" }), stop),
    gone,
    h("div", { class: "columns" },
      h("div", {},
        card("What it is", facts),
        card("Players", roster, nobody,
          h("form", { class: "inline", onsubmit: join }, field("Join by hand", players), h("button", {}, "Join"))),
        card("Environment", environment, h("p", { class: "quiet" }, "Values are never shown.")),
        card("Files", filesHint,
          h("form", { class: "inline", onsubmit: fetchFiles }, field("Path in its folder", path), download))),
      h("div", {},
        card("What happened to it", timeline),
        card("Requests about it", requests.element))),
    log.element);
  let detail = null;
  let known = null;
  let isAsking = false;
  let seenRequests = -1;
  const ending = new AbortController();
  const view = { element, draw, end };

  async function load() {
    if (isAsking) return;
    isAsking = true;
    try {
      detail = await api.session(id, ending.signal);
      seenRequests = -1;
      setText(gone, "");
    } catch (error) {
      if (ending.signal.aborted) return;
      setText(gone, error.message);
      if (!(error instanceof Refused)) known = null;
    } finally {
      isAsking = false;
    }
    view.redraw?.();
  }

  function draw() {
    const session = store.sessions.get(id);
    // Each change brings another object.
    if (store.isKnown && session !== known && !isAsking) {
      known = session;
      load();
    }
    if (seenRequests !== store.changes.requests) {
      seenRequests = store.changes.requests;
      requests.draw(store.requests.filter((request) => request.session === id), detail?.timeline ?? []);
    }
    const shown = session ?? detail?.session;
    if (!shown) return;
    const isEnded = shown.ended !== null;
    showStatus(status, shown.status);
    stop.hidden = isEnded;
    stop.disabled = shown.status === "shuttingdown";
    download.disabled = !isEnded || store.emulator?.backend === "null";
    setText(filesHint, isEnded ? "Everything below a path, as a .tar.gz." : "They can be had when it has ended.");
    showFacts(facts, shown, detail);
    if (!detail) return;
    nobody.hidden = detail.roster.length > 0;
    keyed(roster, detail.roster, (name) => name, (name) => h("li", {}, visible(name),
      h("button", { class: "x", "aria-label": `${visible(name)} leaves`, onclick: () => act(() => api.leave([name])) }, "×")));
    keyed(environment, detail.env, (name) => name, (name) => h("li", {}, visible(name), h("span", { class: "quiet", "aria-label": "hidden" }, " •••")));
    keyed(timeline, detail.timeline, (moment) => `${moment.at} ${JSON.stringify(moment)}`, (moment) => h("li", { "data-tone": moment.status ?? moment.what },
      h("time", { class: "mono" }, clock(moment.at)), h("span", {}, words(moment)),
      h("span", { class: "quiet" }, `after ${span(moment.at - shown.created)}`)));
  }

  async function act(what, said) {
    try {
      await what();
      if (said) notice(said);
    } catch (error) {
      notice(error.message, true);
    }
    load();
  }

  function join(event) {
    event.preventDefault();
    const names = players.value.split(",").map((name) => name.trim()).filter(Boolean);
    act(async () => {
      await api.join(id, names);
      players.value = "";
    });
  }

  async function fetchFiles(event) {
    event.preventDefault();
    try {
      const file = await (await api.artifact(id, path.value)).blob();
      const url = URL.createObjectURL(file);
      const link = h("a", { href: url, download: `${id.replace(/[^\w.-]/g, "_")}.tar.gz` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      notice("The files are here.");
    } catch (error) {
      notice(error.message, true);
    }
  }

  function end() {
    ending.abort();
    log.end();
  }

  return view;
}

function card(title, ...content) {
  return h("section", { class: "card" }, h("h2", {}, title), content);
}

function showFacts(list, session, detail) {
  const rows = [
    ["Image", `${session.image}:${session.tag}`],
    ["Location", session.location],
    ["Address", session.ports.map((port) => `${session.host}:${port.host} (${port.container}/${port.protocol})`).join(", ") || "no ports"],
    ["Age", age(session)],
    ["Ends in", left(session) || "has ended"],
  ];
  if (detail) {
    if (detail.args.length > 0) rows.push(["Arguments", detail.args.join(" ")]);
    if (detail.restart) rows.push(["After a failure", "starts again"]);
    if (detail.externalId) rows.push(["External id", detail.externalId]);
    for (const [name, value] of Object.entries(detail.labels)) rows.push([`Label ${name}`, value]);
  }
  const entry = ([name]) => h("div", {}, h("dt", {}, visible(name)), h("dd", {}));
  keyed(list, rows, ([name]) => name, entry, (node, [, value]) => setText(node.lastChild, visible(value)));
}

function words(moment) {
  const players = () => {
    const more = moment.count - moment.players.length;
    return moment.players.map(visible).join(", ") + (more > 0 ? ` and ${more} more` : "");
  };
  switch (moment.what) {
    case "status":
      return { ...statusNames, created: "started" }[moment.status] ?? moment.status;
    case "exit":
      return `its process ended: ${moment.exit}`;
    case "joined":
      return `${players()} joined`;
    case "left":
      return `${players()} left`;
    default:
      return `${moment.count} moments that are not kept`;
  }
}
