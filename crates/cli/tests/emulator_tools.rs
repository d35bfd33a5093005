//! `matchport emulator init`, `check` and `fault`, and its log for programs.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use common::{Emulator, finish, program, run};
use serde_json::{Value, json};

#[test]
fn a_configuration_is_written_once_checked_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let init = |args: &[&str]| finish(program(["emulator", "init"]).args(args).current_dir(folder.path()));
    init(&[]).ok().says("emulator.toml");
    let file = folder.path().join("emulator.toml");
    let written = std::fs::read_to_string(&file).unwrap();
    finish(program(["emulator", "check"]).arg(&file)).ok().says("no mistakes").says("locations: 3");
    std::fs::write(&file, "mine").unwrap();
    init(&["emulator.toml"]).ends_with(2).complains("is there already").complains("--force");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine", "what was there is untouched");
    init(&["emulator.toml", "--force"]).ok();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    init(&["no/such/folder.toml"]).ends_with(1).complains("no/such/folder.toml");
    let emulator = Emulator::configured(&written);
    emulator.allocate(&[]);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "grace = 'ten'\n[[location]]\nid = 'eu'\ncapacity = -1\n[[token]]\nvalue = 's3cret word'\n")
        .unwrap();
    let check = |more: &[&str]| finish(program(["emulator", "check"]).arg(&file).args(more)).ends_with(2);
    let refused = check(&[]);
    for place in ["bad.toml:1:9: grace: ", "bad.toml:4:12: location[0].capacity: ", "bad.toml:6:9: token[0].value: "] {
        assert!(refused.stderr.contains(place), "{place} in {}", refused.stderr);
    }
    assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
    let document = check(&["--output", "json"]).json();
    assert_eq!(document["error"]["violations"].as_array().map(Vec::len), Some(3), "{document}");
    run(["emulator", "check", "/nowhere/at/all.toml"]).ends_with(2).complains("/nowhere/at/all.toml");
    run(["emulator", "check"]).ends_with(2);
}

#[test]
fn faults_are_added_listed_and_removed() {
    let emulator = Emulator::start();
    emulator.run(["emulator", "fault", "list"]).ok().says("no faults");
    let add = ["emulator", "fault", "add", "--operation", "start", "--cut", "--after", "--count", "1"];
    emulator.run(add).ok().says("fault 1: cut, after it took effect");
    let more = [
        "emulator",
        "fault",
        "add",
        "--operation",
        "list",
        "--operation",
        "logs",
        "--status",
        "503",
        "--share",
        "0.5",
        "--seed",
        "7",
        "--delay",
        "1ms",
        "--location",
        "eu-west-1",
    ];
    let added = emulator.json(more);
    assert_eq!((&added["id"], &added["status"], &added["share"]), (&json!(2), &json!(503), &json!(0.5)));
    assert_eq!(added["operation"], json!(["list", "logs"]));
    // The answer to the start is lost, and the session is found.
    emulator.allocate(&[]);
    assert_eq!(emulator.sessions().len(), 1);
    let list = emulator.json(["emulator", "fault", "list"]);
    assert_eq!(list["faults"][0]["happened"], 1);
    emulator
        .run(["emulator", "fault", "list"])
        .ok()
        .says("start, at most 1")
        .says("list, logs in eu-west-1, a share of 0.5");
    emulator.run(["emulator", "fault", "remove", "1"]).ok().says("fault 1 is removed");
    emulator.run(["emulator", "fault", "remove", "1"]).ends_with(6).complains("fault not found");
    emulator.run(["emulator", "fault", "remove", "--all"]).ok();
    emulator.run(["emulator", "fault", "list"]).ok().says("no faults");
}

#[test]
fn a_fault_that_makes_no_sense_is_refused_with_the_reason() {
    let emulator = Emulator::with(None, &["--token", "s3cret"]);
    let refused = emulator.run(["emulator", "fault", "add", "--token", "s3cret", "--full"]).ends_with(3);
    assert!(refused.stderr.contains("field full"), "{}", refused.stderr);
    emulator.run(["emulator", "fault", "add", "--token", "s3cret", "--delay", "soon"]).ends_with(3).complains("delay");
    emulator.run(["emulator", "fault", "list"]).ends_with(3).complains("token");
    run(["emulator", "fault", "list", "--base-url", "https://api.example.com", "--token", "t"])
        .ends_with(2)
        .complains("no emulator on this machine");
    run(["emulator", "fault", "list", "--base-url", "http://127.0.0.1:1"]).ends_with(1).complains("127.0.0.1:1");
    run(["emulator", "fault", "remove"]).ends_with(2);
    run(["emulator", "--listen", "127.0.0.1:0", "check", "x.toml"]).ends_with(2);
}

#[test]
fn the_log_is_an_object_a_line_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut command =
        program(["emulator", "--listen", "127.0.0.1:0", "--token", "s3cret-token", "--log-format", "json"]);
    let mut child =
        command.arg("--ready-file").arg(&ready).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(stdout.any(|line| line.unwrap().contains("Ctrl-C")));
    let url = std::fs::read_to_string(&ready).unwrap().trim().to_owned();
    let ask = |args: &[&str]| finish(program(args).args(["--base-url", &url, "--token", "s3cret-token"]));
    let allocated = ask(&["allocate", "--image", "demo", "--env", "KEY=s3cret-value", "--output", "json"]).ok().json();
    ask(&["describe", "no-such-session"]).ends_with(6);
    finish(&mut program(["sessions", "--having", "a=s3cret-token", "--base-url", &url, "--token", "s3cret-token"]))
        .ok();
    common::signal(&child, rustix::process::Signal::TERM);
    let log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap).collect::<Vec<_>>();
    assert!(child.wait().unwrap().success());
    let all = log.join("\n");
    assert!(!all.contains("s3cret"), "{all}");
    let lines =
        log.iter().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let requests: Vec<_> = lines.filter(|line| line["message"] == "request").collect();
    let of = |operation: &str| {
        requests.iter().find(|line| line["operation"] == operation).unwrap_or_else(|| panic!("{all}"))
    };
    assert_eq!((&of("start")["status"], &of("start")["session"]), (&json!(201), &allocated["id"]));
    assert!(of("start")["took_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{}", of("start"));
    let missing = requests.iter().find(|line| line["status"] == 404).unwrap();
    assert_eq!(missing["session"], "no-such-session");
    assert!(missing["identifier"].as_str().is_some_and(|id| id.len() == 36), "{missing}");
}
