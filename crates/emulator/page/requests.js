// Requests as they come in, the latest first, and one of them in full with those of the same allocation.

import { api } from "./api.js";
import { showOutcome } from "./badge.js";
import { h, setAttribute, setText } from "./dom.js";
import { clock, outcome, plural, pretty, took, visible } from "./format.js";
import { list } from "./list.js";
import { sequence } from "./sequence.js";
import { store } from "./store.js";

const columns = [
  { name: "Request", class: "mono grow", show: (cell, it) => setText(cell, visible(`${it.method} ${it.path}`)) },
  { name: "Status", class: "status", show: (cell, it) => showOutcome(cell, it) },
  { name: "Time", class: "number took", show: (cell, it) => setText(cell, took(it.took)) },
  { name: "Came at", class: "number mono at", show: (cell, it) => setText(cell, clock(it.at)) },
  { name: "Session", class: "mono of-session", show: (cell, it) => setText(cell, visible(it.session ?? "")) },
];

const kinds = {
  all: () => true,
  failed: (request) => request.status === null || request.status >= 400,
  faults: (request) => request.fault !== null,
  starts: (request) => request.operation === "start",
};

export function requestsView() {
  let chosen = null;
  const table = list({
    label: "Requests",
    columns,
    key: (request) => String(request.number),
    link: (request) => `#${request.number}`,
    rowClass: (request) => `request${request.number === chosen ? " chosen" : ""}${request.fault ? " met-fault" : ""}`,
    empty: "No request yet. They show here as they come in.",
  });
  const search = h("input", { type: "search", placeholder: "path or session", "aria-label": "Search requests", oninput: changed });
  const which = h("select", { "aria-label": "Which requests", onchange: changed },
    h("option", { value: "all" }, "all"), h("option", { value: "starts" }, "starts"),
    h("option", { value: "failed" }, "failed"), h("option", { value: "faults" }, "met a fault"));
  const pause = h("button", { "aria-pressed": "false", onclick: toggle }, "Pause");
  const count = h("span", { class: "quiet" });
  const side = detail(() => choose(null));
  const element = h("section", { class: "page fill split", "aria-labelledby": "title" },
    h("div", { class: "bar" }, h("h1", { id: "title" }, "Requests"), count, h("span", { class: "spring" }), search, which, pause),
    h("div", { class: "halves" }, table.element, side.element));
  let seen = -1;
  let shown = [];
  const view = { element, draw };
  table.onscroll = () => view.redraw?.();
  table.element.addEventListener("click", (event) => {
    const link = event.target.closest(".row")?.querySelector("a");
    if (!link) return;
    event.preventDefault();
    choose(Number(link.getAttribute("href").slice(1)));
  });

  function choose(number) {
    const before = chosen;
    chosen = number;
    side.show(store.requests.find((request) => request.number === number) ?? null);
    element.classList.toggle("has-detail", number !== null);
    if (number === null) table.element.querySelector(`a[href="#${before}"]`)?.focus();
    else side.focus();
    view.redraw?.();
  }

  function toggle() {
    setAttribute(pause, "aria-pressed", pause.getAttribute("aria-pressed") !== "true");
    changed();
  }

  function changed() {
    seen = -1;
    view.redraw?.();
  }

  function draw() {
    const isPaused = pause.getAttribute("aria-pressed") === "true";
    if (seen === -1 || (seen !== store.changes.requests && !isPaused)) {
      seen = store.changes.requests;
      const word = search.value.toLowerCase();
      const fits = (request) => kinds[which.value](request) && (!word || `${request.method} ${request.path} ${request.session ?? ""}`.toLowerCase().includes(word));
      shown = store.requests.filter(fits).reverse();
      setText(count, plural(shown.length, "request"));
    }
    table.draw(shown);
    side.draw();
  }

  return view;
}

/** One request in full. */
function detail(close) {
  const title = h("h2", { class: "mono", tabindex: -1 });
  const facts = h("dl", { class: "facts" });
  const why = h("p", { class: "error" });
  const body = h("pre", { class: "body", tabindex: 0, role: "region", "aria-label": "Body of the request" });
  const toSession = h("a");
  const together = sequence();
  const inner = h("div", { hidden: true },
    h("div", { class: "bar" }, title, h("span", { class: "spring" }), h("button", { class: "x", "aria-label": "Close", onclick: close }, "×")),
    why, facts, body, h("p", {}, toSession), h("h3", {}, "The whole allocation"), together.element);
  const element = h("aside", { class: "card detail", "aria-label": "One request" }, inner);
  let request = null;
  let seen = -1;
  let moments = [];

  return {
    element,
    focus: () => title.focus(),
    show(it) {
      request = it;
      inner.hidden = it === null;
      seen = -1;
      moments = [];
      if (it === null) return;
      setText(title, visible(`${it.method} ${it.path}`));
      setText(why, it.refusal ? visible(it.refusal) : it.cut ? "A fault has closed the connection instead of an answer." : it.status === null ? "The client has hung up." : "");
      const rows = [["Status", outcome(it)], ["Time", took(it.took)], ["Came at", clock(it.at)], ["Operation", it.operation ?? "none"]];
      if (it.fault) rows.push(["Fault", `number ${it.fault} happened to it`]);
      facts.replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
      setText(body, it.body === null ? "no body" : visible(pretty(it.body)));
      toSession.toggleAttribute("hidden", !it.session);
      if (it.session) {
        // What became of the session belongs into the picture; it may be gone.
        api.session(it.session).then((session) => {
          if (request !== it) return;
          moments = session.timeline;
          seen = -1;
        }, () => {});
        setText(toSession, "To its session");
        setAttribute(toSession, "href", `#/sessions/${encodeURIComponent(it.session)}`);
      }
    },
    draw() {
      if (!request || seen === store.changes.requests) return;
      seen = store.changes.requests;
      const same = request.session ? store.requests.filter((it) => it.session === request.session) : [request];
      together.draw(same, moments);
    },
  };
}
