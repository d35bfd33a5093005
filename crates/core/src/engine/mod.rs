//! The engine: all operations of one client, decided one input at a time.
//!
//! It never waits, sends or reads a clock. Whoever drives it does, in these steps:
//!
//! 1. Make an [`Input`]: an operation to submit, an answer that came, a cancel.
//! 2. Hand it over with [`Engine::handle`] and the time.
//! 3. Call [`Engine::poll`] with the time, and do what it says: send a request, abort one, tell the caller.
//! 4. Repeat 3 until it says [`Output::WaitUntil`] or [`Output::Idle`]. Only then change it again.
//! 5. Wait for an answer, a caller, or the time that was named, whichever comes first.
//! 6. When the time came, go to 3; else to 1.
//!
//! ```text
//!   callers ── Submit, Resume, Cancel, Shutdown ──▶ ┌────────┐ ──▶ Event (ticket, progress, lines, terminal)
//!                                                   │ engine │
//!   transport ── Response, Stream…, Failed ───────▶ └────────┘ ──▶ Send, Abort
//!                                                       ▲ │
//!                                         the time ─────┘ └──▶ WaitUntil, Idle
//! ```
//!
//! The program below plays the service itself: it answers the one request that a start needs.
//!
//! ```
//! use matchport_core::allocation::{AllocateRequest, WaitFor};
//! use matchport_core::engine::{Completion, Engine, EngineConfig, Entropy, Event, Input, Operation, OperationId, Output};
//! use matchport_core::environment::Environment;
//! use matchport_core::http::Answer;
//! use matchport_core::secret::Token;
//!
//! let config = EngineConfig::new(Environment::Sandbox, Token::new("secret")?);
//! let mut engine = Engine::new(config)?;
//! let mut request = AllocateRequest::new("my-game");
//! request.locations = Some(vec!["eu-west-1".into()]);
//! request.wait_for = WaitFor::Allocated;
//!
//! let now = 0; // milliseconds, from whatever clock the caller has
//! let operation = Operation::Allocate(Box::new(request));
//! engine.handle(Input::Submit { id: OperationId(1), operation, entropy: Entropy([7; 24]) }, now)?;
//! let endpoint = loop {
//!     match engine.poll(now) {
//!         Output::Send(request) => {
//!             assert_eq!(request.url, "https://api.sandbox-gameye.gameye.net/session");
//!             let body = br#"{"host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]}"#;
//!             let answer = Answer { status: 201, retry_after: None, body };
//!             engine.handle(Input::Response { request: request.id, answer }, now)?;
//!         }
//!         Output::Event(Event::Completed { completion: Completion::Allocated(allocation), .. }) => {
//!             break allocation.endpoint;
//!         }
//!         Output::Event(_) | Output::Abort { .. } => {}
//!         Output::WaitUntil(_) | Output::Idle => unreachable!("the answer came at once"),
//!     }
//! };
//! assert_eq!(endpoint.as_deref(), Some("185.12.34.56:27015"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod config;
mod context;
mod deadlines;
mod fork;
mod io;
mod operation;
mod slot;
mod timers;
#[cfg(feature = "tracking")]
mod tracking;

use std::collections::HashMap;

pub use config::{EngineConfig, Timing};
pub use io::{
    Completion, Entropy, Event, HttpRequest, Input, Millis, OperationId, Output, Refusal, RequestId, Stopped,
    TransportFailure, TransportFailureKind,
};
pub use operation::Operation;

pub(crate) use call::words_for;
pub(crate) use context::{Context, Signal, Step};
pub(crate) use deadlines::Deadline;
pub(crate) use fork::Clock;

use crate::check::InvalidInput;
use crate::error::{Error, ErrorCode};
use crate::http::Answer;
#[cfg(feature = "tracking")]
use crate::session::Tracker;
use context::{InFlight, NumberHash, Shared};
use slot::{Machine, Slot};
use timers::Timers;
#[cfg(feature = "tracking")]
use tracking::Tracking;

/// Decides for all operations of one client. See the [module](self).
pub struct Engine {
    shared: Shared,
    slots: HashMap<OperationId, Slot, NumberHash>,
    /// The earliest deadline of each operation.
    timers: Timers,
    /// `None` when no session is to be followed.
    #[cfg(feature = "tracking")]
    tracking: Option<Tracking>,
    last_operation: u64,
    now: Millis,
    /// Set once no further operation is accepted: when what is left ends at once.
    shutdown_at: Option<Millis>,
}

impl Engine {
    /// An engine with nothing under way.
    ///
    /// # Errors
    /// [`InvalidInput`] for a setting out of range, or an address to which the token would go in the clear.
    pub fn new(config: EngineConfig) -> Result<Self, InvalidInput> {
        config.check()?;
        Ok(Self {
            #[cfg(feature = "tracking")]
            tracking: Tracking::new(config.tracked_sessions),
            shared: Shared::new(config),
            slots: HashMap::default(),
            timers: Timers::default(),
            last_operation: 0,
            now: 0,
            shutdown_at: None,
        })
    }

