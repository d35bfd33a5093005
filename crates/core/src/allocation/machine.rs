//! The state machine of one allocation: its states, and which signal does what in which of them. What is done
//! stands beside this file: `starting.rs` (where and how a session is started), `looking.rs` (what a description
//! means), `settling.rs` (giving up without leaving anything).

use std::sync::Arc;

use super::places::Places;
use super::report::{Action, Allocation, AttemptReport, Failure, Progress, Report};
use super::request::{Candidates, Plan};
use super::settling::mark_unsettled;
use super::state::{Look, State};
use super::ticket::{Phase, ResumeOptions, StartTicket, Ticket};
use super::{AllocateRequest, WaitFor, WhenFull};
use crate::check::InvalidInput;
use crate::engine::{Completion, Context, Deadline, Entropy, Event, Millis, Signal, Step, words_for};
use crate::error::{Error, ErrorCode, Outcome, hide_in};
use crate::http::Answer;
use crate::model::{Ports, SessionId, SessionStatus, TtlForm};
use crate::retry::Jitter;
use crate::session::Allocated;

/// One allocation.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(super) state: State,
    pub(super) plan: Plan,
    pub(super) id: SessionId,
    /// The id is random, and nobody else knows it: whatever is under it was started by this allocation.
    pub(super) id_is_random: bool,
    /// What placement needs, until the locations are ordered.
    pub(super) unplaced: Option<Arc<Candidates>>,
    /// The locations that were asked for, best first.
    pub(super) places: Places,
    /// Where the last start went.
    pub(super) current: Option<usize>,
    /// The start in flight is the one that tries a closed location.
    pub(super) probing: bool,
    pub(super) starts: u32,
    /// Starts of which not one byte left.
    pub(super) never_sent: u32,
    /// A start has been sent and its outcome is not known yet.
    pub(super) start_in_flight: bool,
    /// When the last start was sent.
    pub(super) started_at: Millis,
    /// Looks in a row at a session that was not running yet.
    pub(super) polls: u32,
    /// Failures in a row, for the delay.
    pub(super) failures: u32,
    /// Looks in a row at an id that the service says is used but does not show.
    pub(super) conflict_looks: u32,
    /// The form of `ttl` that is tried after the engine's usual one was refused.
    pub(super) other_ttl_form: Option<TtlForm>,
    /// A start of this allocation was accepted, or may have been.
    pub(super) may_have_started: bool,
    /// A start of this allocation has no definite outcome: it may still land.
    pub(super) may_still_land: bool,
    pub(super) found: Option<Found>,
    /// Why the allocation is being given up.
    pub(super) giving_up: Option<Box<Error>>,
    pub(super) last_error: Option<Box<Error>>,
    pub(super) report: Box<Report>,
    pub(super) jitter: Jitter,
    pub(super) began_at: Millis,
    pub(super) start_ticket: Arc<StartTicket>,
    /// Phase and place of the newest ticket that was handed out.
    pub(super) handed_out: Option<(Phase, Option<usize>)>,
    pub(super) resumed: Option<Resumed>,
}

/// Where players connect, as far as the service has said.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub location: String,
    pub host: String,
    pub ports: Ports,
    pub status: Option<SessionStatus>,
    /// Since when the service has not been showing it.
    pub missing_since: Option<Millis>,
}

/// What a resumed allocation begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumed {
    Allocating,
    Settling,
}

impl Machine {
    pub(crate) fn new(request: AllocateRequest, entropy: Entropy, now: Millis) -> Result<Self, InvalidInput> {
        let id_is_random = request.match_id.is_none() && request.session_id.is_none();
        let (plan, mut candidates, locations) = request.plan(entropy.id_bytes())?;
        let mut machine = Self::with(plan, entropy, now);
        machine.id_is_random = id_is_random;
        match locations {
            Some(locations) => machine.place(Some(&candidates), &locations, now)?,
            None => {
                // What can be checked is checked before anything is sent, whatever the service offers.
                candidates.check()?;
                candidates.keep_figures();
                machine.unplaced = Some(Arc::new(candidates));
            }
        }
        Ok(machine)
    }

