//! `/openapi.json`: what it describes is what is answered, operation by operation and status by status.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use common::{builder, script};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use jsonschema::Validator;
use matchport_emulator::{Backend, Builder, Config, Emulator, Image, Location, Permission, Token};
use serde_json::{Value, json};

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

struct Described {
    emulator: Emulator,
    document: Value,
    /// What was answered so far: path, method and status of the document.
    seen: BTreeSet<(String, String, String)>,
}

impl Described {
    async fn start(builder: Builder) -> Self {
        let emulator = builder.start().await.unwrap();
        let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
        let answer = emulator.answer(request).await.unwrap();
        let document = answer.into_body().collect().await.unwrap().to_bytes();
        Self { emulator, document: serde_json::from_slice(&document).unwrap(), seen: BTreeSet::new() }
    }

    /// Sends a request to a path of the document, and holds the answer against it.
    async fn asks(&mut self, method: &str, template: &str, uri: &str, token: &str, body: Body, status: u16) -> Value {
        // The metrics ask for a token only from elsewhere.
        let host = if template == "/metrics" && status != 200 { "example.com" } else { "localhost" };
        let request = Request::builder().method(method.to_uppercase().as_str()).uri(uri).header("host", host);
        let request = match token {
            "" => request,
            token => request.header("authorization", format!("Bearer {token}")),
        };
        let answer = self.emulator.answer(request.body(body).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let what = format!("{method} {uri}: {} {}", head.status, String::from_utf8_lossy(&body));
        assert_eq!(head.status, status, "{what}");
        let operation = &self.document["paths"][template][method];
        assert!(operation.is_object(), "{what}: not described");
        let response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "{what}: this status is not described");
        self.seen.insert((template.to_owned(), method.to_owned(), status.to_string()));
        let Some(content) = response["content"].as_object() else {
            assert!(body.is_empty(), "{what}: no body is described");
            return Value::Null;
        };
        let content_type = head.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
        let media = content.get(content_type).unwrap_or_else(|| panic!("{what}: {content_type} is not described"));
        if content_type != "application/json" {
            return Value::Null;
        }
        let body: Value = serde_json::from_slice(&body).unwrap();
        check(&strict(&self.document, media["schema"].clone()), &body, &what);
        body
    }

    /// The same with the token that may do everything and a JSON body.
    async fn sends(&mut self, method: &str, template: &str, uri: &str, body: Value, status: u16) -> Value {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.asks(method, template, uri, "local", body, status).await
    }
}

#[track_caller]
fn check(schema: &Validator, value: &Value, what: &str) {
    let problems: Vec<_> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{what}: {problems:?}");
}

