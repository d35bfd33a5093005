//! Real game servers: their environment, their statuses, their ends, and what is left of those that misbehave: nothing.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::time::{Duration, Instant};

use common::processes::no_zombies;
use common::{PATIENCE, Player, demo_server, is_alive, pid_in, process_ends, script, start};
use matchport_emulator::{Answer, Config, Image, Protocol};
use serde_json::{Value, json};

/// The demo server with arguments, one image each.
fn demo(name: &str, args: &[&str]) -> Image {
    Image { args: args.iter().map(|arg| (*arg).to_owned()).collect(), ..Image { name: name.into(), ..Image::demo() } }
}

fn with(images: Vec<Image>) -> Config {
    Config { images, grace: Duration::from_millis(300), ..Config::default() }
}

fn body(image: &str, id: &str) -> Value {
    json!({ "image": image, "location": "eu-west-1", "id": id })
}

#[tokio::test]
async fn a_game_server_finds_the_environment_of_the_guide_and_nothing_else() {
    let image = script("env", "env | sort; pwd").port(7777, Protocol::Udp).port(80, Protocol::Tcp);
    let image = Image { env: [("LEVEL", "image"), ("OWN", "image")].into_iter().collect(), ..image };
    let folder = tempfile::tempdir().unwrap();
    let service = common::start_builder(common::builder(with(vec![image])).data_dir(folder.path())).await;
    let env = json!({ "LEVEL": "start", "MAP": "dust 2", "GAMEYE_HOST": "forged", "MATCHPORT_EMULATOR": "forged" });
    let started = service.start(json!({ "image": "env", "location": "eu-west-1", "id": "the-id", "env": env })).await;
    service.reaches("the-id", &["exited"]).await;
    let log = service.log("the-id").await;
    let mut lines: Vec<&str> = log.lines().collect();
    let directory = lines.pop().unwrap();
    // Not the emulator's, but set by the shell itself.
    lines.retain(|line| !["PWD=", "OLDPWD=", "SHLVL=", "_="].iter().any(|name| line.starts_with(name)));
    let mark = lines.iter().position(|line| line.starts_with("MATCHPORT_EMULATOR=")).unwrap();
    assert!(!lines.remove(mark).contains("forged"));
    assert!(lines.pop().is_some_and(|path| path.starts_with("PATH=")), "{log}");
    let port = |index: usize| started["ports"][index]["host"].clone();
    assert_eq!(
        lines,
        [
            "GAMEYE_HOST=127.0.0.1",
            &format!("GAMEYE_PORT_TCP_80={}", port(1)),
            &format!("GAMEYE_PORT_UDP_7777={}", port(0)),
            "GAMEYE_SESSION_ID=the-id",
            "LEVEL=start",
            "MAP=dust 2",
            "OWN=image",
        ]
    );
    let root = folder.path().canonicalize().unwrap();
    assert!(std::path::Path::new(directory).starts_with(&root), "{directory}");
}

#[tokio::test]
async fn no_descriptor_of_the_emulator_is_handed_down() {
    // Whoever started this test may have handed some down on purpose.
    let inherited: Vec<u32> =
        descriptors("self").into_iter().filter(|descriptor| !closes_on_exec(*descriptor)).collect();
    let service = start(with(vec![script("waits", "echo self $$; exec sleep 1000")])).await;
    for id in ["a", "b"] {
        service.start(body("waits", id)).await;
        let process = pid_in(&service.logged(id, "self ").await, "self ");
        let foreign = descriptors(&process.to_string()).into_iter();
        let foreign: Vec<_> = foreign.filter(|descriptor| *descriptor > 2 && !inherited.contains(descriptor)).collect();
        assert_eq!(foreign, [0; 0]);
    }
}

