//! The table of sessions: its bound, its one clock, and players who leave without saying which session.

use super::*;

fn tracker(capacity: usize) -> Tracker {
    Tracker::new(TrackerOptions { capacity, lifecycle: OPTIONS })
}

fn track(tracker: &mut Tracker, name: &str) -> Option<String> {
    let session = Session::allocated(allocated(name, true), OPTIONS, 0);
    tracker.track(session).expect("a new id").map(|evicted| evicted.id().to_string())
}

fn see(tracker: &mut Tracker, name: &str, status: &str, now: u64) {
    let status = SessionStatus::from(status);
    tracker.apply(&id(name), SessionInput::Observed(&status), now).expect("a legal step");
}

fn join(tracker: &mut Tracker, name: &str, players: &[&str]) {
    let (players, count) = (names(players), players.len() as u32);
    tracker.apply(&id(name), SessionInput::Joined { players: &players, count }, 1).expect("alive");
}

fn count(tracker: &Tracker, name: &str) -> u32 {
    tracker.get(&id(name)).expect("tracked").roster().count()
}

#[test]
fn the_one_that_ended_longest_ago_makes_room_and_then_the_first() {
    let mut tracker = tracker(3);
    for name in ["a", "b", "c"] {
        assert_eq!(track(&mut tracker, name), None);
    }
    see(&mut tracker, "c", "exited", 10);
    see(&mut tracker, "b", "exited", 20);
    assert_eq!(track(&mut tracker, "d").as_deref(), Some("c"), "it ended first");
    assert_eq!(track(&mut tracker, "e").as_deref(), Some("b"));
    assert_eq!(track(&mut tracker, "f").as_deref(), Some("a"), "none has ended: the first to come");
    assert_eq!(tracker.iter().map(|session| session.id().as_str()).collect::<Vec<_>>(), ["d", "e", "f"]);
}

#[test]
fn a_capacity_of_zero_is_one_and_the_default_is_1024() {
    let mut tracker = tracker(0);
    assert!(tracker.is_empty());
    assert_eq!(track(&mut tracker, "a"), None);
    assert_eq!(track(&mut tracker, "b").as_deref(), Some("a"));
    assert_eq!((tracker.len(), Tracker::default().options().capacity), (1, 1024));
}

#[test]
fn an_id_is_tracked_once() {
    let mut tracker = tracker(2);
    track(&mut tracker, "a");
    see(&mut tracker, "a", "running", 5);
    let again = Session::allocated(allocated("a", true), OPTIONS, 9);
    let refused = tracker.track(again.clone()).expect_err("known");
    assert_eq!(*refused.session, again);
    assert!(refused.to_string().contains("session a is followed already"));
    assert_eq!(tracker.get(&id("a")).expect("kept").state(), SessionState::Running);
}

#[test]
fn who_is_not_tracked_cannot_be_told_anything() {
    let mut tracker = tracker(2);
    let refused = tracker.apply(&id("a"), SessionInput::Absent, 1).expect_err("unknown");
    assert_eq!(refused, TrackerRefusal::NotTracked);
    assert!(tracker.get(&id("a")).is_none() && tracker.forget(&id("a")).is_none());

    track(&mut tracker, "a");
    see(&mut tracker, "a", "exited", 5);
    let running = SessionStatus::Running;
    let refused = tracker.apply(&id("a"), SessionInput::Observed(&running), 6).expect_err("over");
    assert!(matches!(refused, TrackerRefusal::Session(Refused { reason: RefusalReason::Ended, .. })));
    assert_eq!(tracker.forget(&id("a")).expect("tracked").id(), &id("a"));
    assert_eq!(tracker.apply(&id("a"), SessionInput::Absent, 7), Err(TrackerRefusal::NotTracked));
}

