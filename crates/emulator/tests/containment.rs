//! What game servers fork, stops that race with starts, callers that hang up: nothing is left behind, nothing is doubled.
//! The ends of one process are in `processes`, of a killed emulator in `killed`.

#![cfg(target_os = "linux")]

mod common;

use std::time::Duration;

use common::processes::{Family, no_zombies};
use common::raw::{self, Raw};
use common::{PATIENCE, images, script, start};
use matchport_emulator::{Config, Image, PortRange};
use serde_json::json;

/// Starts processes in its group, in sessions of their own, and as orphans of such; all hold on to its output.
const FORKS: &str = "sleep 1000 & setsid sleep 1000 & (setsid sh -c 'trap \"\" TERM; sleep 1000 & sleep 1000' &) \
                     & echo forked; wait; wait";

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
