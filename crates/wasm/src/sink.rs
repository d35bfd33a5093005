//! The JavaScript object that takes what an engine wants. Its methods only put things into a queue: nothing may call
//! back into the engine before the call that drains it has returned.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Takes requests and events, in their order.
    pub type Sink;

    /// Send a request. `text` is the address and, after its first `url_length` UTF-16 units, the JSON body: one string
    /// for both, since each string that crosses costs about as much as a call of a function.
    ///
    /// `max_bytes` is the most that the answer may hold, 0 for a stream.
    #[wasm_bindgen(method)]
    pub fn send(
        this: &Sink,
        operation: f64,
        request: f64,
        method: u8,
        accept: u8,
        max_bytes: u32,
        url_length: u32,
        text: &str,
    );

    /// Stop caring about a request.
    #[wasm_bindgen(method)]
    pub fn abort(this: &Sink, operation: f64, request: f64);

    /// Tell the caller of an operation. See [`Kind`] for what `value` is.
    #[wasm_bindgen(method)]
    pub fn event(this: &Sink, operation: f64, kind: u8, value: JsValue);
}

/// The kinds of events, as numbers that `bindings/npm/src/core.ts` repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The operation did what was asked; the value is what came of it, as JSON text. Terminal.
    Completed = 0,
    /// It failed; the value is the failure, as JSON text. Terminal.
    Failed = 1,
    /// A ticket to be kept before the next request, as JSON text.
    Ticket = 2,
    /// A step of an allocation or backfill, as JSON text.
    Progress = 3,
    /// A line of a log.
    Line = 4,
    /// Bytes of an artifact.
    Data = 5,
}
