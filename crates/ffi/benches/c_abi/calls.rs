//! Asking for an event when there is none, which a game loop does once a frame, against a call into a shared library that does
//! nothing: from C and, over P/Invoke, from C# on Mono.

use std::ffi::c_void;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use matchport_testkit::measure::{Comparison, Plan, Report, is_wanted};

use crate::tools::{self, Folders, Library};

/// Calls in one sample.
const CALLS: usize = 1_000_000;

pub(crate) fn from_c(folders: &Folders) {
    let name = "empty next_event from C against an empty call into a shared library";
    if !is_wanted(name) {
        return;
    }
    let calls = Library::open(&compile(folders));
    let client: extern "C" fn() -> *mut c_void = unsafe { calls.function("matchport_bench_client") };
    let client = client();
    assert!(!client.is_null());
    let loop_empty: extern "C" fn(usize) = unsafe { calls.function("loop_empty") };
    let loop_next_event: extern "C" fn(*mut c_void, usize) = unsafe { calls.function("loop_next_event") };
    let comparison = Plan::new()
        .variant("empty", || loop_empty(CALLS))
        .variant("next_event", || loop_next_event(client, CALLS))
        .run();
    report(2.5, name, &comparison);
}

pub(crate) fn from_mono(folders: &Folders) {
    let name = "empty next_event from Mono against an empty P/Invoke";
    if !is_wanted(name) {
        return;
    }
    assert!(
        tools::is_there("mono") && tools::is_there("mcs"),
        "Mono is missing: `cargo xtask test csharp` installs it"
    );
    compile(folders);
    let program = folders.made.join("PInvoke.exe");
    let mut compile = Command::new("mcs");
    compile.args(["-optimize+", "-unsafe", "-warnaserror"]).arg(format!("-out:{}", program.display()));
    tools::output(compile.arg(folders.source("PInvoke.cs")));
    let whole = folders.whole();
    let search =
        [whole.parent().expect("a folder"), &folders.made].map(|folder| folder.display().to_string()).join(":");
    let mono = std::cell::RefCell::new(Loops::start(Command::new("mono").arg(&program).env("LD_LIBRARY_PATH", search)));
    let comparison = Plan::new()
        .variant("empty", || mono.borrow_mut().run("empty"))
        .variant("next_event", || mono.borrow_mut().run("next_event"))
        .run();
    report(1.1, name, &comparison);
}

/// The loops in C, with the call that does nothing and the client beside them.
fn compile(folders: &Folders) -> PathBuf {
    let empty = folders.library("matchport_bench_empty", &["empty.c"], &[], &[]);
    folders.library("matchport_bench_calls", &["calls.c", "client.c"], &[], &[&empty, &folders.whole()])
}

fn report(limit: f64, name: &str, comparison: &Comparison) {
    let nanoseconds = |variant| comparison.median_time(variant).as_secs_f64() * 1e9 / CALLS as f64;
    Report::at_most(limit, "c_abi", name, comparison.time_ratio("next_event", "empty"))
        .samples(comparison.rounds())
        .detail("empty_ns", nanoseconds("empty"))
        .detail("next_event_ns", nanoseconds("next_event"))
        .print();
}

/// A process that runs loops when it is told to. Telling it costs some microseconds, its loops some thousand times that.
struct Loops {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Loops {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("piped"));
        Self { child, input, output: BufReader::new(output) }
    }

    fn run(&mut self, name: &str) {
        let input = self.input.as_mut().expect("open until dropped");
        writeln!(input, "{name} {CALLS}").expect("it listens");
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("it answers");
        assert_eq!(answer.trim(), "done");
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.input = None;
        // It ends with its input; there is nothing to be done if it can't be waited for.
        let _ = self.child.wait();
    }
}
