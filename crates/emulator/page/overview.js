// The emulator at a glance: locations and what of them is in use, the last minutes, the latest sessions.

import { chart } from "./charts.js";
import { h, setText } from "./dom.js";
import { plural, took } from "./format.js";
import { locationList } from "./locations.js";
import { sessionTable } from "./sessions.js";
import { startDialog } from "./start.js";
import { store } from "./store.js";

export function overviewView() {
  const tiles = { alive: tile("Sessions alive"), starts: tile("Starts a second"), time: tile("Time of a start"), faults: tile("Faults set") };
  const locations = locationList();
  const latest = sessionTable("Latest sessions", "No session yet. Start one by hand, or let your matchmaker do it.");
  latest.element.classList.add("short");
  const starts = chart("Starts a second", (colors) => [
    { label: "started", stroke: colors.accent, fill: colors.accentSoft },
    { label: "refused", stroke: colors.bad },
  ], (ticks) => [ticks.map((it) => it.starts), ticks.map((it) => it.refused)]);
  const times = chart("Time of a start, in ms", (colors) => [
    { label: "half are below", stroke: colors.accent },
    { label: "95 of 100 are below", stroke: colors.warn },
  ], (ticks) => [ticks.map((it) => it.median), ticks.map((it) => it.p95)]);
  const capacity = chart("Sessions alive, by location", (colors) => store.locations.slice(0, colors.several.length).map((it, index) => ({
    label: it.id, stroke: colors.several[index],
  })), (ticks) => store.locations.slice(0, 6).map((_, index) => ticks.map((it) => it.alive[index] ?? null)));
  const charts = [starts, times, capacity];
  const about = h("p", { class: "quiet about" });
  const element = h("section", { class: "page", "aria-labelledby": "title" },
    h("div", { class: "bar" }, h("h1", { id: "title" }, "Overview"), about, h("span", { class: "spring" }), h("button", { class: "primary", onclick: startDialog }, "Start a session")),
    h("div", { class: "tiles" }, Object.values(tiles).map((it) => it.element)),
    h("h2", {}, "Locations"), locations.element,
    h("h2", {}, "The last minutes"), h("div", { class: "charts" }, charts.map((it) => it.element)),
    h("div", { class: "bar" }, h("h2", {}, "Latest sessions"), h("span", { class: "spring" }), h("a", { href: "#/sessions" }, "All sessions")),
    latest.element);
  let seenSessions = -1;
  let recent = [];
  const view = { element, draw, end: () => charts.forEach((it) => it.end()) };
  latest.onscroll = () => view.redraw?.();

  function draw() {
    if (!store.isKnown) return;
    const alive = store.locations.reduce((sum, it) => sum + it.alive, 0);
    const ticks = store.ticks.slice(-10);
    const started = ticks.reduce((sum, it) => sum + it.starts, 0);
    const slow = store.ticks.findLast((it) => it.median !== null);
    tiles.alive.show(alive.toLocaleString("en"), store.emulator?.quota ? `of ${store.emulator.quota} by quota` : "no quota");
    tiles.starts.show((started / Math.max(1, ticks.length)).toFixed(started > 0 ? 1 : 0), "over ten seconds");
    tiles.time.show(slow ? took(slow.median) : "–", "half of the latest are below");
    tiles.faults.show(String(store.faults.length), plural(store.faults.reduce((sum, it) => sum + it.happened, 0), "time", "times") + " happened");
    setText(about, `version ${store.emulator?.version}, ${store.emulator?.backend === "null" ? "nothing behind sessions" : `backend ${store.emulator?.backend}`}`);
    locations.draw();
    for (const it of charts) it.draw();
    if (seenSessions !== store.changes.sessions) {
      seenSessions = store.changes.sessions;
      recent = [...store.sessions.values()].sort((one, other) => other.number - one.number).slice(0, 50);
    }
    latest.draw(recent);
  }

  return view;
}

function tile(name) {
  const value = h("p", { class: "value" }, "–");
  const note = h("p", { class: "quiet" });
  const element = h("section", { class: "tile" }, h("h2", {}, name), value, note);
  return {
    element,
    show(text, said) {
      setText(value, text);
      setText(note, said);
    },
  };
}
