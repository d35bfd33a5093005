//! Operations that are one request: what each success and each failure comes to, what is tried again and how often,
//! and that each ends once. On virtual time; what is expected is written from the guide and the API page.

mod support;

use matchport_core::engine::{Completion, Input, Operation, Refusal, Stopped, TransportFailure, TransportFailureKind};
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::http::Answer;
use matchport_core::model::{SessionFilter, SessionId};
use matchport_core::retry::{Backoff, BudgetLimits};
use matchport_testkit::{Fault, World};
use serde_json::json;
use support::*;

/// The one operation of a world in which every request meets this.
fn failed_by(operation: Operation, fault: Fault) -> (World, matchport_core::error::Error) {
    let mut world = running();
    always(&mut world, fault);
    let id = world.submit(operation);
    world.run();
    let error = failure(&world, id).error.clone();
    assert_eq!(world.breaches, Vec::<String>::new());
    (world, error)
}

#[test]
fn each_call_completes_with_what_the_service_says() {
    let mut world = running();
    let ids: Vec<_> = calls().into_iter().map(|call| (world.submit(call.clone()), world.run()).0).collect();
    let Completion::Sessions(sessions) = completed(&world, ids[0]) else { panic!("a list") };
    assert_eq!(sessions.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["s-1"]);
    let Completion::Described(details) = completed(&world, ids[1]) else { panic!("a description") };
    assert_eq!((details.id.as_str(), &*details.host), ("s-1", "10.1.2.3"));
    assert!(matches!(completed(&world, ids[2]), Completion::Stopped(Stopped::Stopping)));
    // The session is stopped by now.
    assert_eq!(failure(&world, ids[3]).error.code, ErrorCode::NotFound);
    assert!(matches!(completed(&world, ids[4]), Completion::Players(count) if count.count == 0));
    let Completion::Locations(locations) = completed(&world, ids[5]) else { panic!("locations") };
    assert_eq!(locations.iter().map(|it| &*it.id).collect::<Vec<_>>(), [EU, US]);
    assert!(matches!(completed(&world, ids[6]), Completion::TagExists(true)));
    assert_eq!(world.sent.len(), calls().len(), "one request each");
    assert_eq!(world.breaches, Vec::<String>::new());
}

#[test]
fn join_and_leave_hand_out_the_count() {
    let mut world = running();
    let joined = world.submit(join());
    world.run();
    let Completion::Players(count) = completed(&world, joined) else { panic!("a count") };
    assert_eq!((count.count, &count.players[..]), (2, &["ada".to_owned(), "bob".into()][..]));
    let left = world.submit(Operation::Leave { players: vec!["ada".into()] });
    world.run();
    assert!(matches!(completed(&world, left), Completion::Players(count) if count.count == 1));
}

/// Failures after which trying again can't help: status, the service's code, what it comes to.
const FINAL: &[(u16, &str, ErrorCode)] = &[
    (400, "BAD_REQUEST", ErrorCode::BadRequest),
    (401, "UNAUTHORIZED", ErrorCode::Unauthorized),
    (402, "QUOTA_EXCEEDED", ErrorCode::QuotaExceeded),
    (403, "FORBIDDEN", ErrorCode::Forbidden),
    (404, "RESOURCE_NOT_FOUND", ErrorCode::NotFound),
    (409, "CONFLICT", ErrorCode::Conflict),
    (422, "INVALID_REQUEST", ErrorCode::InvalidRequest),
];

#[test]
fn a_definite_failure_is_handed_out_at_once() {
    for call in calls() {
        for &(status, code, ours) in FINAL {
            if (status, matches!(call, Operation::Stop(_))) == (409, true) {
                continue; // The session has ended, which is what was asked for.
            }
            let body = json!({
                "statusCode": status, "code": code, "message": "no", "identifier": "trace-1",
                "violations": [{ "field": "players", "description": "is wrong" }],
            });
            let (world, error) = failed_by(call.clone(), answers(status, &body.to_string()));
            let what = format!("{call:?} {status}");
            assert_eq!((error.code, error.outcome, error.retryable), (ours, Outcome::Refused, false), "{what}");
            assert_eq!((error.status, error.identifier.as_deref()), (Some(status), Some("trace-1")), "{what}");
            assert_eq!(error.violations.len(), 1, "{what}");
            assert_eq!(world.sent.len(), 1, "never again: {what}");
        }
    }
}

