//! Starts: what is refused, in which order, and what a session takes up.

use super::*;

#[test]
fn an_id_is_made_when_none_is_sent() {
    let mut world = World::new(config());
    let facts = world.start(r#"{"image":"demo","location":"eu"}"#).unwrap();
    assert_eq!(facts.id.as_ref(), "fresh-1");
    assert_eq!((facts.ports[0].container, facts.ports[0].host), (7777, 20_000));
    assert_eq!(world.status("fresh-1"), Some(Status::Created));
}

#[test]
fn an_id_stays_used_until_it_is_forgotten() {
    let mut world = World::new(config());
    let again = r#"{"image":"demo","location":"us","id":"a"}"#;
    let facts = world.started("us", "a");
    assert_eq!(kind(world.start(again)), FaultKind::Conflict);
    world.model.process_runs(&facts);
    assert_eq!(kind(world.start(again)), FaultKind::Conflict);
    world.exit(&facts, Exit::Code(0));
    assert_eq!(kind(world.start(again)), FaultKind::Conflict);
    world.now += 600_000;
    assert!(matches!(world.model.due(world.now), Some(Due::Forgotten(forgotten)) if forgotten.id.as_ref() == "a"));
    assert!(world.start(again).is_ok());
}

#[test]
fn a_withdrawn_start_leaves_nothing() {
    let mut world = World::new(config());
    world.started("eu", "a");
    let facts = world.started("eu", "b");
    world.model.join("b", vec!["ada".into()]).unwrap();
    world.model.withdraw(&facts);
    assert_eq!(world.status("b"), None);
    assert_eq!(kind(world.model.leave(vec!["ada".into()])), FaultKind::ResourceNotFound);
    assert_eq!(world.started("eu", "b").ports[0].host, 20_002);
}

#[test]
fn refusals_come_in_order() {
    let mut world = World::new(Config { quota: Some(1), ..config() });
    world.started("us", "a");
    let mut refusal = |body: &str| kind(world.start(body));
    let missing = FaultKind::ResourceNotFound;
    assert_eq!(refusal(r#"{"image":"nope","location":"nope","id":""}"#), FaultKind::InvalidRequest);
    assert_eq!(refusal(r#"{"image":"nope","location":"full","id":"a"}"#), missing);
    assert_eq!(refusal(r#"{"image":"demo","location":"nope","id":"a"}"#), missing);
    assert_eq!(refusal(r#"{"image":"demo","location":"full","id":"a","version":"nope"}"#), missing);
    assert_eq!(refusal(r#"{"image":"demo","location":"full","id":"a"}"#), FaultKind::Conflict);
    assert_eq!(refusal(r#"{"image":"demo","location":"full","id":"b"}"#), FaultKind::QuotaExceeded);
    world.model.stop("a", 0).unwrap();
    assert_eq!(
        kind(world.start(r#"{"image":"demo","location":"us"}"#)),
        FaultKind::QuotaExceeded,
        "still shutting down"
    );
}

#[test]
fn a_place_is_free_again_when_the_process_has_ended() {
    let mut world = World::new(config());
    let first = world.running("eu", "a");
    world.running("eu", "b");
    let body = r#"{"image":"demo","location":"eu"}"#;
    assert_eq!(kind(world.start(body)), FaultKind::CapacityUnavailable);
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"full"}"#)), FaultKind::CapacityUnavailable);
    world.model.stop("a", world.now).unwrap();
    assert_eq!(kind(world.start(body)), FaultKind::CapacityUnavailable, "it is not gone yet");
    world.exit(&first, Exit::Code(0));
    assert!(world.start(body).is_ok());
}

#[test]
fn ports_run_out_and_come_back() {
    let mut world = World::new(Config { port_range: PortRange { first: 20_000, last: 20_002 }, ..config() });
    let pair = r#"{"image":"pair","location":"us"}"#;
    let facts = world.start(pair).unwrap();
    let mapped: Vec<_> = facts.ports.iter().map(|port| (port.protocol.name(), port.container, port.host)).collect();
    assert_eq!(mapped, [("udp", 1, 20_000), ("tcp", 1, 20_001)]);
    assert_eq!(kind(world.start(pair)), FaultKind::CapacityUnavailable);
    assert_eq!(world.started("us", "one").ports[0].host, 20_002, "the port of the refused start came back");
    world.exit(&facts, Exit::Code(0));
    assert!(world.start(pair).is_ok());
}

#[test]
fn the_version_is_the_one_asked_for_or_of_the_highest_priority() {
    let image = Image::new("game").tags([("old", 1), ("stable", 5), ("twin", 5), ("next", -1)]);
    let mut world = World::new(Config { images: vec![image], ..config() });
    let mut tag = |body: &str| world.start(body).map(|facts| facts.tag().to_owned());
    assert_eq!(tag(r#"{"image":"game","location":"us"}"#).unwrap(), "stable");
    assert_eq!(tag(r#"{"image":"game","location":"us","version":"next"}"#).unwrap(), "next");
    assert_eq!(kind(tag(r#"{"image":"game","location":"us","version":"v9"}"#)), FaultKind::ResourceNotFound);
}

#[test]
fn a_warm_pool_ignores_what_the_page_says_it_ignores() {
    let image = Image::new("warm").warm_pool().args(["-own"]);
    let mut world = World::new(Config { images: vec![image], ..config() });
    let body = r#"{"image":"warm","location":"us","env":{"A":"1"},"args":["-x"],"restart":true,"labels":{"k":"v"},"version":"v9",
        "ttl":60}"#;
    let facts = world.start(body).unwrap();
    assert!(facts.env.iter().next().is_none() && facts.labels.iter().next().is_none() && facts.args.is_none());
    assert_eq!(facts.tag(), "latest");
    assert_eq!(world.exit(&facts, Exit::Code(1)), AfterExit::Ended, "restart is ignored");
    assert_eq!(kind(world.start(r#"{"image":"warm","location":"us","env":{"A":""}}"#)), FaultKind::InvalidRequest);
}

#[test]
fn a_location_offers_only_its_images() {
    let locations = vec![Location::new("eu").images(["demo"]), Location::new("us")];
    let mut world = World::new(Config { locations, ..config() });
    assert_eq!(kind(world.start(r#"{"image":"pair","location":"eu"}"#)), FaultKind::ResourceNotFound);
    assert!(world.start(r#"{"image":"pair","location":"us"}"#).is_ok());
    let catalogue = Catalogue::new(&Config { locations: vec![Location::new("eu").images(["demo"])], ..config() });
    let offering = |image: &str| catalogue.offering(image).map(|list| list.count());
    assert_eq!(offering("demo").unwrap(), 1);
    assert_eq!(offering("pair").unwrap(), 0);
    assert_eq!(kind(offering("nope")), FaultKind::ResourceNotFound);
}

#[test]
fn tags_are_there_or_not_and_places_must_be() {
    let model = World::new(config()).model;
    assert_eq!(model.has_tag("eu", "demo", "latest"), Ok(true));
    assert_eq!(model.has_tag("eu", "demo", "v9"), Ok(false));
    assert_eq!(kind(model.has_tag("nope", "demo", "latest")), FaultKind::ResourceNotFound);
    assert_eq!(kind(model.has_tag("eu", "nope", "latest")), FaultKind::ResourceNotFound);
}

#[test]
fn tokens_do_what_they_may() {
    use crate::config::{Permission, Token};

    let tokens = vec![Token::new("all"), Token::new("reader").permissions([Permission::SessionRead])];
    let catalogue = Catalogue::new(&Config { tokens, ..config() });
    let may = |header: Option<&str>, permission| {
        catalogue.authorize(header.map(str::as_bytes), permission).map_err(|fault| fault.kind)
    };
    assert_eq!(may(Some("Bearer all"), Permission::SessionStop), Ok(()));
    assert_eq!(may(Some("bearer reader"), Permission::SessionRead), Ok(()));
    assert_eq!(may(Some("Bearer reader"), Permission::SessionStart), Err(FaultKind::Forbidden));
    for wrong in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Bearer nope"), Some("Basic all"), Some("all")]
    {
        assert_eq!(may(wrong, Permission::SessionRead), Err(FaultKind::Unauthorized), "{wrong:?}");
    }
    assert_eq!(
        catalogue.authorize(Some(b"Bearer \xff"), Permission::SessionRead).unwrap_err().kind,
        FaultKind::Unauthorized
    );
}

#[test]
fn nothing_starts_when_closed() {
    let mut world = World::new(config());
    world.running("us", "a");
    world.ended("us", "b");
    assert_eq!(world.model.close(), [Arc::from("a")]);
    assert_eq!(kind(world.start(r#"{"image":"demo","location":"us"}"#)), FaultKind::ServiceUnavailable);
}
