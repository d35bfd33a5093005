/** The client: one method an operation. */
import { Driver, Kind } from "./driver.js";
import { MatchportError, refused } from "./error.js";
import { artifactStream, LogStream } from "./streams.js";
import { optionsText } from "./options.js";
import { FetchTransport, type Transport } from "./transport.js";
import type {
  AllocateOptions,
  Allocation,
  Backfilled,
  BackfillOptions,
  CallOptions,
  Location,
  MatchportOptions,
  PlayerCount,
  ResumeOptions,
  Session,
  SessionEntry,
  SessionFilter,
} from "./types.js";

let defaultTransport = (): Transport => new FetchTransport((input, init) => globalThis.fetch(input, init));

/** Says what carries requests when no `fetch` is given. Called once, by the entry file that has something better. */
export function provideTransport(make: () => Transport): void {
  defaultTransport = make;
}

/**
 * Gets matches onto game servers. All operations of one client share what it knows: which locations are full, and how
 * much may be tried again.
 */
export class Matchport {
  readonly #driver: Driver;

  /** Nothing is sent, compiled or timed before the first operation. */
  constructor(options: MatchportOptions) {
    if (typeof options !== "object" || options === null) throw refused("options", "must be an object");
    const { token, environment, baseUrl, allowPlainHttp, times, fetch, dangerouslyAllowBrowser } = options;
    if (typeof token !== "string") throw refused("token", "must be a string");
    // Core's rule too; here it is said at once rather than by the first operation.
    if (!/^[!-~]{1,8192}$/.test(token)) throw refused("token", "must be 1 to 8192 visible ASCII characters");
    if (environment !== undefined && !["sandbox", "production", "local"].includes(environment)) {
      throw refused("environment", "must be sandbox, production or local");
    }
    if (baseUrl !== undefined && typeof baseUrl !== "string") throw refused("baseUrl", "must be a string");
    if (fetch !== undefined && typeof fetch !== "function") throw refused("fetch", "must be a function");
    if (isBrowserPage() && dangerouslyAllowBrowser !== true) {
      throw refused("token", "would be readable by everybody who opens this page; keep it on a server, or set dangerouslyAllowBrowser");
    }
    const transport = fetch ? new FetchTransport(fetch) : defaultTransport();
    const core = optionsText({ token, environment, baseUrl, allowPlainHttp, times });
    this.#driver = new Driver(core, token, transport);
  }

  /** Gets a session for a match, once and only once: placement, start, failover, wait until it can be joined. */
  async allocate(options: AllocateOptions): Promise<Allocation> {
    const { signal, onTicket, onProgress, ...rest } = given(options);
    return (await this.#run(Kind.Allocate, rest, { signal, onTicket, onProgress })) as Allocation;
  }

  /** Goes on with an allocation from its ticket, in any process and any language. */
  async resume(ticket: string, options: ResumeOptions = {}): Promise<Allocation> {
    if (typeof ticket !== "string") throw refused("ticket", "must be a string");
    const { signal, onTicket, onProgress, ...rest } = given(options);
    const begin = { ticket, options: optionsText(rest) };
    return (await this.#driver.run(begin, { signal, onTicket, onProgress })) as Allocation;
  }

  /** Puts players into a running session with open slots. */
  async backfill(options: BackfillOptions): Promise<Backfilled> {
    const { signal, onProgress, ...rest } = given(options);
    return (await this.#run(Kind.Backfill, rest, { signal, onProgress })) as Backfilled;
  }

  /** Which locations offer an image, with addresses to ping. Not to be cached. */
  async locations(image: string, options: CallOptions = {}): Promise<Location[]> {
    return (await this.#run(Kind.Locations, { image }, options)) as Location[];
  }

  /** Lists sessions. */
  async sessions(filter: SessionFilter = {}): Promise<SessionEntry[]> {
    const { signal, ...rest } = given(filter);
    return (await this.#run(Kind.List, rest, { signal })) as SessionEntry[];
  }

  /** Describes a session. */
  async session(id: string, options: CallOptions = {}): Promise<Session> {
    return (await this.#run(Kind.Describe, { id }, options)) as Session;
  }

  /** Stops a session. `false`: it had already ended. */
  async stop(id: string, options: CallOptions = {}): Promise<boolean> {
    return (await this.#run(Kind.Stop, { id }, options)) as boolean;
  }

  /** Adds players to a session. */
  async join(id: string, players: string[], options: CallOptions = {}): Promise<PlayerCount> {
    return (await this.#run(Kind.Join, { id, players }, options)) as PlayerCount;
  }

  /** Takes players out of whatever session they are in. */
  async leave(players: string[], options: CallOptions = {}): Promise<PlayerCount> {
    return (await this.#run(Kind.Leave, { players }, options)) as PlayerCount;
  }

  /** Whether an image has a tag in a location. */
  async tagExists(location: string, image: string, version: string, options: CallOptions = {}): Promise<boolean> {
    return (await this.#run(Kind.TagExists, { location, image, version }, options)) as boolean;
  }

  /** The log of a session, line by line; with `follow` until it ends. Nothing is sent before the first line is asked for. */
  logs(id: string, options: CallOptions & { follow?: boolean | undefined } = {}): LogStream {
    const { signal, follow } = given(options);
    return new LogStream((listener) => this.#run(Kind.Logs, { id, follow }, listener), signal);
  }

  /** What a session that has ended left at an absolute path of its container, as a `.tar.gz`. */
  artifact(id: string, path: string, options: CallOptions = {}): ReadableStream<Uint8Array> {
    const { signal } = given(options);
    return artifactStream((listener) => this.#run(Kind.Artifact, { id, path }, listener), signal);
  }

  /**
   * Accepts no further operation and cancels all that are under way. What is not settled after `within` milliseconds
   * (5,000) fails with a ticket.
   */
  async close(options: { within?: number } = {}): Promise<void> {
    await this.#driver.close(options.within ?? 5_000);
  }

  /** `await using client = new Matchport(...)` closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(kind: Kind, options: object, listener: Parameters<Driver["run"]>[1]): Promise<unknown> {
    return this.#driver.run({ kind, options: optionsText(options) }, listener);
  }
}

// Minified, the class would show under another name.
Object.defineProperty(Matchport, "name", { value: "Matchport" });

function given<T extends object>(options: T): T {
  if (typeof options !== "object" || options === null) throw refused("options", "must be an object");
  return options;
}

function isBrowserPage(): boolean {
  return typeof (globalThis as { window?: { document?: unknown } }).window?.document === "object";
}

export { MatchportError };
