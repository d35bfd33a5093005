//! What happens in the demo: one file for each step of the guide. Each act takes what the ones before it found, asks the
//! service, checks that the answer is what it must be, and tells it.

mod connect;
mod create;
mod select;
mod stop;
mod track;

use std::net::SocketAddr;

use matchport_core::model::SessionId;

use super::log_tail::LogTail;
use super::players::Player;
use super::stage::Stage;
use super::story::Story;
use crate::fault::Fault;

/// The game as far as it has come.
#[derive(Default)]
pub(super) struct Game {
    /// Game server processes that were started.
    processes: Vec<u32>,
}

impl Game {
    /// Ids of the game server processes that were started.
    pub(super) fn processes(&self) -> &[u32] {
        &self.processes
    }
}

/// A session and what goes on in it.
struct Match {
    session: SessionId,
    server: SocketAddr,
    /// The log, once it is followed.
    log: Option<LogTail>,
    players: Vec<Player>,
    /// Datagrams of players who have left.
    sent_before: u32,
}

/// All acts, one after the other.
pub(super) async fn play(story: &mut Story, game: &mut Game, stage: &Stage) -> Result<(), Fault> {
    story.chapter("Step 1: select a region")?;
    let locations = select::play(story, &stage.client).await?;
    story.chapter("Step 2: create a session")?;
    let mut the_match = create::play(story, game, &stage.client, &locations).await?;
    story.chapter("Step 3: deliver connection details")?;
    connect::play(story, &mut the_match).await?;
    story.chapter("Step 4: track players")?;
    track::play(story, &stage.client, &mut the_match).await?;
    story.chapter("Step 5: stop the session")?;
    stop::play(story, &stage.client, the_match).await
}

/// An answer that is not what it must be.
fn wrong(what: &str, expected: impl std::fmt::Debug, found: impl std::fmt::Debug) -> Fault {
    Fault::local("demo", format!("{what} is wrong"), format!("expected {expected:?}, found {found:?}"))
}

/// Checks one thing.
fn check<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), Fault> {
    if expected == found { Ok(()) } else { Err(wrong(what, expected, found)) }
}

/// An operation of the API failed.
fn failed(what: &str, error: matchport_core::error::Error) -> Fault {
    let exit = crate::exit::Exit::of(&error, true, false);
    Fault::operation(format!("can't {what}"), error, exit)
}
