// What the page knows of the emulator: everything once, then changes. Views read it when a frame is drawn.

/** How many requests and seconds are kept; the emulator keeps no more either. */
const MOST_REQUESTS = 1000;
const MOST_TICKS = 300;

export const store = {
  isKnown: false,
  emulator: null,
  images: [],
  locations: [],
  faults: [],
  /** By id, in the order of their starts. */
  sessions: new Map(),
  requests: [],
  ticks: [],
  /** How far the emulator's clock is ahead of this one. */
  ahead: 0,
  /** Goes up with each change of the kind, so that a view sees what it has to do. */
  changes: { sessions: 0, requests: 0, ticks: 0, faults: 0, locations: 0 },
  now: () => Date.now() + store.ahead,
};

const listeners = new Set();

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function take(name, data) {
  store.ahead = data.now - Date.now();
  if (name === "everything") {
    store.sessions.clear();
    store.requests.length = 0;
    store.ticks.length = 0;
    for (const kind of Object.keys(store.changes)) store.changes[kind] += 1;
    store.isKnown = true;
  }
  if (data.emulator) store.emulator = data.emulator;
  if (data.images) store.images = data.images;
  if (data.locations) changed("locations", (store.locations = data.locations));
  if (data.faults) changed("faults", (store.faults = data.faults));
  for (const session of data.sessions) store.sessions.set(session.id, session);
  for (const id of data.gone) store.sessions.delete(id);
  if (data.sessions.length + data.gone.length > 0) changed("sessions");
  append("requests", data.requests, MOST_REQUESTS);
  append("ticks", data.ticks, MOST_TICKS);
  for (const listener of listeners) listener(data);
}

/** A location as a change has made it; the event that says so comes later. */
export function takeLocation(room) {
  changed("locations", (store.locations = store.locations.map((it) => (it.id === room.id ? room : it))));
  for (const listener of listeners) listener();
}

function append(kind, items, most) {
  if (items.length === 0) return;
  const list = store[kind];
  list.push(...items);
  if (list.length > most) list.splice(0, list.length - most);
  changed(kind);
}

function changed(kind) {
  store.changes[kind] += 1;
}