/// A schema of the document that also refuses what it doesn't name.
fn strict(document: &Value, mut schema: Value) -> Validator {
    /// A part of `allOf` must not refuse what the other parts name: the whole does.
    fn close(schema: &mut Value, is_part: bool) {
        match schema {
            Value::Object(map) => {
                let is_whole = map.contains_key("allOf");
                map.iter_mut().for_each(|(name, value)| close(value, name == "allOf"));
                let is_object = is_whole || map.get("properties").is_some_and(Value::is_object);
                if is_object && !is_part && !map.contains_key("additionalProperties") {
                    map.insert("unevaluatedProperties".to_owned(), false.into());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| close(item, is_part)),
            _ => {}
        }
    }

    let mut components = document["components"].clone();
    for (name, schema) in components["schemas"].as_object_mut().unwrap() {
        // `Session` is a part of others only, and a document may hold more than it must.
        if !["Session", "Document"].contains(&name.as_str()) {
            close(schema, false);
        }
    }
    schema["components"] = components;
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

fn start_body() -> Value {
    json!({ "image": "demo", "location": "eu-west-1" })
}

fn few_rights() -> Token {
    Token::new("reader").permissions([Permission::LogsRead])
}

#[tokio::test]
async fn every_operation_answers_as_described_with_every_status() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("game");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = Config {
        tokens: vec![few_rights(), Token::new("local")],
        quota: Some(2),
        locations: vec![Location::new("eu-west-1"), Location::new("full").capacity(0)],
        images: vec![
            Image::demo(),
            script("writer", "echo hello; echo result > result.json"),
            Image::new("gone").command([&program]),
        ],
        ..Config::default()
    };
    let patience = Duration::from_millis(400);
    let mut api = Described::start(builder(config).client_patience(patience)).await;
    std::fs::remove_file(&program).unwrap();

    let operations: Vec<(String, String)> = api.document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
        .collect();
    // What is alike for all: the token, and bodies that don't come, or too much of them.
    for (path, method) in &operations {
        let uri = path.replace("{id}", "x").replace(['{', '}'], "");
        let operation = &api.document["paths"][path][method];
        let (has_body, needs_token) = (operation["requestBody"].is_object(), operation["security"].is_array());
        let has_segment = path.contains('{');
        if needs_token {
            api.asks(method, path, &uri, "", Body::empty(), 401).await;
            let is_read = matches!(path.as_str(), "/logs");
            if !is_read {
                api.asks(method, path, &uri, "reader", Body::empty(), 403).await;
            }
        }
        if has_segment {
            let uri =
                path.split('{').next().unwrap().to_owned() + "%zz" + if path.starts_with("/tag") { "/a/b" } else { "" };
            api.asks(method, path, &uri, "local", Body::empty(), 400).await;
        }
        if has_body {
            let broken = futures_util::stream::iter([Ok(Bytes::from("{")), Err("broken")]);
            api.asks(method, path, &uri, "local", Body::from_stream(broken), 400).await;
            let one = futures_util::stream::once(async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Bytes::from("{"))
            });
            let never = one.chain(futures_util::stream::pending());
            api.asks(method, path, &uri, "local", Body::from_stream(never), 408).await;
            api.asks(method, path, &uri, "local", Body::from(vec![b' '; (1 << 20) + 1]), 413).await;
            api.sends(method, path, &uri, json!({ "no": "such" }), 422).await;
        }
    }
    // A token for logs and nothing else is refused everywhere else; one without that permission is not there yet.
    let blind = Config {
        backend: Backend::Null,
        tokens: vec![Token::new("blind").permissions([Permission::SessionStart])],
        ..Config::default()
    };
    let mut other = Described::start(builder(blind)).await;
    other.asks("get", "/logs", "/logs?id=x", "blind", Body::empty(), 403).await;
    api.seen.append(&mut other.seen);

    let writer = json!({ "image": "writer", "location": "eu-west-1", "id": "w", "env": { "A": "1" },
        "labels": { "mode": "ranked" }, "ttl": "1h", "external_id": "x" });
    api.sends("post", "/session", "/session", writer.clone(), 201).await;
    let session = api.sends("post", "/session", "/session", start_body(), 201).await["id"].as_str().unwrap().to_owned();
    api.sends("post", "/session", "/session", writer, 409).await;
    let gone = json!({ "image": "gone", "location": "eu-west-1" });
    wait(|| async { api.emulator.answer(request("/session/w")).await.unwrap() }, "exited").await;
    api.sends("post", "/session", "/session", gone, 503).await;
    api.sends("post", "/session", "/session", json!({ "image": "demo", "location": "full" }), 420).await;
    api.sends("post", "/session", "/session", json!({ "image": "demo", "location": "nowhere" }), 404).await;
    let second = api.sends("post", "/session", "/session", start_body(), 201).await["id"].as_str().unwrap().to_owned();
    api.sends("post", "/session", "/session", start_body(), 402).await;

    let players = json!({ "session": session, "players": ["ada", "bo"] });
    api.sends("put", "/session/player/join", "/session/player/join", players, 200).await;
    let nobody = json!({ "session": "nobody", "players": ["ada"] });
    api.sends("put", "/session/player/join", "/session/player/join", nobody, 404).await;
    let of_session = format!("/session/{session}");
    let described = api.sends("get", "/session/{id}", &of_session, Value::Null, 200).await;
    assert_eq!(described["players"]["joinedCount"], 2);
    let list = api.sends("get", "/session", "/session?all=true", Value::Null, 200).await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 3);
    api.sends("get", "/session", "/session?playerCount[lt]=x", Value::Null, 400).await;
    let (leave, one) = ("/session/player/leave", json!({ "players": ["ada"] }));
    api.sends("delete", leave, leave, one.clone(), 200).await;
    api.sends("delete", leave, leave, one, 404).await;
    api.sends("get", "/session/{id}", "/session/x", Value::Null, 404).await;
    api.sends("delete", "/session/{id}", "/session/x", Value::Null, 404).await;
    api.sends("delete", "/session/{id}", "/session/w", Value::Null, 409).await;
    api.sends("delete", "/session/{id}", &format!("/session/{second}"), Value::Null, 204).await;

    let locations = "/available-location/{image}";
    api.sends("get", locations, "/available-location/demo", Value::Null, 200).await;
    api.sends("get", locations, "/available-location/x", Value::Null, 404).await;
    let tag = "/tag/{region}/{image}/{version}";
    api.sends("get", tag, "/tag/eu-west-1/demo/latest", Value::Null, 200).await;
    api.sends("get", tag, "/tag/eu-west-1/x/latest", Value::Null, 404).await;
    api.sends("get", "/logs", "/logs?id=w&follow=true", Value::Null, 200).await;
    api.sends("get", "/logs", "/logs", Value::Null, 400).await;
    api.sends("get", "/logs", "/logs?id=x", Value::Null, 404).await;
    let file = "/artifacts?session=w&path=/result.json";
    api.sends("get", "/artifacts", file, Value::Null, 200).await;
    api.sends("get", "/artifacts", "/artifacts?session=w", Value::Null, 400).await;
    api.sends("get", "/artifacts", "/artifacts?session=w&path=/x", Value::Null, 404).await;
    api.sends("get", "/health", "/health", Value::Null, 200).await;
    api.sends("get", "/openapi.json", "/openapi.json", Value::Null, 200).await;

    api.asks("get", "/metrics", "/metrics", "", Body::empty(), 200).await;

    let faults = "/_emulator/faults";
    let every = json!({ "operation": ["start", "stop"], "location": "eu-west-1", "share": 0.5, "seed": 3, "count": 2,
        "delay": "1ms", "status": 503, "garbage": true, "when": "after" });
    check(&request_schema(&api.document, faults), &every, "a fault");
    api.sends("post", faults, faults, every, 201).await;
    for fault in [json!({ "cut": true, "operation": "logs" }), json!({ "full": true, "operation": "start" })] {
        api.sends("post", faults, faults, fault, 201).await;
    }
    api.sends("get", faults, faults, Value::Null, 200).await;
    api.sends("delete", "/_emulator/faults/{id}", "/_emulator/faults/1", Value::Null, 204).await;
    api.sends("delete", "/_emulator/faults/{id}", "/_emulator/faults/1", Value::Null, 404).await;
    for _ in 2..1000 {
        api.sends("post", faults, faults, json!({ "delay": "1ms", "operation": "logs" }), 201).await;
    }
    api.sends("post", faults, faults, json!({ "delay": "1ms" }), 409).await;
    api.sends("delete", faults, faults, Value::Null, 204).await;

    let (places, place) = ("/_emulator/locations", "/_emulator/locations/{id}");
    api.sends("get", places, places, Value::Null, 200).await;
    let full = "/_emulator/locations/full";
    let change = json!({ "capacity": null, "state": "unreachable" });
    assert_eq!(api.sends("put", place, full, change.clone(), 200).await["state"], "unreachable");
    api.sends("put", place, "/_emulator/locations/nowhere", change, 404).await;

    let described = operations.iter().flat_map(|(path, method)| {
        let responses = api.document["paths"][path][method]["responses"].as_object().unwrap();
        responses.keys().map(|status| (path.clone(), method.clone(), status.clone()))
    });
    let never: Vec<_> = described.filter(|one| !api.seen.contains(one)).collect();
    assert!(never.is_empty(), "described, and never answered: {never:?}");
    api.emulator.shutdown().await;
    other.emulator.shutdown().await;
}

