//! Tickets: what they hold and what never, that they are read back as they were written, and what is refused. How an
//! allocation goes on from one is in `allocation_rules.rs` and, under faults, in `crates/simulation`.

mod support;

use std::collections::BTreeMap;

use matchport_core::allocation::{AllocateRequest, MAX_TICKET_BYTES, Phase, ResumeOptions, Ticket, TtlPolicy, WaitFor};
use matchport_core::engine::{Engine, EngineConfig, Input, OperationId};
use matchport_core::environment::Environment;
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::placement::PlayerLatencies;
use matchport_testkit::World;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::*;

const SECRET: &str = "value-that-must-not-leak";

/// An allocation with everything that a ticket could hold.
fn everything() -> AllocateRequest {
    AllocateRequest {
        session_id: Some(session()),
        env: BTreeMap::from([("SECRET".to_owned(), SECRET.to_owned()), ("MAP".into(), "dust2".into())]),
        args: vec!["--port".into(), "7777".into()],
        labels: BTreeMap::from([("mode".to_owned(), "ranked".to_owned())]),
        version: Some("1.2.3".into()),
        restart: Some(true),
        external_id: Some("mine".into()),
        ttl: TtlPolicy::EndAfter("2h".parse().expect("a time")),
        wait_for: WaitFor::Allocated,
        ..request()
    }
}

/// The first ticket of an allocation.
fn ticket_of(request: AllocateRequest) -> Ticket {
    let mut world = world();
    by_hand(&mut world);
    allocate(&mut world, request);
    tickets(&world)[0].clone()
}

fn env() -> BTreeMap<String, String> {
    everything().env
}

fn resume(world: &mut World, ticket: &Ticket, options: ResumeOptions) -> OperationId {
    let id = world.next_operation();
    world.input(Input::Resume { id, ticket: Box::new(ticket.clone()), options, entropy: World::entropy(id) });
    id
}

/// A ticket as it was written by the first version: this text never changes.
const VERSION_1: &str = r#"{
    "matchport_ticket": 1,
    "base_url": "https://api.sandbox-gameye.gameye.net",
    "session": "550e8400-e29b-41d4-a716-446655440000",
    "phase": "allocating",
    "location": "eu-west-1",
    "locations": ["eu-west-1", "us-east-1"],
    "wait_for": "running",
    "remaining_ms": 90000,
    "start": {
        "image": "game",
        "args": ["--port", "7777"],
        "labels": { "mode": "ranked" },
        "version": "1.2.3",
        "restart": true,
        "external_id": "mine",
        "ttl": 7200,
        "env_names": ["MAP"]
    }
}"#;

/// The same, before the locations were known.
const VERSION_1_UNPLACED: &str = r#"{
    "matchport_ticket": 1,
    "base_url": "https://api.sandbox-gameye.gameye.net",
    "session": "550e8400-e29b-41d4-a716-446655440000",
    "phase": "settling",
    "location": null,
    "locations": [],
    "wait_for": "allocated",
    "remaining_ms": 0,
    "start": { "image": "game", "env_names": ["MAP"], "env": { "MAP": "dust2" } },
    "unplaced": {
        "players": [{ "id": "ada", "latencies": { "eu-west-1": [23.0, 25.0] } }],
        "placement": {
            "figure": "median",
            "missing": "leave_out",
            "cap": { "limit_ms": 80.0, "relax_ms_per_second": 2.0, "ceiling_ms": 150.0 },
            "worst_weight": 0.5
        },
        "waited_ms": 0
    }
}"#;

#[test]
fn a_ticket_is_read_back_as_it_was_written() {
    let unplaced = AllocateRequest {
        locations: None,
        players: vec![PlayerLatencies::new("ada").with(EU, vec![20.0, 22.5]).with(US, 90.0)],
        ..everything()
    };
    for request in [request(), everything(), unplaced, AllocateRequest { env_in_ticket: true, ..everything() }] {
        let ticket = ticket_of(request);
        let read = Ticket::from_json(&ticket.to_json()).expect("its own text");
        assert!(read == ticket, "{}", ticket.to_json());
        assert_eq!(read.to_json(), ticket.to_json());
        assert_eq!((read.phase(), read.image()), (Phase::Allocating, "game"));
        assert_eq!(read.base_url(), "https://api.sandbox-gameye.gameye.net");
        // Within another document it is written by serde, and must look the same.
        let text: Value = serde_json::from_str(&ticket.to_json()).expect("JSON");
        assert_eq!(as_doubles(text), as_doubles(serde_json::to_value(&ticket).expect("JSON")));
    }
}

