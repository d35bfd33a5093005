//! The future of an allocation: drives it, and calls back on the way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use matchport_core::allocation::{Allocation, Failure, Phase, Progress, Ticket};
use matchport_core::engine::{Completion, Event};
use matchport_core::error::{Error, ErrorCode, Outcome};

use super::BoxError;
use crate::drive::{Running, Submission};
use crate::shared::Shared;
use crate::transport::BoxFuture;

type OnTicket<'a> = Box<dyn FnMut(Ticket) -> BoxFuture<'a, Result<(), BoxError>> + Send + 'a>;
type OnProgress<'a> = Box<dyn FnMut(Progress) + Send + 'a>;

/// Whom an allocation tells on its way.
#[derive(Default)]
pub(crate) struct Callbacks<'a> {
    on_ticket: Option<OnTicket<'a>>,
    on_progress: Option<OnProgress<'a>>,
}

impl<'a> Callbacks<'a> {
    pub(crate) fn on_ticket<F, Kept>(&mut self, mut keep: F)
    where
        F: FnMut(Ticket) -> Kept + Send + 'a,
        Kept: Future<Output = Result<(), BoxError>> + Send + 'a,
    {
        self.on_ticket = Some(Box::new(move |ticket| Box::pin(keep(ticket))));
    }

    pub(crate) fn on_progress(&mut self, tell: impl FnMut(Progress) + Send + 'a) {
        self.on_progress = Some(Box::new(tell));
    }
}

/// An allocation under way. Dropping it gives the allocation up: what may have been started is stopped in the
/// background (see the [crate's page](crate#dropping-cancels)).
#[must_use = "nothing happens until it is awaited"]
pub struct AllocateFuture<'a> {
    running: Running,
    callbacks: Callbacks<'a>,
    /// A ticket is being kept; until that is done nothing is sent.
    keeping: Option<Keeping<'a>>,
    /// Why a ticket could not be kept.
    not_kept: Option<BoxError>,
}

struct Keeping<'a> {
    kept: BoxFuture<'a, Result<(), BoxError>>,
    phase: Phase,
}

impl<'a> AllocateFuture<'a> {
    pub(crate) fn new(shared: &Arc<Shared>, submission: Submission, callbacks: Callbacks<'a>) -> Self {
        Self { running: Running::new(shared, submission), callbacks, keeping: None, not_kept: None }
    }

    fn ticket(&mut self, ticket: Box<Ticket>) {
        if let Some(on_ticket) = &mut self.callbacks.on_ticket {
            let phase = ticket.phase();
            self.keeping = Some(Keeping { kept: on_ticket(Ticket::clone(&ticket)), phase });
        }
        self.running.keep(ticket);
    }

    fn kept(&mut self, phase: Phase, result: Result<(), BoxError>) {
        let Err(error) = result else { return };
        match phase {
            Phase::Allocating => {
                self.running.ticket_not_kept();
                self.not_kept = Some(error);
            }
            // Not stopping what may run would be worse than not having noted it.
            Phase::Settling => tracing::warn!(%error, "a ticket could not be kept; settling goes on"),
        }
    }

    fn failed(&mut self, mut failure: Failure) -> Failure {
        if let (ErrorCode::TicketNotKept, Some(reason)) = (failure.error.code, self.not_kept.take()) {
            failure.error.message = format!("{}: {reason}", failure.error.message);
        }
        failure
    }
}

impl Future for AllocateFuture<'_> {
    type Output = Result<Allocation, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(keeping) = &mut self.keeping {
                let (result, phase) = (ready!(keeping.kept.as_mut().poll(context)), keeping.phase);
                self.keeping = None;
                self.kept(phase, result);
            }
            match ready!(self.running.poll_event(context)) {
                Event::Ticket { ticket, .. } => self.ticket(ticket),
                Event::Progress { progress, .. } => {
                    if let Some(on_progress) = &mut self.callbacks.on_progress {
                        on_progress(progress);
                    }
                }
                Event::Completed { completion: Completion::Allocated(allocation), .. } => {
                    return Poll::Ready(Ok(*allocation));
                }
                Event::Failed { failure, .. } => return Poll::Ready(Err(self.failed(*failure))),
                Event::Completed { .. } | Event::LogLine { .. } | Event::Data { .. } => {
                    let message = "the engine answered an allocation with something else; please report this";
                    let error = Error::new(ErrorCode::UnreadableResponse, Outcome::Unknown, message);
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
    }
}
