/** How a request gets out and its answer back: what a transport is, and the one over `fetch`. No retry, no judgement. */

/** A request, complete. */
export interface WireRequest {
  method: string;
  url: string;
  authorization: string;
  accept: string;
  /** JSON. */
  body: string | undefined;
  /** The most bytes that the answer may hold; 0 asks for a stream. */
  maxBytes: number;
}

/** Why no answer came: not one byte was sent, it broke (and may have been seen), it is too large. */
export const NOT_SENT = 0;
export const BROKEN = 1;
export const TOO_LARGE = 3;

/** What becomes of a request. Exactly one of `whole`, `ended` and `failed` ends it. */
export interface Exchange {
  whole(status: number, retryAfter: number, body: Uint8Array): void;
  started(status: number, retryAfter: number): void;
  /** Resolves when more is wanted. */
  data(bytes: Uint8Array): Promise<void> | undefined;
  ended(): void;
  failed(kind: number, message: string): void;
}

export interface Transport {
  /** Sends; the function that comes back aborts. After that nothing is reported. */
  send(request: WireRequest, exchange: Exchange): () => void;
  close(): void;
}

/** What bodies are, and most answers. */
export const JSON_TYPE = "application/json";

type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** Codes of failures to connect, in Node, Bun and Deno: no byte of the request can have left. */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ConnectionRefused|UND_ERR_CONNECT_TIMEOUT)$/;

/** The kind of failure that an error stands for. */
export function failureOf(error: unknown): number {
  for (let it = error as { code?: unknown; cause?: unknown } | undefined, depth = 0; it && depth < 4; depth++) {
    if (typeof it.code === "string" && NOT_CONNECTED.test(it.code)) return NOT_SENT;
    it = it.cause as typeof it;
  }
  return BROKEN;
}

/** What happened, in words. */
export function wordsOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | null | undefined)?.cause;
  const said = (it: unknown): string => (it instanceof Error ? it.message : typeof it === "string" ? it : "");
  const words = [said(error), said(cause)].filter(Boolean).join(": ") || "the request failed without saying why";
  return words.slice(0, 300);
}

/** The header's number of seconds, or -1. */
export function secondsOf(header: string | null | undefined): number {
  return header && /^\s*\d{1,9}\s*$/.test(header) ? Number(header) : -1;
}

export class FetchTransport implements Transport {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  send(request: WireRequest, exchange: Exchange): () => void {
    const controller = new AbortController();
    this.#exchange(request, exchange, controller.signal).catch((error: unknown) => {
      if (!controller.signal.aborted) exchange.failed(failureOf(error), wordsOf(error));
    });
    return () => controller.abort();
  }

  close(): void {}

  async #exchange(request: WireRequest, exchange: Exchange, signal: AbortSignal): Promise<void> {
    const { method, url, authorization, accept, body, maxBytes } = request;
    const fetch = this.#fetch;
    const headers: Record<string, string> = { authorization, accept };
    // A redirect is not followed: the token is for this address only.
    const init: RequestInit = { method, headers, signal, redirect: "manual" };
    if (body !== undefined) {
      headers["content-type"] = JSON_TYPE;
      init.body = body;
    }
    const response = await fetch(url, init);
    const retryAfter = secondsOf(response.headers.get("retry-after"));
    if (maxBytes > 0) {
      const bytes = await whole(response, maxBytes);
      if (signal.aborted) return;
      if (bytes) exchange.whole(response.status, retryAfter, bytes);
      else exchange.failed(TOO_LARGE, `the answer is larger than ${maxBytes} bytes`);
      return;
    }
    if (signal.aborted) return;
    exchange.started(response.status, retryAfter);
    const reader = response.body?.getReader();
    for (;;) {
      const piece = await reader?.read();
      if (signal.aborted) return;
      if (!piece?.value) return exchange.ended();
      await exchange.data(piece.value);
      if (signal.aborted) return;
    }
  }
}

/** The body in one piece, or `undefined` when it is larger than it may be. */
async function whole(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const length = response.headers.get("content-length");
  if (length !== null && !response.headers.get("content-encoding")) {
    // The length bounds what comes, so nothing needs to be counted.
    if (Number(length) > maxBytes) return void (await response.body.cancel());
    return new Uint8Array(await response.arrayBuffer());
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value } = await reader.read();
    if (!value) break;
    size += value.length;
    if (size > maxBytes) return void (await reader.cancel());
    pieces.push(value);
  }
  return joined(pieces, size);
}

/** All pieces in one. */
export function joined(pieces: Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
