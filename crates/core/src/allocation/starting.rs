//! Where a session is started, and what the answer to a start means. The location changes only after a definite
//! refusal, and the id never.

use std::collections::BTreeMap;

use super::WaitFor;
use super::circuit::Admission;
use super::machine::{Found, Machine};
use super::places::Places;
use super::report::{Action, Progress};
use super::request::{Candidates, WhenFull, in_request};
use super::state::{Look, State};
use super::ticket::Phase;
use crate::check::InvalidInput;
use crate::engine::{Context, Deadline, Millis, Step};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http::{self, Answer};
use crate::model::{SessionStatus, StartedSession};
use crate::placement;

/// The shortest and longest time that a `Retry-After` closes a location for, in milliseconds.
const CLOSED_RANGE: std::ops::RangeInclusive<Millis> = 1_000..=600_000;

/// What the state of the locations allows.
enum Choice {
    Start { place: usize, probing: bool },
    Wait { earliest: Option<Millis>, being_probed: Vec<usize> },
    NoneLeft,
}

impl Machine {
    /// Orders the locations.
    pub(super) fn place(
        &mut self,
        candidates: Option<&Candidates>,
        locations: &[String],
        now: Millis,
    ) -> Result<(), InvalidInput> {
        let any = Candidates::default();
        let Candidates { players, placement: policy, waited_ms } = candidates.unwrap_or(&any);
        let waited_ms = *waited_ms;
        let placement = placement::place(locations, players, policy, waited_ms).map_err(in_request)?;
        self.places = Places::of(placement, waited_ms, now);
        Ok(())
    }

    /// Asks which locations offer the image.
    pub(super) fn locate(&mut self, context: &mut Context<'_>) -> Step {
        self.hand_out_ticket(Phase::Allocating, context);
        self.progress(Progress::Locating, context);
        match http::locations::request(&self.plan.start.image) {
            Ok(parts) => context.send(parts),
            Err(invalid) => return self.fail(invalid.into(), false, context),
        }
        self.enter(State::Locating, context);
        Step::Continue
    }

    pub(super) fn located(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        let names = match http::locations::read_names(answer) {
            Ok(names) => names,
            Err(error) => {
                let error = self.answered_error(error, Action::Locate, answer, context);
                return match error.code {
                    ErrorCode::ServiceFault | ErrorCode::RateLimited | ErrorCode::Timeout => {
                        self.pause_locating(error, context)
                    }
                    _ => self.give_up(error, context),
                };
            }
        };
        self.note(Action::Locate, Outcome::Accepted, Some(answer.status), None, None, context);
        self.failures = 0;
        if names.is_empty() {
            let message = format!("no location offers the image {:?}", self.plan.start.image);
            return self.give_up(Error::new(ErrorCode::NoLocation, Outcome::NotSent, message), context);
        }
        // The service's order means nothing, so that ties are broken by name.
        let mut by_name = BTreeMap::new();
        for name in names {
            by_name.insert(name, String::new());
        }
        let names: Vec<String> = by_name.into_keys().collect();
        let unplaced = self.unplaced.take();
        match self.place(unplaced.as_deref(), &names, context.now()) {
            Ok(()) => self.choose_location(context),
            Err(invalid) => self.give_up(invalid.into(), context),
        }
    }

    pub(super) fn pause_locating(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        if error.code == ErrorCode::TooLarge {
            return self.give_up(error, context);
        }
        self.pause(State::LocatePause, error, context)
    }

    /// Takes the best location that is open, or waits for the first that will be.
    pub(super) fn choose_location(&mut self, context: &mut Context<'_>) -> Step {
        match self.best_location(context) {
            Choice::Start { place, probing } => {
                context.clear(Deadline::Reopen);
                self.probing = probing;
                self.current = Some(place);
                self.start(context)
            }
            Choice::Wait { earliest, being_probed } => self.wait_for_location(earliest, being_probed, context),
            Choice::NoneLeft => self.no_location_left(context),
        }
    }

    fn best_location(&self, context: &mut Context<'_>) -> Choice {
        let (now, operation) = (context.now(), context.operation());
        let mut earliest: Option<Millis> = None;
        let mut being_probed = Vec::new();
        for (place, admitted_at) in self.places.open() {
            let opens_at = if admitted_at > now {
                admitted_at
            } else {
                match context.circuits().admit(self.places.name(place), operation, now) {
                    Admission::Open => return Choice::Start { place, probing: false },
                    Admission::Probe => return Choice::Start { place, probing: true },
                    Admission::ClosedUntil(until) => until,
                    Admission::BeingProbed => {
                        being_probed.push(place);
                        continue;
                    }
                }
            };
            earliest = Some(earliest.map_or(opens_at, |earliest| earliest.min(opens_at)));
        }
        if earliest.is_none() && being_probed.is_empty() {
            return Choice::NoneLeft;
        }
        Choice::Wait { earliest, being_probed }
    }

