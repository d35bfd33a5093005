// All sessions, the latest first.

import { showStatus } from "./badge.js";
import { h, setText } from "./dom.js";
import { plural, span, visible } from "./format.js";
import { list } from "./list.js";
import { startDialog } from "./start.js";
import { store } from "./store.js";

const isEnded = (session) => session.status === "exited" || session.status === "dead";

export const ports = (session) => session.ports.map((port) => `${port.host}/${port.protocol}`).join(" ");

/** The time that a session has been there, or was. */
export const age = (session) => span((session.ended ?? store.now()) - session.created);

/** What is left of its time to live. */
export const left = (session) => (session.ends === null ? "no limit" : session.ended ? "" : span(session.ends - store.now()));

const columns = [
  { name: "Session", class: "mono grow", show: (cell, it) => setText(cell, visible(it.id)) },
  { name: "Status", class: "status", show: (cell, it) => showStatus(cell, it.status) },
  { name: "Location", class: "location", show: (cell, it) => setText(cell, it.location) },
  { name: "Image", class: "image", show: (cell, it) => setText(cell, `${it.image}:${it.tag}`) },
  { name: "Players", class: "number players", show: (cell, it) => setText(cell, String(it.players)) },
  { name: "Age", class: "number age", show: (cell, it) => setText(cell, age(it)) },
  { name: "Ends in", class: "number left", show: (cell, it) => setText(cell, left(it)) },
  { name: "Ports", class: "mono ports", show: (cell, it) => setText(cell, ports(it)) },
];

export function sessionTable(label, empty) {
  return list({
    label,
    columns,
    key: (session) => `${session.number} ${session.id}`,
    link: (session) => `#/sessions/${encodeURIComponent(session.id)}`,
    rowClass: (session) => (isEnded(session) ? "session ended" : "session"),
    empty,
  });
}

export function sessionsView() {
  const table = sessionTable("Sessions", "No session yet. Start one by hand, or let your matchmaker do it.");
  const search = h("input", { type: "search", placeholder: "id, image, location", "aria-label": "Search sessions", oninput: changed });
  const which = h("select", { "aria-label": "Which sessions", onchange: changed },
    h("option", { value: "alive" }, "alive"), h("option", { value: "ended" }, "ended"), h("option", { value: "all" }, "all"));
  const count = h("span", { class: "quiet" });
  const element = h("section", { class: "page fill", "aria-labelledby": "title" },
    h("div", { class: "bar" },
      h("h1", { id: "title" }, "Sessions"), count, h("span", { class: "spring" }),
      search, which, h("button", { class: "primary", onclick: startDialog }, "Start a session")),
    table.element);
  let seen = -1;
  let shown = [];
  const view = { element, draw };
  table.onscroll = () => view.redraw?.();

  function changed() {
    seen = -1;
    view.redraw?.();
  }

  function draw() {
    if (seen !== store.changes.sessions) {
      seen = store.changes.sessions;
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (session) =>
        (which.value === "all" || isEnded(session) === (which.value === "ended")) &&
        words.every((word) => `${session.id} ${session.image}:${session.tag} ${session.location} ${session.status}`.toLowerCase().includes(word));
      shown = [...store.sessions.values()].filter(fits).sort((one, other) => other.number - one.number);
      setText(count, plural(shown.length, "session"));
    }
    table.draw(shown);
  }

  return view;
}
