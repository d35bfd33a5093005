//! One exit code for each kind of failure, with the document for programs on stdout and the reason on stderr.

mod common;

use common::proxy::{Proxy, Verdict};
use common::{Emulator, Finished, finish, program, run};
use serde_json::{Value, json};

/// An emulator on which something is always wrong.
const STRICT: &str = "quota = 1
[[token]]
value = 'all'
[[token]]
value = 'reader'
permissions = ['session:read', 'regions:read']
[[token]]
value = 'starter'
permissions = ['session:start', 'session:read', 'regions:read']
[[location]]
id = 'full'
capacity = 0
[[location]]
id = 'free'
[[image]]
name = 'demo'
ports = ['7777/udp']
[[image]]
name = 'slow'
ports = ['7777/udp']
ready_delay = '1h'
[[image]]
name = 'broken'
ports = ['7777/udp']
args = ['--exit', '3']
";

/// The document of a failed allocation has these fields and no others.
#[track_caller]
fn document(finished: &Finished) -> Value {
    let document = finished.json();
    let fields = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&document), ["error", "report", "ticket"]);
    assert_eq!(
        fields(&document["error"]),
        ["code", "identifier", "message", "outcome", "retryable", "status", "violations"]
    );
    document
}

fn allocate(emulator: &Emulator, token: &str, arguments: &[&str]) -> Finished {
    let mut command = emulator.command(["allocate", "--output", "json", "--token", token]);
    finish(command.args(arguments))
}

#[test]
fn refused_by_the_service_is_3() {
    let emulator = Emulator::with(Some(STRICT), &[]);
    let wrong = allocate(&emulator, "wrong", &["--image", "demo"]).ends_with(3).complains("--token");
    let error = document(&wrong)["error"].clone();
    assert_eq!((&error["code"], &error["status"]), (&json!("unauthorized"), &json!(401)));
    assert_eq!((&error["outcome"], &error["retryable"]), (&json!("refused"), &json!(false)));
    assert!(wrong.stderr.contains(error["identifier"].as_str().expect("an identifier")));

    let forbidden = allocate(&emulator, "reader", &["--image", "demo"]).ends_with(3).complains("permission");
    assert_eq!(document(&forbidden)["error"]["status"], 403);
    allocate(&emulator, "all", &["--image", "demo", "--location", "free"]).ok();
    let quota = allocate(&emulator, "all", &["--image", "demo"]).ends_with(3).complains("quota");
    assert_eq!(document(&quota)["error"]["status"], 402);
    finish(emulator.command(["sessions"]).env("GAMEYE_API_TOKEN", "wrong")).ends_with(3).complains("GAMEYE_API_TOKEN");
}

#[test]
fn what_the_service_finds_wrong_with_a_body_is_shown_field_by_field() {
    let service = Proxy::answering(
        422,
        r#"{"statusCode":422,"code":"INVALID_REQUEST","message":"bad","identifier":"trace-7",
            "violations":[{"field":"labels","description":"too many of them"}]}"#,
    );
    let mut command = program(["allocate", "--image", "i", "--location", "l", "--output", "json", "--no-ttl"]);
    let refused = finish(command.args(["--base-url", &service.base_url()])).ends_with(3);
    let refused = refused.complains("field labels: too many of them").complains("trace-7");
    assert_eq!(document(&refused)["error"]["violations"][0]["field"], "labels");
}

#[test]
fn no_capacity_is_4() {
    let emulator = Emulator::with(Some(STRICT), &[]);
    let full = allocate(&emulator, "all", &["--image", "demo", "--location", "full", "--fail-when-full"]).ends_with(4);
    let full = full.complains("minute");
    let document = document(&full);
    assert_eq!((&document["error"]["code"], &document["ticket"]), (&json!("no_capacity"), &Value::Null));
    assert_eq!(document["error"]["retryable"], true);
    assert_eq!(document["report"]["attempts"][0]["status"], 420);
    // Waiting in vain ends the same way.
    let waited = ["--image", "demo", "--location", "full", "--deadline", "300ms"];
    let waited = allocate(&emulator, "all", &waited).ends_with(4);
    assert_eq!(waited.json()["error"]["code"], "no_capacity");
}

