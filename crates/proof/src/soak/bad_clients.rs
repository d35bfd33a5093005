//! Clients that behave badly, and whether others notice: bytes that trickle, connections that nobody uses, bodies that are
//! too large.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Line;
use super::emulator::{NOTHING, PATIENCE, Running};

/// Starts and stops that are measured, and how often what is compared takes turns.
const MEASURED: usize = 150;
const TURNS: usize = 5;
/// The limit of what others may notice.
const LIMIT: f64 = 2.0;
/// Clients that send a byte a second.
const SLOW: usize = 64;
/// A body over the limit, which is 1 MiB.
const LARGE: usize = (1 << 20) + 1;

/// Measures others without and with each kind of bad client, in turns.
pub(super) async fn run(matchport: &Path, idle: usize) -> Result<Vec<Line>> {
    let emulator = Running::start(matchport, NOTHING).await?;
    let address = emulator.base_url.trim_start_matches("http://").to_owned();
    measure(&emulator).await?;
    let mut lines = Vec::new();
    for (what, kind) in [
        (format!("time of others beside {SLOW} clients of a byte a second, relative"), Kind::Slow),
        (format!("time of others beside {idle} idle connections, relative"), Kind::Idle(idle)),
        ("time of others beside a client with bodies over the limit, relative".to_owned(), Kind::Large),
    ] {
        let (mut ratios, mut closed) = (Vec::new(), 0);
        for _ in 0..TURNS {
            let usual = measure(&emulator).await?;
            let bad = kind.begin(&address).await?;
            let beside = measure(&emulator).await?;
            closed += bad.closed().await;
            ratios.push(beside.as_secs_f64() / usual.as_secs_f64());
        }
        ratios.sort_by(f64::total_cmp);
        lines.push(Line::at_most(what, ratios[TURNS / 2], LIMIT, ""));
        if let Kind::Idle(count) = kind {
            let what = format!("of {TURNS} times {count} idle connections, those that are not served in the end");
            lines.push(Line::zero(what, closed));
        }
    }
    emulator.end().await?;
    Ok(lines)
}

#[derive(Clone, Copy)]
enum Kind {
    Slow,
    Idle(usize),
    Large,
}

/// Bad clients at work; they stop when this is dropped.
struct Bad {
    _tasks: JoinSet<()>,
    connections: Vec<TcpStream>,
}

impl Bad {
    /// How many of the idle connections are not served when they ask for something after all.
    async fn closed(self) -> usize {
        let mut closed = 0;
        for mut stream in self.connections {
            let asked = tokio::time::timeout(PATIENCE, health(&mut stream)).await;
            closed += usize::from(!matches!(asked, Ok(Ok(()))));
        }
        closed
    }
}

/// Asks whether the emulator is well.
async fn health(stream: &mut TcpStream) -> Result<()> {
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let mut answer = [0; 256];
    let length = stream.read(&mut answer).await?;
    ensure!(answer[..length].starts_with(b"HTTP/1.1 200"), "no answer");
    Ok(())
}

impl Kind {
    async fn begin(self, address: &str) -> Result<Bad> {
        let mut bad = Bad { _tasks: JoinSet::new(), connections: Vec::new() };
        match self {
            Self::Slow => {
                for _ in 0..SLOW {
                    let mut stream = TcpStream::connect(address).await?;
                    bad._tasks.spawn(async move {
                        while stream.write_all(b"G").await.is_ok() {
                            tokio::time::sleep(Duration::from_secs(1)).await;
                        }
                    });
                }
            }
            Self::Idle(count) => {
                for _ in 0..count {
                    bad.connections.push(TcpStream::connect(address).await.context("no connection more")?);
                }
            }
            Self::Large => {
                let address = address.to_owned();
                bad._tasks.spawn(async move { while too_large(&address).await.is_ok() {} });
            }
        }
        Ok(bad)
    }
}

/// Sends a body over the limit and waits for the refusal.
async fn too_large(address: &str) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\ncontent-length: {LARGE}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&vec![b' '; LARGE]).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    ensure!(answer.starts_with(b"HTTP/1.1 413"), "a body over the limit was not refused");
    // One client, not a flood.
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}

/// The median time of a start and a stop.
async fn measure(emulator: &Running) -> Result<Duration> {
    let mut times = Vec::with_capacity(MEASURED);
    for _ in 0..MEASURED {
        let begin = Instant::now();
        let body = json!({ "image": "demo", "location": "eu-west-1" });
        let (status, body) = emulator.judge.ask(Method::POST, "/session", Some(body)).await?;
        ensure!(status == 201, "a start got {status}: {body}");
        let id = body["id"].as_str().context("a session without an id")?;
        let (status, _) = emulator.judge.ask(Method::DELETE, &format!("/session/{id}"), None).await?;
        ensure!(status == 204, "a stop got {status}");
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(times[MEASURED / 2])
}