fn descriptors(process: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn closes_on_exec(descriptor: u32) -> bool {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(str::trim);
    flags.and_then(|flags| u32::from_str_radix(flags, 8).ok()).is_none_or(|flags| flags & 0o2_000_000 != 0)
}

#[tokio::test]
async fn arguments_of_a_start_replace_those_of_the_image_and_meet_no_shell() {
    let print = r#"for arg in "$@"; do echo "<$arg>"; done"#;
    let image = Image::new("args").command(["/bin/sh", "-c", print, "sh", "fixed"]).args(["own"]);
    let service = start(with(vec![image])).await;
    service.start(body("args", "own")).await;
    service.reaches("own", &["exited"]).await;
    assert_eq!(service.log("own").await, "<fixed>\n<own>\n");
    let args = json!(["$(id)", "a b; exit 1", "*"]);
    service.start(json!({ "image": "args", "location": "eu-west-1", "id": "given", "args": args })).await;
    service.reaches("given", &["exited"]).await;
    assert_eq!(service.log("given").await, "<fixed>\n<$(id)>\n<a b; exit 1>\n<*>\n");
}

#[tokio::test]
async fn a_start_is_answered_when_the_port_is_bound() {
    let service = start(with(vec![demo("late", &["--bind-after", "300"])])).await;
    let began = Instant::now();
    let started = service.start(body("late", "a")).await;
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(service.status("a").await, "running");
    let port = started["ports"][0]["host"].as_u64().unwrap();
    assert_eq!(Player::connect(u16::try_from(port).unwrap()).asks("ping 1"), "pong 1");
}

#[tokio::test]
async fn or_at_once_after_the_spawn() {
    let service = start(with(vec![demo("late", &["--bind-after", "300"]).answer(Answer::Spawned)])).await;
    service.start(body("late", "a")).await;
    assert_eq!(service.status("a").await, "created");
    service.reaches("a", &["running"]).await;
}

#[tokio::test]
async fn or_when_waiting_for_the_port_takes_too_long() {
    let image = script("never", "exec sleep 1000").port(7777, Protocol::Udp);
    let config = Config { bind_timeout: Duration::from_millis(100), ..with(vec![image]) };
    let service = start(config).await;
    service.start(body("never", "a")).await;
    assert_eq!(service.status("a").await, "created");
    assert_eq!(service.ids("").await, [""; 0], "not in the list of running sessions");
    assert_eq!(service.stop_and_wait("a").await, "exited");
}

#[tokio::test]
async fn a_ready_delay_keeps_the_status_created() {
    let service = start(with(vec![demo("slow", &[]).ready_delay(Duration::from_millis(300))])).await;
    let began = Instant::now();
    service.start(body("slow", "a")).await;
    assert_eq!(service.status("a").await, "created");
    service.reaches("a", &["running"]).await;
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn one_that_exits_at_once_is_answered_and_dead() {
    let service = start(with(vec![demo("fails", &["--exit", "3"]), demo("ends", &["--exit", "0"])])).await;
    service.start(body("fails", "fails")).await;
    assert_eq!(service.status("fails").await, "dead");
    service.start(body("ends", "ends")).await;
    assert_eq!(service.status("ends").await, "exited");
    assert!(service.log("fails").await.contains("exiting at once with 3"));
    service.delete("/session/fails").await.expect_error(409, "CONFLICT");
}

#[tokio::test]
async fn one_that_crashes_is_dead() {
    let service = start(with(vec![demo("crash", &["--crash-after", "50"])])).await;
    service.start(body("crash", "a")).await;
    assert_eq!(service.reaches("a", &["dead", "exited"]).await, "dead");
}

#[tokio::test]
async fn a_stop_is_sigterm_and_then_sigkill() {
    let service = start(with(vec![Image::demo(), demo("stubborn", &["--ignore-sigterm"])])).await;
    service.start(body("demo", "good")).await;
    assert_eq!(service.stop_and_wait("good").await, "exited");
    service.delete("/session/good").await.expect_error(409, "CONFLICT");

    service.start(body("stubborn", "bad")).await;
    let began = Instant::now();
    service.delete("/session/bad").await.expect(204);
    assert_eq!(service.status("bad").await, "shuttingdown");
    service.delete("/session/bad").await.expect(204);
    assert_eq!(service.reaches("bad", &["dead", "exited"]).await, "dead");
    assert!(began.elapsed() >= Duration::from_millis(300), "not before the grace time");
    assert!(service.log("bad").await.contains("SIGTERM is ignored"));
}

#[tokio::test]
async fn children_of_a_game_server_end_with_it() {
    // The last one leaves the process group, and is found by its mark.
    let leaves = "sleep 1000 & echo child $!; setsid sleep 1000 & echo away $!; exec sleep 1000";
    let images = vec![script("forks", leaves), script("exits", &leaves.replace("exec sleep 1000", "exit 0"))];
    let service = start(with(images)).await;
    for image in ["forks", "exits"] {
        service.start(body(image, image)).await;
        let log = service.logged(image, "away").await;
        let children = [pid_in(&log, "child "), pid_in(&log, "away ")];
        if image == "forks" {
            assert!(is_alive(children[0]));
            service.stop_and_wait(image).await;
        }
        service.reaches(image, &["exited"]).await;
        for child in children {
            process_ends(child).await;
        }
    }
}

#[tokio::test]
async fn the_built_in_one_that_forks_is_contained() {
    let service = start(with(vec![demo("forks", &["--fork"])])).await;
    service.start(body("forks", "a")).await;
    let child = pid_in(&service.logged("a", "forked").await, "forked ");
    assert!(is_alive(child));
    service.stop_and_wait("a").await;
    process_ends(child).await;
}

#[tokio::test]
async fn time_to_live_ends_a_game_server_in_good_order() {
    let service = start(with(vec![Image::demo()])).await;
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "a", "ttl": 1 })).await;
    assert_eq!(service.reaches("a", &["exited", "dead"]).await, "exited");
    service.get("/artifacts?session=a&path=/result.json").await.expect(200);
}

