//! The claims about the emulator's speed, each as a ratio to the same work done barely, in one process and in turn:
//! starts without a process, starts with one, the same under a large heap, and how soon a 201 follows the bound port.
//!
//! One JSON line a claim on stdout. `MATCHPORT_BENCH_QUICK=1` takes about 10 seconds instead of 60.

use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use matchport_emulator::{Answer, Backend, Config, Emulator, Image, Location};
use matchport_testkit::measure::{Plan, Report, is_quick, is_wanted, median, sample};
use tokio::runtime::Runtime;

const DEMO_SERVER: &str = env!("CARGO_BIN_EXE_matchport-demo-server");
/// What a 201 of the service looks like.
const FIXED: &str = r#"{"id":"550e8400-e29b-41d4-a716-446655440000","host":"127.0.0.1","ports":[{"type":"udp","container":7777,"host":27015}]}"#;
const START: &str = r#"{"image":"demo","location":"eu-west-1","env":{"MAP":"dust2","GAME_MODE":"ranked"},"ttl":3600}"#;
const HEAP: usize = 200 << 20;

fn main() {
    // Servers and clients each have their own, and no more threads than cores between them. On a shared one, a lucky
    // pair of tasks on one worker is four times as fast as an unlucky one on two, and with more threads than cores it
    // is the scheduler that gets measured.
    let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get());
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads((cores - 1).max(1)).enable_all().build();
    let servers = servers.expect("a runtime");
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let runtime = Runtimes { servers, clients };
    for in_flight in [1, 64] {
        null_backend(&runtime, in_flight);
    }
    real_process(&runtime);
    large_heap(&runtime);
    answer_after_bind(&runtime);
}

struct Runtimes {
    servers: Runtime,
    clients: Runtime,
}

/// Starts without a process, against an axum route that takes the body and answers a fixed 201. Beside it, for
/// comparison, one that doesn't look at the body. Between two rounds all sessions are stopped: as in any service, they
/// come and go.
fn null_backend(runtime: &Runtimes, in_flight: usize) {
    let name =
        format!("starts without a process, against an axum route that answers a fixed 201, {in_flight} in flight");
    if !is_wanted(&name) {
        return;
    }
    let rounds = if is_quick() { 7 } else { 31 };
    let requests = if in_flight == 1 { 1000 } else { 6400 };
    let emulator = start(runtime, Config { backend: Backend::Null, ..Config::default() });
    let fixed = runtime.servers.block_on(fixed_routes());
    let mut to_emulator = Load::connect(runtime, emulator.address(), in_flight);
    let mut to_fixed = Load::connect(runtime, fixed, in_flight);
    let mut to_blind = Load::connect(runtime, fixed, in_flight);
    to_blind.path = "/blind";
    let [mut of_emulator, mut of_fixed, mut of_blind] = [const { Vec::new() }; 3];
    for round in 0..rounds + 3 {
        let time = |load: &mut Load, times: &mut Vec<f64>| {
            let seconds = sample(&mut || load.starts(runtime, requests, START)).time.as_secs_f64();
            times.extend((round >= 3).then_some(seconds));
        };
        // Backwards every second round, so that none always inherits the caches of the same other one.
        match round % 2 {
            0 => {
                time(&mut to_fixed, &mut of_fixed);
                time(&mut to_blind, &mut of_blind);
                time(&mut to_emulator, &mut of_emulator);
            }
            _ => {
                time(&mut to_emulator, &mut of_emulator);
                time(&mut to_blind, &mut of_blind);
                time(&mut to_fixed, &mut of_fixed);
            }
        }
        to_emulator.stop_all(runtime);
    }
    let ratio = |base: &[f64]| {
        let ratios = base.iter().zip(&of_emulator).map(|(base, emulator)| base / emulator);
        median(ratios.collect()).unwrap_or(f64::NAN)
    };
    let per_second = |times: &[f64]| requests as f64 / median(times.to_vec()).unwrap_or(f64::NAN);
    Report::at_least(0.9, "emulator", &name, ratio(&of_fixed))
        .samples(rounds)
        .detail("emulator_per_s", per_second(&of_emulator))
        .detail("fixed_per_s", per_second(&of_fixed))
        .detail("fixed_without_reading_the_body_per_s", per_second(&of_blind))
        .detail("ratio_to_fixed_without_reading_the_body", ratio(&of_blind))
        .print();
    runtime.servers.block_on(emulator.shutdown());
}

