//! What the dashboard costs while somebody looks at it: with 1,000 sessions and 200 requests a second, how long the API
//! takes with the page open in Chromium against closed, in turn, and how long the page's script takes for a frame.
//!
//! Needs Node, Chromium and the packages of `tests/browser`, which `cargo xtask bench` installs.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use matchport_emulator::{Backend, Config, Emulator};
use matchport_testkit::measure::{Report, is_quick, is_wanted, median};
use reqwest::Method;
use serde_json::json;
use tokio::runtime::Runtime;

const SESSIONS: usize = 1000;
const REQUESTS_A_SECOND: u32 = 200;
const VIEWS: [&str; 3] = ["#/sessions", "#/requests", "#/"];

fn main() {
    if !is_wanted("dashboard, the API and a frame") {
        return;
    }
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let servers = servers.expect("a runtime");
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // Nobody ever looks at the second one.
    let [watched, alone] = [(); 2].map(|()| Service::start(&servers, &clients));
    let mut browser = Browser::open(&watched.emulator.base_url());
    let (rounds, block) = if is_quick() { (3, Duration::from_secs(1)) } else { (9, Duration::from_secs(4)) };
    let [mut open, mut closed, mut ratios, mut frames] = [const { Vec::new() }; 4];
    for round in 0..rounds {
        browser.say(&format!("open {}", VIEWS[round % VIEWS.len()]));
        let with_page = clients.block_on(watched.load(block));
        frames.extend(browser.say("close"));
        let without = clients.block_on(alone.load(block));
        ratios.push(with_page / without);
        open.push(with_page * 1e6);
        closed.push(without * 1e6);
    }
    browser.end();
    let middle = |values: &[f64]| median(values.to_vec()).unwrap_or(f64::NAN);
    Report::at_most(1.1, "dashboard", "time of a request with the dashboard open, against closed", middle(&ratios))
        .samples(rounds)
        .detail("open_us", middle(&open))
        .detail("closed_us", middle(&closed))
        .print();
    frames.sort_by(f64::total_cmp);
    let p95 = frames.get(frames.len() * 95 / 100).copied().unwrap_or(f64::NAN);
    Report::at_most(1.0, "dashboard", "script of a frame, against 16 ms", middle(&frames) / 16.0)
        .samples(frames.len())
        .detail("median_ms", middle(&frames))
        .detail("p95_ms", p95)
        .print();
    servers.block_on(async {
        watched.emulator.shutdown().await;
        alone.emulator.shutdown().await;
    });
}

struct Service {
    emulator: Emulator,
    client: reqwest::Client,
    /// How many requests were sent under load.
    sent: AtomicUsize,
}

impl Service {
    fn start(servers: &Runtime, clients: &Runtime) -> Self {
        let config = Config { backend: Backend::Null, ..Config::default() };
        let emulator = servers.block_on(Emulator::builder(config).start()).expect("the emulator starts");
        // The HTTP client wants one even where there is no TLS; a second call finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let service = Self { emulator, client, sent: AtomicUsize::new(0) };
        clients.block_on(async {
            for number in 0..SESSIONS {
                service.step(usize::MAX - number, 0).await;
            }
        });
        service
    }

    /// The requests of a matchmaker, evenly in time; the median of how long they took, in seconds. As many sessions end
    /// as are started.
    async fn load(&self, lasts: Duration) -> f64 {
        let begin = Instant::now();
        let mut beat = tokio::time::interval(Duration::from_secs(1) / REQUESTS_A_SECOND);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut times = Vec::new();
        let mut step = 0;
        while begin.elapsed() < lasts {
            beat.tick().await;
            let sent = Instant::now();
            self.step(self.sent.fetch_add(1, Ordering::Relaxed) / 4, step % 4).await;
            times.push(sent.elapsed().as_secs_f64());
            step += 1;
        }
        median(times).unwrap_or(f64::NAN)
    }

    /// One of the four requests of a session's life.
    async fn step(&self, number: usize, step: usize) {
        let id = format!("session-{number}");
        let (method, path, body) = match step {
            0 => {
                let body = json!({ "image": "demo", "location": "eu-west-1", "id": id, "env": { "MAP": "dust2" }, "ttl": 3600 });
                (Method::POST, "/session".to_owned(), Some(body))
            }
            1 => (Method::GET, format!("/session/{id}"), None),
            2 => (Method::PUT, "/session/player/join".into(), Some(json!({ "session": id, "players": ["ada"] }))),
            _ => (Method::DELETE, format!("/session/{id}"), None),
        };
        let url = format!("{}{path}", self.emulator.base_url());
        let request = self.client.request(method, url).bearer_auth("local");
        let request = body.iter().fold(request, |request, body| request.json(body));
        request.send().await.expect("an answer").bytes().await.expect("a whole answer");
    }
}

/// Chromium, driven by a script.
struct Browser {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    fn open(base_url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/speed.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(base_url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Node is there: https://nodejs.org");
        let (input, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let mut browser = Self { child, input, output: BufReader::new(output).lines() };
        browser.answer();
        browser
    }

    /// Says something, and gives the frames since the last time.
    fn say(&mut self, what: &str) -> Vec<f64> {
        writeln!(self.input, "{what}").expect("the browser listens");
        self.answer()
    }

    fn answer(&mut self) -> Vec<f64> {
        let line = self.output.next().and_then(Result::ok);
        let line = line.expect("the browser answers; `cargo xtask bench dashboard` installs what it needs");
        serde_json::from_str(&line).expect("a list of times")
    }

    fn end(self) {
        let Self { mut child, input, .. } = self;
        // Node lives for as long as somebody could say something.
        drop(input);
        child.wait().expect("the browser ends");
    }
}
