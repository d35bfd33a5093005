//! Operations that are one request, and the two streams.

use matchport_core::engine::Operation;

use super::{session_id, submit};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status};
use crate::text::{matchport_string, strings};

/// Asks for the state of a session; ends with DESCRIBED.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_describe(
    client: *mut matchport_client,
    session: matchport_string,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "describe", || Ok(Operation::Describe(session_id(session, "session")?)))
}

/// Stops a session: its game server gets SIGTERM, and time to save its state. Ends with STOPPED.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_stop(
    client: *mut matchport_client,
    session: matchport_string,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "stop", || Ok(Operation::Stop(session_id(session, "session")?)))
}

/// Puts players into a session; ends with PLAYERS.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_join(
    client: *mut matchport_client,
    session: matchport_string,
    players: *const matchport_string,
    player_count: usize,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "join", || {
        let session = session_id(session, "session")?;
        Ok(Operation::Join { session, players: some_strings(players, player_count)? })
    })
}

/// Takes players out of whatever session they are in; ends with PLAYERS.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_leave(
    client: *mut matchport_client,
    players: *const matchport_string,
    player_count: usize,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "leave", || Ok(Operation::Leave { players: some_strings(players, player_count)? }))
}

/// Asks which locations offer an image, with addresses to ping; ends with LOCATIONS. The game's clients ping them, and what
/// they measure goes into matchport_client_allocate().
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_locations(
    client: *mut matchport_client,
    image: matchport_string,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "locations", || Ok(Operation::Locations { image: image.require("image")? }))
}

/// Asks whether an image has a tag in a location; ends with TAG_EXISTS.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_tag_exists(
    client: *mut matchport_client,
    location: matchport_string,
    image: matchport_string,
    version: matchport_string,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "tag exists", || {
        let (location, image) = (location.require("location")?, image.require("image")?);
        Ok(Operation::TagExists { location, image, version: version.require("version")? })
    })
}

/// Reads the log of a session as LOG_LINE events; ends with STREAMED. With `follow` not 0 it stays until the session ends,
/// or the operation is cancelled. Lines come as fast as their bytes do: a host whose HTTP hands over nothing before an answer
/// is whole gets the lines of a log that is followed when the session has ended.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_logs(
    client: *mut matchport_client,
    session: matchport_string,
    follow: i32,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "logs", || {
        Ok(Operation::Logs { session: session_id(session, "session")?, follow: follow != 0 })
    })
}

/// Reads a file or folder of a session that has ended as DATA events, which make a .tar.gz together; ends with STREAMED.
/// `path` is absolute inside the container.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_artifact(
    client: *mut matchport_client,
    session: matchport_string,
    path: matchport_string,
    operation: *mut u64,
) -> matchport_status {
    submit(client, operation, "artifact", || {
        Ok(Operation::Artifact { session: session_id(session, "session")?, path: path.require("path")? })
    })
}

fn some_strings(players: *const matchport_string, player_count: usize) -> Result<Vec<String>, Refused> {
    Ok(strings(players, player_count, "players")?.unwrap_or_default())
}