#[tokio::test]
async fn a_failure_is_followed_by_a_restart_and_a_stop_is_not() {
    let count = "echo run; [ -f again ] && exec sleep 1000; touch again; exit 1";
    let service = start(with(vec![script("count", count), script("fails", "exit 1"), script("ends", "exit 0")])).await;
    let body = |image: &str| json!({ "image": image, "location": "eu-west-1", "id": image, "restart": true });
    service.start(body("count")).await;
    let log = service.logged("count", "run\nrun\n").await;
    assert_eq!(log, "run\nrun\n", "one log for both");
    service.reaches("count", &["running"]).await;
    assert_eq!(service.stop_and_wait("count").await, "exited");
    assert_eq!(service.log("count").await, log);

    service.start(body("fails")).await;
    service.reaches("fails", &["restarting"]).await;
    assert_eq!(service.stop_and_wait("fails").await, "exited");

    service.start(body("ends")).await;
    service.reaches("ends", &["exited"]).await;
    assert_eq!(service.status("ends").await, "exited");
}

#[tokio::test]
async fn a_stop_during_the_start_leaves_nothing() {
    let service = start(with(vec![script("waits", "echo $$ > pid; exec sleep 1000").port(7777, Protocol::Udp)])).await;
    let (started, stopped) = tokio::join!(service.post(body("waits", "a")), async {
        loop {
            let answer = service.delete("/session/a").await;
            if answer.status == 204 {
                return;
            }
        }
    });
    let () = stopped;
    started.expect(201);
    service.reaches("a", &["exited", "dead"]).await;
    assert_eq!(service.own.members(), service.own.keepers(), "only the keeper is there");
}

#[tokio::test]
async fn who_hangs_up_during_a_start_has_started_it_all_the_same() {
    let service = start(with(vec![demo("late", &["--bind-after", "200"])])).await;
    let request = service.send(service.request(reqwest::Method::POST, "/session").json(&body("late", "a")));
    let gone = tokio::time::timeout(Duration::from_millis(100), request).await;
    assert!(gone.is_err());
    service.reaches("a", &["running"]).await;
}

#[tokio::test]
async fn of_many_starts_with_one_id_one_process_comes() {
    let service = start(with(vec![Image::demo()])).await;
    let starts = (0..8).map(|_| service.post(body("demo", "a")));
    let answers = futures_util::future::join_all(starts).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert_eq!(service.own.members().len(), 2, "the keeper and one game server");
}

