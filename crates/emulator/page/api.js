// Asks the emulator. Each request carries the token in a header, like any client's: there is no cookie, so that another
// page has nothing to ride on. `EventSource` can't send headers, which is why events are read with `fetch`.

const KEPT = "matchport-token";
/** The token of an emulator that was given none; only this machine can reach such a one. */
const WELL_KNOWN = "local";

export const token = {
  get: () => sessionStorage.getItem(KEPT) ?? WELL_KNOWN,
  set: (value) => sessionStorage.setItem(KEPT, value),
  isOwn: () => sessionStorage.getItem(KEPT) !== null,
};

/** A refusal, with what the emulator says about it. */
export class Refused extends Error {
  constructor(status, body) {
    const violations = (body?.violations ?? []).map((it) => `${it.field}: ${it.description}`);
    super([body?.message ?? `status ${status}`, ...(violations.length > 0 ? violations : [body?.details])].filter(Boolean).join("\n"));
    this.status = status;
    this.violations = body?.violations ?? [];
  }
}

/** The response, whose body is not read yet. */
export async function ask(method, path, body, more = {}) {
  const headers = { authorization: `Bearer ${token.get()}`, ...more.headers };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: more.signal,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  });
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
  return response;
}

export async function get(path, signal) {
  return (await ask("GET", path, undefined, { signal })).json();
}

const segment = encodeURIComponent;

export const api = {
  session: (id, signal) => get(`/_emulator/sessions/${segment(id)}`, signal),
  start: async (body) => (await ask("POST", "/session", body)).json(),
  stop: (id) => ask("DELETE", `/session/${segment(id)}`),
  join: async (session, players) => (await ask("PUT", "/session/player/join", { session, players })).json(),
  leave: async (players) => (await ask("DELETE", "/session/player/leave", { players })).json(),
  addFault: async (fault) => (await ask("POST", "/_emulator/faults", fault)).json(),
  removeFault: (id) => ask("DELETE", `/_emulator/faults/${id}`),
  changeLocation: async (id, change) => (await ask("PUT", `/_emulator/locations/${segment(id)}`, change)).json(),
  log: (id, signal) => ask("GET", `/_emulator/logs?id=${segment(id)}&follow=true`, undefined, { signal }),
  artifact: (id, path) => ask("GET", `/artifacts?session=${segment(id)}&path=${segment(path)}`),
};

/**
 * Follows what happens until `signal` says stop: `take(name, text)` gets each event, `tell(state)` how it stands
 * (`live`, `waiting`, `token`). Goes on where it stopped after a break, however often.
 */
export async function follow({ take, tell, signal, last }) {
  let pause = 250;
  while (!signal.aborted) {
    try {
      const headers = last.id ? { "last-event-id": last.id } : {};
      const response = await ask("GET", "/_emulator/events", undefined, { headers, signal });
      for await (const event of events(response.body)) {
        take(event.event, event.data);
        last.id = event.id;
        pause = 250;
        tell("live");
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && (error.status === 401 || error.status === 403)) return tell("token", error);
    }
    if (signal.aborted) return;
    tell("waiting");
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 2000);
  }
}

/** The events of a stream, each as an object of its fields. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) yield fields(part);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function fields(text) {
  const found = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) found[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return found;
}
