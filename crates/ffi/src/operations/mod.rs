//! Beginning operations: options in, number out. What can't be read is refused here; what the API would not take is found
//! by the core and ends the operation.

pub mod allocate;
pub mod backfill;
pub mod calls;
pub mod list;
pub mod ping;
pub mod resume;

use matchport_core::engine::Operation;
use matchport_core::model::SessionId;

use crate::boundary::{check_out, with_client, write};
use crate::client::Client;
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status as Status};
use crate::text::matchport_string;

/// Begins an operation and writes its number, which must have somewhere to go before anything begins.
fn begin(
    client: *mut matchport_client,
    operation: *mut u64,
    begin: impl FnOnce(&mut Client) -> Result<u64, Refused>,
) -> Status {
    with_client(client, |client| {
        check_out(operation, "operation")?;
        write(operation, 0, "operation")?;
        let number = begin(client)?;
        write(operation, number, "operation").map(|()| Status::Ok)
    })
}

/// An operation that needs no options.
fn submit(
    client: *mut matchport_client,
    operation: *mut u64,
    what: &str,
    read: impl FnOnce() -> Result<Operation, Refused>,
) -> Status {
    begin(client, operation, |client| client.submit(what, read()?))
}

/// The id of a session, as the service or a caller made it.
fn session_id(id: matchport_string, argument: &str) -> Result<SessionId, Refused> {
    SessionId::new(id.require(argument)?)
        .map_err(|error| Refused::new(Status::InvalidArgument, format!("{argument}: {error}")))
}
