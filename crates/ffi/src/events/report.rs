//! How an allocation came about, and what it is doing, as structs that a C program reads.

use bumpalo::Bump;
use matchport_core::allocation::{Action, AttemptReport, LocationReport, Progress, Report};
use matchport_core::error::Outcome;
use matchport_core::model::SessionStatus;

use super::results::array;
use crate::status::matchport_status;
use crate::text::matchport_string;

/// Whether a request took effect, as far as it can be told.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_outcome {
    /// No byte of it can have reached the service.
    NotSent = 1,
    /// The service answered that it did not do it.
    Refused = 2,
    /// The service answered that it did it.
    Accepted = 3,
    /// It may or may not have taken effect: reset, timeout, unreadable answer, 5xx, a gateway's page.
    Unknown = 4,
}

/// What a request of an allocation asked.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_action {
    /// GET /available-location/{image}
    Locate = 1,
    /// POST /session
    Start = 2,
    /// GET /session/{id}
    Describe = 3,
    /// DELETE /session/{id}
    Stop = 4,
}

/// A location that an allocation considered. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_location_report {
    /// Its name.
    pub location: matchport_string,
    /// Why it was left out; not given when it was not.
    pub left_out: matchport_string,
    /// Its cost by the placement's formula, in milliseconds; NaN when it was left out.
    pub cost_ms: f32,
    /// The worst player's latency, in milliseconds; NaN when it was left out.
    pub worst_ms: f32,
    /// The players' mean latency, in milliseconds; NaN when it was left out.
    pub mean_ms: f32,
}

/// One request of an allocation. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_attempt_report {
    /// The location it was about; may be not given.
    pub location: matchport_string,
    /// The service's trace id; may be not given.
    pub identifier: matchport_string,
    /// The session's status, when it was described.
    pub session_status: matchport_string,
    /// When it was sent, in milliseconds since the submit.
    pub at_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was asked.
    pub action: matchport_action,
    /// Whether it took effect.
    pub outcome: matchport_outcome,
    /// OK, or what went wrong.
    pub status: matchport_status,
    /// The HTTP status; 0 when no answer came.
    pub http_status: i32,
}

/// The explanation of an allocation.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_report {
    /// The session's id, whether or not it was started.
    pub session: matchport_string,
    /// Every location that was considered, in the order of placement, then those left out.
    pub locations: *const matchport_location_report,
    /// How many locations.
    pub location_count: usize,
    /// Every request, in order; the first 200.
    pub attempts: *const matchport_attempt_report,
    /// How many requests stand there.
    pub attempt_count: usize,
    /// How many don't.
    pub attempts_omitted: u32,
    /// 1 when the session had been started by somebody else, or by an attempt whose answer was lost.
    pub adopted: i32,
    /// From submit to the end, in milliseconds.
    pub took_ms: u64,
}

/// What an allocation is doing. More may come: treat an unknown number like UNKNOWN.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_step {
    /// Something that this version does not know.
    Unknown = 0,
    /// Asking which locations offer the image.
    Locating = 1,
    /// Starting a session.
    Starting = 2,
    /// A location refused, and the next is tried.
    LocationRefused = 3,
    /// Every location is full.
    WaitingForCapacity = 4,
    /// The outcome of a start is not known: looking for the session.
    LookingUp = 5,
    /// Waiting before the next attempt.
    Pausing = 6,
    /// The session exists and is not running yet.
    WaitingUntilRunning = 7,
    /// Giving up: making sure that no server is left.
    Settling = 8,
}

