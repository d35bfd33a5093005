//! A client: one engine, what it wants carried, and what it has to say. Passes on; decides nothing.

pub mod api;
mod entropy;
pub mod options;
mod pings;
mod tickets;

use matchport_core::allocation::{ResumeOptions, Ticket};
use matchport_core::engine::{
    Engine, Event, Input, Millis, Operation, OperationId, Output, RequestId, TransportFailure, TransportFailureKind,
};
use matchport_core::http::Answer;

use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::events::{Events, Happening, matchport_event};
use crate::log::Log;
use crate::sessions::Snapshots;
use crate::status::{Refused, matchport_status as Status};
use crate::text::matchport_string;
use crate::wait::ClientSignal;
use entropy::EntropySource;
use pings::Pings;
use tickets::Tickets;

/// What a handle stands for.
pub(crate) struct Client {
    engine: Engine,
    last_operation: u64,
    clock: Clock,
    entropy: EntropySource,
    carrier: Carrier,
    tickets: Tickets,
    /// Operations of the transport's own.
    pings: Pings,
    events: Events,
    /// Kinds of events that nobody wants, as bits.
    skipped: u32,
    /// When the engine wants to be asked again.
    deadline: Option<Millis>,
    log: Log,
    snapshots: Snapshots,
    /// Of the last call that was refused.
    message: String,
}

impl Client {
    /// Begins an operation and gives its number.
    pub(crate) fn submit(&mut self, what: &str, operation: Operation) -> Result<u64, Refused> {
        let (id, entropy) = (OperationId(self.last_operation + 1), self.entropy.take()?);
        self.begin(what, Input::Submit { id, operation, entropy }, id)
    }

    /// Goes on with an allocation that was begun elsewhere, and gives its number here.
    pub(crate) fn resume(&mut self, ticket: Box<Ticket>, options: ResumeOptions) -> Result<u64, Refused> {
        let (id, entropy) = (OperationId(self.last_operation + 1), self.entropy.take()?);
        self.begin("resume", Input::Resume { id, ticket, options, entropy }, id)
    }

    fn begin(&mut self, what: &str, input: Input<'_>, id: OperationId) -> Result<u64, Refused> {
        let now = self.clock.now();
        self.engine.handle(input, now)?;
        self.last_operation = id.0;
        self.log.began(id.0, what);
        self.pump(now);
        Ok(id.0)
    }

    /// Changes the engine, then does what it wants.
    pub(crate) fn change(&mut self, input: Input<'_>) -> Result<Status, Refused> {
        let now = self.clock.now();
        self.engine.handle(input, now)?;
        self.pump(now);
        Ok(Status::Ok)
    }

    /// Ends operations. Requests that were still held back never leave, and the engine is told so: it would wait for what
    /// becomes of them. What it wants sent now, such as a stop, waits for its own ticket as always.
    pub(crate) fn end(&mut self, input: Input<'_>, operation: Option<OperationId>) -> Result<Status, Refused> {
        let held = self.tickets.held(operation);
        self.change(input)?;
        for request in held {
            if !self.tickets.forget(request) {
                continue;
            }
            let message = "it was held back until its ticket was kept, and never sent".to_owned();
            let failure = TransportFailure { kind: TransportFailureKind::NotSent, message };
            match self.failed(request, failure) {
                Ok(_) | Err(Refused { status: Status::UnknownRequest, .. }) => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(Status::Ok)
    }

    /// The whole answer to a request.
    pub(crate) fn answered(&mut self, request: RequestId, answer: Answer<'_>) -> Result<Status, Refused> {
        self.log.answered(request, answer.status);
        self.change(Input::Response { request, answer })
    }

    /// The head of a stream.
    pub(crate) fn stream_started(&mut self, request: RequestId, answer: Answer<'_>) -> Result<Status, Refused> {
        self.log.answered(request, answer.status);
        self.change(Input::StreamStarted { request, answer })
    }

    /// No answer, or no whole one, will come.
    pub(crate) fn failed(&mut self, request: RequestId, failure: TransportFailure) -> Result<Status, Refused> {
        self.log.failed(request, failure.kind);
        self.change(Input::TransportFailed { request, failure })
    }

    /// Lets the time pass.
    pub(crate) fn tick(&mut self) {
        self.keep_tickets();
        let now = self.clock.now();
        self.pump(now);
    }

    /// Does what the engine wants until it waits.
    fn pump(&mut self, now: Millis) {
        loop {
            match self.engine.poll(now) {
                Output::Send(request) => {
                    if let Some(request) = self.tickets.hold(request) {
                        self.log.sent(&request);
                        self.carrier.send(request);
                    }
                }
                Output::Abort { request, .. } => {
                    if !self.tickets.forget(request) {
                        self.log.aborted(request);
                        self.carrier.abort(request);
                    }
                }
                Output::Event(event) => self.event(event),
                Output::WaitUntil(at) => {
                    self.deadline = Some(at);
                    break;
                }
                Output::Idle => {
                    self.deadline = None;
                    break;
                }
            }
        }
        self.carrier.settled(self.wants_attention(), self.due_in());
    }

    fn event(&mut self, event: Event) {
        self.log.event(&event);
        let skipped = match &event {
            Event::Ticket { .. } => self.skipped & 1 << 1 != 0,
            Event::Progress { .. } => self.skipped & 1 << 2 != 0,
            _ => false,
        };
        if skipped {
            return;
        }
        if let Event::Ticket { operation, .. } = &event {
            self.tickets.handed_out(*operation);
        }
        self.events.push(Happening::Engine(event));
    }

    /// Replaces the batch of events. Asking for more events says that the tickets among the last ones are kept.
    pub(crate) fn take_events(&mut self, most: usize) -> &[*const matchport_event] {
        self.keep_tickets();
        self.events.take(most);
        self.tickets.taken(self.events.taken_tickets());
        self.carrier.settled(self.wants_attention(), self.due_in());
        self.events.taken()
    }

    fn keep_tickets(&mut self) {
        for request in self.tickets.kept() {
            self.log.sent(&request);
            self.carrier.send(request);
        }
    }

    /// Milliseconds until the engine wants to be asked again.
    pub(crate) fn due_in(&self) -> Option<Millis> {
        self.deadline.map(|at| at.saturating_sub(self.clock.now()))
    }

    /// Whether there is something to take, or something that taking would set free.
    pub(crate) fn wants_attention(&self) -> bool {
        !self.events.is_empty() || self.tickets.wait_to_be_kept()
    }

    /// Keeps the words of a call that was refused.
    pub(crate) fn refuse(&mut self, refused: Refused) -> Status {
        self.message = refused.message;
        refused.status
    }

    pub(crate) fn message(&self) -> matchport_string {
        matchport_string::view(&self.message)
    }

    pub(crate) fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    pub(crate) fn carrier(&mut self) -> &mut Carrier {
        &mut self.carrier
    }

    pub(crate) fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    pub(crate) fn entropy(&mut self) -> &mut EntropySource {
        &mut self.entropy
    }

    pub(crate) fn operations(&self) -> usize {
        self.engine.operations() + self.pings.count()
    }

    /// The engine's table of sessions, and the memory for views of it.
    pub(crate) fn sessions(&mut self) -> (Option<&matchport_core::session::Tracker>, &mut Snapshots) {
        (self.engine.sessions(self.clock.now()), &mut self.snapshots)
    }

    pub(crate) fn signal(&self) -> ClientSignal {
        self.carrier.signal()
    }
}
