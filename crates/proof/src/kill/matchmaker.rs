//! A matchmaker that keeps its ticket in a file: the command line, or a program in another language by the lines of
//! `caller`. Each allocation is a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::proxy::{Held, Proxy};
use crate::service::TOKEN;

/// Longer than any process here takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// See the [module](self).
#[derive(Debug, Clone)]
pub(crate) enum Matchmaker {
    /// `matchport allocate --ticket` and `matchport resume`.
    CommandLine(PathBuf),
    /// The words of its command line.
    Program { name: String, command: String },
}

/// What a process is to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    Allocate,
    Resume,
}

impl Matchmaker {
    /// From `NAME=COMMAND`.
    pub(crate) fn program(text: &str) -> Result<Self> {
        let (name, command) = text.split_once('=').context("a caller is NAME=COMMAND")?;
        Ok(Self::Program { name: name.to_owned(), command: command.to_owned() })
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::CommandLine(_) => "matchport",
            Self::Program { name, .. } => name,
        }
    }

    /// Starts a process for this allocation.
    async fn spawn(&self, work: Work, base_url: &str, ticket: &Path) -> Result<Child> {
        let (mut command, line) = match self {
            Self::CommandLine(program) => {
                let mut command = Command::new(program);
                match work {
                    Work::Allocate => command.args(["allocate", "--image", "demo", "--base-url", base_url, "--ticket"]),
                    Work::Resume => command.arg("resume"),
                };
                command.arg(ticket).args(["--output", "json"]).env("MATCHPORT_TOKEN", TOKEN);
                (command, String::new())
            }
            Self::Program { command, .. } => {
                let mut words = command.split(' ').filter(|word| !word.is_empty());
                let mut command = Command::new(words.next().context("a caller without a program")?);
                command.args(words);
                let work = match work {
                    Work::Allocate => "allocate",
                    Work::Resume => "resume",
                };
                (command, format!("{base_url} {work} {}\n", ticket.display()))
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("a matchmaker does not start")?;
        // The one call that it is asked for; then its input ends.
        let mut stdin = child.stdin.take().context("no stdin")?;
        stdin.write_all(line.as_bytes()).await.context("a matchmaker takes no line")?;
        Ok(child)
    }

    /// Waits until a process that nobody kills has done its work, and gives the session that it reports. What a program
    /// does after its report is not waited for: Mono takes up to three quarters of a minute to end now and then.
    async fn report(&self, child: &mut Child) -> Result<String> {
        let mut stdout = BufReader::new(child.stdout.take().context("no stdout")?);
        match self {
            Self::CommandLine(_) => {
                let mut said = String::new();
                stdout.read_to_string(&mut said).await?;
                let status = child.wait().await?;
                ensure!(status.success(), "it ended with {status}: {said}{}", complaints(child).await);
                let document: Value = serde_json::from_str(&said).context("it says what is no JSON")?;
                Ok(document["id"].as_str().context("it names no session")?.to_owned())
            }
            Self::Program { .. } => {
                let mut line = String::new();
                stdout.read_line(&mut line).await?;
                match line.trim_end().split_once(' ') {
                    Some(("ok", id)) => Ok(id.to_owned()),
                    Some(_) => bail!("it says {line:?}"),
                    None => bail!("it says {line:?} and ends: {}", complaints(child).await),
                }
            }
        }
    }
}

/// What a process that has ended has written to stderr.
async fn complaints(child: &mut Child) -> String {
    let mut complaints = String::new();
    if let Some(mut stderr) = child.stderr.take()
        && let Err(error) = stderr.read_to_string(&mut complaints).await
    {
        return format!("its stderr can't be read: {error}");
    }
    complaints
}

/// Starts a process, kills it as soon as the message of this number is held, and gives that; `None` when it ended before.
pub(super) async fn kill_at(
    matchmaker: &Matchmaker,
    work: Work,
    ticket: &Path,
    proxy: &Proxy,
    step: usize,
) -> Result<Option<Held>> {
    let mut held = proxy.hold(step);
    let mut child = matchmaker.spawn(work, &proxy.base_url(), ticket).await?;
    let next = async {
        tokio::select! {
            biased;
            message = held.recv() => anyhow::Ok(message),
            report = matchmaker.report(&mut child) => report.context("before it was killed").map(|_| None),
        }
    };
    let message = tokio::time::timeout(PATIENCE, next).await.context("nothing is sent, and it does not end")??;
    if message.is_some() {
        child.kill().await.context("it can't be killed")?;
    }
    proxy.pass_all();
    Ok(message)
}

/// Starts a process that nobody kills, and gives the session that it reports.
pub(super) async fn whole(matchmaker: &Matchmaker, work: Work, ticket: &Path, proxy: &Proxy) -> Result<String> {
    let mut child = matchmaker.spawn(work, &proxy.base_url(), ticket).await?;
    tokio::time::timeout(PATIENCE, matchmaker.report(&mut child)).await.context("it does not end")?
}
