//! One engine, as JavaScript drives it. Numbers of operations and requests and all times are JavaScript numbers.

use matchport_core::allocation::Ticket;
use matchport_core::engine::{
    Engine, Entropy, Event, HttpRequest, Input, OperationId, Output, RequestId, TransportFailure, TransportFailureKind,
};
use matchport_core::http::{Answer, Method, ResponseMode};
use wasm_bindgen::prelude::*;

use crate::options;
use crate::read::read;
use crate::sink::{Kind, Sink};
use crate::view;

/// One engine. Every method drains it into the sink and returns the time at which [`Client::wake`] is due, in
/// milliseconds on the clock that `now` is read from, or -1 when nothing is.
#[wasm_bindgen]
pub struct Client {
    engine: Engine,
    sink: Sink,
}

#[wasm_bindgen]
impl Client {
    /// Makes an engine. All options of this object are JSON text: one crossing, however many there are.
    ///
    /// # Errors
    /// The options that were refused, as a failure.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, sink: Sink) -> Result<Client, JsValue> {
        let config = read(options, options::config).map_err(view::refused)?;
        let engine = Engine::new(config).map_err(view::refused)?;
        Ok(Self { engine, sink })
    }

    /// Begins an operation. Its `id` is larger than all before; `entropy` is 24 random bytes.
    ///
    /// # Errors
    /// The options that were refused, as a failure: then there is no operation.
    pub fn submit(&mut self, id: f64, kind: u8, options: &str, entropy: &[u8], now: f64) -> Result<f64, JsValue> {
        let operation = read(options, |reader| options::operation(kind, reader)).map_err(view::refused)?;
        self.begin(Input::Submit { id: OperationId(id as u64), operation, entropy: random(entropy) }, now)
    }

    /// Goes on with an allocation that was begun elsewhere; `ticket` is the JSON text that was handed out there.
    ///
    /// # Errors
    /// The ticket or options that were refused, as a failure: then there is no operation.
    pub fn resume(&mut self, id: f64, ticket: &str, options: &str, entropy: &[u8], now: f64) -> Result<f64, JsValue> {
        let options = read(options, options::resume).map_err(view::refused)?;
        let ticket = Ticket::from_json(ticket).map_err(view::refused_ticket)?;
        let input =
            Input::Resume { id: OperationId(id as u64), ticket: Box::new(ticket), options, entropy: random(entropy) };
        self.begin(input, now)
    }

    /// The whole answer to a request. `retry_after` is the header's number of seconds, or negative.
    pub fn response(&mut self, request: f64, status: u16, retry_after: f64, body: &[u8], now: f64) -> f64 {
        let retry_after = seconds(retry_after);
        let answer = Answer { status, retry_after: retry_after.as_deref(), body };
        self.take(Input::Response { request: RequestId(request as u64), answer }, now)
    }

    /// The head of an answer that comes piece by piece.
    pub fn stream_started(&mut self, request: f64, status: u16, retry_after: f64, now: f64) -> f64 {
        let retry_after = seconds(retry_after);
        let answer = Answer { status, retry_after: retry_after.as_deref(), body: &[] };
        self.take(Input::StreamStarted { request: RequestId(request as u64), answer }, now)
    }

    /// The next piece.
    pub fn stream_data(&mut self, request: f64, bytes: &[u8], now: f64) -> f64 {
        self.take(Input::StreamData { request: RequestId(request as u64), bytes }, now)
    }

    /// The stream ended in good order.
    pub fn stream_ended(&mut self, request: f64, now: f64) -> f64 {
        self.take(Input::StreamEnded { request: RequestId(request as u64) }, now)
    }

    /// No (whole) answer will come. Kinds: 0 not one byte was sent, 1 it broke, 2 it timed out, 3 it is too large.
    pub fn failed(&mut self, request: f64, kind: u8, message: &str, now: f64) -> f64 {
        let kind = match kind {
            0 => TransportFailureKind::NotSent,
            2 => TransportFailureKind::TimedOut,
            3 => TransportFailureKind::TooLarge,
            _ => TransportFailureKind::Broken,
        };
        let failure = TransportFailure { kind, message: message.to_owned() };
        self.take(Input::TransportFailed { request: RequestId(request as u64), failure }, now)
    }

    /// Ends an operation, which still ends with one terminal event.
    pub fn cancel(&mut self, id: f64, now: f64) -> f64 {
        self.take(Input::Cancel { id: OperationId(id as u64) }, now)
    }

    /// The ticket of an operation could not be kept: end it.
    pub fn ticket_not_kept(&mut self, id: f64, now: f64) -> f64 {
        self.take(Input::TicketNotKept { id: OperationId(id as u64) }, now)
    }

    /// Cancels everything, and ends what is left after this many milliseconds.
    pub fn shutdown(&mut self, within_ms: f64, now: f64) -> f64 {
        self.take(Input::Shutdown { within_ms: within_ms as u64 }, now)
    }

    /// The time has come.
    pub fn wake(&mut self, now: f64) -> f64 {
        self.drain(now)
    }
}

