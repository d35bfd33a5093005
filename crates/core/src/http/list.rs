//! `GET /session`: list sessions.

use matchport_json::{Error as JsonError, Reader};

use super::{Answer, MAX_LIST_BYTES, Method, RequestParts, ResponseMode, encode};
use crate::check::{self, InvalidInput, InvalidReason};
use crate::error::Error;
use crate::model::{SessionFilter, SessionSummary};

/// Longest path with its query, in bytes, percent-encoded: what HTTP libraries and servers take at most.
pub const MAX_PATH_BYTES: usize = 32 * 1024;

/// Builds the request.
///
/// # Errors
/// [`InvalidInput`] names the part of the filter that can't be sent.
pub fn request(filter: &SessionFilter) -> Result<RequestParts, InvalidInput> {
    let mut path = "/session".to_owned();
    let mut query = encode::Query::on(&mut path);
    if filter.all {
        query.pair("all", "true");
    }
    let exact =
        [("location", &filter.location), ("image", &filter.image), ("tag", &filter.tag), ("host", &filter.host)];
    for (key, value) in exact {
        if let Some(value) = value {
            check::name(key, value)?;
            query.pair(key, value);
        }
    }
    if let Some(limit) = filter.players_below {
        query.pair("playerCount[lt]", &limit.to_string());
    }
    if let Some(limit) = filter.players_above {
        query.pair("playerCount[gt]", &limit.to_string());
    }
    let labels = [("filter", "having", &filter.having), ("filterNot", "not_having", &filter.not_having)];
    for (name, field, pairs) in labels {
        check::count(field, pairs.len())?;
        for (key, value) in pairs {
            let entry = || check::entry(field, key);
            check::name_in(entry, key)?;
            check::value(entry, value, true)?;
            query.keyed_pair(name, key, value);
        }
    }
    if path.len() > MAX_PATH_BYTES {
        return Err(InvalidInput::new("filter", InvalidReason::TooLong { max_bytes: MAX_PATH_BYTES }));
    }
    let mut parts = RequestParts::json(Method::Get, path);
    parts.response = ResponseMode::Whole { max_bytes: MAX_LIST_BYTES };
    Ok(parts)
}

/// Reads all entries.
///
/// # Errors
/// The [`Error`] that the status stands for.
pub fn read(answer: &Answer<'_>) -> Result<Vec<SessionSummary>, Error> {
    answer.read(200, |reader| {
        let mut sessions = Vec::new();
        each_session(reader, &mut |reader| {
            sessions.push(SessionSummary::read(reader)?);
            Ok(())
        })?;
        Ok(sessions)
    })
}

/// Goes over the entries of a list. Some encoders write an empty one as `null`.
pub(crate) fn each_session(
    reader: &mut Reader<'_>,
    entry: &mut dyn FnMut(&mut Reader<'_>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    let mut found = false;
    reader.begin_object()?;
    while let Some(key) = reader.key()? {
        if key != "sessions" {
            reader.skip()?;
            continue;
        }
        found = true;
        if !reader.null()? {
            reader.begin_list()?;
            while reader.item()? {
                entry(reader)?;
            }
        }
    }
    if found { Ok(()) } else { Err(reader.missing("sessions")) }
}