/// Starts with a process that exits at once, against a loop that spawns and reaps the same program. A session counts
/// when its process is reaped. Beside it, for comparison, four at a time against four such loops at a time.
fn real_process(runtime: &Runtimes) {
    let name = "starts with a process, against a loop that spawns and reaps the same program";
    if !is_wanted(name) {
        return;
    }
    let starts = if is_quick() { 100 } else { 200 };
    let emulator = start(runtime, exits_at_once());
    let mut one = Load::connect(runtime, emulator.address(), 1);
    let mut four = Load::connect(runtime, emulator.address(), 4);
    let comparison = Plan::new()
        .rounds(15)
        .variant("loop", || spawn_loops(1, starts))
        .variant("emulator", || one.starts_until_reaped(runtime, starts))
        .variant("4 loops", || spawn_loops(4, starts))
        .variant("emulator, 4 in flight", || four.starts_until_reaped(runtime, starts))
        .run();
    let per_second = |variant| starts as f64 / comparison.median_time(variant).as_secs_f64();
    Report::at_least(0.8, "emulator", name, comparison.rate_ratio("emulator", "loop"))
        .samples(comparison.rounds())
        .detail("emulator_per_s", per_second("emulator"))
        .detail("loop_per_s", per_second("loop"))
        .detail("emulator_4_in_flight_per_s", per_second("emulator, 4 in flight"))
        .detail("4_loops_per_s", per_second("4 loops"))
        .detail("ratio_4_in_flight", comparison.rate_ratio("emulator, 4 in flight", "4 loops"))
        .print();
    runtime.servers.block_on(emulator.shutdown());
}

/// Starts with a process while the emulator's process has 200 MB of heap in use, against the same without.
fn large_heap(runtime: &Runtimes) {
    let name = "starts with a process and 200 MB of heap in use, against the same without";
    if !is_wanted(name) {
        return;
    }
    let (rounds, starts) = if is_quick() { (7, 50) } else { (15, 200) };
    let emulator = start(runtime, exits_at_once());
    let mut load = Load::connect(runtime, emulator.address(), 1);
    let mut times = (Vec::new(), Vec::new());
    load.starts_until_reaped(runtime, starts);
    for _ in 0..rounds {
        times.0.push(sample(&mut || load.starts_until_reaped(runtime, starts)).time.as_secs_f64());
        let heap = vec![1u8; HEAP];
        times.1.push(sample(&mut || load.starts_until_reaped(runtime, starts)).time.as_secs_f64());
        black_box(heap);
    }
    let ratios = times.0.iter().zip(&times.1).map(|(without, with)| without / with).collect();
    let per_second = |times: Vec<f64>| starts as f64 / median(times).unwrap_or(f64::NAN);
    Report::at_least(0.9, "emulator", name, median(ratios).unwrap_or(f64::NAN))
        .samples(rounds)
        .detail("without_per_s", per_second(times.0))
        .detail("with_per_s", per_second(times.1))
        .print();
    runtime.servers.block_on(emulator.shutdown());
}

/// From the request to the 201, against from the spawn to the moment that the program itself has bound its port (it
/// writes a line then).
fn answer_after_bind(runtime: &Runtimes) {
    let name = "201 after the port is bound, against the time that the program itself needs to bind";
    if !is_wanted(name) {
        return;
    }
    let emulator = start(runtime, Config::default());
    let mut load = Load::connect(runtime, emulator.address(), 1);
    let rounds = if is_quick() { 50 } else { 300 };
    let mut times = (Vec::new(), Vec::new());
    for round in 0..rounds {
        times.0.push(time_to_bind().as_secs_f64());
        let id = format!("bind-{round}");
        let body = format!(r#"{{"image":"demo","location":"eu-west-1","id":"{id}"}}"#);
        let began = Instant::now();
        load.starts(runtime, 1, &body);
        times.1.push(began.elapsed().as_secs_f64());
        load.stop(runtime, &id);
        load.wait_until_none_runs(runtime);
    }
    let micros = |times: Vec<f64>| median(times).unwrap_or(f64::NAN) * 1e6;
    let (bind, answer) = (micros(times.0), micros(times.1));
    Report::at_most(1.5, "emulator", name, answer / bind)
        .samples(rounds)
        .detail("bind_us", bind)
        .detail("answer_us", answer)
        .print();
    runtime.servers.block_on(emulator.shutdown());
}

fn start(runtime: &Runtimes, config: Config) -> Emulator {
    let demo_server = vec![DEMO_SERVER.into()];
    let emulator = Emulator::builder(config).tokens(["local"]).demo_server(demo_server).start();
    runtime.servers.block_on(emulator).expect("the emulator starts")
}

fn exits_at_once() -> Config {
    let image = Image::new("demo").command([DEMO_SERVER, "--exit", "0"]).answer(Answer::Spawned);
    Config { locations: vec![Location::new("eu-west-1")], images: vec![image], ..Config::default() }
}

async fn fixed_routes() -> SocketAddr {
    const ANSWER: (StatusCode, [(header::HeaderName, &str); 1], &str) =
        (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], FIXED);
    let router = Router::new()
        .route("/session", post(|body: Bytes| async { (black_box(body), ANSWER).1 }))
        .route("/blind", post(|| async { ANSWER }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn spawn_loops(threads: usize, starts: usize) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..starts / threads {
                    let mut command = Command::new(DEMO_SERVER);
                    command.args(["--exit", "0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                    black_box(command.status().expect("the program runs"));
                }
            });
        }
    });
}

