//! Refusals: their full bodies, which one comes first when several would do, and limits that hold however many start at
//! once. Which operation refuses what is in `operations`.

mod common;

use std::collections::HashSet;

use common::processes::Family;
use common::{Service, images, raw, start};
use futures_util::future::join_all;
use matchport_emulator::{Config, Image, Location, Permission, Token};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Two locations, one of them full; quota for one session, which is alive: `one`, in `eu`.
async fn crowded(family: &Family) -> Service {
    let locations = vec![Location::new("eu"), Location::new("full").capacity(0)];
    let tokens = vec![Token::new("local"), Token::new("reader").permissions([Permission::SessionRead])];
    let service = start(Config { locations, tokens, quota: Some(1), ..images([family.of(Image::demo())]) }).await;
    service.start(json!({ "image": "demo", "location": "eu", "id": "one" })).await;
    service
}

async fn post_as(service: &Service, token: Option<&str>, body: &Value) -> common::Answer {
    let mut request = reqwest::Client::new().post(service.url("/session")).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    service.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_reasons_the_first_in_order_is_told() {
    let family = Family::new();
    let service = crowded(&family).await;
    let expect = async |token: Option<&str>, body: Value, status: u16, code: &str| {
        post_as(&service, token, &body).await.expect_error(status, code)
    };
    // Everything is wrong at first, and one thing after the other is put right.
    let wrong = json!({ "image": "nope", "location": "nope", "id": "one", "version": "nope", "ttl": -1 });
    expect(None, wrong.clone(), 401, "UNAUTHORIZED").await;
    expect(Some("nobody"), wrong.clone(), 401, "UNAUTHORIZED").await;
    expect(Some("reader"), wrong.clone(), 403, "FORBIDDEN").await;
    expect(Some("local"), wrong, 422, "INVALID_REQUEST").await;
    let no_image = json!({ "image": "nope", "location": "nope", "id": "one", "version": "nope" });
    let error = expect(Some("local"), no_image, 404, "RESOURCE_NOT_FOUND").await;
    assert!(error["message"].as_str().unwrap().contains("image"), "{error}");
    let no_location = json!({ "image": "demo", "location": "nope", "id": "one", "version": "nope" });
    let error = expect(Some("local"), no_location, 404, "RESOURCE_NOT_FOUND").await;
    assert!(error["message"].as_str().unwrap().contains("location"), "{error}");
    let no_version = json!({ "image": "demo", "location": "full", "id": "one", "version": "nope" });
    let error = expect(Some("local"), no_version, 404, "RESOURCE_NOT_FOUND").await;
    assert!(error["message"].as_str().unwrap().contains("version"), "{error}");
    let taken = json!({ "image": "demo", "location": "full", "id": "one" });
    expect(Some("local"), taken, 409, "CONFLICT").await;
    let too_many = json!({ "image": "demo", "location": "full", "id": "two" });
    expect(Some("local"), too_many.clone(), 402, "QUOTA_EXCEEDED").await;
    service.stop_and_wait("one").await;
    expect(Some("local"), too_many, 420, "CAPACITY_UNAVAILABLE").await;
    // The id of a session that has ended is still used.
    let again = json!({ "image": "demo", "location": "eu", "id": "one" });
    expect(Some("local"), again, 409, "CONFLICT").await;
    assert_eq!(family.members(), [0; 0], "nothing was started by any of these");
    // The refused id is free.
    service.start(json!({ "image": "demo", "location": "eu", "id": "two" })).await;
    assert_eq!(family.members().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_a_body_to_quote_from() {
    let family = Family::new();
    let service = crowded(&family).await;
    let secret = "hunter2";
    let bad = json!({ "image": 1, "env": { "PASSWORD": [secret] }, "args": [""], "labels": { "x": secret, "y": 2 } });
    let answers = [
        (service.get("/session?playerCount[lt]=few").await, 400, "/session"),
        (post_as(&service, None, &bad).await, 401, "/session"),
        (post_as(&service, Some(secret), &bad).await, 401, "/session"),
        (service.post(json!({ "image": "demo", "location": "eu" })).await, 402, "/session"),
        (post_as(&service, Some("reader"), &bad).await, 403, "/session"),
        (service.get("/session/no%20body?all=true").await, 404, "/session/no%20body"),
        (service.delete("/session/nobody").await, 404, "/session/nobody"),
        (service.join("nobody", &["p"]).await, 404, "/session/player/join"),
        (service.leave(&["nobody"]).await, 404, "/session/player/leave"),
        (service.get("/available-location/nope").await, 404, "/available-location/nope"),
        (service.get("/tag/eu/nope/latest").await, 404, "/tag/eu/nope/latest"),
        (service.get("/logs?id=nobody").await, 404, "/logs"),
        (service.get("/artifacts?session=nobody&path=/").await, 404, "/artifacts"),
        (service.get("/nowhere").await, 404, "/nowhere"),
        (service.send(service.request(Method::PATCH, "/session")).await, 405, "/session"),
        (service.post(json!({ "image": "demo", "location": "eu", "id": "one" })).await, 409, "/session"),
        (service.post(bad.clone()).await, 422, "/session"),
        (service.join("one", &["p", "p", ""]).await, 422, "/session/player/join"),
        (service.leave(&[]).await, 422, "/session/player/leave"),
    ];
    let mut identifiers = HashSet::new();
    for (answer, status, path) in answers {
        assert_eq!(answer.status, StatusCode::from_u16(status).unwrap(), "{}", answer.text());
        assert_eq!(answer.headers["content-type"], "application/json");
        assert!(!answer.text().contains(secret), "{}", answer.text());
        let body = answer.json();
        let mut fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        let mut expected = vec!["code", "details", "identifier", "message", "path", "statusCode", "timestamp"];
        if status == 422 {
            expected.push("violations");
        }
        assert_eq!(fields, expected);
        assert_eq!(body["statusCode"], status);
        assert_eq!(body["path"], path);
        for field in ["code", "details", "message"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {body}");
        }
        assert!(identifiers.insert(body["identifier"].as_str().unwrap().to_owned()), "an identifier came twice");
        let timestamp = humantime::parse_rfc3339(body["timestamp"].as_str().unwrap()).expect("an RFC 3339 time");
        let age = std::time::SystemTime::now().duration_since(timestamp).expect("not in the future");
        assert!(age < common::PATIENCE, "{age:?}");
        for violation in body.get("violations").and_then(Value::as_array).into_iter().flatten() {
            let mut fields: Vec<_> = violation.as_object().unwrap().keys().map(String::as_str).collect();
            fields.sort_unstable();
            assert_eq!(fields, ["description", "field"]);
        }
    }
    let invalid = service.post(bad).await.expect_error(422, "INVALID_REQUEST");
    let mut named: Vec<_> =
        invalid["violations"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, ["args[0]", "env.PASSWORD", "image", "labels.y", "location"]);
    assert_eq!(service.ids("?all=true").await, ["one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn capacity_is_exact_however_many_start_at_once() {
    let family = Family::new();
    let locations = vec![Location::new("ten").capacity(10), Location::new("free")];
    let service = start(Config { locations, ..images([family.of(Image::demo())]) }).await;
    let start_all = async |count: usize| {
        let starts = (0..count).map(|_| service.post(json!({ "image": "demo", "location": "ten" })));
        let answers = join_all(starts).await;
        let ids: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer.json()["id"].as_str().unwrap().to_owned())
            .collect();
        let refused = answers.into_iter().filter(|answer| answer.status != 201).map(|answer| {
            answer.expect_error(420, "CAPACITY_UNAVAILABLE");
        });
        (ids, refused.count())
    };
    let (ids, refused) = start_all(50).await;
    assert_eq!((ids.len(), refused), (10, 40));
    assert_eq!(family.members().len(), 10);
    let ports: HashSet<_> = join_all(ids.iter().map(|id| service.describe(id)))
        .await
        .into_iter()
        .map(|session| session["port"]["7777/udp"].as_u64().unwrap())
        .collect();
    assert_eq!(ports.len(), 10, "each has a port of its own");
    // Another location isn't affected, and whatever is stopped makes room for as much.
    service.start(json!({ "image": "demo", "location": "free" })).await;
    for id in &ids[..3] {
        service.stop_and_wait(id).await;
    }
    let (ids, refused) = start_all(12).await;
    assert_eq!((ids.len(), refused), (3, 9));
    assert_eq!(family.members().len(), 11);
    service.emulator.shutdown().await;
    assert_eq!(family.members(), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_is_exact_over_all_locations() {
    let family = Family::new();
    let service = start(Config { quota: Some(5), ..images([family.of(Image::demo())]) }).await;
    let starts = (0..30).map(|number| {
        let location = ["eu-west-1", "us-east-1", "ap-southeast-1"][number % 3];
        service.post(json!({ "image": "demo", "location": location }))
    });
    let statuses: Vec<_> = join_all(starts).await.into_iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 402).count(), 25, "{statuses:?}");
    assert_eq!(family.members().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_takes_nothing_up() {
    // The program goes away after the emulator has looked for it.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("game");
    std::fs::copy("/bin/true", &program).unwrap();
    let locations = vec![Location::new("eu").capacity(1)];
    let image = Image::new("game").command([&program]).port(7777, matchport_emulator::Protocol::Udp);
    let service = start(Config { locations, quota: Some(1), ..images([image, Image::demo()]) }).await;
    std::fs::remove_file(&program).unwrap();
    let body = json!({ "image": "game", "location": "eu", "id": "a" });
    for _ in 0..3 {
        service.post(body.clone()).await.expect_error(503, "INTERNAL_ERROR");
        service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
    }
    assert_eq!(service.ids("?all=true").await, [""; 0]);
    // The id, the place and the quota are free.
    service.start(json!({ "image": "demo", "location": "eu", "id": "a" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_shuts_down_starts_are_refused_and_questions_answered() {
    let stubborn = Image::demo().args(["--ignore-sigterm"]);
    let config = Config { grace: std::time::Duration::from_secs(1), ..images([stubborn]) };
    let service = start(config).await;
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "a" })).await;
    let mut raw = raw::Raw::connect(&service).await;
    raw.send(raw::request("GET", "/session/a", &[], b"")).await.unwrap();
    raw.answer().await.unwrap().expect(200);
    let shutdown = tokio::spawn(service.emulator.shutdown());
    // Until the shutdown is seen to have begun; a second of it is left then.
    loop {
        raw.send(raw::request("GET", "/session/a", &[], b"")).await.unwrap();
        if raw.answer().await.unwrap().expect(200).json()["status"] == "shuttingdown" {
            break;
        }
    }
    let body = json!({ "image": "demo", "location": "eu-west-1", "id": "b" }).to_string();
    raw.send(raw::request("POST", "/session", &[], body.as_bytes())).await.unwrap();
    raw.answer().await.unwrap().expect_error(503, "INTERNAL_ERROR");
    shutdown.await.unwrap();
    assert_eq!(raw.end().await, b"");
}
