//! The dashboard over HTTP: who may see it, what its page is served with, what it shows and what it never does. What it
//! is like in a browser is tested in one.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use common::raw::{self, Raw};
use common::{PATIENCE, Service, builder, images, script, start, start_builder};
use futures_util::StreamExt;
use matchport_emulator::{Backend, Config, Location, Permission, Token};
use reqwest::Method;
use serde_json::{Value, json};

const PATHS: [&str; 6] = [
    "/",
    "/_emulator/page/main.js",
    "/_emulator/state",
    "/_emulator/events",
    "/_emulator/sessions/a",
    "/_emulator/logs?id=a",
];

fn null_config() -> Config {
    Config { backend: Backend::Null, ..Config::default() }
}

fn session(id: &str) -> Value {
    json!({ "image": "demo", "location": "eu-west-1", "id": id })
}

/// The stream of events, one at a time.
struct Events {
    stream: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>>>>,
    rest: String,
    /// What has come.
    seen: Vec<Value>,
}

struct Event {
    name: String,
    id: String,
    data: Value,
}

impl Events {
    async fn open(service: &Service, last: Option<&str>) -> Self {
        let request = service.request(Method::GET, "/_emulator/events");
        let request = last.into_iter().fold(request, |request, last| request.header("last-event-id", last));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { stream: Box::pin(response.bytes_stream()), rest: String::new(), seen: Vec::new() }
    }

    /// `None` at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        while !self.rest.contains("\n\n") {
            let chunk = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("an event in time")?;
            self.rest.push_str(std::str::from_utf8(&chunk.ok()?).unwrap());
        }
        let (event, rest) = self.rest.split_once("\n\n").unwrap();
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let event =
            Event { name: field("event: "), id: field("id: "), data: serde_json::from_str(&field("data: ")).unwrap() };
        self.rest = rest.to_owned();
        self.seen.push(event.data.clone());
        Some(event)
    }

    /// What `find` finds first, in what has come or is to come.
    async fn find<T>(&mut self, find: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = self.seen.iter().find_map(&find) {
                return found;
            }
            self.next().await.expect("another event");
        }
    }
}

fn entry<'d>(data: &'d Value, list: &str, key: &str, value: impl Into<Value>) -> Option<&'d Value> {
    let value = value.into();
    data[list].as_array().unwrap().iter().find(|entry| entry[key] == value)
}

#[tokio::test]
async fn only_this_machine_and_its_own_page_may_look() {
    let service = start(null_config()).await;
    service.post(session("a")).await.expect(201);
    for path in PATHS {
        let token = ("authorization", "Bearer local");
        let port = service.emulator.address().port();
        let here = format!("127.0.0.1:{port}");
        let ask = async |headers: &[(&str, &str)]| {
            let mut request = format!("GET {path} HTTP/1.1\r\n");
            headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
            let mut raw = Raw::connect(&service).await;
            raw.send(request + "\r\n").await.unwrap();
            raw.head().await.unwrap().0.as_u16()
        };
        assert_eq!(ask(&[("host", &here), token, ("sec-fetch-site", "same-origin")]).await, 200, "{path}");
        for headers in
            [[("host", "evil.example"), token], [("host", "127.0.0.1.evil.example"), token], [("host", ""), token]]
        {
            assert_eq!(ask(&headers).await, 403, "{path} {headers:?}");
        }
        for more in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(ask(&[("host", &here), token, more]).await, 403, "{path} {more:?}");
        }
    }
}

#[tokio::test]
async fn a_name_of_somebody_elses_opens_no_operation_unless_the_token_is_a_secret() {
    for (token, refused) in [("local", 403), ("s3cret", 201)] {
        let service = start(Config { tokens: vec![Token::new(token)], ..null_config() }).await;
        let ask = async |host: &str, id: &str| {
            let request = reqwest::Client::new().post(service.url("/session")).bearer_auth(token).header("host", host);
            request.json(&session(id)).send().await.unwrap().status().as_u16()
        };
        assert_eq!(ask("evil.example:4242", "a").await, refused);
        assert_eq!(ask("127.0.0.1.evil.example", "b").await, refused);
        assert_eq!(ask("localhost", "c").await, 201);
        assert_eq!(ask("[::1]:4242", "d").await, 201);
    }
}

