//! The exact request of each of the ten operations: method, path and query, headers, body. What is expected is
//! written from the guide and the API page, not printed by the code. Answers are in `answers.rs`.

mod support;

use std::collections::BTreeMap;

use matchport_core::allocation::AllocateRequest;
use matchport_core::backfill::BackfillRequest;
use matchport_core::engine::{Engine, Entropy, HttpRequest, Input, Operation, OperationId, Output};
use matchport_core::http::{self, Method, RequestParts, ResponseMode};
use matchport_core::model::{SessionFilter, SessionId, StartSession, Ttl, TtlForm};
use serde_json::{Value, json};
use support::*;

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

/// A name with everything that means something in an address, and what becomes of it (RFC 3986).
const ODD: &str = "a/b?c#d%e&f=g+h i:j@k[l]m\"n<o>\\p^`{|}~ü€𝄞";
const ODD_ENCODED: &str = "a%2Fb%3Fc%23d%25e%26f%3Dg%2Bh%20i%3Aj%40k%5Bl%5Dm%22n%3Co%3E%5Cp%5E%60%7B%7C%7D~\
                           %C3%BC%E2%82%AC%F0%9D%84%9E";

fn id(text: &str) -> SessionId {
    SessionId::new(text).expect("valid")
}

fn strings<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The first request of an operation, as a transport gets it.
fn sent(operation: Operation) -> HttpRequest {
    let mut engine = Engine::new(config()).expect("valid");
    let input = Input::Submit { id: OperationId(1), operation, entropy: Entropy([1; 24]) };
    engine.handle(input, 0).expect("accepted");
    loop {
        match engine.poll(0) {
            Output::Send(request) => return *request,
            Output::Event(event) if !event.is_terminal() => {}
            other => panic!("nothing was sent: {other:?}"),
        }
    }
}

fn headers(request: &HttpRequest) -> Vec<(&'static str, &str)> {
    request.headers().collect()
}

fn body_of(parts: &RequestParts) -> Value {
    serde_json::from_slice(parts.body.as_deref().expect("a body")).expect("JSON")
}

fn started(start: &StartSession) -> Value {
    body_of(&http::start::request(start).expect("valid"))
}

fn minimal_start() -> StartSession {
    StartSession { location: "eu-west-1".into(), image: "your-image".into(), ..StartSession::default() }
}

#[test]
fn each_operation_goes_to_its_place() {
    let players = || vec!["player_a".to_owned(), "player_b".to_owned()];
    let session = || id(ID);
    let location = "eu-west-1".to_owned();
    let (image, version) = ("your-image".to_owned(), "1.2.3".to_owned());
    let one_location =
        AllocateRequest { locations: Some(vec!["eu-west-1".into()]), ..AllocateRequest::new("your-image") };
    let json_body = "application/json";
    let table = [
        (Operation::Allocate(Box::new(one_location)), "POST", "/session".to_owned(), Some(json_body)),
        (Operation::List(SessionFilter::default()), "GET", "/session".to_owned(), None),
        (Operation::Describe(session()), "GET", format!("/session/{ID}"), None),
        (Operation::Stop(session()), "DELETE", format!("/session/{ID}"), None),
        (
            Operation::Join { session: session(), players: players() },
            "PUT",
            "/session/player/join".to_owned(),
            Some(json_body),
        ),
        (Operation::Leave { players: players() }, "DELETE", "/session/player/leave".to_owned(), Some(json_body)),
        (Operation::Locations { image: image.clone() }, "GET", "/available-location/your-image".to_owned(), None),
        (Operation::TagExists { location, image, version }, "GET", "/tag/eu-west-1/your-image/1.2.3".to_owned(), None),
        (Operation::Logs { session: session(), follow: true }, "GET", format!("/logs?id={ID}&follow=true"), None),
        (
            Operation::Artifact { session: session(), path: "/srv/result".into() },
            "GET",
            format!("/artifacts?session={ID}&path=%2Fsrv%2Fresult"),
            None,
        ),
    ];
    for (operation, method, target, content_type) in table {
        let request = sent(operation);
        let what = format!("{request:?}");
        assert_eq!(request.method.as_str(), method, "{what}");
        assert_eq!(request.url, format!("https://api.sandbox-gameye.gameye.net{target}"), "{what}");
        let headers = headers(&request);
        let find = |name| headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
        assert_eq!(find("authorization"), Some(&*format!("Bearer {TOKEN}")), "{what}");
        assert_eq!(find("content-type"), content_type, "{what}");
        assert_eq!(request.body.is_some(), content_type.is_some(), "{what}");
        let accept = match target.split('?').next() {
            Some("/logs") => "text/plain",
            Some("/artifacts") => "application/x-tar",
            _ => "application/json",
        };
        assert_eq!(find("accept"), Some(accept), "{what}");
        assert_eq!(headers.len(), 2 + usize::from(content_type.is_some()), "{what}");
        assert_eq!(request.response == ResponseMode::Stream, accept != "application/json", "{what}");
    }
}

