//! Pings: the one kind of operation that the engine knows nothing of. It begins, is cancelled and ends here, with exactly one
//! terminal event like any other.

use std::collections::BTreeSet;

use matchport_core::engine::{Event, OperationId};
use matchport_core::error::{Error, ErrorCode, Outcome};

use super::Client;
use crate::events::Happening;
#[cfg(feature = "transport")]
use crate::events::Measured;
use crate::operations::ping::Question;
use crate::status::{Refused, matchport_status as Status};

/// Which are under way.
#[derive(Default)]
pub(super) struct Pings {
    under_way: BTreeSet<u64>,
    is_closed: bool,
}

impl Pings {
    pub(super) fn count(&self) -> usize {
        self.under_way.len()
    }
}

impl Client {
    /// Begins a ping and gives its number.
    pub(crate) fn ping(&mut self, question: Question) -> Result<u64, Refused> {
        if self.pings.is_closed {
            return Err(Status::ClosedClient.into());
        }
        let operation = self.last_operation + 1;
        self.carrier.ping(operation, question)?;
        self.last_operation = operation;
        self.pings.under_way.insert(operation);
        self.log.began(operation, "ping");
        Ok(operation)
    }

    /// The transport has measured.
    #[cfg(feature = "transport")]
    pub(crate) fn pinged(&mut self, operation: u64, measured: Vec<Measured>) {
        // Otherwise it was cancelled meanwhile.
        if self.pings.under_way.remove(&operation) {
            self.events.push(Happening::Pinged { operation, measured });
        }
    }

    /// Ends a ping; says whether there was one.
    pub(super) fn cancel_ping(&mut self, operation: u64) -> bool {
        let was_under_way = self.pings.under_way.remove(&operation);
        if was_under_way {
            self.end_ping(operation, ErrorCode::Cancelled, "the operation was cancelled");
        }
        was_under_way
    }

    /// Ends all pings, and takes no more.
    pub(super) fn close_pings(&mut self) {
        self.pings.is_closed = true;
        for operation in std::mem::take(&mut self.pings.under_way) {
            self.end_ping(operation, ErrorCode::ShutDown, "the client was shut down");
        }
    }

    fn end_ping(&mut self, operation: u64, code: ErrorCode, words: &str) {
        self.carrier.end_ping(operation);
        let failure = Box::new(Error::new(code, Outcome::Refused, words).into());
        let event = Event::Failed { operation: OperationId(operation), failure };
        self.log.event(&event);
        self.events.push(Happening::Engine(event));
    }
}
