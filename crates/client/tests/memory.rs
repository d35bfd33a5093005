//! Answers without end: each is produced piece by piece and never held by the service that is played here, so that all
//! memory that is taken is the client's. What it may take are the limits of SECURITY.md.
#![allow(clippy::unwrap_used, reason = "what a test expects")]
#![cfg(target_os = "linux")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use common::TOKEN;
use futures_util::stream;
use matchport::transport::{Body, BoxFuture, HttpRequest, HttpResponse, Transport, TransportFailure};
use matchport::{Client, ErrorCode, SessionFilter, SessionId};

const MIB: usize = 1024 * 1024;

/// A service whose every answer is a first piece, and then another one again and again.
struct Endless {
    first: Bytes,
    again: Bytes,
    times: usize,
    /// Bytes that were asked for.
    produced: Arc<AtomicUsize>,
}

impl Transport for Endless {
    fn send(&self, _: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        let (first, again, times) = (self.first.clone(), self.again.clone(), self.times);
        let produced = Arc::clone(&self.produced);
        let pieces = std::iter::once(first).chain(std::iter::repeat_n(again, times));
        let pieces = pieces.map(move |piece| {
            produced.fetch_add(piece.len(), Ordering::SeqCst);
            Ok(piece)
        });
        let body = Body::Stream(Box::pin(stream::iter(pieces)));
        Box::pin(async { Ok(HttpResponse { status: 200, retry_after: None, body }) })
    }
}

fn client(first: &str, again: &str, times: usize) -> (Client, Arc<AtomicUsize>) {
    let produced = Arc::new(AtomicUsize::new(0));
    let (first, again) = (Bytes::from(first.to_owned()), Bytes::from(again.to_owned()));
    let transport = Endless { first, again, times, produced: Arc::clone(&produced) };
    let client = Client::builder().base_url("http://127.0.0.1:1").token(TOKEN).transport(transport);
    (client.build().unwrap(), produced)
}

/// The most memory that this process has had, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

// One test, since a peak is the process's, and from the least to the most.
#[tokio::test]
async fn answers_without_end_meet_their_limits_without_growing() {
    let before = peak();

    // An answer of 1 GiB.
    let (service, produced) = client("{\"locations\":[", &" ".repeat(64 * 1024), 16 * 1024);
    let error = service.locations("game").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TooLarge);
    let read = produced.load(Ordering::SeqCst);
    assert!(read < 2 * MIB, "{read} bytes of it were read");
    assert!(peak() - before < 16, "an answer took {} MiB", peak() - before);

    // A line of a log without end: 1 GiB of it.
    let (service, produced) = client("", &"x".repeat(256 * 1024), 4096);
    let mut lines = service.logs(&SessionId::new("s-1").unwrap());
    let (mut total, mut longest) = (0, 0);
    while let Some(line) = lines.next_line().await {
        let length = line.unwrap().len();
        (total, longest) = (total + length, longest.max(length));
    }
    assert_eq!((total, longest), (1024 * MIB, 64 * 1024));
    assert_eq!(produced.load(Ordering::SeqCst), total);
    assert!(peak() - before < 32, "a line took {} MiB", peak() - before);

    // A list of a million sessions, of which 64 MiB are read.
    let session = r#"{"id":"5d1c6a3e-8f0b-4c8e-9a55-0c6f5e8f7a10","image":"game","location":"eu-west-1","host":"185.12.34.56","created":1712345678901,"port":{"7777/udp":27015},"status":"running","playerCount":3,"labels":{}},"#;
    let (service, produced) = client("{\"sessions\":[", &session.repeat(100), 10_000);
    let error = service.sessions(SessionFilter::default()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TooLarge);
    let read = produced.load(Ordering::SeqCst);
    assert!((64 * MIB..65 * MIB).contains(&read), "{read} bytes of it were read");
    assert!(peak() - before < 240, "a list took {} MiB", peak() - before);
    println!("peak over {before} MiB: {} MiB", peak() - before);
}