/// `20` and `20.0` are one number of JSON's.
fn as_doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(list) => list.into_iter().map(as_doubles).collect(),
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, as_doubles(value))).collect(),
        other => other,
    }
}

#[test]
fn a_ticket_never_holds_the_token_and_the_environment_only_when_asked() {
    let mut world = world();
    let id = allocate(&mut world, everything());
    world.run_until(1);
    world.input(Input::Cancel { id });
    world.run();
    assert!(tickets(&world).len() >= 2, "one for the start, one for the stop");
    for ticket in tickets(&world) {
        let text = format!("{} {ticket:?}", ticket.to_json());
        assert!(!text.contains(TOKEN) && !text.contains("Bearer"), "{text}");
        assert!(!text.contains(SECRET) && !text.contains("dust2"), "{text}");
        let json: Value = serde_json::from_str(&ticket.to_json()).expect("JSON");
        assert_eq!(json["start"]["env_names"], json!(["MAP", "SECRET"]));
    }
    let asked = ticket_of(AllocateRequest { env_in_ticket: true, ..everything() });
    let json: Value = serde_json::from_str(&asked.to_json()).expect("JSON");
    assert_eq!(json["start"]["env"], json!({ "MAP": "dust2", "SECRET": SECRET }));
    assert!(!format!("{asked:?}").contains(SECRET), "never in Debug");
    assert!(!asked.to_json().contains(TOKEN));
}

#[test]
fn tickets_of_the_first_version_stay_readable() {
    let ticket = Ticket::from_json(VERSION_1).expect("version 1");
    assert_eq!(ticket.session().as_str(), "550e8400-e29b-41d4-a716-446655440000");
    assert_eq!((ticket.image(), ticket.location(), ticket.phase()), ("game", Some(EU), Phase::Allocating));
    let written: Value = serde_json::from_str(&ticket.to_json()).expect("JSON");
    assert_eq!(written, serde_json::from_str::<Value>(VERSION_1).expect("JSON"), "and are written the same");

    let unplaced = Ticket::from_json(VERSION_1_UNPLACED).expect("version 1");
    assert_eq!((unplaced.location(), unplaced.phase()), (None, Phase::Settling));
    let written: Value = serde_json::from_str(&unplaced.to_json()).expect("JSON");
    assert_eq!(written["unplaced"]["players"][0]["latencies"]["eu-west-1"], json!([23, 25]));
}

#[test]
fn a_ticket_of_the_first_version_goes_on() {
    let ticket = Ticket::from_json(VERSION_1).expect("version 1");
    let mut world = world();
    let env = Some(BTreeMap::from([("MAP".to_owned(), "dust2".to_owned())]));
    let id = resume(&mut world, &ticket, ResumeOptions { env, ..ResumeOptions::default() });
    world.run();
    let id_text = "550e8400-e29b-41d4-a716-446655440000";
    assert_eq!(allocation(&world, id).id.as_str(), id_text);
    assert_eq!(world.lines()[..2], [format!("GET /session/{id_text}").as_str(), "POST /session"]);
    let body: Value = serde_json::from_slice(world.sent[1].body.as_deref().expect("a body")).expect("JSON");
    let expected = json!({
        "id": id_text, "image": "game", "location": "eu-west-1", "env": { "MAP": "dust2" }, "args": ["--port", "7777"],
        "labels": { "mode": "ranked" }, "version": "1.2.3", "restart": true, "external_id": "mine", "ttl": 7200,
    });
    assert_eq!(body, expected);
}

/// The ticket of version 1 with one change.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut ticket: Value = serde_json::from_str(VERSION_1).expect("JSON");
    change(&mut ticket);
    ticket.to_string()
}

