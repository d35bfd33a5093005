//! `matchport demo`: it is what it says, and leaves nothing behind, also when it is broken off.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{exists, finish, program, run, signal};
use rustix::process::Signal;
use serde_json::Value;

const PLAYERS: [&str; 8] = ["ada", "bo", "cleo", "dan", "eve", "finn", "gus", "hana"];

fn step<'d>(demo: &'d Value, name: &str) -> &'d Value {
    let steps = demo["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name} in {demo}"))
}

#[test]
fn in_a_pipe_it_is_plain_text_that_tells_each_step() {
    let demo = run(["demo"]).ok();
    assert!(!demo.stdout.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(demo.stderr, "");
    let mut rest = demo.stdout.as_str();
    for part in [
        "Step 1: select a region",
        "GET /available-location/demo → 200",
        "Step 2: create a session",
        "POST /session → 420",
        "POST /session → 201",
        "full (420)",
        "started here",
        "left out: a player has 195 ms, over the cap of 120 ms",
        "Step 3: deliver connection details",
        "8 players sent 200 packets over UDP",
        "Step 4: track players",
        "PUT /session/player/join → 200",
        "GET /session?image=demo → 200",
        "DELETE /session/player/leave → 200",
        "playerCount[lt]=7 → 200",
        "8 players again",
        "&follow=true → 200",
        "Step 5: stop the session",
        "→ 204",
        "SIGTERM: the result is written",
        "GET /artifacts?",
        "is gone; ",
        "Done: ",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} in its place in {}", demo.stdout));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn colour_is_there_when_it_is_asked_for() {
    assert!(run(["demo", "--color", "always"]).ok().stdout.contains("\u{1b}[32m"));
}

#[test]
fn as_json_it_holds_what_really_happened() {
    let output = run(["demo", "--output", "json"]).ok();
    let demo = output.json();
    assert_eq!(demo["ok"], true);
    assert_eq!(demo["error"], Value::Null);
    for step in demo["steps"].as_array().expect("steps") {
        assert_eq!(step["ok"], true, "{step}");
        assert!(step["ms"].as_f64().expect("a time") > 0.0, "{step}");
    }
    let asked = |name: &str| (step(&demo, name)["request"].as_str(), step(&demo, name)["status"].as_u64());
    assert_eq!(asked("locations"), (Some("GET /available-location/demo"), Some(200)));
    assert_eq!(asked("allocate"), (Some("POST /session"), Some(201)));
    assert_eq!(asked("join"), (Some("PUT /session/player/join"), Some(200)));
    assert_eq!(asked("leave"), (Some("DELETE /session/player/leave"), Some(200)));
    assert_eq!(asked("stop").1, Some(204));

    let allocate = step(&demo, "allocate");
    let statuses: Vec<_> = allocate["requests"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, [420, 201, 200]);
    let id = allocate["details"]["id"].as_str().expect("an id");
    assert_eq!(step(&demo, "roster")["details"]["roster"], serde_json::json!(PLAYERS));
    assert_eq!(step(&demo, "leave")["details"]["count"], 6);
    assert_eq!(step(&demo, "backfill")["details"]["count"], 8);
    assert_eq!(step(&demo, "backfill")["details"]["id"], id);

    // UDP: what the players count and what the game server wrote into its file.
    let traffic = &step(&demo, "connect")["details"]["traffic"];
    assert_eq!((&traffic["players"], &traffic["sent"]), (&Value::from(8), &Value::from(200)));
    let [received, lost] = ["received", "lost"].map(|name| traffic[name].as_u64().expect("a number"));
    assert_eq!(received + lost, 200);
    assert!(received >= 190, "loopback does not lose that much: {traffic}");
    assert!(traffic["rtt_mean_ms"].as_f64().expect("a time") > 0.0);
    let result = &step(&demo, "artifact")["details"]["content"];
    assert_eq!(result["session"], id);
    assert_eq!(result["map"], "dust2");
    assert_eq!(result["players"].as_array().expect("players").len(), 10);
    assert!(result["packets"].as_u64().expect("a number") >= received, "{result}");

    let process = step(&demo, "process")["details"]["process"].as_u64().expect("a process");
    assert!(!exists(process), "the game server outlived the demo");
    assert_eq!(step(&demo, "cleanup")["details"]["processes_gone"], serde_json::json!([process]));
}

#[test]
fn two_at_once_do_not_disturb_each_other() {
    let demos: Vec<_> = (0..2)
        .map(|_| program(["demo", "--output", "json"]).stdout(Stdio::piped()).spawn().expect("it starts"))
        .collect();
    for demo in demos {
        let output = demo.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn broken_off_it_cleans_up() {
    for sent in [Signal::INT, Signal::TERM] {
        // On a machine that is busy enough, the demo may be over before the signal comes.
        let (process, rest) = (0..20).find_map(|_| break_off(sent)).expect("the signal came too late each time");
        assert!(!exists(process), "the game server outlived the demo");
        assert!(rest.contains(&format!("process {process} is gone")), "{rest}");
        assert!(rest.contains("Not done: "), "{rest}");
    }
}

/// Sends a signal once the game server is there, and gives its process and what was said from then on; nothing when the
/// demo was over before that.
fn break_off(sent: Signal) -> Option<(u64, String)> {
    let mut demo = program(["demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut stdout = BufReader::new(demo.stdout.take().expect("piped"));
    let line = stdout.by_ref().lines().map(|line| line.expect("text")).find(|line| line.contains(" says: listening"));
    let process = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).expect("a process");
    signal(&demo, sent);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    let code = demo.wait().expect("it ends").code();
    if code == Some(0) && rest.contains("\nDone: ") {
        return None;
    }
    assert_eq!(code, Some(130), "{rest}");
    Some((process, rest))
}

#[test]
fn a_step_that_fails_is_told_and_makes_the_exit_code() {
    // A temporary folder that can't be made: no emulator.
    let mut demo = program(["demo", "--output", "json"]);
    let output = finish(demo.env("TMPDIR", "/nowhere/at/all")).ends_with(1).complains("can't start the emulator");
    let document = output.json();
    assert_eq!(document["ok"], false);
    assert_eq!(document["steps"][0]["ok"], false);
    assert_eq!(document["error"]["code"], "emulator");
}
