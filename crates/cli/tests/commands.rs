//! Every command against a real emulator, as text and as JSON.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use common::{Emulator, exists, finish, process_in};
use serde_json::{Value, json};

#[test]
fn locations_and_tags() {
    let emulator = Emulator::start();
    emulator.run(["locations", "demo"]).ok().says("eu-west-1").says("127.0.0.1");
    let list = emulator.json(["locations", "demo"]);
    let names: Vec<_> = list["locations"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(names, ["eu-west-1", "us-east-1", "ap-southeast-1"]);
    emulator.run(["tag", "eu-west-1", "demo", "latest"]).ok().says("eu-west-1 has demo:latest");
    emulator.run(["tag", "eu-west-1", "demo", "v9"]).ends_with(6).says("does not have demo:v9");
    assert_eq!(emulator.json(["tag", "eu-west-1", "demo", "latest"]), json!({ "exists": true }));
}

#[test]
fn ping_says_what_it_measured_and_how() {
    let emulator = Emulator::start();
    let arguments = ["ping", "demo", "--samples", "2", "--interval", "1ms"];
    let text = emulator.run(arguments).ok();
    assert!(text.stdout.contains("ICMP"), "used or said to be forbidden: {}", text.stdout);
    assert!(text.stdout.contains("--player 'ID:"), "{}", text.stdout);
    let document = emulator.json(arguments);
    for location in document["locations"].as_array().unwrap() {
        assert!(location["median_ms"].as_f64().unwrap() >= 0.0, "{location}");
        let says_why = location["method"] == "icmp" || location["icmp_refused"].is_string();
        assert!(says_why, "{location}");
        assert_eq!(location["addresses"][0]["samples_ms"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn allocate_gives_the_documented_document() {
    let emulator = Emulator::configured(
        "[[location]]\nid = 'full'\ncapacity = 0\n[[location]]\nid = 'near'\n[[location]]\nid = 'far'\n\
         [[image]]\nname = 'demo'\nports = ['7777/udp']\n",
    );
    let found = emulator.allocate(&[
        "--player",
        "steam:1:full=10,near=20,far=200",
        "--player",
        "bo:full=11,near=25,near=27,near=400,far=210",
        "--max-latency",
        "100",
    ]);
    let fields: Vec<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["endpoint", "host", "id", "location", "ports", "report"]);
    assert_eq!(found["location"], "near");
    let port = &found["ports"][0];
    assert_eq!((&port["type"], &port["container"]), (&json!("udp"), &json!(7777)));
    assert_eq!(found["endpoint"], format!("127.0.0.1:{}", port["host"]));

    let report = &found["report"];
    let location =
        |name: &str| report["locations"].as_array().unwrap().iter().find(|it| it["location"] == name).unwrap().clone();
    assert_eq!(location("near")["worst_ms"], 27.0, "the median of 25, 27 and 400");
    assert!(location("full")["cost_ms"].as_f64().unwrap() < location("near")["cost_ms"].as_f64().unwrap());
    assert!(location("far")["left_out"].as_str().unwrap().contains("over the cap of 100 ms"));
    let refused = report["attempts"].as_array().unwrap().iter().find(|it| it["location"] == "full").unwrap();
    assert_eq!((&refused["status"], &refused["code"]), (&json!(420), &json!("no_capacity")));
    assert!(refused["identifier"].as_str().is_some_and(|id| !id.is_empty()));
}

#[test]
fn as_text_an_allocation_explains_itself() {
    let emulator = Emulator::start();
    let arguments = ["allocate", "--image", "demo", "--player", "ada:eu-west-1=23,us-east-1=95", "--match-id", "m"];
    let first = emulator.run(arguments).ok();
    for part in ["endpoint  127.0.0.1:", "eu-west-1       23.0", "started here", "player ada has no sample for it"] {
        assert!(first.stdout.contains(part), "{part} in {}", first.stdout);
    }
    assert!(!first.stdout.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(first.stderr, "", "no progress line in a pipe");
    emulator.run(arguments).ok().says("it was there already, and was adopted").says("was running here already");
    assert_eq!(emulator.sessions().len(), 1, "one match, one server");
}

#[test]
fn everything_that_is_said_of_the_game_server_reaches_it() {
    let emulator = Emulator::start();
    let mut command = emulator.command(["allocate", "--image", "demo", "--location", "us-east-1", "--output", "json"]);
    command.args(["--env", "MAP=dust2", "--env", "GAME_MODE", "--label", "mode=ranked", "--version", "latest"]);
    command.args(["--ttl", "5m", "--external-id", "ours", "--restart", "--arg", "--ignored", "--arg", "-x"]);
    command.args(["--session-id", "my-own-id", "--wait", "allocated"]);
    let found = finish(command.env("GAME_MODE", "duel")).ok().json();
    assert_eq!((&found["id"], &found["location"]), (&json!("my-own-id"), &json!("us-east-1")));

    let described = emulator.json(["describe", "my-own-id", "--show-env"]);
    assert_eq!(described["labels"]["env"], json!({ "GAME_MODE": "duel", "MAP": "dust2" }));
    assert_eq!(described["labels"]["tags"], json!({ "mode": "ranked" }));
    assert_eq!(described["tag"], "latest");
    let hidden = emulator.json(["describe", "my-own-id"]);
    assert_eq!(hidden["labels"]["env"], json!({ "GAME_MODE": "[hidden]", "MAP": "[hidden]" }));
    let log = emulator.run(["logs", "my-own-id"]).ok().says("MAP is dust2").says("GAME_MODE is duel");
    let process = process_in(&log.stdout);
    assert!(exists(process));
    emulator.run(["stop", "my-own-id"]).ok();
    emulator.wait_for_end("my-own-id");
    assert!(!exists(process));
}

#[test]
fn players_come_go_and_are_filled_up() {
    let emulator = Emulator::start();
    let found = emulator.allocate(&[]);
    let id = found["id"].as_str().unwrap();
    assert_eq!(emulator.json(["join", id, "ada", "bo"])["count"], 2);
    emulator.run(["leave", "bo"]).ok().says("the session has 1 player now");
    let filled = emulator.json(["backfill", "--image", "demo", "--capacity", "2", "--player", "cleo"]);
    assert_eq!((filled["id"].as_str(), filled["count"].as_u64()), (Some(id), Some(2)));
    assert_eq!(filled["endpoint"], found["endpoint"]);
    let full = emulator.run(["backfill", "--image", "demo", "--capacity", "2", "--player", "dan", "--output", "json"]);
    let full = full.ends_with(4).complains("matchport allocate");
    assert_eq!(full.json()["error"]["code"], "no_open_session");
    emulator.run(["describe", id]).ok().says("players   2: ada, cleo");
    emulator.run(["sessions", "--players-below", "2"]).ok().says("no sessions");
    assert_eq!(emulator.json(["sessions", "--players-above", "1"])["sessions"][0]["playerCount"], 2);
}

#[test]
fn sessions_are_listed_and_filtered() {
    let emulator = Emulator::start();
    let one = emulator.allocate(&["--label", "mode=ranked", "--location", "eu-west-1"]);
    let two = emulator.allocate(&["--label", "mode=casual", "--location", "us-east-1"]);
    let (one, two) = (one["id"].as_str().unwrap(), two["id"].as_str().unwrap());
    let ids = |arguments: &[&str]| -> Vec<String> {
        let list = emulator.json(["sessions"].iter().chain(arguments));
        list["sessions"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]).len(), 2);
    assert_eq!(ids(&["--location", "us-east-1"]), [two]);
    assert_eq!(ids(&["--having", "mode=ranked"]), [one]);
    assert_eq!(ids(&["--not-having", "mode=ranked"]), [two]);
    assert_eq!(ids(&["--image", "other"]), [""; 0]);
    emulator.run(["stop", one]).ok().says("is being stopped");
    emulator.wait_for_end(one);
    emulator.run(["stop", one]).ok().says("had already ended");
    assert_eq!(ids(&[]), [two]);
    assert_eq!(ids(&["--all"]).len(), 2);
    emulator.run(["sessions", "--all"]).ok().says("exited").says("running");
}

#[test]
fn a_log_is_followed_line_by_line_until_the_end() {
    let emulator = Emulator::start();
    let found = emulator.allocate(&["--env", "MAP=dust2"]);
    let id = found["id"].as_str().unwrap();
    let mut follow = emulator.command(["logs", id, "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    // It comes while the game server runs.
    assert!(lines.any(|line| line == "MAP is dust2"));
    emulator.run(["stop", id]).ok();
    assert_eq!(lines.last().as_deref(), Some("SIGTERM: the result is written"));
    assert!(follow.wait().unwrap().success());

    let json = finish(emulator.command(["logs", id]).args(["--output", "json"])).ok();
    let lines: Vec<String> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.contains(&"MAP is dust2".to_owned()), "{lines:?}");
}

#[test]
fn whoever_reads_only_the_first_line_of_a_log_is_no_failure_to_complain_of() {
    let emulator = Emulator::start();
    let found = emulator.allocate(&["--arg", "--spam", "--arg", "1000000"]);
    let id = found["id"].as_str().unwrap();
    let mut logs = emulator.command(["logs", id, "--follow"]);
    let mut child = logs.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn artifacts_go_to_a_file_or_to_stdout() {
    let emulator = Emulator::start();
    let found = emulator.allocate(&["--env", "MAP=dust2"]);
    let id = found["id"].as_str().unwrap();
    let file = emulator.file("result.tar.gz");
    let out = file.to_str().unwrap();
    // Not before the end, and no half file then.
    emulator.run(["artifacts", id, "/result.json", "-o", out]).ends_with(6);
    assert!(!file.exists());
    emulator.run(["stop", id]).ok();
    emulator.wait_for_end(id);
    emulator.run(["artifacts", id, "/result.json", "-o", out]).ok().says("result.tar.gz: ");
    assert_eq!(content(&std::fs::read(&file).unwrap())["map"], "dust2");
    let bytes = emulator.command(["artifacts", id, "/result.json", "-o", "-"]).output().unwrap();
    assert!(bytes.status.success());
    assert_eq!(content(&bytes.stdout)["session"], id);
    let left: Vec<_> = std::fs::read_dir(emulator.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "no partial file is left: {left:?}");
    emulator.run(["artifacts", id, "/../etc/passwd", "-o", "-"]).ends_with(2).complains("path");
    emulator.run(["artifacts", id, "/result.json", "-o", "/nowhere/at/all"]).ends_with(1).complains("/nowhere/at/all");
}

fn content(archive: &[u8]) -> Value {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let mut entries = archive.entries().expect("an archive");
    let file = entries.next().expect("a file").expect("a whole one");
    serde_json::from_reader(file).expect("JSON")
}
