//! The operations that can be submitted.

use crate::allocation::AllocateRequest;
use crate::backfill::BackfillRequest;
use crate::model::{SessionFilter, SessionId};

/// What to do. Each ends with exactly one terminal event.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Get a session for a match: placement, start, failover, wait until it can be joined.
    Allocate(Box<AllocateRequest>),
    /// Put players into a running session with open slots.
    Backfill(Box<BackfillRequest>),
    /// `GET /session`
    List(SessionFilter),
    /// `GET /session/{id}`
    Describe(SessionId),
    /// `DELETE /session/{id}`
    Stop(SessionId),
    /// `PUT /session/player/join`
    Join {
        /// The session.
        session: SessionId,
        /// Players to put into it.
        players: Vec<String>,
    },
    /// `DELETE /session/player/leave`
    Leave {
        /// Players to take out of whatever session they are in.
        players: Vec<String>,
    },
    /// `GET /available-location/{image}`
    Locations {
        /// The image.
        image: String,
    },
    /// `GET /tag/{region}/{image}/{version}`
    TagExists {
        /// The location.
        location: String,
        /// The image.
        image: String,
        /// The image tag.
        version: String,
    },
    /// `GET /logs`: comes as [`crate::engine::Event::LogLine`]s.
    Logs {
        /// The session.
        session: SessionId,
        /// Stay until the session ends.
        follow: bool,
    },
    /// `GET /artifacts`: comes as [`crate::engine::Event::Data`].
    Artifact {
        /// The session, which must have ended.
        session: SessionId,
        /// Absolute path inside the container.
        path: String,
    },
}
