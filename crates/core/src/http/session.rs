//! `GET /session/{id}` and `DELETE /session/{id}`: describe and stop one session.

use super::{Answer, Method, RequestParts, encode};
use crate::error::Error;
use crate::model::{SessionDetails, SessionId};

/// Builds the request that describes a session.
pub fn describe_request(id: &SessionId) -> RequestParts {
    RequestParts::json(Method::Get, path(id))
}

/// Reads a described session.
///
/// # Errors
/// The [`Error`] that the status stands for; 404 when the session is not known.
pub fn read_description(answer: &Answer<'_>) -> Result<SessionDetails, Error> {
    answer.read(200, SessionDetails::read)
}

/// Builds the request that stops a session.
pub fn stop_request(id: &SessionId) -> RequestParts {
    RequestParts::json(Method::Delete, path(id))
}

/// Reads the answer to a stop.
///
/// # Errors
/// The [`Error`] that the status stands for; 404 when the session is not known, 409 when it has already ended.
pub fn read_stop(answer: &Answer<'_>) -> Result<(), Error> {
    match answer.status {
        // The API documents 204 only; any other plain success says the same.
        200..=299 => Ok(()),
        _ => Err(answer.failure()),
    }
}

fn path(id: &SessionId) -> String {
    encode::path("/session", [id.as_str()])
}
