//! `GET /logs`: what a game server wrote to stdout and stderr, as text, followed while it runs.

use super::{Method, RequestParts, ResponseMode, encode};
use crate::model::SessionId;

/// Builds the request. The answer is a stream of lines that ends when the log does, or, with `follow`, when the
/// session ends.
pub fn request(session: &SessionId, follow: bool) -> RequestParts {
    let mut path = "/logs".to_owned();
    let mut query = encode::Query::on(&mut path);
    query.pair("id", session.as_str());
    if follow {
        query.pair("follow", "true");
    }
    RequestParts { method: Method::Get, path, body: None, accept: "text/plain", response: ResponseMode::Stream }
}
