//! The emulator's routes, without a connection: requests one after the other, each answered by the same function that
//! answers those of connections. A request is a line `METHOD path`, a body in the lines after it, and an empty line.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use matchport_core::http::{Answer, list};
use matchport_emulator::{Backend, Config, Emulator, Image, Location, Protocol};

/// The most that one input asks.
const MOST_REQUESTS: usize = 40;
/// Longer than a fault of the emulator's may be left to hold a request: whoever comes here is held on purpose.
const PATIENCE: Duration = Duration::from_millis(20);
const MOST_BODY: usize = 16 << 20;

pub(crate) fn run(input: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let config = Config {
            backend: Backend::Null,
            locations: vec![Location::new("eu-west-1"), Location::new("us-east-1").capacity(1)],
            images: vec![Image::new("game").port(7777, Protocol::Udp)],
            ..Config::default()
        };
        let emulator = Emulator::builder(config).start().await.expect("an emulator without processes starts");
        for request in pieces(input, b"\n\n").take(MOST_REQUESTS) {
            ask(&emulator, request).await;
        }
        // Whatever was asked for, what there is can be read. Faults would be in the way.
        let removed = send(&emulator, Method::DELETE, "/_emulator/faults", Bytes::new()).await;
        assert!(removed.is_some_and(|(status, _)| status == 204), "faults can't be removed");
        let (status, body) =
            send(&emulator, Method::GET, "/session?all=true", Bytes::new()).await.expect("no fault is left");
        let sessions = list::read(&Answer { status, retry_after: None, body: &body });
        assert!(sessions.is_ok(), "{sessions:?}: {}", String::from_utf8_lossy(&body));
        emulator.shutdown().await;
    });
}

async fn ask(emulator: &Emulator, request: &[u8]) {
    let mut parts = request.splitn(2, |byte| *byte == b'\n');
    let (head, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut words = head.splitn(2, |byte| *byte == b' ');
    let Ok(method) = Method::from_bytes(words.next().unwrap_or_default()) else { return };
    // What is no address never gets past the reader of requests.
    let Ok(path) = std::str::from_utf8(words.next().unwrap_or_default()) else { return };
    if !path.starts_with('/') {
        return;
    }
    let Some((status, body)) = send(emulator, method.clone(), path, Bytes::copy_from_slice(body)).await else { return };
    if path.starts_with("/_emulator") || method == Method::HEAD {
        return;
    }
    assert!((200..600).contains(&status), "{status}");
    let is_by_fault = body.starts_with(b"<html>");
    if status >= 400 && !is_by_fault {
        let error: serde_json::Value = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{status} without JSON: {error}: {}", String::from_utf8_lossy(&body)));
        assert_eq!(error["statusCode"], status, "{error}");
    }
}

/// Status and body; `None` for what is no request, for a connection that is cut, and for what is held by a fault or
/// follows a log.
async fn send(emulator: &Emulator, method: Method, path: &str, body: Bytes) -> Option<(u16, Bytes)> {
    let request =
        Request::builder().method(method).uri(path).header("host", "127.0.0.1").header("authorization", "Bearer local");
    let request = request.body(Body::from(body)).ok()?;
    let answer = async {
        let response = emulator.answer(request).await?;
        let status = response.status().as_u16();
        let body = http_body_util::Limited::new(response.into_body(), MOST_BODY).collect().await.ok()?;
        Some((status, body.to_bytes()))
    };
    tokio::time::timeout(PATIENCE, answer).await.ok().flatten()
}

fn pieces<'a>(mut rest: &'a [u8], separator: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = rest.windows(separator.len()).position(|window| window == separator);
        let piece = &rest[..at.unwrap_or(rest.len())];
        rest = at.map_or(&[], |at| &rest[at + separator.len()..]);
        Some(piece)
    })
}
