//! Game servers that misbehave, and ends of every kind: nothing is left behind.

#![cfg(target_os = "linux")]

mod common;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::processes::{Family, no_zombies};
use common::raw::{self, Raw};
use common::{PATIENCE, builder, images, script, start};
use matchport_emulator::{Config, Emulator, Image, PortRange};
use serde_json::json;

/// Starts processes in its group, in sessions of their own, and as orphans of such; all hold on to its output.
const FORKS: &str = "sleep 1000 & setsid sleep 1000 & (setsid sh -c 'trap \"\" TERM; sleep 1000 & sleep 1000' &) \
                     & echo forked; wait; wait";

#[tokio::test(flavor = "multi_thread")]
async fn who_ignores_sigterm_is_killed_after_the_grace_time_and_not_before() {
    let family = Family::new();
    let service = start(images([family.of(Image::demo().args(["--ignore-sigterm"]))])).await;
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "a" })).await;
    let began = Instant::now();
    service.delete("/session/a").await.expect(204);
    service.logged("a", "SIGTERM is ignored").await;
    // On a machine that is so busy that the grace time may be over, there is nothing to see.
    if began.elapsed() < Duration::from_millis(200) {
        assert_eq!(service.status("a").await, "shuttingdown");
        assert_eq!(service.ids("").await, [""; 0], "what shuts down is not listed");
        assert_eq!(family.members().len(), 1);
        // Stopping again while it is being stopped changes nothing, and is no conflict yet.
        service.delete("/session/a").await.expect(204);
    }
    assert_eq!(service.reaches("a", &["dead", "exited"]).await, "dead");
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!(family.members(), [0; 0]);
    service.delete("/session/a").await.expect_error(409, "CONFLICT");
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_exits_at_once_is_answered_and_accounted_for() {
    let family = Family::new();
    let service = start(Config { bind_timeout: PATIENCE * 2, ..images([family.of(Image::demo())]) }).await;
    for (code, status) in [("0", "exited"), ("3", "dead")] {
        // The answer doesn't wait for a port that nobody will bind.
        let body = json!({ "image": "demo", "location": "eu-west-1", "id": code, "args": ["--exit", code] });
        service.start(body).await;
        assert_eq!(service.reaches(code, &["exited", "dead"]).await, status);
        assert!(service.log(code).await.contains("exiting at once"));
    }
    assert_eq!(family.members(), [0; 0]);
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_forked_ends_with_the_session() {
    let family = Family::new();
    let service = start(images([family.of(script("forks", FORKS)), family.of(Image::demo())])).await;
    for id in ["stopped", "stays"] {
        service.start(json!({ "image": "forks", "location": "eu-west-1", "id": id })).await;
        service.logged(id, "forked").await;
    }
    // Each: the script, a child, one that left the group, and an orphan in a session of its own with two children.
    family.becomes(12).await;
    service.stop_and_wait("stopped").await;
    family.becomes(6).await;
    service.emulator.shutdown().await;
    assert_eq!(family.members(), [0; 0], "at the end of a shutdown nothing is left");
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_game_server_forked_ends_when_it_ends_by_itself() {
    let family = Family::new();
    let forks = FORKS.replace("wait; wait", "exit 0");
    let service = start(images([family.of(script("forks", &forks))])).await;
    service.start(json!({ "image": "forks", "location": "eu-west-1", "id": "a" })).await;
    assert_eq!(service.reaches("a", &["exited", "dead"]).await, "exited");
    family.becomes(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_the_start_leaves_nothing() {
    let family = Family::new();
    let image = family.of(Image::demo().args(["--bind-after", "100000"]));
    let service = start(Config { bind_timeout: PATIENCE * 2, ..images([image]) }).await;
    let stop = async {
        let look = async {
            while service.get("/session/a").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the session is there before the answer");
        assert_eq!(service.status("a").await, "created");
        service.delete("/session/a").await.expect(204);
    };
    let (started, ()) =
        tokio::join!(service.post(json!({ "image": "demo", "location": "eu-west-1", "id": "a" })), stop);
    // It was started, and it was stopped.
    started.expect(201);
    service.reaches("a", &["exited", "dead"]).await;
    assert_eq!(family.members(), [0; 0]);
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_races_with_the_start_wins_in_the_end() {
    let family = Family::new();
    let service = start(images([family.of(Image::demo())])).await;
    for round in 0..20 {
        let id = format!("a-{round}");
        let body = json!({ "image": "demo", "location": "eu-west-1", "id": id });
        let path = format!("/session/{id}");
        let stop = async {
            tokio::time::sleep(Duration::from_micros(200 * round)).await;
            service.delete(&path).await.status.as_u16()
        };
        let (started, stopped) = tokio::join!(service.post(body), stop);
        started.expect(201);
        match stopped {
            204 => {}
            // It came before the start.
            404 => _ = service.delete(&path).await.expect(204),
            other => panic!("{other}"),
        }
        service.reaches(&id, &["exited", "dead"]).await;
    }
    assert_eq!(family.members(), [0; 0]);
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_hangs_up_undoes_nothing_and_doubles_nothing() {
    let family = Family::new();
    let image = family.of(Image::demo().args(["--bind-after", "300"]));
    let service = start(images([image])).await;
    for round in 0..5 {
        let id = format!("a-{round}");
        let body = json!({ "image": "demo", "location": "eu-west-1", "id": id }).to_string();
        let mut caller = Raw::connect(&service).await;
        caller.send(raw::request("POST", "/session", &[], body.as_bytes())).await.unwrap();
        let look = async {
            while service.get(&format!("/session/{id}")).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the session is there");
        drop(caller);
        let again = json!({ "image": "demo", "location": "eu-west-1", "id": id });
        service.post(again).await.expect_error(409, "CONFLICT");
        service.reaches(&id, &["running"]).await;
        assert_eq!(family.members().len(), round + 1);
    }
    assert_eq!(service.ids("?all=true").await.len(), 5);
    service.emulator.shutdown().await;
    assert_eq!(family.members(), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_everything_and_a_stubborn_server_costs_the_grace_time_once() {
    let family = Family::new();
    let stubborn = Image { name: "stubborn".into(), ..Image::demo().args(["--ignore-sigterm"]) };
    let service = start(images([family.of(Image::demo()), family.of(stubborn)])).await;
    for id in 0..6 {
        let image = if id % 2 == 0 { "demo" } else { "stubborn" };
        service.start(json!({ "image": image, "location": "eu-west-1", "id": id.to_string(), "restart": true })).await;
    }
    assert_eq!(family.members().len(), 6);
    service.emulator.shutdown().await;
    assert_eq!(family.members(), [0; 0]);
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_is_dropped_leaves_nothing() {
    let family = Family::new();
    let images = images([family.of(script("forks", FORKS)), family.of(Image::demo())]);
    let service = start(images).await;
    for image in ["demo", "forks"] {
        service.start(json!({ "image": image, "location": "eu-west-1" })).await;
    }
    drop(service);
    family.becomes(0).await;
    no_zombies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_port_is_given_again_after_the_end_and_not_before() {
    let family = Family::new();
    let first = 10_000 + u16::try_from(std::process::id() % 9_000).unwrap();
    let port = (first..).find(|port| std::net::UdpSocket::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let port_range = PortRange { first: port, last: port };
    let service = start(Config { port_range, ..images([family.of(Image::demo())]) }).await;
    for id in ["a", "b", "c"] {
        let started = service.start(json!({ "image": "demo", "location": "eu-west-1", "id": id })).await;
        assert_eq!(started["ports"][0]["host"], port);
        assert_eq!(service.status(id).await, "running");
        assert_eq!(common::Player::connect(port).asks("ping 1"), "pong 1");
        let second = service.post(json!({ "image": "demo", "location": "us-east-1" })).await;
        second.expect_error(420, "CAPACITY_UNAVAILABLE");
        service.stop_and_wait(id).await;
    }
    // What another program holds is not given.
    let held = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let refused = service.post(json!({ "image": "demo", "location": "eu-west-1", "id": "d" })).await;
    refused.expect_error(420, "CAPACITY_UNAVAILABLE");
    drop(held);
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "d" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_emulator_is_killed_its_game_servers_end() {
    let family = Family::new();
    let mut other = Other::start(&family).await;
    for image in ["demo", "demo", "forks"] {
        other.post(json!({ "image": image, "location": "eu-west-1" })).await;
    }
    family.becomes(8).await;
    other.kill();
    family.becomes(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_emulator_is_killed_right_after_a_start_its_game_servers_end_too() {
    let family = Family::new();
    for round in 0..6 {
        let mut other = Other::start(&family).await;
        if round % 2 == 0 {
            // In the moment in which the 201 is read.
            let started = other.post(json!({ "image": "demo", "location": "eu-west-1" })).await;
            assert_eq!(started, Some(201));
        } else {
            // Somewhere in the middle of several.
            let body = json!({ "image": "demo", "location": "eu-west-1" });
            let posts = futures_util::future::join_all((0..8).map(|_| other.post(body.clone())));
            let _ = tokio::time::timeout(Duration::from_millis(4 * round), posts).await;
        }
        other.kill();
        family.becomes(0).await;
        // None that was just about to begin either.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(family.members(), [0; 0]);
    }
}

/// An emulator in a process of its own, which this one can kill.
struct Other {
    process: Child,
    base_url: String,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Other {
    async fn start(family: &Family) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "an_emulator_for_others"])
            .env("TEST_FAMILY", family.name())
            .env("TEST_FOLDER", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let ready = folder.path().join("ready");
        let look = async {
            loop {
                match std::fs::read_to_string(&ready) {
                    Ok(base_url) => return base_url.trim_end().to_owned(),
                    Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            }
        };
        let base_url = tokio::time::timeout(PATIENCE, look).await.expect("the other emulator is ready");
        Self { process, base_url, client: reqwest::Client::builder().no_proxy().build().unwrap(), _folder: folder }
    }

    /// The status of the answer to a start, if there is one.
    async fn post(&self, body: serde_json::Value) -> Option<u16> {
        let request = self.client.post(format!("{}/session", self.base_url)).bearer_auth("local").json(&body);
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // Killed already, unless the test has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "no test: the process that others here start and kill"]
async fn an_emulator_for_others() {
    let (Ok(family), Ok(folder)) = (std::env::var("TEST_FAMILY"), std::env::var("TEST_FOLDER")) else { return };
    let family = Family::named(&family);
    let config = images([family.of(Image::demo()), family.of(script("forks", FORKS))]);
    let folder = std::path::Path::new(&folder);
    let emulator: Emulator =
        builder(config).data_dir(folder.join("data")).ready_file(folder.join("ready")).start().await.unwrap();
    // Until the one who started it is gone.
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = ended.await;
    emulator.shutdown().await;
}
