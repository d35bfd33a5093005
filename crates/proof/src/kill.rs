//! The kill at every step: `matchport allocate --ticket` is killed with SIGKILL while one of its messages is held, for
//! each message; a new process goes on with the ticket, and is killed at each of its own steps as well if asked to. In the
//! end there must be exactly one session, whether what was held arrives, is lost, or arrives after everything else.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use matchport_emulator::{FaultRule, Operation};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::proxy::{Fate, Held, Proxy};
use crate::service::{Judge, TOKEN, null_emulator};
use crate::table;

/// Longer than any process here takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// More steps than any allocation here has.
const MOST_STEPS: usize = 60;
/// Cases at once.
const WORKERS: usize = 12;

/// What becomes of the message that was held when its sender was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Lost,
    Arrives,
    /// Only after the next process has ended: the last thing that a slow network does.
    ArrivesLast,
}

const THEN: [Then; 3] = [Then::Lost, Then::Arrives, Then::ArrivesLast];

/// A way for an allocation to go.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    name: &'static str,
    faults: fn() -> Vec<FaultRule>,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "all goes well", faults: Vec::new },
    Scenario { name: "answer to start lost", faults: || vec![start(|rule| (rule.cut, rule.after) = (true, true))] },
    Scenario { name: "start lost", faults: || vec![start(|rule| rule.cut = true)] },
    Scenario { name: "first location full", faults: || vec![start(|rule| rule.full = true)] },
];

fn start(change: fn(&mut FaultRule)) -> FaultRule {
    let mut rule = FaultRule { count: Some(1), ..FaultRule::of([Operation::Start]) };
    change(&mut rule);
    rule
}

#[derive(Debug, Clone, Copy)]
struct Case {
    scenario: Scenario,
    step: usize,
    then: Then,
    /// Where the process that goes on is killed too.
    second: Option<(usize, Then)>,
}

/// What came of a case.
enum Outcome {
    /// The process ended before it came to that step: there are no more.
    NoSuchStep,
    Settled(Settled),
}

/// What there was in the end.
#[derive(Debug, Clone, Copy)]
struct Settled {
    sessions: usize,
    is_the_reported_one: bool,
    is_ticket_left: bool,
    took: Duration,
}

/// Kills at every step; `true` when nothing was violated.
pub(crate) async fn run(matchport: &Path, twice: bool) -> Result<bool> {
    let mut rows = Vec::new();
    let mut is_clean = true;
    for scenario in SCENARIOS {
        // How many steps there are shows when one isn't reached.
        let mut firsts = Vec::new();
        for step in 0..MOST_STEPS {
            let case = Case { scenario, step, then: Then::Arrives, second: None };
            if matches!(one(matchport, case).await?, Outcome::NoSuchStep) {
                break;
            }
            firsts.extend(THEN.map(|then| Case { then, ..case }));
        }
        ensure!(!firsts.is_empty(), "nothing is sent");
        let mut cases = firsts.clone();
        if twice {
            let seconds =
                (0..MOST_STEPS / 3).flat_map(|step| [Then::Lost, Then::Arrives].map(|then| Some((step, then))));
            let seconds: Vec<_> = seconds.collect();
            cases.extend(firsts.iter().flat_map(|case| seconds.iter().map(|second| Case { second: *second, ..*case })));
        }
        let results = all(matchport, cases).await?;
        let settled: Vec<Settled> = results
            .into_iter()
            .filter_map(|outcome| match outcome {
                Outcome::NoSuchStep => None,
                Outcome::Settled(settled) => Some(settled),
            })
            .collect();
        let count = |wanted: fn(&&Settled) -> bool| settled.iter().filter(wanted).count();
        let counts = [
            count(|it| it.sessions == 0),
            count(|it| it.sessions > 1),
            count(|it| !it.is_the_reported_one),
            count(|it| it.is_ticket_left),
        ];
        is_clean &= counts == [0; 4];
        let longest = settled.iter().map(|it| it.took).max().unwrap_or_default();
        let mut row =
            vec![scenario.name.to_owned(), (firsts.len() / THEN.len()).to_string(), settled.len().to_string()];
        row.extend(counts.map(|count| count.to_string()));
        row.push(format!("{:.1} s", longest.as_secs_f64()));
        rows.push(row);
    }
    let header = ["way", "steps", "kills", "no session", "several", "another one", "ticket left", "longest"];
    table::print(&header, rows);
    println!(
        "\n{}",
        if is_clean { "nothing that must be zero was not" } else { "VIOLATED: a count that must be zero is not" }
    );
    Ok(is_clean)
}

