//! Step 5 of the guide: SIGTERM, what the game server saved, and the end of its process.

use std::io::Read;

use flate2::read::GzDecoder;
use matchport::Client;
use matchport_core::engine::Stopped;
use matchport_core::model::SessionId;
use serde_json::{Value, json};

use super::{Match, check, failed, track, wrong};
use crate::demo::cast;
use crate::demo::story::{Scene, Story};
use crate::fault::Fault;
use crate::output::printable;

/// What the game server writes when it gets SIGTERM.
const RESULT: &str = "/result.json";

pub(super) async fn play(story: &mut Story, client: &Client, game: Match) -> Result<(), Fault> {
    let Match { session, log, players, sent_before, .. } = game;
    let stop = async {
        let stopped = client.stop(&session).await.map_err(|error| failed("stop the session", error))?;
        check("the answer to the stop", Stopped::Stopping, stopped)?;
        // The followed log ends when the process does.
        let log = log.ok_or_else(|| wrong("the log", "followed", "not followed"))?;
        let lines = log.end().await?;
        let details = client.session(&session).await.map_err(|error| failed("describe the session", error))?;
        let status = details.status.map(|status| status.as_str().to_owned());
        check("the status after the end", Some("exited"), status.as_deref())?;
        let scene = Scene::new(json!({ "status": status, "log_lines": lines.len(), "last_line": lines.last() }));
        Ok(((), track::told(scene.line("the game server got SIGTERM, and ended in good order:"), &lines, 1)))
    };
    story.step("5", "stop", "end the match", stop).await?;

    let sent = sent_before + players.iter().map(|player| player.sent()).sum::<u32>();
    let title = "download what the game server saved";
    story.step("5", "artifact", title, download(client, &session, sent)).await
}

async fn download(client: &Client, session: &SessionId, sent: u32) -> Result<((), Scene), Fault> {
    let mut archive = Vec::new();
    let bytes = client.artifact(session, RESULT).write_to(&mut archive).await;
    let bytes = bytes.map_err(|error| failed("download the result", error))?;
    let files = unpack(&archive)?;
    let [(name, result)] = &files[..] else { return Err(wrong("the archive", 1, files.len())) };
    check("the session in the result", Some(session.as_str()), result["session"].as_str())?;
    let mut everyone: Vec<_> = cast::names().into_iter().chain(cast::owned(&cast::BACKFILLED)).collect();
    everyone.sort();
    check("the players in the result", &json!(everyone), &result["players"])?;
    let counted = result["packets"].as_u64().unwrap_or_default();
    // A packet can get lost on the way, even on this machine; none can be added.
    if counted == 0 || counted > u64::from(sent) {
        return Err(wrong("the number of packets in the result", sent, counted));
    }
    let details = json!({ "path": RESULT, "bytes": bytes, "file": name, "content": result, "packets_sent": sent });
    let content = serde_json::to_string(result).map_err(|error| wrong("the result", "JSON", error.to_string()))?;
    let scene = Scene::new(details)
        .line(format!("{name} in a .tar.gz of {bytes} bytes:"))
        .line(format!("│ {}", printable(&content)))
        .line(format!("the game server counted {counted} of the {sent} packets that the players sent"));
    Ok(((), scene))
}

/// The JSON files of a `.tar.gz`.
fn unpack(archive: &[u8]) -> Result<Vec<(String, Value)>, Fault> {
    let unreadable = |error: std::io::Error| Fault::system("can't read the archive", &error);
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let mut files = Vec::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(unreadable)?;
        let content = serde_json::from_str(&text).map_err(|error| wrong(&name, "JSON", error.to_string()))?;
        files.push((name, content));
    }
    Ok(files)
}
