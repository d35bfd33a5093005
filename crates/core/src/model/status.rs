//! The status of a session as the service reports it.

use std::fmt;

use serde::{Serialize, Serializer};

/// What the service says of a session. More statuses may come; one that is not known is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionStatus {
    /// Container made, not yet running.
    Created,
    /// Running and healthy: players can join.
    Running,
    /// Being restarted.
    Restarting,
    /// Stopped in good order.
    Exited,
    /// Ended unexpectedly.
    Dead,
    /// Getting ready to shut down.
    Draining,
    /// Shutting down.
    ShuttingDown,
    /// The host machine can't be reached.
    ServerUnreachable,
    /// A status that this version does not know.
    Other(Box<str>),
}

impl SessionStatus {
    /// The status as the API spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Draining => "draining",
            Self::ShuttingDown => "shuttingdown",
            Self::ServerUnreachable => "server_unreachable",
            Self::Other(status) => status,
        }
    }

    /// The session has ended and will not run again.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Exited | Self::Dead)
    }

    /// The session has ended or is on its way out, so that nobody should be sent there any more.
    pub fn is_closing(&self) -> bool {
        self.is_ended() || matches!(self, Self::Draining | Self::ShuttingDown)
    }
}

impl From<&str> for SessionStatus {
    fn from(status: &str) -> Self {
        match status {
            "created" => Self::Created,
            "running" => Self::Running,
            "restarting" => Self::Restarting,
            "exited" => Self::Exited,
            "dead" => Self::Dead,
            "draining" => Self::Draining,
            "shuttingdown" => Self::ShuttingDown,
            "server_unreachable" => Self::ServerUnreachable,
            other => Self::Other(other.into()),
        }
    }
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SessionStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_is_known() {
        for status in
            ["created", "running", "restarting", "exited", "dead", "draining", "shuttingdown", "server_unreachable"]
        {
            let read = SessionStatus::from(status);
            assert!(!matches!(read, SessionStatus::Other(_)), "{status}");
            assert_eq!(read.as_str(), status);
        }
    }

    #[test]
    fn an_unknown_status_is_kept() {
        let status = SessionStatus::from("hibernating");
        assert_eq!(status.as_str(), "hibernating");
        assert!(!status.is_closing());
    }
}