#[test]
fn an_unreadable_success_is_not_tried_again() {
    let readable = calls().into_iter().filter(|call| !matches!(call, Operation::Stop(_)));
    for call in readable {
        for body in ["", "<html>welcome</html>", "{}", "[]", "{\"count\":"] {
            let (world, error) = failed_by(call.clone(), answers(200, body));
            let what = format!("{call:?} {body:?}");
            assert_eq!((error.code, error.outcome), (ErrorCode::UnreadableResponse, Outcome::Unknown), "{what}");
            assert_eq!((error.status, world.sent.len()), (Some(200), 1), "{what}");
        }
    }
}

/// Failures after which trying again can help.
fn passing() -> Vec<Fault> {
    vec![
        answers(408, ""),
        answers(429, r#"{"statusCode":429,"code":"TOO_MANY"}"#),
        answers(500, r#"{"statusCode":500,"code":"INTERNAL_ERROR","identifier":"trace-500"}"#),
        answers(503, "<html>"),
        Fault::gateway_page(504),
        Fault::gateway_page(404),
        Fault::gateway_page(409),
        Fault::NotSent { known: 1 },
        Fault::RequestLost { known: 1 },
        Fault::Silence { arrives: None },
    ]
}

#[test]
fn what_may_pass_is_tried_again() {
    for call in calls() {
        for fault in passing() {
            let mut world = running();
            script(&mut world, [fault.clone(), fault.clone(), fault.clone()]);
            let id = world.submit(call.clone());
            // Three times silence is just within the time for a call.
            world.run();
            let what = format!("{call:?} {fault:?}");
            if fault == (Fault::Silence { arrives: None }) {
                assert_eq!(failure(&world, id).error.code, ErrorCode::DeadlineExceeded, "{what}");
                continue;
            }
            completed(&world, id);
            assert_eq!(world.sent.len(), 4, "{what}");
            assert!(world.sent.windows(2).all(|two| two[0].line == two[1].line && two[0].body == two[1].body));
            assert_eq!(world.breaches, Vec::<String>::new(), "{what}");
        }
    }
}

#[test]
fn four_attempts_are_all_with_growing_pauses() {
    let bounds = [200, 400, 800];
    for fault in passing().into_iter().filter(|fault| *fault != Fault::Silence { arrives: None }) {
        let (world, error) = failed_by(Operation::Describe(session()), fault.clone());
        assert_eq!(world.sent.len(), 4, "{fault:?}");
        for (pair, bound) in world.sent.windows(2).zip(bounds) {
            let pause = pair[1].at - pair[0].at;
            // The answer takes 1 or 2 ms.
            assert!(pause <= bound + 2, "{fault:?}: {pause} ms");
        }
        assert!(error.retryable, "{fault:?}");
    }
}

#[test]
fn pauses_differ_from_call_to_call() {
    let mut world = running();
    always(&mut world, Fault::gateway_page(503));
    for _ in 0..20 {
        world.submit(Operation::Describe(session()));
    }
    world.run();
    let mut seconds: Vec<_> = world.sent.iter().filter(|sent| sent.at > 0).map(|sent| sent.at).collect();
    seconds.sort_unstable();
    seconds.dedup();
    assert!(seconds.len() > 30, "60 retries at {} times only", seconds.len());
}

#[test]
fn a_wait_that_the_service_asks_for_is_kept() {
    let mut world = running();
    by_hand(&mut world);
    world.submit(Operation::Describe(session()));
    let answer = Answer { status: 429, retry_after: Some("7"), body: b"" };
    world.input(Input::Response { request: world.sent[0].request, answer });
    world.run_until(6_999);
    assert_eq!(world.sent.len(), 1);
    world.run_until(7_200);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn a_wait_beyond_the_deadline_ends_at_the_deadline() {
    for wait in ["3600", "18446744073709551615"] {
        let mut world = running();
        by_hand(&mut world);
        let id = world.submit(Operation::Describe(session()));
        let answer = Answer { status: 429, retry_after: Some(wait), body: br#"{"code":"TOO_MANY","identifier":"t"}"# };
        world.input(Input::Response { request: world.sent[0].request, answer });
        world.run();
        let error = &failure(&world, id).error;
        assert_eq!((error.code, world.now, world.sent.len()), (ErrorCode::DeadlineExceeded, 30_000, 1));
        assert_eq!((error.status, error.identifier.as_deref()), (Some(429), Some("t")));
        // It was sent, and refused; and the caller hears for how long.
        assert_eq!(error.outcome, Outcome::Refused);
        assert!(error.retry_after_ms >= Some(3_600_000));
    }
}

#[test]
fn silence_ends_at_the_deadline() {
    let (world, error) = failed_by(join(), Fault::Silence { arrives: None });
    assert_eq!((error.code, error.outcome), (ErrorCode::DeadlineExceeded, Outcome::Unknown));
    assert!(error.message.contains("no answer came within 10000 ms"), "{}", error.message);
    assert_eq!(world.now, 30_000);
    assert!(world.sent.len() <= 3);
    // Whatever was in flight is called off.
    assert_eq!(world.aborted.len(), world.sent.len());
}

#[test]
fn retries_spend_one_budget() {
    let mut config = config();
    config.retry_budget = BudgetLimits { capacity: 5, per_second: 1 };
    config.backoff = Backoff { first_ms: 1, longest_ms: 20 };
    let mut world = world_with(config);
    always(&mut world, Fault::gateway_page(503));
    let ids: Vec<_> = (0..50).map(|_| world.submit(Operation::Describe(session()))).collect();
    for second in 1..=30_u64 {
        world.run_until(second * 1000);
        let retries = world.sent.len() as u64 - 50;
        assert!(retries <= 5 + second, "{retries} retries in {second} s");
    }
    world.run();
    for id in ids {
        assert!(failure(&world, id).error.retryable);
    }
    assert!(world.sent.len() > 50 + 20, "the budget is used: {}", world.sent.len());
}

#[test]
fn a_cancelled_call_ends_once_and_sends_no_more() {
    for call in calls() {
        let mut world = running();
        by_hand(&mut world);
        let id = world.submit(call);
        world.input(Input::Cancel { id });
        let error = &failure(&world, id).error;
        assert_eq!((error.code, error.outcome), (ErrorCode::Cancelled, Outcome::Unknown));
        assert_eq!(world.aborted.len(), 1);
        // Its answer comes too late, and a second cancel finds nothing.
        let answer = Answer { status: 200, retry_after: None, body: b"{}" };
        let late = world.offer(Input::Response { request: world.sent[0].request, answer });
        assert_eq!(late, Err(Refusal::UnknownRequest));
        assert_eq!(world.offer(Input::Cancel { id }), Err(Refusal::UnknownOperation));
        world.run();
        assert_eq!((world.sent.len(), world.engine.operations()), (1, 0));
        assert_eq!(world.breaches, Vec::<String>::new());
    }
}

#[test]
fn a_cancel_between_attempts_says_what_became_of_the_last() {
    let outcomes = [
        (Fault::NotSent { known: 1 }, Outcome::NotSent),
        (answers(429, ""), Outcome::Refused),
        (Fault::gateway_page(503), Outcome::Unknown),
        (Fault::RequestLost { known: 2 }, Outcome::Unknown),
    ];
    for (fault, outcome) in outcomes {
        let mut config = config();
        config.backoff = Backoff { first_ms: 60_000, longest_ms: 60_000 };
        let mut world = world_with(config);
        always(&mut world, fault.clone());
        let id = world.submit(join());
        world.run_until(5);
        world.input(Input::Cancel { id });
        let error = &failure(&world, id).error;
        assert_eq!((error.code, error.outcome), (ErrorCode::Cancelled, outcome), "{fault:?}");
        assert!(error.message.contains("the last attempt failed"), "{}", error.message);
        world.run();
        assert_eq!(world.sent.len(), 1, "{fault:?}");
    }
}

#[test]
fn a_shutdown_ends_every_call_and_takes_no_more() {
    let mut world = running();
    // Some wait for an answer, the others before the next attempt.
    world.with_faults(|_, number| [Fault::gateway_page(503), Fault::Silence { arrives: None }][number % 2].clone());
    let ids: Vec<_> = calls().into_iter().map(|call| world.submit(call)).collect();
    world.run_until(2);
    world.input(Input::Shutdown { within_ms: 1_000 });
    for id in ids {
        assert_eq!(failure(&world, id).error.code, ErrorCode::ShutDown);
    }
    let id = world.next_operation();
    let refused = world.offer(Input::Submit { id, operation: stop(), entropy: World::entropy(id) });
    assert_eq!(refused, Err(Refusal::ShutDown));
    let sent = world.sent.len();
    world.run();
    assert_eq!((world.sent.len(), world.engine.operations()), (sent, 0));
    assert_eq!(world.breaches, Vec::<String>::new());
}

#[test]
fn a_stop_finds_the_session_running_ended_or_unknown() {
    let mut world = running();
    let first = world.submit(stop());
    world.run();
    assert!(matches!(completed(&world, first), Completion::Stopped(Stopped::Stopping)));
    let second = world.submit(stop());
    world.run();
    assert!(matches!(completed(&world, second), Completion::Stopped(Stopped::AlreadyEnded)));
    let unknown = world.submit(Operation::Stop(SessionId::new("other").expect("valid")));
    world.run();
    assert_eq!(failure(&world, unknown).error.code, ErrorCode::NotFound);
    assert_eq!(world.sent.len(), 3);
}

#[test]
fn a_stop_whose_answer_was_lost_has_ended_the_session() {
    // The session is forgotten at once, so that the second stop does not find it.
    let gone = || answers(404, r#"{"statusCode":404,"code":"RESOURCE_NOT_FOUND"}"#);
    for lost in [Fault::ReplyLost { arrives: 1, known: 2 }, answers(500, ""), Fault::gateway_page(504)] {
        let mut world = running();
        script(&mut world, [lost.clone(), gone()]);
        let id = world.submit(stop());
        world.run();
        assert!(matches!(completed(&world, id), Completion::Stopped(Stopped::AlreadyEnded)), "{lost:?}");
    }
    // What certainly did not reach the service has ended nothing.
    for harmless in [Fault::NotSent { known: 1 }, answers(429, "")] {
        let mut world = running();
        script(&mut world, [harmless.clone(), gone()]);
        let id = world.submit(stop());
        world.run();
        assert_eq!(failure(&world, id).error.code, ErrorCode::NotFound, "{harmless:?}");
    }
}

#[test]
fn a_gateways_page_never_ends_a_session() {
    for status in [404, 409] {
        for earlier in [Fault::gateway_page(status), Fault::ReplyLost { arrives: 1, known: 2 }] {
            let mut world = running();
            let page = Fault::gateway_page(status);
            script(&mut world, [earlier, page.clone(), page.clone(), page]);
            let id = world.submit(stop());
            world.run();
            let error = &failure(&world, id).error;
            assert_eq!((error.code, error.outcome), (ErrorCode::ServiceFault, Outcome::Unknown), "{status}");
        }
    }
}

#[test]
fn a_gateways_404_moves_no_start_to_another_location() {
    let mut world = world();
    script(&mut world, [Fault::gateway_page(404)]);
    let id = allocate(&mut world, allocated_only());
    world.run();
    assert_eq!(allocation(&world, id).location, EU);
    let bodies: Vec<_> = world.sent.iter().filter_map(|sent| sent.body.as_deref()).collect();
    assert_eq!((bodies.len(), bodies[0]), (2, bodies[1]), "the same start again");
}

#[test]
fn a_refusal_after_an_unknown_attempt_stays_unknown() {
    // The first join may have taken effect, whatever the service says to the second.
    let later = [
        answers(404, r#"{"statusCode":404,"code":"RESOURCE_NOT_FOUND"}"#),
        answers(422, r#"{"statusCode":422,"code":"INVALID_REQUEST"}"#),
        answers(401, r#"{"statusCode":401,"code":"UNAUTHORIZED"}"#),
        answers(429, ""),
        Fault::NotSent { known: 1 },
    ];
    for fault in later {
        let mut world = running();
        script(&mut world, [Fault::ReplyLost { arrives: 1, known: 2 }, fault.clone(), fault.clone(), fault.clone()]);
        let id = world.submit(join());
        world.run();
        assert_eq!(failure(&world, id).error.outcome, Outcome::Unknown, "{fault:?}");
    }
}

#[test]
fn an_answer_that_is_too_large_is_not_asked_for_again() {
    let mut world = running();
    by_hand(&mut world);
    let id = world.submit(Operation::List(SessionFilter::default()));
    let failure = TransportFailure { kind: TransportFailureKind::TooLarge, message: "more than 64 MiB".into() };
    world.input(Input::TransportFailed { request: world.sent[0].request, failure });
    world.run();
    assert_eq!(support::failure(&world, id).error.code, ErrorCode::TooLarge);
    assert_eq!(world.sent.len(), 1);
}
