//! The ticket on the disk, and what it is for: the program is killed or interrupted at the worst moment, and still there
//! is one server or none.

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::proxy::{Proxy, Request, Verdict};
use common::{Emulator, Finished, finish, program, signal};
use rustix::process::Signal;
use serde_json::{Value, json};

/// An image that never gets as far as running.
const SLOW: &str = "[[location]]\nid = 'l'\n[[image]]\nname = 'demo'\nports = ['7777/udp']\nready_delay = '1h'\n";

fn allocate(base_url: &str, ticket: &Path) -> Command {
    let mut command = program(["allocate", "--image", "demo", "--output", "json", "--base-url", base_url]);
    command.arg("--ticket").arg(ticket);
    command
}

/// Goes on with a ticket. Where the service is, the ticket says.
#[track_caller]
fn resume(ticket: &Path, arguments: &[&str]) -> Finished {
    finish(program(["resume", "--output", "json"]).arg(ticket).args(arguments))
}

fn in_background(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[track_caller]
fn end(child: Child) -> Finished {
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// A proxy that holds the first start for ever.
fn holding_first_start(emulator: &Emulator) -> Proxy {
    let is_first = AtomicBool::new(true);
    Proxy::start(Some(emulator.base_url()), move |request| {
        let holds = request.method == "POST" && is_first.swap(false, Ordering::SeqCst);
        if holds { Verdict::Hold } else { Verdict::Forward }
    })
}

/// The ticket in a file.
#[track_caller]
fn read(ticket: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(ticket).expect("a ticket")).expect("JSON")
}

#[test]
fn the_ticket_is_on_the_disk_before_the_start_leaves_and_gone_at_the_end() {
    let emulator = Emulator::start();
    let ticket = emulator.file("match.ticket");
    let path = ticket.clone();
    let proxy = Proxy::start(Some(emulator.base_url()), move |request| {
        if request.method != "POST" {
            return Verdict::Forward;
        }
        let mode = path.metadata().map(|file| file.permissions().mode() & 0o777);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let is_kept = matches!(mode, Ok(0o600)) && kept.contains("\"phase\":\"allocating\"");
        if is_kept { Verdict::Forward } else { Verdict::Answer(422, r#"{"message":"no ticket on the disk"}"#) }
    });
    finish(&mut allocate(&proxy.base_url(), &ticket)).ok();
    assert!(!ticket.exists());
}

#[test]
fn without_a_place_for_the_ticket_nothing_is_started() {
    let emulator = Emulator::start();
    let finished = finish(&mut allocate(emulator.base_url(), Path::new("/nowhere/at/all")));
    let finished = finished.ends_with(1).complains("/nowhere/at/all");
    assert_eq!(finished.json()["error"]["code"], "ticket_not_kept");
    assert_eq!(emulator.sessions(), [""; 0]);
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let emulator = Emulator::start();
    let ticket = emulator.file("match.ticket");
    std::fs::write(&ticket, "all that still knows of another server").unwrap();
    let finished = finish(&mut allocate(emulator.base_url(), &ticket)).ends_with(2);
    finished.complains(&format!("matchport resume {}", ticket.display()));
    assert!(std::fs::read_to_string(&ticket).unwrap().starts_with("all that"));
    assert_eq!(emulator.sessions(), [""; 0]);
}

#[test]
fn killed_while_the_start_is_on_its_way_it_is_adopted_when_it_has_landed() {
    let emulator = Emulator::start();
    let proxy = holding_first_start(&emulator);
    let ticket = emulator.file("match.ticket");
    let allocating = in_background(&mut allocate(&proxy.base_url(), &ticket));
    let start = proxy.wait_for("POST");
    kill(allocating);
    // Only now does the network deliver it.
    assert!(proxy.deliver(&start).starts_with("HTTP/1.1 201"));
    let session = read(&ticket)["session"].clone();
    let found = resume(&ticket, &[]).ok().json();
    assert_eq!((&found["id"], &found["report"]["adopted"]), (&session, &json!(true)));
    assert_eq!(emulator.sessions(), [session.as_str().unwrap()], "one server");
    assert!(!ticket.exists());
}

#[test]
fn killed_while_the_start_is_on_its_way_it_is_started_when_it_was_lost() {
    let emulator = Emulator::start();
    let proxy = holding_first_start(&emulator);
    let ticket = emulator.file("match.ticket");
    let allocating = in_background(&mut allocate(&proxy.base_url(), &ticket));
    proxy.wait_for("POST");
    kill(allocating);
    let session = read(&ticket)["session"].clone();
    let found = resume(&ticket, &[]).ok().json();
    assert_eq!(found["id"], session);
    assert_eq!(emulator.status(session.as_str().unwrap()), "running");
    assert_eq!(emulator.sessions().len(), 1);
    assert!(!ticket.exists());
}

#[test]
fn what_was_left_can_be_settled_instead() {
    let emulator = Emulator::start();
    let proxy = holding_first_start(&emulator);
    let ticket = emulator.file("match.ticket");
    let allocating = in_background(&mut allocate(&proxy.base_url(), &ticket));
    let start = proxy.wait_for("POST");
    kill(allocating);
    proxy.deliver(&start);
    let session = read(&ticket)["session"].clone();
    let settled = resume(&ticket, &["--settle"]).ok().json();
    assert_eq!((&settled["settled"], &settled["id"]), (&json!(true), &session));
    let session = session.as_str().unwrap();
    emulator.wait_for_end(session);
    assert_eq!(emulator.status(session), "exited");
    assert!(!ticket.exists());
}

#[test]
fn an_answer_that_is_lost_is_no_second_server() {
    let emulator = Emulator::start();
    let starts = AtomicUsize::new(0);
    let proxy = Proxy::start(Some(emulator.base_url()), move |request| {
        let loses = request.method == "POST" && starts.fetch_add(1, Ordering::SeqCst) == 0;
        if loses { Verdict::LoseAnswer } else { Verdict::Forward }
    });
    let ticket = emulator.file("match.ticket");
    let found = finish(&mut allocate(&proxy.base_url(), &ticket)).ok().json();
    assert_eq!(found["report"]["attempts"][1]["outcome"], "unknown");
    assert_eq!(emulator.sessions(), [found["id"].as_str().unwrap()]);
    let posts = proxy.seen().iter().filter(|request: &&Request| request.method == "POST").count();
    assert_eq!(posts, 1);
}

#[test]
fn interrupted_it_leaves_nothing_behind() {
    for sent in [Signal::INT, Signal::TERM] {
        let emulator = Emulator::configured(SLOW);
        let proxy = Proxy::start(Some(emulator.base_url()), |_| Verdict::Forward);
        let ticket = emulator.file("match.ticket");
        let allocating = in_background(&mut allocate(&proxy.base_url(), &ticket));
        proxy.wait_for("POST");
        let described = proxy.wait_for("GET");
        assert!(described.path.starts_with("/session/"), "it waits until the session runs");
        signal(&allocating, sent);
        let finished = end(allocating).ends_with(130).complains("nothing is left");
        assert_eq!(finished.json()["error"]["code"], "cancelled");
        assert_eq!(finished.json()["ticket"], Value::Null);
        let sessions = emulator.sessions();
        let [session] = &sessions[..] else { panic!("one session, ended: {sessions:?}") };
        emulator.wait_for_end(session);
        assert_eq!(emulator.status(session), "exited");
        assert!(!ticket.exists());
    }
}

#[test]
fn interrupted_twice_it_ends_at_once_with_the_ticket() {
    let emulator = Emulator::configured(SLOW);
    let is_first = AtomicBool::new(true);
    let proxy = Proxy::start(Some(emulator.base_url()), move |request| {
        let holds = request.method == "DELETE" && is_first.swap(false, Ordering::SeqCst);
        if holds { Verdict::Hold } else { Verdict::Forward }
    });
    let ticket = emulator.file("match.ticket");
    let allocating = in_background(&mut allocate(&proxy.base_url(), &ticket));
    proxy.wait_for("POST");
    proxy.wait_for("GET");
    signal(&allocating, Signal::INT);
    proxy.wait_for("DELETE");
    signal(&allocating, Signal::INT);
    let finished = end(allocating).ends_with(5);
    let finished = finished.complains(&format!("matchport resume {}", ticket.display()));
    let session = finished.json()["ticket"]["session"].clone();
    assert_eq!((&read(&ticket)["session"], &read(&ticket)["phase"]), (&session, &json!("settling")));
    // What was being settled is settled, without being told to.
    assert_eq!(resume(&ticket, &[]).ok().json()["settled"], true);
    assert_eq!(emulator.status(session.as_str().unwrap()), "exited");
    assert!(!ticket.exists());
}

#[test]
fn what_could_not_be_settled_stays_in_the_file() {
    let tokens = "[[token]]\nvalue = 'all'\n[[token]]\nvalue = 'starter'\n\
                  permissions = ['session:start', 'session:read', 'regions:read']\n";
    let emulator = Emulator::configured(&format!("{tokens}{SLOW}"));
    let ticket = emulator.file("match.ticket");
    let mut command = allocate(emulator.base_url(), &ticket);
    let finished = finish(command.args(["--token", "starter", "--deadline", "300ms"])).ends_with(5);
    let finished = finished.complains(&format!("matchport resume {}", ticket.display()));
    assert_eq!(finished.json()["ticket"]["session"], read(&ticket)["session"]);
    resume(&ticket, &["--token", "starter"]).ends_with(5);
    assert!(ticket.exists());
    resume(&ticket, &["--token", "all"]).ok();
    assert!(!ticket.exists());
}

#[test]
fn a_ticket_comes_from_stdin_too_and_its_environment_from_outside() {
    let emulator = Emulator::start();
    let proxy = holding_first_start(&emulator);
    let ticket = emulator.file("match.ticket");
    let allocating = in_background(allocate(&proxy.base_url(), &ticket).args(["--env", "MAP=dust2"]));
    proxy.wait_for("POST");
    kill(allocating);
    // The ticket has names, no values: without them nothing is sent, and the ticket stays.
    resume(&ticket, &[]).ends_with(2).complains("MAP");
    assert!(ticket.exists());
    assert_eq!(emulator.sessions(), [""; 0]);
    let mut command = program(["resume", "-", "--env", "MAP", "--output", "json"]);
    let stdin = std::fs::File::open(&ticket).unwrap();
    let found = finish(command.env("MAP", "dust2").stdin(stdin)).ok().json();
    emulator.run(["logs", found["id"].as_str().unwrap()]).ok().says("MAP is dust2");
}

#[test]
fn a_ticket_does_not_choose_where_the_token_goes() {
    let folder = tempfile::tempdir().unwrap();
    let ticket = folder.path().join("ticket");
    let json = |base_url: &str| {
        json!({
            "matchport_ticket": 1, "base_url": base_url, "session": "s", "phase": "allocating", "locations": ["l"],
            "location": "l", "wait_for": "running", "remaining_ms": 1000, "start": { "image": "i", "env_names": [] },
        })
    };
    std::fs::write(&ticket, json("https://evil.example").to_string()).unwrap();
    resume(&ticket, &["--token", "t"]).ends_with(2).complains("--base-url https://evil.example");
    std::fs::write(&ticket, json("http://127.0.0.1:1").to_string()).unwrap();
    resume(&ticket, &["--base-url", "http://127.0.0.1:2"]).ends_with(2).complains("belongs to http://127.0.0.1:1");
    for broken in ["", "{}", "[]", "{\"matchport_ticket\":2}", "{\"matchport_ticket\":1,\"s3cret\":1}"] {
        std::fs::write(&ticket, broken).unwrap();
        let finished = resume(&ticket, &[]).ends_with(2).complains("ticket");
        assert!(!finished.stderr.contains("s3cret"));
    }
    assert!(ticket.exists(), "a file that could not be used is never removed");
}

#[test]
fn an_interrupted_backfill_leaves_nobody_half_in() {
    let emulator = Emulator::start();
    let found = emulator.allocate(&[]);
    let is_first = AtomicBool::new(true);
    let proxy = Proxy::start(Some(emulator.base_url()), move |request| {
        let holds = request.method == "PUT" && is_first.swap(false, Ordering::SeqCst);
        if holds { Verdict::Hold } else { Verdict::Forward }
    });
    let mut command =
        program(["backfill", "--image", "demo", "--capacity", "4", "--player", "ada", "--output", "json"]);
    let filling = in_background(command.args(["--base-url", &proxy.base_url()]));
    let join = proxy.wait_for("PUT");
    proxy.deliver(&join);
    signal(&filling, Signal::INT);
    let left = proxy.wait_for("DELETE");
    assert_eq!(left.path, "/session/player/leave");
    let finished = end(filling);
    assert!(matches!(finished.code, Some(130 | 5)), "{finished:?}");
    assert_eq!(finished.json()["error"]["code"], "cancelled");
    let described = emulator.json(["describe", found["id"].as_str().unwrap()]);
    assert_eq!(described["players"]["joinedCount"], 0);
}

#[test]
fn an_interrupted_download_leaves_no_part_of_a_file() {
    let proxy = Proxy::start(None, |_| Verdict::Hold);
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(["artifacts", "some-id", "/result.json", "--base-url", &proxy.base_url(), "-o"]);
    let loading = in_background(command.arg(folder.path().join("result.tar.gz")));
    proxy.wait_for("GET");
    signal(&loading, Signal::INT);
    end(loading).ends_with(130);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