fn time_to_bind() -> Duration {
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let mut command = Command::new(DEMO_SERVER);
    command.env_clear().env("GAMEYE_PORT_UDP_7777", port.to_string()).env("GAMEYE_HOST", "127.0.0.1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.current_dir(std::env::temp_dir());
    let began = Instant::now();
    let mut child = command.spawn().expect("the program runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let took = began.elapsed();
    assert!(line.starts_with("listening on"), "{line}");
    child.kill().and_then(|()| child.wait()).expect("it ends");
    took
}

/// Connections that are kept, each with one request in flight.
struct Load {
    connections: Vec<SendRequest<Full<Bytes>>>,
    path: &'static str,
}

impl Load {
    fn connect(runtime: &Runtimes, address: SocketAddr, connections: usize) -> Self {
        let connect = || async {
            let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("no delay");
            let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
            tokio::spawn(connection);
            sender
        };
        let connect = async {
            let mut senders = Vec::new();
            for _ in 0..connections {
                senders.push(connect().await);
            }
            senders
        };
        Self { connections: runtime.clients.block_on(connect), path: "/session" }
    }

    /// Starts sessions, evenly over the connections.
    fn starts(&mut self, runtime: &Runtimes, starts: usize, body: &str) {
        let (each, path) = (starts / self.connections.len(), self.path);
        let body = Bytes::from(body.to_owned());
        runtime.clients.block_on(async {
            let work = self.connections.drain(..).map(|mut connection| {
                let body = body.clone();
                tokio::spawn(async move {
                    for _ in 0..each {
                        let status = send(&mut connection, "POST", path, body.clone()).await.0;
                        assert_eq!(status, StatusCode::CREATED);
                    }
                    connection
                })
            });
            let work: Vec<_> = work.collect();
            for task in work {
                self.connections.push(task.await.expect("no panic"));
            }
        });
    }

    fn starts_until_reaped(&mut self, runtime: &Runtimes, starts: usize) {
        self.starts(runtime, starts, r#"{"image":"demo","location":"eu-west-1"}"#);
        self.wait_until_none_runs(runtime);
    }

    fn wait_until_none_runs(&mut self, runtime: &Runtimes) {
        runtime.clients.block_on(async {
            loop {
                let (status, list) =
                    send(&mut self.connections[0], "GET", "/session?all=true&filterNot[status]=exited", Bytes::new())
                        .await;
                assert_eq!(status, StatusCode::OK);
                if list == r#"{"sessions":[]}"# {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }

    fn stop_all(&mut self, runtime: &Runtimes) {
        runtime.clients.block_on(async {
            let connection = &mut self.connections[0];
            let (_, list) = send(connection, "GET", "/session", Bytes::new()).await;
            let list: serde_json::Value = serde_json::from_slice(&list).expect("a list");
            for session in list["sessions"].as_array().expect("sessions") {
                let path = format!("/session/{}", session["id"].as_str().expect("an id"));
                let (status, _) = send(connection, "DELETE", &path, Bytes::new()).await;
                assert_eq!(status, StatusCode::NO_CONTENT);
            }
        });
    }

    fn stop(&mut self, runtime: &Runtimes, id: &str) {
        let path = format!("/session/{id}");
        let (status, _) = runtime.clients.block_on(send(&mut self.connections[0], "DELETE", &path, Bytes::new()));
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
}

async fn send(connection: &mut SendRequest<Full<Bytes>>, method: &str, path: &str, body: Bytes) -> (StatusCode, Bytes) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1")
        .header(header::AUTHORIZATION, "Bearer local")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .expect("a request");
    connection.ready().await.expect("a connection");
    let response = connection.send_request(request).await.expect("an answer");
    let status = response.status();
    (status, response.into_body().collect().await.expect("a body").to_bytes())
}
