//! What a failed operation says: a stable code, what the service answered, whether trying again can help, and
//! whether the request may have taken effect.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::InvalidInput;
use crate::model::{Problem, Violation};

/// Whether a request took effect, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No byte of it can have reached the service.
    NotSent,
    /// The service answered that it did not do it.
    Refused,
    /// The service answered that it did it.
    Accepted,
    /// It may or may not have taken effect: reset, timeout, unreadable answer, 5xx, a gateway's page.
    Unknown,
}

impl Outcome {
    /// The outcome as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
        }
    }
}

/// What went wrong, as a name that programs can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The input was refused before anything was sent; `field` names it.
    InvalidInput,
    /// 400.
    BadRequest,
    /// 401: the token is missing or wrong.
    Unauthorized,
    /// 402, or 403 with that code: the quota is used up.
    QuotaExceeded,
    /// 403: the token lacks the permission.
    Forbidden,
    /// 404: image, location, tag or session unknown.
    NotFound,
    /// 409: the id is used by something else, or the session has already ended.
    Conflict,
    /// 420 everywhere, until the deadline.
    NoCapacity,
    /// 422: the service found the body invalid; `violations` name the fields.
    InvalidRequest,
    /// 429.
    RateLimited,
    /// A status that the API does not document.
    UnexpectedStatus,
    /// 5xx, or a gateway's page with a status that would otherwise be the service's word (404, 409).
    ServiceFault,
    /// The answer could not be read.
    UnreadableResponse,
    /// The answer, or what was to be sent, is larger than the documented limit.
    TooLarge,
    /// The connection failed.
    Transport,
    /// No answer came in time.
    Timeout,
    /// The operation's deadline passed.
    DeadlineExceeded,
    /// The caller cancelled.
    Cancelled,
    /// The engine was shut down.
    ShutDown,
    /// The session ended before it could be joined.
    SessionEnded,
    /// Placement left no location.
    NoLocation,
    /// No running session has enough open slots.
    NoOpenSession,
    /// The caller could not keep the ticket, so nothing was sent.
    TicketNotKept,
    /// The ticket can't be read or does not hold what is needed.
    InvalidTicket,
}

