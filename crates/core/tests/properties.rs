//! Whatever comes from outside: any bytes into every reader, any text through every builder, any answers to every
//! operation. Nothing panics, nothing hangs, and no text gets out of its place in an address.

mod support;

use std::collections::BTreeMap;

use matchport_core::allocation::AllocateRequest;
use matchport_core::backfill::{BackfillRequest, best_sessions};
use matchport_core::check::InvalidInput;
use matchport_core::engine::Operation;
use matchport_core::environment::BaseUrl;
use matchport_core::http::{self, Answer, RequestParts};
use matchport_core::model::{Labels, SessionFilter, SessionId, StartSession, Ttl};
use matchport_core::secret::Token;
use matchport_testkit::{Fault, Reply};
use proptest::collection::vec;
use proptest::prelude::*;
use support::*;

/// Every reader, one after the other.
fn read_with_all(status: u16, retry_after: Option<&str>, body: &[u8]) {
    let answer = Answer { status, retry_after, body };
    let _ = http::start::read(&answer);
    let _ = http::list::read(&answer);
    let _ = http::session::read_description(&answer).map(|session| (session.labels.tags(), session.labels.env()));
    let _ = http::session::read_stop(&answer);
    let _ = http::players::read(&answer);
    let _ = http::locations::read(&answer);
    let _ = http::tag::read(&answer);
    let _ = http::says_absent(&answer);
    let _ = best_sessions(&answer, &BackfillRequest::new("game", 8, vec!["ada".into()]), 3);
    let failure = answer.failure();
    assert!(failure.to_string().len() < 1_000_000, "an error is no place for a page");
}

/// Bodies as the service writes them, to be damaged.
const BODIES: &[&str] = &[
    r#"{"id":"s-1","host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]}"#,
    r#"{"sessions":[{"id":"s-1","image":"game","location":"eu-west-1","host":"h","created":1712345678901,
        "port":{"7777/udp":27015},"status":"running","playerCount":3,"labels":{"tags":"{\"a\":\"b\"}"}}]}"#,
    r#"{"id":"s-1","image":"game","location":"l","host":"h","created":1.7e12,"port":{"7777/udp":27015},
        "status":"created","players":{"joined":["ada"],"joinedCount":1}}"#,
    r#"{"count":2,"players":["ada","bob"]}"#,
    r#"{"locations":[{"id":"eu-west-1","ips":["185.12.34.56"]}]}"#,
    r#"{"exists":true}"#,
    r#"{"statusCode":422,"code":"INVALID_REQUEST","message":"bad","details":{"a":[1]},"path":"/session",
        "identifier":"t","timestamp":"now","violations":[{"field":"ttl","description":"odd"}]}"#,
];

/// A body with some bytes put in the place of others.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..4),
        proptest::sample::select(vec!["null", "-1", "1e400", "[", "{", "\"", "\\ud800", "0.5", "[[]]", ","])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (0..BODIES.len(), any::<proptest::sample::Index>(), 0_usize..12, piece).prop_map(|(body, at, gone, piece)| {
        let body = BODIES[body].as_bytes();
        let at = at.index(body.len());
        let end = (at + gone).min(body.len());
        [&body[..at], &piece, &body[end..]].concat()
    })
}

fn statuses() -> impl Strategy<Value = u16> {
    let documented = proptest::sample::select(vec![200, 201, 204, 400, 401, 402, 403, 404, 409, 420, 422, 429, 500]);
    prop_oneof![4 => documented, 1 => any::<u16>()]
}

/// Texts with everything that means something in an address.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", "[a-z/?#%&=+:;@.\\[\\]\\\\ \\r\\n\\x00ü€-]{0,12}", Just(String::new()), Just("..".into())]
}

