//! The kill at every step: a matchmaker that keeps its ticket in a file is killed with SIGKILL while one of its messages is
//! held, for each message; a new process goes on with the ticket, and is killed at each of its own steps as well if asked
//! to. In the end there must be exactly one session, whether what was held arrives, is lost, or arrives after everything
//! else. The matchmakers are `matchport allocate --ticket` and a program in each of several languages.

mod matchmaker;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use matchport_emulator::{FaultRule, Operation};
use serde_json::Value;

pub(crate) use self::matchmaker::Matchmaker;

use self::matchmaker::{Work, kill_at, whole};
use crate::proxy::{Fate, Held, Proxy};
use crate::service::{Judge, null_emulator};
use crate::table;

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

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// The process that goes on is killed at each of its own steps as well.
    pub(crate) twice: bool,
    /// Of what can become of a message, one for each step, in turns.
    pub(crate) brief: bool,
}

/// Kills these at every step; `true` when nothing was violated.
pub(crate) async fn run(matchmakers: &[Matchmaker], extent: Extent) -> Result<bool> {
    let mut rows = Vec::new();
    let mut is_clean = true;
    for matchmaker in matchmakers {
        let begin = Instant::now();
        for scenario in SCENARIOS {
            let (row, is_right) = run_scenario(matchmaker, scenario, extent).await?;
            rows.push(row);
            is_clean &= is_right;
        }
        eprintln!("{}: {:.0} s", matchmaker.name(), begin.elapsed().as_secs_f64());
    }
    let header =
        ["matchmaker", "way", "steps", "kills", "no session", "several", "another one", "ticket left", "longest"];
    table::print(&header, rows);
    println!(
        "\n{}",
        if is_clean { "nothing that must be zero was not" } else { "VIOLATED: a count that must be zero is not" }
    );
    Ok(is_clean)
}

async fn run_scenario(matchmaker: &Matchmaker, scenario: Scenario, extent: Extent) -> Result<(Vec<String>, bool)> {
    let steps = steps(matchmaker, scenario).await.with_context(|| format!("{}, undisturbed", matchmaker.name()))?;
    let fates = |step: usize| if extent.brief { vec![THEN[step % THEN.len()]] } else { THEN.to_vec() };
    let firsts: Vec<_> = (0..steps)
        .flat_map(|step| fates(step).into_iter().map(move |then| Case { scenario, step, then, second: None }))
        .collect();
    let settled = all(matchmaker, &firsts, extent.twice).await?;
    // Whoever has more steps now than then would be caught by nothing else.
    ensure!(settled.len() >= firsts.len(), "only {} of {} steps were reached", settled.len(), firsts.len());
    let count = |wanted: fn(&&Settled) -> bool| settled.iter().filter(wanted).count();
    let counts = [
        count(|it| it.sessions == 0),
        count(|it| it.sessions > 1),
        count(|it| !it.is_the_reported_one),
        count(|it| it.is_ticket_left),
    ];
    let longest = settled.iter().map(|it| it.took).max().unwrap_or_default();
    let mut row = vec![matchmaker.name().to_owned(), scenario.name.to_owned()];
    row.extend([steps, settled.len()].map(|count| count.to_string()));
    row.extend(counts.map(|count| count.to_string()));
    row.push(format!("{:.1} s", longest.as_secs_f64()));
    Ok((row, counts == [0; 4]))
}

/// How many messages there are when nothing is killed.
async fn steps(matchmaker: &Matchmaker, scenario: Scenario) -> Result<usize> {
    let emulator = null_emulator((scenario.faults)()).await?;
    let proxy = Proxy::start(emulator.address()).await?;
    let folder = tempfile::tempdir()?;
    let ticket = folder.path().join("match.ticket");
    whole(matchmaker, Work::Allocate, &ticket, &proxy).await?;
    emulator.shutdown().await;
    let steps = proxy.messages();
    ensure!(steps > 0 && !ticket.exists(), "{steps} messages, and the ticket is {}", ticket.exists());
    Ok(steps)
}

async fn all(matchmaker: &Matchmaker, firsts: &[Case], twice: bool) -> Result<Vec<Settled>> {
    let mut waiting = firsts.iter().copied();
    let mut running = tokio::task::JoinSet::new();
    let mut settled = Vec::new();
    loop {
        while running.len() < WORKERS
            && let Some(case) = waiting.next()
        {
            let matchmaker = matchmaker.clone();
            running.spawn(async move { with_seconds(&matchmaker, case, twice).await });
        }
        match running.join_next().await {
            None => return Ok(settled),
            Some(done) => settled.extend(done.context("a case broke")??),
        }
    }
}

/// A case, and if asked to, the same with a kill of the process that goes on, at each of its steps.
async fn with_seconds(matchmaker: &Matchmaker, case: Case, twice: bool) -> Result<Vec<Settled>> {
    let mut settled = Vec::new();
    let seconds = (0..).flat_map(|step| [Then::Lost, Then::Arrives].map(|then| Some((step, then))));
    for second in std::iter::once(None).chain(seconds.take_while(|_| twice)) {
        let case = Case { second, ..case };
        let outcome = one(matchmaker, case).await.with_context(|| format!("{}: {case:?}", matchmaker.name()))?;
        let Outcome::Settled(found) = outcome else { break };
        if found.sessions != 1 || !found.is_the_reported_one || found.is_ticket_left {
            eprintln!("VIOLATED: {}: {case:?}: {found:?}", matchmaker.name());
        }
        settled.push(found);
    }
    Ok(settled)
}

async fn one(matchmaker: &Matchmaker, case: Case) -> Result<Outcome> {
    let emulator = null_emulator((case.scenario.faults)()).await?;
    let judge = Judge::of(&emulator.base_url())?;
    let proxy = Proxy::start(emulator.address()).await?;
    let folder = tempfile::tempdir()?;
    let ticket = folder.path().join("match.ticket");
    let begin = Instant::now();

    let Some(first) = kill_at(matchmaker, Work::Allocate, &ticket, &proxy, case.step).await? else {
        return Ok(Outcome::NoSuchStep);
    };
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
        match kill_at(matchmaker, Work::Resume, &ticket, &proxy, step).await? {
            Some(second) => decide(second, then),
            None => return Ok(Outcome::NoSuchStep),
        }
    }
    proxy.pass_all();
    let reported = whole(matchmaker, Work::Resume, &ticket, &proxy).await?;
    for message in held {
        // Its connection may be gone for good.
        let _ = message.fate.send(Fate::Pass);
    }
    // What arrives last has arrived when the emulator has answered it; the proxy notes that, or the connection is gone.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let sessions = judge.sessions().await?;
    let alive: Vec<_> = sessions.iter().filter(|(_, status)| *status == "running").map(|(id, _)| id).collect();
    let is_the_reported_one = reported == session && alive.iter().all(|id| **id == session);
    let settled =
        Settled { sessions: alive.len(), is_the_reported_one, is_ticket_left: ticket.exists(), took: begin.elapsed() };
    emulator.shutdown().await;
    Ok(Outcome::Settled(settled))
}

async fn session_of(ticket: &Path) -> Result<String> {
    let text = tokio::fs::read_to_string(ticket).await?;
    let ticket: Value = serde_json::from_str(&text).context("the ticket is no JSON")?;
    match ticket["session"].as_str() {
        Some(session) => Ok(session.to_owned()),
        None => bail!("the ticket names no session"),
    }
}
