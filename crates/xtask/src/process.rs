//! Child processes: how cargo and the built programs are started, shown, and their output kept. Nothing here knows
//! what the output means.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// The checkout that is worked on.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace around the current folder.
    pub(crate) fn find() -> Result<Self> {
        let mut locate = cargo();
        locate.args(["locate-project", "--workspace", "--message-format", "plain"]);
        let manifest = capture(&mut locate)?;
        let root = Path::new(manifest.trim()).parent().context("the workspace's manifest has no folder")?;
        Ok(Self { root: root.to_owned() })
    }

    /// An absolute path of a file in the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let metadata = capture(&mut self.cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("`cargo metadata` printed no JSON")?;
        let folder = metadata["target_directory"].as_str().context("`cargo metadata` names no target folder")?;
        Ok(PathBuf::from(folder))
    }

    /// `cargo` in the root of the workspace.
    pub(crate) fn cargo<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = cargo();
        command.args(args).current_dir(&self.root);
        command
    }

    /// A program that calls cargo, in the same place and surroundings.
    pub(crate) fn around_cargo(&self, program: &Path) -> Command {
        let mut command = without_own_variables(Command::new(program));
        command.current_dir(&self.root);
        command
    }
}

/// What a child process did, whose output was shown and kept.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// All lines of stdout and stderr as they came, without colours.
    pub(crate) output: String,
}

/// Shows the command, runs it with the caller's stdout and stderr, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status}); its output is above", line(command));
    }
    Ok(())
}

/// Shows the command, runs it, passes its output on line by line while keeping a copy. Fails only when the program
/// can't be started.
pub(crate) fn watch(command: &mut Command) -> Result<Finished> {
    announce(command);
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let kept = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| pass_on(stdout, &mut std::io::stdout(), &kept));
        scope.spawn(|| pass_on(stderr, &mut std::io::stderr(), &kept));
    });
    let status = child.wait().with_context(|| format!("cannot wait for `{}`", line(command)))?;
    let kept = kept.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let output = anstream::adapter::strip_str(&String::from_utf8_lossy(&kept)).to_string();
    Ok(Finished { status, output })
}

/// Runs a command quietly and returns its stdout; fails, with its stderr in the error, when it fails.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, stderr.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed what is not UTF-8", line(command)))
}

/// Whether a command can be started and ends well; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Shows a command before it runs, on stderr.
pub(crate) fn announce(command: &Command) {
    eprintln!("$ {}", line(command));
}

/// The command as one would type it: names without folders, quotes where a shell needs them.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    let quoted = words.map(|word| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
        if !word.is_empty() && word.chars().all(plain) { word.into_owned() } else { format!("'{word}'") }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// `cargo` as the outer cargo was called, without what the outer one says of this crate: build scripts that watch those
/// variables (ring's does) would run again each time that the same target folder is used from a shell.
fn cargo() -> Command {
    without_own_variables(Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
}

fn without_own_variables(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

fn pass_on(from: Option<impl Read>, to: &mut impl Write, kept: &std::sync::Mutex<Vec<u8>>) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    // Lines are kept whole: the parsers read lines, and those of the two streams must not run into each other.
    while matches!(from.read_until(b'\n', &mut line), Ok(1..)) {
        // Output that can't be shown (a closed pipe) is still counted.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut line);
    }
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["test", "--doc", "two words", ""]);
        assert_eq!(line(&command), "cargo test --doc 'two words' ''");
    }

    #[cfg(unix)]
    #[test]
    fn a_watched_command_keeps_both_streams_and_its_status() {
        let script = "echo out; printf '\\033[31mred\\033[0m' >&2; exit 3";
        let finished = watch(Command::new("sh").args(["-c", script])).expect("sh starts");
        assert_eq!(finished.status.code(), Some(3));
        let mut lines: Vec<_> = finished.output.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["out", "red"]);
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let error = match watch(&mut Command::new("no-such-program-anywhere")) {
            Ok(_) => panic!("started"),
            Err(error) => format!("{error:#}"),
        };
        assert!(error.starts_with("cannot start `no-such-program-anywhere`: "), "{error}");
    }
}
