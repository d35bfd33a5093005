//! A session with a real game server, from start to artifact, as the guide walks through it.

mod common;

use std::io::Read;

use common::processes::no_zombies;
use common::{PATIENCE, Player, start};
use matchport_emulator::Config;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_of_the_guide() {
    let service = start(Config::default()).await;

    let locations = service.get("/available-location/demo").await.expect(200).json();
    assert_eq!(
        locations,
        json!({ "locations": [
            { "id": "eu-west-1", "ips": ["127.0.0.1"] },
            { "id": "us-east-1", "ips": ["127.0.0.1"] },
            { "id": "ap-southeast-1", "ips": ["127.0.0.1"] },
        ] })
    );

    let started = service
        .start(json!({
            "image": "demo",
            "location": "eu-west-1",
            "env": { "MAP": "dust2", "GAME_MODE": "ranked", "MATCH_ID": "abc-123" },
            "labels": { "mode": "ranked" },
            "ttl": 3600,
        }))
        .await;
    let id = started["id"].as_str().unwrap();
    let port = u16::try_from(started["ports"][0]["host"].as_u64().unwrap()).unwrap();
    assert_eq!(
        started,
        json!({ "id": id, "host": "127.0.0.1", "ports": [{ "type": "udp", "container": 7777, "host": port }] })
    );
    assert!((20_000..=30_000).contains(&port));
    assert_eq!(id.len(), 36);

    // 201 was answered after the port was bound, so nothing has to be tried again.
    let player = Player::connect(port);
    assert_eq!(player.asks("hello player_a"), "welcome player_a 1");
    assert_eq!(player.asks("ping 1"), "pong 1");

    let joined = service.join(id, &["player_a", "player_b"]).await.expect(200).json();
    assert_eq!(joined, json!({ "count": 2, "players": ["player_a", "player_b"] }));

    let described = service.describe(id).await;
    assert_eq!(described["status"], "running");
    assert_eq!(described["port"], json!({ "7777/udp": port }));
    assert_eq!(described["players"], json!({ "joined": ["player_a", "player_b"], "joinedCount": 2 }));
    assert_eq!(
        (&described["image"], &described["tag"], &described["location"], &described["host"]),
        (&json!("demo"), &json!("latest"), &json!("eu-west-1"), &json!("127.0.0.1"))
    );
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let age = now - u128::from(described["created"].as_u64().unwrap());
    assert!(age < PATIENCE.as_millis(), "created is unix milliseconds");
    let packed = |name: &str| -> serde_json::Value {
        serde_json::from_str(described["labels"][name].as_str().unwrap()).unwrap()
    };
    assert_eq!(packed("tags"), json!({ "mode": "ranked" }));
    assert_eq!(packed("env"), json!({ "MAP": "dust2", "GAME_MODE": "ranked", "MATCH_ID": "abc-123" }));
    assert_eq!(
        packed("gameye"),
        json!({ "organization": "local", "session": id, "image": "demo", "region": "eu-west-1", "tag": "latest" })
    );

    let list = service.get("/session?playerCount[lt]=8&image=demo").await.expect(200).json();
    assert_eq!(list["sessions"][0]["playerCount"], 2);
    assert_eq!(list["sessions"][0]["id"], id);
    assert!(list["sessions"][0].get("players").is_none());

    assert_eq!(service.leave(&["player_a"]).await.expect(200).json(), json!({ "count": 1, "players": ["player_a"] }));

    let log = service.logged(id, "player_a has come").await;
    assert!(log.contains("MAP is dust2") && log.contains("MATCH_ID is abc-123"), "{log}");

    assert_eq!(service.stop_and_wait(id).await, "exited");
    assert_eq!(service.ids("").await, [""; 0]);
    assert_eq!(service.ids("?all=true").await, [id]);

    let artifact = service.get(&format!("/artifacts?session={id}&path=/result.json")).await.expect(200);
    assert_eq!(artifact.headers["content-type"], "application/x-tar");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(artifact.body.as_slice()));
    let mut entry = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str(), Some("result.json"));
    let mut result = String::new();
    entry.read_to_string(&mut result).unwrap();
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(
        (&result["session"], &result["players"], &result["packets"]),
        (&json!(id), &json!(["player_a"]), &json!(2))
    );

    service.emulator.shutdown().await;
    assert_eq!(service.own.members(), [0; 0], "no process is left");
    no_zombies().await;
}
