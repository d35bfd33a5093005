//! Step 4 of the guide: who is there, who leaves, and who takes the open slots.

use matchport::Client;
use matchport_core::backfill::BackfillRequest;
use matchport_core::model::SessionFilter;
use serde_json::json;

use super::{Match, check, failed};
use crate::demo::log_tail::LogTail;
use crate::demo::story::{Scene, Story};
use crate::demo::{cast, players};
use crate::fault::Fault;

pub(super) async fn play(story: &mut Story, client: &Client, game: &mut Match) -> Result<(), Fault> {
    join(story, client, game).await?;
    roster(story, client, game).await?;
    leave(story, client, game).await?;
    backfill(story, client, game).await?;
    log(story, client, game).await
}

async fn join(story: &mut Story, client: &Client, game: &Match) -> Result<(), Fault> {
    let names = cast::names();
    let join = async {
        let count = client.join(&game.session, names.clone()).await.map_err(|error| failed("join", error))?;
        check("the count after joining", cast::CAPACITY, count.count)?;
        let scene = Scene::new(json!({ "count": count.count, "players": count.players }));
        Ok(((), scene.line(format!("the session has {} players now", count.count))))
    };
    story.step("4", "join", "tell the service who has come", join).await
}

async fn roster(story: &mut Story, client: &Client, game: &Match) -> Result<(), Fault> {
    let look = async {
        let filter = SessionFilter { image: Some(cast::IMAGE.to_owned()), ..SessionFilter::default() };
        let sessions = client.sessions(filter).await.map_err(|error| failed("list the sessions", error))?;
        let [session] = &sessions[..] else { return Err(super::wrong("the list of sessions", 1, sessions.len())) };
        check("the listed session", &game.session, &session.id)?;
        check("the listed player count", Some(cast::CAPACITY), session.player_count)?;
        let details = client.session(&game.session).await.map_err(|error| failed("describe the session", error))?;
        let mut roster = details.players.joined;
        roster.sort();
        check("the roster", cast::names(), roster.clone())?;
        let status = details.status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default();
        let scene = Scene::new(json!({
            "sessions": [{ "id": session.id, "player_count": session.player_count, "status": session.status }],
            "roster": roster,
        }));
        let scene = scene
            .line(format!("listed with {} players, {status}", session.player_count.unwrap_or_default()))
            .line(format!("roster: {}", roster.join(", ")));
        Ok(((), scene))
    };
    story.step("4", "roster", "what the service knows", look).await
}

async fn leave(story: &mut Story, client: &Client, game: &mut Match) -> Result<(), Fault> {
    let leaving = cast::owned(&cast::LEAVING);
    let leave = async {
        let all = std::mem::take(&mut game.players);
        let (gone, staying): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| cast::LEAVING.contains(&it.name()));
        game.players = staying;
        for player in gone {
            game.sent_before += player.leave().await?;
        }
        let count = client.leave(leaving.clone()).await.map_err(|error| failed("leave", error))?;
        let expected = cast::CAPACITY - cast::LEAVING.len() as u32;
        check("the count after leaving", expected, count.count)?;
        let scene = Scene::new(json!({ "players": leaving, "count": count.count }));
        Ok(((), scene.line(format!("{} have left; {} players stay", leaving.join(" and "), count.count))))
    };
    story.step("4", "leave", "two leave", leave).await
}

async fn backfill(story: &mut Story, client: &Client, game: &mut Match) -> Result<(), Fault> {
    let newcomers = cast::owned(&cast::BACKFILLED);
    let server = game.server;
    let fill = async {
        let request = BackfillRequest::new(cast::IMAGE, cast::CAPACITY, newcomers.clone());
        let filled = client.backfill(request).await.map_err(|error| failed("backfill", error))?;
        check("the backfilled session", &game.session, &filled.id)?;
        check("the count after backfilling", cast::CAPACITY, filled.count)?;
        check("the endpoint for the newcomers", Some(server.to_string()), filled.endpoint.clone())?;
        let (players, traffic) = players::connect(&newcomers, server).await?;
        let scene = Scene::new(json!({
            "players": newcomers, "id": filled.id, "count": filled.count, "endpoint": filled.endpoint, "traffic": traffic,
        }));
        let scene = scene
            .line(format!(
                "{} fill the session with two open slots: {} players again",
                newcomers.join(" and "),
                filled.count
            ))
            .line(traffic.text());
        Ok((players, scene))
    };
    let newcomers = story.step("4", "backfill", "two others take their slots", fill).await?;
    game.players.extend(newcomers);
    Ok(())
}

async fn log(story: &mut Story, client: &Client, game: &mut Match) -> Result<(), Fault> {
    let session = game.session.clone();
    let follow = async {
        let mut log = LogTail::follow(client, &session);
        // The last things that the game server has had to say so far.
        for name in cast::BACKFILLED {
            log.line(&format!("{name} has come")).await?;
        }
        let lines = log.lines();
        let scene = Scene::new(json!({ "lines": lines }));
        let scene = scene.line(format!("{} lines so far, and it stays open; the last of them:", lines.len()));
        Ok((log, told(scene, &lines, 5)))
    };
    game.log = Some(story.step("4", "logs", "follow the game server's log", follow).await?);
    Ok(())
}

/// Adds the last lines of a log.
pub(super) fn told(scene: Scene, lines: &[String], most: usize) -> Scene {
    let from = lines.len().saturating_sub(most);
    lines[from..].iter().fold(scene, |scene, line| scene.line(format!("│ {}", crate::output::printable_line(line))))
}