fn request(uri: &str) -> Request<Body> {
    Request::get(uri).header("authorization", "Bearer local").body(Body::empty()).unwrap()
}

/// Asks until the answer holds a text.
async fn wait<F: Future<Output = axum::response::Response>>(ask: impl Fn() -> F, text: &str) {
    let look = async {
        loop {
            let body = ask().await.into_body().collect().await.unwrap().to_bytes();
            if String::from_utf8_lossy(&body).contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(common::PATIENCE, look).await.unwrap();
}

#[tokio::test]
async fn a_method_that_is_not_described_is_not_there() {
    let api = Described::start(builder(Config { backend: Backend::Null, ..Config::default() })).await;
    for (path, item) in api.document["paths"].as_object().unwrap() {
        let uri = path.replace(['{', '}'], "");
        for method in METHODS {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&uri);
            let answer = api.emulator.answer(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status() != 405, item.get(method).is_some(), "{method} {path}: {}", answer.status());
        }
    }
    api.emulator.shutdown().await;
}

fn request_schema(document: &Value, path: &str) -> Validator {
    let method = if path.ends_with("join") {
        "put"
    } else if path.ends_with("leave") {
        "delete"
    } else {
        "post"
    };
    let media = &document["paths"][path][method]["requestBody"]["content"]["application/json"];
    strict(document, media["schema"].clone())
}

/// Bodies and the schema are of one mind about each field: those that are there, and those that are wrong.
#[tokio::test]
async fn bodies_are_read_as_described() {
    let api = Described::start(builder(Config { backend: Backend::Null, ..Config::default() })).await;
    let full = [
        (
            "/session",
            json!({ "location": "eu-west-1", "image": "demo", "id": "a", "env": { "A": "1" }, "args": ["-x"],
            "restart": true, "labels": { "a": "" }, "version": "latest", "ttl": 60, "external_id": "" }),
        ),
        ("/session/player/join", json!({ "session": "a", "players": ["ada"] })),
        ("/session/player/leave", json!({ "players": ["ada"] })),
        (
            "/_emulator/faults",
            json!({ "operation": "logs", "location": "eu-west-1", "share": 1, "seed": 0, "count": 9,
            "delay": "1ms 1s", "status": 500, "cut": false, "garbage": false, "full": false, "when": "before" }),
        ),
    ];
    let wrong = [
        json!(null),
        json!(-1),
        json!(1.5),
        json!([]),
        json!([1]),
        json!({}),
        json!({ "": "" }),
        json!(""),
        json!(true),
        json!("x\u{1}"),
        json!(["a", "a"]),
        json!([""]),
        json!({ "a=": "b" }),
        json!({ "a": 1 }),
        json!("1h"),
        json!("0h1m"),
        json!("61s x"),
        json!(31_536_001_u64),
        json!("x"),
        json!("\u{0}"),
        json!(0),
    ];
    for (path, body) in full {
        let schema = request_schema(&api.document, path);
        let name = api.document["paths"][path].as_object().unwrap();
        let method = ["post", "put", "delete"]
            .into_iter()
            .find(|method| name.get(*method).is_some_and(|operation| operation["requestBody"].is_object()));
        let reference = name[method.unwrap()]["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
        let properties =
            &api.document["components"]["schemas"][reference.unwrap().rsplit('/').next().unwrap()]["properties"];
        let named: BTreeSet<_> = properties.as_object().unwrap().keys().cloned().collect();
        assert_eq!(named, body.as_object().unwrap().keys().cloned().collect(), "the body has each field of {path}");
        let mut variants = vec![body.clone(), json!({}), json!([]), json!(null)];
        for field in &named {
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(field);
            variants.push(without);
            for value in &wrong {
                let mut changed = body.clone();
                changed[field] = value.clone();
                variants.push(changed);
            }
        }
        let mut more = body.clone();
        more["more"] = json!(1);
        variants.push(more);
        for variant in variants {
            let request = Request::builder().method(method.unwrap().to_uppercase().as_str()).uri(path);
            let request = request.header("host", "localhost").header("authorization", "Bearer local");
            let answer = api.emulator.answer(request.body(Body::from(variant.to_string())).unwrap()).await.unwrap();
            let is_valid = schema.is_valid(&variant);
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            // What can't be said in a schema: settings of a fault that don't go together or aren't there.
            let is_about_more = path == "/_emulator/faults" && status == 422;
            if is_valid && is_about_more {
                let text = String::from_utf8_lossy(&body).into_owned();
                let known = [
                    "nothing would happen",
                    "an error has no such status",
                    "there is no location",
                    "only starts",
                    "without an answer",
                    "the answer is 420",
                    "a duration of at most an hour",
                ];
                assert!(known.iter().any(|known| text.contains(known)), "{path} {variant}: {text}");
                continue;
            }
            assert_eq!(is_valid, status != 422, "{path} {variant}: {status} {}", String::from_utf8_lossy(&body));
        }
    }
    api.emulator.shutdown().await;
}

#[tokio::test]
async fn examples_are_what_the_schemas_say() {
    let api = Described::start(builder(Config { backend: Backend::Null, ..Config::default() })).await;
    let mut checked = 0;
    for (path, item) in api.document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for (status, part) in responses.iter().chain([(&"body".to_owned(), &operation["requestBody"])]) {
                let media = &part["content"]["application/json"];
                if let Some(example) = media.get("example") {
                    check(
                        &strict(&api.document, media["schema"].clone()),
                        example,
                        &format!("{method} {path} {status}"),
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 60, "{checked}");
    api.emulator.shutdown().await;
}
