//! `/metrics`: what is counted, who may see it, and that it stays small.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::collections::BTreeMap;

use common::{Service, start};
use matchport_emulator::{Backend, Config, Location, Token};
use reqwest::Method;
use serde_json::json;

/// The samples of a text, by name and labels, and the type of each family.
struct Metrics {
    samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

impl Metrics {
    /// Reads the text format strictly.
    fn parse(text: &str) -> Self {
        let mut metrics = Self { samples: BTreeMap::new(), types: BTreeMap::new() };
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(metrics.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is there twice");
            } else if !line.starts_with("# HELP ") {
                let (name, value) = line.rsplit_once(' ').unwrap();
                let value = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
                assert!(metrics.samples.insert(name.to_owned(), value).is_none(), "{name} is there twice");
                let family = name.split('{').next().unwrap();
                let of_family = |suffix| family.strip_suffix(suffix).and_then(|name| metrics.types.get(name));
                let is_typed = metrics.types.contains_key(family)
                    || ["_bucket", "_sum", "_count"].into_iter().any(|suffix| of_family(suffix).is_some());
                assert!(is_typed, "{line} is of no type");
            }
        }
        metrics
    }

    #[track_caller]
    fn of(&self, name: &str) -> f64 {
        let name = format!("matchport_emulator_{name}");
        *self.samples.get(&name).unwrap_or_else(|| panic!("no {name} in {:#?}", self.samples))
    }
}

async fn metrics(service: &Service) -> Metrics {
    let answer = service.send(service.request(Method::GET, "/metrics")).await.expect(200);
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    Metrics::parse(&answer.text())
}

#[tokio::test]
async fn what_happens_is_counted() {
    let locations = vec![Location::new("eu-west-1").capacity(2), Location::new("us \"e\\")];
    let service = start(Config { backend: Backend::Null, locations, ..Config::default() }).await;
    let session = json!({ "image": "demo", "location": "eu-west-1", "id": "a" });
    service.start(session.clone()).await;
    service.post(session).await.expect(409);
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "b" })).await;
    service.post(json!({ "image": "demo", "location": "eu-west-1" })).await.expect(420);
    service.join("b", &["ada", "bo"]).await.expect(200);
    service.delete("/session/a").await.expect(204);
    service.get("/nowhere").await.expect(404);
    let fault = json!({ "operation": "list", "status": 500 });
    service.send(service.request(Method::POST, "/_emulator/faults").json(&fault)).await.expect(201);
    service.get("/session").await.expect(500);
    service.get("/session").await.expect(500);

    let seen = metrics(&service).await;
    assert_eq!(seen.of("requests_total{operation=\"start\",status=\"201\"}"), 2.0);
    assert_eq!(seen.of("requests_total{operation=\"start\",status=\"409\"}"), 1.0);
    assert_eq!(seen.of("requests_total{operation=\"start\",status=\"420\"}"), 1.0);
    assert_eq!(seen.of("requests_total{operation=\"other\",status=\"404\"}"), 1.0);
    assert_eq!(seen.of("faults_total{operation=\"list\"}"), 2.0);
    assert_eq!(seen.of("sessions_started_total"), 2.0);
    assert_eq!(seen.of("sessions_ended_total{status=\"exited\"}"), 1.0);
    assert_eq!(seen.of("sessions{location=\"eu-west-1\",status=\"running\"}"), 1.0);
    assert_eq!(seen.of("sessions{location=\"eu-west-1\",status=\"exited\"}"), 1.0);
    assert_eq!(seen.of("sessions_alive{location=\"eu-west-1\"}"), 1.0);
    assert_eq!(seen.of("sessions_alive{location=\"us \\\"e\\\\\"}"), 0.0);
    assert_eq!(seen.of("capacity{location=\"eu-west-1\"}"), 2.0);
    assert_eq!(seen.of("players"), 2.0);
    assert!(seen.of("connections") >= 1.0);
    assert_eq!(seen.of("request_duration_seconds_count{operation=\"start\"}"), 4.0);
    assert_eq!(seen.of("request_duration_seconds_bucket{operation=\"start\",le=\"+Inf\"}"), 4.0);
    assert!(seen.of("request_duration_seconds_sum{operation=\"start\"}") > 0.0);
    let buckets: Vec<_> = seen
        .samples
        .iter()
        .filter(|(name, _)| name.contains("_bucket") && name.contains("\"start\""))
        .map(|(name, count)| {
            let bound = name.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            (bound.parse::<f64>().unwrap(), *count)
        })
        .collect();
    let mut sorted = buckets.clone();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(sorted.windows(2).all(|pair| pair[0].1 <= pair[1].1), "buckets add up: {sorted:?}");
    let again = metrics(&service).await;
    assert_eq!(again.samples.len(), seen.samples.len(), "whoever scrapes is not counted");
    service.emulator.shutdown().await;
}

#[tokio::test]
async fn names_from_outside_make_no_labels() {
    let service = start(Config { backend: Backend::Null, ..Config::default() }).await;
    let before = metrics(&service).await.samples.len();
    for number in 0..50 {
        service.get(&format!("/session/s{number}")).await.expect(404);
        service.post(json!({ "image": format!("i{number}"), "location": format!("l{number}") })).await.expect(404);
        service.get(&format!("/nowhere/{number}")).await.expect(404);
    }
    let after = metrics(&service).await;
    assert!(after.samples.len() <= before + 3 * 18, "{:#?}", after.samples);
    service.emulator.shutdown().await;
}

#[tokio::test]
async fn from_elsewhere_it_takes_a_token() {
    let tokens = vec![Token::new("s3cret")];
    let service = start(Config { backend: Backend::Null, tokens, ..Config::default() }).await;
    let url = service.url("/metrics");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |host: &'static str, token: &'static str| {
        let request = client.get(&url).header("host", host);
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ask("localhost", "").await, 200);
    assert_eq!(ask("example.com", "").await, 401, "a page that calls this machine by a name of its own");
    assert_eq!(ask("example.com", "wrong").await, 401);
    assert_eq!(ask("prometheus.example.com", "s3cret").await, 200);
    service.emulator.shutdown().await;
}
