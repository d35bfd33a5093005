//! Why a session ended, what time does to it, and what descriptions bring.

use super::*;

fn ended(session: &Session) -> Option<EndReason> {
    session.state().end_reason()
}

fn status(name: &str) -> SessionStatus {
    SessionStatus::from(name)
}

/// The reason after a last report, at a time.
fn reason(mut session: Session, last: &str, now: u64) -> EndReason {
    session.observe(&status(last), now).expect("legal");
    ended(&session).expect("over")
}

#[test]
fn exited_is_told_apart_by_what_came_first() {
    assert_eq!(reason(session(&["running"]), "exited", 100), EndReason::Exited);
    assert_eq!(reason(session(&["running"]), "exited", TTL_DEADLINE - 1), EndReason::Exited);
    assert_eq!(reason(session(&["running"]), "exited", TTL_DEADLINE), EndReason::TtlExpired);
    assert_eq!(reason(session_without_ttl(&["running"]), "exited", u64::MAX), EndReason::Exited);
    assert_eq!(reason(session(&["running", "shuttingdown"]), "exited", 100), EndReason::Stopped, "by somebody else");
    assert_eq!(reason(session(&["draining"]), "exited", TTL_DEADLINE + 9), EndReason::Stopped, "asked before the ttl");

    let mut asked = session(&["running"]);
    asked.stop_requested(50).expect("alive");
    assert_eq!(reason(asked.clone(), "exited", 100), EndReason::Stopped);
    assert_eq!(reason(asked.clone(), "exited", TTL_DEADLINE + 5), EndReason::Stopped, "asked before the ttl");
    assert_eq!(reason(asked, "dead", 100), EndReason::Died, "the service says that it was unexpected");

    let mut late = session(&["running"]);
    late.stop_requested(TTL_DEADLINE).expect("alive");
    assert_eq!(reason(late, "exited", TTL_DEADLINE + 5), EndReason::TtlExpired, "the ttl came first");
}

#[test]
fn a_404_is_told_apart_likewise() {
    let gone = |mut session: Session, now| {
        session.absent(now).expect("an end is never refused");
        ended(&session).expect("over")
    };
    assert_eq!(gone(session(&["running"]), 100), EndReason::Vanished);
    assert_eq!(gone(session(&["running"]), TTL_DEADLINE), EndReason::TtlExpired);
    assert_eq!(gone(session(&["shuttingdown"]), 100), EndReason::Stopped);
    let mut asked = session(&["running"]);
    asked.stop_requested(50).expect("alive");
    assert_eq!(gone(asked, 100), EndReason::Stopped);
}

#[test]
fn a_refused_stop_was_no_stop_and_an_unknown_one_may_have_been() {
    let after = |answer| {
        let mut session = session(&["running"]);
        session.stop_requested(50).expect("alive");
        assert_eq!(session.stop_answered(answer, 60), Ok(None));
        assert_eq!(session.state(), SessionState::Running);
        reason(session, "exited", 100)
    };
    assert_eq!(after(StopAnswer::Refused), EndReason::Exited);
    assert_eq!(after(StopAnswer::Unknown), EndReason::Stopped);

    let mut accepted = session(&["running"]);
    accepted.stop_requested(50).expect("alive");
    accepted.stop_answered(StopAnswer::Accepted, 60).expect("legal");
    accepted.stop_answered(StopAnswer::Refused, 70).expect("nothing");
    assert_eq!(accepted.snapshot().stop_requested_at, Some(50), "the accepted one still holds");
}

#[test]
fn a_stop_that_found_nothing_ends_it() {
    for answer in [StopAnswer::NotFound, StopAnswer::AlreadyEnded] {
        let mut asked = session(&["running"]);
        asked.stop_requested(50).expect("alive");
        asked.stop_answered(answer, 60).expect("legal");
        assert_eq!(ended(&asked), Some(EndReason::Stopped), "{answer:?}");
        let mut unannounced = session(&["running"]);
        unannounced.stop_answered(answer, 60).expect("legal");
        assert_eq!(ended(&unannounced), Some(EndReason::Stopped), "an answer means that it was asked: {answer:?}");
        let mut late = session(&["running"]);
        late.stop_answered(answer, TTL_DEADLINE + 1).expect("legal");
        assert_eq!(ended(&late), Some(EndReason::TtlExpired), "{answer:?}");
    }
}

