//! What is known of a session at one moment, in the form that programs read. No decision lives here.

use serde::{Serialize, Serializer};

use super::lifecycle::Session;
use super::roster::Roster;
use super::state::{EndReason, SessionState};
use crate::model::{Ports, SessionId, SessionStatus};

/// Everything known of a session, borrowed. What is not known is `null`. Times are milliseconds on the caller's clock,
/// but for `created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot<'a> {
    /// Its id.
    pub id: &'a SessionId,
    /// The application's name.
    pub image: &'a str,
    /// Where it runs.
    pub location: &'a str,
    /// Address of its host.
    pub host: &'a str,
    /// Its ports.
    pub ports: &'a Ports,
    /// Where it stands.
    pub state: SessionState,
    /// Why it is over.
    pub end_reason: Option<EndReason>,
    /// Since when it stands there.
    pub since: u64,
    /// The status that the service reported last, whether or not this version knows it.
    pub last_reported: Option<&'a SessionStatus>,
    /// When the service says it was created, in milliseconds since 1970.
    pub created: Option<u64>,
    /// When its start was sent.
    pub started_at: Option<u64>,
    /// When its ttl ends it.
    pub ttl_deadline: Option<u64>,
    /// When it was first asked to stop.
    pub stop_requested_at: Option<u64>,
    /// Who is in it.
    pub players: &'a Roster,
}

impl Serialize for Session {
    /// As its [`Snapshot`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.snapshot().serialize(serializer)
    }
}
