//! Reading every documented answer: unknown fields and statuses, milliseconds, packed labels, both ways of writing
//! ports, error bodies in full, gateways' pages. The bodies are written from the guide and the API page.

mod support;

use std::collections::BTreeMap;

use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::http::{self, Answer, says_absent};
use matchport_core::model::{Labels, Ports, Protocol, SessionStatus, StartedSession, Violation};
use serde_json::{Value, json};

fn answer(status: u16, body: &str) -> Answer<'_> {
    Answer { status, retry_after: None, body: body.as_bytes() }
}

fn start(body: &str) -> Result<StartedSession, Error> {
    http::start::read(&answer(201, body))
}

fn list(entry: &Value) -> Result<matchport_core::model::SessionSummary, Error> {
    let body = json!({ "sessions": [entry] }).to_string();
    http::list::read(&answer(200, &body)).map(|mut sessions| sessions.remove(0))
}

fn described(body: &Value) -> Result<matchport_core::model::SessionDetails, Error> {
    http::session::read_description(&answer(200, &body.to_string()))
}

/// What is certain of an entry.
fn certain() -> Value {
    json!({
        "id": "s-1", "image": "your-image", "location": "eu-west-1", "host": "185.12.34.56",
        "created": 1_712_345_678_901_u64, "port": { "7777/udp": 27015 },
    })
}

fn with(mut base: Value, key: &str, value: Value) -> Value {
    base[key] = value;
    base
}

#[test]
fn the_guides_answer_to_a_start() {
    let started = start(
        r#"{ "id": "550e8400-e29b-41d4-a716-446655440000", "host": "185.12.34.56",
             "ports": [ { "type": "udp", "container": 7777, "host": 27015 } ] }"#,
    )
    .expect("readable");
    assert_eq!(started.id.expect("given").as_str(), "550e8400-e29b-41d4-a716-446655440000");
    assert_eq!(started.host, "185.12.34.56");
    assert_eq!(started.ports.by_container(7777, Protocol::Udp).expect("there").host, 27015);
}

