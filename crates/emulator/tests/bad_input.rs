//! What no client of ours sends: the right status with the full body, never a 500, and everyone else is served on.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::time::Duration;

use common::{PATIENCE, Service, builder, start, start_builder};
use matchport_emulator::{Backend, Config};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn null() -> Config {
    Config { backend: Backend::Null, ..Config::default() }
}

async fn post_raw(service: &Service, body: Vec<u8>) -> common::Answer {
    service.send(service.request(Method::POST, "/session").body(body)).await
}

/// Sends bytes and reads until the other side closes, or for as long as it takes.
async fn exchange(service: &Service, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(service.emulator.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends").unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The emulator answers as ever.
async fn is_well(service: &Service) {
    service.start(json!({ "image": "demo", "location": "eu-west-1", "ttl": 60 })).await;
}

#[tokio::test]
async fn bodies_that_are_no_start() {
    let service = start(null()).await;
    let deep = |open: &str, depth: usize| format!(r#"{{"image":"demo","location":"x","env":{}"#, open.repeat(depth));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"image\":\"\xff\"}".to_vec(),
        b"{\"image\":\"demo\",\"location\":\"eu-west-1\"".to_vec(),
        b"{\"image\":\"demo\",\"location\":\"eu-west-1\"} x".to_vec(),
        b"{\"image\":\"demo\",\"image\":\"demo\",\"location\":\"eu-west-1\"}".to_vec(),
        b"{\"image\":\"\\ud800\",\"location\":\"eu-west-1\"}".to_vec(),
        deep("[", 100_000).into(),
        deep("{\"a\":", 50_000).into(),
        format!(r#"{{"image":"demo","location":"eu-west-1","id":"{}"}}"#, "x".repeat(10_000)).into(),
        format!(r#"{{"image":"{}","location":"eu-west-1"}}"#, "x".repeat(500_000)).into(),
        br#"{"image":"demo","location":"eu-west-1","ttl":-1}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","ttl":1e999}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","ttl":99999999999999999999}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","ttl":null}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","id":"a\r\nx: y"}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","env":{"A\u0000B":"x"}}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","env":{"A":"x\u0000"}}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","args":["\u0000"]}"#.to_vec(),
        br#"{"image":"demo","location":"eu-west-1","labels":{"":"x"}}"#.to_vec(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = post_raw(&service, body).await;
        assert_eq!(answer.status, 422, "{shown}: {}", answer.text());
        assert!(answer.body.len() < 64 * 1024, "the answer is as large as the question: {shown}");
        answer.expect_error(422, "INVALID_REQUEST");
    }
    assert_eq!(service.ids("?all=true").await, [""; 0]);
    is_well(&service).await;
}

#[tokio::test]
async fn a_thousand_wrong_fields_get_a_short_answer() {
    let service = start(null()).await;
    let fields: Vec<_> = (0..20_000).map(|field| format!(r#""f{field}":0"#)).collect();
    let answer = post_raw(&service, format!("{{{}}}", fields.join(",")).into()).await;
    let body = answer.expect_error(422, "INVALID_REQUEST");
    assert_eq!(body["violations"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn two_hundred_megabytes_get_413_and_no_memory() {
    let service = start(null()).await;
    let before = resident_kib();
    let chunk = bytes::Bytes::from(vec![b' '; 1 << 20]);
    let chunks = futures_util::stream::iter((0..200).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let request = service.request(Method::POST, "/session").body(reqwest::Body::wrap_stream(chunks));
    service.send(request).await.expect_error(413, "PAYLOAD_TOO_LARGE");
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 50 * 1024, "memory grew by {grown} KiB");

    let announced = "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ncontent-length: 99999999999\r\n\r\n";
    let answer = exchange(&service, announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    is_well(&service).await;
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let service = start(null()).await;
    for path in ["/nope", "/session/", "/session/a/b", "/sessions", "/tag/a/b", "/available-location/", "//session"] {
        service.get(path).await.expect_error(404, "NOT_FOUND");
    }
    for (method, path, allowed) in [
        (Method::PUT, "/session", "GET,HEAD,POST"),
        (Method::PATCH, "/session/x", "DELETE,GET,HEAD"),
        (Method::POST, "/session/player/join", "PUT"),
        (Method::POST, "/logs", "GET,HEAD"),
        (Method::OPTIONS, "/health", "GET,HEAD"),
    ] {
        let answer = service.send(service.request(method, path)).await;
        let mut allow: Vec<_> = answer.headers["allow"].to_str().unwrap().split(',').map(str::to_owned).collect();
        allow.sort();
        assert_eq!(allow.join(","), allowed, "{path}");
        answer.expect_error(405, "METHOD_NOT_ALLOWED");
    }
    let head = service.send(service.request(Method::HEAD, "/session")).await.expect(200);
    assert!(head.body.is_empty());
    for path in
        ["/session/%", "/session/%zz", "/session/%ff", "/session/a%00", "/available-location/%C3%28", "/logs?id=%ff"]
    {
        service.get(path).await.expect_error(400, "BAD_REQUEST");
    }
    service.get("/logs").await.expect_error(400, "BAD_REQUEST");
    service.get("/logs?id=nope").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.get("/logs?id=nope&follow=maybe").await.expect_error(400, "BAD_REQUEST");
    service.get("/artifacts?session=nope&path=/").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.get("/artifacts?session=nope").await.expect_error(400, "BAD_REQUEST");
}

#[tokio::test]
async fn a_content_type_is_not_insisted_on() {
    let service = start(null()).await;
    let body = r#"{"image":"demo","location":"eu-west-1"}"#;
    for content_type in ["text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"] {
        let request = service.request(Method::POST, "/session").header("content-type", content_type).body(body);
        service.send(request).await.expect(201);
    }
    post_raw(&service, body.into()).await.expect(201);
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_harms_nobody() {
    let service = start(null()).await;
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET /session HTTP/9.9\r\n\r\n",
        b"GET /session\r\n\r\n",
        b"\r\n\r\n\r\nnonsense\r\n\r\n",
        b"GET /session HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
        b"POST /session HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n",
        b"POST /session HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: nope\r\n\r\n",
    ] {
        let answer = exchange(&service, bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let long = format!("GET /session HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    let mut stream = TcpStream::connect(service.emulator.address()).await.unwrap();
    let _ = stream.write_all(long.as_bytes()).await;
    let broken =
        b"POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let answer = exchange(&service, broken).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    is_well(&service).await;
}

#[tokio::test]
async fn slow_clients_are_cut_off_and_hold_nobody_up() {
    let service = start_builder(builder(null()).client_patience(Duration::from_millis(300))).await;
    let mut silent = Vec::new();
    for part in [
        "",
        "GET /sess",
        "GET /session HTTP/1.1\r\nhost: localhost\r\n",
        "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ncontent-length: 50\r\n\r\n{\"image\"",
    ] {
        let mut stream = TcpStream::connect(service.emulator.address()).await.unwrap();
        stream.write_all(part.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    is_well(&service).await;
    for mut stream in silent {
        let mut answer = Vec::new();
        let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is cut off");
        let answer = String::from_utf8_lossy(&answer);
        assert!(end.is_err() || answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    is_well(&service).await;
}

#[tokio::test]
async fn a_client_that_trickles_is_cut_off_all_the_same() {
    let service = start_builder(builder(null()).client_patience(Duration::from_millis(300))).await;
    let mut stream = TcpStream::connect(service.emulator.address()).await.unwrap();
    let trickle = async {
        while stream.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, trickle).await.expect("it is cut off");
}

#[tokio::test]
async fn a_body_that_does_not_come_gets_408() {
    let service = start_builder(builder(null()).client_patience(Duration::from_secs(1))).await;
    let head =
        "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ncontent-length: 50\r\n\r\n{";
    let answer = exchange(&service, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"REQUEST_TIMEOUT\"") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn with_too_many_connections_the_longest_waiting_one_goes() {
    let service = start_builder(builder(null()).connections(8)).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(TcpStream::connect(service.emulator.address()).await.unwrap());
    }
    is_well(&service).await;
    let mut first = waiting.remove(0);
    let closed = tokio::time::timeout(PATIENCE, first.read(&mut [0; 16])).await.expect("it is closed");
    assert!(!matches!(closed, Ok(length) if length > 0));
}

#[tokio::test]
async fn many_half_open_connections_do_not_keep_others_out() {
    let service = start(null()).await;
    let mut open = Vec::new();
    for _ in 0..600 {
        let mut stream = TcpStream::connect(service.emulator.address()).await.unwrap();
        stream.write_all(b"POST /session HTTP/1.1\r\n").await.unwrap();
        open.push(stream);
    }
    for _ in 0..20 {
        is_well(&service).await;
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
