// The emulator at a glance: locations and what of them is in use, the last minutes, the latest sessions.

import { api } from "./api.js";
import { chart } from "./charts.js";
import { h, keyed, notice, setAttribute, setText } from "./dom.js";
import { fullRule, switches } from "./faults.js";
import { plural, took, visible } from "./format.js";
import { sessionTable } from "./sessions.js";
import { startDialog } from "./start.js";
import { store } from "./store.js";

export function overviewView() {
  const tiles = { alive: tile("Sessions alive"), starts: tile("Starts a second"), time: tile("Time of a start"), faults: tile("Faults set") };
  const locations = h("ul", { class: "locations" });
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
    h("h2", {}, "Locations"), locations,
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
    keyed(locations, store.locations, (it) => it.id, makeLocation, showLocation);
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

function makeLocation(location) {
  const used = h("span", { class: "used" });
  const meter = h("div", { class: "meter", role: "meter", "aria-label": `In use in ${location.id}`, "aria-valuemin": 0 }, h("div", { class: "fill" }));
  const state = h("span", { class: "badge" });
  const full = h("button", { role: "switch", class: "switch", "aria-checked": "false", onclick: toggle }, "Play full");
  const node = h("li", { class: "card location" },
    h("div", { class: "bar" }, h("h3", {}, visible(location.id)), state, h("span", { class: "spring" }), full),
    meter, used);
  async function toggle() {
    try {
      const own = switches.find(fullRule(location.id));
      if (own) await api.removeFault(own.id);
      else await api.addFault(fullRule(location.id));
    } catch (error) {
      notice(error.message, true);
    }
  }
  Object.assign(node, { used, meter, state, full });
  return node;
}

function showLocation(node, location) {
  const { id, capacity, alive } = location;
  const isPlayed = switches.find(fullRule(id)) !== undefined;
  const isFull = isPlayed || (capacity !== null && alive >= capacity);
  setText(node.used, capacity === null ? `${plural(alive, "session")}, no limit` : `${alive} of ${capacity} in use`);
  setText(node.state, isPlayed ? "full, by a fault" : isFull ? "full" : "open");
  setAttribute(node.state, "data-tone", isFull ? "warn" : "good");
  setAttribute(node.full, "aria-checked", isPlayed);
  setAttribute(node.full, "aria-label", `Play full: ${id}`);
  // Without a limit it is measured by the fullest.
  const most = capacity ?? Math.max(10, ...store.locations.map((it) => it.alive));
  setAttribute(node.meter, "aria-valuemax", Math.max(1, most));
  setAttribute(node.meter, "aria-valuenow", Math.min(alive, Math.max(1, most)));
  setAttribute(node.meter, "aria-valuetext", node.used.textContent);
  setAttribute(node.meter, "data-tone", isFull ? "warn" : null);
  const width = `${Math.min(100, (100 * alive) / Math.max(1, most))}%`;
  if (node.meter.firstChild.style.width !== width) node.meter.firstChild.style.width = width;
}
