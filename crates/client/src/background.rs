//! Operations whose future was dropped: brought to their end by a task of their own on the runtime they began on, and
//! reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use matchport_core::allocation::{Allocation, Failure};
use matchport_core::engine::{Completion, Event, Operation};
use matchport_core::error::{Error, ErrorCode, Outcome};

use crate::drive::{Drive, Running};
use crate::settled::{Settled, SettledKind};
use crate::shared::Shared;

/// Goes on with a cancelled operation until its end.
pub(crate) fn go_on(drive: Drive, kind: SettledKind) {
    drive.shared.enter_background();
    let runtime = drive.runtime.clone();
    // On a runtime that has been shut down this drops the task at once, which reports what is left.
    runtime.spawn(Background { shared: Arc::clone(&drive.shared), kind, stage: Stage::Driving(Box::new(drive)) });
}

struct Background {
    shared: Arc<Shared>,
    kind: SettledKind,
    stage: Stage,
}

enum Stage {
    Driving(Box<Drive>),
    /// It had succeeded, and nobody was there to see it: the session is being stopped.
    Stopping {
        stop: Box<Running>,
        allocation: Box<Allocation>,
        drive: Box<Drive>,
    },
    Reported,
}

impl Future for Background {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let event = match &mut self.stage {
                Stage::Driving(drive) => ready!(drive.poll_event(context)),
                Stage::Stopping { stop, .. } => ready!(stop.poll_event(context)),
                Stage::Reported => return Poll::Ready(()),
            };
            self.take(event);
        }
    }
}

impl Background {
    fn take(&mut self, event: Event) {
        match (&mut self.stage, event) {
            (Stage::Driving(drive), Event::Ticket { ticket, .. }) => drive.ticket = Some(ticket),
            (Stage::Driving(_), Event::Failed { failure, .. }) => self.report(*failure),
            (Stage::Driving(_), Event::Completed { completion, .. }) => self.succeeded(completion),
            (Stage::Stopping { allocation, .. }, Event::Completed { .. }) => {
                let message = "the allocation was cancelled, and its session stopped";
                let error = Error::new(ErrorCode::Cancelled, Outcome::Accepted, message);
                let report = Some(Box::new(allocation.report.clone()));
                self.report(Failure { error, ticket: None, report });
            }
            (Stage::Stopping { allocation, drive, .. }, Event::Failed { failure, .. }) => {
                let report = Some(Box::new(allocation.report.clone()));
                let ticket = drive.ticket.clone();
                let error = failure.error.during("the allocation was cancelled, and its session could not be stopped");
                self.report(Failure { error, ticket, report });
            }
            _ => {}
        }
    }

    /// Only when a callback of the caller's panicked between two events: the session is not wanted any more.
    fn succeeded(&mut self, completion: Completion) {
        let stage = std::mem::replace(&mut self.stage, Stage::Reported);
        match (stage, completion) {
            (Stage::Driving(drive), Completion::Allocated(allocation)) => {
                let stop = Running::operation(&self.shared, Operation::Stop(allocation.id.clone()));
                self.stage = Stage::Stopping { stop: Box::new(stop), allocation, drive };
            }
            (stage, _) => {
                self.stage = stage;
                let message = "the operation had succeeded before it was cancelled";
                self.report(Error::new(ErrorCode::Cancelled, Outcome::Accepted, message).into());
            }
        }
    }

    fn report(&mut self, failure: Failure) {
        let newest_ticket = match std::mem::replace(&mut self.stage, Stage::Reported) {
            Stage::Driving(mut drive) | Stage::Stopping { mut drive, .. } => drive.ticket.take(),
            Stage::Reported => return,
        };
        let session = match (&failure.report, &newest_ticket) {
            (Some(report), _) => Some(report.session.clone()),
            (None, Some(ticket)) => Some(ticket.session().clone()),
            (None, None) => None,
        };
        let settled = Settled { kind: self.kind, session, failure, newest_ticket };
        log(&settled);
        let Some(on_settled) = &self.shared.on_settled else { return };
        // A panic of the caller's must not become an abort while something else unwinds.
        if catch_unwind(AssertUnwindSafe(|| on_settled(settled))).is_err() {
            tracing::error!("the callback given to on_settled panicked");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let end = match &mut self.stage {
            Stage::Driving(drive) => drive.take_end(),
            Stage::Stopping { .. } | Stage::Reported => None,
        };
        match (end, &mut self.stage) {
            (_, Stage::Reported) => {}
            (Some(Event::Failed { failure, .. }), _) => self.report(*failure),
            (_, Stage::Driving(drive) | Stage::Stopping { drive, .. }) => {
                let message = "the runtime ended before it was settled; keep the ticket and resume it";
                let error = Error::new(ErrorCode::ShutDown, Outcome::Unknown, message);
                let ticket = drive.ticket.clone();
                drive.forget();
                self.report(Failure { error, ticket, report: None });
            }
        }
        self.shared.leave_background();
    }
}

fn log(settled: &Settled) {
    let Settled { kind, session, failure, .. } = settled;
    let session = session.as_ref().map(|id| id.as_str());
    let code = failure.error.code.as_str();
    if settled.is_settled() {
        tracing::debug!(?kind, session, code, "settled in the background");
    } else {
        tracing::warn!(?kind, session, code, "not settled: a server may have been left running; keep the ticket");
    }
}