#[test]
fn something_that_may_be_left_is_5() {
    let emulator = Emulator::with(Some(STRICT), &[]);
    // The token may start but not stop, so that giving up can't be made sure of.
    let left = allocate(&emulator, "starter", &["--image", "slow", "--location", "free", "--deadline", "500ms"]);
    let left = left.ends_with(5).complains("matchport resume FILE");
    let document = document(&left);
    assert_eq!(document["error"]["code"], "deadline_exceeded");
    let id = document["ticket"]["session"].as_str().expect("a ticket");
    assert_eq!(document["report"]["session"], id);
    assert_eq!(emulator_sessions(&emulator), [id], "and it is there indeed");
    assert!(left.stderr.contains(&format!("\"session\":\"{id}\"")), "the ticket is on stderr too: {}", left.stderr);
}

fn emulator_sessions(emulator: &Emulator) -> Vec<String> {
    let list = finish(&mut emulator.command(["sessions", "--all", "--token", "all", "--output", "json"])).ok().json();
    list["sessions"].as_array().expect("a list").iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_change_without_an_answer_is_5_and_a_question_is_1() {
    let service = Proxy::answering(503, r#"{"statusCode":503,"code":"INTERNAL_ERROR","message":"down"}"#);
    let base_url = service.base_url();
    let at = |arguments: &[&str]| finish(program(arguments).args(["--base-url", &base_url]));
    at(&["stop", "some-id"]).ends_with(5).complains("it may or may not have taken effect");
    at(&["describe", "some-id"]).ends_with(1).complains("503");
}

#[test]
fn not_found_is_6() {
    let emulator = Emulator::with(Some(STRICT), &[]);
    let at = |arguments: &[&str]| finish(emulator.command(arguments).args(["--token", "all"]));
    at(&["describe", "no-such-session"]).ends_with(6).complains("404");
    at(&["stop", "no-such-session"]).ends_with(6);
    at(&["logs", "no-such-session"]).ends_with(6);
    at(&["join", "no-such-session", "ada"]).ends_with(6);
    at(&["locations", "no-such-image"]).ends_with(6);
    let nowhere = allocate(&emulator, "all", &["--image", "demo", "--location", "atlantis"]).ends_with(6);
    assert_eq!(document(&nowhere)["error"]["code"], "not_found");
    assert_eq!(
        allocate(&emulator, "all", &["--image", "demo", "--version", "v9"]).ends_with(6).json()["ticket"],
        Value::Null
    );
}

#[test]
fn another_failure_is_1() {
    // Nothing listens on port 1.
    let nobody = run([
        "allocate",
        "--image",
        "i",
        "--base-url",
        "http://127.0.0.1:1",
        "--deadline",
        "500ms",
        "--output",
        "json",
    ]);
    let nobody = nobody.ends_with(1);
    let document = document(&nobody);
    assert_eq!((&document["error"]["outcome"], &document["ticket"]), (&json!("not_sent"), &Value::Null));
    run(["sessions", "--base-url", "http://127.0.0.1:1"]).ends_with(1).complains("matchport emulator");

    let emulator = Emulator::with(Some(STRICT), &[]);
    let broken = allocate(&emulator, "all", &["--image", "broken", "--location", "free"]).ends_with(1);
    assert_eq!(broken.json()["error"]["code"], "session_ended");
}

#[test]
fn a_gateways_page_is_an_unknown_outcome_that_gets_settled() {
    let emulator = Emulator::start();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let gateway = Proxy::start(Some(emulator.base_url()), move |request| {
        if request.method == "POST" && is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Verdict::Raw(b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n<html>bad gateway</html>");
        }
        Verdict::Forward
    });
    let mut command = program(["allocate", "--image", "demo", "--location", "eu-west-1", "--output", "json"]);
    let found = finish(command.args(["--base-url", &gateway.base_url()])).ok().json();
    assert_eq!(found["report"]["attempts"][0]["outcome"], "unknown");
    assert_eq!(emulator.sessions(), [found["id"].as_str().unwrap()]);
}
