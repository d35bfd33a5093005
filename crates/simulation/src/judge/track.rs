//! What the judge remembers of an allocation, and what it calls a breach.

use matchport_core::allocation::Ticket;
use matchport_core::engine::{HttpRequest, OperationId};
use matchport_core::http::Method;
use matchport_core::retry::BudgetLimits;
use matchport_testkit::service::TtlStrictness;

use crate::said::Said;

/// What must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A session is alive that nobody knows of.
    Orphan,
    /// A match has had more than one session.
    Double,
    /// An operation did not end, or ended twice.
    LostEvent,
    /// A request was sent for an operation that had ended.
    AfterTheEnd,
    /// One of the ten rules was broken.
    Rule(u8),
}

/// One of them, as it happened.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    /// What must not happen.
    pub kind: Kind,
    /// What happened.
    pub what: String,
}

/// What an allocation was asked to do, as far as it can be judged by it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its match.
    pub match_number: u32,
    /// Which of [`LOCATIONS`] were asked for; all that the service offers when `None`.
    pub locations: Option<&'static [u8]>,
    /// Done means running.
    pub wait_until_running: bool,
    /// A `ttl` is to be sent.
    pub has_ttl: bool,
    /// Nobody else starts under its id.
    pub own_id: bool,
}

/// The times and limits that the rules speak of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub closed_location_ms: u64,
    pub settle_ms: u64,
    pub budget: BudgetLimits,
}

/// One allocation, over all processes that worked on it.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub asked: Asked,
    pub operation: OperationId,
    pub phase: Life,
    pub(super) resumed: bool,
    /// The newest ticket that was handed out: what a process that dies leaves.
    pub ticket: Option<Box<Ticket>>,
    pub(super) last_start: Option<Start>,
    pub(super) last_form: Option<TtlStrictness>,
    pub(super) ttl_refused: bool,
    /// The kind of the last request, and whether it failed in a way that makes the next of its kind a retry.
    pub(super) last: Option<(Request, bool)>,
    pub(super) in_flight: bool,
    /// A start may have taken effect, as far as this allocation knows.
    pub(super) own: bool,
    pub(super) found: bool,
    pub(super) looked_absent: bool,
    pub(super) running_seen: bool,
    /// Requests that must not be sent any more, by kind.
    pub(super) never: [bool; 4],
    pub(super) settling_since: Option<u64>,
}

impl Track {
    /// The process that works on it knows that nobody else starts under its id. A ticket does not say so.
    pub(crate) fn id_is_its_own(&self) -> bool {
        self.asked.own_id && !self.resumed
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    Open,
    /// Its process died.
    Dead,
    Completed,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Start {
    pub(super) location: u8,
    /// What was heard; `None` while it is in flight.
    pub(super) said: Option<Said>,
    /// It went to a location that had been closed.
    pub(super) probe: bool,
}

/// The requests of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Locate,
    Start,
    Look,
    Stop,
}

impl Request {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        match request.method {
            Method::Post => Self::Start,
            Method::Delete | Method::Put => Self::Stop,
            Method::Get if request.url.rsplit('/').nth(1) == Some("available-location") => Self::Locate,
            Method::Get => Self::Look,
        }
    }
}
