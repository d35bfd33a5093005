//! A world with the settings that the tests of the core share, and what they ask of it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use matchport_core::allocation::{AllocateRequest, Allocation, Failure, Ticket, WaitFor};
use matchport_core::engine::{Completion, Engine, EngineConfig, Event, Input, Operation, OperationId};
use matchport_core::environment::Environment;
use matchport_core::http::Answer;
use matchport_core::model::{SessionFilter, SessionId};
use matchport_core::secret::Token;
use matchport_testkit::{Fault, Reply, Service, World};
use serde_json::json;

pub const TOKEN: &str = "token-that-must-not-leak";
pub const EU: &str = "eu-west-1";
pub const US: &str = "us-east-1";

pub fn config() -> EngineConfig {
    EngineConfig::new(Environment::Sandbox, Token::new(TOKEN).expect("valid"))
}

pub fn world() -> World {
    world_with(config())
}

pub fn world_with(config: EngineConfig) -> World {
    World::new(Engine::new(config).expect("valid"), Service::new([EU, US]))
}

/// An allocation in `eu-west-1`, then `us-east-1`.
pub fn request() -> AllocateRequest {
    let mut request = AllocateRequest::new("game");
    request.locations = Some(vec![EU.into(), US.into()]);
    request
}

pub fn allocated_only() -> AllocateRequest {
    AllocateRequest { wait_for: WaitFor::Allocated, ..request() }
}

pub fn allocate(world: &mut World, request: AllocateRequest) -> OperationId {
    world.submit(Operation::Allocate(Box::new(request)))
}

/// Faults by the how manieth request it is, from 0; prompt after the last.
pub fn script(world: &mut World, faults: impl Into<Vec<Fault>>) {
    let faults = faults.into();
    world.with_faults(move |_, number| faults.get(number).cloned().unwrap_or(Fault::PROMPT));
}

/// Faults that take every request the same way.
pub fn always(world: &mut World, fault: Fault) {
    world.with_faults(move |_, _| fault.clone());
}

/// Nobody answers anything: the test does, with [`answer`].
pub fn by_hand(world: &mut World) {
    always(world, Fault::Silence { arrives: None });
}

/// Answers the request with this number, from 0.
pub fn answer(world: &mut World, number: usize, status: u16, body: &[u8]) {
    let request = world.sent[number].request;
    world.input(Input::Response { request, answer: Answer { status, retry_after: None, body } });
}

/// What a gateway in between answers in the service's place.
pub fn answers(status: u16, body: &str) -> Fault {
    Fault::Gateway { returns: 2, reply: Reply { status, body: body.as_bytes().to_vec() } }
}

/// How an operation ended. It must have ended exactly once.
pub fn end(world: &World, operation: OperationId) -> Result<&Completion, &Failure> {
    let mut ends = world.events.iter().filter(|(_, event)| event.operation() == operation && event.is_terminal());
    let (_, end) = ends.next().expect("the operation has not ended");
    assert!(ends.next().is_none(), "the operation ended twice");
    match end {
        Event::Completed { completion, .. } => Ok(completion),
        Event::Failed { failure, .. } => Err(failure),
        _ => unreachable!("terminal"),
    }
}

pub fn allocation(world: &World, operation: OperationId) -> &Allocation {
    match end(world, operation) {
        Ok(Completion::Allocated(allocation)) => allocation,
        other => panic!("no allocation: {other:?}"),
    }
}

pub fn failure(world: &World, operation: OperationId) -> &Failure {
    match end(world, operation) {
        Err(failure) => failure,
        Ok(completion) => panic!("no failure: {completion:?}"),
    }
}

pub fn tickets(world: &World) -> Vec<&Ticket> {
    world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Ticket { ticket, .. } => Some(&**ticket),
            _ => None,
        })
        .collect()
}

/// No session is alive but `expected`, and the engine kept its contract.
pub fn assert_alive(world: &World, expected: &[&str]) {
    let alive: Vec<_> = world.service.alive().map(|(id, _)| id.as_str()).collect();
    assert_eq!(alive, expected);
    assert_eq!(world.breaches, Vec::<String>::new());
}

pub fn session() -> SessionId {
    SessionId::new("s-1").expect("valid")
}

pub fn stop() -> Operation {
    Operation::Stop(session())
}

pub fn join() -> Operation {
    Operation::Join { session: session(), players: vec!["ada".into(), "bob".into()] }
}

/// Every operation that is one request.
pub fn calls() -> Vec<Operation> {
    vec![
        Operation::List(SessionFilter::default()),
        Operation::Describe(session()),
        stop(),
        join(),
        Operation::Leave { players: vec!["ada".into()] },
        Operation::Locations { image: "game".into() },
        Operation::TagExists { location: EU.into(), image: "game".into(), version: "1".into() },
    ]
}

/// A world in which the session `s-1` runs.
pub fn running() -> World {
    let mut world = world();
    start(&mut world);
    world
}

pub fn start(world: &mut World) {
    let body = json!({ "id": "s-1", "image": "game", "location": EU, "ttl": 3600 }).to_string();
    assert_eq!(world.service.answer("POST", "/session", Some(body.as_bytes()), 0).status, 201);
}

pub fn completed(world: &World, operation: OperationId) -> &Completion {
    end(world, operation).expect("completed")
}
