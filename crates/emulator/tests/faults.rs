//! Faults on purpose: each kind, before and after the call took effect; which calls are meant; who may set them.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::time::{Duration, Instant};

use common::raw::{self, Raw};
use common::{Service, start};
use matchport_emulator::{Backend, Config, FaultRule, Operation, Permission, Token};
use reqwest::Method;
use serde_json::{Value, json};

async fn null() -> Service {
    start(Config { backend: Backend::Null, ..Config::default() }).await
}

async fn add(service: &Service, fault: Value) -> common::Answer {
    service.send(service.request(Method::POST, "/_emulator/faults").json(&fault)).await
}

fn session(id: &str) -> Value {
    json!({ "image": "demo", "location": "eu-west-1", "id": id })
}

/// Starts a session over a connection of its own; `None` when that is closed instead of an answer.
async fn try_start(service: &Service, id: &str) -> Option<common::Answer> {
    raw::exchange(service, raw::request("POST", "/session", &[], session(id).to_string().as_bytes())).await
}

#[tokio::test]
async fn a_status_is_answered_before_or_after_the_start_took_effect() {
    let service = null().await;
    add(&service, json!({ "operation": "start", "status": 503, "count": 1 })).await.expect(201);
    add(&service, json!({ "operation": "start", "status": 500, "when": "after", "count": 1 })).await.expect(201);
    service.post(session("a")).await.expect_error(503, "INTERNAL_ERROR");
    service.post(session("b")).await.expect_error(500, "INTERNAL_ERROR");
    service.post(session("c")).await.expect(201);
    assert_eq!(service.ids("").await, ["b", "c"]);
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_start_took_effect() {
    let service = null().await;
    add(&service, json!({ "operation": "start", "cut": true, "count": 1 })).await.expect(201);
    add(&service, json!({ "operation": "start", "cut": true, "when": "after", "count": 1 })).await.expect(201);
    assert!(try_start(&service, "a").await.is_none());
    assert_eq!(service.ids("").await, [""; 0]);
    assert!(try_start(&service, "b").await.is_none());
    assert_eq!(service.ids("").await, ["b"]);
    try_start(&service, "c").await.unwrap().expect(201);
}

#[tokio::test]
async fn garbage_has_the_status_of_the_operation_or_one_of_its_own() {
    let service = null().await;
    add(&service, json!({ "operation": "start", "garbage": true, "when": "after", "count": 1 })).await.expect(201);
    add(&service, json!({ "operation": "start", "garbage": true, "status": 502, "count": 1 })).await.expect(201);
    add(&service, json!({ "operation": "stop", "garbage": true, "when": "after", "count": 1 })).await.expect(201);
    let answer = service.post(session("a")).await.expect(201);
    assert!(answer.headers["content-type"] == "text/html" && answer.text().starts_with("<html>"));
    assert!(service.post(session("b")).await.expect(502).text().starts_with("<html>"));
    assert_eq!(service.ids("").await, ["a"]);
    assert!(service.delete("/session/a").await.expect(200).text().starts_with("<html>"));
    assert_eq!(service.status("a").await, "exited");
}

#[tokio::test]
async fn a_full_location_gets_420_and_an_id_in_use_still_409() {
    let service = null().await;
    service.post(session("a")).await.expect(201);
    add(&service, json!({ "operation": "start", "location": "eu-west-1", "full": true })).await.expect(201);
    service.post(session("b")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    service.post(session("a")).await.expect_error(409, "CONFLICT");
    service.start(json!({ "image": "demo", "location": "us-east-1" })).await;
    service.delete("/_emulator/faults").await.expect(204);
    service.post(session("b")).await.expect(201);
}

#[tokio::test]
async fn a_delay_comes_before_everything_else() {
    let service = null().await;
    add(&service, json!({ "operation": ["list", "describe"], "delay": "80ms" })).await.expect(201);
    let begin = Instant::now();
    service.post(session("a")).await.expect(201);
    let undelayed = begin.elapsed();
    let begin = Instant::now();
    assert_eq!(service.ids("").await, ["a"]);
    assert!(begin.elapsed() >= Duration::from_millis(80));
    assert!(undelayed < Duration::from_millis(80), "{undelayed:?}");
}

#[tokio::test]
async fn the_location_of_a_session_counts_for_all_that_is_done_to_it() {
    let service = null().await;
    for (id, location) in [("eu", "eu-west-1"), ("us", "us-east-1")] {
        service.start(json!({ "image": "demo", "location": location, "id": id })).await;
        service.join(id, &[&format!("player-{id}")]).await.expect(200);
    }
    add(&service, json!({ "location": "eu-west-1", "status": 500 })).await.expect(201);
    for (eu, us, status) in [
        ("/session/eu", "/session/us", 200),
        ("/logs?id=eu", "/logs?id=us", 200),
        ("/tag/eu-west-1/demo/latest", "/tag/us-east-1/demo/latest", 200),
    ] {
        service.get(eu).await.expect(500);
        service.get(us).await.expect(status);
    }
    service.join("eu", &["another"]).await.expect(500);
    service.join("us", &["another"]).await.expect(200);
    service.leave(&["player-eu"]).await.expect(500);
    service.leave(&["player-us"]).await.expect(200);
    service.delete("/session/eu").await.expect(500);
    service.delete("/session/us").await.expect(204);
    service.get("/artifacts?session=eu&path=/x").await.expect(500);
    service.get("/artifacts?session=us&path=/x").await.expect(404);
    service.get("/session").await.expect(200);
    service.get("/available-location/demo").await.expect(200);
}

#[tokio::test]
async fn a_share_hits_the_same_calls_each_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let service = null().await;
        add(&service, json!({ "operation": "list", "status": 500, "share": 0.3, "seed": 42 })).await.expect(201);
        let mut run = Vec::new();
        for _ in 0..40 {
            run.push(service.get("/session").await.status.as_u16());
        }
        let list = service.get("/_emulator/faults").await.expect(200).json();
        assert_eq!(list["faults"][0]["matched"], 40);
        assert_eq!(list["faults"][0]["happened"], run.iter().filter(|status| **status == 500).count());
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&200) && runs[0].contains(&500), "{:?}", runs[0]);
}

