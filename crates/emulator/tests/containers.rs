//! Containers for real, run by the engine that `cargo xtask test containers` starts. What an engine does only when it is
//! broken is in `engine`.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{PATIENCE, Player, Service};
use matchport_emulator::{
    Answer, Backend, Builder, Config, ContainerPort, Emulator, EngineAddress, Image, Location, PortRange, Protocol,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A variable that the runner sets.
fn given(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run these tests with `cargo xtask test containers`"))
}

fn engine() -> EngineAddress {
    EngineAddress::parse(&given("MATCHPORT_TEST_ENGINE")).unwrap()
}

/// The program that the engine belongs to, with the options that lead to the same storage.
fn podman(args: &[&str]) -> Command {
    let words = given("MATCHPORT_TEST_PODMAN");
    let mut words = words.lines();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(args);
    command
}

#[track_caller]
fn podman_says(args: &[&str]) -> String {
    let output = podman(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// An image of the one that the runner has made: the built-in game server, and a shell.
fn image(name: &str) -> Image {
    Image::new(name).repository(given("MATCHPORT_TEST_IMAGE")).tags([("v1", 0)])
}

/// One that binds nothing and runs a script that is a part of the test.
fn script(name: &str, script: &str) -> Image {
    image(name).command(["/bin/sh", "-c", script])
}

fn demo() -> Image {
    image("demo").port(7777, Protocol::Udp)
}

fn config(images: impl IntoIterator<Item = Image>) -> Config {
    let locations = vec![Location::new("eu-west-1").engine(engine())];
    let images = images.into_iter().collect();
    Config { backend: Backend::Docker, locations, images, grace: Duration::from_secs(3), ..Config::default() }
}

/// An emulator, where those that clean up behind it look for it, and the folder of its long logs.
struct Containers {
    service: Service,
    state: TempDir,
}

impl std::ops::Deref for Containers {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

fn builder(config: Config, state: &TempDir) -> Builder {
    Emulator::builder(config).state_dir(state.path())
}

async fn start(config: Config) -> Containers {
    let state = tempfile::tempdir().unwrap();
    Containers { service: Service::with_token(builder(config, &state), "local").await, state }
}

impl Containers {
    /// Ends it, and checks that nothing of it is left.
    async fn ends(self) {
        let place = std::fs::read_to_string(self.state.path().join("place")).unwrap();
        self.service.emulator.shutdown().await;
        assert_eq!(containers(&place), [""; 0]);
        let left: Vec<_> =
            std::fs::read_dir(self.state.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["place"]);
    }

    fn place(&self) -> String {
        std::fs::read_to_string(self.state.path().join("place")).unwrap()
    }
}

/// The ids of all containers that emulators of a place have.
fn containers(place: &str) -> Vec<String> {
    let filter = format!("label=matchport.place={place}");
    podman_says(&["ps", "-a", "-q", "--no-trunc", "--filter", &filter]).lines().map(str::to_owned).collect()
}

fn body(image: &str, id: &str) -> Value {
    json!({ "image": image, "location": "eu-west-1", "id": id })
}

fn port(started: &Value) -> u16 {
    started["ports"][0]["host"].as_u64().unwrap().try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_container_is_started_joined_and_ended_in_good_order() {
    let service = start(config([demo()])).await;
    let started = service.start(body("demo", "a")).await;
    assert_eq!((started["host"].as_str(), started["ports"][0]["container"].as_u64()), (Some("127.0.0.1"), Some(7777)));
    assert_eq!(service.status("a").await, "running", "the port was bound before the answer");
    let player = Player::connect(port(&started));
    assert_eq!(player.asks("hello ada"), "welcome ada 1");
    let log = service.logged("a", "ada has come").await;
    assert!(log.starts_with("listening on 0.0.0.0:7777/udp\nGAMEYE_SESSION_ID is a\n"), "{log}");
    service.get("/artifacts?session=a&path=/result.json").await.expect_error(404, "RESOURCE_NOT_FOUND");
    assert_eq!(service.stop_and_wait("a").await, "exited");
    assert!(service.log("a").await.ends_with("SIGTERM: the result is written\n"));
    let artifact = service.get("/artifacts?session=a&path=/result.json").await.expect(200);
    let files = unpack(&artifact.body);
    let result: Value = serde_json::from_str(files["result.json"].as_deref().unwrap()).unwrap();
    assert_eq!((&result["session"], &result["players"]), (&json!("a"), &json!(["ada"])));
    service.delete("/session/a").await.expect_error(409, "CONFLICT");
    service.ends().await;
}

/// What is in an archive: files with their content, links with their target, folders with nothing.
fn unpack(archive: &[u8]) -> BTreeMap<String, Option<String>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let content = match entry.header().entry_type() {
            tar::EntryType::Directory => None,
            tar::EntryType::Symlink => Some(format!("-> {}", entry.link_name().unwrap().unwrap().display())),
            _ => Some(std::io::read_to_string(&mut entry).unwrap()),
        };
        (name, content)
    });
    entries.collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_container_gets_what_the_start_and_the_image_say() {
    let mut image = script("echoes", "echo \"$0 $*|$GREETING|$NAME|$GAMEYE_HOST|$GAMEYE_SESSION_ID\"; exec sleep 1000");
    image.env = [("GREETING", "hello"), ("NAME", "image")].into_iter().collect();
    image.labels = BTreeMap::from([("game".to_owned(), "arena".to_owned())]);
    (image.memory, image.cpus) = (Some(64 << 20), Some(0.5));
    image.ports = vec![
        ContainerPort { container: 7777, protocol: Protocol::Udp },
        ContainerPort { container: 80, protocol: Protocol::Tcp },
    ];
    image.answer = Answer::Spawned;
    let service = start(config([image])).await;
    let mut body = body("echoes", "a");
    body["args"] = json!(["first", "two words", "$(id)"]);
    body["env"] = json!({ "NAME": "start" });
    body["labels"] = json!({ "mode": "duel", "matchport.emulator": "forged" });
    let started = service.start(body).await;
    service.logged("a", "first two words $(id)|hello|start|127.0.0.1|a\n").await;
    let [id] = <[String; 1]>::try_from(containers(&service.place())).unwrap();
    let inspected: Value = serde_json::from_str(&podman_says(&["inspect", &id])).unwrap();
    let (labels, host) = (&inspected[0]["Config"]["Labels"], &inspected[0]["HostConfig"]);
    assert_eq!(
        (&labels["mode"], &labels["game"], &labels["matchport.session"]),
        (&json!("duel"), &json!("arena"), &json!("a"))
    );
    assert_eq!(labels["matchport.emulator"].as_str().map(str::len), Some(32));
    assert_eq!((&host["Memory"], &host["NanoCpus"]), (&json!(64 << 20), &json!(500_000_000)));
    for mapping in started["ports"].as_array().unwrap() {
        let name = format!("{}/{}", mapping["container"], mapping["type"].as_str().unwrap());
        let wanted = json!([{ "HostIp": "127.0.0.1", "HostPort": mapping["host"].to_string() }]);
        assert_eq!(host["PortBindings"][&name], wanted, "only this machine is to reach it");
    }
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn the_answer_waits_for_the_port_inside_and_not_for_the_one_outside() {
    let late = demo().args(["--container", "--bind-after", "900"]).command(["/bin/matchport-demo-server"]);
    let service = start(config([late.clone()])).await;
    let began = Instant::now();
    service.start(body("demo", "a")).await;
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    assert_eq!(service.status("a").await, "running");
    service.ends().await;

    let service = start(Config { bind_timeout: Duration::from_millis(1), ..config([late]) }).await;
    service.start(body("demo", "a")).await;
    assert_eq!(service.status("a").await, "created");
    service.reaches("a", &["running"]).await;
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn one_that_ends_by_itself_says_how() {
    let service = start(config([
        script("well", "echo well; exit 0"),
        script("ill", "echo ill >&2; exit 3"),
        script("killed", "kill -9 $$; exec sleep 1"),
        image("missing").command(["/bin/no-such-program"]),
    ]))
    .await;
    for (image, status) in [("well", "exited"), ("ill", "dead")] {
        service.start(body(image, image)).await;
        assert_eq!(service.reaches(image, &["exited", "dead"]).await, status);
        assert_eq!(service.log(image).await, format!("{image}\n"));
    }
    let error = service.post(body("missing", "m")).await.expect_error(503, "INTERNAL_ERROR");
    assert!(error["details"].as_str().unwrap().contains("no-such-program"), "{error}");
    service.get("/session/m").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn one_that_does_not_end_is_killed_after_the_grace_time() {
    // The first process of a container gets no signal that it doesn't ask for.
    let stubborn = script("stubborn", "echo up; while :; do sleep 1000; done");
    let service = start(Config { grace: Duration::from_millis(400), ..config([stubborn]) }).await;
    service.start(body("stubborn", "a")).await;
    service.logged("a", "up").await;
    let began = Instant::now();
    assert_eq!(service.stop_and_wait("a").await, "dead");
    assert!(began.elapsed() >= Duration::from_millis(400));
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn one_that_fails_is_started_again_with_its_files_and_its_log() {
    let fails = "echo x >> /starts; n=$(wc -l < /starts); echo start $n; [ $n -ge 3 ] && exec sleep 1000; exit 1";
    let service = start(config([script("fails", fails)])).await;
    let mut again = body("fails", "a");
    again["restart"] = json!(true);
    service.start(again).await;
    let log = service.logged("a", "start 3").await;
    assert_eq!(log, "start 1\nstart 2\nstart 3\n");
    service.reaches("a", &["running"]).await;
    assert_eq!(containers(&service.place()).len(), 1);
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn logs_are_what_was_written() {
    let odd = "printf 'not UTF-8: \\377\\376\\n'; printf '\\033[31m<script>alert(1)</script>\\n' >&2; printf 'no newline'; exit 0";
    let long = "i=0; while [ $i -lt 20000 ]; do echo \"line $i of many that are written one after the other\"; i=$((i+1)); done; exit 0";
    let service = start(Config { log_limit: 1 << 22, ..config([script("odd", odd), script("long", long)]) }).await;
    service.start(body("odd", "odd")).await;
    service.reaches("odd", &["exited"]).await;
    let log = service.get("/logs?id=odd").await.expect(200);
    assert_eq!(log.headers["content-type"], "text/plain");
    // The two streams of a container have no order between them.
    let pieces: [&[u8]; 3] = [b"not UTF-8: \xff\xfe\n", b"\x1b[31m<script>alert(1)</script>\n", b"no newline"];
    for piece in pieces {
        assert!(log.body.windows(piece.len()).any(|bytes| bytes == piece), "{:?}", String::from_utf8_lossy(&log.body));
    }
    assert_eq!(log.body.len(), pieces.concat().len());

    service.start(body("long", "long")).await;
    let followed = service.get("/logs?id=long&follow=true").await.expect(200).text();
    let wanted: String =
        (0..20_000).map(|i| format!("line {i} of many that are written one after the other\n")).collect();
    let differs = followed.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    assert!(followed == wanted, "{} bytes of {}, {differs:?}", followed.len(), wanted.len());
    assert_eq!(service.reaches("long", &["exited", "dead"]).await, "exited");
    assert!(service.log("long").await == wanted);
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_log_without_end_costs_the_limit_and_no_more() {
    let endless = image("endless").command(["/bin/matchport-demo-server"]).args(["--container", "--spam", "60000000"]);
    let service = start(Config { log_limit: 1 << 16, ..config([endless]) }).await;
    service.start(body("endless", "a")).await;
    service.logged("a", "nobody can come").await;
    assert_eq!(service.stop_and_wait("a").await, "exited");
    let log = service.log("a").await;
    assert!(log.starts_with('[') && log.len() < (1 << 16) + 200, "{}", log.len());
    assert!(log.ends_with("SIGTERM: the result is written\n"), "{}", &log[log.len() - 200..]);
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn an_image_that_is_not_there_and_can_not_be_had_is_404() {
    let nowhere = Image::new("nowhere").repository("127.0.0.1:1/no/such").tags([("v9", 0)]);
    let service = start(config([nowhere])).await;
    let error = service.post(body("nowhere", "a")).await.expect_error(404, "RESOURCE_NOT_FOUND");
    assert!(error["details"].as_str().unwrap().contains("127.0.0.1:1/no/such:v9"), "{error}");
    service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn ports_that_others_hold_are_passed_over() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port_of = |socket: &UdpSocket| socket.local_addr().unwrap().port();
    let first = port_of(&taken);
    let mut config = config([demo()]);
    config.port_range = PortRange { first, last: first };
    let service = start(config).await;
    service.post(body("demo", "a")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    drop(taken);
    let started = service.start(body("demo", "a")).await;
    assert_eq!(port(&started), first);
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn artifacts_have_the_answers_and_limits_that_those_of_processes_have() {
    let write = "mkdir -p /saves/deep /big; echo 1 > /saves/one; echo 2 > /saves/deep/two; ln -s one /saves/link; \
                 ln -s /etc/passwd /saves/out; ln -s /saves /last; mkfifo /saves/pipe; mkdir /sp\\ ace; echo x > '/sp ace/ü'; \
                 dd if=/dev/zero of=/big/file bs=1000000 count=101 2> /dev/null; exit 0";
    let service = start(config([script("files", write)])).await;
    service.start(body("files", "a")).await;
    assert_eq!(service.reaches("a", &["exited", "dead"]).await, "exited");
    let artifact = async |path: &str| service.get(&format!("/artifacts?session=a&path={path}")).await;
    let saves = artifact("/saves").await.expect(200);
    assert_eq!(saves.headers["content-type"], "application/x-tar");
    let text = |text: &str| Some(text.to_owned());
    let wanted = [
        ("saves", None),
        ("saves/deep", None),
        ("saves/deep/two", text("2\n")),
        ("saves/link", text("-> one")),
        ("saves/one", text("1\n")),
    ];
    let wanted: BTreeMap<_, _> = wanted.into_iter().map(|(name, content)| (name.to_owned(), content)).collect();
    assert_eq!(unpack(&saves.body), wanted);
    for (path, name) in [("/saves/one", "one"), ("/saves/./one", "one"), ("//saves//one", "one")] {
        assert_eq!(
            unpack(&artifact(path).await.expect(200).body),
            BTreeMap::from([(name.to_owned(), text("1\n"))]),
            "{path}"
        );
    }
    let linked = unpack(&artifact("/saves/link").await.expect(200).body);
    assert_eq!(linked.values().cloned().collect::<Vec<_>>(), [text("1\n")]);
    assert_eq!(unpack(&artifact("/last/deep").await.expect(200).body).len(), 2);
    assert_eq!(
        unpack(&artifact("/sp%20ace/%C3%BC").await.expect(200).body).values().cloned().collect::<Vec<_>>(),
        [text("x\n")]
    );
    for path in ["/nothing", "/saves/one/more", "saves/one", "/saves/../saves/one", "/..", "/saves/pipe"] {
        artifact(path).await.expect_error(404, "RESOURCE_NOT_FOUND");
    }
    for path in ["/big", "/big/file", "/"] {
        let error = artifact(path).await.expect_error(404, "RESOURCE_NOT_FOUND");
        assert!(error["details"].as_str().unwrap().contains("100 MB"), "{path}: {error}");
    }
    artifact("").await.expect_error(400, "BAD_REQUEST");
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_forgotten_session_leaves_no_container() {
    let service = start(Config { retained_sessions: 1, ..config([script("ends", "exit 0")]) }).await;
    for id in ["a", "b"] {
        service.start(body("ends", id)).await;
        service.reaches(id, &["exited"]).await;
    }
    service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
    becomes(|| containers(&service.place()).len(), 1).await;
    service.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_container_that_somebody_else_removes_is_a_dead_session() {
    let service = start(config([script("sleeps", "exec sleep 1000")])).await;
    service.start(body("sleeps", "a")).await;
    podman_says(&["rm", "-f", "-t", "0", &containers(&service.place())[0]]);
    assert_eq!(service.reaches("a", &["exited", "dead"]).await, "dead");
    service.get("/artifacts?session=a&path=/etc").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.ends().await;
}

async fn becomes<T: PartialEq + std::fmt::Debug>(look: impl Fn() -> T, wanted: T) {
    let began = Instant::now();
    loop {
        let seen = look();
        if seen == wanted {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{seen:?} never became {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const STATE_DIR: &str = "MATCHPORT_TEST_STATE_DIR";

/// Not a test: what the next one runs as a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test of this file, as a process that is killed"]
async fn helper_that_waits_to_be_killed() {
    let Some(state) = std::env::var_os(STATE_DIR) else { return };
    let folder = std::path::PathBuf::from(&state);
    let ready = folder.join("ready");
    let builder = Emulator::builder(config([script("sleeps", "exec sleep 1000")])).state_dir(folder.join("state"));
    let _emulator = builder.data_dir(&folder).ready_file(ready).start().await.unwrap();
    std::future::pending::<()>().await;
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn what_a_killed_emulator_leaves_is_removed_by_the_next_and_nothing_else() {
    common::crypto();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let begin = || Emulator::builder(config([script("sleeps", "exec sleep 1000")])).state_dir(&state);
    // One that lives, and a container that is nobody's.
    let alive = Service::with_token(begin(), "local").await;
    alive.start(body("sleeps", "alive")).await;
    let place = std::fs::read_to_string(state.join("place")).unwrap();
    let [kept] = <[String; 1]>::try_from(containers(&place)).unwrap();
    let plain = podman_says(&["run", "-d", &format!("{}:v1", given("MATCHPORT_TEST_IMAGE")), "--container"]);

    let helper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_waits_to_be_killed", "--ignored", "--nocapture"])
        .env(STATE_DIR, folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running(helper);
    let ready = folder.path().join("ready");
    becomes(|| ready.exists(), true).await;
    let url = std::fs::read_to_string(&ready).unwrap();
    let client = reqwest::Client::new();
    for id in ["one", "two"] {
        let start = client.post(format!("{}/session", url.trim())).bearer_auth("local").json(&body("sleeps", id));
        assert_eq!(start.send().await.unwrap().status(), 201);
    }
    assert_eq!(containers(&place).len(), 3);
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert_eq!(containers(&place).len(), 3, "nobody has cleaned up yet");

    let next = begin().start().await.unwrap();
    becomes(|| containers(&place), vec![kept]).await;
    assert_eq!(alive.status("alive").await, "running");
    assert_eq!(podman_says(&["inspect", "-f", "{{.State.Running}}", &plain]), "true");
    next.shutdown().await;
    alive.emulator.shutdown().await;
    assert_eq!(containers(&place), [""; 0]);
    podman_says(&["rm", "-f", "-t", "0", &plain]);
}

/// Another way to the same engine, which a test can cut.
fn service(address: &str) -> Running {
    Running(
        podman(&["system", "service", "--time=0", address])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn an_engine_that_goes_away_and_comes_back_is_lost_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let address = format!("unix://{}", socket.display());
    let running = service(&address);
    becomes(|| std::os::unix::net::UnixStream::connect(&socket).is_ok(), true).await;
    let mut config = config([demo()]);
    config.locations[0].engine = EngineAddress::parse(&address);
    config.engine_timeout = Duration::from_secs(8);
    let service_under_test = start(config).await;
    let started = service_under_test.start(body("demo", "a")).await;
    drop(running);
    service_under_test.reaches("a", &["server_unreachable"]).await;
    let error = service_under_test.post(body("demo", "b")).await.expect_error(503, "INTERNAL_ERROR");
    assert!(error["details"].as_str().unwrap().contains(&address), "{error}");
    assert_eq!(Player::connect(port(&started)).asks("hello ada"), "welcome ada 1", "it runs on");
    let _running = service(&address);
    service_under_test.reaches("a", &["running"]).await;
    service_under_test.logged("a", "ada has come").await;
    let log = service_under_test.log("a").await;
    assert_eq!(log.matches("listening on").count(), 1, "{log}");
    assert_eq!(service_under_test.stop_and_wait("a").await, "exited");
    service_under_test.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn several_machines_are_several_locations() {
    let port_number = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _remote = service(&format!("tcp://127.0.0.1:{port_number}"));
    becomes(|| std::net::TcpStream::connect(("127.0.0.1", port_number)).is_ok(), true).await;
    let mut config = config([demo()]);
    let remote = EngineAddress::Http { host: "127.0.0.1".to_owned(), port: port_number };
    config.locations.push(Location::new("far-1").engine(remote));
    config.locations[0].host = Some("localhost".to_owned());
    let emulator = start(config).await;
    let near = emulator.start(body("demo", "near")).await;
    let far = emulator.start(json!({ "image": "demo", "location": "far-1", "id": "far" })).await;
    assert_eq!((&near["host"], &far["host"]), (&json!("localhost"), &json!("127.0.0.1")));
    emulator.logged("far", "listening on").await;
    for started in [near, far] {
        assert_eq!(Player::connect(port(&started)).asks("hello ada"), "welcome ada 1");
    }
    emulator.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn an_emulator_that_is_dropped_kills_its_containers() {
    let state = tempfile::tempdir().unwrap();
    let service = Service::with_token(builder(config([script("sleeps", "exec sleep 1000")]), &state), "local").await;
    service.start(body("sleeps", "a")).await;
    let place = std::fs::read_to_string(state.path().join("place")).unwrap();
    drop(service);
    becomes(|| containers(&place).len(), 0).await;
}

/// How often each is measured.
const ROUNDS: usize = 11;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a container engine: cargo xtask test containers"]
async fn a_start_takes_at_most_1_2_times_as_long_as_podman_run() {
    let service = start(config([demo()])).await;
    let image = format!("{}:v1", given("MATCHPORT_TEST_IMAGE"));
    let (mut by_us, mut by_hand) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let id = format!("round-{round}");
        let began = Instant::now();
        service.start(body("demo", &id)).await;
        let ours = began.elapsed();
        let began = Instant::now();
        let container =
            podman_says(&["run", "-d", "-p", "127.0.0.1:19999:7777/udp", "-e", "GAMEYE_PORT_UDP_7777=19999", &image]);
        let theirs = began.elapsed();
        podman_says(&["rm", "-f", "-t", "0", &container]);
        service.stop_and_wait(&id).await;
        // The first one of each warms what there is to warm.
        if round > 0 {
            by_us.push(ours);
            by_hand.push(theirs);
        }
    }
    by_us.sort_unstable();
    by_hand.sort_unstable();
    let (ours, theirs) = (by_us[ROUNDS / 2], by_hand[ROUNDS / 2]);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!(
        "figure: POST /session {ours:.1?}, podman run -d {theirs:.1?}, ratio {ratio:.2} (at most 1.2; medians of {ROUNDS})"
    );
    assert!(ratio <= 1.2, "{ratio:.2}: {by_us:?} and {by_hand:?}");
    service.ends().await;
}
