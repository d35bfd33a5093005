//! Logs for followers of every kind: early, late, several, and those that don't read. The usual is in `output`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::time::Duration;

use common::processes::Family;
use common::raw::{Raw, request};
use common::{Service, images, script, start, start_builder};
use matchport_emulator::{Config, Image};
use serde_json::json;

const TARGET: &str = "/logs?id=a&follow=true";

/// A follower of session `a`.
async fn follow(service: &Service) -> Raw {
    let mut follower = Raw::connect(service).await;
    follower.send(request("GET", TARGET, &[], b"")).await.unwrap();
    let (status, headers) = follower.head().await.expect("a head");
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/plain");
    follower
}

/// Reads until the text that came ends with this.
async fn read_until(follower: &mut Raw, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let chunk = follower.chunk().await.expect("a whole chunk");
        assert!(!chunk.is_empty(), "it ended with {text}");
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

/// Reads to the end, which must come.
async fn read_rest(follower: &mut Raw) -> Vec<u8> {
    let mut rest = Vec::new();
    loop {
        match follower.chunk().await.expect("a whole body") {
            chunk if chunk.is_empty() => return rest,
            chunk => rest.extend(chunk),
        }
    }
}

/// Writes a line for each file that appears in its folder, and ends with the one called `end`.
const OBEYS: &str = "echo ready; i=1; while [ ! -e end ]; do if [ -e $i ]; then echo line $i; i=$((i+1)); else \
                     sleep 0.002; fi; done; echo bye >&2; exit 0";

#[tokio::test(flavor = "multi_thread")]
async fn followers_get_all_from_the_beginning_as_it_comes_until_the_end() {
    let family = Family::new();
    let folder = tempfile::tempdir().unwrap();
    let tell = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
    let obeys = format!("cd '{}'; {OBEYS}", folder.path().display());
    let service = start(images([family.of(script("obeys", &obeys))])).await;
    service.start(json!({ "image": "obeys", "location": "eu-west-1", "id": "a" })).await;
    let mut early = follow(&service).await;
    assert_eq!(read_until(&mut early, "ready\n").await, "ready\n");
    tell("1");
    assert_eq!(read_until(&mut early, "line 1\n").await, "line 1\n");
    let mut late = follow(&service).await;
    assert_eq!(read_until(&mut late, "line 1\n").await, "ready\nline 1\n");
    // Without `follow` it is what there is so far.
    assert_eq!(service.log("a").await, "ready\nline 1\n");
    assert_eq!(service.get("/logs?id=a&follow=false").await.expect(200).text(), "ready\nline 1\n");
    tell("2");
    for follower in [&mut early, &mut late] {
        assert_eq!(read_until(follower, "line 2\n").await, "line 2\n");
    }
    drop(late);
    tell("end");
    assert_eq!(read_rest(&mut early).await, b"bye\n", "stderr is part of it, and the end comes with the session's");
    service.reaches("a", &["exited"]).await;
    for path in ["/logs?id=a", TARGET] {
        assert_eq!(service.get(path).await.expect(200).text(), "ready\nline 1\nline 2\nbye\n", "it stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_end_when_the_session_is_stopped_however_stubborn_it_is() {
    let stubborn = Image::demo().args(["--ignore-sigterm"]);
    let service = start(Config { grace: Duration::from_secs(1), ..images([stubborn]) }).await;
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "a" })).await;
    let mut followers = [follow(&service).await, follow(&service).await];
    service.delete("/session/a").await.expect(204);
    for follower in &mut followers {
        let text = read_rest(follower).await;
        let text = String::from_utf8_lossy(&text);
        // It may come before the last of what is said at the start.
        assert!(text.contains("SIGTERM is ignored, as asked\n"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_does_not_read_stops_neither_the_game_server_nor_others() {
    // More than all buffers between here and there hold.
    const BYTES: usize = 24 << 20;
    let image = Image::demo().args(["--spam", &BYTES.to_string()]);
    let data = tempfile::tempdir().unwrap();
    let builder = common::builder(images([image])).data_dir(data.path());
    let service = start_builder(builder.client_patience(Duration::from_secs(1))).await;
    // What it writes comes before it binds its port, so 201 says that it was not held up.
    let body = json!({ "image": "demo", "location": "eu-west-1", "id": "a" });
    let stuck = async {
        loop {
            let mut follower = Raw::connect(&service).await;
            follower.send(request("GET", TARGET, &[], b"")).await.unwrap();
            match follower.head().await.expect("a head").0.as_u16() {
                200 => return follower,
                404 => tokio::time::sleep(Duration::from_millis(1)).await,
                other => panic!("{other}"),
            }
        }
    };
    let (_, mut stuck) = tokio::join!(service.start(body), stuck);
    service.reaches("a", &["running"]).await;
    let log = service.logged("a", "listening on").await;
    assert!(log.len() <= (1 << 20) + 100, "{}", log.len());
    assert!(log.starts_with('[') && log.contains("bytes before this are not kept]"), "what is missing is said");
    service.stop_and_wait("a").await;
    // By now it is cut off, or reads what is left for it and then the end.
    drop(stuck.end().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_without_end_is_stopped_like_any_other() {
    let family = Family::new();
    let config = Config {
        log_limit: 4096,
        ..images([family.of(script("yes", "trap 'exit 0' TERM; while :; do echo y; done"))])
    };
    let service = start(config).await;
    service.start(json!({ "image": "yes", "location": "eu-west-1", "id": "a" })).await;
    service.logged("a", "not kept]").await;
    assert!(service.log("a").await.len() < 4200);
    service.stop_and_wait("a").await;
    assert_eq!(family.members(), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_of_those_that_exit_are_never_lost() {
    let service = start(images([script("brief", "head -c 60000 /dev/zero; echo; echo last words; exit 0")])).await;
    let sessions = (0..60).map(async |number| {
        let id = format!("a-{number}");
        service.start(json!({ "image": "brief", "location": "eu-west-1", "id": id })).await;
        service.reaches(&id, &["exited"]).await;
        let log = service.log(&id).await;
        assert_eq!(log.len(), 60_000 + 12, "{id}");
        assert!(log.ends_with("\nlast words\n"), "{id}");
    });
    futures_util::future::join_all(sessions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_goes_on_over_restarts_and_goes_when_the_session_is_forgotten() {
    let image = script("twice", "echo here; if [ -e again ]; then exit 0; fi; touch again; exit 1");
    let service = start(Config { retention: Duration::from_millis(400), ..images([image]) }).await;
    service.start(json!({ "image": "twice", "location": "eu-west-1", "id": "a", "restart": true })).await;
    let mut follower = follow(&service).await;
    assert_eq!(read_rest(&mut follower).await, b"here\nhere\n");
    let look = async {
        while service.get("/logs?id=a").await.status != 404 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(common::PATIENCE, look).await.expect("it is forgotten");
}
