//! Tokens and values of the environment appear in no output, whatever goes wrong and however much is said.

mod common;

use std::fs::File;
use std::process::Stdio;

use common::proxy::Proxy;
use common::{Emulator, finish, program};

const TOKEN: &str = "tok-3f9a71-do-not-show";
const VALUE: &str = "env-51c7e2-do-not-show";

#[track_caller]
fn hides(text: &str, where_from: &str) {
    for secret in [TOKEN, VALUE] {
        assert!(!text.contains(secret), "{where_from} shows {secret}: {text}");
    }
}

#[test]
fn no_command_shows_a_secret() {
    let emulator = Emulator::with(None, &["--token", TOKEN]);
    let secret = format!("KEY={VALUE}");
    let ticket = emulator.file("ticket");
    let ticket = ticket.to_str().unwrap();
    let commands: &[&[&str]] = &[
        &["locations", "demo"],
        &["allocate", "--image", "demo", "--session-id", "one", "--env", &secret, "--ticket", ticket],
        &["allocate", "--image", "demo", "--session-id", "one", "--env", &secret],
        &["allocate", "--image", "demo", "--session-id", "two", "--env", "KEY"],
        &["allocate", "--image", "nope", "--env", &secret],
        &["allocate", "--image", "demo", "--env", &secret, "--env", &secret],
        &["allocate", "--image", "demo", "--location", "nope", "--env", &secret],
        &["allocate", "--image", "demo", "--ttl", "x", "--env", &secret],
        &["sessions"],
        &["describe", "one"],
        &["join", "one", "ada"],
        &["backfill", "--image", "demo", "--capacity", "2", "--player", "bo"],
        &["leave", "ada"],
        &["logs", "one"],
        &["stop", "one"],
        &["logs", "one", "--follow"],
        &["artifacts", "one", "/result.json", "-o", "-"],
        &["describe", "nope"],
    ];
    for format in ["table", "json"] {
        for arguments in commands {
            for by_option in [true, false] {
                let mut command = emulator.command(*arguments);
                command.args(["--output", format, "-v", "-v"]).env("KEY", VALUE).env("RUST_LOG", "trace");
                match by_option {
                    true => command.args(["--token", TOKEN]),
                    false => command.env("MATCHPORT_TOKEN", TOKEN),
                };
                let output = command.output().unwrap();
                let line = format!("{arguments:?} as {format}");
                hides(&String::from_utf8_lossy(&output.stdout), &line);
                hides(&String::from_utf8_lossy(&output.stderr), &line);
                assert!(!output.stderr.is_empty(), "{line} is verbose");
            }
        }
    }
}

#[test]
fn a_service_that_echoes_them_does_not_help_it() {
    let echo: &'static str = Box::leak(
        format!(r#"{{"statusCode":401,"code":"UNAUTHORIZED","message":"no {TOKEN}","identifier":"{TOKEN}"}}"#)
            .into_boxed_str(),
    );
    let service = Proxy::answering(401, echo);
    for format in ["table", "json"] {
        let mut command = program(["allocate", "--image", "i", "--location", "l", "--output", format, "-vv"]);
        command.args(["--base-url", &service.base_url(), "--token", TOKEN, "--env"]).arg(format!("K={VALUE}"));
        let finished = finish(&mut command).ends_with(3);
        hides(&finished.stdout, "stdout");
        hides(&finished.stderr, "stderr");
    }
}

#[test]
fn a_ticket_holds_the_environment_only_when_asked_to() {
    let emulator = Emulator::configured(
        "[[location]]\nid = 'l'\n[[image]]\nname = 'slow'\nports = ['7777/udp']\nready_delay = '1h'\n\
         [[token]]\nvalue = 'starter'\npermissions = ['session:start', 'session:read', 'regions:read']\n",
    );
    for (option, is_there) in [(None, false), (Some("--env-in-ticket"), true)] {
        let file = emulator.file(if is_there { "with" } else { "without" });
        let mut command =
            emulator.command(["allocate", "--image", "slow", "--token", "starter", "--deadline", "300ms"]);
        command.args(option).arg("--env").arg(format!("K={VALUE}")).arg("--ticket").arg(&file);
        let finished = finish(&mut command).ends_with(5);
        hides(&finished.stderr, "stderr");
        let ticket = std::fs::read_to_string(file).unwrap();
        assert_eq!(ticket.contains(VALUE), is_there, "{ticket}");
        assert!(!ticket.contains("starter"), "a ticket never holds the token");
    }
}

#[test]
fn the_emulator_shows_none_either() {
    let folder = tempfile::tempdir().unwrap();
    let (log, ready) = (folder.path().join("log"), folder.path().join("ready"));
    let mut command = program(["emulator", "--listen", "127.0.0.1:0", "-vv", "--token", TOKEN, "--ready-file"]);
    command.arg(&ready).env("RUST_LOG", "trace").stderr(File::create(&log).unwrap()).stdout(Stdio::piped());
    let mut emulator = command.spawn().unwrap();
    let mut stdout = std::io::BufReader::new(emulator.stdout.take().unwrap());
    let mut said = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut said).unwrap();
    let base_url = std::fs::read_to_string(&ready).unwrap();
    let at = |arguments: &[&str], token: &str| {
        finish(program(arguments).args(["--base-url", base_url.trim(), "--token", token]))
    };
    at(&["allocate", "--image", "demo", "--env", &format!("K={VALUE}")], TOKEN).ok();
    at(&["sessions"], "other").ends_with(3);
    common::signal(&emulator, rustix::process::Signal::TERM);
    std::io::Read::read_to_string(&mut stdout, &mut said).unwrap();
    assert!(emulator.wait().unwrap().success());
    hides(&said, "stdout of the emulator");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.is_empty());
    hides(&log, "the log of the emulator");
}
