//! Whoever calls the service through the proxy: the Rust crate in this process, or a program in another language that
//! takes a line for each call and answers with a line.
//!
//! Lines to a program: `URL allocate`, `URL allocate FILE` and `URL resume FILE` (which keep the newest ticket in the file, and
//! remove it in the end), `URL join ID PLAYER...`, `URL leave PLAYER...`, `URL stop ID`. Its answer: `ok ID`
//! (`ok -` when there is no id), or `failed OUTCOME TICKET`: the outcome as the binding reports it (`not_sent`, `refused`,
//! `accepted`, `unknown`) and the ticket as JSON in one line, or `-`.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use matchport::{Client, Failure, SessionId};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::service::TOKEN;

/// Longer than any call may take: each has a deadline of its own.
const PATIENCE: Duration = Duration::from_secs(120);

/// Someone who calls.
pub(crate) enum Caller {
    Rust,
    Program(Box<Program>),
    /// What others do: no id of its own, a new start after each failure, and a stop that is tried once.
    #[cfg(test)]
    Naive,
}

/// A program that calls.
pub(crate) struct Program {
    _child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

/// What a caller is to do.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Allocate,
    Join(String, &'static [&'static str]),
    Leave(&'static [&'static str]),
    Stop(String),
}

/// What it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    Ok(String),
    Failed {
        outcome: String,
        /// The session that the ticket names.
        ticket: Option<String>,
    },
}

impl Caller {
    /// A program, from the words of its command line.
    pub(crate) fn program(command: &str) -> Result<Self> {
        let mut words = command.split(' ').filter(|word| !word.is_empty());
        let mut command = Command::new(words.next().context("a caller without a program")?);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("a caller does not start")?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        Ok(Self::Program(Box::new(Program { _child: child, stdin, stdout })))
    }

    /// Calls and waits for what is reported.
    pub(crate) async fn call(&mut self, base_url: &str, call: &Call) -> Result<Report> {
        let report = async {
            match self {
                Self::Rust => rust(base_url, call).await,
                Self::Program(program) => program.call(base_url, call).await,
                #[cfg(test)]
                Self::Naive => naive(base_url, call).await,
            }
        };
        tokio::time::timeout(PATIENCE, report).await.with_context(|| format!("{call:?} does not end"))?
    }
}

impl Program {
    async fn call(&mut self, base_url: &str, call: &Call) -> Result<Report> {
        let words = match call {
            Call::Allocate => "allocate".to_owned(),
            Call::Join(id, players) => format!("join {id} {}", players.join(" ")),
            Call::Leave(players) => format!("leave {}", players.join(" ")),
            Call::Stop(id) => format!("stop {id}"),
        };
        self.stdin.write_all(format!("{base_url} {words}\n").as_bytes()).await.context("the caller has ended")?;
        let line = self.stdout.next_line().await?.context("the caller has ended")?;
        match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
            ["ok", id] => Ok(Report::Ok(id.to_owned())),
            ["failed", outcome, "-"] => Ok(Report::Failed { outcome: outcome.to_owned(), ticket: None }),
            ["failed", outcome, ticket] => {
                let ticket: Value = serde_json::from_str(ticket).context("no ticket")?;
                let session = ticket["session"].as_str().context("a ticket without a session")?.to_owned();
                Ok(Report::Failed { outcome: outcome.to_owned(), ticket: Some(session) })
            }
            _ => bail!("the caller answers {line:?}"),
        }
    }
}

async fn rust(base_url: &str, call: &Call) -> Result<Report> {
    let client = Client::builder().base_url(base_url).token(TOKEN).build()?;
    let result = match call {
        Call::Allocate => client.allocate("demo").await.map(|allocation| allocation.id.to_string()),
        Call::Join(id, players) => {
            let joined = client.join(&SessionId::new(id.as_str())?, players.iter().copied()).await;
            joined.map(|_| id.clone()).map_err(|error| Failure { error, ticket: None, report: None })
        }
        Call::Leave(players) => {
            let left = client.leave(players.iter().copied()).await;
            left.map(|_| "-".to_owned()).map_err(|error| Failure { error, ticket: None, report: None })
        }
        Call::Stop(id) => {
            let stopped = client.stop(&SessionId::new(id.as_str())?).await;
            stopped.map(|_| id.clone()).map_err(|error| Failure { error, ticket: None, report: None })
        }
    };
    Ok(match result {
        Ok(id) => Report::Ok(id),
        Err(failure) => Report::Failed {
            outcome: failure.error.outcome.as_str().to_owned(),
            ticket: failure.ticket.map(|ticket| ticket.session().to_string()),
        },
    })
}

#[cfg(test)]
async fn naive(base_url: &str, call: &Call) -> Result<Report> {
    use reqwest::Method;

    let judge = crate::service::Judge::of(base_url)?;
    if !matches!(call, Call::Allocate) {
        bail!("only starts are planted");
    }
    for _ in 0..3 {
        let body = serde_json::json!({ "image": "demo", "location": "eu-west-1" });
        if let Ok((201, answer)) = judge.ask(Method::POST, "/session", Some(body)).await
            && let Some(id) = answer["id"].as_str()
        {
            return Ok(Report::Ok(id.to_owned()));
        }
    }
    Ok(Report::Failed { outcome: "not_sent".to_owned(), ticket: None })
}
