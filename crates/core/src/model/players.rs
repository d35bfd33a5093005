//! Players of a session, as the service counts them.

use serde::{Deserialize, Serialize};

/// The answer to join and leave: how many players the session then has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerCount {
    /// Players in the session after the call.
    pub count: u32,
    /// Players that the service names in its answer.
    #[serde(default, deserialize_with = "super::session::null_is_default")]
    pub players: Vec<String>,
}

/// The players of a described session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedPlayers {
    /// Ids of the players who joined and have not left.
    #[serde(default, deserialize_with = "super::session::null_is_default")]
    pub joined: Vec<String>,
    /// How many those are, by the service's own count.
    #[serde(default, deserialize_with = "super::session::null_is_default")]
    pub joined_count: u32,
}
