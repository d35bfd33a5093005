//! What a backfill is asked to do, and what comes of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::{self, InvalidInput, InvalidReason};
use crate::engine::Millis;
use crate::model::{Ports, SessionId};

/// Players who want into a running session.
#[derive(Clone, Debug)]
pub struct BackfillRequest {
    /// The application's name.
    pub image: String,
    /// The players, who stay together.
    pub players: Vec<String>,
    /// How many players one session takes, 1 to 100,000.
    pub capacity: u32,
    /// Locations to choose from, best first. `None` takes any.
    pub locations: Option<Vec<String>>,
    /// Image tag that the session must have.
    pub version: Option<String>,
    /// Labels or fields that the session must have.
    pub having: BTreeMap<String, String>,
    /// Labels or fields that the session must not have.
    pub not_having: BTreeMap<String, String>,
    /// Which of several sessions is best.
    pub prefer: Prefer,
    /// How long to try, in milliseconds.
    pub deadline_ms: Millis,
}

/// Which of several sessions with enough open slots is best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// The one with the most players: sessions fill up, others run empty and can end.
    #[default]
    Fullest,
    /// The one with the fewest players.
    Emptiest,
}

impl BackfillRequest {
    /// A request with the documented defaults: any location, the fullest session first, 30 seconds to try.
    pub fn new(image: impl Into<String>, capacity: u32, players: Vec<String>) -> Self {
        Self {
            image: image.into(),
            players,
            capacity,
            locations: None,
            version: None,
            having: BTreeMap::new(),
            not_having: BTreeMap::new(),
            prefer: Prefer::default(),
            deadline_ms: 30_000,
        }
    }

    /// Checks everything before anything is sent.
    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        check::segment("image", &self.image)?;
        check::optional_name("version", self.version.as_deref())?;
        check::players(&self.players)?;
        check::range("capacity", u64::from(self.capacity), 1, 100_000)?;
        if self.players.len() > self.capacity as usize {
            return Err(InvalidInput::other("players", "are more than one session takes"));
        }
        check::range("deadline_ms", self.deadline_ms, 1, crate::allocation::MAX_DEADLINE_MS)?;
        match &self.locations {
            Some(locations) if locations.is_empty() => Err(InvalidInput::new("locations", InvalidReason::Empty)),
            Some(locations) => check::names("locations", locations),
            None => Ok(()),
        }
    }
}

/// The session that took the players.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backfilled {
    /// The session's id.
    pub id: SessionId,
    /// Where it runs.
    pub location: String,
    /// Address of its host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
    /// `host:port` when there is no doubt about the port.
    pub endpoint: Option<String>,
    /// How many players it now has.
    pub count: u32,
    /// Sessions that were tried before and turned out to be full or gone.
    pub passed_over: u32,
}
