//! Joins and leaves.

use super::*;

fn names(players: &[&str]) -> Vec<String> {
    players.iter().map(|player| (*player).to_owned()).collect()
}

#[test]
fn players_join_and_leave_and_the_count_is_what_there_is_then() {
    let mut world = World::new(config());
    world.running("us", "a");
    let joined = world.model.join("a", names(&["ada", "ben"])).unwrap();
    assert_eq!((joined.count, joined.players), (2, names(&["ada", "ben"])));
    let joined = world.model.join("a", names(&["ben", "cleo"])).unwrap();
    assert_eq!((joined.count, joined.players), (3, names(&["ben", "cleo"])), "one who is there is not counted twice");
    assert_eq!(world.players("a"), ["ada", "ben", "cleo"]);
    let left = world.model.leave(names(&["ada", "nobody"])).unwrap();
    assert_eq!((left.count, left.players), (2, names(&["ada"])));
    assert_eq!(kind(world.model.leave(names(&["ada"]))), FaultKind::ResourceNotFound);
}

#[test]
fn a_player_is_in_one_session() {
    let mut world = World::new(config());
    world.running("us", "a");
    world.running("us", "b");
    world.model.join("a", names(&["ada", "ben"])).unwrap();
    assert_eq!(world.model.join("b", names(&["ben"])).unwrap().count, 1);
    assert_eq!((world.players("a"), world.players("b")), (vec!["ada"], vec!["ben"]));
    assert_eq!(world.model.leave(names(&["ada", "ben"])).unwrap().count, 0, "out of both");
}

#[test]
fn an_ended_session_has_no_players_and_takes_none() {
    let mut world = World::new(config());
    let facts = world.running("us", "a");
    world.model.join("a", names(&["ada"])).unwrap();
    world.exit(&facts, Exit::Code(0));
    assert_eq!(world.players("a"), [""; 0]);
    assert_eq!(kind(world.model.leave(names(&["ada"]))), FaultKind::ResourceNotFound);
    assert_eq!(kind(world.model.join("a", names(&["ada"]))), FaultKind::ResourceNotFound);
    assert_eq!(kind(world.model.join("nope", names(&["ada"]))), FaultKind::ResourceNotFound);
}
