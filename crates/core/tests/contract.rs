//! The engine's contract with whoever drives it: numbers that ascend, a clock that may jump, answers that come too
//! late, one end for each operation. What the operations do stands in their own files.

mod support;

use matchport_core::allocation::AllocateRequest;
use matchport_core::backfill::BackfillRequest;
use matchport_core::engine::{Completion, Engine, Entropy, Event, Input, Operation, OperationId, Refusal};
use matchport_core::error::ErrorCode;
use matchport_core::http::Answer;
use matchport_testkit::{Reply, World};
use support::*;

#[test]
fn a_late_answer_is_refused_and_changes_nothing() {
    let mut world = running();
    by_hand(&mut world);
    let id = world.submit(Operation::Describe(session()));
    world.run_until(10_200);
    assert_eq!(world.sent.len(), 2, "timed out, and tried again");
    let described = Reply::error(404, "RESOURCE_NOT_FOUND", "too late").body;
    let late = Answer { status: 404, retry_after: None, body: &described };
    let refused = world.offer(Input::Response { request: world.sent[0].request, answer: late });
    assert_eq!(refused, Err(Refusal::UnknownRequest));
    let reply = world.service.answer("GET", "/session/s-1", None, 0);
    answer(&mut world, 1, reply.status, &reply.body);
    assert!(matches!(completed(&world, id), Completion::Described(_)));
    let again = Answer { status: 200, retry_after: None, body: &reply.body };
    let refused = world.offer(Input::Response { request: world.sent[1].request, answer: again });
    assert_eq!(refused, Err(Refusal::UnknownRequest), "an answer counts once");
}

#[test]
fn numbers_of_operations_ascend() {
    let mut engine = Engine::new(config()).expect("valid");
    let mut submit = |id| {
        let entropy = Entropy([0; 24]);
        engine.handle(Input::Submit { id: OperationId(id), operation: stop(), entropy }, 0)
    };
    assert_eq!(submit(0), Err(Refusal::OperationIdNotAscending));
    assert_eq!(submit(5), Ok(()));
    assert_eq!(submit(5), Err(Refusal::OperationIdNotAscending));
    assert_eq!(submit(4), Err(Refusal::OperationIdNotAscending));
    assert_eq!(submit(u64::MAX), Ok(()));
    assert_eq!(submit(1), Err(Refusal::OperationIdNotAscending));
    assert_eq!(engine.operations(), 2);
}

#[test]
fn an_invalid_operation_uses_up_its_number_and_ends_once() {
    let mut world = world();
    let id = world.submit(Operation::Leave { players: vec![] });
    assert_eq!(failure(&world, id).error.field.as_deref(), Some("players"));
    let again = world.offer(Input::Submit { id, operation: stop(), entropy: World::entropy(id) });
    assert_eq!(again, Err(Refusal::OperationIdNotAscending));
    assert_eq!((world.sent.len(), world.engine.operations()), (0, 0));
}

#[test]
fn a_clock_that_jumps_back_is_held_still() {
    let mut world = running();
    by_hand(&mut world);
    world.now = 1_000_000;
    let id = world.submit(Operation::Describe(session()));
    world.now = 5;
    world.run_until(999_999);
    let other = world.submit(stop());
    world.input(Input::Cancel { id: other });
    assert_eq!(world.sent.len(), 2, "no attempt has timed out");
    world.run_until(1_009_999);
    assert_eq!(world.sent.len(), 2);
    world.run_until(1_010_200);
    assert_eq!(world.sent.len(), 3, "the first attempt took its 10 s");
    world.run();
    assert_eq!(world.now, 1_030_000);
    assert_eq!(failure(&world, id).error.code, ErrorCode::DeadlineExceeded);
}

#[test]
fn a_clock_at_its_end_ends_what_is_under_way() {
    let mut world = running();
    by_hand(&mut world);
    world.now = u64::MAX;
    let mut operations = calls();
    operations.push(Operation::Allocate(Box::new(request())));
    operations.push(Operation::Allocate(Box::new(AllocateRequest { locations: None, ..request() })));
    operations.push(Operation::Backfill(Box::new(BackfillRequest::new("game", 8, vec!["ada".into()]))));
    operations.push(Operation::Logs { session: session(), follow: true });
    for operation in operations {
        let id = world.submit(operation);
        world.run();
        // Every time has come at once.
        assert!(failure(&world, id).error.retryable);
    }
    assert_eq!((world.engine.operations(), world.now), (0, u64::MAX));
}

#[test]
fn events_of_a_call_are_its_end_alone() {
    let mut world = running();
    for call in calls() {
        world.submit(call);
    }
    world.run();
    assert!(world.events.iter().all(|(_, event)| event.is_terminal()));
    assert_eq!(world.events.len(), calls().len());
    assert!(world.events.iter().all(|(_, event)| !matches!(event, Event::Progress { .. })));
}
