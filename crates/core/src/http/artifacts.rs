//! `GET /artifacts`: files of an ended session, as a `.tar.gz`.

use super::{Method, RequestParts, ResponseMode, encode};
use crate::check::{self, InvalidInput};
use crate::model::SessionId;

/// Longest path inside a container, in bytes: the most that Linux takes.
pub const MAX_PATH_BYTES: usize = 4096;

/// Builds the request. `path` is absolute inside the container; a folder comes whole.
///
/// # Errors
/// [`InvalidInput`] for `path`: empty, too long, not absolute, or climbing with `..`.
pub fn request(session: &SessionId, path: &str) -> Result<RequestParts, InvalidInput> {
    check::name_up_to("path", path, MAX_PATH_BYTES)?;
    if !path.starts_with('/') {
        return Err(InvalidInput::other("path", "must be absolute inside the container, such as /logs/result.json"));
    }
    if path.split('/').any(|part| part == "..") {
        return Err(InvalidInput::other("path", "must not climb with '..'"));
    }
    let mut target = "/artifacts".to_owned();
    let mut query = encode::Query::on(&mut target);
    query.pair("session", session.as_str());
    query.pair("path", path);
    let response = ResponseMode::Stream;
    Ok(RequestParts { method: Method::Get, path: target, body: None, accept: "application/x-tar", response })
}
