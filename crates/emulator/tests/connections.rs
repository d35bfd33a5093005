//! Connections: kept, pipelined, slow within a body, and what becomes of them at the end. Slow heads and crowds are in
//! `bad_input`.

mod common;

use std::time::{Duration, Instant};

use common::raw::{Raw, request};
use common::{PATIENCE, builder, images, script, start, start_builder};
use matchport_emulator::{Backend, Config, Image};
use serde_json::json;

fn null() -> Config {
    Config { backend: Backend::Null, ..Config::default() }
}

/// A request that starts a session of this id.
fn start_request(id: &str) -> Vec<u8> {
    let body = json!({ "image": "demo", "location": "eu-west-1", "id": id }).to_string();
    request("POST", "/session", &[("content-type", "application/json")], body.as_bytes())
}

#[tokio::test]
async fn one_connection_serves_many_requests_refused_ones_too() {
    let service = start(null()).await;
    let mut raw = Raw::connect(&service).await;
    for round in 0..50 {
        let id = format!("id-{round}");
        raw.send(start_request(&id)).await.unwrap();
        assert_eq!(raw.answer().await.unwrap().expect(201).json()["id"], *id);
        raw.send(start_request(&id)).await.unwrap();
        raw.answer().await.unwrap().expect_error(409, "CONFLICT");
        raw.send(request("POST", "/session", &[], b"{nonsense")).await.unwrap();
        raw.answer().await.unwrap().expect_error(422, "INVALID_REQUEST");
        raw.send(request("GET", "/nowhere", &[], b"")).await.unwrap();
        raw.answer().await.unwrap().expect_error(404, "NOT_FOUND");
        raw.send(request("HEAD", "/health", &[], b"")).await.unwrap();
        raw.answer_to_head().await.unwrap().expect(200);
        raw.send(request("DELETE", &format!("/session/{id}"), &[], b"")).await.unwrap();
        let stopped = raw.answer().await.unwrap().expect(204);
        assert!(stopped.body.is_empty() && !stopped.headers.contains_key("content-type"));
    }
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_not_taken_for_the_next_request() {
    let service = start(null()).await;
    let inner = start_request("smuggled");
    for (method, target, token) in [
        ("GET", "/session", "local"),
        ("DELETE", "/session/x", "local"),
        ("POST", "/session", "nobody"),
        ("PUT", "/nowhere", "local"),
    ] {
        let mut raw = Raw::connect(&service).await;
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n",
            inner.len()
        );
        let _ = raw.send([head.as_bytes(), &inner].concat()).await;
        assert!(raw.answer().await.expect("an answer").status.as_u16() < 500);
        // Kept or closed, but in step.
        let _ = raw.send(request("GET", "/health", &[], b"")).await;
        if let Some(answer) = raw.answer().await {
            assert_eq!(answer.expect(200).json()["status"], "ok");
        }
    }
    assert_eq!(service.ids("?all=true").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_their_order() {
    let service = start(images([Image::demo()])).await;
    let mut raw = Raw::connect(&service).await;
    let mut all = Vec::new();
    for round in 0..4 {
        let id = format!("id-{round}");
        all.extend(start_request(&id));
        all.extend(request("GET", &format!("/session/{id}"), &[], b""));
        all.extend(request("GET", "/nowhere", &[], b""));
        all.extend(request("DELETE", "/session/player/leave", &[], br#"{"players":["nobody"]}"#));
        all.extend(request("DELETE", &format!("/session/{id}"), &[], b""));
    }
    raw.send(all).await.unwrap();
    for round in 0..4 {
        assert_eq!(raw.answer().await.unwrap().expect(201).json()["id"], format!("id-{round}"));
        assert_eq!(raw.answer().await.unwrap().expect(200).json()["status"], "running");
        raw.answer().await.unwrap().expect_error(404, "NOT_FOUND");
        raw.answer().await.unwrap().expect_error(404, "RESOURCE_NOT_FOUND");
        raw.answer().await.unwrap().expect(204);
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_cut_off_and_starts_nothing() {
    let service = start_builder(builder(null()).client_patience(Duration::from_millis(300))).await;
    let whole = start_request("slow");
    let (most, last) = whole.split_at(whole.len() - 40);
    let mut raw = Raw::connect(&service).await;
    raw.send(most).await.unwrap();
    let mut sent = 0;
    for byte in last.chunks(1) {
        tokio::time::sleep(Duration::from_millis(40)).await;
        if raw.send(byte).await.is_err() {
            break;
        }
        sent += 1;
        let began = Instant::now();
        service.get("/health").await.expect(200);
        assert!(began.elapsed() < PATIENCE, "others are not held up");
    }
    // Cut off on our side; what was sent into the closed connection just didn't come back in time.
    assert!(raw.answer().await.is_none_or(|answer| answer.status == 408), "after {sent} bytes");
    assert_eq!(service.ids("?all=true").await, [""; 0]);
}

#[tokio::test]
async fn a_client_that_breaks_off_within_a_body_starts_nothing() {
    let service = start(null()).await;
    let whole = start_request("broken");
    for length in [1, 20, whole.len() / 2, whole.len() - 1] {
        let mut raw = Raw::connect(&service).await;
        raw.send(&whole[..length]).await.unwrap();
    }
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "fine" })).await;
    assert_eq!(service.ids("?all=true").await, ["fine"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_that_hang_up_make_room_again() {
    let image = script("quiet", "echo ready; exec sleep 1000");
    let service = start_builder(builder(images([image])).connections(6)).await;
    service.start(json!({ "image": "quiet", "location": "eu-west-1", "id": "a" })).await;
    // Over and over, as many as there may be: each hangs up while there is nothing to send.
    for _ in 0..10 {
        let mut followers = Vec::new();
        for _ in 0..4 {
            let mut follower = Raw::connect(&service).await;
            follower.send(request("GET", "/logs?id=a&follow=true", &[], b"")).await.unwrap();
            // All may be taken by those that have hung up just now, until that is noticed.
            if follower.head().await.is_some() {
                followers.push(follower);
            }
        }
        drop(followers);
    }
    let look = async {
        loop {
            let mut raw = Raw::connect(&service).await;
            let _ = raw.send(request("GET", "/health", &[], b"")).await;
            if raw.answer().await.is_some_and(|answer| answer.status == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_does_not_wait_for_those_who_keep_a_connection() {
    let service = start(images([script("quiet", "echo ready; exec sleep 1000")])).await;
    service.start(json!({ "image": "quiet", "location": "eu-west-1", "id": "a" })).await;
    let mut followers = Vec::new();
    let mut others = Vec::new();
    for _ in 0..4 {
        let mut follower = Raw::connect(&service).await;
        follower.send(request("GET", "/logs?id=a&follow=true", &[], b"")).await.unwrap();
        assert_eq!(follower.head().await.expect("a head").0, 200);
        followers.push(follower);
        let mut kept = Raw::connect(&service).await;
        kept.send(request("GET", "/health", &[], b"")).await.unwrap();
        kept.answer().await.unwrap().expect(200);
        others.push(kept);
        let mut half = Raw::connect(&service).await;
        half.send("POST /session HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        others.push(half);
        let mut body = Raw::connect(&service).await;
        let start = start_request("b");
        body.send(&start[..start.len() - 5]).await.unwrap();
        others.push(body);
        others.push(Raw::connect(&service).await);
    }
    let began = Instant::now();
    service.emulator.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    for mut follower in followers {
        // The log is complete, as the session has ended in good order.
        let mut text = Vec::new();
        while let Some(chunk) = follower.chunk().await.filter(|chunk| !chunk.is_empty()) {
            text.extend(chunk);
        }
        assert_eq!(text, b"ready\n");
    }
    for mut other in others {
        other.end().await;
    }
}