/// A path that any HTTP library takes as it is: `/`, then only what RFC 3986 allows there, and the brackets that the
/// API writes into its queries.
fn assert_in_place(parts: &RequestParts, segments: usize, pairs: usize) {
    let (path, query) = parts.path.split_once('?').unwrap_or((&parts.path, ""));
    let is_encoded = |text: &str, more: &[u8]| {
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let fine = match byte {
                b'%' => {
                    let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
                    hex(bytes.next()) && hex(bytes.next())
                }
                _ => byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || more.contains(&byte),
            };
            assert!(fine, "{:?}", parts.path);
        }
    };
    is_encoded(path, b"/");
    is_encoded(query, b"=&[]");
    assert!(path.starts_with('/'), "{path:?}");
    assert_eq!(path.split('/').skip(1).count(), segments, "{path:?}");
    assert!(
        path.split('/').skip(1).all(|segment| !segment.is_empty() && segment != "." && segment != ".."),
        "{path:?}"
    );
    let found = query.split('&').filter(|pair| !pair.is_empty());
    assert_eq!(found.clone().count(), pairs, "{query:?}");
    assert!(found.into_iter().all(|pair| pair.split('=').count() == 2), "{query:?}");
}

/// What a builder made, if it did; a refusal must name its field.
fn built(result: Result<RequestParts, InvalidInput>) -> Option<RequestParts> {
    result.map_err(|invalid| assert!(!invalid.field.is_empty() && !invalid.to_string().is_empty())).ok()
}

