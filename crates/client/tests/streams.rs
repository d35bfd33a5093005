//! Logs and artifacts: read only as fast as somebody asks, and closed when nobody does.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use common::TOKEN;
use futures_util::{StreamExt, stream};
use matchport::transport::{
    Body, BoxFuture, HttpRequest, HttpResponse, Transport, TransportFailure, TransportFailureKind,
};
use matchport::{Client, ErrorCode, SessionId};
use tokio::time::sleep;

type Piece = Result<Bytes, TransportFailure>;
/// Makes the pieces of an answer, one each time it is asked; `None` is the end.
type Pieces = Arc<dyn Fn(usize) -> Poll<Option<Piece>> + Send + Sync>;

/// A service whose every answer is a stream, and which counts how often it was asked for a piece.
struct Streaming {
    status: u16,
    pieces: Pieces,
    asked: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

struct CountOnDrop(Arc<AtomicUsize>);

impl Drop for CountOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Transport for Streaming {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        assert!(request.url.starts_with("http://127.0.0.1:1/"), "{}", request.url);
        let (pieces, asked, closed) = (Arc::clone(&self.pieces), Arc::clone(&self.asked), Arc::clone(&self.closed));
        let guard = CountOnDrop(closed);
        let mut number = 0;
        let body = stream::poll_fn(move |_| {
            let _open = &guard;
            asked.fetch_add(1, Ordering::SeqCst);
            number += 1;
            pieces(number - 1)
        });
        let status = self.status;
        Box::pin(async move { Ok(HttpResponse { status, retry_after: None, body: Body::Stream(Box::pin(body)) }) })
    }
}

struct World {
    client: Client,
    asked: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

fn world(status: u16, pieces: impl Fn(usize) -> Poll<Option<Piece>> + Send + Sync + 'static) -> World {
    let (asked, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let transport =
        Streaming { status, pieces: Arc::new(pieces), asked: Arc::clone(&asked), closed: Arc::clone(&closed) };
    let client = Client::builder().base_url("http://127.0.0.1:1").token(TOKEN).transport(transport).build().unwrap();
    World { client, asked, closed }
}

fn id() -> SessionId {
    SessionId::new("s-1").unwrap()
}

fn endless(number: usize) -> Poll<Option<Piece>> {
    Poll::Ready(Some(Ok(format!("line {number}\nanother\n").into())))
}

#[tokio::test(start_paused = true)]
async fn lines_are_read_only_when_asked_for() {
    let world = world(200, endless);
    let mut lines = world.client.logs(&id()).follow(true);
    assert_eq!(world.asked.load(Ordering::SeqCst), 0, "nothing before the first line is asked for");
    assert_eq!(lines.next().await.unwrap().unwrap(), "line 0");
    assert_eq!(lines.next().await.unwrap().unwrap(), "another");
    assert_eq!(world.asked.load(Ordering::SeqCst), 1);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.asked.load(Ordering::SeqCst), 1, "an hour later too");
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "line 1");
    assert_eq!(world.closed.load(Ordering::SeqCst), 0);
    drop(lines);
    assert_eq!(world.closed.load(Ordering::SeqCst), 1, "dropping closes the connection");
    assert!(format!("{:?}", world.client).contains("operations: 0"));
}

#[tokio::test(start_paused = true)]
async fn a_log_ends_in_good_order_or_with_one_error() {
    let world = world(200, |number| match number {
        0 => Poll::Ready(Some(Ok("one\ntw".into()))),
        1 => Poll::Ready(Some(Ok("o\nthree".into()))),
        _ => Poll::Ready(None),
    });
    let lines: Vec<_> = world.client.logs(&id()).map(Result::unwrap).collect().await;
    assert_eq!(lines, ["one", "two", "three"]);

    let world = broken_after_one();
    let mut lines = world.client.logs(&id());
    assert_eq!(lines.next().await.unwrap().unwrap(), "one");
    let error = lines.next().await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::Transport);
    assert!(error.message.contains("after 4 bytes"), "{error}");
    assert!(lines.next().await.is_none());
    assert!(lines.next().await.is_none());
}

fn broken_after_one() -> World {
    world(200, |number| match number {
        0 => Poll::Ready(Some(Ok("one\n".into()))),
        _ => {
            let message = "reset".to_owned();
            Poll::Ready(Some(Err(TransportFailure { kind: TransportFailureKind::Broken, message })))
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_error_has_the_service_s_own_words() {
    let world = world(404, |number| match number {
        0 => Poll::Ready(Some(Ok(r#"{"code":"NOT_FOUND","message":"no such session"}"#.into()))),
        _ => Poll::Ready(None),
    });
    let error = world.client.logs(&id()).next().await.unwrap().unwrap_err();
    assert_eq!((error.code, error.status), (ErrorCode::NotFound, Some(404)));
    assert!(error.message.contains("no such session"), "{error}");
    let error = world.client.artifact(&id(), "/x").write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    let error = world.client.artifact(&id(), "relative").write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("path")));
}

#[tokio::test(start_paused = true)]
async fn an_artifact_is_written_with_progress() {
    let world = world(200, |number| match number {
        0..4 => Poll::Ready(Some(Ok(vec![number as u8; 1000].into()))),
        _ => Poll::Ready(None),
    });
    let (mut file, mut told) = (Vec::new(), Vec::new());
    let artifact = world.client.artifact(&id(), "/result").on_progress(|bytes| told.push(bytes));
    assert_eq!(artifact.write_to(&mut file).await.unwrap(), 4000);
    assert_eq!(told, [1000, 2000, 3000, 4000]);
    assert_eq!((file.len(), file[3999]), (4000, 3));
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_slow_does_not_make_the_service_late() {
    let world = world(200, |number| match number {
        0..5 => Poll::Ready(Some(Ok("x".into()))),
        _ => Poll::Ready(None),
    });
    let mut artifact = world.client.artifact(&id(), "/result");
    let mut bytes = 0;
    while let Some(piece) = artifact.next().await {
        bytes += piece.unwrap().len();
        // Longer than a request may take, while other operations keep the clock running.
        sleep(Duration::from_secs(25)).await;
        assert_eq!(world.client.logs(&id()).next().await.unwrap().unwrap(), "xxxxx");
    }
    assert_eq!(bytes, 5);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_falls_silent_is_late() {
    let world = world(200, |number| if number == 0 { Poll::Ready(Some(Ok("x".into()))) } else { Poll::Pending });
    let mut artifact = world.client.artifact(&id(), "/result");
    artifact.next().await.unwrap().unwrap();
    sleep(Duration::from_secs(60)).await;
    let began = tokio::time::Instant::now();
    let error = artifact.next().await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    assert_eq!(began.elapsed().as_secs(), 10, "from when it was asked");
    assert_eq!(world.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_fails_is_named() {
    let world = world(200, endless);
    let mut full = FullDisk;
    let error = world.client.artifact(&id(), "/result").write_to(&mut full).await.unwrap_err();
    assert!(error.message.contains("could not be written") && error.message.contains("no space"), "{error}");
    assert!(!error.retryable);
    assert_eq!(world.closed.load(Ordering::SeqCst), 1);
}

struct FullDisk;

impl tokio::io::AsyncWrite for FullDisk {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::Error::other("no space left")))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