#[test]
fn what_is_no_ticket_is_refused_with_its_field() {
    let long = "x".repeat(256);
    let many: Vec<_> = (0..1_001).map(|number| format!("l-{number}")).collect();
    let damaged: Vec<(&str, String)> = vec![
        ("ticket", String::new()),
        ("ticket", "null".into()),
        ("ticket", "[]".into()),
        ("ticket", "[1]".into()),
        ("ticket", "{}".into()),
        ("ticket", "\u{feff}{}".into()),
        ("ticket", VERSION_1[..VERSION_1.len() - 1].into()),
        ("ticket", format!("{VERSION_1}x")),
        ("ticket", "[".repeat(1_000_000)),
        ("ticket", changed(|it| it["matchport_ticket"] = json!(0))),
        ("ticket", changed(|it| it["matchport_ticket"] = json!(2))),
        ("ticket", changed(|it| it["matchport_ticket"] = json!("1"))),
        ("ticket", changed(|it| it["news"] = json!(1))),
        ("ticket", changed(|it| it["start"]["news"] = json!(1))),
        ("ticket", changed(|it| it["phase"] = json!("done"))),
        ("ticket", changed(|it| it["wait_for"] = json!(1))),
        ("ticket", changed(|it| it["start"]["ttl"] = json!(0))),
        ("ticket", changed(|it| it["remaining_ms"] = json!(-1))),
        ("ticket.session", changed(|it| it["session"] = json!(""))),
        ("ticket.session", changed(|it| it["session"] = json!(".."))),
        ("ticket.session", changed(|it| it["session"] = json!("a\r\nb"))),
        ("ticket.session", changed(|it| it["session"] = json!(long))),
        ("ticket.base_url", changed(|it| it["base_url"] = json!(""))),
        ("ticket.base_url", changed(|it| it["base_url"] = json!("https://a/path"))),
        ("ticket.base_url", changed(|it| it["base_url"] = json!("https://a\r\nb"))),
        ("ticket.location", changed(|it| it["location"] = json!("elsewhere"))),
        ("ticket.location", changed(|it| it["locations"] = json!([]))),
        ("ticket.locations[1]", changed(|it| it["locations"] = json!([EU, ""]))),
        ("ticket.locations[1]", changed(|it| it["locations"] = json!([EU, long]))),
        ("ticket.locations", changed(|it| it["locations"] = json!(many))),
        ("ticket.remaining_ms", changed(|it| it["remaining_ms"] = json!(86_400_001))),
        ("ticket.start.image", changed(|it| it["start"]["image"] = json!(""))),
        ("ticket.start.args[0]", changed(|it| it["start"]["args"] = json!([""]))),
        ("ticket.start.labels[\"\"]", changed(|it| it["start"]["labels"] = json!({ "": "" }))),
        ("ticket.start.version", changed(|it| it["start"]["version"] = json!(long))),
        ("ticket.start.external_id", changed(|it| it["start"]["external_id"] = json!("\u{0}"))),
        ("ticket.start.env_names[0]", changed(|it| it["start"]["env_names"] = json!([""]))),
        ("ticket.start.env_names", changed(|it| it["start"]["env_names"] = json!(many))),
        ("ticket.start.env[\"MAP\"]", changed(|it| it["start"]["env"] = json!({ "MAP": "" }))),
        ("ticket.start.env", changed(|it| it["start"]["env"] = json!({ "OTHER": "x" }))),
    ];
    for (field, text) in damaged {
        let shown: String = text.chars().take(700).collect();
        let invalid = Ticket::from_json(&text).expect_err(&shown);
        assert_eq!(invalid.field, field, "{shown}");
        assert!(!invalid.to_string().contains("dust2"), "{invalid}");
    }
}

#[test]
fn a_ticket_that_is_too_large_is_refused_unread() {
    let padded = format!("{VERSION_1}{}", " ".repeat(MAX_TICKET_BYTES));
    assert_eq!(Ticket::from_json(&padded).expect_err("too large").field, "ticket");
    let just = format!("{VERSION_1}{}", " ".repeat(MAX_TICKET_BYTES - VERSION_1.len()));
    assert!(Ticket::from_json(&just).is_ok());
}

#[test]
fn the_version_is_said_when_it_is_another() {
    let error = Ticket::from_json(&changed(|it| it["matchport_ticket"] = json!(7))).expect_err("version 7").to_string();
    assert!(error.contains("version 7") && error.contains("reads 1"), "{error}");
}

#[test]
fn an_error_repeats_no_value_of_the_environment() {
    let with_env = ticket_of(AllocateRequest { env_in_ticket: true, ..everything() }).to_json();
    // Every byte in turn is damaged; what is still a ticket is one.
    for at in 0..with_env.len() {
        for damage in [b'"', b'}', b'0', 0xff] {
            let mut bytes = with_env.clone().into_bytes();
            bytes[at] = damage;
            if let Err(invalid) = Ticket::from_json(&String::from_utf8_lossy(&bytes)) {
                let text = format!("{invalid} {invalid:?}");
                assert!(!text.contains("must-not-leak") && !text.contains("dust2"), "{text}");
            }
        }
    }
}

