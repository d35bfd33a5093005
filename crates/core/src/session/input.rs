//! What a session is told and what it is made of: the inputs, the options and the ways to begin. What they lead to
//! lives in `lifecycle.rs`.

use crate::error::Outcome;
use crate::http::{Answer, says_absent};
use crate::model::{Ports, SessionDetails, SessionId, SessionStatus, SessionSummary, Ttl, TtlForm};

/// The time limits of a lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifecycleOptions {
    /// A session that is unreachable for this long counts as ended, in milliseconds. 5 minutes unless told otherwise;
    /// `u64::MAX` for never.
    pub unreachable_limit_ms: u64,
    /// A session that was not seen shutting down for this long counts as ended, in milliseconds. 2 minutes unless told
    /// otherwise: how long the service leaves between SIGTERM and SIGKILL is not documented. `u64::MAX` for never.
    pub shutdown_grace_ms: u64,
}

impl Default for LifecycleOptions {
    fn default() -> Self {
        Self { unreachable_limit_ms: 5 * 60_000, shutdown_grace_ms: 2 * 60_000 }
    }
}

/// A session that was started: what was asked for and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// The session's id.
    pub id: SessionId,
    /// The image that was started.
    pub image: String,
    /// Where it was started.
    pub location: String,
    /// Address of its host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
    /// When the start was **sent**, in milliseconds on the caller's clock. The service's own ttl begins after that, so
    /// a session that its ttl ended is never taken for one that ended before.
    pub started_at: u64,
    /// The ttl that was sent, and the form in which it was accepted. `None` when none was sent.
    pub ttl: Option<(Ttl, TtlForm)>,
}

impl Allocated {
    /// When the ttl ends the session, in milliseconds on the caller's clock.
    pub(super) fn ttl_deadline(&self) -> Option<u64> {
        let (ttl, form) = self.ttl?;
        let lasts_ms = match form {
            TtlForm::Seconds => ttl.milliseconds(),
            // What is sent in this form is rounded up to whole minutes.
            TtlForm::Duration => ttl.milliseconds().div_ceil(60_000).saturating_mul(60_000),
        };
        Some(self.started_at.saturating_add(lasts_ms))
    }
}

/// One thing that a session is told. See [`crate::session::Session::apply`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SessionInput<'a> {
    /// The service reported this status.
    Observed(&'a SessionStatus),
    /// The service described the session.
    Described(&'a SessionDetails),
    /// The session stood in a list. (That it does *not* stand in one says nothing: lists leave out what is not
    /// running.)
    Listed(&'a SessionSummary),
    /// A stop is about to be sent.
    StopRequested,
    /// What became of the stop.
    StopAnswered(StopAnswer),
    /// The service said, in its own words ([`crate::http::says_absent`]), that it does not know the session (404 to
    /// describe).
    Absent,
    /// The service took these players in and counts `count` players since.
    Joined {
        /// Who joined.
        players: &'a [String],
        /// The service's count.
        count: u32,
    },
    /// The service took these players out.
    Left {
        /// Who left.
        players: &'a [String],
        /// The service's count for this session, when it is known to be about this one.
        count: Option<u32>,
    },
    /// Time has passed.
    Tick,
}

/// What became of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopAnswer {
    /// 204: the game server gets SIGTERM.
    Accepted,
    /// 404: the service does not know the session (any more).
    NotFound,
    /// 409: it had ended already.
    AlreadyEnded,
    /// A definite refusal (401, 403, ...): nothing was stopped.
    Refused,
    /// No answer, or none to rely on: it may have been stopped.
    Unknown,
}

impl From<&Answer<'_>> for StopAnswer {
    /// Judges an answer like the rest of the crate does. A gateway's 404 or 409 proves nothing.
    fn from(answer: &Answer<'_>) -> Self {
        match answer.status {
            200..=299 => Self::Accepted,
            404 if says_absent(answer) => Self::NotFound,
            409 if says_absent(answer) => Self::AlreadyEnded,
            404 | 409 => Self::Unknown,
            _ if answer.failure().outcome == Outcome::Refused => Self::Refused,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_a_stop() {
        let judged = |status, body: &[u8]| StopAnswer::from(&Answer { status, retry_after: None, body });
        assert_eq!(judged(204, b""), StopAnswer::Accepted);
        assert_eq!(judged(200, b"{}"), StopAnswer::Accepted);
        assert_eq!(judged(404, br#"{"statusCode":404,"code":"NOT_FOUND"}"#), StopAnswer::NotFound);
        assert_eq!(judged(409, br#"{"statusCode":409,"code":"CONFLICT"}"#), StopAnswer::AlreadyEnded);
        assert_eq!(judged(404, b"<html>"), StopAnswer::Unknown);
        assert_eq!(judged(409, b"<html>"), StopAnswer::Unknown);
        for status in [400, 401, 403, 422, 429] {
            assert_eq!(judged(status, b"{}"), StopAnswer::Refused, "{status}");
        }
        for status in [408, 500, 503] {
            assert_eq!(judged(status, b"{}"), StopAnswer::Unknown, "{status}");
        }
    }

    #[test]
    fn a_duration_ttl_lasts_whole_minutes() {
        let deadline = |seconds, form| {
            let id = SessionId::new("s").expect("valid");
            let ttl = Some((Ttl::from_seconds(seconds).expect("in range"), form));
            let (image, location, host) = ("i".to_owned(), "l".to_owned(), "h".to_owned());
            Allocated { id, image, location, host, ports: Ports::default(), started_at: 5, ttl }.ttl_deadline()
        };
        assert_eq!(deadline(61, TtlForm::Seconds), Some(61_005));
        assert_eq!(deadline(61, TtlForm::Duration), Some(120_005));
        assert_eq!(deadline(60, TtlForm::Duration), Some(60_005));
    }
}
