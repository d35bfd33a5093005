//! The built-in game server: a small UDP server that behaves as the guide wants one to. A program of its own, started
//! by the emulator; nothing here knows the emulator.
//!
//! It reads `GAMEYE_PORT_UDP_7777` (or the first other `GAMEYE_PORT_UDP_...`), binds that port, and answers datagrams
//! of plain text:
//!
//! | datagram | answer |
//! | --- | --- |
//! | `hello PLAYER` | `welcome PLAYER N`, where N is how many players there are now |
//! | `ping SEQUENCE` | `pong SEQUENCE` |
//! | `bye PLAYER` | `bye PLAYER` |
//!
//! It writes a line to stdout when it starts, when a player comes or goes, and for every 100 packets. SIGTERM makes it
//! write `result.json` (session, map, players, packets, milliseconds) to the directory it runs in, and exit with 0.
//!
//! Arguments turn it into a server that misbehaves, for tests, or that runs in a container. Others are ignored.
//!
//! | argument | effect |
//! | --- | --- |
//! | `--exit CODE` | exits at once |
//! | `--crash-after MS` | exits with 70 after that time |
//! | `--bind-after MS` | binds its port that late |
//! | `--ignore-sigterm` | goes on |
//! | `--spam BYTES` | first writes that much to stdout; 0 is without end |
//! | `--fork` | starts a child that only waits |
//! | `--container` | binds the port that the variable is named after, on all addresses: a container has a network of its own |

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write};
use std::net::UdpSocket;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

/// The exit code after `--crash-after`.
const CRASHED: u8 = 70;
/// A line is written for this many packets.
const PACKETS_A_LINE: u64 = 100;

/// Runs the game server until SIGTERM; its arguments and environment are those of this process.
pub fn run() -> ExitCode {
    let options = Options::from_args(env::args().skip(1));
    if let Some(code) = options.exit {
        say(format_args!("exiting at once with {code}, as asked"));
        return ExitCode::from(code);
    }
    match serve(&options) {
        Ok(code) => code,
        Err(error) => {
            say(format_args!("ended by an error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    exit: Option<u8>,
    crash_after: Option<Duration>,
    bind_after: Option<Duration>,
    ignore_sigterm: bool,
    spam: Option<u64>,
    fork: bool,
    container: bool,
}

impl Options {
    fn from_args(mut args: impl Iterator<Item = String>) -> Self {
        let mut options = Self::default();
        let millis = |text: Option<String>| text?.parse().ok().map(Duration::from_millis);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--exit" => options.exit = args.next().and_then(|code| code.parse().ok()),
                "--crash-after" => options.crash_after = millis(args.next()),
                "--bind-after" => options.bind_after = millis(args.next()),
                "--ignore-sigterm" => options.ignore_sigterm = true,
                "--spam" => options.spam = args.next().and_then(|bytes| bytes.parse().ok()),
                "--fork" => options.fork = true,
                "--container" => options.container = true,
                _ => {}
            }
        }
        options
    }
}

/// What has happened so far.
struct Match {
    began: Instant,
    here: BTreeSet<String>,
    seen: BTreeSet<String>,
    packets: u64,
}

fn serve(options: &Options) -> io::Result<ExitCode> {
    let game =
        Arc::new(Mutex::new(Match { began: Instant::now(), here: BTreeSet::new(), seen: BTreeSet::new(), packets: 0 }));
    // Before the port is bound: from then on, a SIGTERM can come at any time.
    end_on_sigterm(Arc::clone(&game), options.ignore_sigterm)?;
    if let Some(delay) = options.crash_after {
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            say(format_args!("crashing, as asked"));
            std::process::exit(CRASHED.into());
        });
    }
    if options.fork {
        // The child keeps the group and the output, as one that was forgotten would.
        let child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn()?;
        say(format_args!("forked {}", child.id()));
    }
    if let Some(bytes) = options.spam {
        spam(bytes);
    }
    if let Some(delay) = options.bind_after {
        std::thread::sleep(delay);
    }
    let Some(port) = port(options.container) else {
        say(format_args!("there is no GAMEYE_PORT_UDP_..., so nobody can come; waiting for SIGTERM"));
        loop {
            std::thread::park();
        }
    };
    let is_local = !options.container && variable("GAMEYE_HOST").is_none_or(|host| host.starts_with("127."));
    let socket = UdpSocket::bind((if is_local { "127.0.0.1" } else { "0.0.0.0" }, port))?;
    say(format_args!("listening on {}/udp", socket.local_addr()?));
    for name in ["GAMEYE_SESSION_ID", "MAP", "GAME_MODE", "MATCH_ID"] {
        if let Some(value) = variable(name) {
            say(format_args!("{name} is {value}"));
        }
    }
    loop {
        // Of a longer datagram the rest is cut off, and what is left is no message.
        let mut datagram = [0; 512];
        let (length, sender) = match socket.recv_from(&mut datagram) {
            Ok(received) => received,
            // An earlier answer reached a port that is closed by now.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error),
        };
        let answer = std::str::from_utf8(&datagram[..length]).ok().and_then(|text| lock(&game).answer(text));
        if let Some(answer) = answer
            && let Err(error) = socket.send_to(answer.as_bytes(), sender)
        {
            say(format_args!("an answer could not be sent: {error}"));
        }
    }
}

