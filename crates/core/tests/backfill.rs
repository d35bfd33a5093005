//! Backfills against the model of the service on virtual time: joining, being overbooked, racing, losing answers,
//! ending early. However it ends, the players are in the session that is reported, in none, or the failure says that
//! it is not known. Which session is best is in `backfill_choice.rs`.

mod support;

use std::collections::BTreeSet;

use matchport_core::backfill::{BackfillRequest, Backfilled};
use matchport_core::engine::{Completion, Input, OperationId};
use matchport_core::error::{ErrorCode, Outcome};
use matchport_testkit::{Fault, World};
use serde_json::json;
use support::*;

const LIST: &str = "GET /session?image=game&playerCount[lt]=3";
const JOIN: &str = "PUT /session/player/join";
const LEAVE: &str = "DELETE /session/player/leave";

/// Two players who look for a session of four.
fn two() -> BackfillRequest {
    players(["ada", "bob"])
}

fn players<const N: usize>(players: [&str; N]) -> BackfillRequest {
    BackfillRequest::new("game", 4, players.map(str::to_owned).into())
}

/// A world in which these sessions run, each with so many players.
fn world_of(sessions: &[(&str, usize)]) -> World {
    let mut world = world();
    for (created, (id, players)) in sessions.iter().enumerate() {
        let body = json!({ "id": id, "image": "game", "location": EU, "ttl": 3600 }).to_string();
        world.service.answer("POST", "/session", Some(body.as_bytes()), created as u64);
        fill(&mut world, id, *players);
    }
    world
}

/// Others come into a session.
fn fill(world: &mut World, id: &str, players: usize) {
    let session = world.service.sessions.get_mut(id).expect("a session");
    let there = session.players.len();
    session.players.extend((there..there + players).map(|number| format!("{id}-{number}")));
}

/// Just before the service gets the first request that begins so, something happens there.
fn just_before(world: &mut World, line: &str, what: impl FnOnce(&mut World)) {
    while !world.sent.last().is_some_and(|sent| sent.line.starts_with(line)) {
        world.run_until(world.now + 1);
    }
    what(world);
}

fn backfilled(world: &World, operation: OperationId) -> &Backfilled {
    match end(world, operation) {
        Ok(Completion::Backfilled(backfilled)) => backfilled,
        other => panic!("not backfilled: {other:?}"),
    }
}

/// The sessions in which any of these players is, each with whether all of them are.
fn whereabouts<'a>(world: &'a World, request: &BackfillRequest) -> Vec<(&'a str, bool)> {
    let group: BTreeSet<_> = request.players.iter().collect();
    let there = |players: &BTreeSet<String>| group.iter().filter(|player| players.contains(**player)).count();
    let sessions = world.service.sessions.iter().filter(|(_, session)| session.is_alive());
    sessions
        .filter(|(_, session)| there(&session.players) > 0)
        .map(|(id, session)| (id.as_str(), there(&session.players) == group.len()))
        .collect()
}

/// The one promise of a backfill.
fn assert_settled(world: &World, operation: OperationId, request: &BackfillRequest, what: &str) {
    assert_eq!(world.breaches, Vec::<String>::new(), "{what}");
    let found = whereabouts(world, request);
    match end(world, operation) {
        Ok(Completion::Backfilled(backfilled)) => assert_eq!(found, [(backfilled.id.as_str(), true)], "{what}"),
        Ok(other) => panic!("{what}: {other:?}"),
        Err(failure) if failure.error.outcome == Outcome::Unknown => {
            assert!(failure.error.message.contains("call leave for them"), "{what}: {}", failure.error.message);
        }
        Err(failure) => assert_eq!(found, [], "{what}: {:?}", failure.error),
    }
}

#[test]
fn players_join_the_best_session() {
    let mut world = world_of(&[("empty", 0), ("half", 2), ("full", 4)]);
    let id = submit(&mut world, two());
    world.run();
    let done = backfilled(&world, id);
    assert_eq!((done.id.as_str(), done.count, done.passed_over), ("half", 4, 0));
    assert_eq!((&*done.location, &*done.host, done.endpoint.as_deref()), (EU, "10.1.2.3", Some("10.1.2.3:20002")));
    assert_eq!(world.lines(), [LIST, JOIN]);
    assert_settled(&world, id, &two(), "");
}

fn submit(world: &mut World, request: BackfillRequest) -> OperationId {
    world.submit(matchport_core::engine::Operation::Backfill(Box::new(request)))
}