proptest! {
    #[test]
    fn any_bytes_into_every_reader(status in statuses(), after in "\\PC{0,6}", body in vec(any::<u8>(), 0..200)) {
        read_with_all(status, Some(&after), &body);
    }

    #[test]
    fn any_damage_into_every_reader(status in statuses(), body in damaged()) {
        read_with_all(status, None, &body);
    }

    #[test]
    fn any_packed_label_is_a_map_or_an_error(text in "\\PC{0,40}") {
        let labels: Labels = [("env", text)].into_iter().collect();
        let _ = labels.env();
    }

    #[test]
    fn any_text_stays_in_its_place_in_an_address(a in texts(), b in texts(), c in texts()) {
        if let Some(parts) = built(http::locations::request(&a)) {
            assert_in_place(&parts, 2, 0);
        }
        if let Some(parts) = built(http::tag::request(&a, &b, &c)) {
            assert_in_place(&parts, 4, 0);
        }
        if let Ok(id) = SessionId::new(a.as_str()) {
            assert_in_place(&http::session::describe_request(&id), 2, 0);
            assert_in_place(&http::session::stop_request(&id), 2, 0);
            assert_in_place(&http::logs::request(&id, true), 1, 2);
            if let Some(parts) = built(http::artifacts::request(&id, &format!("/{b}"))) {
                assert_in_place(&parts, 1, 2);
            }
        }
        let filter = SessionFilter {
            location: Some(a.clone()),
            having: BTreeMap::from([(b.clone(), c.clone())]),
            not_having: BTreeMap::from([(c, a)]),
            players_below: Some(3),
            ..SessionFilter::default()
        };
        if let Some(parts) = built(http::list::request(&filter)) {
            assert_in_place(&parts, 1, 4);
        }
    }

    #[test]
    fn any_text_comes_through_a_body_as_it_is(a in texts(), b in texts(), c in texts()) {
        let start = StartSession {
            location: "l".into(),
            image: "i".into(),
            env: BTreeMap::from([(a.clone(), b.clone())]),
            args: vec![c.clone()],
            labels: BTreeMap::from([(b.clone(), c.clone())]),
            ..StartSession::default()
        };
        if let Some(parts) = built(http::start::request(&start)) {
            let body: serde_json::Value = serde_json::from_slice(&parts.body.expect("a body")).expect("JSON");
            prop_assert_eq!(&body["env"][&a], &b);
            prop_assert_eq!(&body["args"][0], &c);
            prop_assert_eq!(&body["labels"][&b], &c);
        }
        if let (Ok(id), players) = (SessionId::new(a.as_str()), [b, c])
            && let Some(parts) = built(http::players::join_request(&id, &players))
        {
            let body: serde_json::Value = serde_json::from_slice(&parts.body.expect("a body")).expect("JSON");
            prop_assert_eq!(body, serde_json::json!({ "session": a, "players": players }));
        }
    }

    #[test]
    fn any_token_is_one_header_value_or_refused(text in texts()) {
        if let Ok(token) = Token::new(&text) {
            prop_assert_eq!(token.authorization(), format!("Bearer {text}"));
            prop_assert!(token.authorization().bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
            prop_assert_eq!(token.authorization().matches(' ').count(), 1);
        }
    }

    #[test]
    fn any_address_is_itself_again_or_refused(host in texts(), port in any::<u32>(), tail in texts()) {
        for text in [format!("https://{host}:{port}{tail}"), format!("http://{host}{tail}"), host] {
            if let Ok(address) = text.parse::<BaseUrl>() {
                let written = address.to_string();
                prop_assert!(!written.contains(char::is_whitespace) && !written.contains(char::is_control));
                prop_assert_eq!(written.matches('/').count(), 2, "no path: {}", &written);
                prop_assert_eq!(written.parse::<BaseUrl>().expect("its own text"), address);
            }
        }
    }

    #[test]
    fn any_ttl_is_in_range_and_never_shortened(text in "[0-9hms.-]{0,8}", seconds in any::<u64>()) {
        for ttl in [text.parse::<Ttl>(), Ttl::from_seconds(seconds % 3_000_000)].into_iter().flatten() {
            prop_assert!((1..=Ttl::MAX_SECONDS).contains(&ttl.seconds()));
            prop_assert_eq!(ttl.to_string().parse::<Ttl>().expect("its own text"), ttl);
            let rounded = ttl.duration_form().parse::<Ttl>().expect("its other form").seconds();
            prop_assert!((ttl.seconds()..ttl.seconds() + 60).contains(&rounded), "{} s as {} s", ttl, rounded);
        }
    }

    /// Whatever a service answers, each operation ends once and the engine keeps its contract.
    #[test]
    fn any_answers_end_every_operation(answers in vec((statuses(), damaged()), 1..6)) {
        let mut operations = calls();
        operations.push(Operation::Allocate(Box::new(AllocateRequest { deadline_ms: 20_000, ..request() })));
        operations.push(Operation::Allocate(Box::new(AllocateRequest { locations: None, ..request() })));
        operations.push(Operation::Backfill(Box::new(BackfillRequest::new("game", 8, vec!["ada".into()]))));
        for operation in operations {
            let mut world = world();
            let answers = answers.clone();
            world.with_faults(move |_, number| {
                let (status, body) = answers[number % answers.len()].clone();
                Fault::Gateway { returns: 2, reply: Reply { status, body } }
            });
            let id = world.submit(operation);
            world.run();
            let _ = end(&world, id);
            prop_assert_eq!(world.engine.operations(), 0);
            prop_assert_eq!(&world.breaches, &Vec::<String>::new());
            prop_assert!(world.sent.len() < 500, "{} requests", world.sent.len());
        }
    }
}

#[test]
fn deep_json_spends_no_stack() {
    /// A frame for each would be far more than any stack.
    const DEPTH: usize = 50_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let cut = open.repeat(DEPTH);
        for nested in [&deep, &cut] {
            read_with_all(200, None, nested.as_bytes());
            for field in
                ["more", "ports", "port", "sessions", "labels", "players", "locations", "violations", "details"]
            {
                for status in [200, 201, 422] {
                    read_with_all(status, None, format!("{{\"{field}\":{nested}}}").as_bytes());
                }
            }
        }
    }
}

#[test]
fn huge_bodies_are_read_or_refused() {
    let huge = "x".repeat(8 * 1024 * 1024);
    read_with_all(500, None, huge.as_bytes());
    read_with_all(422, None, format!("{{\"code\":\"{huge}\",\"message\":\"{huge}\"}}").as_bytes());
    let entries = vec!["{}"; 200_000].join(",");
    read_with_all(422, None, format!("{{\"violations\":[{entries}]}}").as_bytes());
    read_with_all(200, None, format!("{{\"sessions\":[{entries}]}}").as_bytes());
}
