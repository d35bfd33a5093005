//! The refusals of the service: status, code and words. How one becomes a response is known in `http`.

use std::borrow::Cow;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// What happened, in a few words.
    pub(crate) message: Cow<'static, str>,
    /// Where, and what to do.
    pub(crate) details: String,
    /// What is wrong with the body, of a 422.
    pub(crate) violations: Vec<Violation>,
}

/// The kinds of refusal, each with its status and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    BadRequest,
    Unauthorized,
    QuotaExceeded,
    Forbidden,
    /// An image, location, tag, session or artifact that isn't there.
    ResourceNotFound,
    /// A path that isn't there.
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    CapacityUnavailable,
    InvalidRequest,
    InternalError,
    ServiceUnavailable,
}

impl FaultKind {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::QuotaExceeded => 402,
            Self::Forbidden => 403,
            Self::ResourceNotFound | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::CapacityUnavailable => 420,
            Self::InvalidRequest => 422,
            Self::InternalError => 500,
            Self::ServiceUnavailable => 503,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Forbidden => "FORBIDDEN",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::Conflict => "CONFLICT",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::CapacityUnavailable => "CAPACITY_UNAVAILABLE",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::InternalError | Self::ServiceUnavailable => "INTERNAL_ERROR",
        }
    }
}

/// One thing wrong with a body. Never holds the value itself: it could be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// As in `env.MAP` or `args[2]`; `body` for the whole.
    pub(crate) field: String,
    pub(crate) description: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>, details: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: details.into(), violations: Vec::new() }
    }

    pub(crate) fn invalid(violations: Vec<Violation>) -> Self {
        let details = "correct the fields named in `violations`; nothing was changed".to_owned();
        Self { kind: FaultKind::InvalidRequest, message: "the body is not valid".into(), details, violations }
    }

    pub(crate) fn no_session(id: &str) -> Self {
        let details = format!("there is no session {}; list the sessions with `GET /session?all=true`", quoted(id));
        Self::new(FaultKind::ResourceNotFound, "session not found", details)
    }

    pub(crate) fn no_image(name: &str, known: &str) -> Self {
        let details = format!("there is no image {}; known here: {known}", quoted(name));
        Self::new(FaultKind::ResourceNotFound, "image not found", details)
    }

    pub(crate) fn no_location(name: &str, known: &str) -> Self {
        let details = format!("there is no location {}; known here: {known}", quoted(name));
        Self::new(FaultKind::ResourceNotFound, "location not found", details)
    }
}

/// A text from outside, short enough and plain enough to be quoted in an error.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}