    pub(crate) fn resume(
        ticket: Ticket,
        options: ResumeOptions,
        base_url: &str,
        entropy: Entropy,
        now: Millis,
    ) -> Result<Self, InvalidInput> {
        if *ticket.base_url != *base_url {
            let words = format!("belongs to {}, not to {base_url}", ticket.base_url);
            return Err(InvalidInput::other("ticket", words));
        }
        let settle = options.settle || ticket.phase == Phase::Settling;
        let env = options.env.or_else(|| ticket.start.env.clone()).unwrap_or_default();
        let missing = ticket.start.env_names.iter().find(|name| !env.contains_key(*name));
        if let (false, Some(name)) = (settle, missing) {
            let words = format!("must be given again: the ticket holds no values, and {name:?} is missing");
            return Err(InvalidInput::other("env", words));
        }
        crate::check::environment(&env)?;
        let deadline_ms = options.deadline_ms.unwrap_or(ticket.remaining_ms.max(1));
        crate::check::range("deadline_ms", deadline_ms, 1, super::MAX_DEADLINE_MS)?;
        let plan = Plan {
            env_in_ticket: ticket.start.env.is_some(),
            start: ticket.start_session(env),
            wait_for: ticket.wait_for,
            when_full: WhenFull::Wait,
            deadline_ms,
        };
        let mut machine = Self::with(plan, entropy, now);
        machine.start_ticket = ticket.start;
        machine.unplaced = ticket.unplaced;
        machine.places = Places::of_ticket(ticket.locations, &ticket.admitted_in_ms, now);
        machine.current = match ticket.location.as_deref() {
            None => None,
            Some(location) => {
                let unlisted = || InvalidInput::other("ticket.location", "is none of the ticket's locations");
                Some(machine.places.find(location).ok_or_else(unlisted)?)
            }
        };
        machine.may_have_started = machine.current.is_some() || settle;
        machine.may_still_land = machine.may_have_started;
        machine.resumed = Some(if settle { Resumed::Settling } else { Resumed::Allocating });
        Ok(machine)
    }

    fn with(plan: Plan, entropy: Entropy, now: Millis) -> Self {
        let id = plan.start.id.clone().unwrap_or_else(|| SessionId::from_entropy(entropy.id_bytes()));
        Self {
            state: State::New,
            start_ticket: Arc::new(StartTicket::of(&plan.start, plan.env_in_ticket)),
            report: Box::new(Report::new(id.clone())),
            plan,
            id,
            id_is_random: false,
            unplaced: None,
            places: Places::unknown(),
            current: None,
            probing: false,
            starts: 0,
            never_sent: 0,
            start_in_flight: false,
            started_at: now,
            polls: 0,
            failures: 0,
            conflict_looks: 0,
            other_ttl_form: None,
            may_have_started: false,
            may_still_land: false,
            found: None,
            giving_up: None,
            last_error: None,
            jitter: Jitter::new(entropy.seed()),
            began_at: now,
            handed_out: None,
            resumed: None,
        }
    }