    fn wait_for_location(
        &mut self,
        earliest: Option<Millis>,
        being_probed: Vec<usize>,
        context: &mut Context<'_>,
    ) -> Step {
        let (now, operation) = (context.now(), context.operation());
        let opens_in = earliest.map(|earliest| earliest.saturating_sub(now));
        let too_late = context.at(Deadline::GiveUp).unwrap_or(Millis::MAX);
        let in_time = earliest.is_some_and(|earliest| earliest < too_late) || !being_probed.is_empty();
        if self.plan.when_full == WhenFull::Fail || !in_time {
            let error = self.no_capacity(opens_in);
            return self.give_up(error, context);
        }
        for place in being_probed {
            context.circuits().wait_for_probe(self.places.name(place), operation);
        }
        if let Some(earliest) = earliest {
            context.set(Deadline::Reopen, earliest);
        }
        self.progress(Progress::WaitingForCapacity { for_ms: opens_in }, context);
        self.enter(State::WaitingForLocation, context);
        Step::Continue
    }

    /// Sends the start.
    pub(super) fn start(&mut self, context: &mut Context<'_>) -> Step {
        let Some(place) = self.current else { return self.choose_location(context) };
        self.places.name(place).clone_into(&mut self.plan.start.location);
        self.plan.start.ttl_form = self.other_ttl_form.unwrap_or(*context.ttl_form());
        let parts = match http::start::request(&self.plan.start) {
            Ok(parts) => parts,
            Err(invalid) => return self.give_up(invalid.into(), context),
        };
        self.hand_out_ticket(Phase::Allocating, context);
        self.starts = self.starts.saturating_add(1);
        let location = self.plan.start.location.clone();
        self.progress(Progress::Starting { location, attempt: self.starts }, context);
        context.send(parts);
        self.start_in_flight = true;
        self.started_at = context.now();
        self.enter(State::Starting, context);
        Step::Continue
    }

    pub(super) fn start_answered(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        // The API documents 201; a service that answers another 2xx with the same body has started it as well.
        let accepted =
            Answer { status: if (200..300).contains(&answer.status) { 201 } else { answer.status }, ..*answer };
        match http::start::read(&accepted) {
            Ok(started) => {
                self.note(Action::Start, Outcome::Accepted, Some(answer.status), None, None, context);
                self.started(started, context)
            }
            Err(error) => {
                let error = self.answered_error(error, Action::Start, answer, context);
                self.start_failed(error, context)
            }
        }
    }

    fn started(&mut self, started: StartedSession, context: &mut Context<'_>) -> Step {
        self.failures = 0;
        self.start_in_flight = false;
        self.may_have_started = true;
        self.may_still_land = false;
        if let Some(form) = self.other_ttl_form {
            // From now on all allocations of this engine begin with the form that was taken.
            *context.ttl_form() = form;
        }
        self.reopen_location(context);
        if let Some(id) = started.id
            && id != self.id
        {
            // The service runs it under another id (a warm pool may): that one is to be stopped or adopted.
            self.id = id;
            self.renew_ticket();
        }
        let location = self.current_location().unwrap_or_default().to_owned();
        let (host, ports) = (started.host, started.ports);
        self.found = Some(Found { location, host, ports, status: None, missing_since: None });
        if self.giving_up.is_some() {
            return self.stop(context);
        }
        match self.plan.wait_for {
            WaitFor::Allocated => self.complete(context),
            WaitFor::Running => {
                self.progress(Progress::WaitingUntilRunning { status: None }, context);
                self.look(Look::Readiness, context)
            }
        }
    }

    /// What a failed start means, by its outcome.
    pub(super) fn start_failed(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        self.start_in_flight = false;
        match error.outcome {
            Outcome::Unknown | Outcome::Accepted => {
                self.may_have_started = true;
                self.may_still_land = true;
                self.release_probe(context);
                if self.giving_up.is_some() {
                    return self.stop(context);
                }
                self.last_error = Some(Box::new(error));
                self.progress(Progress::LookingUp, context);
                self.look(Look::InDoubt, context)
            }
            Outcome::NotSent => {
                self.never_sent = self.never_sent.saturating_add(1);
                self.release_probe(context);
                if self.giving_up.is_some() {
                    return self.settle(context);
                }
                self.pause(State::StartPause, error, context)
            }
            Outcome::Refused => self.start_refused(error, context),
        }
    }

