/** The ports of a list entry, in the form that all other results have. */
import type { Port, SessionEntry } from "./types.js";

/** Reads `{"7777/udp": 27015}`; by container port, and ports that are not published left out. */
export function portsOf(entry: Pick<SessionEntry, "port">): Port[] {
  const ports: Port[] = [];
  for (const [name, host] of Object.entries(entry.port ?? {})) {
    const [container, type = ""] = name.split("/");
    if (typeof host === "number") ports.push({ type: type.toLowerCase(), container: Number(container), host });
  }
  return ports.sort((a, b) => a.container - b.container || (a.type < b.type ? -1 : 1));
}