#[tokio::test]
async fn what_happens_needs_a_token_that_may_read_sessions() {
    let starter = Token::new("starter").permissions([Permission::SessionStart]);
    let reader = Token::new("reader").permissions([Permission::SessionRead]);
    let config = Config { tokens: vec![starter, reader], ..null_config() };
    let starter = Service::with_token(builder(config), "starter").await;
    starter.post(session("a")).await.expect(201);
    for path in &PATHS[2..4] {
        starter.get(path).await.expect_error(403, "FORBIDDEN");
        let without = reqwest::Client::builder().no_proxy().build().unwrap().get(starter.url(path)).send().await;
        assert_eq!(without.unwrap().status(), 401);
    }
    let reader = starter.seen_with("reader");
    reader.get("/_emulator/state").await.expect(200);
    reader.get("/_emulator/sessions/a").await.expect(200);
    reader.delete("/_emulator/faults").await.expect_error(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_page_comes_with_a_strict_policy_and_nothing_from_elsewhere() {
    let service = start(null_config()).await;
    for (path, content_type) in [("/", "text/html"), ("/_emulator/page/main.js", "text/javascript")] {
        let answer = service.get(path).await.expect(200);
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(content_type));
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
    service.get("/_emulator/page/none.js").await.expect_error(404, "NOT_FOUND");
    service.get("/_emulator/page/..%2F..%2FCargo.toml").await.expect_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn all_that_happens_is_seen_in_order() {
    let image = script("short", "read line; exit 3");
    let config = Config { locations: vec![Location::new("eu-west-1").capacity(3)], ..images([image]) };
    let service = start(config).await;
    let mut events = Events::open(&service, None).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.name, "everything");
    assert_eq!(first.data["emulator"]["backend"], "process");
    assert_eq!(first.data["images"][0]["name"], "short");
    let room = json!({ "id": "eu-west-1", "capacity": 3, "state": "open", "alive": 0, "images": null });
    assert_eq!(first.data["locations"][0], room);

    let body = json!({ "image": "short", "location": "eu-west-1", "id": "a", "ttl": 60 });
    service.post(body).await.expect(201);
    let found = events.find(|data| entry(data, "requests", "operation", "start").cloned()).await;
    assert_eq!((&found["status"], &found["session"], &found["path"]), (&json!(201), &json!("a"), &json!("/session")));
    assert!(found["took"].as_f64().unwrap() > 0.0);
    service.reaches("a", &["dead"]).await;
    let found = events.find(|data| entry(data, "sessions", "status", "dead").cloned()).await;
    assert!(found["ended"].as_u64().unwrap() >= found["created"].as_u64().unwrap());
    assert_eq!(found["ends"].as_u64().unwrap() - found["created"].as_u64().unwrap(), 60_000);

    let detail = service.get("/_emulator/sessions/a").await.expect(200).json();
    let timeline: Vec<String> = detail["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment[moment["what"].as_str().unwrap()].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(timeline.first().unwrap(), "created");
    assert_eq!(timeline[timeline.len() - 2..], ["exit code 3", "dead"]);
    service.get("/_emulator/sessions/b").await.expect_error(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn a_roster_and_refusals_and_faults_show() {
    let service = start(null_config()).await;
    let mut events = Events::open(&service, None).await;
    service.post(session("a")).await.expect(201);
    service.join("a", &["ada", "bo"]).await.expect(200);
    service.leave(&["bo"]).await.expect(200);
    service.post(session("a")).await.expect(409);
    let cut = json!({ "operation": "stop", "cut": true, "when": "after" });
    service.send(service.request(Method::POST, "/_emulator/faults").json(&cut)).await.expect(201);
    assert!(raw::exchange(&service, raw::request("DELETE", "/session/a", &[], b"")).await.is_none());
    let state = service.get("/_emulator/state").await.expect(200).json();
    let of = |operation: &str| -> Vec<&Value> {
        let all = state["requests"].as_array().unwrap().iter();
        all.filter(|request| request["operation"] == operation).collect()
    };
    assert!(of("start")[1]["refusal"].as_str().unwrap().starts_with("duplicate session id"));
    assert_eq!((&of("join")[0]["session"], &of("join")[0]["status"]), (&json!("a"), &json!(200)));
    let stop = of("stop")[0];
    assert_eq!((&stop["status"], &stop["cut"], &stop["fault"]), (&Value::Null, &json!(true), &json!(1)));
    assert_eq!(state["faults"][0]["happened"], 1);
    let detail = service.get("/_emulator/sessions/a").await.expect(200).json();
    let what: Vec<_> = detail["timeline"].as_array().unwrap().iter().map(|moment| &moment["what"]).collect();
    assert_eq!(what, ["status", "status", "joined", "left", "status"]);
    assert_eq!(detail["timeline"][2]["players"], json!(["ada", "bo"]));
    events
        .find(|data| data["faults"].as_array()?.first()?["happened"].as_u64().filter(|happened| *happened == 1))
        .await;
}

#[tokio::test]
async fn starts_without_a_process_are_counted_and_noted_once_somebody_looks() {
    let service = start(null_config()).await;
    service.post(session("a")).await.expect(201);
    let first = service.get("/_emulator/state").await.expect(200).json();
    assert!(entry(&first, "requests", "operation", "start").is_none());
    assert!(entry(&first, "sessions", "id", "a").is_some());
    service.post(session("b")).await.expect(201);
    let second = service.get("/_emulator/state").await.expect(200).json();
    assert_eq!(entry(&second, "requests", "operation", "start").unwrap()["session"], "b");
    let mut events = Events::open(&service, None).await;
    let starts = |data: &Value| {
        let ticks = data["ticks"].as_array()?.iter();
        ticks.map(|tick| tick["starts"].as_u64()).sum::<Option<u64>>().filter(|starts| *starts > 0)
    };
    events.find(starts).await;

    let service = start(Config::default()).await;
    service.post(session("a")).await.expect(201);
    let state = service.get("/_emulator/state").await.expect(200).json();
    assert!(entry(&state, "requests", "operation", "start").is_some(), "with processes all are noted");
}

#[tokio::test]
async fn who_hangs_up_is_seen_too() {
    let service = start(null_config()).await;
    let delay = json!({ "operation": "list", "delay": "1m" });
    service.send(service.request(Method::POST, "/_emulator/faults").json(&delay)).await.expect(201);
    let mut events = Events::open(&service, None).await;
    let mut raw = Raw::connect(&service).await;
    raw.send(raw::request("GET", "/session", &[], b"")).await.unwrap();
    let happened =
        |data: &Value| data["faults"].as_array()?.first()?["happened"].as_u64().filter(|happened| *happened == 1);
    events.find(happened).await;
    drop(raw);
    let found = events.find(|data| entry(data, "requests", "operation", "list").cloned()).await;
    assert_eq!((&found["status"], &found["cut"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn a_stream_goes_on_where_it_stopped_or_starts_anew() {
    let service = start(null_config()).await;
    let mut events = Events::open(&service, None).await;
    let first = events.next().await.unwrap();
    drop(events);
    service.post(session("a")).await.expect(201);
    let mut events = Events::open(&service, Some(&first.id)).await;
    let next = events.next().await.unwrap();
    assert_eq!((next.name.as_str(), &next.data["sessions"][0]["id"]), ("changes", &json!("a")));
    for id in ["", "nonsense", "0000000000000000-0-0-0"] {
        let mut events = Events::open(&service, Some(id)).await;
        assert_eq!(events.next().await.unwrap().name, "everything", "{id}");
    }
    // More than is kept.
    for number in 0..1100 {
        service.post(session(&format!("n{number}"))).await.expect(201);
    }
    let mut events = Events::open(&service, Some(&first.id)).await;
    let anew = events.next().await.unwrap();
    assert_eq!(anew.name, "everything");
    assert_eq!(anew.data["requests"].as_array().unwrap().len(), 1000);
    assert_eq!(anew.data["sessions"].as_array().unwrap().len(), 1101);
}

#[tokio::test]
async fn each_second_brings_an_event_and_the_end_of_the_emulator_ends_the_stream() {
    let service = start(null_config()).await;
    let mut events = Events::open(&service, None).await;
    events.next().await.unwrap();
    let tick = events.find(|data| data["ticks"].as_array().unwrap().first().cloned()).await;
    assert_eq!(tick["alive"], json!([0, 0, 0]));
    let begin = std::time::Instant::now();
    let (end, ()) = tokio::join!(async { while events.next().await.is_some() {} }, service.emulator.shutdown());
    assert_eq!(end, ());
    assert!(begin.elapsed() < std::time::Duration::from_millis(900), "the stream held the emulator up");
}

#[tokio::test]
async fn secrets_are_never_shown() {
    let mut image = script("quiet", "exit 0");
    image.env = [("IMAGE_KEY", "image-hunter2")].into_iter().collect();
    let service = Service::with_token(builder(images([image])).tokens(["s3cret-token"]), "s3cret-token").await;
    let mut events = Events::open(&service, None).await;
    let body = json!({ "image": "quiet", "location": "eu-west-1", "id": "a", "env": { "START_KEY": "start-hunter2" } });
    service.post(body.clone()).await.expect(201);
    service.post(body).await.expect(409);
    service.post(json!({ "image": "quiet", "env": { "KEY": "hunter2\u{0}" }, "nope": "x" })).await.expect(422);
    service.send(service.request(Method::POST, "/session").body("env=hunter2")).await.expect(422);
    service.get("/session?all=true&token=s3cret-token&x=s3cret%2Dtoken").await.expect(200);
    service.get("/session/s3cret-token").await.expect(404);
    service.reaches("a", &["exited"]).await;
    let mut all = service.get("/_emulator/state").await.expect(200).text();
    all += &service.get("/_emulator/sessions/a").await.expect(200).text();
    events.find(|data| entry(data, "sessions", "status", "exited").cloned()).await;
    all += &json!(events.seen).to_string();
    assert!(all.contains("START_KEY") && all.contains("IMAGE_KEY") && all.contains("•••"));
    assert!(!all.contains("hunter2") && !all.contains("s3cret"), "{all}");
}

#[tokio::test]
async fn beyond_this_machine_a_token_has_to_be_given() {
    let listen = "0.0.0.0:0".parse().unwrap();
    builder(null_config()).listen(listen).start().await.unwrap_err();
    let service = start_builder(builder(null_config()).listen(listen).tokens(["given"])).await;
    let port = service.emulator.address().port();
    let at = format!("http://127.0.0.1:{port}/_emulator/state");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(&at).bearer_auth("local").send().await.unwrap().status(), 401);
    assert_eq!(client.get(&at).bearer_auth("given").send().await.unwrap().status(), 200);
}