#[test]
fn a_start_may_leave_out_the_id_and_say_more() {
    let ports = r#"[{"type":"udp","container":7777,"host":27015,"ip":"x"},{"type":"tcp","container":80,"host":20001}]"#;
    for id in ["", r#""id":null,"#, r#""news":{"a":[1,2]},"#] {
        let started = start(&format!(r#"{{{id}"host":"h","ports":{ports}}}"#)).expect(id);
        assert_eq!((started.id, started.ports.len()), (None, 2));
    }
}

#[test]
fn a_start_that_is_not_the_whole_truth_is_unreadable_and_unknown() {
    let bad = [
        "",
        "{",
        "null",
        "[]",
        "\"started\"",
        "<html>",
        "{}",
        r#"{"host":"h"}"#,
        r#"{"ports":[]}"#,
        r#"{"host":"","ports":[]}"#,
        r#"{"host":null,"ports":[]}"#,
        r#"{"host":"h","ports":[{"type":"udp","container":7777,"host":0}]}"#,
        r#"{"host":"h","ports":[{"type":"udp","container":7777,"host":65536}]}"#,
        r#"{"host":"h","ports":[{"type":"udp","container":-1,"host":1}]}"#,
        r#"{"host":"h","ports":[{"type":"udp","container":7777,"host":27015.5}]}"#,
        r#"{"host":"h","ports":"7777"}"#,
        r#"{"id":"..","host":"h","ports":[]}"#,
        r#"{"id":"","host":"h","ports":[]}"#,
    ];
    for body in bad {
        let error = start(body).expect_err(body);
        assert_eq!((error.code, error.outcome), (ErrorCode::UnreadableResponse, Outcome::Unknown), "{body}");
        assert_eq!(error.status, Some(201), "{body}");
    }
}

#[test]
fn an_entry_with_all_that_is_documented() {
    let entry = json!({
        "id": "s-1", "image": "your-image", "tag": "1.2.3", "location": "eu-west-1", "host": "185.12.34.56",
        "created": 1_712_345_678_901_u64, "port": { "7777/udp": 27015, "80/tcp": 20001 }, "status": "running",
        "playerCount": 3, "labels": { "tags": "{\"mode\":\"ranked\"}", "env": "{\"MAP\":\"dust2\"}" },
    });
    let session = list(&entry).expect("readable");
    assert_eq!(session.id.as_str(), "s-1");
    assert_eq!((&*session.image, session.tag.as_deref()), ("your-image", Some("1.2.3")));
    assert_eq!((&*session.location, &*session.host), ("eu-west-1", "185.12.34.56"));
    assert_eq!(session.created, 1_712_345_678_901, "milliseconds, whole");
    assert_eq!(session.ports.by_container(80, Protocol::Tcp).expect("there").host, 20001);
    assert_eq!((session.status, session.player_count), (Some(SessionStatus::Running), Some(3)));
    assert_eq!(session.labels.tags().expect("packed")["mode"], "ranked");
}

#[test]
fn an_entry_with_what_is_certain_and_nulls() {
    let mut entry = certain();
    assert_eq!(list(&entry).expect("readable").player_count, None);
    for key in ["tag", "status", "playerCount", "labels", "port"] {
        entry[key] = Value::Null;
    }
    let session = list(&entry).expect("null is left out");
    assert_eq!((session.tag, session.status, session.player_count), (None, None, None));
}

#[test]
fn an_entry_without_what_is_certain_is_unreadable() {
    for key in ["id", "image", "location", "host", "created", "port"] {
        let mut entry = certain();
        entry.as_object_mut().expect("an object").remove(key);
        let error = list(&entry).expect_err(key);
        assert_eq!((error.code, error.status), (ErrorCode::UnreadableResponse, Some(200)), "{key}");
    }
}

#[test]
fn what_is_new_breaks_nothing() {
    let entry = with(with(certain(), "region", json!({ "deep": [[[1]]] })), "status", json!("hibernating"));
    let session = list(&entry).expect("unknown fields and statuses");
    assert_eq!(session.status.expect("kept").as_str(), "hibernating");
    let body = json!({ "sessions": [certain()], "next": "page-2", "total": 1 }).to_string();
    assert_eq!(http::list::read(&answer(200, &body)).expect("unknown fields").len(), 1);
    let details = with(with(certain(), "status", json!("on_fire")), "health", json!(7));
    assert_eq!(described(&details).expect("unknown fields").status.expect("kept").as_str(), "on_fire");
    let locations = r#"{"locations":[{"id":"a","ips":["1.2.3.4"],"country":"DE"}],"more":1}"#;
    assert_eq!(http::locations::read(&answer(200, locations)).expect("unknown fields").len(), 1);
    assert!(http::tag::read(&answer(200, r#"{"exists":true,"digest":"sha"}"#)).expect("unknown fields"));
    let count = http::players::read(&answer(200, r#"{"count":2,"players":["a","b"],"capacity":8}"#));
    assert_eq!(count.expect("unknown fields").count, 2);
}

#[test]
fn a_field_ports_beside_port_breaks_nothing() {
    let array = json!([{ "type": "udp", "container": 7777, "host": 27015 }]);
    let both = with(certain(), "ports", array.clone());
    assert_eq!(list(&both).expect("port counts").ports.len(), 1);
    assert_eq!(described(&both).expect("port counts").ports.len(), 1);
    let odd = with(certain(), "ports", json!("see port"));
    assert_eq!(list(&odd).expect("port counts").ports.len(), 1);
    // Written as in the answer to a start.
    let mut alone = with(certain(), "ports", array);
    alone.as_object_mut().expect("an object").remove("port");
    assert_eq!(list(&alone).expect("readable").ports, list(&certain()).expect("readable").ports);
    assert_eq!(described(&alone).expect("readable").ports.len(), 1);
}

#[test]
fn created_is_milliseconds_however_the_number_is_written() {
    for (written, expected) in [
        ("1712345678901", 1_712_345_678_901),
        ("1712345678901.0", 1_712_345_678_901),
        ("1.712345678901e12", 1_712_345_678_901),
        ("0", 0),
        ("-5", 0),
    ] {
        let body = certain().to_string().replace("1712345678901", written);
        let details = http::session::read_description(&answer(200, &body)).expect(written);
        assert_eq!(details.created, expected, "{written}");
    }
    let text = with(certain(), "created", json!("yesterday"));
    assert!(list(&text).is_err());
}

#[test]
fn a_described_session_with_players() {
    let body = with(certain(), "players", json!({ "joined": ["ada", "bob"], "joinedCount": 2, "waiting": 1 }));
    let session = described(&body).expect("readable");
    assert_eq!((session.players.joined_count, &session.players.joined[..]), (2, &["ada".to_owned(), "bob".into()][..]));
}

#[test]
fn a_description_bears_nulls() {
    let mut body = certain();
    for key in ["players", "labels", "status", "tag", "created", "host", "port"] {
        body[key] = Value::Null;
    }
    let session = described(&body).expect("null is left out");
    assert_eq!((session.created, session.ports), (0, Ports::default()));
}

#[test]
fn every_documented_status_is_known() {
    let documented =
        ["created", "running", "restarting", "exited", "dead", "draining", "shuttingdown", "server_unreachable"];
    for status in documented {
        let read = list(&with(certain(), "status", json!(status))).expect(status).status.expect(status);
        assert!(!matches!(read, SessionStatus::Other(_)), "{status}");
        assert_eq!(read.to_string(), status);
    }
}

#[test]
fn packed_labels_are_maps() {
    let labels = json!({
        "tags": "{\"mode\":\"ranked\",\"round\":3,\"nested\":{\"a\":1}}",
        "env": "{\"MAP\":\"dust2\"}",
        "gameye": "{\"organization\":\"o\",\"session\":\"s\",\"image\":\"i\",\"region\":\"eu-west-1\",\"tag\":\"1\"}",
        "org.opencontainers.image.version": "1.2.3",
    });
    let labels: Labels = list(&with(certain(), "labels", labels)).expect("readable").labels;
    let tags = labels.tags().expect("packed");
    assert_eq!((&*tags["mode"], &*tags["round"], &*tags["nested"]), ("ranked", "3", "{\"a\":1}"));
    assert_eq!(labels.env().expect("packed")["MAP"], "dust2");
    let facts = labels.gameye().expect("packed");
    let expected = [("organization", "o"), ("session", "s"), ("image", "i"), ("region", "eu-west-1"), ("tag", "1")];
    let expected: BTreeMap<_, _> = expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    assert_eq!(facts, expected);
    assert_eq!(labels.get("org.opencontainers.image.version"), Some("1.2.3"));
    for broken in ["", "null", "[]", "{", "dust2"] {
        let labels: Labels = [("env", broken)].into_iter().collect();
        assert!(labels.env().is_err(), "{broken:?}");
    }
}

#[test]
fn an_empty_list_in_each_way_it_is_written() {
    for body in [r#"{"sessions":[]}"#, r#"{"sessions":null}"#] {
        assert_eq!(http::list::read(&answer(200, body)).expect(body), []);
    }
    for body in [r#"{"locations":[]}"#, r#"{"locations":null}"#, r#"{"locations":[{"id":"a","ips":null}]}"#] {
        assert!(http::locations::read(&answer(200, body)).expect(body).iter().all(|it| it.ips.is_empty()));
    }
    assert!(http::list::read(&answer(200, "{}")).is_err(), "no list at all is something else");
}

#[test]
fn counts_without_names() {
    for body in [r#"{"count":2}"#, r#"{"count":2,"players":null}"#, r#"{"count":2,"players":[]}"#] {
        let count = http::players::read(&answer(200, body)).expect(body);
        assert_eq!((count.count, count.players.len()), (2, 0));
    }
    for body in [r#"{"players":["a"]}"#, r#"{"count":-1}"#, r#"{"count":"2"}"#, "[2]"] {
        assert_eq!(http::players::read(&answer(200, body)).expect_err(body).outcome, Outcome::Unknown);
    }
}

#[test]
fn locations_with_their_addresses() {
    let body = r#"{"locations":[{"id":"eu-west-1","ips":["185.12.34.56","185.12.34.57"]}]}"#;
    let locations = http::locations::read(&answer(200, body)).expect("readable");
    assert_eq!(locations[0].id, "eu-west-1");
    assert_eq!(locations[0].ips.iter().map(ToString::to_string).collect::<Vec<_>>(), ["185.12.34.56", "185.12.34.57"]);
    for bad in ["\"example.com\"", "\"1.2.3\"", "\"1.2.3.4:80\"", "\"\"", "5", "null", "{}"] {
        let body = format!(r#"{{"locations":[{{"id":"a","ips":["1.2.3.4"]}},{{"id":"b","ips":["1.2.3.4",{bad}]}}]}}"#);
        let error = http::locations::read(&answer(200, &body)).expect_err(bad);
        assert_eq!(error.field.as_deref(), Some("locations[1].ips[1]"), "{bad}");
        assert_eq!(error.code, ErrorCode::UnreadableResponse, "{bad}");
    }
}

#[test]
fn a_stop_has_no_body() {
    assert!(http::session::read_stop(&answer(204, "")).is_ok());
    assert!(http::session::read_stop(&answer(200, "{}")).is_ok());
    assert_eq!(http::session::read_stop(&answer(302, "")).expect_err("redirect").code, ErrorCode::UnexpectedStatus);
}

/// Each row of the tables of failures: status, the service's code, ours, the outcome, whether later may be better.
const FAILURES: &[(u16, &str, ErrorCode, Outcome, bool)] = &[
    (400, "BAD_REQUEST", ErrorCode::BadRequest, Outcome::Refused, false),
    (401, "UNAUTHORIZED", ErrorCode::Unauthorized, Outcome::Refused, false),
    (402, "QUOTA_EXCEEDED", ErrorCode::QuotaExceeded, Outcome::Refused, false),
    (403, "QUOTA_EXCEEDED", ErrorCode::QuotaExceeded, Outcome::Refused, false),
    (403, "FORBIDDEN", ErrorCode::Forbidden, Outcome::Refused, false),
    (404, "RESOURCE_NOT_FOUND", ErrorCode::NotFound, Outcome::Refused, false),
    (404, "NOT_FOUND", ErrorCode::NotFound, Outcome::Refused, false),
    (409, "CONFLICT", ErrorCode::Conflict, Outcome::Refused, false),
    (420, "CAPACITY_UNAVAILABLE", ErrorCode::NoCapacity, Outcome::Refused, true),
    (422, "INVALID_REQUEST", ErrorCode::InvalidRequest, Outcome::Refused, false),
    (429, "TOO_MANY_REQUESTS", ErrorCode::RateLimited, Outcome::Refused, true),
    (500, "INTERNAL_ERROR", ErrorCode::ServiceFault, Outcome::Unknown, true),
    (503, "INTERNAL_ERROR", ErrorCode::ServiceFault, Outcome::Unknown, true),
    (504, "INTERNAL_ERROR", ErrorCode::ServiceFault, Outcome::Unknown, true),
];

#[test]
fn error_bodies_are_read_in_full() {
    for &(status, code, ours, outcome, retryable) in FAILURES {
        let body = json!({
            "statusCode": status, "code": code, "message": "what happened", "details": { "a": [1] },
            "path": "/session", "identifier": "trace-7", "timestamp": "2026-01-01T00:00:00.000Z",
            "violations": [{ "field": "ttl", "description": "is odd" }, { "field": "env.MAP", "description": "is empty" }],
        })
        .to_string();
        let error = answer(status, &body).failure();
        assert_eq!((error.code, error.outcome, error.retryable), (ours, outcome, retryable), "{status} {code}");
        assert_eq!((error.status, error.identifier.as_deref()), (Some(status), Some("trace-7")), "{status}");
        let violation =
            |field: &str, description: &str| Violation { field: field.into(), description: description.into() };
        assert_eq!(error.violations, [violation("ttl", "is odd"), violation("env.MAP", "is empty")]);
        let text = error.to_string();
        for part in [&*status.to_string(), code, "what happened", "trace-7", "env.MAP: is empty"] {
            assert!(text.contains(part), "{part} is not in {text:?}");
        }
    }
}

#[test]
fn error_bodies_with_odd_parts_keep_the_rest() {
    let body = r#"{"statusCode":"422","code":7,"message":["a"],"identifier":"t","timestamp":12,"details":null,
        "violations":[{"field":"ttl"},{"description":"only"},{"field":5,"description":{}},"text",null]}"#;
    let error = answer(422, body).failure();
    assert_eq!((error.code, error.identifier.as_deref()), (ErrorCode::InvalidRequest, Some("t")));
    let fields: Vec<_> =
        error.violations.iter().map(|violation| (&*violation.field, &*violation.description)).collect();
    assert_eq!(fields, [("ttl", ""), ("", "only")]);
}

#[test]
fn a_gateways_page_is_not_the_services_word() {
    let pages =
        ["<html><h1>404 Not Found</h1></html>", "no healthy upstream", "[]", "{\"message\":\"no Route matched\"}"];
    for page in pages {
        for status in [404, 409] {
            let answer = answer(status, page);
            assert!(!says_absent(&answer), "{status} {page}");
            let error = answer.failure();
            // Nothing is known of the session, and later may be better.
            assert_eq!((error.code, error.outcome), (ErrorCode::ServiceFault, Outcome::Unknown), "{status} {page}");
            assert!(error.retryable && error.status == Some(status), "{status} {page}");
            assert!(!error.message.contains("html"), "a page is no message: {}", error.message);
        }
        for (status, code) in [(502, ErrorCode::ServiceFault), (504, ErrorCode::ServiceFault)] {
            assert_eq!((answer(status, page).failure().code), code);
        }
        // Gateways check tokens and sizes themselves.
        for (status, code) in [(401, ErrorCode::Unauthorized), (403, ErrorCode::Forbidden), (413, ErrorCode::TooLarge)]
        {
            let error = answer(status, page).failure();
            assert_eq!((error.code, error.outcome), (code, Outcome::Refused), "{status} {page}");
        }
    }
    for own in ["", "\r\n", r#"{"statusCode":404}"#, r#"{"code":"NOT_FOUND"}"#, r#"{"identifier":"trace"}"#] {
        assert!(says_absent(&answer(404, own)), "{own:?}");
        assert_eq!(answer(404, own).failure().code, ErrorCode::NotFound, "{own:?}");
    }
}

#[test]
fn a_wait_is_taken_from_its_header() {
    let wait = |retry_after| Answer { status: 420, retry_after: Some(retry_after), body: b"" }.failure().retry_after_ms;
    assert_eq!((wait("60"), wait(" 2 "), wait("0")), (Some(60_000), Some(2_000), Some(0)));
    assert_eq!((wait("soon"), wait(""), wait("-1"), wait("1.5")), (None, None, None, None));
    assert_eq!(wait("18446744073709551615"), Some(u64::MAX), "never wraps");
}