impl ErrorCode {
    /// The code as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::NoCapacity => "no_capacity",
            Self::InvalidRequest => "invalid_request",
            Self::RateLimited => "rate_limited",
            Self::UnexpectedStatus => "unexpected_status",
            Self::ServiceFault => "service_fault",
            Self::UnreadableResponse => "unreadable_response",
            Self::TooLarge => "too_large",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::ShutDown => "shut_down",
            Self::SessionEnded => "session_ended",
            Self::NoLocation => "no_location",
            Self::NoOpenSession => "no_open_session",
            Self::TicketNotKept => "ticket_not_kept",
            Self::InvalidTicket => "invalid_ticket",
        }
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::NoCapacity
                | Self::RateLimited
                | Self::ServiceFault
                | Self::UnreadableResponse
                | Self::Transport
                | Self::Timeout
                | Self::DeadlineExceeded
                | Self::SessionEnded
                | Self::NoOpenSession
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed request or operation. Holds no token and no `env` value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Error {
    /// What went wrong.
    pub code: ErrorCode,
    /// The HTTP status, when an answer came.
    pub status: Option<u16>,
    /// The service's trace id, to quote to its support.
    pub identifier: Option<String>,
    /// For a 422: the fields that the service refused.
    pub violations: Vec<Violation>,
    /// For invalid input: the field.
    pub field: Option<Cow<'static, str>>,
    /// Whether the request may have taken effect.
    pub outcome: Outcome,
    /// Whether the same call may succeed later without a change.
    pub retryable: bool,
    /// What happened, for people: one sentence.
    pub message: String,
    /// How long the service asked to wait (`Retry-After`), in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// Longest text taken over from the service, in bytes: an error is no place for a page.
const MAX_SERVICE_TEXT: usize = 1024;
/// Stands where such a text was cut.
const CUT: char = '…';
/// Secrets shorter than this, in bytes, are not looked for: that would tear holes into words that only look alike.
const SHORTEST_HIDDEN: usize = 4;
/// Most violations kept.
const MAX_VIOLATIONS: usize = 100;

impl Error {
    /// A failure with nothing from the service in it.
    pub fn new(code: ErrorCode, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            code,
            status: None,
            identifier: None,
            violations: Vec::new(),
            field: None,
            outcome,
            retryable: code.is_retryable(),
            message: message.into(),
            retry_after_ms: None,
        }
    }

    /// A failure that the service (or a gateway before it) answered with.
    pub(crate) fn answered(code: ErrorCode, outcome: Outcome, status: u16, problem: Option<Problem>) -> Self {
        let mut error = Self::new(code, outcome, String::new());
        error.status = Some(status);
        let Some(problem) = problem else {
            error.message = format!("the service answered {status} without an error body of its own");
            return error;
        };
        let named = problem.code.map(|code| format!(" {}", shortened(code))).unwrap_or_default();
        let said = problem.message.map(|message| format!(": {}", shortened(message))).unwrap_or_default();
        error.message = format!("the service answered {status}{named}{said}");
        error.identifier = problem.identifier.map(shortened);
        error.violations = problem.violations.into_iter().take(MAX_VIOLATIONS).map(shortened_violation).collect();
        error
    }

    /// The failure of an operation that was ended from outside, with what is known of its last attempt.
    /// `in_doubt`: a request of it is in flight, or has no definite outcome.
    pub(crate) fn ended_early(code: ErrorCode, words: &str, last: Option<Self>, in_doubt: bool) -> Self {
        let outcome = match &last {
            _ if in_doubt => Outcome::Unknown,
            Some(last) => last.outcome,
            None => Outcome::NotSent,
        };
        let mut error = Self::new(code, outcome, words);
        if let Some(last) = last {
            error.message = format!("{words}; the last attempt failed: {}", last.message);
            error.status = last.status;
            error.identifier = last.identifier;
            error.retry_after_ms = last.retry_after_ms;
        }
        error
    }

    /// Says more about where it happened.
    #[must_use]
    pub fn during(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Removes a secret from every text that came from outside, should the other side have echoed it.
    pub(crate) fn hide(&mut self, secret: &str) {
        let hide = |text: &mut String| hide_in(text, secret);
        hide(&mut self.message);
        self.identifier.iter_mut().for_each(hide);
        for violation in &mut self.violations {
            hide(&mut violation.field);
            hide(&mut violation.description);
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for violation in &self.violations {
            write!(f, "; {}: {}", violation.field, violation.description)?;
        }
        match &self.identifier {
            Some(identifier) => write!(f, " (identifier {identifier})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<InvalidInput> for Error {
    fn from(input: InvalidInput) -> Self {
        let mut error = Self::new(ErrorCode::InvalidInput, Outcome::NotSent, input.to_string());
        error.field = Some(input.field);
        error
    }
}

/// Removes a secret from a text that came from outside.
pub(crate) fn hide_in(text: &mut String, secret: &str) {
    const HIDDEN: &str = "[hidden]";
    if secret.len() < SHORTEST_HIDDEN {
        return;
    }
    if text.contains(secret) {
        *text = text.replace(secret, HIDDEN);
    }
    // A text that was cut may end within the secret.
    let begins = |text: &str| {
        let lengths = secret.char_indices().map(|(at, _)| at).filter(|length| *length >= SHORTEST_HIDDEN);
        lengths.rev().find(|length| text.ends_with(&secret[..*length]))
    };
    if text.contains(CUT) {
        let parts = text.split(CUT).map(|part| match begins(part) {
            Some(length) => format!("{}{HIDDEN}", &part[..part.len() - length]),
            None => part.to_owned(),
        });
        *text = parts.collect::<Vec<_>>().join(&CUT.to_string());
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_SERVICE_TEXT {
        let end = (0..=MAX_SERVICE_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push(CUT);
    }
    text
}

fn shortened_violation(violation: Violation) -> Violation {
    Violation { field: shortened(violation.field), description: shortened(violation.description) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echoed_secret_is_hidden() {
        let problem = Problem {
            message: Some("bad token abc-secret".into()),
            violations: vec![Violation { field: "env".into(), description: "abc-secret is no".into() }],
            ..Problem::default()
        };
        let mut error = Error::answered(ErrorCode::InvalidRequest, Outcome::Refused, 422, Some(problem));
        error.hide("abc-secret");
        assert!(!format!("{error} {error:?}").contains("abc-secret"));
        assert!(error.message.contains("[hidden]"));
    }

    #[test]
    fn texts_of_the_service_are_bounded() {
        let problem = Problem {
            message: Some("ü".repeat(5000)),
            violations: vec![Violation::default(); 500],
            ..Problem::default()
        };
        let error = Error::answered(ErrorCode::InvalidRequest, Outcome::Refused, 422, Some(problem));
        assert!(error.message.len() < 1200);
        assert_eq!(error.violations.len(), 100);
    }

    #[test]
    fn codes_print_as_they_serialize() {
        for code in [ErrorCode::InvalidInput, ErrorCode::NoCapacity, ErrorCode::TicketNotKept, ErrorCode::ShutDown] {
            assert_eq!(serde_json::to_string(&code).expect("plain"), format!("\"{code}\""));
        }
    }
}
