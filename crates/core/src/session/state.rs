//! The states of a session and the one table that says which may follow which. What an input means for a session
//! lives in `lifecycle.rs`; nothing here knows a time limit, a roster or an answer.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::{SessionId, SessionStatus};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// The service has made it (the 201 came), and nobody has seen it running yet.
    Created,
    /// Running and healthy: the only state in which players can join.
    Running,
    /// Being restarted.
    Restarting,
    /// Getting ready to shut down.
    Draining,
    /// Shutting down: seen so, the stop was accepted, or the ttl has passed.
    ShuttingDown,
    /// The host machine can't be reached; what the game server does meanwhile is not known.
    Unreachable,
    /// Over. Nothing follows.
    Ended(EndReason),
}

impl SessionState {
    /// The state as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Draining => "draining",
            Self::ShuttingDown => "shutting_down",
            Self::Unreachable => "unreachable",
            Self::Ended(_) => "ended",
        }
    }

    /// Players can join now.
    pub fn is_joinable(self) -> bool {
        self == Self::Running
    }

    /// Over, or on its way out: nobody should be sent there any more.
    pub fn is_closing(self) -> bool {
        matches!(self, Self::Draining | Self::ShuttingDown | Self::Ended(_))
    }

    /// Over.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// Why it is over, when it is.
    pub fn end_reason(self) -> Option<EndReason> {
        match self {
            Self::Ended(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        self.end_reason().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

impl Serialize for SessionState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a session is over. How it is told apart stands in the [module](crate::session).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody asked the service to stop it.
    Stopped,
    /// Its ttl had passed.
    TtlExpired,
    /// The game server ended in good order by itself.
    Exited,
    /// The game server ended unexpectedly.
    Died,
    /// Its host could not be reached for longer than the limit.
    Unreachable,
    /// The service no longer knows it, and nobody knows why.
    Vanished,
}

impl EndReason {
    /// The reason as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::TtlExpired => "ttl_expired",
            Self::Exited => "exited",
            Self::Died => "died",
            Self::Unreachable => "unreachable",
            Self::Vanished => "vanished",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The state before.
    pub from: SessionState,
    /// The state after; never equal to `from`.
    pub to: SessionState,
    /// When, in milliseconds on the caller's clock: when it was seen, or for a deadline when it was due. Never before
    /// the transition that came before it.
    pub at: u64,
}

/// What could not be taken in. The session is as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The state that the session is in, and stays in.
    pub state: SessionState,
    /// The status that was reported, when it was a report.
    pub reported: Option<SessionStatus>,
    /// Why.
    pub reason: RefusalReason,
}

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The session is over, and the input says otherwise. If it is not an old answer that came late, then a server
    /// runs that was taken for gone: describe it, and stop it.
    Ended,
    /// Draining and shutting down are not taken back: the report is older than what is known.
    Closing,
    /// Reported as `created` although it has run: the report is older than what is known.
    AlreadyRan,
    /// The report is about another session.
    OtherSession {
        /// That session.
        id: SessionId,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let RefusalReason::OtherSession { id } = &self.reason {
            return write!(f, "the report is about another session: {id}");
        }
        write!(f, "the session is {}", self.state)?;
        if let Some(status) = &self.reported {
            write!(f, " and was reported as {status}")?;
        }
        f.write_str(match self.reason {
            RefusalReason::Ended => ": what has ended stays ended",
            RefusalReason::Closing => ": what is closing does not come back, so the report must be an older one",
            _ => ": what has run is not created again, so the report must be an older one",
        })
    }
}

impl std::error::Error for Refused {}

/// How far a session has come as far as anybody saw. Losing sight of it does not change that, so it is kept apart
/// from [`SessionState::Unreachable`]: what comes back must not be behind what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Created,
    Running,
    Restarting,
    Draining,
    ShuttingDown,
}

impl Stage {
    /// `None` for the states that say nothing about how far it has come.
    pub(super) fn of(state: SessionState) -> Option<Self> {
        match state {
            SessionState::Created => Some(Self::Created),
            SessionState::Running => Some(Self::Running),
            SessionState::Restarting => Some(Self::Restarting),
            SessionState::Draining => Some(Self::Draining),
            SessionState::ShuttingDown => Some(Self::ShuttingDown),
            SessionState::Unreachable | SessionState::Ended(_) => None,
        }
    }
}

/// What the table says to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is there already.
    Same,
    Legal,
    Refused(RefusalReason),
}

/// The table. `stage` is how far the session had come, which is `state` itself unless it is unreachable or over.
pub(super) fn judge(state: SessionState, stage: Stage, to: SessionState) -> Verdict {
    match (state, Stage::of(to)) {
        // The first reason stays: it is the one nearest to the end.
        (SessionState::Ended(_), None) if to.is_ended() => Verdict::Same,
        (SessionState::Ended(_), _) => Verdict::Refused(RefusalReason::Ended),
        (SessionState::Unreachable, None) if !to.is_ended() => Verdict::Same,
        (_, None) => Verdict::Legal,
        (SessionState::Unreachable, Some(to)) => match judge_stages(stage, to) {
            Verdict::Same => Verdict::Legal,
            verdict => verdict,
        },
        (_, Some(to)) => judge_stages(stage, to),
    }
}

fn judge_stages(from: Stage, to: Stage) -> Verdict {
    use Stage::{Created, Draining, Restarting, Running, ShuttingDown};
    match (from, to) {
        (Created, Created) | (Running, Running) | (Restarting, Restarting) => Verdict::Same,
        (Draining, Draining) | (ShuttingDown, ShuttingDown) => Verdict::Same,
        // Reports come at intervals, so steps between may go unseen.
        (Created, Running | Restarting | Draining | ShuttingDown) => Verdict::Legal,
        (Running, Restarting | Draining | ShuttingDown) => Verdict::Legal,
        (Restarting, Running | Draining | ShuttingDown) => Verdict::Legal,
        (Draining, ShuttingDown) => Verdict::Legal,
        (Running | Restarting, Created) => Verdict::Refused(RefusalReason::AlreadyRan),
        (Draining, Created | Running | Restarting) => Verdict::Refused(RefusalReason::Closing),
        (ShuttingDown, Created | Running | Restarting | Draining) => Verdict::Refused(RefusalReason::Closing),
    }
}
