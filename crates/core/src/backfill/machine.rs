//! The state machine of one backfill: list, join the best, and when it turns out to be overbooked, leave and join
//! the next. However it ends, the players are in the session that is reported, or in none.

use std::collections::VecDeque;

use super::request::{BackfillRequest, Backfilled};
use super::select::{OpenSession, best_sessions};
use crate::allocation::Failure;
use crate::check::InvalidInput;
use crate::engine::{Completion, Context, Deadline, Entropy, Signal, Step, words_for};
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
            (Listing, Signal::Failed(failure)) => self.pause(ListPause, failure.into(), context),
            (ListPause, Signal::Due(Deadline::Retry)) => self.retry(Self::list, context),
            (Joining, Signal::Answer(answer)) => self.joined(&answer, context),
            (Joining, Signal::Failed(failure)) => self.pause(JoinPause, failure.into(), context),
            (JoinPause, Signal::Due(Deadline::Retry)) => self.retry(Self::join, context),
            (Leaving, Signal::Answer(answer)) => self.left(&answer, context),
            (Leaving, Signal::Failed(failure)) => self.pause(LeavePause, failure.into(), context),
            (LeavePause, Signal::Due(Deadline::Retry)) => self.retry(Self::leave, context),
            (_, Signal::Due(Deadline::Settle)) => self.end(true),
            (_, Signal::Due(Deadline::GiveUp)) => {
                let error = self.last_error.take().map_or_else(
                    || {
                        Error::new(
                            ErrorCode::DeadlineExceeded,
                            Outcome::Unknown,
                            words_for(ErrorCode::DeadlineExceeded),
                        )
                    },
                    |error| error.during("the backfill did not finish in time; the last attempt failed"),
                );
                self.give_up(error, context)
            }
            (_, Signal::Cancel(code)) => self.give_up(Error::new(code, Outcome::Unknown, words_for(code)), context),
            (New | Listing | ListPause | Joining | JoinPause | Leaving | LeavePause, _) => Step::Continue,
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
                self.failures = 0;
                self.candidates = sessions.into();
                self.next(context)
            }
            Err(error) if may_help_again(&error) => self.pause(State::ListPause, error, context),
            Err(error) => Step::failed(error),
        }
    }

    /// Joins the next best session.
    fn next(&mut self, context: &mut Context<'_>) -> Step {
        if let Some(session) = self.candidates.pop_front() {
            self.joining = Some(session);
            return self.join(context);
        }
        let players = self.request.players.len();
        let message = match self.passed_over {
            0 => format!("no running session has {players} open slots"),
            passed => {
                format!("no running session has {players} open slots; {passed} were filled up or ended meanwhile")
            }
        };
        Step::failed(Error::new(ErrorCode::NoOpenSession, Outcome::Refused, message))
    }

    fn join(&mut self, context: &mut Context<'_>) -> Step {
        let Some(session) = &self.joining else { return self.next(context) };
        match http::players::join_request(&session.id, &self.request.players) {
            Ok(parts) => context.send(parts),
            Err(invalid) => return Step::failed(Error::from(invalid)),
        }
        self.state = State::Joining;
        Step::Continue
    }

    fn joined(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        match http::players::read(answer) {
            Ok(PlayerCount { count, .. }) if count <= self.request.capacity => self.complete(count),
            Ok(_) => {
                self.passed_over += 1;
                self.failures = 0;
                self.leave(context)
            }
            Err(error) if error.code == ErrorCode::NotFound && http::says_absent(answer) => {
                self.passed_over += 1;
                self.failures = 0;
                self.next(context)
            }
            // A join can be repeated: the players are in the session afterwards, once.
            Err(error) if may_help_again(&error) => self.pause(State::JoinPause, error, context),
            // The players are in, but the count is not known.
            Err(error) if error.outcome == Outcome::Unknown => self.give_up(error, context),
            Err(error) => Step::failed(error),
        }
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
            Err(error) if error.code == ErrorCode::NotFound && http::says_absent(answer) => self.out(context),
            Err(error) if error.code == ErrorCode::UnreadableResponse => self.out(context),
            Err(error) if may_help_again(&error) || error.code == ErrorCode::NotFound => {
                self.pause(State::LeavePause, error, context)
            }
            Err(error) => {
                self.giving_up.get_or_insert(Box::new(error));
                self.end(true)
            }
        }
    }

    /// The players are in no session.
    fn out(&mut self, context: &mut Context<'_>) -> Step {
        self.joining = None;
        self.failures = 0;
        if self.giving_up.is_some() { self.end(false) } else { self.next(context) }
    }

    fn give_up(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        if self.giving_up.is_some() {
            return Step::Continue;
        }
        self.giving_up = Some(Box::new(error));
        context.clear(Deadline::GiveUp);
        context.clear(Deadline::Retry);
        if self.joining.is_none() {
            return self.end(false);
        }
        // The players may have joined.
        context.set_in(Deadline::Settle, context.timing().settle_ms);
        self.leave(context)
    }

    /// Ends at once, for a shutdown that can't wait any longer.
    pub(crate) fn abandon(&mut self) -> Failure {
        self.failure(true)
    }

    fn end(&mut self, may_be_joined: bool) -> Step {
        Step::failed(self.failure(may_be_joined))
    }

    fn failure(&mut self, may_be_joined: bool) -> Failure {
        let unknown = || Error::new(ErrorCode::DeadlineExceeded, Outcome::Unknown, "the backfill was given up");
        let mut error = self.giving_up.take().map_or_else(unknown, |error| *error);
        match (&self.joining, may_be_joined) {
            (Some(session), true) => {
                error.outcome = Outcome::Unknown;
                let still = format!("; the players may still be in session {}: call leave for them", session.id);
                error.message.push_str(&still);
            }
            _ => error.outcome = Outcome::Refused,
        }
        error.into()
    }

    fn pause(&mut self, state: State, error: Error, context: &mut Context<'_>) -> Step {
        if error.code == ErrorCode::TooLarge {
            return self.give_up(error, context);
        }
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
    matches!(error.code, ErrorCode::ServiceFault | ErrorCode::RateLimited | ErrorCode::Timeout)
}
