//! SIGKILL of the emulator at random moments while it starts and stops game servers: none of them may survive.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use super::Line;
use super::emulator::{PROCESSES, Running};

/// Sessions that are on their way when the emulator is killed.
const STARTS: usize = 24;
/// The latest moment.
const LATEST: u64 = 250;

/// Kills so often.
pub(super) async fn run(matchport: &Path, kills: u32) -> Result<Vec<Line>> {
    let (mut survivors, mut seen) = (0, 0);
    for kill in 0..kills {
        let mut emulator = Running::start(matchport, PROCESSES).await?;
        let mut running = tokio::task::JoinSet::new();
        for number in 0..STARTS {
            let judge = emulator.judge.clone();
            running.spawn(async move {
                let id = format!("killed-{number}");
                let body = json!({ "image": "demo", "location": "eu-west-1", "id": id });
                let started = judge.ask(Method::POST, "/session", Some(body)).await;
                if started.is_ok() && number % 3 == 0 {
                    // The end of this emulator is the end of the answer.
                    let _ = judge.ask(Method::DELETE, &format!("/session/{id}"), None).await;
                }
            });
        }
        // Spread over the time by the golden ratio, and the same ones each time.
        let moment = (f64::from(kill) * 0.618_033_988_749_895).fract() * LATEST as f64;
        tokio::time::sleep(Duration::from_secs_f64(moment / 1000.0)).await;
        seen += emulator.game_servers();
        emulator.kill().await?;
        while running.join_next().await.is_some() {}
        survivors += emulator.no_game_server().await;
    }
    Ok(vec![
        Line::told("kills of the emulator", format!("{kills}, with {seen} game servers at those moments")),
        Line::zero("game servers that survived", survivors),
    ])
}
