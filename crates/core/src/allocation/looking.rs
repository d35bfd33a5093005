//! Looking at the session by its id: after a start whose outcome is not known, after a conflict, and until it is
//! running.

use super::machine::{Found, Machine};
use super::report::{Action, Progress};
use super::state::{Look, State};
use crate::engine::{Context, Deadline, Millis, Step};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http::{self, Answer};
use crate::model::SessionDetails;

/// The first pause between two looks at a session that is not running yet, in milliseconds. It grows by half each
/// time, up to the engine's `poll_ms`.
const FIRST_POLL_MS: Millis = 50;
/// Looks at an id that is used but not shown (its start may be in flight elsewhere) before that is final.
const MAX_CONFLICT_LOOKS: u32 = 8;

impl Machine {
    /// Describes the session.
    pub(super) fn look(&mut self, look: Look, context: &mut Context<'_>) -> Step {
        context.clear(Deadline::Poll);
        context.clear(Deadline::Retry);
        context.send(http::session::describe_request(&self.id));
        self.enter(State::Looking(look), context);
        Step::Continue
    }

    pub(super) fn looked(&mut self, look: Look, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        let error = match http::session::read_description(answer) {
            Ok(details) => {
                let status = self.shown(details.status.as_ref(), context);
                self.note(Action::Describe, Outcome::Accepted, Some(answer.status), None, status, context);
                self.failures = 0;
                return self.seen(look, details, context);
            }
            Err(error) => self.answered_error(error, Action::Describe, answer, context),
        };
        match error.code {
            ErrorCode::NotFound if http::says_absent(answer) => self.absent(look, error, context),
            // A gateway's page, a fault or a cut body says nothing about the session.
            ErrorCode::NotFound
            | ErrorCode::ServiceFault
            | ErrorCode::RateLimited
            | ErrorCode::Timeout
            | ErrorCode::UnreadableResponse => self.pause_looking(look, error, context),
            _ => self.give_up(error, context),
        }
    }

    pub(super) fn pause_looking(&mut self, look: Look, error: Error, context: &mut Context<'_>) -> Step {
        self.pause(State::LookPause(look), error, context)
    }

    /// The session exists.
    fn seen(&mut self, look: Look, details: SessionDetails, context: &mut Context<'_>) -> Step {
        if look != Look::Readiness {
            if let Some(mismatch) = self.mismatch(&details) {
                // It is somebody else's: stopping it is not ours to do.
                self.may_have_started = false;
                return self.give_up(mismatch, context);
            }
            self.adopt(&details);
        }
        let status = details.status.as_ref();
        if let Some(status) = status.filter(|status| status.is_closing()) {
            let message = format!("the session ended before it could be joined: it is {status}");
            if status.is_ended() {
                self.may_have_started = self.may_still_land;
            }
            return self.give_up(Error::new(ErrorCode::SessionEnded, Outcome::Accepted, message), context);
        }
        let ready = self.is_ready(status);
        let changed = match &mut self.found {
            Some(found) => found.update(details),
            None => false,
        };
        if ready && self.found.as_ref().is_some_and(|found| !found.host.is_empty()) {
            return self.complete(context);
        }
        if changed {
            let status = self.shown(self.found.as_ref().and_then(|found| found.status.as_ref()), context);
            self.progress(Progress::WaitingUntilRunning { status }, context);
        }
        self.poll_later(context)
    }

    /// Why a session with this id is not the one that was asked for.
    fn mismatch(&self, details: &SessionDetails) -> Option<Error> {
        let asked = &self.plan.start.image;
        let what = if details.image != *asked {
            format!("image {:?} instead of {asked:?}", details.image)
        } else if !self.asked_for(&details.location) {
            format!("location {:?}, which was not asked for", details.location)
        } else {
            return None;
        };
        let message = format!("the session id {} is used by a session with {what}", self.id);
        let mut error = Error::new(ErrorCode::Conflict, Outcome::Refused, message);
        error.status = Some(409);
        Some(error)
    }

    /// Any location of the placement was asked for: another matchmaker may have come to another order for the same
    /// match. With a ticket from before placement, all were.
    fn asked_for(&self, location: &str) -> bool {
        self.places.are_unknown() || self.places.find(location).is_some()
    }

    fn adopt(&mut self, details: &SessionDetails) {
        self.may_still_land = false;
        self.report.adopted = true;
        self.last_error = None;
        self.found = Some(Found {
            location: details.location.clone(),
            host: details.host.clone(),
            ports: details.ports.clone(),
            status: None,
            missing_since: None,
        });
    }

    /// The service does not know the session.
    fn absent(&mut self, look: Look, error: Error, context: &mut Context<'_>) -> Step {
        match look {
            Look::InDoubt if self.places.are_unknown() => self.locate(context),
            Look::InDoubt => self.pause(State::StartPause, error, context),
            Look::Conflict => {
                self.conflict_looks += 1;
                if self.conflict_looks < MAX_CONFLICT_LOOKS {
                    return self.pause_looking(look, error, context);
                }
                let message = format!("the session id {} is used, by a session that is not known any more", self.id);
                let mut error = Error::new(ErrorCode::Conflict, Outcome::Refused, message);
                error.status = Some(409);
                self.give_up(error, context)
            }
            Look::Readiness => {
                let now = context.now();
                let visible_ms = context.timing().visible_ms;
                let since = self.found.as_mut().map_or(now, |found| *found.missing_since.get_or_insert(now));
                if now.saturating_sub(since) < visible_ms {
                    return self.poll_later(context);
                }
                let message = "the session was started, but the service does not know it any more";
                self.give_up(Error::new(ErrorCode::SessionEnded, Outcome::Accepted, message), context)
            }
        }
    }

    fn poll_later(&mut self, context: &mut Context<'_>) -> Step {
        self.polls = self.polls.saturating_add(1);
        let mut pause = FIRST_POLL_MS;
        for _ in 1..self.polls.min(32) {
            pause += pause / 2;
        }
        context.set_in(Deadline::Poll, pause.min(context.timing().poll_ms));
        self.enter(State::LookPause(Look::Readiness), context);
        Step::Continue
    }
}

impl Found {
    /// Takes what a description says; true when the status is another than before.
    fn update(&mut self, details: SessionDetails) -> bool {
        let changed = self.status != details.status;
        self.status = details.status;
        self.missing_since = None;
        if self.host.is_empty() {
            self.host = details.host;
        }
        if self.ports.is_empty() {
            self.ports = details.ports;
        }
        changed
    }
}