#[tokio::test]
async fn faults_of_the_configuration_are_there_from_the_start_and_can_be_removed_one_by_one() {
    let toml = "backend = 'null'\n[[faults]]\noperation = ['list', 'start']\nstatus = 503\ndelay = '1ms'\n\
                [[faults]]\noperation = 'stop'\ncut = true\nwhen = 'after'\nshare = 1\nseed = 3\ncount = 2\n";
    let service = start(Config::parse(toml).unwrap()).await;
    service.get("/session").await.expect(503);
    let list = service.get("/_emulator/faults").await.expect(200).json();
    let first = json!({ "id": 1, "operation": ["list", "start"], "share": 1.0, "seed": 0, "delay": "1ms",
        "status": 503, "when": "before", "matched": 1, "happened": 1 });
    let second = json!({ "id": 2, "operation": ["stop"], "share": 1.0, "seed": 3, "count": 2, "cut": true,
        "when": "after", "matched": 0, "happened": 0 });
    assert_eq!(list, json!({ "faults": [first, second] }));
    service.delete("/_emulator/faults/1").await.expect(204);
    service.delete("/_emulator/faults/1").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.get("/session").await.expect(200);
    service.delete("/_emulator/faults").await.expect(204);
    assert_eq!(service.get("/_emulator/faults").await.json(), json!({ "faults": [] }));
}