    fn start_refused(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        let full = error.code == ErrorCode::NoCapacity;
        if full {
            self.close_location(&error, context);
        } else {
            self.release_probe(context);
        }
        // A proxy that delivers a start twice may hand back the answer to the second. With a random id, the conflict
        // can't be with anybody else's.
        self.may_have_started |= error.code == ErrorCode::Conflict && self.id_is_random;
        if self.giving_up.is_some() {
            return self.settle(context);
        }
        match error.code {
            ErrorCode::NoCapacity | ErrorCode::NotFound => {
                if let (false, Some(place)) = (full, self.current) {
                    self.places.refuse(place);
                }
                let location = self.current_location().unwrap_or_default().to_owned();
                self.progress(Progress::LocationRefused { location, code: error.code }, context);
                self.last_error = Some(Box::new(error));
                self.choose_location(context)
            }
            ErrorCode::Conflict => {
                self.last_error = Some(Box::new(error));
                self.conflict_looks = 0;
                self.progress(Progress::LookingUp, context);
                self.look(Look::Conflict, context)
            }
            ErrorCode::InvalidRequest if self.other_ttl_form_may_help(&error) => {
                self.other_ttl_form = Some(self.plan.start.ttl_form.other());
                self.start(context)
            }
            ErrorCode::RateLimited => self.pause(State::StartPause, error, context),
            _ => self.give_up(error, context),
        }
    }

    /// The API is described with `ttl` in two forms. A 422 is a definite refusal, so that the other form may be
    /// tried once, unless the service says that something else was wrong.
    fn other_ttl_form_may_help(&self, error: &Error) -> bool {
        let about_ttl =
            |field: &str| field.rsplit(['.', '/']).next().is_some_and(|name| name.eq_ignore_ascii_case("ttl"));
        let named = error.violations.is_empty() || error.violations.iter().all(|violation| about_ttl(&violation.field));
        self.other_ttl_form.is_none() && self.plan.start.ttl.is_some() && named
    }

    /// The current location is full: nobody of this engine tries it for a while.
    fn close_location(&mut self, error: &Error, context: &mut Context<'_>) {
        let Some(location) = self.current_location().map(str::to_owned) else { return };
        let asked = error.retry_after_ms.map(|asked| asked.clamp(*CLOSED_RANGE.start(), *CLOSED_RANGE.end()));
        let pause = asked.unwrap_or(context.timing().closed_location_ms);
        let until = context.now().saturating_add(pause);
        let waiting = context.circuits().close(&location, until);
        context.wake(waiting);
        self.probing = false;
    }

    /// A start was accepted: if it was the probe, the location is open for all.
    pub(super) fn reopen_location(&mut self, context: &mut Context<'_>) {
        if let (true, Some(location)) = (std::mem::take(&mut self.probing), self.current_location().map(str::to_owned))
        {
            let operation = context.operation();
            let waiting = context.circuits().opened_by_probe(&location, operation);
            context.wake(waiting);
        }
    }

    /// The probe ends without saying whether there is room.
    pub(super) fn release_probe(&mut self, context: &mut Context<'_>) {
        if let (true, Some(location)) = (std::mem::take(&mut self.probing), self.current_location().map(str::to_owned))
        {
            let operation = context.operation();
            let waiting = context.circuits().probe_abandoned(&location, operation);
            context.wake(waiting);
        }
    }

    fn no_location_left(&mut self, context: &mut Context<'_>) -> Step {
        let error = match self.last_error.take() {
            Some(error) if self.starts > 0 => error.during("every location refused; the last"),
            _ => {
                let message = format!("placement left no location to try ({})", self.places.why_left_out());
                Error::new(ErrorCode::NoLocation, Outcome::NotSent, message)
            }
        };
        self.give_up(error, context)
    }

    fn no_capacity(&mut self, opens_in: Option<Millis>) -> Error {
        let outcome = self.outcome();
        let mut error = match self.last_error.take() {
            Some(last) if last.code == ErrorCode::NoCapacity => last.during("every location is full; the last"),
            _ => Error::new(ErrorCode::NoCapacity, outcome, "every location is full or not yet within the latency cap"),
        };
        error.outcome = outcome;
        error.retry_after_ms = opens_in.or(error.retry_after_ms);
        error
    }

    /// The status that lets players in.
    pub(super) fn is_ready(&self, status: Option<&SessionStatus>) -> bool {
        match self.plan.wait_for {
            WaitFor::Running => status == Some(&SessionStatus::Running),
            WaitFor::Allocated => true,
        }
    }
}
