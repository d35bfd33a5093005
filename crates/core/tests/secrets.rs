//! The token and the values of `env` appear in no `Debug`, no text and no JSON of anything that is handed out, even
//! when the service echoes them. A ticket holds the environment only when asked (`tickets.rs`).

mod support;

use std::collections::BTreeMap;

use matchport_core::allocation::AllocateRequest;
use matchport_core::engine::{
    Completion, Engine, Event, HttpRequest, Input, Operation, OperationId, Output, TransportFailure,
    TransportFailureKind,
};
use matchport_core::http::Answer;
use matchport_core::model::{SessionFilter, StartSession};
use matchport_core::secret::Token;
use matchport_testkit::{Fault, Reply, World};
use serde_json::json;
use support::*;

const SECRET: &str = "value-that-must-not-leak";
const MULTILINE: &str = "first secret line\n\"second\" line";

fn env() -> BTreeMap<String, String> {
    BTreeMap::from([("KEY".to_owned(), SECRET.to_owned()), ("PEM".into(), MULTILINE.into())])
}

fn secret_allocation() -> AllocateRequest {
    AllocateRequest { env: env(), ..request() }
}

fn assert_silent(text: &str) {
    for secret in [TOKEN, SECRET, "first secret", "\"second\"", "second\\\" line"] {
        assert!(!text.contains(secret), "{secret:?} is in {text}");
    }
}

/// Everything that a world has handed out, in each way to print it.
fn assert_world_silent(world: &World) {
    for (_, event) in &world.events {
        assert_silent(&format!("{event:?}"));
        match event {
            Event::Failed { failure, .. } => {
                assert_silent(&format!("{failure} {}", failure.error));
                assert_silent(&serde_json::to_string(failure).expect("JSON"));
            }
            Event::Progress { progress, .. } => assert_silent(&serde_json::to_string(progress).expect("JSON")),
            Event::Ticket { ticket, .. } => assert_silent(&ticket.to_json()),
            Event::Completed { completion: Completion::Allocated(allocation), .. } => {
                assert_silent(&serde_json::to_string(allocation).expect("JSON"));
            }
            _ => {}
        }
    }
    assert_silent(&format!("{:?}", world.engine));
    assert_silent(&format!("{:?}", world.breaches));
}

/// An error body that repeats a secret in each of its fields.
fn echo(status: u16, secret: &str) -> Reply {
    let text = format!("you sent {secret}!");
    Reply::json(
        status,
        &json!({
            "statusCode": status, "code": text, "message": text, "details": { "header": text }, "path": text,
            "identifier": text, "timestamp": text,
            "violations": [{ "field": text, "description": text }, { "field": "env", "description": secret }],
        }),
    )
}

#[test]
fn nothing_that_a_caller_makes_prints_a_secret() {
    let token = Token::new(TOKEN).expect("valid");
    assert_silent(&format!("{token:?} {:?}", config()));
    let allocate = Operation::Allocate(Box::new(secret_allocation()));
    assert_silent(&format!("{:?} {allocate:?}", secret_allocation()));
    let start = StartSession { env: env(), location: EU.into(), image: "game".into(), ..StartSession::default() };
    assert_silent(&format!("{start:?}"));
    let id = OperationId(1);
    let input = Input::Submit { id, operation: allocate, entropy: World::entropy(id) };
    assert_silent(&format!("{input:?}"));
    let answer = Answer { status: 401, retry_after: None, body: TOKEN.as_bytes() };
    assert_silent(&format!("{answer:?}"));
}

/// The requests of an engine, as a driver gets them.
fn requests(operation: Operation) -> Vec<HttpRequest> {
    let mut engine = Engine::new(config()).expect("valid");
    let id = OperationId(1);
    engine.handle(Input::Submit { id, operation, entropy: World::entropy(id) }, 0).expect("taken");
    let mut requests = Vec::new();
    loop {
        match engine.poll(0) {
            Output::Send(request) => requests.push(*request),
            Output::WaitUntil(_) | Output::Idle => return requests,
            _ => {}
        }
    }
}

#[test]
fn a_request_shows_neither_its_token_nor_its_body() {
    for operation in [Operation::Allocate(Box::new(secret_allocation())), join(), stop()] {
        for request in requests(operation) {
            assert!(request.headers().any(|(_, value)| value.contains(TOKEN)), "it is sent");
            assert_silent(&format!("{request:?}"));
            assert_silent(&format!("{:?}", Output::Send(Box::new(request))));
        }
    }
}

