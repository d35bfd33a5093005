//! What an engine does that is broken, slow or full: nothing hangs, nothing panics, and every answer says what happened. The
//! engine is a fake; what a real one does is in `containers`.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;
#[path = "common/fake_engine.rs"]
mod fake_engine;

use std::time::{Duration, Instant};

use common::{PATIENCE, Service};
use fake_engine::{After, Does, FakeEngine};
use matchport_emulator::{Backend, Config, Emulator, EngineAddress, Image, Location, PortRange, Protocol, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the engine may be silent in these tests.
const TIMEOUT: Duration = Duration::from_secs(1);

fn config(address: EngineAddress) -> Config {
    Config {
        backend: Backend::Docker,
        engine: Some(address),
        engine_timeout: TIMEOUT,
        grace: Duration::from_millis(200),
        bind_timeout: Duration::from_millis(300),
        locations: vec![Location::new("eu-west-1")],
        images: vec![Image::new("game").port(7777, Protocol::Udp)],
        ..Config::default()
    }
}

struct Fixture {
    engine: FakeEngine,
    service: Service,
    _state: TempDir,
}

async fn start() -> Fixture {
    let engine = FakeEngine::start();
    let config = config(engine.address());
    start_with(engine, config).await
}

async fn start_with(engine: FakeEngine, config: Config) -> Fixture {
    let state = tempfile::tempdir().unwrap();
    let service = Service::with_token(Emulator::builder(config).state_dir(state.path()), "local").await;
    Fixture { engine, service, _state: state }
}

fn body(id: &str) -> Value {
    json!({ "image": "game", "location": "eu-west-1", "id": id })
}

async fn becomes<T: PartialEq + std::fmt::Debug>(look: impl Fn() -> T, wanted: T) {
    let began = Instant::now();
    while look() != wanted {
        assert!(began.elapsed() < PATIENCE, "{:?} never became {wanted:?}", look());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[track_caller]
fn details(error: &Value) -> &str {
    error["details"].as_str().unwrap()
}

async fn start_error(address: EngineAddress) -> String {
    let state = tempfile::tempdir().unwrap();
    match Emulator::builder(config(address)).state_dir(state.path()).start().await {
        Err(error @ StartError::Engine { .. }) => error.to_string(),
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it has started"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let error = start_error(EngineAddress::Unix(path.clone())).await;
    assert!(error.contains(path.to_str().unwrap()) && error.contains("podman system service"), "{error}");
    std::fs::write(&path, "").unwrap();
    let error = start_error(EngineAddress::Unix(path.clone())).await;
    assert!(error.contains("is no socket"), "{error}");
    std::fs::remove_file(&path).unwrap();
    // What an engine leaves behind that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let error = start_error(EngineAddress::Unix(path)).await;
    assert!(error.contains("can't be reached") && error.contains("is it running"), "{error}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = start_error(EngineAddress::Http { host: "127.0.0.1".to_owned(), port }).await;
    assert!(error.contains(&format!("http://127.0.0.1:{port}")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_makes_no_sense_or_is_silent_is_said_at_the_start() {
    let engine = FakeEngine::start();
    engine.when("version", Does::Garbage);
    assert!(start_error(engine.address()).await.contains("not of its API"));
    engine.when("version", Does::Refuse(500, "out of order".to_owned()));
    assert!(start_error(engine.address()).await.contains("out of order"));
    engine.when("version", Does::Hang);
    let began = Instant::now();
    assert!(start_error(engine.address()).await.contains("within 1s"));
    assert!(began.elapsed() < PATIENCE / 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_well_goes_well() {
    let Fixture { engine, service, .. } = start().await;
    let started = service.start(body("a")).await;
    assert_eq!(service.status("a").await, "running");
    assert_eq!(service.logged("a", "to stderr").await, "to stdout\nto stderr\n");
    let made = engine.containers().into_values().next().unwrap();
    let host = started["ports"][0]["host"].to_string();
    assert_eq!(made["HostConfig"]["PortBindings"]["7777/udp"], json!([{ "HostIp": "127.0.0.1", "HostPort": host }]));
    assert!(made["Env"].as_array().unwrap().contains(&json!(format!("GAMEYE_PORT_UDP_7777={host}"))));
    assert_eq!(service.stop_and_wait("a").await, "exited");
    service.emulator.shutdown().await;
    assert!(engine.containers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_the_engine_can_not_do_is_503_and_leaves_nothing() {
    let Fixture { engine, service, .. } = start().await;
    let cases = [
        ("create", Does::Hang, "didn't create a container within"),
        ("create", Does::Garbage, "not of its API"),
        ("create", Does::HangUp, "can't be reached to create a container"),
        ("create", Does::Refuse(500, "no idea".to_owned()), "no idea"),
        ("attach", Does::Refuse(500, "not now".to_owned()), "not now"),
        ("attach", Does::Hang, "didn't attach to a container within"),
        ("start", Does::Hang, "didn't start a container within"),
        ("start", Does::Refuse(500, "exec format error".to_owned()), "exec format error"),
        ("inspect", Does::Hang, "didn't look at a container within"),
        ("inspect", Does::HangUp, "look at a container"),
    ];
    for (call, does, wanted) in cases {
        engine.when(call, does.clone());
        let began = Instant::now();
        let error = service.post(body("a")).await.expect_error(503, "INTERNAL_ERROR");
        assert!(details(&error).contains(wanted), "{call} {does:?}: {error}");
        assert!(details(&error).contains(engine.path.to_str().unwrap()), "{error}");
        assert!(began.elapsed() < PATIENCE / 4, "{call} {does:?}");
        service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
        engine.recovers();
        becomes(|| engine.containers().len(), 0).await;
    }
    service.start(body("a")).await;
    assert_eq!(service.status("a").await, "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_and_a_port_that_is_taken_are_420() {
    let engine = FakeEngine::start();
    let mut config = config(engine.address());
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    config.port_range = PortRange { first: free, last: free };
    let Fixture { engine, service, .. } = start_with(engine, config).await;
    engine.when("create", Does::Refuse(500, "mkdir /var/lib/docker/overlay2: no space left on device".to_owned()));
    let error = service.post(body("a")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    assert!(details(&error).contains("no space left on device"), "{error}");
    engine.recovers();
    let taken = format!("driver failed: Bind for 127.0.0.1:{free} failed: port is already allocated");
    engine.when("start", Does::Refuse(500, taken));
    let error = service.post(body("a")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    assert!(details(&error).contains("already allocated"), "{error}");
    engine.recovers();
    // It is the only port, and is passed over now.
    let error = service.post(body("a")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    assert!(details(&error).contains("no host port is free"), "{error}");
    becomes(|| engine.containers().len(), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_quotes_of_the_environment_is_hidden() {
    let Fixture { engine, service, .. } = start().await;
    engine.when("create", Does::Refuse(400, "bad variable SECRET=hunter2-and-more".to_owned()));
    let mut body = body("a");
    body["env"] = json!({ "SECRET": "hunter2-and-more" });
    let error = service.post(body).await.expect_error(503, "INTERNAL_ERROR");
    assert!(details(&error).contains("SECRET=<hidden>") && !error.to_string().contains("hunter2"), "{error}");
}

/// The config with an image that the engine doesn't have.
async fn with_an_image_to_pull() -> Fixture {
    let engine = FakeEngine::start();
    let mut config = config(engine.address());
    config.images[0].repository = Some("registry.example/game".to_owned());
    start_with(engine, config).await
}

fn progress() -> Vec<Value> {
    let step = |current| json!({ "status": "Downloading", "id": "layer", "progressDetail": { "current": current, "total": 30 } });
    vec![json!({ "status": "Pulling from game" }), step(10), step(20), json!({ "status": "Status: Downloaded" })]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_missing_is_pulled_once() {
    let Fixture { engine, service, .. } = with_an_image_to_pull().await;
    engine.when("pull", Does::Lines(progress(), After::End));
    service.start(body("a")).await;
    assert_eq!(service.status("a").await, "running");
    service.start(body("b")).await;
    assert_eq!(engine.asked("pull"), 1);
    assert!(engine.containers().into_values().all(|made| made["Image"] == "registry.example/game:latest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_can_not_be_had_is_404() {
    let Fixture { engine, service, .. } = with_an_image_to_pull().await;
    let denied = json!({ "errorDetail": { "message": "manifest unknown" }, "error": "manifest unknown" });
    for does in [
        Does::Refuse(404, "pull access denied".to_owned()),
        Does::Refuse(500, "dial tcp: no such host".to_owned()),
        Does::Lines(vec![denied], After::End),
    ] {
        engine.when("pull", does);
        let error = service.post(body("a")).await.expect_error(404, "RESOURCE_NOT_FOUND");
        assert!(details(&error).contains("registry.example/game:latest"), "{error}");
        service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
        // A pull that failed has brought nothing.
        engine.forget_images();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_takes_long_is_answered_before_it_is_done() {
    let Fixture { engine, service, .. } = with_an_image_to_pull().await;
    engine.when("pull", Does::Lines(progress(), After::Silence));
    for id in ["stopped", "failed"] {
        service.start(body(id)).await;
        assert_eq!(service.status(id).await, "created");
        if id == "stopped" {
            assert_eq!(service.stop_and_wait(id).await, "exited");
        } else {
            assert_eq!(service.reaches(id, &["dead", "exited"]).await, "dead");
            let log = service.log(id).await;
            assert!(log.contains("didn't pull an image within 1s"), "{log}");
        }
    }
    service.emulator.shutdown().await;
    assert!(engine.containers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_hangs_while_a_session_runs_is_lost_and_given_up() {
    let Fixture { engine, service, .. } = start().await;
    service.start(body("a")).await;
    engine.always(&Does::Hang);
    service.reaches("a", &["server_unreachable"]).await;
    assert_eq!(service.reaches("a", &["dead", "exited", "running"]).await, "dead");
    let log = service.log("a").await;
    assert!(log.contains("[this container was given up: the container engine at"), "{log}");
    service.post(body("b")).await.expect_error(503, "INTERNAL_ERROR");
    engine.recovers();
    // It runs on, as far as anybody knows, and so it goes as soon as may be.
    becomes(|| engine.containers().len(), 0).await;
    service.start(body("c")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back_finds_its_sessions_running() {
    let Fixture { engine, service, .. } = start().await;
    service.start(body("a")).await;
    engine.when("ping", Does::HangUp);
    engine.when("inspect", Does::Refuse(502, "starting".to_owned()));
    service.reaches("a", &["server_unreachable"]).await;
    engine.when(
        "logs",
        Does::Bytes(
            b"\x01\0\0\0\0\0\0\x0ato stdout\n\x02\0\0\0\0\0\0\x0ato stderr\n\x01\0\0\0\0\0\0\x05late\n".to_vec(),
        ),
    );
    engine.when("ping", Does::Bytes(b"OK".to_vec()));
    engine.when("inspect", Does::Bytes(json!({ "State": { "Running": true } }).to_string().into_bytes()));
    service.reaches("a", &["running"]).await;
    let log = service.logged("a", "late").await;
    assert!(log.starts_with("to stdout\nto stderr\nlate\n"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_and_a_shutdown_end_though_the_engine_does_not_answer() {
    let Fixture { engine, service, .. } = start().await;
    for id in ["a", "b"] {
        service.start(body(id)).await;
    }
    engine.always(&Does::Hang);
    service.delete("/session/a").await.expect(204);
    assert_eq!(service.reaches("a", &["exited", "dead"]).await, "dead");
    let began = Instant::now();
    service.emulator.shutdown().await;
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_mind_sigterm_is_killed() {
    let Fixture { engine, service, .. } = start().await;
    service.start(body("a")).await;
    engine.make_stubborn();
    assert_eq!(service.stop_and_wait("a").await, "dead");
    assert_eq!(engine.asked("kill"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_can_not_be_killed_is_given_up_and_removed_when_it_can_be() {
    let Fixture { engine, service, .. } = start().await;
    service.start(body("a")).await;
    engine.when("kill", Does::Hang);
    engine.when("remove", Does::Refuse(500, "busy".to_owned()));
    assert_eq!(service.stop_and_wait("a").await, "dead");
    assert!(service.log("a").await.contains("didn't end a container within 1s"));
    assert_eq!(engine.containers().len(), 1);
    engine.recovers();
    becomes(|| engine.containers().len(), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_are_for_this_machine_alone_when_its_host_is() {
    for (host, wanted) in
        [("localhost", json!("127.0.0.1")), ("127.0.0.2", json!("127.0.0.2")), ("10.0.0.1", Value::Null)]
    {
        let engine = FakeEngine::start();
        let mut config = config(engine.address());
        config.locations[0].host = Some(host.to_owned());
        let Fixture { engine, service, .. } = start_with(engine, config).await;
        assert_eq!(service.start(body("a")).await["host"], host);
        let made = engine.containers().into_values().next().unwrap();
        assert_eq!(made["HostConfig"]["PortBindings"]["7777/udp"][0]["HostIp"], wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_with_a_health_check_runs_when_it_is_well() {
    let Fixture { engine, service, .. } = start().await;
    engine.when("inspect", health("starting"));
    service.start(body("a")).await;
    assert_eq!(service.status("a").await, "created", "nothing is heard of it within `bind_timeout`");
    engine.when("inspect", health("unhealthy"));
    let looked = engine.asked("inspect");
    becomes(|| engine.asked("inspect") > looked + 1, true).await;
    assert_eq!(service.status("a").await, "created");
    engine.when("inspect", health("healthy"));
    service.reaches("a", &["running"]).await;
}

fn health(status: &str) -> Does {
    Does::Bytes(json!({ "State": { "Running": true, "Health": { "Status": status } } }).to_string().into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_fails_is_started_again() {
    let Fixture { engine, service, .. } = start().await;
    let mut body = body("a");
    body["restart"] = json!(true);
    service.start(body).await;
    engine.end_all(3);
    service.reaches("a", &["restarting"]).await;
    becomes(|| engine.asked("start"), 2).await;
    service.reaches("a", &["running"]).await;
    assert_eq!(engine.asked("create"), 1);
    assert_eq!(service.stop_and_wait("a").await, "exited");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_the_engine_can_not_hand_over_are_503() {
    let Fixture { engine, service, .. } = start().await;
    service.start(body("a")).await;
    service.stop_and_wait("a").await;
    let archive = archive();
    let cases =
        [Does::Hang, Does::Garbage, Does::Refuse(500, "broken".to_owned()), Does::Break(archive[..700].to_vec())];
    for does in cases {
        engine.when("archive", does.clone());
        let error = service.get("/artifacts?session=a&path=/saves").await.expect(503);
        assert!(!details(&error.json()).is_empty(), "{does:?}");
    }
    engine.when("archive", Does::Refuse(404, "no such file".to_owned()));
    service.get("/artifacts?session=a&path=/saves").await.expect_error(404, "RESOURCE_NOT_FOUND");
    engine.when("archive", Does::Bytes(archive));
    service.get("/artifacts?session=a&path=/saves").await.expect(200);
}

/// A file of some blocks.
fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1000);
    tar.append_data(&mut header, "saves", [b'x'; 1000].as_slice()).unwrap();
    tar.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_that_can_not_clean_up_leaves_it_to_the_next() {
    let Fixture { engine, service, _state: state } = start().await;
    service.start(body("a")).await;
    engine.when("remove", Does::Refuse(500, "busy".to_owned()));
    service.emulator.shutdown().await;
    assert_eq!(engine.containers().len(), 1);
    engine.recovers();
    let next = Emulator::builder(config(engine.address())).state_dir(state.path()).start().await.unwrap();
    becomes(|| engine.containers().len(), 0).await;
    next.shutdown().await;
    let left: Vec<_> = std::fs::read_dir(state.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["place"]);
}
