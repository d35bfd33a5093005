//! Sequences of inputs to an engine, with arbitrary arguments at arbitrary times. Every accepted operation ends with
//! exactly one terminal event; nothing is sent and nothing said for it afterwards; polling comes to an end.

use std::collections::BTreeMap;

use matchport_core::allocation::{AllocateRequest, ResumeOptions, Ticket, TtlPolicy, WaitFor, WhenFull};
use matchport_core::backfill::BackfillRequest;
use matchport_core::engine::{
    Engine, EngineConfig, Entropy, Event, Input, Operation, OperationId, Output, RequestId, TransportFailure,
    TransportFailureKind,
};
use matchport_core::environment::Environment;
use matchport_core::http::{Answer, ResponseMode};
use matchport_core::model::{SessionFilter, SessionId, Ttl};
use matchport_core::placement::PlayerLatencies;
use matchport_core::secret::Token;

use crate::bodies;
use crate::choices::Choices;

/// a(nswer) b(egin stream) c(ancel) d(ata) e(nd stream) f(ailure) k(ept not) o(peration) r(esume) s(hutdown) t(ime)
const ACTIONS: &[u8] = b"oaftcrdbeks";
const NAMES: &[&str] = &["game", "eu-west-1", "us-east-1", "s-1", "ada", "bob", ""];
/// The most that one change may lead to.
const MOST_OUTPUTS: usize = 100_000;

pub(crate) fn run(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut host = Host::new(&mut choices);
    while !choices.is_empty() {
        host.act(&mut choices);
        host.drain();
    }
    host.finish();
}

struct Host {
    engine: Engine,
    now: u64,
    next_operation: u64,
    /// Accepted operations, and whether they have ended.
    operations: BTreeMap<OperationId, bool>,
    /// Requests that were sent; those that are over stay, so that they are answered again.
    requests: Vec<(RequestId, ResponseMode)>,
    tickets: Vec<Ticket>,
}

impl Host {
    fn new(choices: &mut Choices<'_>) -> Self {
        let token = Token::new("s3cret-token").expect("a token");
        let mut config = EngineConfig::new(Environment::Sandbox, token);
        config.tracked_sessions = choices.below(3);
        let engine = Engine::new(config).expect("settings in range");
        Self {
            engine,
            now: 0,
            next_operation: 1,
            operations: BTreeMap::new(),
            requests: Vec::new(),
            tickets: Vec::new(),
        }
    }

    fn act(&mut self, choices: &mut Choices<'_>) {
        match choices.letter(ACTIONS) {
            b'o' => {
                let (id, operation) = (self.operation_id(choices), operation(choices));
                self.submit(id, |id, entropy| Input::Submit { id, operation, entropy }, choices);
            }
            b'r' => {
                let Some(ticket) = self.tickets.last().cloned() else { return };
                let env = choices.below(2) == 1;
                let options = ResumeOptions {
                    env: env.then(|| map(choices)),
                    deadline_ms: (choices.below(2) == 1).then(|| choices.number()),
                    settle: choices.below(2) == 1,
                };
                let (id, ticket) = (self.operation_id(choices), Box::new(ticket));
                self.submit(id, |id, entropy| Input::Resume { id, ticket, options, entropy }, choices);
            }
            b'a' => {
                let request = self.request(choices);
                let (status, body) = bodies::choose(choices);
                let answer = Answer { status, retry_after: choices.one_of(&[None, Some("2"), Some("x")]), body: &body };
                self.change(Input::Response { request, answer });
            }
            b'b' => {
                let request = self.request(choices);
                let (status, _) = bodies::choose(choices);
                self.change(Input::StreamStarted { request, answer: Answer { status, retry_after: None, body: b"" } });
            }
            b'd' => {
                let request = self.request(choices);
                let bytes = choices.bytes();
                self.change(Input::StreamData { request, bytes });
            }
            b'e' => {
                let request = self.request(choices);
                self.change(Input::StreamEnded { request });
            }
            b'f' => {
                use TransportFailureKind::{Broken, NotSent, TimedOut, TooLarge};
                let kind = choices.one_of(&[NotSent, Broken, TimedOut, TooLarge]);
                let (request, message) = (self.request(choices), String::from("cut"));
                self.change(Input::TransportFailed { request, failure: TransportFailure { kind, message } });
            }
            b'c' => {
                let id = self.any_operation(choices);
                self.change(Input::Cancel { id });
            }
            b'k' => {
                let id = self.any_operation(choices);
                self.change(Input::TicketNotKept { id });
            }
            b's' => self.change(Input::Shutdown { within_ms: choices.number() }),
            _ => self.pass_time(choices),
        }
    }

