//! The built-in transport against raw sockets: what each kind of broken connection is taken for, and that a request
//! never travels twice.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::TOKEN;
use matchport::transport::{
    Body, BoxFuture, HttpRequest, HttpResponse, HttpTransport, Transport, TransportFailure, TransportFailureKind,
};
use matchport::{Client, Error, ErrorCode, Outcome, SessionFilter, Timing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const LOCATIONS: &str = r#"{"locations":[]}"#;

/// A server that does with each connection, by its number from 0, what the test says.
struct Raw {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Raw {
    async fn serve<F, Done>(mut connection: F) -> Self
    where
        F: FnMut(Connection, usize) -> Done + Send + 'static,
        Done: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let requests = Arc::clone(&counted);
                tokio::spawn(connection(Connection { stream, requests }, number));
            }
        });
        Self { address, requests, task }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

struct Connection {
    stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Connection {
    /// Reads one request to its end, and counts it.
    async fn request(&mut self) -> io::Result<String> {
        let mut text = Vec::new();
        let length = loop {
            if self.stream.read_buf(&mut text).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let head = String::from_utf8_lossy(&text).to_ascii_lowercase();
            if let Some(end) = head.find("\r\n\r\n") {
                let body = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                break end + 4 + body.map_or(0, |length| length.trim().parse().unwrap());
            }
        };
        while text.len() < length {
            self.stream.read_buf(&mut text).await?;
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        Ok(String::from_utf8(text).unwrap())
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await
    }

    async fn answer(&mut self, body: &str) -> io::Result<()> {
        let length = body.len();
        self.write(&format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    /// Closes with a reset rather than in good order.
    fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}

/// The built-in transport, with what became of each of its requests.
struct Watched {
    inner: HttpTransport,
    tell: mpsc::UnboundedSender<Result<u16, TransportFailure>>,
}

impl Transport for Watched {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        let (sent, tell) = (self.inner.send(request), self.tell.clone());
        Box::pin(async move {
            let result = sent.await;
            let _ = tell.send(result.as_ref().map(|response| response.status).map_err(Clone::clone));
            result
        })
    }
}

/// What the first request to an address came to, as the transport saw it, and what the operation then said. Nothing is
/// tried again: the operation's own time is over before the second attempt.
async fn first_failure(url: &str) -> (TransportFailure, Error) {
    let (tell, mut seen) = mpsc::unbounded_channel();
    let inner = HttpTransport::new(&url.parse().unwrap()).unwrap();
    let client = Client::builder().base_url(url).token(TOKEN).transport(Watched { inner, tell });
    let timing = Timing { operation_ms: 3_000, ..Timing::default() };
    let client = client.timing(timing).build().unwrap();
    let error = client.locations("game").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(TOKEN));
    let failure = seen.recv().await.unwrap().unwrap_err();
    assert!(!failure.message.contains(TOKEN), "{}", failure.message);
    (failure, error)
}

#[tokio::test]
async fn refused_is_not_sent() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let (failure, error) = first_failure(&url).await;
    assert_eq!(failure.kind, TransportFailureKind::NotSent, "{}", failure.message);
    assert!(failure.message.contains("refused"), "{}", failure.message);
    assert_eq!((error.code, error.outcome), (ErrorCode::Transport, Outcome::NotSent));
}

#[tokio::test]
async fn a_name_that_is_not_found_is_not_sent() {
    // Reserved never to exist (RFC 6761). Not with a client: its token would go in the clear.
    let transport = HttpTransport::new(&"https://matchport.invalid".parse().unwrap()).unwrap();
    let (tell, mut seen) = mpsc::unbounded_channel();
    let builder = Client::builder().base_url("https://matchport.invalid").token(TOKEN);
    let timing = Timing { operation_ms: 3_000, ..Timing::default() };
    let client = builder.transport(Watched { inner: transport, tell }).timing(timing).build().unwrap();
    client.locations("game").await.unwrap_err();
    let failure = seen.recv().await.unwrap().unwrap_err();
    assert_eq!(failure.kind, TransportFailureKind::NotSent, "{}", failure.message);
}

#[tokio::test]
async fn a_failed_handshake_is_not_sent() {
    let raw = Raw::serve(|mut connection, _| async move { connection.write("this is no TLS\r\n\r\n").await }).await;
    let (failure, _) = first_failure(&raw.url().replace("http://", "https://")).await;
    assert_eq!(failure.kind, TransportFailureKind::NotSent, "{}", failure.message);
    assert_eq!(raw.requests(), 0);
}

#[tokio::test]
async fn closed_before_or_after_reading_may_have_been_seen() {
    let raw = Raw::serve(|connection, _| async move { connection.reset() }).await;
    let (failure, error) = first_failure(&raw.url()).await;
    assert_eq!(failure.kind, TransportFailureKind::Broken, "{}", failure.message);
    assert_eq!(error.outcome, Outcome::Unknown);

    let raw = Raw::serve(|mut connection, _| async move {
        connection.request().await?;
        connection.reset()
    })
    .await;
    let (failure, _) = first_failure(&raw.url()).await;
    assert_eq!(failure.kind, TransportFailureKind::Broken, "{}", failure.message);

    let raw = Raw::serve(|mut connection, _| async move { connection.request().await.map(drop) }).await;
    let (failure, _) = first_failure(&raw.url()).await;
    assert_eq!(failure.kind, TransportFailureKind::Broken, "{}", failure.message);
}

#[tokio::test]
async fn cut_and_garbled_answers_may_have_been_acted_on() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"locations\":",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"loc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n",
        "HTTP/1.1 20",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        let raw = Raw::serve(move |mut connection, _| async move {
            connection.request().await?;
            connection.write(answer).await
        })
        .await;
        let (tell, mut seen) = mpsc::unbounded_channel();
        let inner = HttpTransport::new(&raw.url().parse().unwrap()).unwrap();
        let client = Client::builder().base_url(&raw.url()).token(TOKEN).transport(Watched { inner, tell });
        let timing = Timing { operation_ms: 1_500, ..Timing::default() };
        let error = client.timing(timing).build().unwrap().locations("game").await.unwrap_err();
        assert_eq!(error.outcome, Outcome::Unknown, "{answer:?}: {error}");
        if let Err(failure) = seen.recv().await.unwrap() {
            assert_eq!(failure.kind, TransportFailureKind::Broken, "{answer:?}: {}", failure.message);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    // Told beforehand: not a byte of it is read. Not told: reading stops.
    for head in ["content-length: 2000000", "transfer-encoding: chunked"] {
        let (tell, mut written) = mpsc::unbounded_channel();
        let raw = Raw::serve(move |mut connection, _| {
            let tell = tell.clone();
            async move {
                connection.request().await?;
                connection.write(&format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n")).await?;
                let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
                let mut total = 0;
                while connection.write(&piece).await.is_ok() && total < 200_000_000 {
                    total += piece.len();
                }
                let _ = tell.send(total);
                Ok(())
            }
        })
        .await;
        let (client, url) = (Client::builder(), raw.url());
        let client = client.base_url(&url).token(TOKEN).build().unwrap();
        let error = client.locations("game").await.unwrap_err();
        assert_eq!(error.code, ErrorCode::TooLarge, "{error}");
        assert_eq!(raw.requests(), 1, "and not asked for again");
        let total = written.recv().await.unwrap();
        assert!(total < 20_000_000, "the connection was closed early, after {total} bytes");
    }
}

#[tokio::test]
async fn a_kept_connection_that_died_does_not_matter() {
    // Each connection answers once and is then closed while it is kept.
    let (closed, mut was_closed) = mpsc::unbounded_channel();
    let raw = Raw::serve(move |mut connection, _| {
        let closed = closed.clone();
        async move {
            connection.request().await?;
            connection.answer(LOCATIONS).await?;
            drop(connection);
            let _ = closed.send(());
            Ok(())
        }
    })
    .await;
    let client = Client::builder().base_url(&raw.url()).token(TOKEN).build().unwrap();
    for number in 1..=20 {
        client.locations("game").await.unwrap();
        was_closed.recv().await.unwrap();
        assert!(raw.requests() >= number);
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_with_a_request_on_it_is_not_repeated_in_secret() {
    // The first connection answers once, reads the next request, and dies. Whether the service acted is not known, so
    // it is the engine that decides: it looks for the session instead of starting another.
    let raw = Raw::serve(|mut connection, number| async move {
        let first = connection.request().await?;
        if number == 0 {
            connection.answer(LOCATIONS).await?;
            let second = connection.request().await?;
            assert!(second.starts_with("POST /session HTTP/1.1\r\n"), "{second}");
            return connection.reset();
        }
        assert!(first.starts_with("GET /session/"), "not started again: {first}");
        connection
            .answer(
                r#"{"id":"m","image":"game","location":"eu","host":"10.0.0.1","created":1,"status":"running",
                "port":{"7777/udp":27015}}"#,
            )
            .await
    })
    .await;
    let client = Client::builder().base_url(&raw.url()).token(TOKEN).build().unwrap();
    client.locations("game").await.unwrap();
    let id = matchport::SessionId::new("m").unwrap();
    let allocated = client.allocate("game").location("eu").session_id(id).await.unwrap();
    assert!(allocated.report.adopted);
    assert_eq!(raw.requests(), 3);
}

#[tokio::test]
async fn connections_are_kept_and_headers_are_as_they_should_be() {
    let (tell, mut seen) = mpsc::unbounded_channel();
    let raw = Raw::serve(move |mut connection, number| {
        let tell = tell.clone();
        async move {
            loop {
                let request = connection.request().await?;
                let _ = tell.send((number, request));
                connection.answer(r#"{"locations":[],"sessions":[],"count":0,"players":[]}"#).await?;
            }
        }
    })
    .await;
    let client = Client::builder().base_url(&raw.url()).token(TOKEN).build().unwrap();
    client.locations("a b/c").await.unwrap();
    client.leave(["ada"]).await.unwrap();
    client.sessions(SessionFilter { players_below: Some(8), ..SessionFilter::default() }).await.unwrap();

    let (number, locations) = seen.recv().await.unwrap();
    assert_eq!(number, 0);
    assert!(locations.starts_with("GET /available-location/a%20b%2Fc HTTP/1.1\r\n"), "{locations}");
    let head = locations.to_ascii_lowercase();
    assert!(head.contains(&format!("authorization: bearer {TOKEN}\r\n")), "{head}");
    assert!(head.contains("accept: application/json\r\n") && head.contains("user-agent: matchport/"), "{head}");
    assert!(!head.contains("cookie") && !head.contains("referer"), "{head}");

    let (number, leave) = seen.recv().await.unwrap();
    assert_eq!(number, 0, "on the same connection");
    assert!(leave.starts_with("DELETE /session/player/leave HTTP/1.1\r\n"), "{leave}");
    assert!(leave.ends_with("\r\n\r\n{\"players\":[\"ada\"]}"), "{leave}");

    let (_, list) = seen.recv().await.unwrap();
    assert!(list.starts_with("GET /session?playerCount[lt]=8 HTTP/1.1\r\n"), "{list}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_token_stays() {
    let other = Raw::serve(|mut connection, _| async move { connection.request().await.map(drop) }).await;
    let elsewhere = other.url();
    let raw = Raw::serve(move |mut connection, _| {
        let elsewhere = elsewhere.clone();
        async move {
            connection.request().await?;
            let head =
                format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n");
            connection.write(&head).await
        }
    })
    .await;
    let client = Client::builder().base_url(&raw.url()).token(TOKEN).build().unwrap();
    let error = client.locations("game").await.unwrap_err();
    assert_eq!((error.code, error.status), (ErrorCode::UnexpectedStatus, Some(307)));
    assert_eq!(other.requests(), 0);
}

#[tokio::test]
async fn retry_after_is_handed_on() {
    let raw = Raw::serve(|mut connection, number| async move {
        connection.request().await?;
        if number == 0 {
            let head =
                "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return connection.write(head).await;
        }
        connection.answer(LOCATIONS).await
    })
    .await;
    let client = Client::builder().base_url(&raw.url()).token(TOKEN).build().unwrap();
    let began = std::time::Instant::now();
    client.locations("game").await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(raw.requests(), 2);
}

#[tokio::test]
async fn the_body_of_a_transport_can_come_in_either_form() {
    struct InPieces;
    impl Transport for InPieces {
        fn send(&self, _: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
            let pieces = LOCATIONS.as_bytes().chunks(3).map(|piece| Ok(bytes::Bytes::from_static(piece)));
            let body = Body::Stream(Box::pin(futures_util::stream::iter(pieces)));
            Box::pin(async { Ok(HttpResponse { status: 200, retry_after: None, body }) })
        }
    }
    let client = Client::builder().base_url("http://127.0.0.1:1").token(TOKEN).transport(InPieces).build().unwrap();
    assert_eq!(client.locations("game").await.unwrap(), []);
}
