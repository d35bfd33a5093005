//! What is reported of operations whose future was dropped.

use matchport_core::allocation::{Failure, Ticket};
use matchport_core::error::ErrorCode;
use matchport_core::model::SessionId;

/// What became of an allocation or backfill whose future was dropped, for
/// [`ClientBuilder::on_settled`](crate::ClientBuilder::on_settled).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settled {
    /// What it was.
    pub kind: SettledKind,
    /// The session of an allocation.
    pub session: Option<SessionId>,
    /// How it ended: [`ErrorCode::Cancelled`] as a rule. For an allocation that could not be settled it holds the
    /// ticket to keep, like any other failure.
    pub failure: Failure,
    /// The newest ticket that was handed out, whether or not it is still needed.
    pub newest_ticket: Option<Box<Ticket>>,
}

/// What was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettledKind {
    /// An allocation, a start or a resumed one.
    Allocation,
    /// A backfill.
    Backfill,
}

impl Settled {
    /// Whether it is certain that no server was left running: otherwise keep [`Settled::unsettled_ticket`].
    pub fn is_settled(&self) -> bool {
        self.failure.ticket.is_none() && self.failure.error.code != ErrorCode::ShutDown
    }

    /// The ticket to keep when a server may have been left running.
    pub fn unsettled_ticket(&self) -> Option<&Ticket> {
        self.failure.ticket.as_deref()
    }
}
