//! An emulator that is killed with SIGKILL takes its game servers with it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::processes::{Family, keeper_of, no_zombies};
use common::{Service, builder, pid_in, process_ends, script};
use matchport_emulator::{Config, Image};
use serde_json::json;

const READY_FILE: &str = "TEST_READY_FILE";
const FAMILY: &str = "TEST_FAMILY";

/// Not a test: what the tests below run as a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the tests of this file, as a process that is killed"]
async fn an_emulator_that_waits_to_be_killed() {
    let ready_file = std::env::var_os(READY_FILE).expect("started by another test of this file");
    let leaves = "sleep 1000 & echo child $!; setsid sleep 1000 & echo away $!; echo self $$; exec sleep 1000";
    let stubborn = "trap '' TERM INT HUP; echo self $$; while :; do sleep 1000; done";
    let family = Family::named(&std::env::var(FAMILY).expect("started by another test of this file"));
    let images = [Image::demo(), script("forks", leaves), script("stubborn", stubborn)];
    let images = images.map(|image| family.of(image)).to_vec();
    // What it leaves behind goes with the folder of whoever kills it.
    let folder = std::path::Path::new(&ready_file).parent().unwrap().to_owned();
    let builder = builder(Config { images, ..Config::default() }).data_dir(folder);
    let _emulator = builder.ready_file(ready_file).start().await.unwrap();
    std::future::pending::<()>().await;
}

struct Running {
    process: std::process::Child,
    url: String,
    family: Family,
    _folder: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn run() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let family = Family::new();
    let process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_emulator_that_waits_to_be_killed", "--ignored", "--nocapture"])
        .env(READY_FILE, &ready)
        .env(FAMILY, family.name())
        // So that the whole group can be signalled, as a terminal does.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = async {
        loop {
            if let Ok(url) = std::fs::read_to_string(&ready) {
                return url.trim().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let url = tokio::time::timeout(common::PATIENCE, url).await.expect("the ready file");
    Running { process, url, family, _folder: folder }
}

/// The processes of three game servers that make it hard.
async fn game_servers(running: &Running) -> Vec<u32> {
    let client = reqwest::Client::new();
    let mut processes = Vec::new();
    for image in ["demo", "forks", "stubborn"] {
        let body = json!({ "image": image, "location": "eu-west-1", "id": image });
        let start = client.post(format!("{}/session", running.url)).bearer_auth("local").json(&body);
        assert_eq!(start.send().await.unwrap().status(), 201);
        if image == "demo" {
            continue;
        }
        let log = async {
            loop {
                let log = client.get(format!("{}/logs?id={image}", running.url)).bearer_auth("local");
                let log = log.send().await.unwrap().text().await.unwrap();
                if log.contains("self ") {
                    return log;
                }
            }
        };
        let log = tokio::time::timeout(common::PATIENCE, log).await.unwrap();
        processes.push(pid_in(&log, "self "));
        if image == "forks" {
            processes.extend([pid_in(&log, "child "), pid_in(&log, "away ")]);
        }
    }
    processes
}

#[tokio::test]
async fn killed_alone_it_takes_its_game_servers_with_it() {
    common::crypto();
    let mut running = run().await;
    let processes = game_servers(&running).await;
    let keeper = keeper_of(running.process.id());
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    for process in processes {
        process_ends(process).await;
    }
    process_ends(keeper).await;
}

#[tokio::test]
async fn killed_with_its_whole_group_it_does_too() {
    common::crypto();
    let mut running = run().await;
    let processes = game_servers(&running).await;
    let group = rustix::process::Pid::from_child(&running.process);
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    running.process.wait().unwrap();
    for process in processes {
        process_ends(process).await;
    }
}

#[tokio::test]
async fn killed_while_it_starts_sessions_it_leaves_none() {
    common::crypto();
    for _ in 0..3 {
        let mut running = run().await;
        let client = reqwest::Client::new();
        let starts = (0..20).map(|number| {
            let body = json!({ "image": "stubborn", "location": "eu-west-1", "id": format!("{number}") });
            client.post(format!("{}/session", running.url)).bearer_auth("local").json(&body).send()
        });
        let mut starts: Vec<_> = starts.map(Box::pin).collect();
        // As soon as one is answered, others are in every state that there is.
        let (first, _, _) = futures_util::future::select_all(starts.drain(..)).await;
        first.unwrap();
        running.process.kill().unwrap();
        running.process.wait().unwrap();
        running.family.becomes(0).await;
    }
}

#[tokio::test]
async fn a_keeper_that_is_killed_is_replaced() {
    let family = Family::new();
    let image = family.of(script("sleeps", "exec sleep 1000"));
    let service: Service = common::start(Config { images: vec![image], ..Config::default() }).await;
    let mut first = None;
    for id in ["a", "b", "c"] {
        service.start(json!({ "image": "sleeps", "location": "eu-west-1", "id": id })).await;
        if first.is_none() {
            let keepers = service.own.keepers();
            assert_eq!(keepers.len(), 1);
            first = Some(keepers[0]);
            let found = rustix::process::Pid::from_raw(i32::try_from(keepers[0]).unwrap()).unwrap();
            rustix::process::kill_process(found, rustix::process::Signal::KILL).unwrap();
            process_ends(keepers[0]).await;
        }
    }
    let keepers = service.own.keepers();
    assert!(keepers.len() == 1 && Some(keepers[0]) != first, "a new keeper in place of {first:?}: {keepers:?}");
    assert_eq!(family.members().len(), 3, "three game servers");
    service.emulator.shutdown().await;
    assert_eq!(service.own.members(), [0; 0]);
    no_zombies().await;
}
