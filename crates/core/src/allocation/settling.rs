//! Giving up without leaving a server behind: stop the id until the service says that it is gone, and look again
//! after a grace time when a start may still land.

use super::machine::Machine;
use super::report::{Action, Progress};
use super::state::State;
use super::ticket::Phase;
use crate::engine::{Context, Deadline, Step};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http::{self, Answer};

impl Machine {
    /// Ends the allocation for a reason, once it is sure that nothing is left. The first reason counts.
    pub(super) fn give_up(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        if self.giving_up.is_some() {
            return Step::Continue;
        }
        self.giving_up = Some(Box::new(error));
        for deadline in [Deadline::GiveUp, Deadline::Retry, Deadline::Poll, Deadline::Reopen] {
            context.clear(deadline);
        }
        context.set_in(Deadline::Settle, context.timing().settle_ms);
        if self.start_in_flight {
            // Its answer says for certain what became of it; without it only waiting would. The attempt's own
            // deadline bounds this.
            self.progress(Progress::Settling, context);
            return Step::Continue;
        }
        context.abort();
        self.settle(context)
    }

    /// Stops what may be there, or ends when nothing is.
    pub(super) fn settle(&mut self, context: &mut Context<'_>) -> Step {
        if !self.may_have_started {
            return self.end(false, context);
        }
        self.progress(Progress::Settling, context);
        self.failures = 0;
        self.stop(context)
    }

    /// Sends a stop.
    pub(super) fn stop(&mut self, context: &mut Context<'_>) -> Step {
        self.hand_out_ticket(Phase::Settling, context);
        context.clear(Deadline::Retry);
        context.send(http::session::stop_request(&self.id));
        self.enter(State::Stopping, context);
        Step::Continue
    }

    pub(super) fn stop_answered(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        let error = match http::session::read_stop(answer) {
            Ok(()) => {
                self.note(Action::Stop, Outcome::Accepted, Some(answer.status), None, None, context);
                return self.stopped(context);
            }
            Err(error) => self.answered_error(error, Action::Stop, answer, context),
        };
        match error.code {
            ErrorCode::NotFound | ErrorCode::Conflict if http::says_absent(answer) => self.stopped(context),
            ErrorCode::NotFound
            | ErrorCode::Conflict
            | ErrorCode::ServiceFault
            | ErrorCode::RateLimited
            | ErrorCode::Timeout => self.pause_stopping(error, context),
            // Without the permission to stop, nothing can be settled from here.
            _ => self.unsettled(context),
        }
    }

    /// The id is not running now. A start without a definite outcome may land yet, so that it is stopped once more
    /// after the grace time.
    fn stopped(&mut self, context: &mut Context<'_>) -> Step {
        if !std::mem::take(&mut self.may_still_land) {
            return self.end(false, context);
        }
        context.set_in(Deadline::Retry, context.timing().late_start_ms);
        self.enter(State::LateStartPause, context);
        Step::Continue
    }

    pub(super) fn pause_stopping(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        self.pause(State::StopPause, error, context)
    }

    /// Time is up, and it is not known whether something is left.
    pub(super) fn unsettled(&mut self, context: &mut Context<'_>) -> Step {
        self.end(true, context)
    }

    /// Ends the allocation. What the error says of the outcome is about the session, whichever request failed last.
    fn end(&mut self, unsettled: bool, context: &mut Context<'_>) -> Step {
        let outcome = self.outcome();
        let unknown = || Error::new(ErrorCode::DeadlineExceeded, outcome, "the allocation was given up");
        let mut error = self.giving_up.take().map_or_else(unknown, |error| *error);
        if matches!(
            error.code,
            ErrorCode::Cancelled | ErrorCode::ShutDown | ErrorCode::DeadlineExceeded | ErrorCode::TicketNotKept
        ) {
            // What became of the start may have been learnt since.
            error.outcome = outcome;
        }
        if self.starts == 0 && error.outcome != Outcome::Refused {
            error.outcome = outcome;
        }
        if unsettled {
            mark_unsettled(&mut error);
        }
        self.fail(error, unsettled, context)
    }
}

/// Whatever the last request was answered with, it is not known whether a server still runs.
pub(super) fn mark_unsettled(error: &mut Error) {
    error.outcome = Outcome::Unknown;
    error.message.push_str("; a server may have been left running: keep the ticket and resume it to settle");
}