    /// Forwards as a rule, to the next deadline, backwards at times. No clock of milliseconds gets to half of its range.
    fn pass_time(&mut self, choices: &mut Choices<'_>) {
        match (choices.below(4), self.engine.poll(self.now)) {
            (0, Output::WaitUntil(at)) => self.now = at,
            (1, _) => self.now = self.now.saturating_sub(choices.number()),
            _ => self.now = self.now.saturating_add(choices.number()),
        }
        self.now = self.now.min(u64::MAX / 2);
    }

    fn operation_id(&mut self, choices: &mut Choices<'_>) -> OperationId {
        if choices.below(16) == 15 {
            return OperationId(choices.number());
        }
        OperationId(self.next_operation)
    }

    fn submit<'a>(
        &mut self,
        id: OperationId,
        input: impl FnOnce(OperationId, Entropy) -> Input<'a>,
        choices: &mut Choices<'_>,
    ) {
        let entropy = Entropy([choices.byte(); 24]);
        let is_ascending = id.0 >= self.next_operation;
        if self.engine.handle(input(id, entropy), self.now).is_ok() {
            assert!(is_ascending, "a number that is not larger than all before was taken");
            self.operations.insert(id, false);
            self.next_operation = id.0.saturating_add(1);
        }
    }

    /// That an input is refused is no fault: what it is about may be over, or never have been.
    fn change(&mut self, input: Input<'_>) {
        let _ = self.engine.handle(input, self.now);
    }

    /// The latest as a rule; any that was ever sent; one that never was.
    fn request(&self, choices: &mut Choices<'_>) -> RequestId {
        match choices.below(8) {
            7 => RequestId(choices.number()),
            6 if !self.requests.is_empty() => self.requests[usize::from(choices.byte()) % self.requests.len()].0,
            back => self.requests.iter().rev().nth(back).or(self.requests.last()).map_or(RequestId(0), |it| it.0),
        }
    }

    fn any_operation(&self, choices: &mut Choices<'_>) -> OperationId {
        OperationId(self.next_operation.saturating_sub(u64::from(choices.byte() % 8)))
    }

    fn drain(&mut self) {
        for _ in 0..MOST_OUTPUTS {
            match self.engine.poll(self.now) {
                Output::Send(request) => {
                    assert_eq!(self.operations.get(&request.operation), Some(&false), "sent for what is over");
                    assert!(request.url.starts_with("https://"), "{}", request.url);
                    assert!(request.url.bytes().all(|byte| byte.is_ascii_graphic()), "{}", request.url);
                    self.requests.push((request.id, request.response));
                }
                Output::Event(event) => self.event(event),
                Output::Abort { .. } => {}
                Output::WaitUntil(_) | Output::Idle => return,
            }
        }
        panic!("polling does not come to an end");
    }

    fn event(&mut self, event: Event) {
        let words = format!("{event:?}");
        assert!(!words.contains("s3cret"), "the token is told");
        let has_ended = self.operations.get_mut(&event.operation()).expect("an event of an accepted operation");
        assert!(!*has_ended, "an event after the end: {words}");
        *has_ended = event.is_terminal();
        let ticket = match event {
            Event::Ticket { ticket, .. } => Some(*ticket),
            Event::Failed { failure, .. } => failure.ticket.map(|ticket| *ticket),
            _ => None,
        };
        if let Some(ticket) = ticket {
            let again = Ticket::from_json(&ticket.to_json())
                .unwrap_or_else(|error| panic!("a ticket that can't be read: {error}"));
            assert!(again == ticket, "a ticket that is read as another");
            self.tickets.push(again);
        }
    }

    /// A shutdown ends all that is left.
    fn finish(&mut self) {
        self.change(Input::Shutdown { within_ms: 10 });
        self.drain();
        self.now = u64::MAX / 2 + 20;
        self.drain();
        assert_eq!(self.engine.operations(), 0, "something goes on after the shutdown");
        assert!(self.operations.values().all(|has_ended| *has_ended), "an operation never ended");
        assert!(matches!(self.engine.poll(self.now), Output::Idle));
        let _ = self.engine.sessions(self.now);
    }
}

