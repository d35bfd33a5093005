/**
 * Drives one engine: hands it what happens, carries its requests, keeps its time, tells callers. It decides nothing:
 * when something is tried again, and where, is the core's business.
 */
import { instantiate } from "./core.js";
import { MatchportError, type ErrorFields } from "./error.js";
import type { Client, Glue, Sink } from "./glue.js";
import { BROKEN, JSON_TYPE, NOT_SENT, type Exchange, type Transport } from "./transport.js";
import type { Progress, Report } from "./types.js";

/** The operations, as the core numbers them. */
export const enum Kind {
  Allocate,
  Backfill,
  List,
  Describe,
  Stop,
  Join,
  Leave,
  Locations,
  TagExists,
  Logs,
  Artifact,
}

/** The events, as the core numbers them. */
const enum Told {
  Completed,
  Failed,
  Ticket,
  Progress,
  Line,
  Data,
}

/** What an operation is given to report to. */
export interface Listener {
  signal?: AbortSignal | undefined;
  onTicket?: ((ticket: string) => void | Promise<void>) | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Pieces of a stream; resolves when more is wanted. */
  onPiece?: ((piece: string | Uint8Array) => Promise<void> | undefined) | undefined;
}

/** What begins an operation. */
export type Begin = { kind: Kind; options: string } | { ticket: string; options: string };

interface Operation extends Listener {
  resolve(value: unknown): void;
  reject(error: MatchportError): void;
  /** Takes the listener off the signal. */
  release: (() => void) | undefined;
  /** The newest ticket. */
  ticket: string | null;
  /** While a ticket is being kept: the requests that wait for it. */
  waiting: Send[] | undefined;
  /** Settles when the tickets so far are kept, or are known not to be. */
  keeping: Promise<void> | undefined;
  /** Why it was not kept. */
  notKept: unknown;
  /** Whether a request has left. */
  sent: boolean;
  /** For a list: the entries, read by the runtime's own parser. */
  entries: unknown[] | undefined;
  list: boolean;
  /** While the consumer of a stream wants no more. */
  resting: Promise<void> | undefined;
}

interface Send {
  operation: number;
  request: number;
  method: number;
  accept: number;
  maxBytes: number;
  urlLength: number;
  text: string;
}

const METHODS = ["GET", "POST", "PUT", "DELETE"];
const EMPTY_LIST = new TextEncoder().encode('{"sessions":[]}');
const NOTHING = new Uint8Array(0);
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A trap is a fault of the core; what was under way may have taken effect. */
const TRAPPED = "the WebAssembly core failed; what was under way has ended, and the client goes on with a new one";

