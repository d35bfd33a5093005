//! Writes answers: JSON, and the body that every error has.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{Front, trace};
use crate::model::{Fault, FaultKind, Violation};

/// An answer with a JSON body.
///
/// # Errors
/// When the value can't be written, which no value of this crate leads to.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, Fault> {
    match serde_json::to_vec(value) {
        Ok(body) => Ok(json_bytes(status, body)),
        Err(error) => Err(Fault::new(FaultKind::InternalError, "the answer could not be written", error.to_string())),
    }
}

/// An answer with a body that is JSON already.
pub(super) fn json_bytes(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer with a body of this type.
pub(super) fn with_body(content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer to a request, whichever way it went.
pub(super) fn settle(front: &Front, head: &Parts, result: Result<Response, Fault>) -> Response {
    result.unwrap_or_else(|fault| {
        let status = StatusCode::from_u16(fault.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        settle_as(front, head, fault, status)
    })
}

/// A refusal with this status, whatever its kind.
pub(super) fn settle_as(front: &Front, head: &Parts, fault: Fault, status: StatusCode) -> Response {
    let body = ErrorBody {
        status_code: status.as_u16(),
        code: fault.kind.code(),
        message: &fault.message,
        details: &fault.details,
        path: head.uri.path(),
        identifier: uuid::Uuid::new_v4().to_string(),
        timestamp: front.service.sessions.clock.timestamp(),
        violations: (fault.kind == FaultKind::InvalidRequest).then_some(&fault.violations),
    };
    trace(head, |trace| {
        trace.identifier(&body.identifier);
        trace.refusal(|| match fault.violations.first() {
            Some(first) => format!("{}: {} {}", fault.message, first.field, first.description),
            None => format!("{}: {}", fault.message, fault.details),
        });
    });
    tracing::debug!(
        status = body.status_code,
        code = body.code,
        method = %head.method,
        path = body.path,
        identifier = body.identifier,
        "refused"
    );
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = json_bytes(status, bytes);
    if matches!(fault.kind, FaultKind::PayloadTooLarge | FaultKind::RequestTimeout) {
        // The rest of that body may still come, and must not be taken for a request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(super) struct ErrorBody<'a> {
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status_code: u16,
    /// The kind of error, for programs.
    code: &'a str,
    /// What happened.
    message: &'a str,
    /// Where, and what to do.
    details: &'a str,
    /// That was asked for.
    path: &'a str,
    /// Of this error, to quote.
    #[schema(format = "uuid")]
    identifier: String,
    #[schema(format = "date-time")]
    timestamp: String,
    /// What is wrong with the body; there with a 422, and with nothing else.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "violations")]
    #[schema(value_type = Vec<OneViolation<'static>>, required = false)]
    violations: Option<&'a Vec<Violation>>,
}

/// One thing wrong with a body.
#[derive(Serialize, ToSchema)]
#[schema(as = Violation)]
struct OneViolation<'a> {
    /// As in `env.MAP` or `args[2]`; `body` for the whole.
    field: &'a str,
    description: &'a str,
}

fn violations<S: Serializer>(list: &Option<&Vec<Violation>>, serializer: S) -> Result<S::Ok, S::Error> {
    let list = list.map_or(&[][..], Vec::as_slice);
    serializer.collect_seq(list.iter().map(|one| OneViolation { field: &one.field, description: &one.description }))
}
