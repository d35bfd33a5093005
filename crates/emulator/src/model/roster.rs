//! Who is in which session. A player is in one at most: joining another leaves the first.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::fault::{Fault, FaultKind, quoted};
use super::history::{Happened, Names};
use super::sessions::Model;

/// The answer to a join or a leave.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Roster {
    /// How many players the session then has.
    pub(crate) count: usize,
    /// Those of the request that are in it now, or that have left it.
    pub(crate) players: Vec<String>,
}

impl Model {
    /// Puts players into a session. One who is in it stays, one who is in another moves.
    ///
    /// # Errors
    /// 404 when there is no such session, or when it has ended.
    pub(crate) fn join(&mut self, id: &str, players: Vec<String>) -> Result<Roster, Fault> {
        let session = self.sessions.get(id).ok_or_else(|| Fault::no_session(id))?;
        if session.status.is_ended() {
            let details = format!("the session {} has ended: {}", quoted(id), session.status.name());
            return Err(Fault::new(FaultKind::ResourceNotFound, "session not found", details));
        }
        let here = Arc::clone(&session.facts.id);
        let coming: Vec<Arc<str>> = players
            .iter()
            .map(|player| Arc::from(player.as_str()))
            .filter(|player| self.whereabouts.get(player) != Some(&here))
            .collect();
        self.take_out(&coming);
        self.whereabouts.extend(coming.iter().map(|player| (Arc::clone(player), Arc::clone(&here))));
        let session = self.sessions.get_mut(id).ok_or_else(|| Fault::no_session(id))?;
        if !coming.is_empty() {
            session.timeline.add(self.now, Happened::Joined(Names::of(&coming)));
            self.history.changed(&here);
        }
        session.joined.extend(coming);
        Ok(Roster { count: session.joined.len(), players })
    }

    /// The session that a player is in.
    pub(crate) fn session_of(&self, player: &str) -> Option<Arc<str>> {
        self.whereabouts.get(player).cloned()
    }

    /// Takes players out of whatever sessions they are in. `count` is how many those sessions then have together,
    /// which are all in one session as a rule.
    ///
    /// # Errors
    /// 404 when none of them is in a session.
    pub(crate) fn leave(&mut self, players: Vec<String>) -> Result<Roster, Fault> {
        let players: Vec<String> =
            players.into_iter().filter(|player| self.whereabouts.contains_key(player.as_str())).collect();
        if players.is_empty() {
            let details = "none of these players is in a session that is alive".to_owned();
            return Err(Fault::new(FaultKind::ResourceNotFound, "players not found", details));
        }
        let leaving: Vec<Arc<str>> = players.iter().map(|player| Arc::from(player.as_str())).collect();
        let left = self.take_out(&leaving);
        let count = left.iter().filter_map(|id| self.sessions.get(id)).map(|session| session.joined.len()).sum();
        Ok(Roster { count, players })
    }

    /// Takes players out and gives the sessions that they were in.
    fn take_out(&mut self, players: &[Arc<str>]) -> HashSet<Arc<str>> {
        let left: HashSet<Arc<str>> = players.iter().filter_map(|player| self.whereabouts.remove(player)).collect();
        if !left.is_empty() {
            let players: HashSet<&Arc<str>> = players.iter().collect();
            for id in &left {
                if let Some(session) = self.sessions.get_mut(id) {
                    let (gone, stay): (Vec<_>, Vec<_>) =
                        std::mem::take(&mut session.joined).into_iter().partition(|player| players.contains(player));
                    session.joined = stay;
                    session.timeline.add(self.now, Happened::Left(Names::of(&gone)));
                    self.history.changed(id);
                }
            }
        }
        left
    }
}