export class Driver {
  readonly #options: string;
  readonly #authorization: string;
  readonly #transport: Transport;
  readonly #operations = new Map<number, Operation>();
  /** Functions that abort, by request. */
  readonly #aborts = new Map<number, () => void>();
  /** Streams whose consumer rests, by request. */
  readonly #resting = new Set<number>();
  #queue: (() => void)[] = [];
  #glue: Promise<Client> | undefined;
  #client: Client | undefined;
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = 0;
  #closing = false;
  #closed: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: string, token: string, transport: Transport) {
    this.#options = options;
    this.#authorization = `Bearer ${token}`;
    this.#transport = transport;
  }

  /** Runs an operation to its end. */
  async run(begin: Begin, listener: Listener = {}): Promise<unknown> {
    this.#admit(listener.signal);
    const client = this.#client ?? (await this.#instance());
    this.#admit(listener.signal);
    // It trapped, before it was this operation's turn.
    if (client !== this.#client) return this.run(begin, listener);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const operation: Operation = {
        signal: listener.signal,
        onTicket: listener.onTicket,
        onProgress: listener.onProgress,
        onPiece: listener.onPiece,
        resolve,
        reject,
        release: undefined,
        ticket: null,
        waiting: undefined,
        keeping: undefined,
        notKept: undefined,
        sent: false,
        entries: undefined,
        list: "kind" in begin && begin.kind === Kind.List,
        resting: undefined,
      };
      this.#operations.set(id, operation);
      const { signal } = listener;
      if (signal) {
        const cancel = (): void => this.#stopShort(operation, (core, now) => core.cancel(id, now));
        signal.addEventListener("abort", cancel, { once: true });
        operation.release = () => signal.removeEventListener("abort", cancel);
      }
      const entropy = randomBytes();
      this.#tell((core, now) => {
        try {
          return "kind" in begin
            ? core.submit(id, begin.kind, begin.options, entropy, now)
            : core.resume(id, begin.ticket, begin.options, entropy, now);
        } catch (thrown) {
          // What the core refuses is thrown as a plain object; everything else is a trap.
          if (thrown instanceof Error) throw thrown;
          this.#end(id, (it) => it.reject(failure(thrown, it)));
          return core.wake(now);
        }
      }, client);
    });
  }

  /** Ends everything: cancels what is under way, and after this time leaves what is not settled. */
  close(withinMs: number): Promise<void> {
    this.#closing = true;
    return (this.#closed ??= this.#shutDown(withinMs));
  }

  async #shutDown(withinMs: number): Promise<void> {
    if (this.#client && this.#operations.size > 0) {
      const idle = new Promise<void>((resolve) => (this.#whenIdle = resolve));
      this.#tell((core, now) => core.shutdown(withinMs, now));
      await idle;
    }
    this.#disarm();
    this.#transport.close();
    this.#client = this.#glue = undefined;
  }

  #admit(signal: AbortSignal | undefined): void {
    if (this.#closing) throw new MatchportError({ code: "shut_down", message: "the client has been closed" });
    if (signal?.aborted) {
      const fields = { code: "cancelled", message: "the operation was cancelled before it began" };
      throw new MatchportError(fields, { cause: signal.reason });
    }
  }

  #instance(): Promise<Client> {
    this.#glue ??= instantiate().then(
      (glue) => (this.#client = this.#start(glue)),
      (error: unknown) => {
        this.#glue = undefined;
        throw error;
      },
    );
    return this.#glue;
  }

  #start(glue: Glue): Client {
    const put = (work: () => void): void => void this.#queue.push(work);
    const sink: Sink = {
      send: (operation, request, method, accept, maxBytes, urlLength, text) => {
        put(() => this.#send({ operation, request, method, accept, maxBytes, urlLength, text }));
      },
      abort: (operation, request) => put(() => this.#abort(operation, request)),
      event: (operation, kind, value) => put(() => this.#event(operation, kind, value)),
    };
    try {
      return new glue.Client(this.#options, sink);
    } catch (thrown) {
      throw thrown instanceof Error ? thrown : failure(thrown);
    }
  }

  /** Changes the engine, then does what it wants. */
  #tell(change: (core: Client, now: number) => number, client = this.#client): void {
    if (!client || client !== this.#client) return;
    let wakeAt: number;
    try {
      wakeAt = change(client, clock());
    } catch (cause) {
      return this.#trapped(cause);
    }
    this.#arm(wakeAt);
    // Callers are told here and may begin something new: that fills the queue again, and finds it at its end.
    for (let work = this.#queue.shift(); work; work = this.#queue.shift()) work();
    if (this.#operations.size === 0) {
      this.#disarm();
      this.#whenIdle?.();
    }
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A timer that fires too early does no harm, and costs less than a new one for each request. */
  #arm(wakeAt: number): void {
    if (wakeAt < 0 || (this.#timer !== undefined && this.#timerAt <= wakeAt)) return;
    clearTimeout(this.#timer);
    this.#timerAt = wakeAt;
    const delay = Math.min(Math.max(wakeAt - clock(), 0), LONGEST_TIMER_MS);
    // Keeps the process alive, as long as somebody waits for an operation: an allocation must not be left halfway.
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell((core, now) => {
        // A stream whose consumer rests is not one that stands still.
        for (const request of this.#resting) core.stream_data(request, NOTHING, now);
        return core.wake(now);
      });
    }, delay);
  }

  #send(send: Send): void {
    const operation = this.#operations.get(send.operation);
    if (!operation) return;
    if (operation.waiting) return void operation.waiting.push(send);
    operation.sent = true;
    const body = send.text.length > send.urlLength ? send.text.slice(send.urlLength) : undefined;
    const url = body === undefined ? send.text : send.text.slice(0, send.urlLength);
    const exchange = this.#exchange(send.request, operation);
    const request = {
      method: METHODS[send.method]!,
      url,
      authorization: this.#authorization,
      accept: send.accept ? "*/*" : JSON_TYPE,
      body,
      maxBytes: send.maxBytes,
    };
    try {
      this.#aborts.set(send.request, this.#transport.send(request, exchange));
    } catch (error) {
      exchange.failed(BROKEN, error instanceof Error ? error.message.slice(0, 300) : "the transport threw");
    }
  }

  #exchange(request: number, operation: Operation): Exchange {
    const over = (change: (core: Client, now: number) => number): void => {
      this.#aborts.delete(request);
      this.#resting.delete(request);
      this.#tell(change);
    };
    return {
      whole: (status, retryAfter, body) => {
        const bytes = operation.list && status === 200 ? this.#list(operation, body) : body;
        over((core, now) => core.response(request, status, retryAfter, bytes, now));
      },
      started: (status, retryAfter) => {
        this.#tell((core, now) => core.stream_started(request, status, retryAfter, now));
      },
      data: (bytes) => {
        this.#tell((core, now) => core.stream_data(request, bytes, now));
        const { resting } = operation;
        if (!resting) return undefined;
        this.#resting.add(request);
        return resting.finally(() => this.#resting.delete(request));
      },
      ended: () => over((core, now) => core.stream_ended(request, now)),
      failed: (kind, message) => over((core, now) => core.failed(request, kind, message, now)),
    };
  }

  /** A list is read by the runtime's own parser. One that can't be read so goes to the core, which says why. */
  #list(operation: Operation, body: Uint8Array): Uint8Array {
    try {
      const { sessions } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as { sessions: unknown };
      const entries = sessions === null ? [] : sessions;
      if (!Array.isArray(entries) || !entries.every(isEntry)) return body;
      operation.entries = entries;
      return EMPTY_LIST;
    } catch {
      return body;
    }
  }

  #abort(id: number, request: number): void {
    const operation = this.#operations.get(id);
    if (operation?.waiting) operation.waiting = operation.waiting.filter((send) => send.request !== request);
    this.#aborts.get(request)?.();
    this.#aborts.delete(request);
    this.#resting.delete(request);
  }

  #event(id: number, kind: Told, value: unknown): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    switch (kind) {
      case Told.Completed:
        return this.#end(id, (it) => it.resolve(it.entries ?? JSON.parse(value as string)));
      case Told.Failed:
        return this.#end(id, (it) => it.reject(failure(JSON.parse(value as string), it)));
      case Told.Ticket:
        operation.ticket = value as string;
        return this.#keep(id, operation);
      case Told.Progress:
        try {
          operation.onProgress?.(JSON.parse(value as string) as Progress);
        } catch {
          // A progress line that can't be drawn changes nothing of the allocation.
        }
        return;
      case Told.Line:
      case Told.Data: {
        const rest = operation.onPiece?.(value as string | Uint8Array);
        if (rest) {
          operation.resting = rest;
          void rest.then(() => (operation.resting = undefined));
        }
      }
    }
  }

  /** Hands out a ticket, and lets nothing leave until it is kept. */
  #keep(id: number, operation: Operation): void {
    if (!operation.onTicket) return;
    const waiting: Send[] = operation.waiting ?? [];
    const ticket = operation.ticket!;
    operation.waiting = waiting;
    const before = operation.keeping ?? Promise.resolve();
    const keeping = before.then(() => operation.onTicket!(ticket));
    operation.keeping = keeping.then(
      () => {},
      (reason: unknown) => {
        operation.notKept ??= { reason };
        if (!operation.sent) this.#stopShort(operation, (core, now) => core.ticket_not_kept(id, now));
      },
    );
    const mine = operation.keeping;
    void mine.then(() => {
      if (operation.keeping !== mine) return;
      operation.keeping = undefined;
      const sends = operation.waiting ?? [];
      operation.waiting = undefined;
      for (const send of sends) this.#send(send);
    });
  }

  /** Ends an operation from outside. What waits for a ticket is not sent, and the core is told so. */
  #stopShort(operation: Operation, change: (core: Client, now: number) => number): void {
    const unsent = operation.waiting ?? [];
    if (operation.waiting) operation.waiting = [];
    this.#tell(change);
    for (const { request } of unsent) {
      this.#tell((core, now) => core.failed(request, NOT_SENT, "the operation was ended before it was sent", now));
    }
  }

  #end(id: number, report: (operation: Operation) => void): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#operations.delete(id);
    operation.release?.();
    report(operation);
  }

  /** The instance is gone, and with it all that it knew. The next operation gets a new one. */
  #trapped(cause: unknown): void {
    this.#client = this.#glue = undefined;
    this.#queue = [];
    this.#disarm();
    for (const abort of this.#aborts.values()) abort();
    this.#aborts.clear();
    this.#resting.clear();
    for (const id of [...this.#operations.keys()]) {
      this.#end(id, (it) => {
        const outcome = it.sent ? "unknown" : "not_sent";
        const ticket = it.sent ? it.ticket : null;
        it.reject(new MatchportError({ code: "internal", message: TRAPPED, outcome }, { ticket, cause }));
      });
    }
    this.#whenIdle?.();
  }
}

