//! `POST /session`: start a session.

use super::{Answer, Method, RequestParts};
use crate::check::{self, InvalidInput, MAX_REQUEST_BYTES};
use crate::error::{Error, Outcome};
use crate::model::{StartSession, StartedSession};

/// Builds the request.
///
/// # Errors
/// [`InvalidInput`] names the field that can't be sent.
pub fn request(start: &StartSession) -> Result<RequestParts, InvalidInput> {
    check_body(start)?;
    RequestParts::json(Method::Post, "/session".to_owned()).with_body(|body| start.write(body))
}

/// Checks every field of the body.
pub(crate) fn check_body(start: &StartSession) -> Result<(), InvalidInput> {
    check::name("location", &start.location)?;
    check_all_but_location(start)
}

/// Checks what does not depend on where the session will run.
pub(crate) fn check_all_but_location(start: &StartSession) -> Result<(), InvalidInput> {
    check::segment("image", &start.image)?;
    check::environment(&start.env)?;
    check::arguments(&start.args)?;
    check::labels(&start.labels)?;
    check::optional_name("version", start.version.as_deref())?;
    check::optional_name("external_id", start.external_id.as_deref())?;
    check_size(start)
}

/// Refuses what would be too large once it is written, wherever it goes.
fn check_size(start: &StartSession) -> Result<(), InvalidInput> {
    /// What JSON makes of one byte at most: `\u0001`.
    const MOST_ESCAPED: usize = 6;
    /// The names that stand once, and the fixed text.
    const REST: usize = 8 * check::MAX_NAME_BYTES;
    let pairs = start.env.iter().chain(&start.labels).flat_map(|(key, value)| [key, value]);
    let bytes: usize = pairs.chain(&start.args).map(|text| text.len() + 1).sum();
    // Nearly all are far below, so that they are not written twice.
    if bytes * MOST_ESCAPED + REST <= MAX_REQUEST_BYTES {
        return Ok(());
    }
    let longest = StartSession { location: "\"".repeat(check::MAX_NAME_BYTES), ..start.clone() };
    RequestParts::json(Method::Post, String::new()).with_body(|body| longest.write(body)).map(|_| ())
}

/// Reads the answer.
///
/// # Errors
/// The [`Error`] that the status stands for. An unreadable 201 has the outcome `unknown`: a server was started,
/// but its address is not known.
pub fn read(answer: &Answer<'_>) -> Result<StartedSession, Error> {
    let started: StartedSession = answer.read(201, StartedSession::read)?;
    if started.host.is_empty() {
        let mut error = super::answer::unreadable(201, "the host is empty");
        error.outcome = Outcome::Unknown;
        return Err(error);
    }
    Ok(started)
}
