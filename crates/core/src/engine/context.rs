//! What an operation sees of its engine while it handles one signal: the time, its deadlines, its one request in
//! flight, and what all operations share.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::allocation::{Circuits, Failure, State};
use crate::engine::deadlines::{Deadline, Deadlines};
use crate::engine::{
    Completion, EngineConfig, Event, HttpRequest, Millis, OperationId, Output, RequestId, Timing, TransportFailure,
    TransportFailureKind,
};
use crate::error::{Error, ErrorCode, hide_in};
use crate::http::{Answer, RequestParts, ResponseMode};
use crate::model::TtlForm;
use crate::retry::{Backoff, Budget, Jitter};

/// What happened to an operation.
#[derive(Debug)]
pub(crate) enum Signal<'a> {
    /// It was accepted.
    Begin,
    /// The whole answer to its request.
    Answer(Answer<'a>),
    /// The head of its stream.
    StreamStarted(Answer<'a>),
    /// Bytes of its stream.
    StreamData(&'a [u8]),
    /// Its stream ended in good order.
    StreamEnded,
    /// Its request failed, or had no answer in time.
    Failed(TransportFailure),
    /// One of its deadlines has come.
    Due(Deadline),
    /// A location that it waits for may have re-opened.
    LocationsChanged,
    /// End it, for this reason.
    Cancel(ErrorCode),
}

/// What an operation does with a signal.
pub(crate) enum Step {
    /// It goes on.
    Continue,
    /// It has ended.
    Done(Box<Result<Completion, Failure>>),
}

impl Step {
    pub(crate) fn completed(completion: Completion) -> Self {
        Self::Done(Box::new(Ok(completion)))
    }

    pub(crate) fn failed(failure: impl Into<Failure>) -> Self {
        Self::Done(Box::new(Err(failure.into())))
    }
}

/// What one operation is waiting for.
#[derive(Clone)]
pub(crate) struct Wait {
    pub(super) deadlines: Deadlines,
    pub(super) request: Option<InFlight>,
    last_sent_at: Millis,
    /// Under which time the engine's timer holds this operation.
    pub(super) armed: Option<Millis>,
}

impl Wait {
    pub(super) fn new() -> Self {
        Self { deadlines: Deadlines::none(), request: None, last_sent_at: 0, armed: None }
    }

    /// The request in flight has been answered.
    pub(super) fn finish_request(&mut self) {
        self.request = None;
        self.deadlines.clear(Deadline::Attempt);
    }
}

/// A request without an answer yet.
#[derive(Clone, Copy)]
pub(super) struct InFlight {
    pub id: RequestId,
    pub streams: bool,
}

/// What all operations of an engine share.
pub(crate) struct Shared {
    pub(super) config: EngineConfig,
    pub(super) base_url: Arc<str>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) requests: HashMap<RequestId, OperationId, NumberHash>,
    pub(super) last_request: u64,
    /// Operations that wait for a location whose state has changed.
    pub(super) woken: Vec<OperationId>,
    /// How often allocations went from one state to another.
    pub(super) transitions: [[u32; State::COUNT]; State::COUNT],
    pub(super) circuits: Circuits,
    pub(super) budget: Budget,
    /// The form of `ttl` that this service took last.
    pub(super) ttl_form: TtlForm,
}

impl Shared {
    pub(super) fn new(config: EngineConfig) -> Self {
        Self {
            base_url: config.environment.base_url().to_string().into(),
            outputs: VecDeque::new(),
            requests: HashMap::default(),
            last_request: 0,
            woken: Vec::new(),
            transitions: [[0; State::COUNT]; State::COUNT],
            circuits: Circuits::default(),
            budget: Budget::new(config.retry_budget),
            ttl_form: TtlForm::default(),
            config,
        }
    }

    /// Removes the token from a text of the service's, should it have echoed it.
    pub(super) fn hide_token(&self, error: &mut Error) {
        error.hide(self.token());
    }

    fn token(&self) -> &str {
        let authorization = self.config.token.authorization();
        authorization.strip_prefix("Bearer ").unwrap_or(authorization)
    }
}

/// An operation's view of its engine.
pub(crate) struct Context<'a> {
    pub(super) now: Millis,
    pub(super) id: OperationId,
    pub(super) wait: &'a mut Wait,
    pub(super) shared: &'a mut Shared,
}

impl<'a> Context<'a> {
    pub(super) fn new(id: OperationId, now: Millis, wait: &'a mut Wait, shared: &'a mut Shared) -> Self {
        Self { now, id, wait, shared }
    }

