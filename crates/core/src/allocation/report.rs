//! What an allocation hands back: the session, or what went wrong, each with a report that explains how it came.

use std::fmt;

use serde::Serialize;

use super::Ticket;
use crate::engine::Millis;
use crate::error::{Error, ErrorCode, Outcome};
use crate::model::{Port, Ports, Protocol, SessionId, SessionStatus};

/// A session for the match, ready to be handed to its players.
#[derive(Clone, Debug, Serialize)]
pub struct Allocation {
    /// The session's id.
    pub id: SessionId,
    /// Where it runs.
    pub location: String,
    /// Address of its host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
    /// `host:port` when there is no doubt about the port: the only one, or the only UDP port. `None` otherwise;
    /// choose with [`Allocation::endpoint_for`].
    pub endpoint: Option<String>,
    /// How it came about.
    pub report: Report,
}

impl Allocation {
    pub(super) fn new(id: SessionId, location: String, host: String, ports: Ports, report: Report) -> Self {
        let endpoint = ports.only().ok().map(|port| endpoint(&host, port));
        Self { id, location, host, ports, endpoint, report }
    }

    /// `host:port` for one of the container's ports.
    pub fn endpoint_for(&self, container: u16, protocol: Protocol) -> Option<String> {
        self.ports.by_container(container, protocol).map(|port| endpoint(&self.host, port))
    }
}

/// `host:port`, with brackets around an IPv6 address.
pub(crate) fn endpoint(host: &str, port: &Port) -> String {
    let port = port.host;
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// An operation that failed. For everything but an allocation only `error` is set.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// Set when a server may have been left running: keep it, and resume it to settle what is left.
    pub ticket: Option<Box<Ticket>>,
    /// How it came about.
    pub report: Option<Box<Report>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, ticket: None, report: None }
    }
}

/// The explanation of an allocation.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The session's id, whether or not it was started.
    pub session: SessionId,
    /// Every location that was considered, in the order of placement, then those left out.
    pub locations: Vec<LocationReport>,
    /// Every request, in order.
    pub attempts: Vec<AttemptReport>,
    /// Requests that are not listed, when there were more than [`Report::MAX_ATTEMPTS`].
    pub attempts_omitted: u32,
    /// The session had been started by somebody else, or by an earlier attempt whose answer was lost.
    pub adopted: bool,
    /// From submit to the end, in milliseconds.
    pub took_ms: Millis,
}

impl Report {
    /// The most attempts that a report lists.
    pub const MAX_ATTEMPTS: usize = 200;

    pub(super) fn new(session: SessionId) -> Self {
        Self { session, locations: Vec::new(), attempts: Vec::new(), attempts_omitted: 0, adopted: false, took_ms: 0 }
    }

    pub(super) fn push(&mut self, attempt: AttemptReport) {
        if self.attempts.len() < Self::MAX_ATTEMPTS {
            self.attempts.push(attempt);
        } else {
            self.attempts_omitted = self.attempts_omitted.saturating_add(1);
        }
    }
}

/// A location in a report.
#[derive(Clone, Debug, Serialize)]
pub struct LocationReport {
    /// Its name.
    pub location: String,
    /// Its cost by the placement's formula, in milliseconds. `None` when it was left out.
    pub cost_ms: Option<f32>,
    /// The worst player's latency, in milliseconds.
    pub worst_ms: Option<f32>,
    /// The players' mean latency, in milliseconds.
    pub mean_ms: Option<f32>,
    /// Why it was left out.
    pub left_out: Option<String>,
}

/// One request of an allocation.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptReport {
    /// What was asked.
    pub action: Action,
    /// The location it was about.
    pub location: Option<String>,
    /// When it was sent, in milliseconds since the submit.
    pub at_ms: Millis,
    /// How long it took, in milliseconds.
    pub took_ms: Millis,
    /// Whether it took effect.
    pub outcome: Outcome,
    /// The HTTP status, when an answer came.
    pub status: Option<u16>,
    /// What went wrong.
    pub code: Option<ErrorCode>,
    /// The service's trace id.
    pub identifier: Option<String>,
    /// The session's status, when it was described.
    pub session_status: Option<SessionStatus>,
}

/// What a request of an allocation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `GET /available-location/{image}`
    Locate,
    /// `POST /session`
    Start,
    /// `GET /session/{id}`
    Describe,
    /// `DELETE /session/{id}`
    Stop,
}

/// What an operation is doing, for a progress line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// Asking which locations offer the image.
    Locating,
    /// Starting a session.
    Starting {
        /// Where.
        location: String,
        /// The how manieth start of this allocation, from 1.
        attempt: u32,
    },
    /// A location refused, and the next is tried.
    LocationRefused {
        /// Which.
        location: String,
        /// Why.
        code: ErrorCode,
    },
    /// Every location is full.
    WaitingForCapacity {
        /// Until the first re-opens, in milliseconds; `None` while another allocation finds out.
        for_ms: Option<Millis>,
    },
    /// The outcome of a start is not known: looking for the session.
    LookingUp,
    /// Waiting before the next attempt.
    Pausing {
        /// For this long, in milliseconds.
        for_ms: Millis,
        /// After this failure.
        code: ErrorCode,
        /// The failure, in words.
        reason: String,
    },
    /// The session exists and is not running yet.
    WaitingUntilRunning {
        /// Its status, when it was reported.
        status: Option<SessionStatus>,
    },
    /// Giving up: making sure that no server is left.
    Settling,
}