impl Match {
    fn answer(&mut self, datagram: &str) -> Option<String> {
        self.packets += 1;
        if self.packets.is_multiple_of(PACKETS_A_LINE) {
            say(format_args!("{} packets", self.packets));
        }
        let (word, rest) = datagram.trim_end().split_once(' ')?;
        if rest.is_empty() || rest.chars().any(char::is_control) {
            return None;
        }
        match word {
            "hello" => {
                self.seen.insert(rest.to_owned());
                if self.here.insert(rest.to_owned()) {
                    say(format_args!("{rest} has come, {} here", self.here.len()));
                }
                Some(format!("welcome {rest} {}", self.here.len()))
            }
            "ping" => Some(format!("pong {rest}")),
            "bye" => {
                if self.here.remove(rest) {
                    say(format_args!("{rest} has left, {} here", self.here.len()));
                }
                Some(format!("bye {rest}"))
            }
            _ => None,
        }
    }

    fn result(&self) -> serde_json::Value {
        serde_json::json!({
            "session": variable("GAMEYE_SESSION_ID"),
            "map": variable("MAP"),
            "players": self.seen,
            "packets": self.packets,
            "duration_ms": u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

fn end_on_sigterm(game: Arc<Mutex<Match>>, ignore: bool) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if ignore {
                say(format_args!("SIGTERM is ignored, as asked"));
                continue;
            }
            let code = match std::fs::write("result.json", lock(&game).result().to_string()) {
                Ok(()) => {
                    say(format_args!("SIGTERM: the result is written"));
                    0
                }
                Err(error) => {
                    say(format_args!("SIGTERM: the result can't be written: {error}"));
                    1
                }
            };
            std::process::exit(code);
        }
    });
    Ok(())
}

fn spam(bytes: u64) {
    let line = [b"spam ".repeat(15).as_slice(), b"\n"].concat();
    let mut stdout = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let mut written = 0;
    while bytes == 0 || written < bytes {
        if stdout.write_all(&line).is_err() {
            return;
        }
        written += line.len() as u64;
    }
}

/// The port to bind: that of container port 7777, else of the first other UDP port there is.
fn port(in_container: bool) -> Option<u16> {
    let ports = env::vars().filter_map(|(name, host)| Some((name.strip_prefix("GAMEYE_PORT_UDP_")?.to_owned(), host)));
    let (container, host) = ports.min_by_key(|(container, _)| (container != "7777", container.clone()))?;
    if in_container { container.parse().ok() } else { host.parse().ok() }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn lock(game: &Mutex<Match>) -> MutexGuard<'_, Match> {
    game.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a line to stdout. Nobody may be reading it, and the game goes on then.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Match {
        Match { began: Instant::now(), here: BTreeSet::new(), seen: BTreeSet::new(), packets: 0 }
    }

    #[test]
    fn players_come_ping_and_go() {
        let mut game = empty();
        assert_eq!(game.answer("hello ada"), Some("welcome ada 1".to_owned()));
        assert_eq!(game.answer("hello ben\n"), Some("welcome ben 2".to_owned()));
        assert_eq!(game.answer("hello ada"), Some("welcome ada 2".to_owned()), "a repeated hello counts once");
        assert_eq!(game.answer("ping 7"), Some("pong 7".to_owned()));
        assert_eq!(game.answer("bye ada"), Some("bye ada".to_owned()));
        assert_eq!(game.answer("hello cleo"), Some("welcome cleo 2".to_owned()));
        assert_eq!(game.result()["players"], serde_json::json!(["ada", "ben", "cleo"]));
        assert_eq!(game.result()["packets"], 6);
    }

    #[test]
    fn what_is_no_message_gets_no_answer() {
        let mut game = empty();
        for datagram in ["", "hello", "hello ", "jump high", "hello a\u{1b}[2J"] {
            assert_eq!(game.answer(datagram), None, "{datagram:?}");
        }
    }

    #[test]
    fn unknown_arguments_are_ignored() {
        let args = ["game-server", "--map", "x", "--exit", "3", "--ignore-sigterm"];
        let options = Options::from_args(args.map(str::to_owned).into_iter());
        assert_eq!((options.exit, options.ignore_sigterm), (Some(3), true));
    }
}
