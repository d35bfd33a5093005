//! Statuses, stops, time to live, retention.

use super::*;

#[test]
fn statuses_follow_the_process() {
    let mut world = World::new(config());
    let facts = world.started("us", "a");
    assert_eq!(world.status("a"), Some(Status::Created));
    world.model.process_runs(&facts);
    assert_eq!(world.status("a"), Some(Status::Running));
    assert!(matches!(world.model.stop("a", world.now), Ok((AfterStop::EndProcess, _))));
    assert_eq!(world.status("a"), Some(Status::ShuttingDown));
    world.model.process_runs(&facts);
    assert_eq!(world.status("a"), Some(Status::ShuttingDown), "a late start changes nothing");
    assert!(matches!(world.model.stop("a", world.now), Ok((AfterStop::Nothing, _))), "once is enough");
    world.exit(&facts, Exit::Terminated);
    assert_eq!(world.status("a"), Some(Status::Exited));
    assert_eq!(kind(world.model.stop("a", world.now)), FaultKind::Conflict);
    assert_eq!(kind(world.model.stop("nope", world.now)), FaultKind::ResourceNotFound);
}

#[test]
fn a_machine_that_is_lost_shows_until_it_is_found() {
    let mut world = World::new(config());
    let facts = world.started("us", "a");
    world.model.machine_found(&facts, true);
    assert_eq!(world.status("a"), Some(Status::Created), "it was not lost");
    world.model.machine_lost(&facts);
    assert_eq!(world.status("a"), Some(Status::ServerUnreachable));
    world.model.process_runs(&facts);
    assert_eq!(world.status("a"), Some(Status::ServerUnreachable), "nobody can know");
    world.model.machine_found(&facts, false);
    assert_eq!(world.status("a"), Some(Status::Created));
    world.model.process_runs(&facts);
    world.model.machine_lost(&facts);
    world.model.machine_found(&facts, true);
    assert_eq!(world.status("a"), Some(Status::Running));
    world.model.stop("a", world.now).unwrap();
    world.model.machine_lost(&facts);
    assert_eq!(world.status("a"), Some(Status::ShuttingDown), "it ends all the same");
    world.exit(&facts, Exit::Killed);
    world.model.machine_lost(&facts);
    assert_eq!(world.status("a"), Some(Status::Dead));
}

#[test]
fn how_a_process_ends_decides_between_exited_and_dead() {
    let cases = [
        (false, Exit::Code(0), Status::Exited),
        (false, Exit::Code(1), Status::Dead),
        (false, Exit::Terminated, Status::Dead),
        (false, Exit::Killed, Status::Dead),
        (true, Exit::Code(0), Status::Exited),
        (true, Exit::Code(1), Status::Dead),
        (true, Exit::Terminated, Status::Exited),
        (true, Exit::Killed, Status::Dead),
    ];
    for (is_stopped, exit, expected) in cases {
        let mut world = World::new(config());
        let facts = world.running("us", "a");
        if is_stopped {
            world.model.stop("a", world.now).unwrap();
        }
        assert_eq!(world.exit(&facts, exit), AfterExit::Ended);
        assert_eq!(world.status("a"), Some(expected), "stopped: {is_stopped}, {exit:?}");
    }
}

#[test]
fn restart_follows_a_failure_and_never_a_stop() {
    let body = r#"{"image":"demo","location":"us","id":"a","restart":true}"#;
    let mut world = World::new(config());
    let facts = world.start(body).unwrap();
    assert_eq!(world.exit(&facts, Exit::Killed), AfterExit::Restart);
    assert_eq!(world.status("a"), Some(Status::Restarting));
    world.model.process_runs(&facts);
    assert_eq!(world.status("a"), Some(Status::Running));
    world.model.stop("a", world.now).unwrap();
    assert_eq!(world.exit(&facts, Exit::Code(1)), AfterExit::Ended);
    assert_eq!(world.status("a"), Some(Status::Dead));

    let mut world = World::new(config());
    let facts = world.start(body).unwrap();
    assert_eq!(world.exit(&facts, Exit::Code(0)), AfterExit::Ended);
    assert_eq!(world.status("a"), Some(Status::Exited));
}

