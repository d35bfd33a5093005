//! `matchport emulator`: what it prints, what it needs, and how it ends.

mod common;

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Emulator, exists, finish, process_in, program, run};
use rustix::process::Signal;

#[test]
fn both_signals_end_it_and_its_game_servers() {
    for sent in [Signal::TERM, Signal::INT] {
        let mut emulator = Emulator::start();
        let found = emulator.allocate(&[]);
        let log = emulator.run(["logs", found["id"].as_str().unwrap()]).ok();
        let process = process_in(&log.stdout);
        assert!(exists(process));
        let ready = emulator.file("ready");
        assert!(ready.exists());
        assert_eq!(emulator.end_with(sent), Some(0));
        assert!(!exists(process), "the game server outlived the emulator");
        assert!(!ready.exists());
        run(["sessions", "--base-url", emulator.base_url()]).ends_with(1);
    }
}

#[test]
fn a_second_signal_does_not_wait_for_game_servers_that_take_their_time() {
    let mut emulator = Emulator::start();
    let found = emulator.allocate(&["--arg", "--ignore-sigterm"]);
    let id = found["id"].as_str().unwrap();
    let process = process_in(&emulator.run(["logs", id]).ok().stdout);
    let mut follow = emulator.command(["logs", id, "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    emulator.interrupt();
    // From then on the emulator is waiting for it.
    assert!(lines.any(|line| line == "SIGTERM is ignored, as asked"));
    let began = Instant::now();
    assert_eq!(emulator.end_with(Signal::INT), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "the grace time is 10 s");
    assert!(!exists(process), "the game server outlived the emulator");
    follow.wait().unwrap();
}

#[test]
fn killed_it_takes_its_game_servers_along() {
    let mut emulator = Emulator::start();
    let found = emulator.allocate(&[]);
    let process = process_in(&emulator.run(["logs", found["id"].as_str().unwrap()]).ok().stdout);
    let port = found["ports"][0]["host"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
    assert_eq!(emulator.end_with(Signal::KILL), None);
    // Its port is free again when it is gone, and nobody is there to reap it in time for a look at its id.
    let began = Instant::now();
    while UdpSocket::bind(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "process {process} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn what_it_prints_can_be_copied() {
    let emulator = Emulator::start();
    let said = emulator.said();
    assert!(said.contains("token      local"), "{said}");
    let command = said.lines().find_map(|line| line.trim().strip_prefix("matchport allocate ")).expect("a command");
    finish(program(["allocate"]).args(command.split(' '))).ok().says("endpoint");
}

#[test]
fn configuration_mistakes_come_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("emulator.toml");
    std::fs::write(&config, "grace = 'ten'\n[[location]]\nid = 'eu-west-1'\ncapacity = -1\n").unwrap();
    let refused = finish(program(["emulator", "--listen", "127.0.0.1:0", "--config"]).arg(&config)).ends_with(2);
    for part in ["emulator.toml:1:9: grace: ", "emulator.toml:4:12: location[0].capacity: "] {
        assert!(refused.stderr.contains(part), "{part} in {}", refused.stderr);
    }
    let mut json = program(["emulator", "--output", "json", "--config"]);
    let violations = finish(json.arg(&config)).ends_with(2).json()["error"]["violations"].take();
    assert_eq!(violations.as_array().map(Vec::len), Some(2), "{violations}");
    std::fs::write(&config, "not = [toml").unwrap();
    finish(program(["emulator", "--config"]).arg(&config)).ends_with(2).complains("emulator.toml:1:");
    run(["emulator", "--config", "/nowhere/at/all"]).ends_with(2).complains("/nowhere/at/all");
}

#[test]
fn others_can_reach_it_only_with_a_token_of_ones_own() {
    run(["emulator", "--listen", "0.0.0.0:0"]).ends_with(2).complains("give a token of your own");
    let emulator = Emulator::with(None, &["--token", "a-token", "--token", "another"]);
    emulator.run(["sessions"]).ends_with(3).complains("the emulator was given a token of its own");
    for token in ["a-token", "another"] {
        emulator.run(["sessions", "--token", token]).ok();
    }
    let said = emulator.said();
    assert!(!said.contains("a-token"), "a token that was given is not shown: {said}");
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(["emulator", "--listen", &address]).ends_with(1).complains(&address).complains("0 for any that is free");
    run(["emulator", "--listen", "127.0.0.1"]).ends_with(2);
    run(["emulator", "--listen", "127.0.0.1:99999"]).ends_with(2);
}

#[test]
fn a_container_engine_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("containers.toml");
    std::fs::write(&config, "backend = \"docker\"\n").unwrap();
    let engine = |host: &str| {
        let mut command = program(["emulator", "--config", config.to_str().unwrap()]);
        finish(command.env("DOCKER_HOST", host).env("XDG_STATE_HOME", folder.path())).ends_with(1)
    };
    let socket = folder.path().join("engine.sock");
    let socket = socket.to_str().unwrap();
    engine(&format!("unix://{socket}")).complains(socket).complains("start Docker, or `podman system service");
    engine("ssh://elsewhere").complains("DOCKER_HOST").complains("unix:///path");
}

#[test]
fn data_stays_where_it_is_told_to() {
    let data = tempfile::tempdir().unwrap();
    let mut emulator = Emulator::with(None, &["--data-dir", data.path().to_str().unwrap()]);
    emulator.allocate(&[]);
    assert_eq!(emulator.end_with(Signal::TERM), Some(0));
    let is_result = |path: &std::path::Path| path.ends_with("result.json");
    let mut folders = vec![data.path().to_owned()];
    let mut found = false;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            found |= is_result(&path);
            folders.extend(path.is_dir().then_some(path));
        }
    }
    assert!(found, "the game server's file is kept in {}", data.path().display());
}

/// The soft limit of open files of a running process.
#[cfg(target_os = "linux")]
fn open_files(process: impl std::fmt::Display) -> Option<u64> {
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(target_os = "linux")]
#[test]
fn it_raises_its_limit_of_open_files_and_not_that_of_game_servers() {
    let mut limited = std::process::Command::new("/bin/sh");
    limited.args(["-c", "ulimit -Sn 300 && ulimit -Hn 3000 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_matchport")]);
    let emulator = Emulator::by(limited, None, &[]);
    assert_eq!(open_files(emulator.id()), Some(3000));
    let found = emulator.allocate(&[]);
    let game_server = process_in(&emulator.run(["logs", found["id"].as_str().unwrap()]).ok().stdout);
    assert_eq!(open_files(game_server), Some(300));
    // Half of 300 would have been enough for 150.
    let address = emulator.base_url().trim_start_matches("http://");
    let mut idle: Vec<_> = (0..1000).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    emulator.run(["sessions"]).ok();
    for stream in &mut idle {
        stream.set_nonblocking(true).unwrap();
        let read = std::io::Read::read(stream, &mut [0]);
        assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it was closed");
    }
}
