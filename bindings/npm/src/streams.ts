/** Logs and artifacts as JavaScript's own streams. An operation begins with the first read and ends with the last. */
import type { Listener } from "./driver.js";

type Run = (listener: Listener) => Promise<unknown>;

/** Pieces as they come, taken one at a time. The operation rests while a piece lies here. */
class Pieces<T> {
  readonly #run: Run;
  readonly #outer: AbortSignal | undefined;
  readonly #inner = new AbortController();
  #pieces: T[] = [];
  #state: "new" | "open" | "ended" | "failed" = "new";
  #error: unknown;
  #wake: (() => void) | undefined;
  #rested: (() => void) | undefined;

  constructor(run: Run, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#outer = signal;
  }

  async next(): Promise<T | undefined> {
    if (this.#state === "new") this.#begin();
    while (this.#pieces.length === 0 && this.#state === "open") {
      this.#rested?.();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#pieces.length > 0) return this.#pieces.shift();
    if (this.#state === "failed") {
      this.#state = "ended";
      throw this.#error;
    }
    return undefined;
  }

  stop(): void {
    this.#pieces = [];
    if (this.#state === "new") this.#state = "ended";
    this.#rested?.();
    this.#inner.abort();
  }

  #begin(): void {
    this.#state = "open";
    const outer = this.#outer;
    const abort = (): void => this.#inner.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort, { once: true });
    const onPiece = (piece: unknown): Promise<void> => {
      this.#pieces.push(piece as T);
      this.#wake?.();
      return new Promise((resolve) => (this.#rested = resolve));
    };
    const end = (state: "ended" | "failed", error?: unknown): void => {
      outer?.removeEventListener("abort", abort);
      this.#state = state;
      this.#error = error;
      this.#wake?.();
    };
    this.#run({ signal: this.#inner.signal, onPiece: onPiece as Listener["onPiece"] }).then(
      () => end("ended"),
      (error: unknown) => end("failed", error),
    );
  }
}

/** The lines of a log: `for await (const line of stream)`, or a `ReadableStream` of lines. Can be read once. */
export class LogStream implements AsyncIterableIterator<string> {
  readonly #pieces: Pieces<string>;

  /** @internal */
  constructor(run: Run, signal: AbortSignal | undefined) {
    this.#pieces = new Pieces(run, signal);
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    const line = await this.#pieces.next();
    return line === undefined ? { done: true, value: undefined } : { done: false, value: line };
  }

  /** Ends the stream: what `break` does in a loop. */
  async return(): Promise<IteratorResult<string, undefined>> {
    this.#pieces.stop();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same lines as a stream. */
  readable(): ReadableStream<string> {
    return readable(this.#pieces);
  }
}

/** The bytes of an artifact. */
export function artifactStream(run: Run, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  return readable(new Pieces<Uint8Array>(run, signal));
}

function readable<T>(pieces: Pieces<T>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const piece = await pieces.next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => pieces.stop(),
    },
    { highWaterMark: 0 },
  );
}