#[test]
fn a_service_that_echoes_a_secret_is_not_repeated() {
    let statuses = [400, 401, 402, 403, 404, 409, 420, 422, 429, 500, 503];
    let mut operations = calls();
    operations.push(Operation::Allocate(Box::new(secret_allocation())));
    operations.push(Operation::Allocate(Box::new(AllocateRequest { locations: None, ..secret_allocation() })));
    for operation in operations {
        let secrets = if matches!(operation, Operation::Allocate(_)) {
            &[TOKEN, SECRET, MULTILINE][..]
        } else {
            &[TOKEN][..] // Only an allocation has an environment.
        };
        for secret in secrets {
            for status in statuses {
                let mut world = world();
                let reply = echo(status, secret);
                always(&mut world, Fault::Gateway { returns: 2, reply });
                world.submit(operation.clone());
                world.run();
                assert!(world.events.iter().any(|(_, event)| event.is_terminal()));
                assert_world_silent(&world);
            }
        }
    }
}

#[test]
fn a_backfill_repeats_no_token() {
    for status in [401, 403, 404, 422, 500] {
        for first in [0, 1, 2] {
            let mut world = running();
            let reply = echo(status, TOKEN);
            world.with_faults(move |_, number| {
                if number < first { Fault::PROMPT } else { Fault::Gateway { returns: 2, reply: reply.clone() } }
            });
            let request = matchport_core::backfill::BackfillRequest::new("game", 8, vec!["ada".into()]);
            world.submit(Operation::Backfill(Box::new(request)));
            world.run();
            assert_world_silent(&world);
        }
    }
}

#[test]
fn a_stream_repeats_no_token() {
    let mut world = world();
    by_hand(&mut world);
    world.submit(Operation::Logs { session: session(), follow: false });
    let request = world.sent[0].request;
    let answer = Answer { status: 403, retry_after: None, body: b"" };
    world.input(Input::StreamStarted { request, answer });
    world.input(Input::StreamData { request, bytes: &echo(403, TOKEN).body });
    world.input(Input::StreamEnded { request });
    assert_eq!(world.events.len(), 1);
    assert_world_silent(&world);
}

#[test]
fn a_transport_that_prints_the_token_is_not_repeated() {
    for operation in calls() {
        let mut world = world();
        by_hand(&mut world);
        world.submit(operation);
        for attempt in 0..4 {
            let message = format!("header authorization: Bearer {TOKEN} is odd");
            let failure = TransportFailure { kind: TransportFailureKind::NotSent, message };
            world.input(Input::TransportFailed { request: world.sent[attempt].request, failure });
            world.run_until(world.now + 1_000);
        }
        assert_eq!(world.events.len(), 1);
        assert_world_silent(&world);
    }
}

#[test]
fn a_long_echo_leaves_no_part_of_a_secret() {
    // Texts of the service are cut at 1 KiB: at each place of the cut, what is left of the secret is hidden too.
    for before in 990..1030 {
        let mut world = world();
        let message = format!("{} {TOKEN} and more {}", "x".repeat(before), "y".repeat(100));
        let body = json!({ "statusCode": 403, "code": "FORBIDDEN", "message": message, "identifier": message });
        always(&mut world, Fault::Gateway { returns: 2, reply: Reply::json(403, &body) });
        let id = world.submit(stop());
        world.run();
        let text = format!("{:?}", failure(&world, id));
        assert!(!text.contains(&TOKEN[..4]), "cut after {before} bytes: {text}");
    }
}

#[test]
fn labels_of_a_session_show_no_environment() {
    let mut world = world();
    let entry = json!({
        "id": "s-1", "image": "game", "location": EU, "host": "10.1.2.3", "created": 1, "port": {},
        "labels": { "env": json!({ "KEY": SECRET }).to_string() },
    });
    let list = json!({ "sessions": [entry] });
    let replies = [Reply::json(200, &list), Reply::json(200, &entry)];
    script(&mut world, replies.map(|reply| Fault::Gateway { returns: 2, reply }));
    world.submit(Operation::List(SessionFilter::default()));
    world.submit(Operation::Describe(session()));
    world.run();
    assert_eq!(world.events.len(), 2);
    assert_world_silent(&world);
}

#[test]
fn an_unreadable_answer_is_not_repeated() {
    for operation in calls() {
        let mut world = world();
        let body = json!({ "count": TOKEN, "sessions": TOKEN, "locations": TOKEN, "exists": TOKEN, "id": [TOKEN] });
        always(&mut world, Fault::Gateway { returns: 2, reply: Reply::json(200, &body) });
        world.submit(operation);
        world.run();
        assert_world_silent(&world);
    }
}
