//! Players of a session, as the service counts them.

use matchport_json::{Error, Reader};
use serde::Serialize;

/// The answer to join and leave: how many players the session then has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerCount {
    /// Players in the session after the call.
    pub count: u32,
    /// Players that the service names in its answer.
    pub players: Vec<String>,
}

/// The players of a described session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedPlayers {
    /// Ids of the players who joined and have not left.
    pub joined: Vec<String>,
    /// How many those are, by the service's own count.
    pub joined_count: u32,
}

impl PlayerCount {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (mut count, mut players) = (None, Vec::new());
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "count" => count = Some(reader.whole()?),
                "players" => players = if reader.null()? { Vec::new() } else { reader.texts()? },
                _ => reader.skip()?,
            }
        }
        Ok(Self { count: count.ok_or_else(|| reader.missing("count"))?, players })
    }
}

impl JoinedPlayers {
    /// `null` counts as nobody.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut players = Self::default();
        if reader.null()? {
            return Ok(players);
        }
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "joined" => players.joined = if reader.null()? { Vec::new() } else { reader.texts()? },
                "joinedCount" => players.joined_count = if reader.null()? { 0 } else { reader.whole()? },
                _ => reader.skip()?,
            }
        }
        Ok(players)
    }
}