#[tokio::test]
async fn a_mistake_is_named_with_its_field_and_adds_nothing() {
    let service = null().await;
    for (fault, field) in [
        (json!({ "operation": "begin", "status": 503 }), "operation"),
        (json!({ "operation": ["start", 3], "status": 503 }), "operation"),
        (json!({ "location": "nowhere", "status": 503 }), "location"),
        (json!({ "status": 700 }), "status"),
        (json!({ "status": 204 }), "status"),
        (json!({ "status": 503, "share": 0 }), "share"),
        (json!({ "status": 503, "share": 1.5 }), "share"),
        (json!({ "status": 503, "count": -1 }), "count"),
        (json!({ "status": 503, "seed": "x" }), "seed"),
        (json!({ "delay": "2h" }), "delay"),
        (json!({ "delay": 5 }), "delay"),
        (json!({ "cut": 1 }), "cut"),
        (json!({ "cut": true, "status": 500 }), "cut"),
        (json!({ "cut": true, "when": "later" }), "when"),
        (json!({ "full": true }), "full"),
        (json!({ "operation": "start", "full": true, "when": "after" }), "full"),
        (json!({ "operation": "start" }), "body"),
        (json!({ "operation": "start", "statsu": 503 }), "statsu"),
        (json!([{ "status": 503 }]), "body"),
        (json!({ "status": null }), "body"),
    ] {
        let body = add(&service, fault.clone()).await.expect_error(422, "INVALID_REQUEST");
        assert_eq!(body["violations"][0]["field"], field, "{fault}: {body}");
    }
    assert_eq!(service.get("/_emulator/faults").await.json(), json!({ "faults": [] }));

    let toml = "[[faults]]\noperation = 'start'\nstatus = 99\n[[faults]]\nlocation = 'x'\ncut = true\n[[faults]]\n";
    let errors = Config::parse(toml).unwrap_err();
    let found: Vec<_> = errors.iter().map(|error| (error.line().unwrap(), error.key())).collect();
    assert_eq!(found, [(3, "faults[0].status"), (5, "faults[1].location"), (7, "faults[2]")]);
}

#[tokio::test]
async fn only_this_machine_and_no_page_from_elsewhere_may_set_them() {
    let config = Config {
        backend: Backend::Null,
        tokens: vec![Token::new("local"), Token::new("reads").permissions([Permission::SessionRead])],
        ..Config::default()
    };
    let service = start(config).await;
    let path = "/_emulator/faults";
    let body = json!({ "cut": true }).to_string();
    let post = |headers: &[(&str, &str)]| {
        service
            .request(Method::POST, path)
            .headers(headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
            .body(body.clone())
    };
    let port = service.emulator.address().port();
    for headers in [
        [("origin", "https://example.com")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("host", "rebound.example.com")],
    ] {
        service.send(post(&headers)).await.expect_error(403, "FORBIDDEN");
    }
    let reads = service.request(Method::POST, path).body(body.clone());
    let without = reqwest::Client::new().post(service.url(path)).body(body.clone());
    service.send(without).await.expect_error(401, "UNAUTHORIZED");
    // A second header of the kind is not looked at: the first one has no permission.
    let mut reads = reads.build().unwrap();
    reads.headers_mut().insert("authorization", "Bearer reads".parse().unwrap());
    assert_eq!(reqwest::Client::new().execute(reads).await.unwrap().status(), 403);
    assert_eq!(service.get(path).await.json(), json!({ "faults": [] }));
    let own = format!("http://127.0.0.1:{port}");
    service.send(post(&[("origin", &own), ("sec-fetch-site", "same-origin")])).await.expect(201);
}

#[tokio::test]
async fn a_fault_meets_nothing_but_the_operations() {
    let rule = FaultRule { cut: true, ..FaultRule::of([]) };
    let service = start(Config { backend: Backend::Null, faults: vec![rule], ..Config::default() }).await;
    service.get("/health").await.expect(200);
    service.get("/nope").await.expect_error(404, "NOT_FOUND");
    service.get("/_emulator/faults").await.expect(200);
    let mut raw = Raw::connect(&service).await;
    raw.send(raw::request("GET", "/session", &[], b"")).await.unwrap();
    assert!(raw.answer().await.is_none());
    assert_eq!(Operation::ALL.len(), 10);
}

#[tokio::test]
async fn the_documented_request_works_as_it_stands() {
    let page = include_str!("../../../docs/emulator-faults.md");
    let body = page.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let service = null().await;
    let request = service.request(Method::POST, "/_emulator/faults").body(body);
    service.send(request.header("content-type", "application/x-www-form-urlencoded")).await.expect(201);
    service.post(session("a")).await.expect(500);
    assert_eq!(service.ids("").await, ["a"]);
}
