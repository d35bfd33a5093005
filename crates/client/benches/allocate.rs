//! What an allocation costs above a bare reqwest call that posts and reads the same JSON, in time and in CPU, one at a
//! time and with 64 in flight, over keep-alive loopback.
//!
//! The server is an emulator with the null backend in a process of its own (this program, started again with
//! `--serve`), so that the CPU time of this process is the client's alone. It ends when its standard input does, and so
//! with this process, however that ends.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use matchport::{Client, Ttl, WaitFor};
use matchport_emulator::{Backend, Config, Emulator, Image, Location, PortRange, Protocol};
use matchport_testkit::measure::{Comparison, Plan, Report, is_quick, is_wanted};
use reqwest::header::ACCEPT;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

const TOKEN: &str = "bench";
const IMAGE: &str = "arena";
const LOCATION: &str = "eu-west-1";
const LIMIT: f64 = 1.05;
const IN_FLIGHT: u64 = 64;

fn main() {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    let server = Server::start();
    let one = Builder::new_current_thread().enable_all().build().expect("a runtime");
    measure(&server, &one, "sequential", 1, if is_quick() { 150 } else { 600 });
    let several = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    measure(&server, &several, "64_in_flight", IN_FLIGHT, if is_quick() { 10 } else { 20 });
}

fn measure(server: &Server, runtime: &Runtime, name: &str, tasks: u64, each: u64) {
    let names = ["time", "cpu"].map(|figure| format!("allocate_vs_bare_reqwest_{name}_{figure}"));
    if !names.iter().any(|name| is_wanted(name)) {
        return;
    }
    let client = Client::builder().base_url(&server.url).token(TOKEN).build().expect("a client");
    let bare = Bare::new(&server.url);
    let comparison = Plan::new()
        .rounds(61)
        .variant("bare", || {
            runtime.block_on(in_tasks(tasks, || {
                let bare = bare.clone();
                async move {
                    for _ in 0..each {
                        black_box(bare.start().await);
                    }
                }
            }));
        })
        .variant("allocate", || {
            runtime.block_on(in_tasks(tasks, || {
                let client = client.clone();
                async move {
                    for _ in 0..each {
                        black_box(allocate(&client).await);
                    }
                }
            }));
        })
        .run();
    let requests = (tasks * each) as f64;
    let cost = |total: Duration| (total.as_secs_f64() * 1e9 / requests).round() / 1e3;
    let [time, cpu] = names;
    if is_wanted(&time) {
        let ratio = comparison.time_ratio("allocate", "bare");
        let (bare, own) = (comparison.median_time("bare"), comparison.median_time("allocate"));
        print(&comparison, &time, ratio, cost(bare), cost(own));
    }
    if is_wanted(&cpu) {
        let ratio = comparison.process_cpu_ratio("allocate", "bare");
        let (bare, own) = (comparison.median_process_cpu("bare"), comparison.median_process_cpu("allocate"));
        print(&comparison, &cpu, ratio, cost(bare), cost(own));
    }
}

fn print(comparison: &Comparison, name: &str, ratio: f64, bare_us: f64, allocate_us: f64) {
    Report::at_most(LIMIT, "client", name, ratio)
        .samples(comparison.rounds())
        .detail("bare_us", bare_us)
        .detail("allocate_us", allocate_us)
        .print();
}

/// Runs the same work in so many tasks at once; a single one without a task.
async fn in_tasks<Work: Future<Output = ()> + Send + 'static>(tasks: u64, work: impl Fn() -> Work) {
    if tasks == 1 {
        return work().await;
    }
    let running: Vec<_> = (0..tasks).map(|_| tokio::spawn(work())).collect();
    for task in running {
        task.await.expect("the work ends");
    }
}

async fn allocate(client: &Client) -> matchport::Allocation {
    let ttl = Ttl::from_seconds(1).expect("in range");
    let allocating = client.allocate(IMAGE).location(LOCATION).ttl(ttl).wait_for(WaitFor::Allocated);
    allocating.await.expect("there is always room")
}

/// The bare call: same settings, same headers, same JSON.
#[derive(Clone)]
struct Bare {
    client: reqwest::Client,
    url: String,
}

/// The number of the next bare session: an id is used once.
static NUMBER: AtomicU64 = AtomicU64::new(0);

#[derive(Serialize)]
struct Start<'a> {
    image: &'a str,
    location: &'a str,
    id: String,
    ttl: u32,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading is what is measured")]
struct Started {
    id: String,
    host: String,
    ports: Vec<Port>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading is what is measured")]
struct Port {
    r#type: String,
    container: u16,
    host: u16,
}

impl Bare {
    fn new(base_url: &str) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider);
        let tls = tls.with_safe_default_protocol_versions().expect("TLS versions");
        let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let client = reqwest::Client::builder()
            .user_agent(concat!("matchport/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(5))
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .build()
            .expect("a client");
        Self { client, url: format!("{base_url}/session") }
    }

    async fn start(&self) -> Started {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let body = Start { image: IMAGE, location: LOCATION, id, ttl: 1 };
        let request = self.client.post(&self.url).bearer_auth(TOKEN).header(ACCEPT, "application/json").json(&body);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 201);
        response.json().await.expect("a session")
    }
}

/// The emulator's process.
struct Server {
    url: String,
    child: Child,
    /// Held open: its end is the child's.
    input: Option<ChildStdin>,
}

impl Server {
    fn start() -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a child process");
        let mut url = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut url).expect("the child's address");
        let input = child.stdin.take();
        Self { url: url.trim().to_owned(), child, input }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = None;
        // It ends by itself; there is nothing to be done if it can't be waited for.
        let _ = self.child.wait();
    }
}

fn serve() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let config = Config {
        backend: Backend::Null,
        locations: vec![Location::new(LOCATION)],
        images: vec![Image::new(IMAGE).port(7777, Protocol::Udp)],
        // Sessions live for a second, and there are many of them.
        port_range: PortRange { first: 1, last: 65_535 },
        retention: Duration::ZERO,
        retained_sessions: 0,
        ..Config::default()
    };
    let emulator = runtime.block_on(Emulator::builder(config).tokens([TOKEN]).start()).expect("an emulator");
    println!("{}", emulator.base_url());
    // Ends with the parent.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    runtime.block_on(emulator.shutdown());
}