    /// What a signal does. The one place that says so.
    pub(crate) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        use State::*;
        match (self.state, signal) {
            (New, Signal::Begin) => self.begin(context),

            (Locating, Signal::Answer(answer)) => self.located(&answer, context),
            (Locating, Signal::Failed(failure)) => {
                let error = self.transport_error(failure.into(), Action::Locate, context);
                self.pause_locating(error, context)
            }
            (LocatePause, Signal::Due(Deadline::Retry)) => self.retry(context, Self::locate),

            (WaitingForLocation, Signal::Due(Deadline::Reopen) | Signal::LocationsChanged) => {
                self.choose_location(context)
            }

            (Starting, Signal::Answer(answer)) => self.start_answered(&answer, context),
            (Starting, Signal::Failed(failure)) => {
                let error = self.transport_error(failure.into(), Action::Start, context);
                self.start_failed(error, context)
            }
            (StartPause, Signal::Due(Deadline::Retry)) => self.retry(context, Self::start),

            (Looking(look), Signal::Answer(answer)) => self.looked(look, &answer, context),
            (Looking(look), Signal::Failed(failure)) => {
                let error = self.transport_error(failure.into(), Action::Describe, context);
                self.pause_looking(look, error, context)
            }
            (LookPause(look), Signal::Due(Deadline::Poll)) => self.look(look, context),
            (LookPause(look), Signal::Due(Deadline::Retry)) => {
                self.retry(context, |machine, context| machine.look(look, context))
            }

            (Stopping, Signal::Answer(answer)) => self.stop_answered(&answer, context),
            (Stopping, Signal::Failed(failure)) => {
                let error = self.transport_error(failure.into(), Action::Stop, context);
                self.pause_stopping(error, context)
            }
            (StopPause, Signal::Due(Deadline::Retry)) => self.retry(context, Self::stop),
            (LateStartPause, Signal::Due(Deadline::Retry)) => self.stop(context),

            (_, Signal::Due(Deadline::Settle)) => self.unsettled(context),
            (_, Signal::Due(Deadline::GiveUp)) => {
                let error = self.deadline_error();
                self.give_up(error, context)
            }
            (_, Signal::Cancel(code)) => {
                let outcome = self.outcome();
                self.give_up(Error::new(code, outcome, words_for(code)), context)
            }

            // Whatever else comes belongs to a state that has been left: an answer to a request that was aborted,
            // a location that changed while none is waited for.
            (
                New | Locating | LocatePause | WaitingForLocation | Starting | StartPause | Looking(_) | LookPause(_)
                | Stopping | StopPause | LateStartPause,
                _,
            ) => Step::Continue,
        }
    }

    /// Ends at once, for a shutdown that can't wait any longer.
    pub(crate) fn abandon(&mut self, context: &mut Context<'_>) -> Failure {
        let outcome = self.outcome();
        let code = ErrorCode::ShutDown;
        let mut error =
            self.giving_up.take().map_or_else(|| Error::new(code, outcome, words_for(code)), |error| *error);
        let left = self.may_have_started || self.start_in_flight;
        if left {
            mark_unsettled(&mut error);
        }
        self.failure(error, left, context)
    }

    /// Removes the values of `env` from a text of the service's.
    pub(crate) fn hide_env(&self, error: &mut Error) {
        self.secrets().for_each(|value| error.hide(value));
    }

    /// The values of `env`, longest first: one may be the beginning of another.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let mut values: Vec<&str> = Vec::with_capacity(self.plan.start.env.len());
        for value in self.plan.start.env.values() {
            let at = values.partition_point(|longer| longer.len() >= value.len());
            values.insert(at, value);
        }
        values.into_iter()
    }

    /// A status of the service's that can be shown: one that is not known may be any text.
    pub(super) fn shown(&self, status: Option<&SessionStatus>, context: &Context<'_>) -> Option<SessionStatus> {
        let SessionStatus::Other(text) = status? else { return status.cloned() };
        let mut text = text.to_string();
        context.hide_token_in(&mut text);
        self.secrets().for_each(|value| hide_in(&mut text, value));
        Some(SessionStatus::Other(text.into()))
    }

    /// The session of this allocation, as the table of sessions takes it.
    pub(crate) fn allocated(&self, allocation: &Allocation) -> Allocated {
        Allocated {
            id: allocation.id.clone(),
            image: self.plan.start.image.clone(),
            location: allocation.location.clone(),
            host: allocation.host.clone(),
            ports: allocation.ports.clone(),
            started_at: self.started_at,
            ttl: self.plan.start.ttl.map(|ttl| (ttl, self.plan.start.ttl_form)),
        }
    }

    /// Whether the end of this allocation means that the session runs.
    pub(crate) fn waits_until_running(&self) -> bool {
        self.plan.wait_for == WaitFor::Running
    }

    fn begin(&mut self, context: &mut Context<'_>) -> Step {
        if self.resumed == Some(Resumed::Settling) {
            let message = "the allocation was settled on request";
            return self.give_up(Error::new(ErrorCode::Cancelled, Outcome::Unknown, message), context);
        }
        context.set_in(Deadline::GiveUp, self.plan.deadline_ms);
        match (self.resumed, &self.unplaced) {
            (Some(_), _) => self.look(Look::InDoubt, context),
            (None, Some(_)) => self.locate(context),
            (None, None) => self.choose_location(context),
        }
    }

    /// Spends one retry of the engine's budget, or waits until there is one.
    fn retry(&mut self, context: &mut Context<'_>, again: impl FnOnce(&mut Self, &mut Context<'_>) -> Step) -> Step {
        if context.may_retry(&mut self.jitter) { again(self, context) } else { Step::Continue }
    }

    /// Goes over to a state. Every change of state passes here.
    pub(super) fn enter(&mut self, state: State, context: &mut Context<'_>) {
        context.count_transition(self.state, state);
        self.state = state;
    }

    /// Waits before trying again, longer with each failure in a row.
    pub(super) fn pause(&mut self, state: State, error: Error, context: &mut Context<'_>) -> Step {
        self.failures = self.failures.saturating_add(1);
        let for_ms = context.backoff().delay(self.failures, error.retry_after_ms, &mut self.jitter);
        context.set_in(Deadline::Retry, for_ms);
        self.progress(Progress::Pausing { for_ms, code: error.code, reason: error.message.clone() }, context);
        self.last_error = Some(Box::new(error));
        self.enter(state, context);
        Step::Continue
    }

    /// Hands out a ticket if the newest one does not say where this allocation stands. Called before each request
    /// that could change anything, so that nothing can be started that no ticket knows of.
    pub(super) fn hand_out_ticket(&mut self, phase: Phase, context: &mut Context<'_>) {
        if self.handed_out == Some((phase, self.current)) {
            return;
        }
        self.handed_out = Some((phase, self.current));
        let ticket = Box::new(self.ticket(phase, context));
        context.event(Event::Ticket { operation: context.operation(), ticket });
    }

    /// Forgets what ticket was handed out, since it no longer holds.
    pub(super) fn renew_ticket(&mut self) {
        self.handed_out = None;
    }

    fn ticket(&self, phase: Phase, context: &Context<'_>) -> Ticket {
        Ticket {
            version: Ticket::VERSION,
            base_url: context.base_url(),
            session: self.id.clone(),
            phase,
            location: self.current_location().map(str::to_owned),
            locations: Arc::clone(self.places.names()),
            admitted_in_ms: self.places.admitted_in(context.now()),
            wait_for: self.plan.wait_for,
            remaining_ms: (self.began_at.saturating_add(self.plan.deadline_ms)).saturating_sub(context.now()),
            start: Arc::clone(&self.start_ticket),
            unplaced: self.unplaced.clone(),
        }
    }

    pub(super) fn current_location(&self) -> Option<&str> {
        self.current.map(|place| self.places.name(place))
    }

    /// Whether this allocation's starts took effect, as far as it is known now.
    pub(super) fn outcome(&self) -> Outcome {
        if self.found.is_some() {
            Outcome::Accepted
        } else if self.may_have_started || self.start_in_flight {
            Outcome::Unknown
        } else if self.starts > self.never_sent {
            Outcome::Refused
        } else {
            Outcome::NotSent
        }
    }

    pub(super) fn progress(&self, progress: Progress, context: &mut Context<'_>) {
        context.event(Event::Progress { operation: context.operation(), progress });
    }

    /// The failure that an answer stands for, noted in the report.
    pub(super) fn answered_error(
        &mut self,
        mut error: Error,
        action: Action,
        answer: &Answer<'_>,
        context: &mut Context<'_>,
    ) -> Error {
        context.hide_token(&mut error);
        self.hide_env(&mut error);
        self.note(action, error.outcome, Some(answer.status), Some(&error), None, context);
        error
    }

    fn transport_error(&mut self, mut error: Error, action: Action, context: &mut Context<'_>) -> Error {
        context.hide_token(&mut error);
        self.hide_env(&mut error);
        self.note(action, error.outcome, None, Some(&error), None, context);
        error
    }

    /// Notes a request in the report.
    pub(super) fn note(
        &mut self,
        action: Action,
        outcome: Outcome,
        status: Option<u16>,
        error: Option<&Error>,
        session_status: Option<SessionStatus>,
        context: &Context<'_>,
    ) {
        let sent_at = context.last_sent_at();
        self.report.push(AttemptReport {
            action,
            location: match action {
                Action::Locate => None,
                Action::Start | Action::Describe | Action::Stop => self.current_location().map(str::to_owned),
            },
            at_ms: sent_at.saturating_sub(self.began_at),
            took_ms: context.now().saturating_sub(sent_at),
            outcome,
            status,
            code: error.map(|error| error.code),
            identifier: error.and_then(|error| error.identifier.clone()),
            session_status,
        });
    }

    /// Ends with the session that was found.
    pub(super) fn complete(&mut self, context: &mut Context<'_>) -> Step {
        let Some(found) = self.found.take() else {
            let message = "the allocation completed without a session; please report this";
            return Step::failed(Error::new(ErrorCode::UnreadableResponse, Outcome::Unknown, message));
        };
        self.release_probe(context);
        let report = self.finished_report(context);
        let allocation = Allocation::new(self.id.clone(), found.location, found.host, found.ports, report);
        Step::completed(Completion::Allocated(Box::new(allocation)))
    }

    /// Ends without a session; `with_ticket` when one may be left.
    pub(super) fn fail(&mut self, error: Error, with_ticket: bool, context: &mut Context<'_>) -> Step {
        let failure = self.failure(error, with_ticket, context);
        Step::failed(failure)
    }

    fn failure(&mut self, error: Error, with_ticket: bool, context: &mut Context<'_>) -> Failure {
        self.release_probe(context);
        let ticket = with_ticket.then(|| Box::new(self.ticket(Phase::Settling, context)));
        let report = Some(Box::new(self.finished_report(context)));
        Failure { error, ticket, report }
    }

    fn finished_report(&mut self, context: &Context<'_>) -> Report {
        let mut report = std::mem::replace(&mut *self.report, Report::new(self.id.clone()));
        report.session = self.id.clone();
        report.locations = self.places.report();
        report.took_ms = context.now().saturating_sub(self.began_at);
        report
    }

    fn deadline_error(&self) -> Error {
        let outcome = self.outcome();
        let Some(last) = &self.last_error else {
            let waiting = match &self.found {
                Some(Found { status: Some(status), .. }) => format!("the session did not run in time; it was {status}"),
                Some(_) => "the session did not run in time".to_owned(),
                None => words_for(ErrorCode::DeadlineExceeded).to_owned(),
            };
            return Error::new(ErrorCode::DeadlineExceeded, outcome, waiting);
        };
        // Waiting for room until the end is a lack of room, not of time.
        let code = if last.code == ErrorCode::NoCapacity { last.code } else { ErrorCode::DeadlineExceeded };
        let mut error = (**last).clone().during("the allocation did not succeed in time; the last attempt failed");
        (error.code, error.outcome, error.retryable) = (code, outcome, true);
        error
    }
}
