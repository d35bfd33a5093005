//! Lists and their filters.

use super::super::filter::Filter;
use super::*;

/// Reads pairs as they come from a query and gives the ids that stay, in order.
fn list(world: &World, pairs: &[(&str, &str)]) -> Vec<String> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let filter = Filter::parse(pairs).unwrap();
    let mut kept = world.model.snapshots(filter.all);
    kept.retain(|session| filter.keeps(session));
    kept.sort_by_key(|session| session.facts.number);
    kept.iter().map(|session| session.facts.id.to_string()).collect()
}

fn world() -> World {
    let mut world =
        World::new(Config { images: vec![Image::demo(), Image::new("other").tags([("v2", 0)])], ..config() });
    let start = |world: &mut World, body: &str| {
        let facts = world.start(body).unwrap();
        world.model.process_runs(&facts);
    };
    start(&mut world, r#"{"image":"demo","location":"eu","id":"a","labels":{"mode":"ranked","image":"mine"}}"#);
    start(&mut world, r#"{"image":"demo","location":"us","id":"b","labels":{"mode":"Ranked"}}"#);
    start(&mut world, r#"{"image":"other","location":"us","id":"c","external_id":"x-1"}"#);
    world.started("us", "not-yet");
    world.ended("us", "over");
    world.model.join("a", (0..8).map(|player| player.to_string()).collect()).unwrap();
    world.model.join("b", vec!["one".into()]).unwrap();
    world
}

#[test]
fn a_list_is_of_running_sessions_unless_all_are_asked_for() {
    let world = world();
    assert_eq!(list(&world, &[]), ["a", "b", "c"]);
    assert_eq!(list(&world, &[("all", "false")]), ["a", "b", "c"]);
    assert_eq!(list(&world, &[("all", "true")]), ["a", "b", "c", "not-yet", "over"]);
}

#[test]
fn fields_match_exactly() {
    let world = world();
    assert_eq!(list(&world, &[("location", "us")]), ["b", "c"]);
    assert_eq!(list(&world, &[("image", "demo")]), ["a", "b"]);
    assert_eq!(list(&world, &[("tag", "v2")]), ["c"]);
    assert_eq!(list(&world, &[("host", "127.0.0.1"), ("image", "demo"), ("location", "eu")]), ["a"]);
    assert_eq!(list(&world, &[("location", "US")]), [""; 0]);
}

#[test]
fn player_counts_compare() {
    let world = world();
    assert_eq!(list(&world, &[("playerCount[lt]", "8")]), ["b", "c"]);
    assert_eq!(list(&world, &[("playerCount[gt]", "0")]), ["a", "b"]);
    assert_eq!(list(&world, &[("playerCount[gt]", "0"), ("playerCount[lt]", "8")]), ["b"]);
    assert_eq!(list(&world, &[("playerCount[lte]", "1")]), ["b", "c"]);
    assert_eq!(list(&world, &[("playerCount[gte]", "8")]), ["a"]);
    assert_eq!(list(&world, &[("playerCount", "1")]), ["b"]);
}

#[test]
fn filters_look_at_labels_and_fields() {
    let world = world();
    assert_eq!(list(&world, &[("filter[mode]", "ranked")]), ["a"], "case-sensitive");
    assert_eq!(list(&world, &[("filterNot[mode]", "ranked")]), ["b", "c"]);
    assert_eq!(list(&world, &[("filter[image]", "demo")]), ["a", "b"]);
    assert_eq!(list(&world, &[("filter[image]", "mine")]), ["a"], "a label of the same name counts too");
    assert_eq!(list(&world, &[("filter[external_id]", "x-1")]), ["c"]);
    assert_eq!(list(&world, &[("filter[mode]", "ranked"), ("filter[location]", "us")]), [""; 0], "all must hold");
    assert_eq!(list(&world, &[("all", "1"), ("filter[status]", "exited")]), ["over"]);
    assert_eq!(list(&world, &[("filter[nope]", "x")]), [""; 0]);
    assert_eq!(list(&world, &[("unknown", "x")]), ["a", "b", "c"]);
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for (name, value) in
        [("playerCount[lt]", "many"), ("playerCount[lt]", "-1"), ("playerCount[ne]", "1"), ("all", "yes")]
    {
        let parsed = Filter::parse(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(kind(parsed), FaultKind::BadRequest, "{name}={value}");
    }
}
