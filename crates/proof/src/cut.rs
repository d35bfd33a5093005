//! The cut at every byte: for each operation that changes something, for each byte of its request and of its answer, the
//! connection is cut there. Afterwards the service must hold what the caller was told, and nothing that it doesn't know.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::caller::{Call, Caller, Report};
use crate::proxy::{Cut, Proxy, Side};
use crate::service::{Judge, null_emulator};
use crate::table;

const PLAYERS: &[&str] = &["ada", "bo"];
const LEAVING: &[&str] = &["bo"];
/// Cases at once for the crate. Most of a case is waiting: for a session to show up, for a late start to land.
const WORKERS: usize = 24;
/// The same for a program, of which each needs one.
const PROGRAMS: usize = 8;

/// The operations, and how their requests begin.
const OPERATIONS: [(&str, &str); 4] = [
    ("start", "POST /session "),
    ("stop", "DELETE /session/"),
    ("join", "PUT /session/player/join "),
    ("leave", "DELETE /session/player/leave "),
];

#[derive(Debug, Clone)]
struct Case {
    operation: &'static str,
    cut: Cut,
}

/// What came of one case.
#[derive(Debug, Default)]
struct Verdict {
    /// Sessions that are alive and that the caller doesn't know.
    orphans: usize,
    /// More than one session.
    doubles: usize,
    /// The service holds something else than what was reported.
    lies: usize,
    reported_ok: bool,
    took: Duration,
}

/// Cuts at every `every`th byte, for the crate and for each of these programs; `true` when nothing was violated.
pub(crate) async fn run(every: usize, programs: &[String]) -> Result<bool> {
    let mut callers = vec![("rust".to_owned(), None)];
    for program in programs {
        let (name, command) = program.split_once('=').context("a caller is NAME=COMMAND")?;
        callers.push((name.to_owned(), Some(command.to_owned())));
    }
    let mut rows = Vec::new();
    let mut is_clean = true;
    for (name, command) in callers {
        let begin = Instant::now();
        let cases = Arc::new(Mutex::new(cases(command.as_deref(), every).await?));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..if command.is_some() { PROGRAMS } else { WORKERS } {
            let (cases, command) = (Arc::clone(&cases), command.clone());
            workers.spawn(async move { work(&cases, command.as_deref()).await });
        }
        let mut results = Vec::new();
        while let Some(done) = workers.join_next().await {
            results.extend(done.context("a worker broke")??);
        }
        for (operation, _) in OPERATIONS {
            let of: Vec<_> = results.iter().filter(|(case, _)| case.operation == operation).collect();
            let sum = |count: fn(&Verdict) -> usize| of.iter().map(|(_, verdict)| count(verdict)).sum::<usize>();
            let counts = [sum(|it| it.orphans), sum(|it| it.doubles), sum(|it| it.lies)];
            is_clean &= counts == [0; 3] && !of.is_empty();
            let longest = of.iter().map(|(_, verdict)| verdict.took).max().unwrap_or_default();
            let mut row = vec![name.clone(), operation.to_owned(), of.len().to_string()];
            row.push(sum(|it| usize::from(it.reported_ok)).to_string());
            row.extend(counts.map(|count| count.to_string()));
            row.push(format!("{:.1} s", longest.as_secs_f64()));
            rows.push(row);
        }
        eprintln!("{name}: {} cuts in {:.0} s", results.len(), begin.elapsed().as_secs_f64());
    }
    table::print(
        &["caller", "operation", "cuts", "reported ok", "orphans", "doubles", "not as reported", "longest"],
        rows,
    );
    println!(
        "\n{}",
        if is_clean { "nothing that must be zero was not" } else { "VIOLATED: a count that must be zero is not" }
    );
    Ok(is_clean)
}

/// A place for one caller: an emulator, the proxy before it and the judge beside it.
struct Place {
    _emulator: matchport_emulator::Emulator,
    judge: Judge,
    proxy: Proxy,
    caller: Caller,
}

impl Place {
    async fn new(command: Option<&str>) -> Result<Self> {
        let emulator = null_emulator(Vec::new()).await?;
        let caller = command.map_or(Ok(Caller::Rust), Caller::program)?;
        let proxy = Proxy::start(emulator.address()).await?;
        Ok(Self { judge: Judge::of(&emulator.base_url())?, _emulator: emulator, proxy, caller })
    }

    async fn call(&mut self, call: &Call) -> Result<Report> {
        self.caller.call(&self.proxy.base_url(), call).await
    }
}