async fn all(matchport: &Path, mut cases: Vec<Case>) -> Result<Vec<Outcome>> {
    let mut running = tokio::task::JoinSet::new();
    let mut outcomes = Vec::new();
    cases.reverse();
    loop {
        while running.len() < WORKERS
            && let Some(case) = cases.pop()
        {
            let matchport = matchport.to_owned();
            running.spawn(async move {
                let outcome = one(&matchport, case).await.with_context(|| format!("{case:?}"))?;
                if let Outcome::Settled(settled) = &outcome
                    && (settled.sessions != 1 || !settled.is_the_reported_one || settled.is_ticket_left)
                {
                    eprintln!("VIOLATED: {case:?}: {settled:?}");
                }
                anyhow::Ok(outcome)
            });
        }
        match running.join_next().await {
            None => return Ok(outcomes),
            Some(done) => outcomes.push(done.context("a case broke")??),
        }
    }
}

async fn one(matchport: &Path, case: Case) -> Result<Outcome> {
    let emulator = null_emulator((case.scenario.faults)()).await?;
    let judge = Judge::of(&emulator.base_url())?;
    let proxy = Proxy::start(emulator.address()).await?;
    let folder = tempfile::tempdir()?;
    let ticket = folder.path().join("match.ticket");
    let begin = Instant::now();

    let mut allocate = Command::new(matchport);
    allocate.args(["allocate", "--image", "demo", "--output", "json", "--base-url", &proxy.base_url(), "--ticket"]);
    let Some(first) = kill_at(allocate.arg(&ticket), &proxy, case.step).await? else { return Ok(Outcome::NoSuchStep) };
    ensure!(ticket.exists(), "a message left before the ticket was on the disk: {}", first.request);
    let session = session_of(&ticket).await?;
    let mut held = Vec::new();
    let mut decide = |message: Held, then: Then| {
        let fate = match then {
            Then::Lost => Fate::Lost,
            Then::Arrives => Fate::Pass,
            Then::ArrivesLast => return held.push(message),
        };
        // Its connection may be gone for good.
        let _ = message.fate.send(fate);
    };
    decide(first, case.then);
    if let Some((step, then)) = case.second {
        match kill_at(&mut resume(matchport, &ticket), &proxy, step).await? {
            Some(second) => decide(second, then),
            None => return Ok(Outcome::NoSuchStep),
        }
    }
    proxy.pass_all();
    let (code, said) = end(resume(matchport, &ticket).stdout(Stdio::piped()).spawn()?).await?;
    ensure!(code == Some(0), "the last process ended with {code:?}: {said}");
    let reported: Value = serde_json::from_str(&said).context("the last process says what is no JSON")?;
    for message in held {
        // Its connection may be gone for good.
        let _ = message.fate.send(Fate::Pass);
    }
    // What arrives last has arrived when the emulator has answered it; the proxy notes that, or the connection is gone.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let sessions = judge.sessions().await?;
    let alive: Vec<_> = sessions.iter().filter(|(_, status)| *status == "running").map(|(id, _)| id).collect();
    let is_the_reported_one = reported["id"] == session.as_str() && alive.iter().all(|id| **id == session);
    let settled =
        Settled { sessions: alive.len(), is_the_reported_one, is_ticket_left: ticket.exists(), took: begin.elapsed() };
    emulator.shutdown().await;
    Ok(Outcome::Settled(settled))
}

fn resume(matchport: &Path, ticket: &Path) -> Command {
    let mut command = Command::new(matchport);
    command.args(["resume", "--output", "json"]).arg(ticket);
    command
}

/// Starts a process, kills it as soon as the message of this number is held, and gives that; `None` when it ended before.
async fn kill_at(command: &mut Command, proxy: &Proxy, step: usize) -> Result<Option<Held>> {
    let mut held = proxy.hold(step);
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).kill_on_drop(true);
    let mut child = command.env("MATCHPORT_TOKEN", TOKEN).spawn().context("matchport does not start")?;
    let next = async {
        tokio::select! {
            biased;
            message = held.recv() => anyhow::Ok(message),
            status = child.wait() => {
                ensure!(status?.success(), "it failed before it was killed");
                Ok(None)
            }
        }
    };
    let message = tokio::time::timeout(PATIENCE, next).await.context("nothing is sent, and it does not end")??;
    if message.is_some() {
        child.kill().await.context("it can't be killed")?;
    }
    proxy.pass_all();
    Ok(message)
}

async fn session_of(ticket: &Path) -> Result<String> {
    let text = tokio::fs::read_to_string(ticket).await?;
    let ticket: Value = serde_json::from_str(&text).context("the ticket is no JSON")?;
    match ticket["session"].as_str() {
        Some(session) => Ok(session.to_owned()),
        None => bail!("the ticket names no session"),
    }
}

async fn end(child: Child) -> Result<(Option<i32>, String)> {
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.context("it does not end")??;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
