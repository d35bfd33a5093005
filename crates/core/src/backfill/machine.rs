//! The state machine of one backfill: list, join the best, and when it turns out to be overbooked, leave and join
//! the next. However it ends, the players are in the session that is reported, or in none, or the failure says that it
//! is not known.
//!
//! ```text
//!   New ─▶ Listing ⇄ ListPause
//!             │ best        ┌── 404, nothing in doubt: next best ──┐
//!             ▼             │                                      │
//!          Joining ⇄ JoinPause                                     │
//!             │ fits ─▶ done                                       │
//!             │ overbooked, cancel, deadline                       │
//!             ▼                                                    │
//!          Leaving ⇄ LeavePause ── out ─▶ LatePause, if a join or leave may still land, then Leaving
//!             └── out, nothing in doubt ─▶ next best, or failed
//! ```

use std::collections::VecDeque;

use super::request::{BackfillRequest, Backfilled};
use super::select::{OpenSession, best_sessions};
use crate::allocation::Failure;
use crate::check::InvalidInput;
use crate::engine::{Completion, Context, Deadline, Entropy, Signal, Step, TransportFailure, words_for};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http::{self, Answer, RequestParts};
use crate::model::{PlayerCount, SessionFilter};
use crate::retry::Jitter;

/// How many sessions of one list are tried. Each that fails was filled up by somebody since.
const MOST_CANDIDATES: usize = 10;

/// One backfill.
pub(crate) struct Machine {
    request: BackfillRequest,
    list: RequestParts,
    leave: RequestParts,
    state: State,
    candidates: VecDeque<OpenSession>,
    /// The session that is being joined.
    joining: Option<OpenSession>,
    /// A join has been sent.
    joins_sent: bool,
    /// A join or leave has no definite outcome: it may still land, after whatever is sent later.
    in_doubt: bool,
    passed_over: u32,
    failures: u32,
    giving_up: Option<Box<Error>>,
    last_error: Option<Box<Error>>,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Listing,
    ListPause,
    Joining,
    JoinPause,
    /// Taking the players out again, of a session that was overbooked or because the backfill is given up.
    Leaving,
    LeavePause,
    /// The players are out; waiting for what may still land before they are taken out once more.
    LatePause,
}

impl Machine {
    pub(crate) fn new(request: BackfillRequest, entropy: Entropy) -> Result<Self, InvalidInput> {
        request.check()?;
        // The service does the first cut: a session with this many players still has room for all of them.
        let room_below = request.capacity - request.players.len() as u32 + 1;
        let list = http::list::request(&SessionFilter {
            image: Some(request.image.clone()),
            // More than one location can't be asked for at once; the rest of the choice is made here.
            location: request.locations.as_ref().and_then(|locations| match &locations[..] {
                [location] => Some(location.clone()),
                _ => None,
            }),
            tag: request.version.clone(),
            players_below: Some(room_below),
            having: request.having.clone(),
            not_having: request.not_having.clone(),
            ..SessionFilter::default()
        })?;
        let leave = http::players::leave_request(&request.players)?;
        Ok(Self {
            request,
            list,
            leave,
            state: State::New,
            candidates: VecDeque::new(),
            joining: None,
            joins_sent: false,
            in_doubt: false,
            passed_over: 0,
            failures: 0,
            giving_up: None,
            last_error: None,
            jitter: Jitter::new(entropy.seed()),
        })
    }

    /// Who is to be put into a session.
    pub(crate) fn players(&self) -> &[String] {
        &self.request.players
    }

