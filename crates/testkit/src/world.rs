//! An engine and a service on one virtual clock, with whatever happens in between. Nothing sleeps: time jumps to the
//! next thing that happens.

use std::collections::BTreeSet;

use matchport_core::engine::{
    Engine, Entropy, Event, HttpRequest, Input, Operation, OperationId, Output, Refusal, RequestId, TransportFailure,
};
use matchport_core::http::Answer;

use crate::fault::Fault;
use crate::network::{Back, Delivery, Network};
use crate::service::Service;

/// A request as it went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When.
    pub at: u64,
    /// Which operation sent it.
    pub operation: OperationId,
    /// Its number.
    pub request: RequestId,
    /// `POST /session` and the like: method, path and query.
    pub line: String,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// Decides what happens to a request, from the request and its number.
type Faults = Box<dyn FnMut(&Sent, usize) -> Fault>;

/// An engine, a service, and the network between them.
pub struct World {
    /// The engine under test.
    pub engine: Engine,
    /// The service.
    pub service: Service,
    /// Virtual time, in milliseconds.
    pub now: u64,
    /// All requests that went out.
    pub sent: Vec<Sent>,
    /// All requests that were called off, with their time.
    pub aborted: Vec<(u64, RequestId)>,
    /// All events, with their time.
    pub events: Vec<(u64, Event)>,
    faults: Faults,
    network: Network,
    last_operation: u64,
    ended: BTreeSet<OperationId>,
    dead: BTreeSet<OperationId>,
    /// How many engines there have been: an answer for an earlier one is not handed to this one.
    lives: u32,
    /// Breaches of the engine's contract that were seen.
    pub breaches: Vec<String>,
}

impl World {
    /// A world in which all goes well.
    pub fn new(engine: Engine, service: Service) -> Self {
        Self {
            engine,
            service,
            now: 0,
            sent: Vec::new(),
            aborted: Vec::new(),
            events: Vec::new(),
            faults: Box::new(|_, _| Fault::PROMPT),
            network: Network::default(),
            last_operation: 0,
            ended: BTreeSet::new(),
            dead: BTreeSet::new(),
            lives: 0,
            breaches: Vec::new(),
        }
    }

    /// Decides what happens to each request, from the request and its number (from 0).
    pub fn with_faults(&mut self, faults: impl FnMut(&Sent, usize) -> Fault + 'static) {
        self.faults = Box::new(faults);
    }

    /// Submits an operation with entropy made from its number.
    pub fn submit(&mut self, operation: Operation) -> OperationId {
        let id = self.next_operation();
        let entropy = Self::entropy(id);
        self.input(Input::Submit { id, operation, entropy });
        id
    }

    /// The number for the next operation.
    pub fn next_operation(&mut self) -> OperationId {
        self.last_operation += 1;
        OperationId(self.last_operation)
    }

    /// Entropy that differs for each operation and is the same in each run.
    pub fn entropy(id: OperationId) -> Entropy {
        Entropy(std::array::from_fn(|index| (id.0 as u8).wrapping_mul(31).wrapping_add(index as u8 * 7)))
    }

    /// Hands an input to the engine and does what it then wants. A refusal is a breach.
    pub fn input(&mut self, input: Input<'_>) {
        if let Err(refusal) = self.offer(input) {
            self.breaches.push(format!("refused: {refusal}"));
        }
    }

    /// Hands an input to the engine, which may refuse it, and does what it then wants.
    ///
    /// # Errors
    /// The refusal.
    pub fn offer(&mut self, input: Input<'_>) -> Result<(), Refusal> {
        let taken = self.engine.handle(input, self.now);
        self.drain();
        taken
    }

    /// Lets time pass until everything has happened, or `until`.
    pub fn run_until(&mut self, until: u64) {
        while let Some(at) = self.next_time().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.happen();
            self.drain();
        }
        if until != u64::MAX {
            self.now = self.now.max(until);
        }
    }

    /// Lets time pass until everything has happened.
    pub fn run(&mut self) {
        self.run_until(u64::MAX);
    }

    /// The process dies and another takes its place. What was on its way still arrives, but nobody hears of it.
    pub fn replace_engine(&mut self, engine: Engine) {
        let ended = &self.ended;
        self.dead.extend((1..=self.last_operation).map(OperationId).filter(|id| !ended.contains(id)));
        self.engine = engine;
        self.lives += 1;
    }

    /// Whether an operation was under way when its process died.
    pub fn died_with(&self, operation: OperationId) -> bool {
        self.dead.contains(&operation)
    }

    /// Takes the events so far.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events).into_iter().map(|(_, event)| event).collect()
    }

    /// The lines of the requests so far: `POST /session`.
    pub fn lines(&self) -> Vec<&str> {
        self.sent.iter().map(|sent| sent.line.as_str()).collect()
    }

    fn next_time(&mut self) -> Option<u64> {
        let coming = self.network.next_at();
        let wanted = match self.engine.poll(self.now) {
            Output::WaitUntil(at) => Some(at),
            Output::Idle => None,
            other => {
                self.breaches.push(format!("an undrained output: {other:?}"));
                None
            }
        };
        match (coming, wanted) {
            (Some(coming), Some(wanted)) => Some(coming.min(wanted)),
            (one, other) => one.or(other),
        }
    }

    fn happen(&mut self) {
        while let Some(heard) = self.network.hear(&mut self.service, self.now) {
            if heard.life != self.lives {
                continue;
            }
            let request = heard.request;
            // Too late is fine: the engine has aborted it.
            let _ = match heard.back {
                Back::Reply(reply) => {
                    let answer = Answer { status: reply.status, retry_after: None, body: &reply.body };
                    self.offer(Input::Response { request, answer })
                }
                Back::Broken(kind) => {
                    let failure = TransportFailure { kind, message: "the connection broke".to_owned() };
                    self.offer(Input::TransportFailed { request, failure })
                }
            };
        }
    }

    fn drain(&mut self) {
        loop {
            match self.engine.poll(self.now) {
                Output::Send(request) => self.send(*request),
                Output::Abort { request, .. } => self.aborted.push((self.now, request)),
                Output::Event(event) => self.observe(event),
                Output::WaitUntil(_) | Output::Idle => return,
            }
        }
    }

    fn observe(&mut self, event: Event) {
        if self.ended.contains(&event.operation()) {
            self.breaches.push(format!("an event after the end: {event:?}"));
        }
        if event.is_terminal() {
            self.ended.insert(event.operation());
        }
        self.events.push((self.now, event));
    }

    fn send(&mut self, request: HttpRequest) {
        if self.ended.contains(&request.operation) {
            self.breaches.push(format!("a request after the end: {request:?}"));
        }
        let delivery = Delivery::of(self.lives, request);
        let sent = Sent {
            at: self.now,
            operation: delivery.operation,
            request: delivery.request,
            line: format!("{} {}", delivery.method.as_str(), delivery.target()),
            body: delivery.body.clone(),
        };
        let fault = (self.faults)(&sent, self.sent.len());
        self.sent.push(sent);
        self.network.send(self.now, delivery, fault);
    }
}
