/** What the build makes of wasm-bindgen's glue: a factory, so that there can be several instances. */
export interface Glue {
  imports: WebAssembly.ModuleImports;
  attach(exports: WebAssembly.Exports): void;
  Client: new (options: string, sink: Sink) => Client;
  rank(figures: Uint16Array, locations: number, policy: string): Float64Array;
}

/** Takes what the engine wants. */
export interface Sink {
  send(
    operation: number,
    request: number,
    method: number,
    accept: number,
    maxBytes: number,
    urlLength: number,
    text: string,
  ): void;
  abort(operation: number, request: number): void;
  event(operation: number, kind: number, value: unknown): void;
}

/** One engine. All but `free` return when to wake it, or -1. */
export interface Client {
  submit(id: number, kind: number, options: string, entropy: Uint8Array, now: number): number;
  resume(id: number, ticket: string, options: string, entropy: Uint8Array, now: number): number;
  response(request: number, status: number, retryAfter: number, body: Uint8Array, now: number): number;
  stream_started(request: number, status: number, retryAfter: number, now: number): number;
  stream_data(request: number, bytes: Uint8Array, now: number): number;
  stream_ended(request: number, now: number): number;
  failed(request: number, kind: number, message: string, now: number): number;
  cancel(id: number, now: number): number;
  ticket_not_kept(id: number, now: number): number;
  shutdown(withinMs: number, now: number): number;
  wake(now: number): number;
}

export function glue(): Glue;
