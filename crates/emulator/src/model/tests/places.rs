//! Locations that change, and tags that reach them one after another.

use super::*;
use crate::config::{LocationState, Tag};
use crate::model::PlaceChange;

fn becomes(world: &mut World, id: &str, state: LocationState) {
    world.model.change_place(id, PlaceChange { state: Some(state), ..PlaceChange::default() }).unwrap();
}

/// The statuses in a list, and in a description.
fn shown(world: &World, id: &str) -> (Option<&'static str>, String) {
    let listed = world.model.snapshots(false).into_iter().find(|session| &*session.facts.id == id);
    let described: serde_json::Value = serde_json::from_slice(&world.model.describe(id).unwrap()).unwrap();
    (listed.map(|session| session.status.name()), described["status"].as_str().unwrap().to_owned())
}

#[test]
fn capacity_can_be_taken_away_given_and_be_without_limit() {
    let mut world = World::new(config());
    world.started("us", "a");
    let change = |capacity| PlaceChange { capacity: Some(capacity), ..PlaceChange::default() };
    let room = world.model.change_place("us", change(Some(0))).unwrap();
    assert_eq!((room.capacity, room.alive), (Some(0), 1), "what runs stays");
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::CapacityUnavailable);
    world.model.change_place("us", change(Some(2))).unwrap();
    world.started("us", "b");
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::CapacityUnavailable);
    world.model.change_place("full", change(None)).unwrap();
    world.started("full", "c");
    assert_eq!(kind(world.model.change_place("nope", PlaceChange::default())), FaultKind::ResourceNotFound);
}

#[test]
fn a_drained_location_takes_nothing_more_and_what_runs_there_goes_on() {
    let mut world = World::new(config());
    world.running("us", "a");
    world.started("us", "b");
    world.running("eu", "elsewhere");
    let before = world.model.position();
    becomes(&mut world, "us", LocationState::Draining);
    assert_eq!(shown(&world, "a"), (None, "draining".to_owned()));
    assert_eq!(shown(&world, "b"), (None, "created".to_owned()));
    assert_eq!(shown(&world, "elsewhere"), (Some("running"), "running".to_owned()));
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::CapacityUnavailable);
    let changed: Vec<_> = world.model.changes_since(before).unwrap().sessions;
    assert_eq!(changed.iter().map(|session| &*session.facts.id).collect::<Vec<_>>(), ["a", "b"], "onlookers are told");
    assert!(matches!(world.model.stop("a", world.now), Ok((AfterStop::EndProcess, _))));
    assert_eq!(shown(&world, "a").1, "shuttingdown");
    becomes(&mut world, "us", LocationState::Open);
    world.started("us", "c");
}

#[test]
fn what_can_not_be_reached_says_so_until_it_can() {
    let mut world = World::new(config());
    world.running("us", "a");
    world.ended("us", "b");
    becomes(&mut world, "us", LocationState::Unreachable);
    assert_eq!(shown(&world, "a"), (None, "server_unreachable".to_owned()));
    assert_eq!(shown(&world, "b"), (None, "exited".to_owned()));
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::CapacityUnavailable);
    becomes(&mut world, "us", LocationState::Open);
    assert_eq!(shown(&world, "a"), (Some("running"), "running".to_owned()));
}

#[test]
fn a_tag_reaches_the_locations_that_offer_its_image_one_after_another() {
    let ten = std::time::Duration::from_secs(10);
    let image = Image { tags: vec![Tag::new("v1", 0), Tag::new("v2", 5).spread(ten)], ..Image::demo() };
    let locations = vec![
        Location::new("eu"),
        Location::new("other").images(Vec::<String>::new()),
        Location::new("us"),
        Location::new("ap"),
    ];
    let mut world = World::new(Config { locations, images: vec![image], ..Config::default() });
    world.model.begin(world.now);
    let has = |world: &mut World, seconds: u64| {
        world.model.tell(world.now + seconds * 1000);
        ["eu", "us", "ap"].map(|location| world.model.has_tag(location, "demo", "v2").unwrap())
    };
    assert_eq!(has(&mut world, 0), [true, false, false]);
    assert_eq!(has(&mut world, 10), [true, true, false]);
    assert_eq!(has(&mut world, 20), [true, true, true]);

    assert_eq!(world.started("eu", "a").tag(), "v2");
    assert_eq!(world.started("us", "b").tag(), "v1", "the best of those that are there");
    let v2 = r#"{"image":"demo","location":"us","version":"v2"}"#;
    let refused = world.start(v2).unwrap_err();
    assert_eq!(refused.kind, FaultKind::ResourceNotFound);
    assert!(refused.details.contains("v1"), "{}", refused.details);
    world.now += 10_000;
    assert_eq!(world.start(v2).unwrap().tag(), "v2");
}

#[test]
fn without_any_tag_that_has_arrived_nothing_starts() {
    let image = Image { tags: vec![Tag::new("v1", 0).spread(std::time::Duration::from_secs(1))], ..Image::demo() };
    let mut world = World::new(Config { images: vec![image], ..config() });
    world.model.begin(world.now);
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::ResourceNotFound);
    world.now += 1000;
    world.started("us", "a");
}