/// All cases of a caller: a run without a cut tells how long its messages are.
async fn cases(command: Option<&str>, every: usize) -> Result<VecDeque<Case>> {
    let mut place = Place::new(command).await?;
    let Report::Ok(id) = place.call(&Call::Allocate).await? else { bail!("nothing goes without a cut either") };
    for call in [Call::Join(id.clone(), PLAYERS), Call::Leave(LEAVING), Call::Stop(id)] {
        ensure!(matches!(place.call(&call).await?, Report::Ok(_)), "{call:?} fails without a cut");
    }
    let seen = place.proxy.take_seen();
    let mut cases = VecDeque::new();
    for (operation, begins) in OPERATIONS {
        let is_it = |(line, ..): &&(String, usize, usize)| {
            line.starts_with(begins) && (operation != "stop" || !line.contains("/player/"))
        };
        let (_, request, answer) = seen.iter().find(is_it).with_context(|| format!("no {operation} was seen"))?;
        for (side, length) in [(Side::Request, *request), (Side::Answer, *answer)] {
            // The last one passes whole, and the connection is cut behind it.
            for after in (0..length).step_by(every).chain([length]) {
                let by_reset = (after / every) % 2 == 1;
                cases.push_back(Case { operation, cut: Cut { begins, side, after, by_reset } });
            }
        }
    }
    Ok(cases)
}

async fn work(cases: &Mutex<VecDeque<Case>>, command: Option<&str>) -> Result<Vec<(Case, Verdict)>> {
    let mut place = Place::new(command).await?;
    let mut results = Vec::new();
    loop {
        let next = cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(case) = next else { return Ok(results) };
        let verdict = one(&mut place, &case).await.with_context(|| format!("{case:?}"))?;
        if verdict.orphans + verdict.doubles + verdict.lies > 0 {
            eprintln!("VIOLATED: {case:?}: {verdict:?}");
        }
        results.push((case, verdict));
    }
}

async fn one(place: &mut Place, case: &Case) -> Result<Verdict> {
    if case.operation == "start" {
        place.proxy.cut(case.cut.clone());
    }
    let begin = Instant::now();
    let allocated = place.call(&Call::Allocate).await?;
    let mut verdict = Verdict { took: begin.elapsed(), ..Verdict::default() };
    let alive = place.judge.alive().await?;
    let known = match &allocated {
        Report::Ok(id) => Some(id.clone()),
        Report::Failed { ticket, .. } => ticket.clone(),
    };
    verdict.orphans = alive.iter().filter(|id| Some(*id) != known.as_ref()).count();
    verdict.doubles = usize::from(alive.len() > 1);
    verdict.reported_ok = matches!(allocated, Report::Ok(_));
    verdict.lies = usize::from(verdict.reported_ok && alive.is_empty());
    if case.operation != "start" {
        let Report::Ok(id) = allocated else { bail!("the start failed, which was not cut: {allocated:?}") };
        if case.operation == "leave" {
            place.judge.join(&id, PLAYERS).await?;
        }
        let call = match case.operation {
            "join" => Call::Join(id.clone(), PLAYERS),
            "leave" => Call::Leave(LEAVING),
            _ => Call::Stop(id.clone()),
        };
        place.proxy.cut(case.cut.clone());
        let begin = Instant::now();
        let report = place.call(&call).await?;
        verdict.took = begin.elapsed();
        verdict.reported_ok = matches!(report, Report::Ok(_));
        let alive = place.judge.alive().await?;
        verdict.orphans += alive.iter().filter(|other| **other != id).count();
        verdict.doubles += usize::from(alive.len() > 1);
        let players = place.judge.players(&id).await?;
        let has_happened = match case.operation {
            "join" => PLAYERS.iter().all(|player| players.iter().any(|joined| joined == player)),
            "leave" => players == ["ada"],
            _ => alive.is_empty(),
        };
        let fits = match &report {
            Report::Ok(_) => has_happened,
            Report::Failed { outcome, .. } => match outcome.as_str() {
                "not_sent" | "refused" => !has_happened,
                "accepted" => has_happened,
                _ => true,
            },
        };
        verdict.lies += usize::from(!fits);
    }
    ensure!(place.proxy.has_cut(), "the byte was never reached");
    place.judge.stop_all().await?;
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start_cut(caller: Caller, side: Side, after: usize) -> Verdict {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut place = Place::new(None).await.expect("a place");
        place.caller = caller;
        let cut = Cut { begins: "POST /session ", side, after, by_reset: false };
        one(&mut place, &Case { operation: "start", cut }).await.expect("a verdict")
    }

    #[tokio::test]
    async fn a_caller_that_starts_again_under_a_new_id_is_found_out() {
        let verdict = start_cut(Caller::Naive, Side::Answer, 20).await;
        assert_eq!((verdict.orphans, verdict.doubles, verdict.lies), (1, 1, 0), "{verdict:?}");
        // A start that never arrived does no harm: not everything is a violation.
        let verdict = start_cut(Caller::Naive, Side::Request, 20).await;
        assert_eq!((verdict.orphans, verdict.doubles, verdict.lies), (0, 0, 0), "{verdict:?}");
    }

    #[tokio::test]
    async fn the_crate_is_not() {
        let verdict = start_cut(Caller::Rust, Side::Answer, 20).await;
        assert_eq!((verdict.orphans, verdict.doubles, verdict.lies), (0, 0, 0), "{verdict:?}");
        assert!(verdict.reported_ok);
    }
}
