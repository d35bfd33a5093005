//! The engine's table of sessions: what it learns from the operations that pass through the engine.

mod support;

use matchport_core::engine::Operation;
use matchport_core::model::SessionId;
use matchport_core::session::{EndReason, SessionState};
use matchport_testkit::World;
use support::*;

fn following(sessions: usize) -> World {
    let mut config = config();
    config.tracked_sessions = sessions;
    world_with(config)
}

fn state(world: &mut World, id: &SessionId) -> SessionState {
    let now = world.now;
    world.engine.sessions(now).expect("kept").get(id).expect("followed").state()
}

fn players(world: &mut World, id: &SessionId) -> u32 {
    let now = world.now;
    world.engine.sessions(now).expect("kept").get(id).expect("followed").roster().count()
}

fn submit(world: &mut World, operation: Operation) {
    let id = world.submit(operation);
    world.run();
    end(world, id).expect("succeeds");
}

#[test]
fn a_session_is_followed_from_its_start_to_its_end() {
    let mut world = following(1024);
    let operation = allocate(&mut world, request());
    world.run();
    let id = allocation(&world, operation).id.clone();
    assert_eq!(state(&mut world, &id), SessionState::Running);

    let join = Operation::Join { session: id.clone(), players: vec!["ada".into(), "bo".into()] };
    submit(&mut world, join);
    assert_eq!(players(&mut world, &id), 2);
    submit(&mut world, Operation::Leave { players: vec!["ada".into()] });
    assert_eq!(players(&mut world, &id), 1);

    submit(&mut world, Operation::Stop(id.clone()));
    assert_eq!(state(&mut world, &id), SessionState::ShuttingDown);
    submit(&mut world, Operation::Describe(id.clone()));
    assert_eq!(state(&mut world, &id), SessionState::Ended(EndReason::Stopped));
}

#[test]
fn ttl_is_a_deadline() {
    let mut world = following(1024);
    let operation = allocate(&mut world, request());
    world.run();
    let id = allocation(&world, operation).id.clone();
    world.run_until(3_599_999);
    assert_eq!(state(&mut world, &id), SessionState::Running);
    world.run_until(3_600_001);
    assert_eq!(state(&mut world, &id), SessionState::ShuttingDown);
    world.run_until(4_000_000);
    assert_eq!(state(&mut world, &id), SessionState::Ended(EndReason::TtlExpired));
}

#[test]
fn a_session_that_was_not_allocated_here_is_not_followed() {
    let mut world = following(1024);
    world.service.answer("POST", "/session", Some(br#"{"image":"game","location":"eu-west-1","id":"theirs"}"#), 0);
    let theirs = SessionId::new("theirs").expect("valid");
    submit(&mut world, Operation::Describe(theirs.clone()));
    assert!(world.engine.sessions(0).expect("kept").get(&theirs).is_none());
}

#[test]
fn the_table_is_bounded_and_can_be_left_out() {
    let mut world = following(2);
    for _ in 0..5 {
        allocate(&mut world, request());
        world.run();
    }
    assert_eq!(world.engine.sessions(0).expect("kept").len(), 2);
    let mut world = support::world();
    allocate(&mut world, request());
    world.run();
    assert!(world.engine.sessions(0).is_none(), "only when asked for");
}
