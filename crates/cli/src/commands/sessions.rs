//! The commands about sessions that are there: `sessions`, `describe`, `backfill`, `join`, `leave`, `stop`.

use std::process::ExitCode;

use matchport_core::backfill::{BackfillRequest, Prefer};
use matchport_core::engine::Stopped;
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::{PlayerCount, SessionFilter, SessionId};
use serde_json::json;

use crate::args::values::{milliseconds, pairs};
use crate::args::{BackfillArgs, DescribeArgs, JoinArgs, LeaveArgs, PreferChoice, SessionsArgs, StopArgs};
use crate::connect::Target;
use crate::fault::Fault;
use crate::interrupt::{Ended, until_settled};
use crate::output::{Output, explain, printable, session};
use crate::progress::ProgressLine;

/// `matchport sessions`.
pub(crate) async fn list(args: SessionsArgs, output: Output) -> Result<ExitCode, Fault> {
    let filter = SessionFilter {
        all: args.all,
        location: args.location,
        image: args.image,
        tag: args.tag,
        host: args.host,
        players_below: args.players_below,
        players_above: args.players_above,
        having: pairs("--having", &args.having)?,
        not_having: pairs("--not-having", &args.not_having)?,
    };
    let target = Target::of(args.connection)?;
    let sessions = target.client()?.sessions(filter).await.map_err(|error| target.asking("list sessions", error))?;
    match output.is_json() {
        true => {
            let sessions: Vec<_> = sessions.iter().map(|one| session::summary_json(one, args.show_env)).collect();
            output.json(&json!({ "sessions": sessions }))?;
        }
        false => output.text(&session::list(&sessions))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `matchport describe`.
pub(crate) async fn describe(args: DescribeArgs, output: Output) -> Result<ExitCode, Fault> {
    let id = SessionId::new(args.id)?;
    let target = Target::of(args.connection)?;
    let details = target.client()?.session(&id).await.map_err(|error| target.asking("describe the session", error))?;
    match output.is_json() {
        true => output.json(&session::details_json(&details, args.show_env))?,
        false => output.text(&session::details(&details, args.show_env))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `matchport backfill`.
pub(crate) async fn backfill(args: BackfillArgs, output: Output) -> Result<ExitCode, Fault> {
    let mut request = BackfillRequest::new(args.image, args.capacity, args.players);
    request.locations = (!args.locations.is_empty()).then_some(args.locations);
    request.version = args.version;
    request.having = pairs("--having", &args.having)?;
    request.not_having = pairs("--not-having", &args.not_having)?;
    request.prefer = match args.prefer {
        PreferChoice::Fullest => Prefer::Fullest,
        PreferChoice::Emptiest => Prefer::Emptiest,
    };
    request.deadline_ms = milliseconds("--deadline", &args.deadline)?;
    let target = Target::of(args.connection)?;
    let client = target.client()?;
    let line = ProgressLine::begin(output, "looking for a session with open slots");
    let players = request.players.join(" ");
    let ended = until_settled(&client, client.backfill(request), &line, output).await?;
    line.end();
    let filled = match ended {
        Ended::Undisturbed(result) => result.map_err(|error| target.changing("backfill", error))?,
        Ended::Interrupted(result) => result.map_err(|error| match error.code {
            ErrorCode::ShutDown => interrupted(&target, error.outcome, &players),
            _ => target.changing("backfill", error),
        })?,
        Ended::Abandoned => return Err(interrupted(&target, Outcome::Unknown, &players)),
    };
    match output.is_json() {
        true => output.json(&filled)?,
        false => output.text(&explain::backfilled(&filled))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A backfill that was broken off, and whether its players may be in a session now.
fn interrupted(target: &Target, outcome: Outcome, players: &str) -> Fault {
    let fault = target.changing("backfill", Error::new(ErrorCode::Cancelled, outcome, "interrupted"));
    match outcome {
        Outcome::Unknown => fault.next(target.command(&format!("leave {players}"))),
        _ => fault,
    }
}

/// `matchport join`.
pub(crate) async fn join(args: JoinArgs, output: Output) -> Result<ExitCode, Fault> {
    let id = SessionId::new(args.id)?;
    let target = Target::of(args.connection)?;
    let count = target.client()?.join(&id, args.players).await;
    players(&count.map_err(|error| target.changing("join", error))?, output)
}

/// `matchport leave`.
pub(crate) async fn leave(args: LeaveArgs, output: Output) -> Result<ExitCode, Fault> {
    let target = Target::of(args.connection)?;
    let count = target.client()?.leave(args.players).await;
    players(&count.map_err(|error| target.changing("leave", error))?, output)
}

/// `matchport stop`.
pub(crate) async fn stop(args: StopArgs, output: Output) -> Result<ExitCode, Fault> {
    let id = SessionId::new(args.id)?;
    let target = Target::of(args.connection)?;
    let stopped = target.client()?.stop(&id).await.map_err(|error| target.changing("stop the session", error))?;
    let (word, text) = match stopped {
        Stopped::Stopping => ("stopping", "the session is being stopped"),
        Stopped::AlreadyEnded => ("already_ended", "the session had already ended"),
    };
    match output.is_json() {
        true => output.json(&json!({ "id": id, "result": word }))?,
        false => output.text(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn players(count: &PlayerCount, output: Output) -> Result<ExitCode, Fault> {
    if output.is_json() {
        output.json(count)?;
        return Ok(ExitCode::SUCCESS);
    }
    let names: Vec<_> = count.players.iter().map(|player| printable(player)).collect();
    let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let plural = if count.count == 1 { "player" } else { "players" };
    output.text(&format!("the session has {} {plural} now{names}", count.count))?;
    Ok(ExitCode::SUCCESS)
}
