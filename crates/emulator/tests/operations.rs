//! The operations over HTTP, with no process behind them: statuses, bodies, paths, permissions, limits.

mod common;

use common::{Service, builder, start, start_builder};
use matchport_emulator::{
    Backend, Config, Emulator, Image, Location, Permission, Protocol, StartError, Token, TtlForm,
};
use reqwest::Method;
use serde_json::json;

fn null() -> Config {
    Config { backend: Backend::Null, ..Config::default() }
}

#[tokio::test]
async fn a_start_answers_what_the_page_says() {
    let images = vec![Image::new("pair").port(7777, Protocol::Udp).port(7778, Protocol::Tcp)];
    let service = start(Config { images, ..null() }).await;
    let started = service.start(json!({ "image": "pair", "location": "eu-west-1", "id": "mine" })).await;
    let ports = started["ports"].as_array().unwrap();
    let port = |index: usize| ports[index]["host"].as_u64().unwrap();
    assert_eq!(
        started,
        json!({ "id": "mine", "host": "127.0.0.1", "ports": [
            { "type": "udp", "container": 7777, "host": port(0) },
            { "type": "tcp", "container": 7778, "host": port(1) },
        ] })
    );
    assert_eq!(service.describe("mine").await["port"], json!({ "7777/udp": port(0), "7778/tcp": port(1) }));
}

