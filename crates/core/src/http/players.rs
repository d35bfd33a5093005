//! `PUT /session/player/join` and `DELETE /session/player/leave`.

use matchport_json::Writer;

use super::{Answer, Method, RequestParts};
use crate::check::{self, InvalidInput};
use crate::error::Error;
use crate::model::{PlayerCount, SessionId};

/// Builds the request that puts players into a session.
///
/// # Errors
/// [`InvalidInput`] for `players`: none, one twice, or one that is no name.
pub fn join_request(session: &SessionId, players: &[String]) -> Result<RequestParts, InvalidInput> {
    check::players(players)?;
    RequestParts::json(Method::Put, "/session/player/join".to_owned()).with_body(|body| {
        body.begin_object();
        body.key("session");
        body.text(session.as_str());
        write_players(body, players);
        body.end_object();
    })
}

/// Builds the request that takes players out of whatever session they are in. It has a body, though it is a
/// `DELETE`.
///
/// # Errors
/// [`InvalidInput`] for `players`: none, one twice, or one that is no name.
pub fn leave_request(players: &[String]) -> Result<RequestParts, InvalidInput> {
    check::players(players)?;
    RequestParts::json(Method::Delete, "/session/player/leave".to_owned()).with_body(|body| {
        body.begin_object();
        write_players(body, players);
        body.end_object();
    })
}

fn write_players(body: &mut Writer, players: &[String]) {
    body.key("players");
    body.texts(players);
}

/// Reads the answer to either.
///
/// # Errors
/// The [`Error`] that the status stands for; 404 when the session is not known.
pub fn read(answer: &Answer<'_>) -> Result<PlayerCount, Error> {
    answer.read(200, PlayerCount::read)
}