#[tokio::test]
async fn host_ports_are_free_ones() {
    let taken = (21_000..21_010).find_map(|port| std::net::UdpSocket::bind(("0.0.0.0", port)).ok()).unwrap();
    let port = taken.local_addr().unwrap().port();
    let port_range = matchport_emulator::PortRange { first: port, last: port + 1 };
    let service = start(Config { port_range, ..with(vec![Image::demo()]) }).await;
    let started = service.start(body("demo", "a")).await;
    assert_eq!(started["ports"][0]["host"], port + 1);
    service.post(body("demo", "b")).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    service.stop_and_wait("a").await;
    service.start(body("demo", "b")).await;
}

#[tokio::test]
async fn more_arguments_than_the_system_takes_are_a_violation() {
    let service = start(with(vec![script("any", "exit 0")])).await;
    let args: Vec<String> = (0..230_000).map(|_| "x".to_owned()).collect();
    let answer = service.post(json!({ "image": "any", "location": "eu-west-1", "id": "a", "args": args })).await;
    answer.expect_error(422, "INVALID_REQUEST");
    service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
    let long = json!({ "A": "x".repeat(200_000) });
    let answer = service.post(json!({ "image": "any", "location": "eu-west-1", "env": long })).await;
    assert_eq!(answer.expect_error(422, "INVALID_REQUEST")["violations"][0]["field"], "env.A");
    service.start(body("any", "a")).await;
}

#[tokio::test]
async fn a_program_that_is_gone_meanwhile_is_a_fault_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("game");
    std::os::unix::fs::symlink("/bin/true", &program).unwrap();
    let service = start(with(vec![Image::new("game").command([&program])])).await;
    std::fs::remove_file(&program).unwrap();
    service.post(body("game", "a")).await.expect_error(503, "INTERNAL_ERROR");
    service.get("/session/a").await.expect_error(404, "RESOURCE_NOT_FOUND");
    std::os::unix::fs::symlink("/bin/true", &program).unwrap();
    service.start(body("game", "a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_saves_reaps_and_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let images = vec![Image::demo(), demo("stubborn", &["--ignore-sigterm", "--fork"])];
    let service = common::start_builder(common::builder(with(images)).data_dir(folder.path())).await;
    for (image, id) in [("demo", "a"), ("demo", "b"), ("stubborn", "c")] {
        service.start(body(image, id)).await;
    }
    let child = pid_in(&service.logged("c", "forked").await, "forked ");
    let began = Instant::now();
    service.emulator.shutdown().await;
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(service.own.members(), [0; 0]);
    no_zombies().await;
    process_ends(child).await;
    let results: Vec<_> = walk(folder.path()).into_iter().filter(|file| file.ends_with("result.json")).collect();
    assert_eq!(results.len(), 2, "those that heed SIGTERM have saved their state");
    let run = results[0].ancestors().nth(2).unwrap();
    assert_eq!(std::fs::read_dir(run).unwrap().count(), 2, "and no folder stays that has nothing in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_amid_starts_leaves_no_process() {
    for _ in 0..5 {
        let service = start(with(vec![Image::demo()])).await;
        let (first, mut answered) = tokio::sync::mpsc::channel(32);
        let starts: Vec<_> = (0..20)
            .map(|number| {
                let request =
                    service.request(reqwest::Method::POST, "/session").json(&body("demo", &format!("{number}")));
                let first = first.clone();
                tokio::spawn(async move {
                    let status = request.send().await.map(|response| response.status().as_u16()).ok();
                    assert!(matches!(status, Some(201 | 503) | None), "{status:?}");
                    let _ = first.send(()).await;
                })
            })
            .collect();
        answered.recv().await.unwrap();
        service.emulator.shutdown().await;
        for start in starts {
            start.await.unwrap();
        }
        assert_eq!(service.own.members(), [0; 0]);
        no_zombies().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_is_dropped_leaves_no_process() {
    let service = start(with(vec![demo("stubborn", &["--ignore-sigterm", "--fork"])])).await;
    service.start(body("stubborn", "a")).await;
    let child = pid_in(&service.logged("a", "forked").await, "forked ");
    let own = service.own.clone();
    drop(service);
    process_ends(child).await;
    let gone = async {
        while !own.members().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    no_zombies().await;
}

#[test]
fn the_built_in_server_runs_without_an_emulator() {
    let mut command = std::process::Command::new(&demo_server()[0]);
    let output = command.args(["--exit", "5"]).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(5));
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}
