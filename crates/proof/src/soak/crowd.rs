//! Many sessions at once, each with a process of its own.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::Line;
use super::emulator::{PATIENCE, Running};

/// Requests at once.
const IN_FLIGHT: usize = 64;

/// Starts so many, looks at them, and stops them.
pub(super) async fn run(emulator: &Running, sessions: usize) -> Result<Vec<Line>> {
    let begin = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let mut ports = Vec::new();
    let mut take = |done: std::result::Result<Result<u64>, tokio::task::JoinError>| -> Result<()> {
        ports.push(done.context("a start broke")??);
        Ok(())
    };
    for number in 0..sessions {
        if running.len() >= IN_FLIGHT
            && let Some(done) = running.join_next().await
        {
            take(done)?;
        }
        let judge = emulator.judge.clone();
        running.spawn(async move {
            let body = json!({ "image": "demo", "location": "eu-west-1", "id": format!("crowd-{number}") });
            let (status, body) = judge.ask(Method::POST, "/session", Some(body)).await?;
            ensure!(status == 201, "start {number} got {status}: {body}");
            body["ports"][0]["host"].as_u64().context("a session without a port")
        });
    }
    while let Some(done) = running.join_next().await {
        take(done)?;
    }
    let took = begin.elapsed();
    let different = ports.iter().collect::<HashSet<_>>().len();
    let alive = emulator.judge.alive().await?.len();
    let processes = emulator.game_servers();
    let mut lines = vec![
        Line::told("sessions with a process, at once", format!("{processes} in {:.1} s", took.as_secs_f64())),
        Line::zero("ports used twice at once", sessions - different),
        Line::zero("sessions that do not run", sessions.abs_diff(alive)),
        Line::zero("sessions without a process", sessions.abs_diff(processes)),
    ];
    emulator.judge.stop_all().await?;
    lines.extend(settle(emulator, "after the crowd").await?);
    Ok(lines)
}

/// Waits until what was stopped is gone and forgotten.
pub(super) async fn settle(emulator: &Running, when: &str) -> Result<Vec<Line>> {
    let processes = emulator.no_game_server().await;
    let begin = Instant::now();
    let mut alive = emulator.judge.alive().await?.len();
    while alive > 0 && begin.elapsed() < PATIENCE && processes == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        alive = emulator.judge.alive().await?.len();
    }
    // Ended sessions are kept for a second, and forgotten then.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    Ok(vec![
        Line::zero(format!("game servers left {when}"), processes),
        Line::zero(format!("sessions lost {when}"), alive),
    ])
}