/// Something for a progress line.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_progress {
    /// Where, for STARTING and LOCATION_REFUSED.
    pub location: matchport_string,
    /// The failure in words, for PAUSING.
    pub reason: matchport_string,
    /// The session's status as the service spells it, for WAITING_UNTIL_RUNNING; may be not given.
    pub session_status: matchport_string,
    /// How long, for PAUSING and WAITING_FOR_CAPACITY, in milliseconds; -1 when that is not known.
    pub for_ms: i64,
    /// What it is doing.
    pub step: matchport_step,
    /// Why, for LOCATION_REFUSED and PAUSING; OK otherwise.
    pub status: matchport_status,
    /// The how manieth start of this allocation, from 1, for STARTING; 0 otherwise.
    pub attempt: u32,
}

impl From<Outcome> for matchport_outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotSent => Self::NotSent,
            Outcome::Refused => Self::Refused,
            Outcome::Accepted => Self::Accepted,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

impl From<Action> for matchport_action {
    fn from(action: Action) -> Self {
        match action {
            Action::Locate => Self::Locate,
            Action::Start => Self::Start,
            Action::Describe => Self::Describe,
            Action::Stop => Self::Stop,
        }
    }
}

pub(crate) fn report(memory: &Bump, report: &Report) -> matchport_report {
    let (locations, location_count) = array(memory, report.locations.iter().map(location_report));
    let (attempts, attempt_count) = array(memory, report.attempts.iter().map(attempt_report));
    matchport_report {
        session: matchport_string::view(report.session.as_str()),
        locations,
        location_count,
        attempts,
        attempt_count,
        attempts_omitted: report.attempts_omitted,
        adopted: i32::from(report.adopted),
        took_ms: report.took_ms,
    }
}

pub(crate) fn progress(progress: &Progress) -> matchport_progress {
    use matchport_step as Step;
    let mut view = matchport_progress {
        location: matchport_string::ABSENT,
        reason: matchport_string::ABSENT,
        session_status: matchport_string::ABSENT,
        for_ms: -1,
        step: Step::Unknown,
        status: matchport_status::Ok,
        attempt: 0,
    };
    view.step = match progress {
        Progress::Locating => Step::Locating,
        Progress::Starting { location, attempt } => {
            view.location = matchport_string::view(location);
            view.attempt = *attempt;
            Step::Starting
        }
        Progress::LocationRefused { location, code } => {
            view.location = matchport_string::view(location);
            view.status = (*code).into();
            Step::LocationRefused
        }
        Progress::WaitingForCapacity { for_ms } => {
            view.for_ms = for_ms.map_or(-1, milliseconds);
            Step::WaitingForCapacity
        }
        Progress::LookingUp => Step::LookingUp,
        Progress::Pausing { for_ms, code, reason } => {
            view.for_ms = milliseconds(*for_ms);
            view.status = (*code).into();
            view.reason = matchport_string::view(reason);
            Step::Pausing
        }
        Progress::WaitingUntilRunning { status } => {
            view.session_status = matchport_string::optional(status.as_ref().map(SessionStatus::as_str));
            Step::WaitingUntilRunning
        }
        Progress::Settling => Step::Settling,
    };
    view
}

pub(crate) fn milliseconds(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

fn location_report(report: &LocationReport) -> matchport_location_report {
    matchport_location_report {
        location: matchport_string::view(&report.location),
        left_out: matchport_string::optional(report.left_out.as_deref()),
        cost_ms: report.cost_ms.unwrap_or(f32::NAN),
        worst_ms: report.worst_ms.unwrap_or(f32::NAN),
        mean_ms: report.mean_ms.unwrap_or(f32::NAN),
    }
}

fn attempt_report(report: &AttemptReport) -> matchport_attempt_report {
    matchport_attempt_report {
        location: matchport_string::optional(report.location.as_deref()),
        identifier: matchport_string::optional(report.identifier.as_deref()),
        session_status: matchport_string::optional(report.session_status.as_ref().map(SessionStatus::as_str)),
        at_ms: report.at_ms,
        took_ms: report.took_ms,
        action: report.action.into(),
        outcome: report.outcome.into(),
        status: report.code.map_or(matchport_status::Ok, Into::into),
        http_status: report.status.map_or(0, i32::from),
    }
}