#[test]
fn the_ttl_shuts_down_and_the_grace_ends() {
    let mut session = session(&["running"]);
    assert_eq!(session.next_deadline(), Some(TTL_DEADLINE));
    assert_eq!(session.tick(TTL_DEADLINE - 1), None);
    let closing = session.tick(TTL_DEADLINE).expect("due");
    assert_eq!((closing.to, closing.at), (SessionState::ShuttingDown, TTL_DEADLINE));
    assert_eq!(session.next_deadline(), Some(TTL_DEADLINE + GRACE));

    // Seen at it: the grace begins again.
    assert_eq!(session.observe(&status("shuttingdown"), TTL_DEADLINE + 900), Ok(None));
    assert_eq!(session.tick(TTL_DEADLINE + GRACE), None);
    let end = session.tick(TTL_DEADLINE + 900 + GRACE).expect("due");
    assert_eq!(end.to, SessionState::Ended(EndReason::TtlExpired));
    assert_eq!((session.next_deadline(), session.tick(u64::MAX)), (None, None));
}

#[test]
fn a_late_tick_takes_every_step_at_the_time_it_was_due() {
    let mut session = session(&["running"]);
    let steps: Vec<_> = std::iter::from_fn(|| session.tick(10 * TTL_DEADLINE)).map(|step| (step.to, step.at)).collect();
    let end = SessionState::Ended(EndReason::TtlExpired);
    assert_eq!(steps, [(SessionState::ShuttingDown, TTL_DEADLINE), (end, TTL_DEADLINE + GRACE)]);
}

#[test]
fn an_accepted_stop_that_nobody_looks_after_ends_too() {
    let mut session = session_without_ttl(&["running"]);
    assert_eq!(session.next_deadline(), None);
    session.stop_requested(50).expect("alive");
    session.stop_answered(StopAnswer::Accepted, 60).expect("legal");
    assert_eq!(session.next_deadline(), Some(60 + GRACE));
    assert_eq!(session.tick(60 + GRACE).expect("due").to, SessionState::Ended(EndReason::Stopped));
}

#[test]
fn unreachable_for_too_long_is_an_end() {
    let mut session = session_without_ttl(&["running", "server_unreachable"]);
    assert_eq!(session.next_deadline(), Some(2 + LIMIT));
    assert_eq!(session.observe(&status("server_unreachable"), 1_000), Ok(None), "the limit counts from the first");
    assert_eq!(session.next_deadline(), Some(2 + LIMIT));
    assert_eq!(session.tick(1 + LIMIT), None);
    assert_eq!(session.tick(2 + LIMIT).expect("due").to, SessionState::Ended(EndReason::Unreachable));

    let mut back = session_without_ttl(&["running", "server_unreachable", "running"]);
    assert_eq!((back.state(), back.next_deadline(), back.tick(u64::MAX)), (SessionState::Running, None, None));
}

#[test]
fn an_unreachable_session_does_not_outlive_its_ttl_for_ever() {
    let options = LifecycleOptions { unreachable_limit_ms: u64::MAX, shutdown_grace_ms: GRACE };
    let mut session = Session::allocated(allocated("s", true), options, 0);
    session.observe(&status("server_unreachable"), 1).expect("legal");
    assert_eq!(session.tick(TTL_DEADLINE), None, "it may come back and say what became of it");
    assert_eq!(session.next_deadline(), Some(TTL_DEADLINE + GRACE));
    assert_eq!(session.tick(TTL_DEADLINE + GRACE).expect("due").to, SessionState::Ended(EndReason::TtlExpired));
}

#[test]
fn limits_of_never_never_come() {
    let options = LifecycleOptions { unreachable_limit_ms: u64::MAX, shutdown_grace_ms: u64::MAX };
    for last in ["server_unreachable", "shuttingdown"] {
        let mut session = Session::allocated(allocated("s", false), options, 7).with_ttl_deadline(u64::MAX);
        session.observe(&status(last), 8).expect("legal");
        assert_eq!((session.next_deadline(), session.tick(u64::MAX)), (None, None), "{last}");
    }
}

#[test]
fn time_that_goes_backwards_is_clamped() {
    let mut session = session(&["running"]);
    session.joined(&names(&["a"]), 1, 500).expect("alive");
    let transition = session.observe(&status("draining"), 3).expect("legal").expect("a step");
    assert_eq!((transition.at, session.since()), (500, 500));
}

#[test]
fn an_unknown_status_changes_nothing_and_is_remembered() {
    for way in [&["running"][..], &["running", "server_unreachable"], &["exited"]] {
        let mut session = session(way);
        let (state, since) = (session.state(), session.since());
        assert_eq!(session.observe(&status("hibernating"), 100), Ok(None));
        assert_eq!((session.state(), session.since()), (state, since));
        assert_eq!(session.snapshot().last_reported.map(SessionStatus::as_str), Some("hibernating"));
    }
}