#[test]
fn answers_are_bounded() {
    let whole = |request: HttpRequest| match request.response {
        ResponseMode::Whole { max_bytes } => max_bytes,
        ResponseMode::Stream => panic!("a stream"),
    };
    assert_eq!(whole(sent(Operation::Describe(id(ID)))), http::MAX_ANSWER_BYTES);
    assert_eq!(whole(sent(Operation::List(SessionFilter::default()))), http::MAX_LIST_BYTES);
}

#[test]
fn the_guides_start() {
    let start = StartSession {
        env: strings([("MAP", "dust2"), ("GAME_MODE", "ranked"), ("MATCH_ID", "abc-123")]),
        ttl: Some(Ttl::from_seconds(3600).expect("in range")),
        ..minimal_start()
    };
    let guide: Value = serde_json::from_str(
        r#"{ "image": "your-image", "location": "eu-west-1",
             "env": { "MAP": "dust2", "GAME_MODE": "ranked", "MATCH_ID": "abc-123" }, "ttl": 3600 }"#,
    )
    .expect("the guide's example");
    assert_eq!(started(&start), guide);
}

#[test]
fn a_start_with_every_field() {
    let start = StartSession {
        location: "eu-west-1".into(),
        image: "your-image".into(),
        id: Some(id(ID)),
        env: strings([("MAP", "dust2"), ("MOTD", "two\nlines \"quoted\"")]),
        args: vec!["--port".into(), "7777".into(), "ü".into()],
        restart: Some(true),
        labels: strings([("mode", "ranked"), ("empty", "")]),
        version: Some("1.2.3".into()),
        ttl: Some("2h30m".parse().expect("a time")),
        ttl_form: TtlForm::Duration,
        external_id: Some("my-own-1".into()),
    };
    let expected = json!({
        "location": "eu-west-1",
        "image": "your-image",
        "id": ID,
        "env": { "MAP": "dust2", "MOTD": "two\nlines \"quoted\"" },
        "args": ["--port", "7777", "ü"],
        "restart": true,
        "labels": { "mode": "ranked", "empty": "" },
        "version": "1.2.3",
        "ttl": "2h30m",
        "external_id": "my-own-1",
    });
    assert_eq!(started(&start), expected);
}

#[test]
fn a_start_leaves_out_what_was_not_given() {
    assert_eq!(started(&minimal_start()), json!({ "image": "your-image", "location": "eu-west-1" }));
    let no_restart = StartSession { restart: Some(false), ..minimal_start() };
    assert_eq!(started(&no_restart)["restart"], false, "false was given");
}

#[test]
fn ttl_in_both_forms() {
    // Whole seconds, or hours and minutes, where anything under a minute is rounded up to one.
    for (seconds, duration) in [(1, "1m"), (60, "1m"), (61, "2m"), (3600, "1h"), (9000, "2h30m"), (86_400, "24h")] {
        let ttl = Some(Ttl::from_seconds(seconds).expect("in range"));
        let with = |ttl_form| started(&StartSession { ttl, ttl_form, ..minimal_start() })["ttl"].clone();
        assert_eq!(with(TtlForm::Seconds), json!(seconds));
        assert_eq!(with(TtlForm::Duration), json!(duration));
    }
}

#[test]
fn an_allocation_sends_every_field_of_its_request() {
    let request = AllocateRequest {
        locations: Some(vec!["eu-west-1".into()]),
        session_id: Some(id(ID)),
        env: strings([("MAP", "dust2")]),
        args: vec!["-x".into()],
        labels: strings([("mode", "ranked")]),
        version: Some("1".into()),
        restart: Some(true),
        external_id: Some("mine".into()),
        ..AllocateRequest::new("your-image")
    };
    let body: Value =
        serde_json::from_slice(&sent(Operation::Allocate(Box::new(request))).body.expect("a body")).expect("JSON");
    let expected = json!({
        "location": "eu-west-1", "image": "your-image", "id": ID, "env": { "MAP": "dust2" }, "args": ["-x"],
        "restart": true, "labels": { "mode": "ranked" }, "version": "1", "ttl": 3600, "external_id": "mine",
    });
    assert_eq!(body, expected);
}

#[test]
fn the_guides_join_and_leave() {
    let players = ["player_a".to_owned(), "player_b".to_owned()];
    let join = http::players::join_request(&id(ID), &players).expect("valid");
    assert_eq!((join.method, &*join.path), (Method::Put, "/session/player/join"));
    assert_eq!(body_of(&join), json!({ "session": ID, "players": ["player_a", "player_b"] }));
    let leave = http::players::leave_request(&players[..1]).expect("valid");
    assert_eq!((leave.method, &*leave.path), (Method::Delete, "/session/player/leave"));
    assert_eq!(body_of(&leave), json!({ "players": ["player_a"] }));
}

