//! Requests at the edge of HTTP and beyond it, by hand: no 5xx, nothing starts that was not asked for, and whatever is
//! right is served however odd it looks. Bodies that are no start are in `bad_input`.

mod common;

use common::processes::Family;
use common::raw::{self, Raw, request};
use common::{images, script, start};
use matchport_emulator::{Backend, Config, Image};
use reqwest::StatusCode;
use serde_json::json;

const BODY: &str = r#"{"image":"demo","location":"eu-west-1"}"#;

fn null() -> Config {
    Config { backend: Backend::Null, ..Config::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_framing_starts_nothing_twice_and_nothing_smuggled() {
    let family = Family::new();
    let service = start(images([family.of(Image::demo())])).await;
    let smuggled = "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ncontent-length: 55\r\n\r\n\
                    {\"image\":\"demo\",\"location\":\"eu-west-1\",\"id\":\"smuggled\"}";
    let head = "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\n";
    let refused = [
        format!("{head}content-length: 0\r\ncontent-length: 39\r\n\r\n{BODY}"),
        format!("{head}content-length: 39\r\ncontent-length: 0\r\n\r\n{BODY}"),
        format!("{head}content-length: 39, 0\r\n\r\n{BODY}"),
        format!("{head}content-length: +39\r\n\r\n{BODY}"),
        format!("{head}content-length: 0x27\r\n\r\n{BODY}"),
        format!("{head}content-length: 39 39\r\n\r\n{BODY}"),
        format!("{head}content-length:\r\n\r\n{BODY}"),
        format!("{head}content-length: 99999999999999999999999\r\n\r\n{BODY}"),
        format!("{head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head} transfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{head}x: a\r\n folded\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{BODY}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n-1\r\n{BODY}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n27\r\n{BODY}xx0\r\n\r\n"),
        format!("{head}transfer-encoding: chunked\r\n\r\n 27\r\n{BODY}\r\n0\r\n\r\n"),
    ];
    for bytes in refused {
        let mut connection = Raw::connect(&service).await;
        let _ = connection.send(&bytes).await;
        // Nothing more will come from this side, so that an end is an end.
        if let Some(answer) = connection.answer().await {
            assert!(answer.status.is_client_error(), "{} to {bytes}", answer.status);
        }
        let more = connection.end().await;
        assert!(!String::from_utf8_lossy(&more).contains("smuggled"), "{bytes}");
    }
    // Both lengths: the chunks count, as the standard has it, and the connection is not trusted any longer.
    let both = format!("{head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}");
    let mut connection = Raw::connect(&service).await;
    connection.send(&both).await.unwrap();
    let answer = connection.answer().await.expect("an answer");
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert_eq!(connection.end().await, b"");
    assert_eq!(service.ids("?all=true").await, [""; 0]);
    assert_eq!(family.members(), [0; 0]);
    service.start(json!({ "image": "demo", "location": "eu-west-1" })).await;
}

#[tokio::test]
async fn what_is_right_is_served_however_odd_it_looks() {
    let service = start(null()).await;
    let chunked: String = BODY.chars().map(|c| format!("1;ext=\"x\"\r\n{c}\r\n")).collect();
    let head = "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\n";
    let served = [
        (format!("{head}transfer-encoding: chunked\r\n\r\n{chunked}0\r\ntrailer: x\r\n\r\n"), 201),
        (format!("{head}Transfer-Encoding: CHUNKED\r\n\r\n027\r\n{BODY}\r\n0\r\n\r\n"), 201),
        (format!("{head}content-length: 39\r\ncontent-length: 39\r\n\r\n{BODY}"), 201),
        (format!("{head}content-length: 39\r\nexpect: 100-continue\r\n\r\n{BODY}"), 201),
        (format!("{head}content-length: 39\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{BODY}"), 201),
        (format!("{}content-length: 39\r\n\r\n{BODY}", head.replace("Bearer", "bearer")), 201),
        (format!("{}content-length: 39\r\n\r\n{BODY}", head.replace("/session", "http://elsewhere/session")), 201),
        (format!("{}content-length: 39\r\n\r\n{BODY}", head.replace("/session", "/session?unknown=1")), 201),
        ("GET /health HTTP/1.0\r\n\r\n".to_owned(), 200),
        ("\r\n\r\nGET /health HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(), 200),
        ("GET /health HTTP/1.1\nhost: x\n\n".to_owned(), 200),
        ("GET /health HTTP/1.1\r\nhost: localhost\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n".to_owned(), 200),
    ];
    for (bytes, status) in served {
        let answer = raw::exchange(&service, &bytes).await.unwrap_or_else(|| panic!("no answer to {bytes}"));
        assert_eq!(answer.status.as_u16(), status, "{} to {bytes}", answer.text());
    }
}

#[tokio::test]
async fn methods_and_targets_that_nobody_means() {
    let service = start(null()).await;
    for (method, target, statuses) in [
        ("get", "/health", [405, 405]),
        ("BREW", "/session", [405, 405]),
        ("TRACE", "/session", [405, 405]),
        ("OPTIONS", "*", [404, 405]),
        ("OPTIONS", "/session", [405, 405]),
        ("CONNECT", "127.0.0.1:80", [400, 404]),
        ("GET", "//", [404, 404]),
        ("GET", "/session/a/../../health", [404, 404]),
        ("GET", "/session/%2e%2e/health", [404, 404]),
        ("GET", "/SESSION", [404, 404]),
        ("GET", "/health/", [404, 404]),
        ("POST", "/session/", [404, 405]),
        ("GET", "/session\t", [400, 400]),
        ("GET", "/session/\u{fc}", [400, 404]),
        ("GET", "/session/<script>", [400, 404]),
        ("GET", "session", [400, 404]),
    ] {
        let answer = raw::exchange(&service, request(method, target, &[], b"")).await;
        let answer = answer.unwrap_or_else(|| panic!("no answer to {method} {target}"));
        assert!(statuses.contains(&answer.status.as_u16()), "{} to {method} {target}", answer.status);
        if answer.status != StatusCode::BAD_REQUEST {
            assert_eq!(answer.json()["statusCode"], answer.status.as_u16());
            assert!(!answer.headers.contains_key("location"));
        }
    }
    for target in ["/nowhere", "/session/nobody", "/logs?id=nobody", "/session"] {
        let mut connection = Raw::connect(&service).await;
        connection.send(request("HEAD", target, &[], b"")).await.unwrap();
        let answer = connection.answer_to_head().await.expect("an answer");
        assert_eq!(answer.status == 200, target == "/session");
        // No body behind it: the next answer follows at once.
        connection.send(request("GET", "/health", &[], b"")).await.unwrap();
        connection.answer().await.expect("in step").expect(200);
    }
    let long = format!("/session/{}", "a".repeat(30_000));
    let error = raw::exchange(&service, request("GET", &long, &[], b"")).await.unwrap();
    let error = error.expect_error(404, "RESOURCE_NOT_FOUND");
    assert!(error["details"].as_str().unwrap().len() < 500);
}

#[tokio::test]
async fn tokens_that_are_almost_right() {
    let service = start(null()).await;
    for value in [
        "",
        "local",
        "Bearer",
        "Bearer ",
        "Bearer\tlocal",
        "Basic bG9jYWw=",
        "Bearer local x",
        "Bearer LOCAL",
        "Bearer local,Bearer local",
        "Bearer loca",
        "Bearer locall",
        "Bearerlocal",
        "Bearer \"local\"",
        "Bearer l\u{f6}cal",
    ] {
        let bytes = format!("GET /session HTTP/1.1\r\nhost: localhost\r\nauthorization: {value}\r\n\r\n");
        let answer = raw::exchange(&service, bytes).await.expect("an answer");
        answer.expect_error(401, "UNAUTHORIZED");
    }
    let long =
        format!("GET /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n", "x".repeat(20_000));
    raw::exchange(&service, long).await.expect("an answer").expect_error(401, "UNAUTHORIZED");
    // Not in the query, and not twice.
    let bytes = "GET /session?token=local HTTP/1.1\r\nhost: localhost\r\n\r\n";
    raw::exchange(&service, bytes).await.expect("an answer").expect_error(401, "UNAUTHORIZED");
    let twice = "GET /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer nobody\r\nauthorization: Bearer local\r\n\r\n";
    raw::exchange(&service, twice).await.expect("an answer").expect_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let service = start(null()).await;
    let lines: String = (0..5000).map(|line| format!("x-{line}: y\r\n")).collect();
    for head in [format!("x: {}\r\n", "y".repeat(1 << 20)), lines] {
        let bytes = format!("GET /health HTTP/1.1\r\nhost: localhost\r\n{head}\r\n");
        // The answer may be lost in the reset that follows bytes which nobody takes.
        if let Some(answer) = raw::exchange(&service, bytes).await {
            assert_eq!(answer.status.as_u16(), 431, "{}", answer.text());
        }
    }
    service.get("/health").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_labels_may_be_any_text_and_lead_nowhere() {
    let family = Family::new();
    let data = tempfile::tempdir().unwrap();
    let image = family.of(script("says", "printf %s \"$GAMEYE_SESSION_ID\"; echo x > file; exit 0"));
    let service = common::start_builder(common::builder(images([image])).data_dir(data.path())).await;
    let long = "n".repeat(255);
    for id in [
        "../../escape",
        "...",
        "/etc/passwd",
        "a b+c",
        "%2e",
        "a%",
        "?id=x&y",
        "#",
        "$(touch pwned)",
        "; exit 1",
        "-rf",
        "=",
        "ünïcödé \u{1f3ae}",
        "\"quoted\\\"",
        "player",
        "join",
        &long,
    ] {
        let labels = json!({ id: id, "gameye": "mine" });
        service.start(json!({ "image": "says", "location": "eu-west-1", "id": id, "labels": labels })).await;
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let get = async |target: String| {
            raw::exchange(&service, request("GET", &target, &[], b"")).await.expect("an answer").expect(200)
        };
        let look = async {
            while get(format!("/session/{encoded}")).await.json()["status"] != "exited" {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(common::PATIENCE, look).await.expect("it exits");
        let described = get(format!("/session/{encoded}")).await.json();
        assert_eq!(described["id"], id);
        let tags: serde_json::Value = serde_json::from_str(described["labels"]["tags"].as_str().unwrap()).unwrap();
        assert_eq!(tags, labels);
        assert_eq!(get(format!("/logs?id={encoded}")).await.text(), id);
        assert!(!get(format!("/artifacts?session={encoded}&path=/file")).await.body.is_empty());
        let conflict = raw::exchange(&service, request("DELETE", &format!("/session/{encoded}"), &[], b"")).await;
        conflict.expect("an answer").expect_error(409, "CONFLICT");
    }
    // All that was written lies in the folder of the emulator.
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1);
}