#[test]
fn leave_takes_players_out_of_whatever_session_they_are_in() {
    let mut tracker = tracker(4);
    for name in ["s", "t", "over"] {
        track(&mut tracker, name);
    }
    join(&mut tracker, "s", &["a", "b"]);
    join(&mut tracker, "t", &["b", "c"]);
    join(&mut tracker, "over", &["a"]);
    see(&mut tracker, "over", "exited", 5);

    assert_eq!(tracker.players_left(&names(&["nobody"]), 6), 0);
    assert_eq!(tracker.players_left(&names(&["a", "b", "b"]), 6), 3);
    assert_eq!((count(&tracker, "s"), count(&tracker, "t"), count(&tracker, "over")), (0, 1, 1));
    assert_eq!(tracker.players_left(&names(&["a", "b"]), 7), 0);
    tracker.forget(&id("t"));
    assert_eq!(tracker.players_left(&names(&["c"]), 8), 0);
}

#[test]
fn nothing_is_kept_of_players_whose_session_is_over_or_forgotten() {
    let mut tracker = tracker(2);
    for name in ["s", "t"] {
        track(&mut tracker, name);
        join(&mut tracker, name, &["a", name]);
    }
    assert_eq!(tracker.indexed_players(), 3);
    see(&mut tracker, "s", "exited", 5);
    assert_eq!(tracker.indexed_players(), 2, "those of t");
    tracker.forget(&id("t"));
    assert_eq!(tracker.indexed_players(), 0);
    track(&mut tracker, "u");
    join(&mut tracker, "u", &["a"]);
    assert_eq!((track(&mut tracker, "v").as_deref(), track(&mut tracker, "w").as_deref()), (Some("s"), Some("u")));
    assert_eq!(tracker.indexed_players(), 0, "evicted");
}

#[test]
fn the_players_of_descriptions_and_lists_can_leave_too() {
    let mut tracker = tracker(4);
    let found = Session::described(&details("s", Some("running"), &["a", "b"]), OPTIONS, 0);
    assert_eq!(tracker.track(found), Ok(None));
    let replaced = details("s", Some("running"), &["b", "c"]);
    tracker.apply(&id("s"), SessionInput::Described(&replaced), 5).expect("legal");
    assert_eq!(tracker.players_left(&names(&["a"]), 6), 0);
    assert_eq!(tracker.players_left(&names(&["c"]), 6), 1);
    let empty = entry("s", None, Some(0));
    tracker.apply(&id("s"), SessionInput::Listed(&empty), 7).expect("legal");
    assert_eq!(tracker.players_left(&names(&["b"]), 8), 0);
    let left = SessionInput::Left { players: &names(&["z"]), count: Some(3) };
    tracker.apply(&id("s"), left, 9).expect("alive");
    assert_eq!(count(&tracker, "s"), 3);
}

#[test]
fn one_tick_serves_all_the_earliest_first() {
    let mut tracker = tracker(4);
    for name in ["a", "b", "c"] {
        track(&mut tracker, name);
    }
    assert_eq!(tracker.next_deadline(), Some(TTL_DEADLINE));
    see(&mut tracker, "b", "server_unreachable", 100);
    see(&mut tracker, "c", "shuttingdown", 100);
    see(&mut tracker, "a", "exited", 100);
    assert_eq!(tracker.next_deadline(), Some(100 + GRACE));
    assert!(tracker.tick(99 + GRACE).is_none());

    let mut steps = Vec::new();
    while let Some((session, transition)) = tracker.tick(10 * TTL_DEADLINE) {
        assert_eq!(session.state(), transition.to);
        steps.push((session.id().to_string(), transition.to, transition.at));
    }
    let expected = [
        ("c".to_owned(), SessionState::Ended(EndReason::Stopped), 100 + GRACE),
        ("b".to_owned(), SessionState::Ended(EndReason::Unreachable), 100 + LIMIT),
    ];
    assert_eq!(steps, expected);
    assert_eq!(tracker.next_deadline(), None);
}

#[test]
fn a_tracker_clamps_time_for_all_its_sessions() {
    let mut tracker = tracker(2);
    track(&mut tracker, "a");
    track(&mut tracker, "b");
    see(&mut tracker, "a", "running", 900);
    see(&mut tracker, "b", "running", 1);
    assert_eq!(tracker.get(&id("b")).expect("tracked").since(), 900);
}
