//! 64 matchmakers that allocate, join, leave and stop while calls fail, break off and are delayed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use matchport::{Client, ErrorCode, SessionId, Ticket};
use reqwest::Method;
use serde_json::json;

use super::Line;
use super::emulator::Running;
use crate::service::TOKEN;

const CLIENTS: usize = 64;

/// What the clients count together.
#[derive(Default)]
struct Tally {
    /// Which session has each port, as long as its client has not asked for its end.
    ports: Mutex<HashMap<u16, SessionId>>,
    ports_twice: AtomicUsize,
    allocated: AtomicUsize,
    /// Failures of any operation; each says itself what is known.
    failed: AtomicUsize,
    /// A start, stop, join or leave that was reported and was not so.
    lies: AtomicUsize,
}

/// What a client has to see to at the end.
#[derive(Default)]
struct Leftovers {
    tickets: Vec<Ticket>,
    sessions: Vec<SessionId>,
}

/// Runs them for so long, then removes the faults and settles what they were unsure of.
pub(super) async fn run(emulator: &Running, seconds: u64) -> Result<Vec<Line>> {
    let faults = [
        json!({ "operation": "start", "cut": true, "when": "after", "share": 0.03, "seed": 1 }),
        json!({ "operation": "start", "cut": true, "share": 0.03, "seed": 2 }),
        json!({ "operation": "start", "status": 500, "when": "after", "share": 0.03, "seed": 3 }),
        json!({ "operation": "start", "garbage": true, "when": "after", "share": 0.03, "seed": 4 }),
        json!({ "operation": ["stop", "join", "leave"], "cut": true, "when": "after", "share": 0.03, "seed": 5 }),
        json!({ "operation": ["stop", "join", "leave", "describe"], "status": 503, "garbage": true, "share": 0.03, "seed": 6 }),
        json!({ "delay": "15ms", "share": 0.05, "seed": 7 }),
    ];
    for fault in &faults {
        let (status, body) = emulator.judge.ask(Method::POST, "/_emulator/faults", Some(fault.clone())).await?;
        ensure!(status == 201, "{fault}: {status} {body}");
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let tally = Arc::new(Tally::default());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let client = Client::builder().base_url(&emulator.base_url).token(TOKEN).build()?;
        running.spawn(matchmaker(client, number, until, Arc::clone(&tally)));
    }
    let mut leftovers = Leftovers::default();
    while let Some(done) = running.join_next().await {
        let more = done.context("a client broke")?;
        leftovers.tickets.extend(more.tickets);
        leftovers.sessions.extend(more.sessions);
    }
    let (_, seen) = emulator.judge.ask(Method::GET, "/_emulator/faults", None).await?;
    let happened =
        seen["faults"].as_array().into_iter().flatten().filter_map(|fault| fault["happened"].as_u64()).sum::<u64>();
    emulator.judge.ask(Method::DELETE, "/_emulator/faults", None).await?;
    let unsure = leftovers.tickets.len() + leftovers.sessions.len();
    settle(emulator, leftovers).await?;

    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    Ok(vec![
        Line::told("allocations by 64 clients", format!("{} in {seconds} s", count(&tally.allocated))),
        Line::told("faults that happened", happened.to_string()),
        Line::told(
            "operations that failed and said so",
            format!("{}, {unsure} with something to settle", count(&tally.failed)),
        ),
        Line::zero("ports used twice at once by clients", count(&tally.ports_twice)),
        Line::zero("answers that were not so", count(&tally.lies)),
    ])
}

/// Ends what clients know of and could not end themselves.
async fn settle(emulator: &Running, leftovers: Leftovers) -> Result<()> {
    let client = Client::builder().base_url(&emulator.base_url).token(TOKEN).build()?;
    for session in leftovers.sessions {
        let stopped = client.stop(&session).await;
        // What had been stopped after all may be forgotten by now.
        let is_forgotten = stopped.as_ref().is_err_and(|error| error.code == ErrorCode::NotFound);
        ensure!(is_forgotten || stopped.is_ok(), "{session:?} can't be stopped: {stopped:?}");
    }
    for ticket in leftovers.tickets {
        let session = ticket.session().clone();
        // Cancelled when it is settled: that is what is asked for.
        let settled = client.resume(ticket).settle().await;
        let is_left = settled.err().is_some_and(|failure| failure.ticket.is_some());
        ensure!(!is_left, "{session:?} can't be settled");
    }
    Ok(())
}

async fn matchmaker(client: Client, number: usize, until: Instant, tally: Arc<Tally>) -> Leftovers {
    let mut leftovers = Leftovers::default();
    let failed = || tally.failed.fetch_add(1, Ordering::Relaxed);
    let players = [format!("{number}-ada"), format!("{number}-bo")];
    while Instant::now() < until {
        let allocation = match client.allocate("demo").await {
            Ok(allocation) => allocation,
            Err(failure) => {
                failed();
                leftovers.tickets.extend(failure.ticket.map(|ticket| *ticket));
                continue;
            }
        };
        tally.allocated.fetch_add(1, Ordering::Relaxed);
        let id = allocation.id.clone();
        let port = allocation.ports.first_udp().map_or(0, |port| port.host);
        if ports(&tally).insert(port, id.clone()).is_some() {
            tally.ports_twice.fetch_add(1, Ordering::Relaxed);
        }
        match client.join(&id, players.clone()).await {
            Ok(joined) if joined.count < 2 => drop(tally.lies.fetch_add(1, Ordering::Relaxed)),
            Ok(_) => {}
            Err(_) => drop(failed()),
        }
        if client.leave([players[1].clone()]).await.is_err() {
            failed();
        }
        ports(&tally).remove(&port);
        if client.stop(&id).await.is_err() {
            failed();
            leftovers.sessions.push(id);
        }
    }
    leftovers
}

fn ports(tally: &Tally) -> std::sync::MutexGuard<'_, HashMap<u16, SessionId>> {
    tally.ports.lock().unwrap_or_else(PoisonError::into_inner)
}