#[test]
fn no_session_with_room_changes_nothing() {
    for sessions in [&[][..], &[("full", 4), ("three", 3)]] {
        let mut world = world_of(sessions);
        let id = submit(&mut world, two());
        world.run();
        let error = &failure(&world, id).error;
        assert_eq!((error.code, error.outcome, error.retryable), (ErrorCode::NoOpenSession, Outcome::Refused, true));
        assert_eq!(world.lines(), [LIST]);
    }
}

#[test]
fn overbooked_players_leave_and_take_the_next() {
    let mut world = world_of(&[("first", 2), ("second", 1)]);
    let id = submit(&mut world, two());
    just_before(&mut world, JOIN, |world| fill(world, "first", 1));
    world.run();
    let done = backfilled(&world, id);
    assert_eq!((done.id.as_str(), done.count, done.passed_over), ("second", 3, 1));
    assert_eq!(world.lines(), [LIST, JOIN, LEAVE, JOIN]);
    assert_settled(&world, id, &two(), "");
    assert!(world.now < 100, "nothing is in doubt, so nothing is waited for");
}

#[test]
fn a_session_that_has_ended_is_passed_over() {
    let mut world = world_of(&[("first", 2), ("second", 1)]);
    let id = submit(&mut world, two());
    just_before(&mut world, JOIN, |world| drop(world.service.answer("DELETE", "/session/first", None, 0)));
    world.run();
    assert_eq!(backfilled(&world, id).id.as_str(), "second");
    assert_eq!(world.lines(), [LIST, JOIN, JOIN]);
}

#[test]
fn when_all_are_overbooked_the_players_are_in_none() {
    let mut world = world_of(&[("first", 2), ("second", 2)]);
    let id = submit(&mut world, two());
    just_before(&mut world, JOIN, |world| ["first", "second"].iter().for_each(|id| fill(world, id, 1)));
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.outcome), (ErrorCode::NoOpenSession, Outcome::Refused));
    assert_eq!(world.lines(), [LIST, JOIN, LEAVE, JOIN, LEAVE]);
    assert_settled(&world, id, &two(), "");
}

#[test]
fn ten_of_a_list_are_tried_and_the_failure_says_so() {
    let names: Vec<_> = (0..12).map(|number| format!("s-{number:02}")).collect();
    let sessions: Vec<_> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let mut world = world_of(&sessions);
    let id = submit(&mut world, two());
    just_before(&mut world, JOIN, |world| names.iter().for_each(|name| fill(world, name, 1)));
    world.run();
    assert_eq!(world.lines().iter().filter(|line| **line == JOIN).count(), 10);
    let message = &failure(&world, id).error.message;
    assert!(message.contains("the 10 best sessions with 2 open slots were filled up"), "{message}");
    assert_settled(&world, id, &two(), "");
}

#[test]
fn two_matchmakers_for_the_last_slots_end_consistently() {
    for (sessions, expected) in [(&[("only", 2)][..], 1), (&[("one", 2), ("two", 2)], 2), (&[("wide", 0)], 2)] {
        for gap in 0..6 {
            let mut world = world_of(sessions);
            let requests = [players(["ada", "bob"]), players(["cleo", "dan"])];
            let first = submit(&mut world, requests[0].clone());
            world.run_until(gap);
            let second = submit(&mut world, requests[1].clone());
            world.run();
            let what = format!("{sessions:?} {gap}");
            assert_settled(&world, first, &requests[0], &what);
            assert_settled(&world, second, &requests[1], &what);
            assert_eq!([first, second].into_iter().filter(|id| end(&world, *id).is_ok()).count(), expected, "{what}");
            assert!(world.service.sessions.values().all(|session| session.players.len() <= 4), "{what}: overbooked");
        }
    }
}

#[test]
fn a_lost_join_is_repeated() {
    let lost = [
        Fault::ReplyLost { arrives: 1, known: 2 },
        Fault::RequestLost { known: 2 },
        Fault::NotSent { known: 2 },
        Fault::Silence { arrives: Some(1) },
        Fault::gateway_page(502),
        Fault::gateway_page(404),
        answers(429, ""),
    ];
    for fault in lost {
        let mut world = world_of(&[("half", 2)]);
        script(&mut world, [Fault::PROMPT, fault.clone()]);
        let id = submit(&mut world, two());
        world.run();
        assert_eq!(backfilled(&world, id).count, 4, "{fault:?}");
        assert_eq!(world.lines(), [LIST, JOIN, JOIN], "{fault:?}");
        assert_settled(&world, id, &two(), &format!("{fault:?}"));
    }
}