    pub(crate) fn now(&self) -> Millis {
        self.now
    }

    pub(crate) fn operation(&self) -> OperationId {
        self.id
    }

    pub(crate) fn timing(&self) -> Timing {
        self.shared.config.timing
    }

    pub(crate) fn backoff(&self) -> Backoff {
        self.shared.config.backoff
    }

    pub(crate) fn base_url(&self) -> Arc<str> {
        Arc::clone(&self.shared.base_url)
    }

    pub(crate) fn circuits(&mut self) -> &mut Circuits {
        &mut self.shared.circuits
    }

    pub(crate) fn ttl_form(&mut self) -> &mut TtlForm {
        &mut self.shared.ttl_form
    }

    /// Wakes operations that wait for a location.
    pub(crate) fn wake(&mut self, operations: Vec<OperationId>) {
        self.shared.woken.extend(operations);
    }

    /// Sends the operation's one request.
    pub(crate) fn send(&mut self, parts: RequestParts) {
        self.abort();
        self.shared.last_request += 1;
        let id = RequestId(self.shared.last_request);
        let streams = parts.response == ResponseMode::Stream;
        let request = HttpRequest::new(id, self.id, &self.shared.base_url, &self.shared.config.token, parts);
        self.shared.requests.insert(id, self.id);
        self.wait.request = Some(InFlight { id, streams });
        self.wait.last_sent_at = self.now;
        self.set(Deadline::Attempt, self.now.saturating_add(self.timing().attempt_ms));
        self.shared.outputs.push_back(Output::Send(Box::new(request)));
    }

    /// Forgets the request in flight, if there is one.
    pub(crate) fn abort(&mut self) {
        if let Some(in_flight) = self.wait.request.take() {
            self.wait.deadlines.clear(Deadline::Attempt);
            self.shared.requests.remove(&in_flight.id);
            self.shared.outputs.push_back(Output::Abort { operation: self.id, request: in_flight.id });
        }
    }

    /// Forgets the request in flight because no answer came in time.
    pub(super) fn time_out(&mut self) -> TransportFailure {
        self.abort();
        let message = format!("no answer came within {} ms", self.timing().attempt_ms);
        TransportFailure { kind: TransportFailureKind::TimedOut, message }
    }

    /// When the last request was sent.
    pub(crate) fn last_sent_at(&self) -> Millis {
        self.wait.last_sent_at
    }

    /// Counts a change of state of an allocation.
    pub(crate) fn count_transition(&mut self, from: State, to: State) {
        let count = &mut self.shared.transitions[from.index()][to.index()];
        *count = count.saturating_add(1);
    }

    /// Whether a request is in flight.
    pub(crate) fn in_flight(&self) -> bool {
        self.wait.request.is_some()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.shared.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn set(&mut self, name: Deadline, at: Millis) {
        self.wait.deadlines.set(name, at);
    }

    pub(crate) fn set_in(&mut self, name: Deadline, milliseconds: Millis) {
        self.set(name, self.now.saturating_add(milliseconds));
    }

    pub(crate) fn clear(&mut self, name: Deadline) {
        self.wait.deadlines.clear(name);
    }

    pub(crate) fn at(&self, name: Deadline) -> Option<Millis> {
        self.wait.deadlines.at(name)
    }

    /// Takes one retry from the engine's budget. When there is none, the retry is put off until one has come back.
    pub(crate) fn may_retry(&mut self, jitter: &mut Jitter) -> bool {
        match self.shared.budget.take(self.now) {
            Ok(()) => true,
            Err(wait) => {
                let spread = jitter.up_to(self.backoff().longest_ms);
                self.set_in(Deadline::Retry, wait.saturating_add(spread));
                false
            }
        }
    }

    /// Removes the token from a text of the service's that is no error.
    pub(crate) fn hide_token_in(&self, text: &mut String) {
        hide_in(text, self.shared.token());
    }

    /// Removes the token from an error of the service's.
    pub(crate) fn hide_token(&self, error: &mut Error) {
        self.shared.hide_token(error);
    }
}

/// Numbers that count up need no hash that resists attacks. Neighbours stay neighbours, since what began together
/// tends to end together: a look-up then finds its line in the cache even with very many operations in flight.
pub(super) type NumberHash = BuildHasherDefault<NumberHasher>;

#[derive(Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        // The table takes its place from the low bits, and a tag that tells entries apart from the high ones.
        self.0 ^ (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) & (0x7f << 57))
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(8) ^ number;
    }
}
