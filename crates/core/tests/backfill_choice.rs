//! Choosing a session with open slots from the bytes of a list: which is best, which does not serve, and what a list
//! may look like. Joining is in `backfill.rs`.

mod support;

use matchport_core::backfill::{BackfillRequest, OpenSession, Prefer, best_sessions};
use matchport_core::error::{Error, ErrorCode};
use matchport_core::http::Answer;
use serde_json::{Value, json};
use support::{EU, US};

const CAPACITY: u32 = 8;

/// Two players who look for a session of eight.
fn two() -> BackfillRequest {
    BackfillRequest::new("game", CAPACITY, vec!["ada".into(), "bob".into()])
}

fn entry(id: &str, location: &str, players: u32, created: u64) -> Value {
    json!({
        "id": id, "image": "game", "location": location, "host": "10.1.2.3", "created": created,
        "port": { "7777/udp": 20_001 }, "status": "running", "playerCount": players,
    })
}

fn with(mut entry: Value, key: &str, value: Value) -> Value {
    entry[key] = value;
    entry
}

fn without(mut entry: Value, key: &str) -> Value {
    entry.as_object_mut().expect("an object").remove(key);
    entry
}

fn choose_from_bytes(body: &[u8], request: &BackfillRequest, most: usize) -> Result<Vec<OpenSession>, Error> {
    best_sessions(&Answer { status: 200, retry_after: None, body }, request, most)
}

/// The ids of the best, from a list of these entries.
fn choose(entries: &[Value], request: &BackfillRequest) -> Vec<String> {
    let body = json!({ "sessions": entries }).to_string();
    let best = choose_from_bytes(body.as_bytes(), request, 10).expect("readable");
    best.iter().map(|session| session.id.to_string()).collect()
}

#[test]
fn the_fullest_or_the_emptiest_first() {
    let entries = [entry("some", EU, 3, 1), entry("most", EU, 6, 1), entry("none", EU, 0, 1)];
    assert_eq!(choose(&entries, &two()), ["most", "some", "none"]);
    let emptiest = BackfillRequest { prefer: Prefer::Emptiest, ..two() };
    assert_eq!(choose(&entries, &emptiest), ["none", "some", "most"]);
}

#[test]
fn the_order_of_locations_counts_before_the_load() {
    let entries = [entry("us-full", US, 6, 1), entry("eu-empty", EU, 0, 1), entry("asia", "ap-southeast-1", 6, 1)];
    let ordered = |locations: &[&str]| BackfillRequest {
        locations: Some(locations.iter().map(|&location| location.to_owned()).collect()),
        ..two()
    };
    assert_eq!(choose(&entries, &ordered(&[EU, US])), ["eu-empty", "us-full"], "no other location");
    assert_eq!(choose(&entries, &ordered(&[US, EU])), ["us-full", "eu-empty"]);
    assert_eq!(choose(&entries, &ordered(&["ap-southeast-1"])), ["asia"]);
    assert_eq!(choose(&entries, &ordered(&["nowhere"])), Vec::<String>::new());
    assert_eq!(choose(&entries, &two()), ["asia", "us-full", "eu-empty"], "any location: the load, then the id");
}

#[test]
fn among_equals_the_oldest_then_the_id() {
    let entries = [entry("young", EU, 4, 300), entry("b", EU, 4, 100), entry("a", EU, 4, 100), entry("old", EU, 4, 99)];
    assert_eq!(choose(&entries, &two()), ["old", "a", "b", "young"]);
}

#[test]
fn only_sessions_with_room_for_all_serve() {
    let entries = [entry("just", EU, 6, 1), entry("one", EU, 7, 1), entry("full", EU, 8, 1), entry("over", EU, 9, 1)];
    assert_eq!(choose(&entries, &two()), ["just"]);
    let absurd = with(entry("absurd", EU, 0, 1), "playerCount", json!(u32::MAX));
    assert_eq!(choose(&[absurd], &two()), Vec::<String>::new(), "nothing overflows");
    let all = BackfillRequest::new("game", 2, vec!["ada".into(), "bob".into()]);
    assert_eq!(choose(&[entry("empty", EU, 0, 1), entry("one", EU, 1, 1)], &all), ["empty"]);
}

#[test]
fn a_count_or_status_that_is_not_said_counts_as_room() {
    let entries = [
        without(entry("no-count", EU, 0, 1), "playerCount"),
        with(entry("null-count", EU, 0, 2), "playerCount", Value::Null),
        without(entry("no-status", EU, 0, 3), "status"),
        with(entry("null-status", EU, 0, 4), "status", Value::Null),
        without(entry("no-created", EU, 0, 1), "created"),
    ];
    assert_eq!(choose(&entries, &two()), ["no-created", "no-count", "null-count", "no-status", "null-status"]);
}

#[test]
fn only_running_sessions_of_the_image_serve() {
    let not_running =
        ["created", "restarting", "exited", "dead", "draining", "shuttingdown", "server_unreachable", "on_fire", ""];
    let mut entries: Vec<_> =
        not_running.iter().map(|status| with(entry(status, EU, 1, 1), "status", json!(status))).collect();
    entries.push(with(entry("other-image", EU, 1, 1), "image", json!("Game")));
    assert_eq!(choose(&entries, &two()), Vec::<String>::new());
}