#[test]
fn a_join_that_was_done_but_not_understood_is_undone() {
    let mut world = world_of(&[("half", 2)]);
    script(&mut world, [Fault::PROMPT, Fault::CutBody { arrives: 1, returns: 2, permille: 500 }]);
    let id = submit(&mut world, two());
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::UnreadableResponse);
    assert_eq!(world.lines(), [LIST, JOIN, LEAVE]);
    assert_settled(&world, id, &two(), "");
}

#[test]
fn a_refusal_after_a_lost_join_takes_the_players_out() {
    let refusals = [
        (401, r#"{"statusCode":401,"code":"UNAUTHORIZED"}"#),
        (403, r#"{"statusCode":403,"code":"FORBIDDEN"}"#),
        (409, r#"{"statusCode":409,"code":"CONFLICT"}"#),
        (422, r#"{"statusCode":422,"code":"INVALID_REQUEST"}"#),
        (404, r#"{"statusCode":404,"code":"RESOURCE_NOT_FOUND"}"#),
    ];
    for (status, body) in refusals {
        let mut world = world_of(&[("half", 2)]);
        script(&mut world, [Fault::PROMPT, Fault::ReplyLost { arrives: 1, known: 2 }, answers(status, body)]);
        let id = submit(&mut world, two());
        world.run();
        assert!(world.lines().contains(&LEAVE), "{status}: {:?}", world.lines());
        assert_settled(&world, id, &two(), &format!("{status}"));
        assert_ne!(failure(&world, id).error.outcome, Outcome::Unknown, "{status}: it could be settled");
    }
}

#[test]
fn a_refused_join_needs_no_leave() {
    let mut world = world_of(&[("half", 2)]);
    script(&mut world, [Fault::PROMPT, answers(403, r#"{"statusCode":403,"code":"FORBIDDEN","identifier":"t"}"#)]);
    let id = submit(&mut world, two());
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!(
        (error.code, error.outcome, error.identifier.as_deref()),
        (ErrorCode::Forbidden, Outcome::Refused, Some("t"))
    );
    assert_eq!(world.lines(), [LIST, JOIN]);
}

#[test]
fn a_leave_that_is_refused_says_where_the_players_may_be() {
    let mut world = world_of(&[("half", 2)]);
    script(&mut world, [Fault::PROMPT, Fault::PROMPT, answers(403, r#"{"statusCode":403,"code":"FORBIDDEN"}"#)]);
    let id = submit(&mut world, two());
    just_before(&mut world, JOIN, |world| fill(world, "half", 1));
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.outcome), (ErrorCode::Forbidden, Outcome::Unknown));
    assert!(error.message.contains("session half"), "{}", error.message);
}

#[test]
fn a_join_that_lands_after_the_leave_is_undone_too() {
    // The join is silent past its 10 s, the second one is refused; the players leave, and then the first one lands.
    let mut world = world_of(&[("half", 2)]);
    let refused = answers(403, r#"{"statusCode":403,"code":"FORBIDDEN"}"#);
    script(&mut world, [Fault::PROMPT, Fault::Silence { arrives: Some(12_000) }, refused]);
    let id = submit(&mut world, two());
    world.run();
    assert_eq!(world.lines(), [LIST, JOIN, JOIN, LEAVE, LEAVE]);
    assert_settled(&world, id, &two(), "");
}

#[test]
fn a_join_that_lands_late_never_takes_players_from_the_next_session() {
    let mut world = world_of(&[("first", 2), ("second", 1)]);
    script(&mut world, [Fault::PROMPT, Fault::Silence { arrives: Some(12_000) }]);
    let request = BackfillRequest { deadline_ms: 90_000, ..two() };
    let id = submit(&mut world, request.clone());
    just_before(&mut world, JOIN, |world| fill(world, "first", 1));
    world.run();
    assert_eq!(backfilled(&world, id).id.as_str(), "second");
    assert_settled(&world, id, &request, "");
}

#[test]
fn a_leave_that_lands_late_never_empties_the_next_session() {
    let mut world = world_of(&[("first", 2), ("second", 1)]);
    script(&mut world, [Fault::PROMPT, Fault::PROMPT, Fault::Silence { arrives: Some(12_000) }]);
    let request = BackfillRequest { deadline_ms: 90_000, ..two() };
    let id = submit(&mut world, request.clone());
    just_before(&mut world, JOIN, |world| fill(world, "first", 1));
    world.run();
    assert_eq!(backfilled(&world, id).id.as_str(), "second");
    assert_settled(&world, id, &request, "");
}

#[test]
fn a_list_is_asked_for_until_it_comes() {
    let mut world = world_of(&[("half", 2)]);
    script(&mut world, [Fault::gateway_page(503), Fault::NotSent { known: 1 }, answers(429, "")]);
    let id = submit(&mut world, two());
    world.run();
    assert_eq!(world.lines(), [LIST, LIST, LIST, LIST, JOIN]);
    backfilled(&world, id);
}

#[test]
fn a_list_that_can_not_be_had_fails_without_a_doubt() {
    let ends = [
        (answers(401, r#"{"statusCode":401,"code":"UNAUTHORIZED"}"#), ErrorCode::Unauthorized, Outcome::Refused),
        (answers(200, "<html>"), ErrorCode::UnreadableResponse, Outcome::NotSent),
        (Fault::gateway_page(503), ErrorCode::DeadlineExceeded, Outcome::NotSent),
        (Fault::Silence { arrives: None }, ErrorCode::DeadlineExceeded, Outcome::NotSent),
    ];
    for (fault, code, outcome) in ends {
        let mut world = world_of(&[("half", 2)]);
        always(&mut world, fault.clone());
        let id = submit(&mut world, two());
        world.run();
        let error = &failure(&world, id).error;
        assert_eq!((error.code, error.outcome), (code, outcome), "{fault:?}");
        assert!(world.now <= 30_000, "{fault:?}");
        assert_settled(&world, id, &two(), &format!("{fault:?}"));
    }
}

/// Ends a backfill early after so many milliseconds, in each way that there is.
fn end_early(world: &mut World, id: OperationId, way: usize) {
    let _ = match way {
        0 => world.offer(Input::Cancel { id }),
        1 => world.offer(Input::Shutdown { within_ms: 60_000 }),
        _ => world.offer(Input::Shutdown { within_ms: 0 }),
    };
}

#[test]
fn ended_at_any_time_the_players_are_out_or_the_failure_says_where() {
    // Overbooked in the first, the players go on to the second: list, join, leave, join take 8 ms.
    for way in 0..3 {
        for at in 0..12 {
            let mut world = world_of(&[("first", 2), ("second", 1)]);
            let id = submit(&mut world, two());
            for now in 1..=at {
                world.run_until(now);
                if now == 2 {
                    fill(&mut world, "first", 1);
                }
            }
            end_early(&mut world, id, way);
            world.run();
            assert_settled(&world, id, &two(), &format!("way {way} at {at} ms"));
            if let (Err(failure), 0 | 1) = (end(&world, id), way) {
                assert_ne!(failure.error.outcome, Outcome::Unknown, "there was time to settle: way {way} at {at} ms");
            }
        }
    }
}

#[test]
fn a_cancel_while_the_join_is_silent_still_takes_the_players_out() {
    let mut world = world_of(&[("half", 2)]);
    script(&mut world, [Fault::PROMPT, Fault::Silence { arrives: Some(13_000) }]);
    let id = submit(&mut world, two());
    world.run_until(100);
    world.input(Input::Cancel { id });
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.outcome), (ErrorCode::Cancelled, Outcome::Refused));
    assert_settled(&world, id, &two(), "");
}

#[test]
fn what_can_not_be_settled_in_time_is_said() {
    let mut world = world_of(&[("half", 2)]);
    world.with_faults(|sent, number| match number {
        0 => Fault::PROMPT,
        1 => Fault::ReplyLost { arrives: 1, known: 2 },
        _ if sent.line == LEAVE => Fault::gateway_page(503),
        _ => Fault::Silence { arrives: None },
    });
    let id = submit(&mut world, two());
    world.run_until(5_000);
    world.input(Input::Cancel { id });
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.outcome), (ErrorCode::Cancelled, Outcome::Unknown));
    assert!(error.message.contains("session half: call leave for them"), "{}", error.message);
    assert!(world.now <= 5_000 + 30_000);
}

#[test]
fn a_deadline_takes_the_players_out() {
    let mut world = world_of(&[("half", 2)]);
    world.with_faults(
        |sent, _| if sent.line == JOIN { Fault::ReplyLost { arrives: 1, known: 2 } } else { Fault::PROMPT },
    );
    let id = submit(&mut world, two());
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.outcome, error.retryable), (ErrorCode::DeadlineExceeded, Outcome::Refused, true));
    assert!(error.message.contains("the connection broke"), "{}", error.message);
    assert_settled(&world, id, &two(), "");
    // The late joins have been waited for.
    assert!((35_000..=40_000).contains(&world.now), "{}", world.now);
}
