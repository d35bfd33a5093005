//! The ten rules of an allocation, as the page of `matchport_core::allocation` has them, one after the other, on
//! virtual time. What is expected is written from the guide, the API page and the rules.

mod support;

use matchport_core::allocation::{AllocateRequest, TtlPolicy, WaitFor, WhenFull};
use matchport_core::engine::{EngineConfig, Event, Input, Timing};
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::model::{SessionId, SessionStatus, Ttl};
use matchport_core::retry::BudgetLimits;
use matchport_testkit::service::TtlStrictness;
use matchport_testkit::{Fault, Reply};
use serde_json::Value;
use support::*;

fn body(world: &matchport_testkit::World, number: usize) -> Value {
    serde_json::from_slice(world.sent[number].body.as_deref().expect("a body")).expect("JSON")
}

fn cut(percent: u16) -> Fault {
    Fault::CutBody { arrives: 1, returns: 2, permille: percent * 10 }
}

// Rule 1: the id exists before anything is sent.

#[test]
fn the_ticket_comes_before_the_first_request() {
    let mut world = world();
    allocate(&mut world, request());
    assert!(matches!(world.events[0].1, Event::Ticket { .. }));
    let ticket = tickets(&world)[0];
    assert_eq!(body(&world, 0)["id"], ticket.session().as_str());
    assert_eq!(ticket.location(), Some(EU));
}

#[test]
fn the_id_is_the_callers_or_the_matchs_or_random() {
    let sent_id = |request: AllocateRequest| {
        let mut world = world();
        allocate(&mut world, request);
        body(&world, 0)["id"].as_str().expect("text").to_owned()
    };
    let own = SessionId::new("my-own-id").expect("valid");
    assert_eq!(sent_id(AllocateRequest { session_id: Some(own), ..request() }), "my-own-id");
    let of_match = sent_id(AllocateRequest { match_id: Some("m-1".into()), ..request() });
    assert_eq!(of_match, SessionId::from_match("m-1").expect("valid").as_str());
    let random = sent_id(request());
    assert_eq!((random.len(), random.as_bytes()[14]), (36, b'4'));
}

#[test]
fn two_matchmakers_for_one_match_get_one_server() {
    let mut world = world();
    let for_match = || AllocateRequest { match_id: Some("m-1".into()), ..request() };
    let first = allocate(&mut world, for_match());
    let second = allocate(&mut world, for_match());
    world.run();
    assert_eq!(allocation(&world, first).id, allocation(&world, second).id);
    assert_eq!(allocation(&world, first).endpoint, allocation(&world, second).endpoint);
    assert!(allocation(&world, second).report.adopted);
    assert_alive(&world, &[allocation(&world, first).id.as_str()]);
}

#[test]
fn nothing_is_sent_when_the_ticket_can_not_be_kept() {
    let mut world = world();
    script(&mut world, [Fault::Silence { arrives: None }]);
    let id = allocate(&mut world, request());
    // The driver has the ticket event before the request; it says so before it sends.
    world.input(Input::TicketNotKept { id });
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::TicketNotKept);
}

// Rules 2 and 3: an unknown outcome is looked up, adopted, or started again with the same id.

#[test]
fn a_lost_answer_is_looked_up_and_adopted() {
    let lost = [
        Fault::ReplyLost { arrives: 1, known: 5 },
        Fault::Silence { arrives: Some(1) },
        cut(0),
        cut(50),
        Fault::Replaced { arrives: 1, returns: 2, reply: Reply::error(500, "INTERNAL_ERROR", "after the start") },
        Fault::Replaced { arrives: 1, returns: 2, reply: Reply { status: 504, body: b"<html>".to_vec() } },
    ];
    for fault in lost {
        let mut world = world();
        script(&mut world, [fault.clone()]);
        let id = allocate(&mut world, request());
        world.run();
        let allocation = allocation(&world, id);
        assert!(allocation.report.adopted, "{fault:?}");
        assert_eq!(allocation.endpoint.as_deref(), Some("10.1.2.3:20001"), "{fault:?}");
        assert_eq!(world.lines(), ["POST /session".to_owned(), format!("GET /session/{}", allocation.id)], "{fault:?}");
        assert_alive(&world, &[allocation.id.as_str()]);
    }
}