    /// What a signal does. The one place that says so.
    pub(crate) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        use State::*;
        match (self.state, signal) {
            (New, Signal::Begin) => {
                context.set_in(Deadline::GiveUp, self.request.deadline_ms);
                self.list(context)
            }
            (Listing, Signal::Answer(answer)) => self.listed(&answer, context),
            (Listing, Signal::Failed(failure)) => self.pause_listing(failure.into(), context),
            (ListPause, Signal::Due(Deadline::Retry)) => self.retry(Self::list, context),
            (Joining, Signal::Answer(answer)) => self.joined(&answer, context),
            (Joining, Signal::Failed(failure)) => self.join_broke(failure, context),
            (JoinPause, Signal::Due(Deadline::Retry)) => self.retry(Self::join, context),
            (Leaving, Signal::Answer(answer)) => self.left(&answer, context),
            (Leaving, Signal::Failed(failure)) => self.pause(LeavePause, failure.into(), context),
            (LeavePause, Signal::Due(Deadline::Retry)) => self.retry(Self::leave, context),
            (LatePause, Signal::Due(Deadline::Retry)) => {
                self.in_doubt = false;
                self.leave(context)
            }
            (_, Signal::Due(Deadline::Settle)) => self.end(),
            (_, Signal::Due(Deadline::GiveUp)) => self.ended_early(ErrorCode::DeadlineExceeded, context),
            (_, Signal::Cancel(code)) => self.ended_early(code, context),
            (New | Listing | ListPause | Joining | JoinPause | Leaving | LeavePause | LatePause, _) => Step::Continue,
        }
    }

    fn list(&mut self, context: &mut Context<'_>) -> Step {
        self.state = State::Listing;
        context.send(self.list.clone());
        Step::Continue
    }

    fn listed(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        match best_sessions(answer, &self.request, MOST_CANDIDATES) {
            Ok(sessions) => {
                self.candidates = sessions.into();
                self.next(context)
            }
            Err(error) => self.pause_listing(error, context),
        }
    }

    fn pause_listing(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        if may_help_again(&error) { self.pause(State::ListPause, error, context) } else { self.give_up(error, context) }
    }

    /// Joins the next best session. The players are in none.
    fn next(&mut self, context: &mut Context<'_>) -> Step {
        self.failures = 0;
        self.last_error = None;
        self.joining = self.candidates.pop_front();
        if self.joining.is_some() {
            return self.join(context);
        }
        let players = self.request.players.len();
        let message = match self.passed_over {
            0 => format!("no running session has {players} open slots"),
            1 => format!("the best session with {players} open slots was filled up or ended meanwhile"),
            passed => format!("the {passed} best sessions with {players} open slots were filled up or ended meanwhile"),
        };
        self.give_up(Error::new(ErrorCode::NoOpenSession, Outcome::Refused, message), context)
    }

    fn join(&mut self, context: &mut Context<'_>) -> Step {
        let Some(session) = &self.joining else { return self.next(context) };
        match http::players::join_request(&session.id, &self.request.players) {
            Ok(parts) => context.send(parts),
            Err(invalid) => return self.give_up(invalid.into(), context),
        }
        self.joins_sent = true;
        self.state = State::Joining;
        Step::Continue
    }

    fn joined(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        let error = match http::players::read(answer) {
            Ok(PlayerCount { count, .. }) if count <= self.request.capacity && self.giving_up.is_none() => {
                return self.complete(count);
            }
            Ok(_) => {
                self.passed_over = self.passed_over.saturating_add(1);
                self.failures = 0;
                return self.leave(context);
            }
            Err(error) => error,
        };
        if error.code == ErrorCode::NotFound && self.giving_up.is_none() {
            self.passed_over = self.passed_over.saturating_add(1);
            // An earlier join may have put them into a session that is not to be joined any more.
            return if self.in_doubt { self.leave(context) } else { self.next(context) };
        }
        self.join_failed(error, context)
    }

    fn join_broke(&mut self, failure: TransportFailure, context: &mut Context<'_>) -> Step {
        self.join_failed(failure.into(), context)
    }

    fn join_failed(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        // An answer that can't be read is one: the players are in, but how many there are is not known.
        let may_still_land = error.outcome == Outcome::Unknown && error.code != ErrorCode::UnreadableResponse;
        self.in_doubt |= may_still_land;
        if self.giving_up.is_some() {
            let joined = self.in_doubt || error.outcome == Outcome::Unknown;
            return if joined { self.leave(context) } else { self.out(context) };
        }
        // A join can be repeated: the players are in the session afterwards, once.
        if may_help_again(&error) {
            return self.pause(State::JoinPause, error, context);
        }
        if error.outcome != Outcome::Unknown && !self.in_doubt {
            self.joining = None;
        }
        self.give_up(error, context)
    }

    fn complete(&mut self, count: u32) -> Step {
        let Some(session) = self.joining.take() else {
            return Step::failed(Error::new(ErrorCode::NoOpenSession, Outcome::Unknown, "joined no session"));
        };
        let endpoint = session.ports.only().ok().map(|port| crate::allocation::endpoint(&session.host, port));
        let OpenSession { id, location, host, ports, .. } = session;
        let passed_over = self.passed_over;
        Step::completed(Completion::Backfilled(Box::new(Backfilled {
            id,
            location,
            host,
            ports,
            endpoint,
            count,
            passed_over,
        })))
    }

    fn leave(&mut self, context: &mut Context<'_>) -> Step {
        self.state = State::Leaving;
        context.send(self.leave.clone());
        Step::Continue
    }

    fn left(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        match http::players::read(answer) {
            Ok(_) => self.out(context),
            // Nobody of them is in any session.
            Err(error) if error.code == ErrorCode::NotFound => self.out(context),
            // They have left; how many are there now does not matter.
            Err(error) if error.code == ErrorCode::UnreadableResponse => self.out(context),
            Err(error) if may_help_again(&error) => self.pause(State::LeavePause, error, context),
            Err(error) => {
                self.giving_up.get_or_insert(Box::new(error));
                self.end()
            }
        }
    }

    /// The players are in no session. What may still land is waited for: a late join would put them back, and a late
    /// leave would take them out of the next session.
    fn out(&mut self, context: &mut Context<'_>) -> Step {
        if self.in_doubt {
            self.state = State::LatePause;
            context.set_in(Deadline::Retry, context.timing().late_start_ms);
            return Step::Continue;
        }
        self.joining = None;
        if self.giving_up.is_some() { self.end() } else { self.next(context) }
    }

    fn ended_early(&mut self, code: ErrorCode, context: &mut Context<'_>) -> Step {
        let last = self.last_error.take().map(|error| *error);
        self.give_up(Error::ended_early(code, words_for(code), last, true), context)
    }

    /// Ends the backfill for a reason, once the players are out. The first reason counts.
    fn give_up(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        if self.giving_up.is_some() {
            return Step::Continue;
        }
        self.giving_up = Some(Box::new(error));
        context.clear(Deadline::GiveUp);
        if !self.may_be_joined() {
            return self.end();
        }
        context.set_in(Deadline::Settle, context.timing().settle_ms);
        match self.state {
            // Its answer says for certain what became of it; without it only waiting would. The attempt's own
            // deadline bounds this.
            State::Joining | State::Leaving if context.in_flight() => Step::Continue,
            State::LatePause => Step::Continue,
            _ => {
                context.clear(Deadline::Retry);
                self.failures = 0;
                self.leave(context)
            }
        }
    }

    /// Whether the players may be in the session that is being joined.
    fn may_be_joined(&self) -> bool {
        match self.state {
            State::New | State::Listing | State::ListPause => false,
            State::JoinPause => self.in_doubt,
            State::Joining | State::Leaving | State::LeavePause | State::LatePause => self.joining.is_some(),
        }
    }

    /// Ends at once, for a shutdown that can't wait any longer.
    pub(crate) fn abandon(&mut self) -> Failure {
        let code = ErrorCode::ShutDown;
        let mut error =
            self.giving_up.take().map_or_else(|| Error::new(code, Outcome::Unknown, words_for(code)), |error| *error);
        match self.joining.as_ref().filter(|_| self.may_be_joined()) {
            Some(session) => {
                error.outcome = Outcome::Unknown;
                let still = format!("; the players may still be in session {}: call leave for them", session.id);
                error.message.push_str(&still);
            }
            None if self.joins_sent || error.outcome == Outcome::Refused => error.outcome = Outcome::Refused,
            None => error.outcome = Outcome::NotSent,
        }
        error.into()
    }

    fn end(&mut self) -> Step {
        Step::failed(self.abandon())
    }

    /// Waits before trying again, longer with each failure in a row.
    fn pause(&mut self, state: State, error: Error, context: &mut Context<'_>) -> Step {
        self.in_doubt |= state != State::ListPause && error.outcome == Outcome::Unknown;
        self.failures = self.failures.saturating_add(1);
        let delay = context.backoff().delay(self.failures, error.retry_after_ms, &mut self.jitter);
        self.last_error = Some(Box::new(error));
        self.state = state;
        context.set_in(Deadline::Retry, delay);
        Step::Continue
    }

    fn retry(&mut self, again: fn(&mut Self, &mut Context<'_>) -> Step, context: &mut Context<'_>) -> Step {
        if context.may_retry(&mut self.jitter) { again(self, context) } else { Step::Continue }
    }
}

fn may_help_again(error: &Error) -> bool {
    use ErrorCode::{RateLimited, ServiceFault, Timeout, Transport};
    matches!(error.code, ServiceFault | RateLimited | Timeout | Transport)
}
