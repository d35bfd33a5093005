//! The builder that goes on with an allocation from its ticket.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use matchport_core::allocation::{Allocation, Failure, Progress, ResumeOptions, Ticket};

use super::{AllocateFuture, BoxError, Callbacks};
use crate::drive::Submission;
use crate::shared::{Shared, milliseconds};

/// An allocation that was begun elsewhere: by a process that has ended, on another machine, in another language. It
/// first looks for the session, and starts it only when it is not there, with the same id.
#[must_use = "nothing happens until it is awaited"]
pub struct Resume<'a> {
    shared: Arc<Shared>,
    ticket: Ticket,
    options: ResumeOptions,
    callbacks: Callbacks<'a>,
}

impl<'a> Resume<'a> {
    pub(crate) fn new(shared: &Arc<Shared>, ticket: Ticket) -> Self {
        let shared = Arc::clone(shared);
        Self { shared, ticket, options: ResumeOptions::default(), callbacks: Callbacks::default() }
    }

    /// The environment of the game server, when the ticket holds only its names. All of them must be there.
    pub fn env<Name: Into<String>, Value: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.options.env.get_or_insert_default().extend(variables);
        self
    }

    /// How long to try, 1 ms to one day. What the ticket had left, unless told otherwise.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline_ms = Some(milliseconds(deadline));
        self
    }

    /// Settles instead of allocating: makes sure that no server is left. It then always ends with a [`Failure`]; one
    /// that holds no ticket says that nothing is left.
    pub fn settle(mut self) -> Self {
        self.options.settle = true;
        self
    }

    /// Hands out each new [`Ticket`]. See [`Allocate::on_ticket`](super::Allocate::on_ticket).
    pub fn on_ticket<F, Kept>(mut self, keep: F) -> Self
    where
        F: FnMut(Ticket) -> Kept + Send + 'a,
        Kept: Future<Output = Result<(), BoxError>> + Send + 'a,
    {
        self.callbacks.on_ticket(keep);
        self
    }

    /// Tells what the allocation is doing. Called while it is awaited; it should be quick.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.callbacks.on_progress(tell);
        self
    }
}

impl<'a> IntoFuture for Resume<'a> {
    type Output = Result<Allocation, Failure>;
    type IntoFuture = AllocateFuture<'a>;

    fn into_future(self) -> AllocateFuture<'a> {
        let submission = Submission::Resume(Box::new(self.ticket), Box::new(self.options));
        AllocateFuture::new(&self.shared, submission, self.callbacks)
    }
}