impl Client {
    /// Begins an operation; one that is not taken would have no end.
    fn begin(&mut self, input: Input<'_>, now: f64) -> Result<f64, JsValue> {
        self.engine.handle(input, now as u64).map_err(view::not_taken)?;
        Ok(self.drain(now))
    }

    fn take(&mut self, input: Input<'_>, now: f64) -> f64 {
        // Refused is only what comes too late: an answer to a request that was aborted, a cancel of what has ended.
        let _ = self.engine.handle(input, now as u64);
        self.drain(now)
    }

    fn drain(&mut self, now: f64) -> f64 {
        loop {
            match self.engine.poll(now as u64) {
                Output::Send(request) => self.send(&request),
                Output::Abort { operation, request } => self.sink.abort(operation.0 as f64, request.0 as f64),
                Output::Event(event) => self.event(event),
                Output::WaitUntil(at) => return at as f64,
                Output::Idle => return -1.0,
            }
        }
    }

    fn send(&self, request: &HttpRequest) {
        let method = match request.method {
            Method::Get => 0,
            Method::Post => 1,
            Method::Put => 2,
            Method::Delete => 3,
        };
        let accept = u8::from(request.headers().any(|(name, value)| name == "accept" && value != "application/json"));
        let max_bytes = match request.response {
            ResponseMode::Whole { max_bytes } => u32::try_from(max_bytes).unwrap_or(u32::MAX),
            ResponseMode::Stream => 0,
        };
        // Addresses are ASCII, so bytes are UTF-16 units; bodies are the JSON of serde, so they are UTF-8.
        let url_length = request.url.len() as u32;
        let mut text = request.url.clone();
        text.push_str(&String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()));
        let (operation, id) = (request.operation.0 as f64, request.id.0 as f64);
        self.sink.send(operation, id, method, accept, max_bytes, url_length, &text);
    }

    fn event(&self, event: Event) {
        let operation = event.operation().0 as f64;
        let (kind, value) = match event {
            Event::Ticket { ticket, .. } => (Kind::Ticket, JsValue::from_str(&ticket.to_json())),
            Event::Progress { progress, .. } => (Kind::Progress, view::progress(&progress)),
            Event::LogLine { line, .. } => (Kind::Line, JsValue::from_str(&line)),
            Event::Data { bytes, .. } => (Kind::Data, view::bytes(&bytes)),
            Event::Completed { completion, .. } => (Kind::Completed, view::completion(completion)),
            Event::Failed { failure, .. } => (Kind::Failed, view::failure(&failure)),
        };
        self.sink.event(operation, kind as u8, value);
    }
}

fn random(bytes: &[u8]) -> Entropy {
    Entropy(std::array::from_fn(|index| bytes.get(index).copied().unwrap_or(0)))
}

fn seconds(retry_after: f64) -> Option<String> {
    (retry_after >= 0.0).then(|| (retry_after as u64).to_string())
}
