//! Bad input: exit code 2, the option or field named, and nothing sent.

mod common;

use common::proxy::{Proxy, Verdict};
use common::{finish, program, run};

/// A service that must not be asked anything.
fn untouched() -> Proxy {
    Proxy::start(None, |_| Verdict::Answer(500, "{}"))
}

#[track_caller]
fn refused(arguments: &[&str], part: &str) {
    let service = untouched();
    let finished = finish(program(arguments).args(["--base-url", &service.base_url()]));
    let finished = finished.ends_with(2).complains(part);
    assert_eq!(finished.stdout, "");
    let seen = service.seen();
    assert!(seen.is_empty(), "{arguments:?} has sent {seen:?}");
}

#[test]
fn allocate_names_what_is_wrong() {
    let base = ["allocate", "--image", "demo"];
    let long = "x".repeat(300);
    for (arguments, part) in [
        (&["--player", "ada:eu=fast"][..], "--player \"ada:eu=fast\""),
        (&["--player", "ada:"], "--player"),
        (&["--player", "ada:eu=99999999"], "players[0].latencies[\"eu\"]"),
        (&["--player", ""], "players[0].id"),
        (&["--player", "ada:eu=1", "--player", "ada:eu=2"], "players[1].id"),
        (&["--player", "a\nb:eu=1"], "players[0].id"),
        (&["--env", "NOVALUE_FOR_THIS_TEST"], "--env"),
        (&["--env", "=x"], "--env"),
        (&["--env", "A=1", "--env", "A=2"], "--env gives \"A\" twice"),
        (&["--env", "A="], "env[\"A\"]"),
        (&["--label", "a"], "--label"),
        (&["--arg", ""], "args[0]"),
        (&["--ttl", "soon"], "ttl"),
        (&["--ttl", "0"], "ttl"),
        (&["--ttl=-1h"], "ttl"),
        (&["--ttl", "10000h"], "ttl"),
        (&["--deadline", "0s"], "deadline"),
        (&["--deadline", "2d"], "deadline"),
        (&["--deadline", "x"], "--deadline"),
        (&["--missing-sample", "sometimes"], "--missing-sample"),
        (&["--missing-sample", "-1"], "missing"),
        (&["--max-latency", "-1"], "cap.limit_ms"),
        (&["--worst-weight", "2"], "worst_weight"),
        (&["--location", ""], "location"),
        (&["--version", ""], "version"),
        (&["--session-id", ".."], "id"),
        (&["--match-id", ""], "match_id"),
        (&["--match-id", &long], "match_id"),
        (&["--match-id", "m", "--session-id", "s"], "--session-id"),
        (&["--ttl", "1h", "--no-ttl"], "--no-ttl"),
    ] {
        refused(&[&base[..], arguments].concat(), part);
    }
    refused(&["allocate", "--image", ""], "image");
    refused(&["allocate", "--image", ".."], "image");
}

#[test]
fn the_others_do_too() {
    refused(&["join", "s", "ada", "ada"], "players[1]");
    refused(&["join", "..", "ada"], "id");
    refused(&["leave", ""], "players[0]");
    refused(&["describe", ""], "id");
    refused(&["locations", "."], "image");
    refused(&["backfill", "--image", "i", "--capacity", "0", "--player", "a"], "capacity");
    refused(&["backfill", "--image", "i", "--capacity", "1", "--player", "a", "--player", "b"], "players");
    refused(&["sessions", "--having", "x"], "--having");
    refused(&["ping", "i", "--timeout", "never"], "--timeout");
    refused(&["ping", "i", "--samples", "0"], "--samples");
    refused(&["tag", "..", "i", "v"], "location");
    refused(&["resume", "/nowhere/at/all"], "/nowhere/at/all");
    refused(&["resume", "/proc/self/exe"], "ticket");
}

#[test]
fn addresses_that_are_none_or_not_safe() {
    for (address, part) in [
        ("https://api.example.com/path", "path"),
        ("https://api.example.com?x", "query"),
        ("https://api.example.com:0", "port"),
        ("https://api.example.com:70000", "port"),
        ("https://user:s3cret@api.example.com", "user name"),
        ("ftp://api.example.com", "http"),
        ("api.example.com", "http"),
        ("", "http"),
        ("http://10.0.0.1", "--allow-plain-http"),
        ("http://localhost.evil.example", "--allow-plain-http"),
    ] {
        let finished = run(["sessions", "--token", "t", "--base-url", address]).ends_with(2).complains(part);
        assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
    }
    run(["sessions", "--environment", "sandbox"]).ends_with(2).complains("MATCHPORT_TOKEN");
    run(["sessions", "--environment", "mars"]).ends_with(2).complains("sandbox, production, local");
    run(["sessions", "--environment", "local", "--base-url", "http://localhost:1"]).ends_with(2);
}

#[test]
fn tokens_that_can_not_be_sent() {
    for token in ["s3cret\r\nX-Evil: 1", "s3cret\n", "s3 cret", "s3crét", ""] {
        let service = untouched();
        let mut command = program(["sessions", "--base-url", &service.base_url(), "--token", token]);
        let finished = finish(&mut command).ends_with(2).complains("token");
        assert!(!finished.stderr.contains("s3c") && !finished.stderr.contains("s3 c"), "{}", finished.stderr);
        let mut command = program(["sessions", "--base-url", &service.base_url()]);
        let finished = finish(command.env("MATCHPORT_TOKEN", if token.is_empty() { "s3 c" } else { token }));
        assert!(!finished.ends_with(2).complains("token").stderr.contains("s3"));
        assert!(service.seen().is_empty());
    }
}

#[test]
fn bytes_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;

    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    finish(program(["describe"]).arg(bytes)).ends_with(2).complains("UTF-8");
    finish(program(["sessions", "--token"]).arg(bytes)).ends_with(2);
    finish(program(["sessions"]).env("MATCHPORT_TOKEN", bytes)).ends_with(2).complains("MATCHPORT_TOKEN");
    let mut command = program(["allocate", "--image", "i", "--env", "RAW", "--base-url", "http://127.0.0.1:1"]);
    finish(command.env("RAW", bytes)).ends_with(2).complains("RAW");
}

#[test]
fn invalid_input_has_a_document_too() {
    let finished = run(["allocate", "--image", "", "--output", "json"]).ends_with(2);
    let error = &finished.json()["error"];
    assert_eq!((error["code"].as_str(), error["outcome"].as_str()), (Some("invalid_input"), Some("not_sent")));
}
