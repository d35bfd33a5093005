//! Locations that change while the emulator runs: who may, what is refused, what matchmakers see of it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use common::{Answer, Service, start};
use matchport_emulator::{Backend, Config, Image, Location, LocationState, Permission, Tag, Token};
use reqwest::Method;
use serde_json::{Value, json};

async fn null(config: Config) -> Service {
    start(Config { backend: Backend::Null, ..config }).await
}

async fn change(service: &Service, id: &str, change: Value) -> Answer {
    let path = format!("/_emulator/locations/{id}");
    service.send(service.request(Method::PUT, &path).json(&change)).await
}

fn session(id: &str) -> Value {
    json!({ "image": "demo", "location": "eu-west-1", "id": id })
}

#[tokio::test]
async fn capacity_runs_out_and_comes_back() {
    let service = null(Config::default()).await;
    service.post(session("a")).await.expect(201);
    let room = change(&service, "eu-west-1", json!({ "capacity": 1 })).await.expect(200).json();
    assert_eq!(room, json!({ "id": "eu-west-1", "capacity": 1, "state": "open", "alive": 1, "images": null }));
    service.post(session("b")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    service.delete("/session/a").await.expect(204);
    service.post(session("b")).await.expect(201);
    change(&service, "eu-west-1", json!({ "capacity": null })).await.expect(200);
    service.post(session("c")).await.expect(201);
}

#[tokio::test]
async fn a_location_is_drained_lost_and_opened_again() {
    let service = null(Config::default()).await;
    service.post(session("a")).await.expect(201);
    for (state, status) in [("draining", "draining"), ("unreachable", "server_unreachable")] {
        change(&service, "eu-west-1", json!({ "state": state })).await.expect(200);
        service.post(session("b")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
        assert_eq!(service.status("a").await, status);
        assert_eq!(service.ids("").await, [""; 0], "only what runs is listed");
        assert_eq!(service.ids("?all=true").await, ["a"]);
    }
    let listed = service.get("/_emulator/locations").await.expect(200).json();
    assert_eq!(listed["locations"][0]["state"], "unreachable");
    assert_eq!(listed["locations"][1]["state"], "open");
    change(&service, "eu-west-1", json!({ "state": "open" })).await.expect(200);
    assert_eq!(service.status("a").await, "running");
    service.post(session("b")).await.expect(201);
}

#[tokio::test]
async fn a_configuration_can_begin_with_it() {
    let location = Location { state: LocationState::Draining, ..Location::new("eu-west-1") };
    let service = null(Config { locations: vec![location], ..Config::default() }).await;
    service.post(session("a")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let service = null(Config::default()).await;
    for body in [
        json!({ "capacity": -1 }),
        json!({ "capacity": 1.5 }),
        json!({ "capacity": "2" }),
        json!({ "capacity": 4_294_967_296_u64 }),
        json!({ "state": "closed" }),
        json!({ "state": 1 }),
        json!({ "capacities": 1 }),
        json!([]),
        json!(null),
    ] {
        let refused = change(&service, "eu-west-1", body.clone()).await.expect_error(422, "INVALID_REQUEST");
        assert_eq!(refused["violations"][0]["field"], "body", "{body}");
    }
    change(&service, "nowhere", json!({ "capacity": 1 })).await.expect_error(404, "RESOURCE_NOT_FOUND");
    let listed = service.get("/_emulator/locations").await.expect(200).json();
    assert_eq!(listed["locations"][0]["capacity"], Value::Null);
}

#[tokio::test]
async fn it_takes_a_token_that_may_start_and_no_page_from_elsewhere() {
    let reader = Token::new("reader").permissions([Permission::RegionsRead]);
    let service = null(Config { tokens: vec![Token::new("local"), reader], ..Config::default() }).await;
    let elsewhere = service.request(Method::PUT, "/_emulator/locations/eu-west-1").json(&json!({ "capacity": 0 }));
    service.send(elsewhere.header("origin", "http://example.com")).await.expect_error(403, "FORBIDDEN");
    let service = service.seen_with("reader");
    change(&service, "eu-west-1", json!({ "capacity": 0 })).await.expect_error(403, "FORBIDDEN");
    service.get("/_emulator/locations").await.expect_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_tag_is_on_its_way() {
    let hour = std::time::Duration::from_secs(3600);
    let image = Image { tags: vec![Tag::new("v1", 0), Tag::new("v2", 1).spread(hour)], ..Image::demo() };
    let service = null(Config { images: vec![image], ..Config::default() }).await;
    let exists = async |location: &str| service.get(&format!("/tag/{location}/demo/v2")).await.expect(200).json();
    assert_eq!(exists("eu-west-1").await, json!({ "exists": true }));
    assert_eq!(exists("us-east-1").await, json!({ "exists": false }));
    let body = json!({ "image": "demo", "location": "us-east-1", "version": "v2" });
    service.post(body).await.expect_error(404, "RESOURCE_NOT_FOUND");
    let started = service.start(json!({ "image": "demo", "location": "us-east-1" })).await;
    assert_eq!(service.describe(started["id"].as_str().unwrap()).await["tag"], "v1");
}

#[tokio::test]
async fn locations_are_named_like_regions_like_the_older_ones_and_like_hosts() {
    let names = ["eu-west-1", "europe", "na-east", "ams.eu.example.com"];
    let service = null(Config { locations: names.map(Location::new).into(), ..Config::default() }).await;
    let listed = service.get("/available-location/demo").await.expect(200).json();
    let ids: Vec<_> = listed["locations"].as_array().unwrap().iter().map(|location| location["id"].clone()).collect();
    assert_eq!(ids, names);
    for name in names {
        let started = service.start(json!({ "image": "demo", "location": name })).await;
        assert_eq!(service.describe(started["id"].as_str().unwrap()).await["location"], *name);
        assert_eq!(service.get(&format!("/tag/{name}/demo/latest")).await.json(), json!({ "exists": true }));
    }
}