#[test]
fn a_lost_request_is_sent_again_with_the_same_id() {
    let lost = [
        Fault::RequestLost { known: 3 },
        Fault::Silence { arrives: None },
        Fault::gateway_page(503),
        answers(500, r#"{"statusCode":500,"code":"INTERNAL_ERROR","message":"before the start"}"#),
        answers(201, "not json"),
    ];
    for fault in lost {
        let mut world = world();
        script(&mut world, [fault.clone()]);
        let id = allocate(&mut world, allocated_only());
        world.run();
        let found = allocation(&world, id).id.clone();
        let look = format!("GET /session/{found}");
        assert_eq!(world.lines(), ["POST /session", look.as_str(), "POST /session"], "{fault:?}");
        assert_eq!(body(&world, 0), body(&world, 2), "{fault:?}");
        assert!(world.sent[2].at > world.sent[1].at, "it waits before starting again: {fault:?}");
        assert_alive(&world, &[found.as_str()]);
    }
}

#[test]
fn what_was_certainly_not_sent_needs_no_look() {
    let mut world = world();
    script(&mut world, [Fault::NotSent { known: 1 }, Fault::NotSent { known: 1 }]);
    let id = allocate(&mut world, allocated_only());
    world.run();
    assert_eq!(world.lines(), ["POST /session"; 3]);
    allocation(&world, id);
}

#[test]
fn a_start_that_lands_between_the_look_and_the_second_start_is_adopted() {
    let mut world = world();
    // The first start arrives 300 ms late, after the look has found nothing; the second then meets a 409.
    script(
        &mut world,
        [
            Fault::Silence { arrives: Some(10_100) },
            Fault::None { arrives: 1, returns: 2 },
            Fault::None { arrives: 500, returns: 501 },
        ],
    );
    let id = allocate(&mut world, allocated_only());
    world.run();
    let found = allocation(&world, id).id.clone();
    assert!(allocation(&world, id).report.adopted);
    assert_alive(&world, &[found.as_str()]);
}

// Rule 4: a conflict is looked up, and no new id is ever taken.

#[test]
fn a_conflict_with_another_session_fails_and_touches_nothing() {
    for (image, location) in [("other-game", EU), ("game", "ap-southeast-1")] {
        let mut world = world();
        let own = SessionId::new("taken").expect("valid");
        world.service.answer("POST", "/session", Some(br#"{"image":"game","location":"eu-west-1","id":"taken"}"#), 0);
        let session = world.service.sessions.get_mut("taken").expect("started");
        (session.image, session.location) = (image.into(), location.into());
        let id = allocate(&mut world, AllocateRequest { session_id: Some(own), ..request() });
        world.run();
        let failure = failure(&world, id);
        assert_eq!((failure.error.code, failure.error.outcome), (ErrorCode::Conflict, Outcome::Refused));
        assert!(failure.ticket.is_none());
        assert_eq!(world.lines(), ["POST /session", "GET /session/taken"]);
        assert_alive(&world, &["taken"]);
    }
}

#[test]
fn a_conflict_with_a_session_that_has_ended_fails() {
    let mut world = world();
    world.service.answer("POST", "/session", Some(br#"{"image":"game","location":"eu-west-1","id":"used"}"#), 0);
    world.service.answer("DELETE", "/session/used", None, 0);
    let own = SessionId::new("used").expect("valid");
    let id = allocate(&mut world, AllocateRequest { session_id: Some(own), ..request() });
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::SessionEnded);
    assert_eq!(world.service.sessions.len(), 1, "no other id");
}

#[test]
fn a_conflict_that_is_still_in_flight_elsewhere_is_waited_for() {
    let mut world = world();
    script(&mut world, [answers(409, r#"{"statusCode":409,"code":"CONFLICT"}"#)]);
    let own = SessionId::new("in-flight").expect("valid");
    let id = allocate(&mut world, AllocateRequest { session_id: Some(own), ..request() });
    world.run_until(100);
    let start = br#"{"image":"game","location":"us-east-1","id":"in-flight"}"#;
    world.service.answer("POST", "/session", Some(start), 100);
    world.run();
    let allocation = allocation(&world, id);
    assert_eq!(allocation.location, US, "where the other matchmaker started it");
    assert_alive(&world, &["in-flight"]);
}

#[test]
fn giving_up_does_not_stop_what_somebody_else_started() {
    let mut world = world();
    world.service.boot_ms = 1_000_000;
    world.service.answer("POST", "/session", Some(br#"{"image":"game","location":"eu-west-1","id":"theirs"}"#), 0);
    let own = SessionId::new("theirs").expect("valid");
    let id = allocate(&mut world, AllocateRequest { session_id: Some(own), ..request() });
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::DeadlineExceeded);
    assert!(world.lines().iter().all(|line| !line.starts_with("DELETE")));
    assert_alive(&world, &["theirs"]);
}

// Rule 5: the location changes only after a definite refusal; a full one is closed for everybody.

#[test]
fn a_full_location_is_passed_over_at_once_and_closed_for_all() {
    let mut world = world();
    world.service.capacity.insert(EU.into(), 0);
    let first = allocate(&mut world, allocated_only());
    world.run();
    assert_eq!(allocation(&world, first).location, US);
    assert_eq!((body(&world, 0)["location"].clone(), body(&world, 1)["location"].clone()), (EU.into(), US.into()));
    assert_eq!(body(&world, 0)["id"], body(&world, 1)["id"], "the id stays");
    assert!(world.now < 10, "at once");
    assert_eq!(tickets(&world).last().expect("a ticket").location(), Some(US), "a new ticket before the new place");
    let before = world.sent.len();
    allocate(&mut world, allocated_only());
    world.run();
    assert_eq!(world.sent.len(), before + 1);
    assert_eq!(body(&world, before)["location"], US, "the next one does not ask the full location");
}

#[test]
fn one_probe_re_opens_a_location() {
    let mut world = world();
    world.service.capacity = [(EU.to_owned(), 0), (US.to_owned(), 0)].into();
    let waiting: Vec<_> = (0..3).map(|_| allocate(&mut world, allocated_only())).collect();
    world.run_until(59_000);
    let asked = world.sent.len();
    world.service.capacity.insert(EU.into(), 1000);
    world.run_until(60_003);
    let starts: Vec<_> = (asked..world.sent.len()).map(|number| body(&world, number)["location"].clone()).collect();
    assert_eq!(starts.iter().filter(|location| **location == EU).count(), 1, "one probe: {starts:?}");
    world.run();
    for id in waiting {
        allocation(&world, id);
    }
    assert!(world.now < 61_000, "who waits is woken when the probe succeeds: {}", world.now);
}

#[test]
fn a_location_without_the_image_is_passed_over_for_this_allocation_only() {
    let mut world = world();
    let somewhere =
        |first: &str| AllocateRequest { locations: Some(vec![first.into(), US.into()]), ..allocated_only() };
    let id = allocate(&mut world, somewhere("nowhere"));
    world.run();
    assert_eq!(allocation(&world, id).location, US);
    let id = allocate(&mut world, AllocateRequest { locations: Some(vec!["nowhere".into()]), ..allocated_only() });
    world.run();
    let failure = failure(&world, id);
    assert_eq!((failure.error.code, failure.error.status), (ErrorCode::NotFound, Some(404)));
    assert_eq!(failure.error.identifier.as_deref(), Some("trace-404"));
}

#[test]
fn an_unknown_outcome_never_changes_the_location() {
    let mut world = world();
    world.with_faults(|sent, number| match sent.line.as_str() {
        "POST /session" if number < 20 => Fault::RequestLost { known: 1 },
        _ => Fault::PROMPT,
    });
    let id = allocate(&mut world, AllocateRequest { deadline_ms: 600_000, ..allocated_only() });
    world.run();
    assert_eq!(allocation(&world, id).location, EU);
    assert!(world.sent.iter().filter(|sent| sent.body.is_some()).count() > 5);
}

#[test]
fn when_all_are_full_it_waits_within_the_deadline_or_fails() {
    let full = |request: AllocateRequest| {
        let mut world = world();
        world.service.capacity = [(EU.to_owned(), 0), (US.to_owned(), 0)].into();
        let id = allocate(&mut world, request);
        world.run_until(30_000);
        world.service.capacity.insert(US.into(), 1);
        world.run();
        (world, id)
    };
    let (world, id) = full(allocated_only());
    assert_eq!(allocation(&world, id).location, US);
    assert!((60_000..60_010).contains(&world.now), "when the first re-opens: {}", world.now);

    let (world, id) = full(AllocateRequest { deadline_ms: 50_000, ..allocated_only() });
    let failed = failure(&world, id);
    assert_eq!((failed.error.code, failed.error.outcome), (ErrorCode::NoCapacity, Outcome::Refused));
    assert!(world.events.iter().all(|(at, _)| *at < 10), "no use in waiting longer than the deadline");
    assert!(failed.error.retry_after_ms.is_some_and(|wait| wait > 59_000));

    let (world, id) = full(AllocateRequest { when_full: WhenFull::Fail, ..allocated_only() });
    assert_eq!(failure(&world, id).error.code, ErrorCode::NoCapacity);
    assert_eq!(world.lines(), ["POST /session"; 2]);
}

#[test]
fn a_relaxing_cap_lets_a_location_in_later() {
    use matchport_core::placement::{LatencyCap, PlayerLatencies};
    let mut world = world();
    let mut request = AllocateRequest { wait_for: WaitFor::Allocated, ..request() };
    request.players = vec![PlayerLatencies::new("ada").with(EU, 150.0).with(US, 300.0)];
    request.placement.cap = Some(LatencyCap { limit_ms: 100.0, relax_ms_per_second: 10.0, ceiling_ms: Some(200.0) });
    request.waited_ms = 2_000;
    let id = allocate(&mut world, request);
    world.run();
    assert_eq!(world.sent[0].at, 3_000, "5 s of waiting relax by 50 ms, and 2 s had passed before");
    let report = &allocation(&world, id).report;
    assert!(report.locations.iter().any(|it| it.location == US && it.left_out.is_some()), "{report:?}");
}

// Rule 6 has a file of its own: `allocation_giving_up.rs`.

// Rule 7: ttl.

#[test]
fn ttl_is_sent_unless_refused_by_option() {
    let sent_ttl = |ttl| {
        let mut world = world();
        allocate(&mut world, AllocateRequest { ttl, ..request() });
        body(&world, 0)["ttl"].clone()
    };
    assert_eq!(sent_ttl(TtlPolicy::EndAfter(Ttl::DEFAULT)), 3600);
    assert_eq!(sent_ttl(TtlPolicy::EndAfter(Ttl::from_seconds(90).expect("valid"))), 90);
    assert_eq!(sent_ttl(TtlPolicy::Unlimited), Value::Null);
    assert_eq!(request().ttl, TtlPolicy::EndAfter(Ttl::DEFAULT), "the default");
}

#[test]
fn the_form_of_ttl_changes_once_and_is_remembered() {
    let mut world = world();
    world.service.ttl = TtlStrictness::Duration;
    let id = allocate(&mut world, allocated_only());
    world.run();
    allocation(&world, id);
    assert_eq!((body(&world, 0)["ttl"].clone(), body(&world, 1)["ttl"].clone()), (3600.into(), "1h".into()));
    assert_eq!(body(&world, 0)["id"], body(&world, 1)["id"]);
    let id = allocate(&mut world, allocated_only());
    world.run();
    allocation(&world, id);
    assert_eq!(world.sent.len(), 3, "the engine has learnt it");
    assert_eq!(body(&world, 2)["ttl"], "1h");
}

// Rule 8: definite refusals are final.

#[test]
fn definite_refusals_are_never_retried() {
    let table = [
        (400, ErrorCode::BadRequest),
        (401, ErrorCode::Unauthorized),
        (402, ErrorCode::QuotaExceeded),
        (403, ErrorCode::Forbidden),
        (422, ErrorCode::InvalidRequest),
        (302, ErrorCode::UnexpectedStatus),
    ];
    for (status, code) in table {
        let mut world = world();
        let violation = r#"{"identifier":"t-1","violations":[{"field":"env.MAP","description":"is odd"}]}"#;
        script(&mut world, [answers(status, violation)]);
        let id = allocate(&mut world, request());
        world.run();
        let failed = failure(&world, id);
        assert_eq!((failed.error.code, failed.error.status), (code, Some(status)));
        assert_eq!((failed.error.outcome, failed.error.retryable), (Outcome::Refused, false));
        assert_eq!(failed.error.identifier.as_deref(), Some("t-1"));
        assert_eq!(failed.error.violations[0].field, "env.MAP");
        assert_eq!(world.lines(), ["POST /session"], "{status}");
        assert!(failed.ticket.is_none());
    }
}

#[test]
fn a_422_about_something_else_leaves_the_form_of_ttl_as_it_was() {
    let mut world = world();
    script(&mut world, vec![answers(422, r#"{"statusCode":422}"#); 2]);
    allocate(&mut world, request());
    world.run();
    let id = allocate(&mut world, allocated_only());
    world.run();
    allocation(&world, id);
    assert_eq!(body(&world, 2)["ttl"], 3600, "both forms were refused, so neither is better");
}

#[test]
fn an_unnamed_422_gets_the_one_change_of_ttl_form_and_no_more() {
    let mut world = world();
    world.with_faults(|_, _| answers(422, r#"{"statusCode":422}"#));
    let id = allocate(&mut world, request());
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::InvalidRequest);
    assert_eq!(world.sent.len(), 2);
    let mut world = support::world();
    world.with_faults(|_, _| answers(422, r#"{"statusCode":422}"#));
    let id = allocate(&mut world, AllocateRequest { ttl: TtlPolicy::Unlimited, ..request() });
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::InvalidRequest);
    assert_eq!(world.sent.len(), 1, "without a ttl there is no other form");
}

// Rule 9: one budget.

#[test]
fn an_outage_is_not_made_worse() {
    let mut config: EngineConfig = config();
    config.retry_budget = BudgetLimits { capacity: 10, per_second: 2 };
    let mut world = world_with(config);
    world.with_faults(|_, _| Fault::NotSent { known: 1 });
    for _ in 0..100 {
        allocate(&mut world, request());
    }
    world.run();
    // 100 first attempts, then what was saved and what comes back in 90 seconds.
    assert!((200..=100 + 10 + 2 * 91).contains(&world.sent.len()), "{}", world.sent.len());
    assert_eq!(world.engine.operations(), 0);
}

// Rule 10: joinable is not 201.

#[test]
fn it_waits_until_the_session_is_running() {
    let mut world = world();
    world.service.boot_ms = 3_000;
    let id = allocate(&mut world, request());
    world.run();
    assert!((3_000..4_100).contains(&allocation(&world, id).report.took_ms), "{}", world.now);
    let seen = allocation(&world, id).report.attempts.iter().filter_map(|attempt| attempt.session_status.clone());
    assert_eq!(seen.collect::<Vec<_>>().pop(), Some(SessionStatus::Running));
    let looks = world.lines().iter().filter(|line| line.starts_with("GET")).count();
    assert!((4..=15).contains(&looks), "{looks}");
}

#[test]
fn a_session_that_ends_before_it_runs_is_a_failure_and_leaves_nothing() {
    for (status, stops) in [("dead", 0), ("exited", 0), ("draining", 1), ("shuttingdown", 1)] {
        let mut world = world();
        world.service.boot_ms = 5_000;
        let id = allocate(&mut world, request());
        world.run_until(1_000);
        let session = world.service.sessions.values_mut().next().expect("started");
        session.status = status.into();
        world.run();
        let failed = failure(&world, id);
        assert_eq!(failed.error.code, ErrorCode::SessionEnded, "{status}");
        assert!(failed.error.retryable && failed.ticket.is_none(), "{status}");
        let sent_stops = world.lines().iter().filter(|line| line.starts_with("DELETE")).count();
        assert_eq!(sent_stops, stops, "{status}");
        assert_alive(&world, &[]);
    }
}

#[test]
fn a_status_that_is_not_known_is_waited_out() {
    let mut world = world();
    world.service.boot_ms = 5_000;
    let id = allocate(&mut world, request());
    world.run_until(1_000);
    world.service.sessions.values_mut().next().expect("started").status = "hibernating".into();
    world.run_until(6_000);
    world.service.sessions.values_mut().next().expect("started").status = "running".into();
    world.run();
    allocation(&world, id);
}

#[test]
fn a_session_that_the_service_forgets_is_given_up_after_a_while() {
    let mut world = world();
    world.service.boot_ms = 1_000_000;
    let id = allocate(&mut world, request());
    world.run_until(1_000);
    world.service.sessions.clear();
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::SessionEnded);
    let visible = Timing::default().visible_ms;
    assert!((1_000 + visible..3_000 + visible).contains(&world.now), "{}", world.now);
}