#[test]
fn a_ticket_of_another_service_is_refused_and_nothing_is_sent() {
    let ticket = Ticket::from_json(VERSION_1).expect("version 1");
    for elsewhere in ["production", "local", "https://api.sandbox-gameye.gameye.net:8443"] {
        let environment: Environment = elsewhere.parse().expect("an environment");
        let mut world = world_with(EngineConfig { environment, ..config() });
        for settle in [false, true] {
            let id =
                resume(&mut world, &ticket, ResumeOptions { env: Some(env()), settle, ..ResumeOptions::default() });
            let error = &failure(&world, id).error;
            assert_eq!((error.code, error.outcome), (ErrorCode::InvalidInput, Outcome::NotSent), "{elsewhere}");
            assert_eq!(error.field.as_deref(), Some("ticket"), "{elsewhere}");
            assert!(error.message.contains("api.sandbox"), "it says where it belongs: {}", error.message);
        }
        world.run();
        assert_eq!(world.lines(), Vec::<&str>::new());
    }
}

#[test]
fn the_environment_is_asked_for_when_it_is_missing() {
    let ticket = ticket_of(everything());
    let missing = [None, Some(BTreeMap::new()), Some(BTreeMap::from([("MAP".to_owned(), "dust2".to_owned())]))];
    for env in missing {
        let mut world = world();
        let id = resume(&mut world, &ticket, ResumeOptions { env, ..ResumeOptions::default() });
        let error = &failure(&world, id).error;
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("env")));
        assert_eq!(world.lines(), Vec::<&str>::new());
    }
    let mut world = world();
    let id = resume(&mut world, &ticket, ResumeOptions { env: Some(env()), ..ResumeOptions::default() });
    world.run();
    allocation(&world, id);
    let body: Value = serde_json::from_slice(world.sent[1].body.as_deref().expect("a start")).expect("JSON");
    assert_eq!(body["env"], json!({ "MAP": "dust2", "SECRET": SECRET }));
}

#[test]
fn settling_needs_no_environment() {
    let ticket = ticket_of(everything());
    let mut world = world();
    let id = resume(&mut world, &ticket, ResumeOptions { settle: true, ..ResumeOptions::default() });
    world.run();
    assert_eq!(failure(&world, id).error.code, ErrorCode::Cancelled);
    assert!(world.lines().iter().all(|line| *line == "DELETE /session/s-1"), "{:?}", world.lines());
}

#[test]
fn options_of_a_resume_are_checked() {
    let ticket = ticket_of(request());
    let bad_env = BTreeMap::from([("A=B".to_owned(), "x".to_owned())]);
    let refused = [
        ("deadline_ms", ResumeOptions { deadline_ms: Some(0), ..ResumeOptions::default() }),
        ("deadline_ms", ResumeOptions { deadline_ms: Some(u64::MAX), ..ResumeOptions::default() }),
        ("env[\"A=B\"]", ResumeOptions { env: Some(bad_env), ..ResumeOptions::default() }),
    ];
    for (field, options) in refused {
        let mut world = world();
        let id = resume(&mut world, &ticket, options);
        assert_eq!(failure(&world, id).error.field.as_deref(), Some(field));
        assert_eq!(world.lines(), Vec::<&str>::new());
    }
}

#[test]
fn debug_of_the_options_hides_the_environment() {
    let options = ResumeOptions { env: Some(env()), ..ResumeOptions::default() };
    let text = format!("{options:?}");
    assert!(text.contains("MAP") && !text.contains("dust2") && !text.contains(SECRET), "{text}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = Ticket::from_json(&text);
    }

    /// Whatever is still a ticket can be resumed, or is refused.
    #[test]
    fn no_damage_panics(at in 0_usize..700, with in "\\PC{0,3}") {
        let at = (0..=at.min(VERSION_1.len())).rev().find(|at| VERSION_1.is_char_boundary(*at)).unwrap_or(0);
        let text = format!("{}{with}{}", &VERSION_1[..at], &VERSION_1[at..]);
        if let Ok(ticket) = Ticket::from_json(&text) {
            let mut engine = Engine::new(config()).expect("valid");
            let (id, options) = (OperationId(1), ResumeOptions { settle: true, ..ResumeOptions::default() });
            let input = Input::Resume { id, ticket: Box::new(ticket), options, entropy: World::entropy(id) };
            engine.handle(input, 0).expect("taken");
        }
    }
}
