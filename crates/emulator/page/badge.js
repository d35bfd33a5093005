// The status of a session and the outcome of a request: a coloured mark, and always a word too.

import { h, setAttribute, setText } from "./dom.js";
import { outcome, statusNames, tone } from "./format.js";

export function showStatus(cell, status) {
  show(cell, statusNames[status] ?? status, status);
}

export function showOutcome(cell, request) {
  show(cell, outcome(request), tone(request));
}

function show(cell, text, name) {
  cell.badge ??= cell.appendChild(h("span", { class: "badge" }));
  setText(cell.badge, text);
  setAttribute(cell.badge, "data-tone", name);
}