#[test]
fn what_nobody_could_be_sent_to_is_passed_over() {
    let entries = [
        entry("", EU, 6, 1),
        entry("..", EU, 6, 1),
        with(entry("bad-port", EU, 6, 1), "port", json!({ "7777/udp": 0 })),
        with(entry("odd-port", EU, 6, 1), "port", json!("7777")),
        entry("fine", EU, 5, 1),
    ];
    assert_eq!(choose(&entries, &two()), ["fine"]);
}

#[test]
fn no_more_than_asked_for_and_those_are_the_best() {
    let entries: Vec<_> = (0..100).map(|n| entry(&format!("s-{n:02}"), EU, (n * 37) % 7, u64::from(n))).collect();
    let body = json!({ "sessions": entries }).to_string();
    let all = choose_from_bytes(body.as_bytes(), &two(), 1000).expect("readable");
    assert_eq!(all.len(), 100);
    assert!(all.windows(2).all(|pair| pair[0].players >= pair[1].players));
    for most in [0, 1, 7, 99] {
        let best = choose_from_bytes(body.as_bytes(), &two(), most).expect("readable");
        assert_eq!(best, all[..most], "the first {most}");
    }
}

#[test]
fn what_is_needed_to_join_and_connect_is_there() {
    let body = json!({ "sessions": [entry("s-1", EU, 3, 1)] }).to_string();
    let best = choose_from_bytes(body.as_bytes(), &two(), 1).expect("readable");
    let session = &best[0];
    assert_eq!((session.id.as_str(), &*session.location, &*session.host, session.players), ("s-1", EU, "10.1.2.3", 3));
    assert_eq!(session.ports.only().expect("one").host, 20_001);
}

#[test]
fn texts_with_escapes_are_read_like_others() {
    let body = br#"{"sessions":[{"id":"s\u002d1","image":"g\u0061me","location":"eu\u002dwest-1","host":"h",
        "created":1,"port":{"7777\/udp":20001},"status":"runn\u0069ng","playerCount":1}]}"#;
    let best = choose_from_bytes(body, &two(), 1).expect("readable");
    assert_eq!((best[0].id.as_str(), &*best[0].location), ("s-1", EU));
}

#[test]
fn lists_that_are_none() {
    let garbage = [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        "{\"sessions\":{}}",
        "{\"sessions\":\"\"}",
        "{\"sessions\":[1]}",
        "{\"sessions\":[{}]}",
        "{\"sessions\":[",
        "{\"sessions\":[]",
        "{\"sessions\":[]}x",
        "{\"sessions\":[{\"id\":\"s\",\"image\":\"game\",\"location\":\"l\",\"created\":1,\"port\":{}}]}",
    ];
    for body in garbage {
        let error = choose_from_bytes(body.as_bytes(), &two(), 10).expect_err(body);
        assert_eq!((error.code, error.status), (ErrorCode::UnreadableResponse, Some(200)), "{body}");
    }
    for empty in ["{\"sessions\":[]}", "{\"sessions\":null}", "{\"next\":{\"a\":[[1]]},\"sessions\":[]}"] {
        assert_eq!(choose_from_bytes(empty.as_bytes(), &two(), 10).expect(empty), []);
    }
    let deep = format!("{{\"more\":{}{},\"sessions\":[]}}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(choose_from_bytes(deep.as_bytes(), &two(), 10).is_ok_and(|best| best.is_empty()), "no stack is spent");
}

#[test]
fn other_statuses_are_what_they_stand_for() {
    for (status, code) in [(401, ErrorCode::Unauthorized), (403, ErrorCode::Forbidden), (503, ErrorCode::ServiceFault)]
    {
        let error = best_sessions(&Answer { status, retry_after: None, body: b"" }, &two(), 1).expect_err("no list");
        assert_eq!((error.code, error.status), (code, Some(status)));
    }
}

#[test]
fn the_best_of_a_hundred_thousand() {
    let mut body = String::from("{\"sessions\":[");
    for n in 0..100_000_u32 {
        let players = if n == 77_777 { 6 } else { (n * 7919) % 6 };
        if n > 0 {
            body.push(',');
        }
        let labels = json!({ "tags": "{\"mode\":\"ranked\"}", "env": "{\"MAP\":\"dust2\"}" });
        let entry = with(entry(&format!("session-{n:06}"), EU, players, u64::from(n)), "labels", labels);
        body.push_str(&entry.to_string());
    }
    body.push_str("]}");
    let mut best = Vec::new();
    let cost = allocation_counter::measure(|| {
        best = choose_from_bytes(body.as_bytes(), &two(), 3).expect("readable");
    });
    // The list is borrowed: what is copied is what was among the best for a while.
    assert!(cost.count_total < 1_000 && cost.bytes_max < 100_000, "{cost:?}");
    let ids: Vec<_> = best.iter().map(|session| session.id.as_str()).collect();
    assert_eq!((ids[0], best[1].players, best[2].players), ("session-077777", 5, 5));
}