#[tokio::test]
async fn every_kind_of_refusal_has_the_full_body() {
    let locations = vec![Location::new("eu"), Location::new("full").capacity(0)];
    let tokens = vec![Token::new("local"), Token::new("reader").permissions([Permission::SessionRead])];
    let service = start(Config { locations, tokens, quota: Some(1), ..null() }).await;
    let body = json!({ "image": "demo", "location": "eu", "id": "one" });

    let missing = service.send(reqwest::Client::new().get(service.url("/session"))).await;
    assert_eq!(missing.expect_error(401, "UNAUTHORIZED")["path"], "/session");
    let wrong = reqwest::Client::new().get(service.url("/session")).bearer_auth("nope");
    service.send(wrong).await.expect_error(401, "UNAUTHORIZED");
    let reader = reqwest::Client::new().post(service.url("/session")).bearer_auth("reader").json(&body);
    service.send(reader).await.expect_error(403, "FORBIDDEN");

    let full = json!({ "image": "demo", "location": "full" });
    service.post(full.clone()).await.expect_error(420, "CAPACITY_UNAVAILABLE");
    service.start(body.clone()).await;
    service.post(body).await.expect_error(409, "CONFLICT");
    service.post(full).await.expect_error(402, "QUOTA_EXCEEDED");
    service.post(json!({ "image": "nope", "location": "eu" })).await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.post(json!({ "image": "demo", "location": "nope" })).await.expect_error(404, "RESOURCE_NOT_FOUND");

    let invalid = service.post(json!({ "image": "demo", "region": "eu" })).await.expect_error(422, "INVALID_REQUEST");
    let violations = invalid["violations"].as_array().unwrap();
    let fields: Vec<_> = violations.iter().map(|violation| violation["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["location", "region"]);
    assert!(violations.iter().all(|violation| violation["description"].as_str().is_some_and(|text| !text.is_empty())));

    service.get("/session/nope").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.delete("/session/nope").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.delete("/session/one").await.expect(204);
    service.delete("/session/one").await.expect_error(409, "CONFLICT");
}

#[tokio::test]
async fn a_token_is_asked_for_before_anything_else() {
    let service = start(null()).await;
    let client = reqwest::Client::new();
    for (method, path) in [
        (Method::POST, "/session"),
        (Method::GET, "/session/%ff"),
        (Method::PUT, "/session/player/join"),
        (Method::DELETE, "/session/player/leave"),
        (Method::GET, "/available-location/nope"),
        (Method::GET, "/tag/a/b/c"),
        (Method::GET, "/logs"),
        (Method::GET, "/artifacts"),
    ] {
        let request = client.request(method, service.url(path)).body("not json");
        service.send(request).await.expect_error(401, "UNAUTHORIZED");
    }
    let health = client.get(service.url("/health"));
    service.send(health).await.expect(200);
}

#[tokio::test]
async fn each_permission_opens_its_operations_only() {
    let tokens = Permission::ALL.map(|permission| Token::new(permission.name()).permissions([permission]));
    let service = start(Config { tokens: tokens.into(), ..null() }).await;
    let operations = [
        (Method::POST, "/session", "session:start"),
        (Method::PUT, "/session/player/join", "session:start"),
        (Method::DELETE, "/session/player/leave", "session:start"),
        (Method::GET, "/session", "session:read"),
        (Method::GET, "/session/x", "session:read"),
        (Method::DELETE, "/session/x", "session:stop"),
        (Method::GET, "/available-location/demo", "regions:read"),
        (Method::GET, "/tag/eu-west-1/demo/latest", "regions:read"),
        (Method::GET, "/logs?id=x", "logs:read"),
        (Method::GET, "/artifacts?session=x&path=/", "artifact:read"),
    ];
    let client = reqwest::Client::new();
    for (method, path, needed) in operations {
        for token in Permission::ALL.map(Permission::name) {
            let request = client.request(method.clone(), service.url(path)).bearer_auth(token);
            let is_forbidden = service.send(request).await.status == 403;
            assert_eq!(is_forbidden, token != needed, "{method} {path} with {token}");
        }
    }
}

#[tokio::test]
async fn places_and_tags_are_told() {
    let images = vec![Image::demo(), Image::new("team/game").tags([("v1", 1)])];
    let locations = vec![
        Location { ips: vec!["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()], ..Location::new("eu") },
        Location::new("us").images(["demo"]),
    ];
    let service = start(Config { images, locations, ..null() }).await;
    let get = |path: &'static str| service.get(path);
    assert_eq!(
        get("/available-location/team%2Fgame").await.expect(200).json(),
        json!({ "locations": [{ "id": "eu", "ips": ["192.0.2.1", "192.0.2.2"] }] })
    );
    get("/available-location/nope").await.expect_error(404, "RESOURCE_NOT_FOUND");
    assert_eq!(get("/tag/eu/team%2Fgame/v1").await.expect(200).json(), json!({ "exists": true }));
    assert_eq!(get("/tag/eu/team%2Fgame/v2").await.expect(200).json(), json!({ "exists": false }));
    get("/tag/us/team%2Fgame/v1").await.expect_error(404, "RESOURCE_NOT_FOUND");
    get("/tag/nope/demo/latest").await.expect_error(404, "RESOURCE_NOT_FOUND");
    get("/tag/eu/demo/%ff").await.expect_error(400, "BAD_REQUEST");
}

#[tokio::test]
async fn lists_filter_as_backfill_needs_it() {
    let service = start(null()).await;
    for (id, players) in [("few", 1), ("many", 8), ("none", 0)] {
        let labels = json!({ "mode": if id == "none" { "casual" } else { "ranked" } });
        service.start(json!({ "image": "demo", "location": "eu-west-1", "id": id, "labels": labels })).await;
        let names: Vec<_> = (0..players).map(|player| format!("{id}-{player}")).collect();
        if !names.is_empty() {
            service.join(id, &names.iter().map(String::as_str).collect::<Vec<_>>()).await.expect(200);
        }
    }
    assert_eq!(service.ids("?playerCount[lt]=8&playerCount[gt]=0").await, ["few"]);
    assert_eq!(service.ids("?playerCount%5Blt%5D=8").await, ["few", "none"]);
    assert_eq!(service.ids("?filter[mode]=ranked").await, ["few", "many"]);
    assert_eq!(service.ids("?filterNot%5Bmode%5D=ranked").await, ["none"]);
    assert_eq!(service.ids("?location=us-east-1").await, [""; 0]);
    service.get("/session?playerCount[lt]=x").await.expect_error(400, "BAD_REQUEST");
    service.get("/session?all=%zz").await.expect_error(400, "BAD_REQUEST");
}

#[tokio::test]
async fn players_join_one_session_and_leave_without_naming_it() {
    let service = start(null()).await;
    for id in ["a", "b"] {
        service.start(json!({ "image": "demo", "location": "eu-west-1", "id": id })).await;
    }
    assert_eq!(service.join("a", &["p", "q"]).await.expect(200).json(), json!({ "count": 2, "players": ["p", "q"] }));
    assert_eq!(service.join("b", &["q"]).await.expect(200).json(), json!({ "count": 1, "players": ["q"] }));
    assert_eq!(service.describe("a").await["players"], json!({ "joined": ["p"], "joinedCount": 1 }));
    assert_eq!(service.leave(&["p"]).await.expect(200).json(), json!({ "count": 0, "players": ["p"] }));
    service.leave(&["p"]).await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.join("nope", &["p"]).await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.delete("/session/b").await.expect(204);
    service.join("b", &["p"]).await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.join("a", &["x", "x"]).await.expect_error(422, "INVALID_REQUEST");
}

#[tokio::test]
async fn of_many_starts_with_one_id_exactly_one_wins() {
    let service = start(null()).await;
    for round in 0..20 {
        let body = json!({ "image": "demo", "location": "eu-west-1", "id": format!("id-{round}") });
        let starts = (0..16).map(|_| service.post(body.clone()));
        let statuses: Vec<u16> =
            futures_util::future::join_all(starts).await.into_iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 15, "{statuses:?}");
    }
}

#[tokio::test]
async fn ttl_strictness_is_a_switch() {
    for (form, seconds, duration) in
        [(TtlForm::Seconds, 201, 422), (TtlForm::Duration, 422, 201), (TtlForm::Both, 201, 201)]
    {
        let service = start(Config { ttl: form, ..null() }).await;
        let ttl = |ttl: serde_json::Value| json!({ "image": "demo", "location": "eu-west-1", "ttl": ttl });
        service.post(ttl(json!(3600))).await.expect(seconds);
        service.post(ttl(json!("2h30m"))).await.expect(duration);
        service.post(ttl(json!("1.5"))).await.expect_error(422, "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn time_to_live_ends_a_session_without_a_process_too() {
    let service = start(null()).await;
    service.start(json!({ "image": "demo", "location": "eu-west-1", "id": "a", "ttl": 1 })).await;
    assert_eq!(service.status("a").await, "running");
    service.reaches("a", &["exited"]).await;
    assert_eq!(service.log("a").await, "");
    service.get("/artifacts?session=a&path=/").await.expect_error(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn an_id_is_free_again_when_the_session_is_forgotten() {
    let service = start(Config { retention: std::time::Duration::from_millis(50), ..null() }).await;
    let body = json!({ "image": "demo", "location": "eu-west-1", "id": "a" });
    service.start(body.clone()).await;
    service.delete("/session/a").await.expect(204);
    let forgotten = async {
        while service.get("/session/a").await.status != 404 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(common::PATIENCE, forgotten).await.unwrap();
    service.start(body).await;
}

#[tokio::test]
async fn only_a_token_of_ones_own_opens_the_emulator_to_others() {
    let start = builder(null()).listen("0.0.0.0:0".parse().unwrap()).start().await;
    assert!(matches!(start, Err(StartError::AddressNeedsToken(_))));
    let builder = builder(null()).listen("0.0.0.0:0".parse().unwrap()).tokens(["mine"]);
    let service = Service::with_token(builder, "mine").await;
    let url = format!("http://127.0.0.1:{}/session", service.emulator.address().port());
    let request = |token: &str| reqwest::Client::new().get(&url).bearer_auth(token);
    service.send(request("mine")).await.expect(200);
    service.send(request("local")).await.expect(401);
}

#[tokio::test]
async fn the_ready_file_holds_the_address_while_requests_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ready");
    std::fs::write(&file, "http://127.0.0.1:1\n").unwrap();
    let service = start_builder(builder(null()).ready_file(&file)).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", service.emulator.base_url()));
    assert_eq!(service.emulator.base_url(), format!("http://{}", service.emulator.address()));
    service.emulator.shutdown().await;
    assert!(!file.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_missing_is_said_at_the_start() {
    let no_demo = Emulator::builder(Config::default()).start().await;
    assert!(matches!(no_demo, Err(StartError::NoDemoServer { image }) if image == "demo"));
    let image = Image::new("game").command(["/no/such/program"]);
    let no_program = builder(Config { images: vec![image], ..Config::default() }).start().await.unwrap_err();
    assert!(no_program.to_string().contains("/no/such/program"), "{no_program}");
    let config = builder(Config { locations: Vec::new(), ..null() }).start().await;
    assert!(matches!(config, Err(StartError::Config(_))));
    let service = start(null()).await;
    let taken = builder(null()).listen(service.emulator.address()).start().await;
    assert!(matches!(taken, Err(StartError::Listen { .. })));
}
