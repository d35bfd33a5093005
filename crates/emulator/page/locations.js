// The locations: what of each is in use, how it is, and what can be changed about it.

import { api } from "./api.js";
import { field, h, keyed, notice, setAttribute, setText } from "./dom.js";
import { fullRule, switches } from "./faults.js";
import { plural, visible } from "./format.js";
import { store, takeLocation } from "./store.js";

/** The names of the states, as the emulator and people call them, and their colours. */
const STATES = { open: "good", draining: "warn", unreachable: "bad" };

export function locationList() {
  const element = h("ul", { class: "locations" });
  return { element, draw: () => keyed(element, store.locations, (it) => it.id, make, show) };
}

function make({ id }) {
  const name = visible(id);
  const used = h("span", { class: "used" });
  const meter = h("div", { class: "meter", role: "meter", "aria-label": `In use in ${name}`, "aria-valuemin": 0 }, h("div", { class: "fill" }));
  const badge = h("span", { class: "badge" });
  const full = h("button", { role: "switch", class: "switch", "aria-checked": "false", "aria-label": `Play full: ${name}`, onclick: toggle }, "Play full");
  const state = h("select", { "aria-label": `State of ${name}`, onchange: () => change({ state: state.value }) },
    Object.keys(STATES).map((value) => h("option", { value }, value)));
  const capacity = h("input", { inputmode: "numeric", autocomplete: "off", placeholder: "no limit", "aria-label": `Capacity of ${name}`, onchange: resize });
  const node = h("li", { class: "card location" },
    h("div", { class: "bar" }, h("h3", {}, name), badge), meter,
    h("div", { class: "bar" }, used, h("span", { class: "spring" }), full),
    h("div", { class: "controls" }, field("State", state), field("Capacity", capacity)));
  Object.assign(node, { used, meter, badge, full, state, capacity, isChanging: false });
  return node;

  function toggle() {
    const own = switches.find(fullRule(id));
    return attempt(() => (own ? api.removeFault(own.id) : api.addFault(fullRule(id))));
  }

  function resize() {
    const text = capacity.value.trim();
    const sessions = text === "" ? null : Number(text);
    if (sessions === null || Number.isInteger(sessions)) return change({ capacity: sessions });
    notice("A capacity is a whole number, or nothing for no limit.", true);
    capacity.value = shownCapacity(store.locations.find((it) => it.id === id));
  }

  async function change(what) {
    node.isChanging = true;
    await attempt(async () => takeLocation(await api.changeLocation(id, what)));
    node.isChanging = false;
    const now = store.locations.find((it) => it.id === id);
    if (!now) return;
    capacity.value = shownCapacity(now);
    show(node, now);
  }
}

async function attempt(what) {
  try {
    await what();
  } catch (error) {
    notice(error.message, true);
  }
}

const shownCapacity = (location) => String(location?.capacity ?? "");

function show(node, location) {
  const { id, capacity, alive, state } = location;
  const isPlayed = switches.find(fullRule(id)) !== undefined;
  const isFull = isPlayed || (capacity !== null && alive >= capacity);
  const isOpen = state === "open";
  setText(node.used, capacity === null ? `${plural(alive, "session")}, no limit` : `${alive} of ${capacity} in use`);
  setText(node.badge, !isOpen ? state : isPlayed ? "full, by a fault" : isFull ? "full" : "open");
  setAttribute(node.badge, "data-tone", isOpen && isFull ? "warn" : STATES[state]);
  setAttribute(node.full, "aria-checked", isPlayed);
  // Without a limit it is measured by the fullest.
  const most = Math.max(1, capacity ?? Math.max(10, ...store.locations.map((it) => it.alive)));
  setAttribute(node.meter, "aria-valuemax", most);
  setAttribute(node.meter, "aria-valuenow", Math.min(alive, most));
  setAttribute(node.meter, "aria-valuetext", node.used.textContent);
  setAttribute(node.meter, "data-tone", isOpen ? (isFull ? "warn" : null) : STATES[state]);
  const width = `${Math.min(100, (100 * alive) / most)}%`;
  if (node.meter.firstChild.style.width !== width) node.meter.firstChild.style.width = width;
  // What somebody is about to change stays as it is.
  if (node.isChanging) return;
  if (node.state.value !== state) node.state.value = state;
  if (document.activeElement !== node.capacity && node.capacity.value !== shownCapacity(location)) node.capacity.value = shownCapacity(location);
}
