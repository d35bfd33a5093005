//! A world with the settings that the tests of the core share, and what they ask of it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use matchport_core::allocation::{AllocateRequest, Allocation, Failure, Ticket, WaitFor};
use matchport_core::engine::{Completion, Engine, EngineConfig, Event, Operation, OperationId};
use matchport_core::environment::Environment;
use matchport_core::secret::Token;
use matchport_testkit::{Fault, Service, World};

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