#[test]
fn a_description_brings_address_and_roster_in_one() {
    let mut session = session(&[]);
    session.observe_details(&details("s", Some("running"), &["a", "b"]), 100).expect("legal").expect("a step");
    let snapshot = session.snapshot();
    assert_eq!(
        (snapshot.host, snapshot.ports, snapshot.created),
        ("10.0.0.2", &ports(20_002), Some(1_712_345_678_901))
    );
    assert_eq!((snapshot.players.count(), snapshot.players.contains("b")), (2, true));

    // What a report leaves out stays.
    let mut sparse = details("s", None, &["a"]);
    (sparse.host, sparse.ports, sparse.created) = (String::new(), Ports::default(), 0);
    assert_eq!(session.observe_details(&sparse, 110), Ok(None));
    assert_eq!((session.snapshot().host, session.roster().count()), ("10.0.0.2", 1));
    session.observe_entry(&entry("s", None, Some(4)), 120).expect("legal");
    session.observe_entry(&entry("s", None, None), 130).expect("legal");
    assert_eq!((session.roster().count(), session.roster().contains("a")), (4, true));
}

#[test]
fn an_old_description_is_refused_as_a_whole() {
    let mut session = session(&["running", "draining"]);
    let before = session.clone();
    session.observe_details(&details("s", Some("running"), &["a"]), 100).expect_err("older");
    session.observe_entry(&entry("s", Some("running"), Some(3)), 100).expect_err("older");
    session.observe_details(&details("t", Some("exited"), &["a"]), 100).expect_err("another session");
    session.observe_entry(&entry("t", Some("exited"), Some(3)), 100).expect_err("another session");
    assert_eq!(session, before);
}

#[test]
fn the_roster_of_an_ended_session_stays_as_it_was() {
    let mut session = session(&["running"]);
    session.joined(&names(&["a", "b"]), 2, 50).expect("alive");
    session.observe_details(&details("s", Some("exited"), &[]), 100).expect("legal").expect("a step");
    assert_eq!((session.roster().count(), session.snapshot().host), (2, "10.0.0.1"));
    assert_eq!(session.observe_details(&details("s", Some("dead"), &[]), 110), Ok(None));
    assert_eq!((session.roster().count(), ended(&session)), (2, Some(EndReason::Exited)));
}

#[test]
fn a_session_can_be_taken_up_from_a_description_or_a_list() {
    let described = Session::described(&details("s", Some("running"), &["a"]), OPTIONS, 9).with_ttl_deadline(50);
    assert_eq!((described.state(), described.since(), described.next_deadline()), (SessionState::Running, 9, Some(50)));
    assert!(described.roster().contains("a"));
    let listed = Session::listed(&entry("s", Some("shuttingdown"), Some(6)), OPTIONS, 9);
    assert_eq!((listed.state(), listed.roster().count()), (SessionState::ShuttingDown, 6));
    let unknown = Session::listed(&entry("s", None, None), OPTIONS, 9);
    assert_eq!((unknown.state(), unknown.roster().count()), (SessionState::Created, 0));
    let over = Session::described(&details("s", Some("exited"), &["a"]), OPTIONS, 9);
    assert_eq!((ended(&over), over.roster().count()), (Some(EndReason::Exited), 1));
}

#[test]
fn the_form_in_json() {
    let mut session = session(&["running"]);
    session.joined(&names(&["a"]), 1, 20).expect("alive");
    session.stop_requested(30).expect("alive");
    session.stop_answered(StopAnswer::NotFound, 40).expect("legal");
    let expected = serde_json::json!({
        "id": "s", "image": "image", "location": "eu-west-1", "host": "10.0.0.1",
        "ports": [{"type": "udp", "container": 7777, "host": 20001}],
        "state": "ended", "end_reason": "stopped", "since": 40, "last_reported": "running", "created": null,
        "started_at": 0, "ttl_deadline": 60000, "stop_requested_at": 30, "players": {"count": 1, "names": ["a"]},
    });
    assert_eq!(serde_json::to_value(&session).expect("plain"), expected);
    let closing = Transition { from: SessionState::Running, to: SessionState::ShuttingDown, at: 5 };
    let expected = serde_json::json!({"from": "running", "to": "shutting_down", "at": 5});
    assert_eq!(serde_json::to_value(closing).expect("plain"), expected);
}

#[test]
fn every_name_in_json_is_the_one_in_texts() {
    let states = [
        SessionState::Created,
        SessionState::Running,
        SessionState::Restarting,
        SessionState::Draining,
        SessionState::ShuttingDown,
        SessionState::Unreachable,
    ];
    for state in states {
        assert_eq!(serde_json::to_value(state).expect("plain"), state.to_string());
        assert_eq!(state.is_joinable(), state == SessionState::Running);
    }
    let reasons = [
        EndReason::Stopped,
        EndReason::TtlExpired,
        EndReason::Exited,
        EndReason::Died,
        EndReason::Unreachable,
        EndReason::Vanished,
    ];
    for reason in reasons {
        assert_eq!(serde_json::to_value(reason).expect("plain"), reason.as_str());
        assert_eq!(SessionState::Ended(reason).to_string(), format!("ended ({reason})"));
        assert!(SessionState::Ended(reason).is_closing());
    }
}
