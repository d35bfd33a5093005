//! Step 2 of the guide: placement, the start with its failover, and the process that comes of it.

use std::time::Duration;

use matchport::Client;
use matchport_core::allocation::{Allocation, WhenFull};
use matchport_core::error::ErrorCode;
use matchport_core::model::LocationInfo;
use owo_colors::OwoColorize;
use serde_json::json;

use super::{Game, Match, check, failed, wrong};
use crate::demo::log_tail::LogTail;
use crate::demo::story::{Scene, Story};
use crate::demo::{cast, processes};
use crate::fault::Fault;
use crate::output::explain;

pub(super) async fn play(
    story: &mut Story,
    game: &mut Game,
    client: &Client,
    locations: &[LocationInfo],
) -> Result<Match, Fault> {
    let title = "place the match, start its server once, wait until it runs";
    let allocation = story.step("2", "allocate", title, allocate(client, locations)).await?;

    let look = async {
        let mut log = LogTail::follow(client, &allocation.id);
        // The first line of the built-in game server says which process it is.
        let line = log.line("game server: process ").await?;
        let id = line.rsplit(' ').next().and_then(|id| id.parse().ok());
        let id: u32 = id.ok_or_else(|| wrong("the first line of the log", "a process id", &line))?;
        game.processes.push(id);
        if !processes::exists(id) {
            return Err(wrong("the game server", "a running process", id));
        }
        let listening = log.line("listening on ").await?;
        let scene = Scene::new(json!({ "process": id, "log": [line, listening] }));
        Ok(((), scene.line(format!("process {} says: {listening}", id.bold()))))
    };
    story.step("2", "process", "a real game server process", look).await?;

    let endpoint = allocation.endpoint.as_deref().unwrap_or_default();
    let server = endpoint.parse().map_err(|_| wrong("the endpoint", "an address and a port", endpoint))?;
    Ok(Match { session: allocation.id, server, log: None, players: Vec::new(), sent_before: 0 })
}

async fn allocate(client: &Client, locations: &[LocationInfo]) -> Result<(Allocation, Scene), Fault> {
    let allocation = client
        .allocate(cast::IMAGE)
        .match_id(cast::MATCH_ID)
        .locations(locations.iter().map(|location| location.id.as_str()))
        .players(cast::players())
        .max_latency(cast::MAX_LATENCY_MS)
        .envs(cast::ENVIRONMENT)
        .when_full(WhenFull::Fail)
        .deadline(Duration::from_secs(20))
        .await
        .map_err(|failure| failed("get a server for the match", failure.error))?;
    let report = &allocation.report;
    let refused = report.attempts.iter().find(|attempt| attempt.code == Some(ErrorCode::NoCapacity));
    check("the location that was full", Some(cast::FULL_LOCATION), refused.and_then(|it| it.location.as_deref()))?;
    check("the location of the session", "eu-west-1", allocation.location.as_str())?;
    let scene = Scene::new(json!({
        "id": allocation.id,
        "location": allocation.location,
        "match_id": cast::MATCH_ID,
        "report": report,
    }));
    let scene = scene
        .line(format!(
            "cost = half the worst player's latency and half the mean; at most {} ms for anyone",
            cast::MAX_LATENCY_MS
        ))
        .line(explain::placement(report, Some(&allocation.location)).text(0))
        .line(format!("session {} in {}", allocation.id, allocation.location.green().bold()))
        .line(format!("its id comes from the match id {:?}: whoever asks again gets the same server", cast::MATCH_ID));
    Ok((allocation, scene))
}
