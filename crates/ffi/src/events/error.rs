//! A failed operation, as a struct that a C program reads.

use bumpalo::Bump;
use matchport_core::allocation::{Failure, Ticket};

use super::report::{self, matchport_outcome, matchport_report};
use super::results::array;
use crate::status::matchport_status;
use crate::text::matchport_string;

/// One field that the service refused. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_violation {
    /// The field, as the service names it.
    pub field: matchport_string,
    /// What is wrong with it.
    pub description: matchport_string,
}

/// Why an operation failed. Holds neither the token nor values of the environment.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_error {
    /// The status as a name that is stable too: "no_capacity".
    pub name: matchport_string,
    /// What happened, for people: one sentence.
    pub message: matchport_string,
    /// The service's trace id, to quote to its support; may be not given.
    pub identifier: matchport_string,
    /// For invalid input: the field, such as "players[3]"; else not given.
    pub field: matchport_string,
    /// For a 422: the fields that the service refused.
    pub violations: *const matchport_violation,
    /// How many of them.
    pub violation_count: usize,
    /// How long the service asked to wait, in milliseconds; -1 when it did not.
    pub retry_after_ms: i64,
    /// The ticket as JSON when a server may have been left running: keep it, and hand it to matchport_client_resume()
    /// to settle what is left. Not given when nothing is left.
    pub ticket: matchport_string,
    /// How an allocation came to this; null for other operations.
    pub report: *const matchport_report,
    /// What went wrong.
    pub status: matchport_status,
    /// The HTTP status; 0 when no answer came.
    pub http_status: i32,
    /// Whether the request may have taken effect.
    pub outcome: matchport_outcome,
    /// 1 when the same call may succeed later without a change.
    pub retryable: i32,
}

pub(crate) fn error(memory: &Bump, failure: &Failure) -> matchport_error {
    let error = &failure.error;
    let (violations, violation_count) = array(
        memory,
        error.violations.iter().map(|violation| matchport_violation {
            field: matchport_string::view(&violation.field),
            description: matchport_string::view(&violation.description),
        }),
    );
    let ticket = failure.ticket.as_deref().map(Ticket::to_json);
    let report = failure.report.as_deref().map(|report| &*memory.alloc(report::report(memory, report)));
    matchport_error {
        name: matchport_string::of_static(error.code.as_str()),
        message: matchport_string::view(&error.message),
        identifier: matchport_string::optional(error.identifier.as_deref()),
        field: matchport_string::optional(error.field.as_deref()),
        violations,
        violation_count,
        retry_after_ms: error.retry_after_ms.map_or(-1, report::milliseconds),
        ticket: ticket.map_or(matchport_string::ABSENT, |json| matchport_string::view(memory.alloc_str(&json))),
        report: report.map_or(std::ptr::null(), std::ptr::from_ref),
        status: error.code.into(),
        http_status: error.status.map_or(0, i32::from),
        outcome: error.outcome.into(),
        retryable: i32::from(error.retryable),
    }
}