fn operation(choices: &mut Choices<'_>) -> Operation {
    let session = |choices: &mut Choices<'_>| {
        SessionId::new(choices.text(NAMES)).unwrap_or_else(|_| SessionId::from_entropy([7; 16]))
    };
    match choices.below(11) {
        0 => Operation::Allocate(Box::new(allocation(choices))),
        1 => {
            let capacity = u32::try_from(choices.number()).unwrap_or(u32::MAX);
            let mut request = BackfillRequest::new(choices.text(NAMES), capacity, texts(choices));
            request.locations = (choices.below(2) == 1).then(|| texts(choices));
            request.having = map(choices);
            if choices.below(2) == 1 {
                request.deadline_ms = choices.number();
            }
            Operation::Backfill(Box::new(request))
        }
        2 => Operation::List(SessionFilter {
            location: Some(choices.text(NAMES)),
            having: map(choices),
            ..Default::default()
        }),
        3 => Operation::Describe(session(choices)),
        4 => Operation::Stop(session(choices)),
        5 => Operation::Join { session: session(choices), players: texts(choices) },
        6 => Operation::Leave { players: texts(choices) },
        7 => Operation::Locations { image: choices.text(NAMES) },
        8 => Operation::TagExists {
            location: choices.text(NAMES),
            image: choices.text(NAMES),
            version: choices.text(NAMES),
        },
        9 => Operation::Logs { session: session(choices), follow: choices.below(2) == 1 },
        _ => Operation::Artifact { session: session(choices), path: choices.text(&["/logs/a.log", "relative", ""]) },
    }
}

fn allocation(choices: &mut Choices<'_>) -> AllocateRequest {
    let mut request = AllocateRequest::new(choices.text(NAMES));
    match choices.below(3) {
        0 => request.locations = Some(vec!["eu-west-1".into(), "us-east-1".into()]),
        1 => request.locations = Some(texts(choices)),
        _ => {}
    }
    match choices.below(3) {
        0 => {}
        1 => request.match_id = Some(choices.text(NAMES)),
        _ => request.session_id = SessionId::new(choices.text(NAMES)).ok(),
    }
    if choices.below(2) == 1 {
        let sample = f32::from_le_bytes(std::array::from_fn(|_| choices.byte()));
        let near = PlayerLatencies::new(choices.text(NAMES)).with("eu-west-1", vec![sample, 20.0]);
        request.players = vec![near, PlayerLatencies::new("zoe").with("us-east-1", vec![40.0])];
    }
    if choices.below(2) == 1 {
        (request.env, request.labels, request.args) = (map(choices), map(choices), texts(choices));
        request.env_in_ticket = choices.below(2) == 1;
    }
    if choices.below(2) == 1 {
        request.deadline_ms = choices.number();
        request.waited_ms = choices.number();
        request.ttl = Ttl::from_seconds(choices.number()).map_or(TtlPolicy::Unlimited, TtlPolicy::EndAfter);
    }
    request.wait_for = choices.one_of(&[WaitFor::Running, WaitFor::Allocated]);
    request.when_full = choices.one_of(&[WhenFull::Wait, WhenFull::Fail]);
    request
}

fn texts(choices: &mut Choices<'_>) -> Vec<String> {
    (0..choices.below(4)).map(|_| choices.text(NAMES)).collect()
}

fn map(choices: &mut Choices<'_>) -> BTreeMap<String, String> {
    (0..choices.below(3)).map(|_| (choices.text(NAMES), choices.text(NAMES))).collect()
}
