//! What a request costs above the bytes that it moves: an allocation over libcurl through the host transport against the same
//! by hand, and the first request of a program against those that follow. The emulator answers, in a process of its own.

use std::ffi::{CString, c_char, c_int, c_void};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use matchport_testkit::measure::{Plan, Report, is_quick, is_wanted, median};

use crate::tools::{self, Folders, Library, cargo};

/// Sessions are nothing at all, live for a second, and there are many of them.
const CONFIG: &str = "\
backend = \"null\"
port_range = [1, 65535]
retention = \"0s\"
retained_sessions = 0
";

pub(crate) fn allocations(folders: &Folders) {
    let name = "allocate from C over libcurl, CPU against libcurl and cJSON by hand";
    if !is_wanted(name) {
        return;
    }
    let libraries = ["libcurl", "libcjson"];
    let are_there =
        Command::new("pkg-config").arg("--exists").args(libraries).status().is_ok_and(|status| status.success());
    assert!(are_there, "libcurl or cJSON is missing: `apt-get install libcurl4-openssl-dev libcjson-dev`");
    let emulator = Emulator::start(folders);
    let library = folders.library(
        "matchport_bench_curl",
        &["curl.c"],
        &["-D_GNU_SOURCE", "-lcurl", "-lcjson"],
        &[&folders.host_only()],
    );
    let library = Library::open(&library);
    let open: extern "C" fn(*const c_char, c_int) -> *mut c_void = unsafe { library.function("bench_open") };
    let by_hand: extern "C" fn(*mut c_void, usize) -> c_int = unsafe { library.function("bench_by_hand") };
    let allocate: extern "C" fn(*mut c_void, usize) -> c_int = unsafe { library.function("bench_allocate") };
    let url = CString::new(emulator.url.as_str()).expect("no NUL");
    let open = |skips_tickets| open(url.as_ptr(), skips_tickets);
    let (hand, tickets, none) = (open(0), open(0), open(1));
    assert!(!hand.is_null() && !tickets.is_null() && !none.is_null());
    let times = if is_quick() { 100 } else { 400 };
    let comparison = Plan::new()
        .rounds(61)
        .variant("by_hand", || assert_eq!(by_hand(hand, times), 1))
        .variant("allocate", || assert_eq!(allocate(tickets, times), 1))
        .variant("without_tickets", || assert_eq!(allocate(none, times), 1))
        .run();
    let cost = |variant| comparison.median_thread_cpu(variant).as_secs_f64() * 1e6 / times as f64;
    Report::at_most(1.05, "c_abi", name, comparison.thread_cpu_ratio("allocate", "by_hand"))
        .samples(comparison.rounds())
        .detail("by_hand_us", cost("by_hand"))
        .detail("allocate_us", cost("allocate"))
        .detail("without_tickets_us", cost("without_tickets"))
        .detail("without_tickets_ratio", comparison.thread_cpu_ratio("without_tickets", "by_hand"))
        .print();
}

/// Each round is a program of its own, so that loading is loading.
pub(crate) fn first(folders: &Folders) {
    let name = "load, create and first request against a warm request";
    if !is_wanted(name) {
        return;
    }
    let emulator = Emulator::start(folders);
    let program = folders.program("first", &["first.c"], &["-D_GNU_SOURCE", "-ldl"]);
    let rounds = if is_quick() { 7 } else { 31 };
    let mut figures = Vec::new();
    for round in 0..rounds + 2 {
        let text = tools::output(Command::new(&program).arg(folders.whole()).arg(&emulator.url));
        let mut times = text.split_whitespace().map(|time| time.parse::<f64>().expect("nanoseconds"));
        let first = times.next().expect("the first request");
        let warm = median(times.collect()).expect("warm requests");
        // The files come from the disk at first.
        if round >= 2 {
            figures.push((first / warm, first / 1e3, warm / 1e3));
        }
    }
    let middle = |figure: fn(&(f64, f64, f64)) -> f64| median(figures.iter().map(figure).collect()).unwrap_or(f64::NAN);
    Report::at_most(12.0, "c_abi", name, middle(|figure| figure.0))
        .samples(rounds)
        .detail("first_us", middle(|figure| figure.1))
        .detail("warm_us", middle(|figure| figure.2))
        .print();
}

/// A running emulator, which is ended when dropped.
struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    fn start(folders: &Folders) -> Self {
        let build = ["build", "--release", "--quiet", "--package", "matchport-cli", "--message-format", "json"];
        let messages = tools::output(cargo(&folders.root).args(build));
        let program = messages.lines().find_map(|line| {
            let (_, rest) = line.split_once("\"executable\":\"")?;
            Some(rest.split_once('"')?.0.to_owned())
        });
        let (config, ready) = (folders.made.join("emulator.toml"), folders.made.join("emulator.ready"));
        std::fs::write(&config, CONFIG).expect("the configuration is written");
        // Of an emulator that was killed.
        let _ = std::fs::remove_file(&ready);
        let mut command = Command::new(program.expect("the command line is built"));
        command.args(["emulator", "--listen", "127.0.0.1:0", "--token", "local", "--config"]).arg(&config);
        command.arg("--ready-file").arg(&ready).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the emulator starts");
        let url = address(&ready);
        Self { child, url }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(ready: &Path) -> String {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        // The file appears whole.
        let url = std::fs::read_to_string(ready).unwrap_or_default();
        if !url.is_empty() {
            return url.trim().to_owned();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the emulator is not ready after 30 s");
}
