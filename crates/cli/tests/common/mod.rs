//! The real program under test: how it is run, an emulator that is the program too, and a proxy before it that loses,
//! holds and invents answers.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod proxy;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The program with nothing of this machine in its environment that it would look at.
pub(crate) fn program<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matchport"));
    for name in ["MATCHPORT_TOKEN", "GAMEYE_API_TOKEN", "NO_COLOR", "CLICOLOR_FORCE", "RUST_LOG", "COLUMNS"] {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program with these arguments to its end.
#[track_caller]
pub(crate) fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Finished {
    finish(&mut program(args))
}

impl Finished {
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Checks that it went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ends_with(0)
    }

    /// Stdout as the one JSON document that it must be.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "no {part:?} in stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "no {part:?} in stderr: {}\nstdout: {}", self.stderr, self.stdout);
        self
    }
}

/// `matchport emulator` as a child. Dropped, it ends in good order.
pub(crate) struct Emulator {
    child: Child,
    /// Kept open: the emulator must have somebody to talk to.
    stdout: BufReader<ChildStdout>,
    /// What it has said once it was ready.
    said: String,
    base_url: String,
    folder: tempfile::TempDir,
}

impl Emulator {
    /// With the built-in configuration.
    pub(crate) fn start() -> Self {
        Self::with(None, &[])
    }

    /// With a configuration in TOML.
    pub(crate) fn configured(toml: &str) -> Self {
        Self::with(Some(toml), &[])
    }

    pub(crate) fn with(toml: Option<&str>, args: &[&str]) -> Self {
        Self::by(program([""; 0]), toml, args)
    }

    /// Started by a command that runs the program with further arguments.
    pub(crate) fn by(mut command: Command, toml: Option<&str>, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        command.args(["emulator", "--listen", "127.0.0.1:0", "--ready-file"]);
        let ready = folder.path().join("ready");
        command.arg(&ready).args(args);
        if let Some(toml) = toml {
            let config = folder.path().join("emulator.toml");
            std::fs::write(&config, toml).expect("written");
            command.arg("--config").arg(config);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the emulator starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") && stdout.read_line(&mut said).expect("a line") > 0 {}
        let base_url = std::fs::read_to_string(&ready).unwrap_or_else(|error| panic!("{error}; it says {said:?}"));
        let base_url = base_url.trim_end().to_owned();
        assert!(said.contains(&base_url), "{said:?} names another address than the ready file: {base_url}");
        Self { child, stdout, said, base_url, folder }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What it said on stdout once it was ready.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// Sends SIGINT and doesn't wait.
    pub(crate) fn interrupt(&self) {
        signal(&self.child, rustix::process::Signal::INT);
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A folder of the test's own.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, at this emulator.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = program(args);
        command.args(["--base-url", &self.base_url]);
        command
    }

    /// Runs the program with these arguments at this emulator.
    #[track_caller]
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Finished {
        finish(&mut self.command(args))
    }

    /// Runs it with `--output json` and gives the document.
    #[track_caller]
    pub(crate) fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Value {
        finish(self.command(args).args(["--output", "json"])).ok().json()
    }

    /// Allocates a session of an image and gives what stdout says.
    #[track_caller]
    pub(crate) fn allocate(&self, args: &[&str]) -> Value {
        self.json(["allocate", "--image", "demo"].iter().chain(args))
    }

    /// Ids of the sessions that the service lists, ended ones too.
    #[track_caller]
    pub(crate) fn sessions(&self) -> Vec<String> {
        let list = self.json(["sessions", "--all"]);
        let sessions = list["sessions"].as_array().expect("a list");
        sessions.iter().map(|session| session["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The status of a session.
    #[track_caller]
    pub(crate) fn status(&self, id: &str) -> String {
        self.json(["describe", id])["status"].as_str().expect("a status").to_owned()
    }

    /// Waits until a session has ended. Its log ends then.
    #[track_caller]
    pub(crate) fn wait_for_end(&self, id: &str) {
        self.run(["logs", id, "--follow"]).ok();
    }

    /// Sends a signal, waits for the end and gives the exit code.
    pub(crate) fn end_with(&mut self, sent: rustix::process::Signal) -> Option<i32> {
        signal(&self.child, sent);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("text");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end_with(rustix::process::Signal::TERM);
        }
    }
}

/// Sends a signal to a child.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).expect("the child is there");
}

/// Whether a process is there. An ended one that nobody has reaped counts.
pub(crate) fn exists(id: u64) -> bool {
    let pid = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

/// The process id that the built-in game server names in its log.
#[track_caller]
pub(crate) fn process_in(log: &str) -> u64 {
    let line = log.lines().find_map(|line| line.strip_prefix("game server: process "));
    line.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no process in {log}"))
}