#[test]
fn time_to_live_ends_a_session_once() {
    let mut world = World::new(config());
    world.start(r#"{"image":"demo","location":"us","id":"a","ttl":5}"#).unwrap();
    world.start(r#"{"image":"demo","location":"us","id":"b","ttl":3}"#).unwrap();
    assert_eq!(world.model.next_due(), Some(1_003_000));
    assert!(world.model.due(1_002_999).is_none());
    assert!(matches!(world.model.due(1_003_000), Some(Due::Stop(facts)) if facts.id.as_ref() == "b"));
    assert_eq!(world.status("b"), Some(Status::ShuttingDown));
    assert!(world.model.due(1_003_000).is_none());
    world.model.stop("a", 1_004_000).unwrap();
    assert!(world.model.due(1_006_000).is_none(), "it is being stopped already");
    assert_eq!(world.model.next_due(), None);
}

#[test]
fn time_to_live_of_an_ended_session_does_not_reach_its_successor() {
    let mut world = World::new(Config { retention: std::time::Duration::ZERO, ..config() });
    let facts = world.start(r#"{"image":"demo","location":"us","id":"a","ttl":5}"#).unwrap();
    world.exit(&facts, Exit::Code(0));
    assert!(matches!(world.model.due(world.now), Some(Due::Forgotten(_))));
    world.started("us", "a");
    assert!(world.model.due(world.now + 10_000).is_none());
    assert_eq!(world.status("a"), Some(Status::Created));
}

#[test]
fn only_so_many_ended_sessions_are_kept() {
    let mut world = World::new(Config { retained_sessions: 2, ..config() });
    for id in ["a", "b", "c"] {
        world.ended("us", id);
    }
    assert_eq!((world.status("a"), world.status("b")), (None, Some(Status::Exited)));
    assert_eq!(world.model.next_due(), Some(0), "something is to be removed at once");
    assert!(matches!(world.model.due(world.now), Some(Due::Forgotten(facts)) if facts.id.as_ref() == "a"));
    assert_eq!(world.model.next_due(), Some(world.now + 600_000));
}

#[test]
fn without_processes_a_session_runs_at_once_and_ends_at_once() {
    let mut world = World::new(Config { backend: Backend::Null, ..config() });
    world.start(r#"{"image":"demo","location":"us","id":"a","ttl":1}"#).unwrap();
    assert_eq!(world.status("a"), Some(Status::Running));
    assert!(world.model.due(world.now + 1000).is_none(), "nothing is left to do");
    assert_eq!(world.status("a"), Some(Status::Exited));
    world.started("us", "b");
    assert!(matches!(world.model.stop("b", world.now), Ok((AfterStop::Nothing, _))));
    assert_eq!(world.status("b"), Some(Status::Exited));
}

#[test]
fn without_processes_the_ready_delay_passes_all_the_same() {
    let image = Image::demo().ready_delay(std::time::Duration::from_secs(2));
    let mut world = World::new(Config { backend: Backend::Null, images: vec![image], ..config() });
    world.started("us", "a");
    assert_eq!(world.status("a"), Some(Status::Created));
    assert_eq!(world.model.next_due(), Some(1_002_000));
    assert!(world.model.due(1_002_000).is_none());
    assert_eq!(world.status("a"), Some(Status::Running));
}

#[test]
fn without_processes_there_are_always_ports() {
    let port_range = PortRange { first: 20_000, last: 20_000 };
    let mut world = World::new(Config { backend: Backend::Null, port_range, images: vec![Image::demo()], ..config() });
    assert_eq!(world.started("us", "a").ports, world.started("us", "b").ports);
}
