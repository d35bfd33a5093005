//! Rule 6 of an allocation: giving up leaves nothing running, and what can't be settled in time comes back as a ticket.
//! On virtual time, as the other rules in `allocation_rules.rs`.

mod support;

use matchport_core::allocation::{AllocateRequest, Phase, ResumeOptions, Ticket};
use matchport_core::engine::Input;
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::model::SessionId;
use matchport_testkit::Fault;
use support::*;

#[test]
fn cancelling_a_start_in_flight_waits_for_its_answer_and_stops_it() {
    let mut world = world();
    script(&mut world, [Fault::None { arrives: 100, returns: 500 }]);
    let id = allocate(&mut world, request());
    world.run_until(50);
    world.input(Input::Cancel { id });
    world.run();
    let failed = failure(&world, id);
    assert_eq!(failed.error.code, ErrorCode::Cancelled);
    assert!(failed.ticket.is_none(), "settled");
    assert!(world.lines()[1].starts_with("DELETE /session/"));
    assert_eq!(world.lines().len(), 2, "accepted and stopped is certain, so there is no second look");
    assert_alive(&world, &[]);
}

#[test]
fn a_late_start_is_caught_after_the_grace_time() {
    let mut world = world();
    // Lands 3 s after the attempt was given up at 10 s, and after the first stop found nothing.
    script(&mut world, [Fault::Silence { arrives: Some(13_000) }]);
    let id = allocate(&mut world, AllocateRequest { deadline_ms: 1_000, ..request() });
    world.run();
    let failed = failure(&world, id);
    assert_eq!(failed.error.code, ErrorCode::DeadlineExceeded);
    assert!(failed.ticket.is_none(), "settled");
    let stops: Vec<_> = world.sent.iter().filter(|sent| sent.line.starts_with("DELETE")).map(|sent| sent.at).collect();
    assert_eq!(stops, [10_000, 15_002]);
    assert_alive(&world, &[]);
}

#[test]
fn what_can_not_be_settled_is_reported_and_can_be_settled_later() {
    let mut world = world();
    world.with_faults(|sent, _| match sent.line.starts_with("DELETE") {
        true => Fault::RequestLost { known: 1 },
        false => Fault::PROMPT,
    });
    world.service.boot_ms = 1_000_000;
    let id = allocate(&mut world, request());
    world.run();
    let failed = failure(&world, id);
    assert_eq!(failed.error.outcome, Outcome::Unknown, "whether it still runs");
    assert!(failed.error.message.contains("keep the ticket"), "{}", failed.error);
    let ticket = failed.ticket.clone().expect("unsettled");
    assert_eq!(ticket.phase(), Phase::Settling);
    assert_alive(&world, &[ticket.session().as_str()]);

    world.with_faults(|_, _| Fault::PROMPT);
    let ticket = Box::new(Ticket::from_json(&ticket.to_json()).expect("readable"));
    let id = world.next_operation();
    let entropy = matchport_testkit::World::entropy(id);
    world.input(Input::Resume { id, ticket, options: ResumeOptions::default(), entropy });
    world.run();
    assert!(failure(&world, id).ticket.is_none(), "settled now");
    assert_alive(&world, &[]);
}

#[test]
fn a_gateways_404_does_not_count_as_settled() {
    let mut world = world();
    world.with_faults(|sent, number| match (sent.line.starts_with("DELETE"), number) {
        (true, 0..=2) => Fault::gateway_page(404),
        _ => Fault::PROMPT,
    });
    world.service.boot_ms = 1_000_000;
    let id = allocate(&mut world, request());
    world.run_until(10);
    world.input(Input::Cancel { id });
    world.run();
    assert!(failure(&world, id).ticket.is_none());
    assert_alive(&world, &[]);
}

#[test]
fn a_token_that_may_not_stop_leaves_an_unsettled_ticket_at_once() {
    let mut world = world();
    world.with_faults(|sent, _| match sent.line.starts_with("DELETE") {
        true => answers(403, r#"{"statusCode":403,"code":"FORBIDDEN"}"#),
        false => Fault::PROMPT,
    });
    world.service.boot_ms = 1_000_000;
    let id = allocate(&mut world, request());
    world.run_until(10);
    world.input(Input::Cancel { id });
    world.run_until(20);
    assert!(failure(&world, id).ticket.is_some());
}

#[test]
fn cancelling_before_anything_may_have_started_sends_nothing_more() {
    let mut world = world();
    world.service.capacity = [(EU.to_owned(), 0), (US.to_owned(), 0)].into();
    let id = allocate(&mut world, request());
    world.run_until(100);
    let sent = world.sent.len();
    world.input(Input::Cancel { id });
    world.run();
    assert_eq!(world.sent.len(), sent);
    assert_eq!(failure(&world, id).error.code, ErrorCode::Cancelled);
}

#[test]
fn a_shutdown_settles_and_what_takes_too_long_comes_back_as_a_ticket() {
    let mut world = world();
    script(&mut world, [Fault::PROMPT, Fault::PROMPT, Fault::Silence { arrives: None }]);
    world.service.boot_ms = 1_000_000;
    let quick = allocate(&mut world, allocated_only());
    world.run();
    allocation(&world, quick);
    world.with_faults(|sent, _| match sent.line.as_str() {
        "POST /session" => Fault::Silence { arrives: Some(1) },
        _ => Fault::PROMPT,
    });
    let slow = allocate(&mut world, request());
    world.input(Input::Shutdown { within_ms: 2_000 });
    assert!(world.offer(Input::Cancel { id: quick }).is_err(), "it has ended");
    world.run();
    assert_eq!(world.now, 2_002, "2 s after the shutdown");
    let failed = failure(&world, slow);
    assert_eq!(failed.error.code, ErrorCode::ShutDown);
    assert!(failed.ticket.is_some(), "its start is in flight");
    let id = world.next_operation();
    let (operation, entropy) = (
        matchport_core::engine::Operation::Stop(SessionId::new("x").expect("valid")),
        matchport_testkit::World::entropy(id),
    );
    assert!(world.offer(Input::Submit { id, operation, entropy }).is_err(), "nothing is accepted any more");
}