/** The error that a failure of the core's stands for. */
export function failure(thrown: unknown, operation?: { signal?: AbortSignal | undefined; notKept?: unknown }): MatchportError {
  const { error, ticket, report } = thrown as { error: ErrorFields; ticket?: string | null; report?: Report | null };
  let cause: unknown;
  if (error.code === "ticket_not_kept") cause = (operation?.notKept as { reason: unknown } | undefined)?.reason;
  else if (error.code === "cancelled") cause = operation?.signal?.reason;
  return new MatchportError(error, { ticket: ticket ?? null, report: report ?? null, cause });
}

let pool = new Uint8Array(0);

/** 24 random bytes that nobody else gets. Asked for in larger pieces, since each question costs as much as a request. */
function randomBytes(): Uint8Array {
  if (pool.length === 0) pool = crypto.getRandomValues(new Uint8Array(24 * 64));
  const taken = pool.slice(0, 24);
  pool.fill(0, 0, 24);
  pool = pool.subarray(24);
  return taken;
}

function isEntry(entry: unknown): boolean {
  const it = entry as { id?: unknown; port?: unknown } | null;
  return typeof it === "object" && it !== null && typeof it.id === "string" && typeof it.port === "object";
}

/** Milliseconds on a clock that does not go back. */
function clock(): number {
  return Math.floor(performance.now());
}