#[test]
fn a_list_is_narrowed_by_its_query() {
    let path = |filter: SessionFilter| http::list::request(&filter).expect("valid").path;
    let none = SessionFilter::default;
    assert_eq!(path(none()), "/session");
    assert_eq!(path(SessionFilter { all: true, ..none() }), "/session?all=true");
    assert_eq!(path(SessionFilter { location: Some("eu-west-1".into()), ..none() }), "/session?location=eu-west-1");
    assert_eq!(path(SessionFilter { image: Some("my/game".into()), ..none() }), "/session?image=my%2Fgame");
    assert_eq!(path(SessionFilter { tag: Some("1.0".into()), ..none() }), "/session?tag=1.0");
    assert_eq!(path(SessionFilter { host: Some("185.12.34.56".into()), ..none() }), "/session?host=185.12.34.56");
    assert_eq!(path(SessionFilter { players_below: Some(8), ..none() }), "/session?playerCount[lt]=8");
    assert_eq!(path(SessionFilter { players_above: Some(0), ..none() }), "/session?playerCount[gt]=0");
    assert_eq!(path(SessionFilter { having: strings([("mode", "Ranked")]), ..none() }), "/session?filter[mode]=Ranked");
    let not_having = strings([("mode", "casual")]);
    assert_eq!(path(SessionFilter { not_having, ..none() }), "/session?filterNot[mode]=casual");
}

#[test]
fn all_filters_hold_together() {
    let filter = SessionFilter {
        all: true,
        location: Some("l".into()),
        image: Some("i".into()),
        tag: Some("t".into()),
        host: Some("h".into()),
        players_below: Some(8),
        players_above: Some(0),
        having: strings([("a", "1"), ("b", "")]),
        not_having: strings([("c", "3")]),
    };
    let path = http::list::request(&filter).expect("valid").path;
    let (target, query) = path.split_once('?').expect("a query");
    assert_eq!(target, "/session");
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.sort_unstable();
    let expected = [
        "all=true",
        "filterNot[c]=3",
        "filter[a]=1",
        "filter[b]=",
        "host=h",
        "image=i",
        "location=l",
        "playerCount[gt]=0",
        "playerCount[lt]=8",
        "tag=t",
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn a_backfill_asks_for_sessions_with_room_for_all() {
    let mut request = BackfillRequest::new("your-image", 8, vec!["a".into(), "b".into()]);
    request.version = Some("1".into());
    request.locations = Some(vec!["eu-west-1".into()]);
    request.having = strings([("mode", "ranked")]);
    request.not_having = strings([("private", "yes")]);
    let sent = sent(Operation::Backfill(Box::new(request)));
    let (_, query) = sent.url.split_once("/session?").expect("a list");
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.sort_unstable();
    // Two players have room while fewer than 7 of 8 are there.
    let expected = [
        "filterNot[private]=yes",
        "filter[mode]=ranked",
        "image=your-image",
        "location=eu-west-1",
        "playerCount[lt]=7",
        "tag=1",
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn a_backfill_in_several_locations_asks_for_all() {
    let mut request = BackfillRequest::new("your-image", 1, vec!["a".into()]);
    request.locations = Some(vec!["eu-west-1".into(), "us-east-1".into()]);
    let sent = sent(Operation::Backfill(Box::new(request)));
    assert!(sent.url.ends_with("/session?image=your-image&playerCount[lt]=1"), "{}", sent.url);
}

#[test]
fn odd_names_stay_one_segment_or_one_value() {
    let odd = ODD.to_owned();
    let target = |operation| {
        let url = sent(operation).url;
        url.strip_prefix("https://api.sandbox-gameye.gameye.net").expect("the sandbox").to_owned()
    };
    assert_eq!(target(Operation::Describe(id(ODD))), format!("/session/{ODD_ENCODED}"));
    assert_eq!(target(Operation::Stop(id(ODD))), format!("/session/{ODD_ENCODED}"));
    assert_eq!(target(Operation::Locations { image: odd.clone() }), format!("/available-location/{ODD_ENCODED}"));
    let tag = Operation::TagExists { location: odd.clone(), image: "org/app".into(), version: "..x".into() };
    assert_eq!(target(tag), format!("/tag/{ODD_ENCODED}/org%2Fapp/..x"));
    assert_eq!(target(Operation::Logs { session: id(ODD), follow: false }), format!("/logs?id={ODD_ENCODED}"));
    let artifact = Operation::Artifact { session: id(ODD), path: format!("/{ODD}") };
    assert_eq!(target(artifact), format!("/artifacts?session={ODD_ENCODED}&path=%2F{ODD_ENCODED}"));
    let filter = SessionFilter { image: Some(odd.clone()), having: strings([(ODD, ODD)]), ..SessionFilter::default() };
    let expected = format!("/session?image={ODD_ENCODED}&filter[{ODD_ENCODED}]={ODD_ENCODED}");
    assert_eq!(target(Operation::List(filter)), expected);
}

#[test]
fn an_artifact_may_have_the_longest_path_that_a_system_takes() {
    let long = format!("/{}", "x/".repeat(2000));
    let parts = http::artifacts::request(&id(ID), &long).expect("4 KiB is what Linux takes");
    assert!(parts.path.len() > 4000);
}