    /// Takes one input. Poll afterwards until the engine waits.
    ///
    /// An operation whose input is invalid is accepted, and ends with [`Event::Failed`] without sending anything.
    ///
    /// # Errors
    /// A [`Refusal`], with the engine unchanged. An answer to a request that was aborted is refused with
    /// [`Refusal::UnknownRequest`], which needs no further care.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) -> Result<(), Refusal> {
        self.advance(now);
        match input {
            Input::Submit { id, operation, entropy } => {
                self.accept(id)?;
                let now = self.now;
                self.begin(id, Machine::new(operation, entropy, now));
                Ok(())
            }
            Input::Resume { id, ticket, options, entropy } => {
                self.accept(id)?;
                let machine = Machine::resume(*ticket, options, &self.shared.base_url, entropy, self.now);
                self.begin(id, machine);
                Ok(())
            }
            Input::Response { request, answer } => self.answered(request, Signal::Answer(answer), false),
            Input::StreamStarted { request, answer } => {
                let head = Answer { body: &[], ..answer };
                self.answered(request, Signal::StreamStarted(head), true)
            }
            Input::StreamData { request, bytes } => self.answered(request, Signal::StreamData(bytes), true),
            Input::StreamEnded { request } => self.answered(request, Signal::StreamEnded, true),
            Input::TransportFailed { request, failure } => {
                let streams = self.in_flight(request)?.1.streams;
                self.answered(request, Signal::Failed(failure), streams)
            }
            Input::Cancel { id } => self.cancel(id, ErrorCode::Cancelled),
            Input::TicketNotKept { id } => self.cancel(id, ErrorCode::TicketNotKept),
            Input::Shutdown { within_ms } => {
                self.shut_down(within_ms);
                Ok(())
            }
        }
    }

    /// What to do next. Call it until it says [`Output::WaitUntil`] or [`Output::Idle`].
    pub fn poll(&mut self, now: Millis) -> Output {
        self.advance(now);
        loop {
            if let Some(output) = self.shared.outputs.pop_front() {
                return output;
            }
            if self.shutdown_at.is_some_and(|at| at <= self.now) && !self.slots.is_empty() {
                self.abandon_all();
                continue;
            }
            let slots = &self.slots;
            let Some((at, id)) = self.timers.first(|id, at| is_armed(slots, id, at)) else { return Output::Idle };
            if at > self.now {
                return Output::WaitUntil(self.shutdown_at.map_or(at, |shutdown| shutdown.min(at)));
            }
            self.timers.pop();
            self.due(id);
        }
    }

    /// How many operations are under way.
    pub fn operations(&self) -> usize {
        self.slots.len()
    }

    #[cfg(feature = "tracking")]
    /// The sessions that were allocated through this engine, as far as it has heard of them: state, roster, end. At
    /// most [`EngineConfig::tracked_sessions`]; `None` when that is 0.
    pub fn sessions(&mut self, now: Millis) -> Option<&Tracker> {
        self.advance(now);
        self.tracking.as_mut().map(|tracking| tracking.at(self.now))
    }

    /// How often allocations of this engine went from one state to another: a diagnostic for tests, which fail when
    /// a transition is never taken. Each entry is `(from, to, times)`.
    #[doc(hidden)]
    pub fn transitions(&self) -> Vec<(&'static str, &'static str, u32)> {
        let states = crate::allocation::State::ALL;
        let mut taken = Vec::new();
        for (from, row) in states.iter().zip(&self.shared.transitions) {
            let row = states.iter().zip(row).filter(|(_, times)| **times > 0);
            taken.extend(row.map(|(to, times)| (from.name(), to.name(), *times)));
        }
        taken
    }

    /// Time never goes back, whatever the caller's clock does.
    fn advance(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    fn accept(&mut self, id: OperationId) -> Result<(), Refusal> {
        if self.shutdown_at.is_some() {
            return Err(Refusal::ShutDown);
        }
        if id.0 <= self.last_operation {
            return Err(Refusal::OperationIdNotAscending);
        }
        self.last_operation = id.0;
        Ok(())
    }

    fn begin(&mut self, id: OperationId, machine: Result<Machine, Error>) {
        match machine {
            Ok(machine) => {
                self.slots.insert(id, Slot::new(machine));
                self.signal(id, Signal::Begin);
            }
            Err(error) => {
                let failure = Box::new(error.into());
                self.shared.outputs.push_back(Output::Event(Event::Failed { operation: id, failure }));
            }
        }
    }

    fn in_flight(&self, request: RequestId) -> Result<(OperationId, InFlight), Refusal> {
        let id = *self.shared.requests.get(&request).ok_or(Refusal::UnknownRequest)?;
        let in_flight = self.slots.get(&id).and_then(|slot| slot.wait.request).ok_or(Refusal::UnknownRequest)?;
        Ok((id, in_flight))
    }

    /// An answer, or a part of one, came.
    fn answered(&mut self, request: RequestId, signal: Signal<'_>, streams: bool) -> Result<(), Refusal> {
        let (id, in_flight) = self.in_flight(request)?;
        if in_flight.streams != streams {
            return Err(Refusal::WrongResponseMode);
        }
        if !matches!(signal, Signal::StreamStarted(_) | Signal::StreamData(_)) {
            self.shared.requests.remove(&request);
            if let Some(slot) = self.slots.get_mut(&id) {
                slot.wait.finish_request();
            }
        }
        self.signal(id, signal);
        Ok(())
    }

    fn cancel(&mut self, id: OperationId, code: ErrorCode) -> Result<(), Refusal> {
        if !self.slots.contains_key(&id) {
            return Err(Refusal::UnknownOperation);
        }
        self.signal(id, Signal::Cancel(code));
        Ok(())
    }

    fn shut_down(&mut self, within_ms: Millis) {
        let at = self.now.saturating_add(within_ms);
        self.shutdown_at = Some(self.shutdown_at.map_or(at, |earlier| earlier.min(at)));
        for id in self.ids() {
            self.signal(id, Signal::Cancel(ErrorCode::ShutDown));
        }
    }

    fn abandon_all(&mut self) {
        for id in self.ids() {
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            let failure = slot.machine.abandon(&mut Context::new(id, self.now, &mut slot.wait, &mut self.shared));
            self.finish(id, Err(failure));
        }
    }

    fn ids(&self) -> Vec<OperationId> {
        let mut ids: Vec<u64> = self.slots.keys().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.into_iter().map(OperationId).collect()
    }

    /// All deadlines of an operation that have come.
    fn due(&mut self, id: OperationId) {
        while let Some(slot) = self.slots.get_mut(&id) {
            slot.wait.armed = None;
            let Some(deadline) = slot.wait.deadlines.take_due(self.now) else { break };
            let signal = match deadline {
                Deadline::Attempt => {
                    let mut context = Context::new(id, self.now, &mut slot.wait, &mut self.shared);
                    Signal::Failed(context.time_out())
                }
                other => Signal::Due(other),
            };
            self.signal(id, signal);
        }
        self.arm(id);
    }

    /// Hands a signal to an operation, then wakes whoever that woke.
    fn signal(&mut self, id: OperationId, signal: Signal<'_>) {
        self.signal_one(id, signal);
        while let Some(woken) = self.shared.woken.pop() {
            self.signal_one(woken, Signal::LocationsChanged);
        }
    }

    fn signal_one(&mut self, id: OperationId, signal: Signal<'_>) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let mut context = Context::new(id, self.now, &mut slot.wait, &mut self.shared);
        match slot.machine.signal(signal, &mut context) {
            Step::Continue => self.arm(id),
            Step::Done(result) => self.finish(id, *result),
        }
    }

    /// Ends an operation: the one place where a terminal event is made.
    fn finish(&mut self, id: OperationId, result: Result<Completion, crate::allocation::Failure>) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        Context::new(id, self.now, &mut slot.wait, &mut self.shared).abort();
        #[cfg(feature = "tracking")]
        if let Some(tracking) = &mut self.tracking {
            match &result {
                Ok(completion) => tracking.completed(&slot.machine, completion, self.now),
                Err(failure) => tracking.failed(&slot.machine, &failure.error, self.now),
            }
        }
        let event = match result {
            Ok(completion) => Event::Completed { operation: id, completion },
            Err(mut failure) => {
                self.shared.hide_token(&mut failure.error);
                slot.machine.hide_secrets(&mut failure.error);
                Event::Failed { operation: id, failure: Box::new(failure) }
            }
        };
        self.shared.outputs.push_back(Output::Event(event));
    }

    /// Puts an operation under its earliest deadline.
    fn arm(&mut self, id: OperationId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let next = slot.wait.deadlines.next();
        if slot.wait.armed == next {
            return;
        }
        slot.wait.armed = next;
        if let Some(next) = next {
            self.timers.arm(next, id);
            if self.timers.is_cluttered(self.slots.len()) {
                let armed = self.slots.iter().filter_map(|(id, slot)| Some((slot.wait.armed?, *id)));
                self.timers.refill(armed);
            }
        }
    }
}

fn is_armed(slots: &HashMap<OperationId, Slot, NumberHash>, id: OperationId, at: Millis) -> bool {
    slots.get(&id).is_some_and(|slot| slot.wait.armed == Some(at))
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("operations", &self.slots.len()).finish_non_exhaustive()
    }
}
