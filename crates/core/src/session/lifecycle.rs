//! One session through its life: what each input means for it. Which step may follow which is the table's word
//! (`state.rs`); nothing here sends, waits or asks a clock.

use super::input::{Allocated, LifecycleOptions, SessionInput, StopAnswer};
use super::roster::Roster;
use super::snapshot::Snapshot;
use super::state::{EndReason, RefusalReason, Refused, SessionState, Stage, Transition, Verdict, judge};
use crate::model::{Ports, SessionDetails, SessionId, SessionStatus, SessionSummary};

/// A deadline that is so far away never comes.
const NEVER: u64 = u64::MAX;

/// A session as far as it is known. All times are milliseconds on the caller's clock; a time before the latest one
/// that was taken in counts as that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    id: SessionId,
    image: String,
    location: String,
    host: String,
    ports: Ports,
    roster: Roster,
    state: SessionState,
    /// How far it had come when it was last reachable.
    stage: Stage,
    since: u64,
    /// When the state was last confirmed.
    seen_at: u64,
    clock: u64,
    created: Option<u64>,
    started_at: Option<u64>,
    ttl_deadline: Option<u64>,
    stop_requested_at: Option<u64>,
    /// When it first was draining or shutting down.
    closing_since: Option<u64>,
    last_reported: Option<SessionStatus>,
    options: LifecycleOptions,
}

impl Session {
    /// A session that was just started: [`SessionState::Created`] until it is seen running.
    pub fn allocated(allocated: Allocated, options: LifecycleOptions, now: u64) -> Self {
        let ttl_deadline = allocated.ttl_deadline();
        let Allocated { id, image, location, host, ports, started_at, ttl: _ } = allocated;
        let session = Self::unseen(id, (image, location), options, now);
        Self { host, ports, started_at: Some(started_at), ttl_deadline, ..session }
    }

    /// A session that somebody described. Its ttl is not known; see [`Session::with_ttl_deadline`].
    pub fn described(details: &SessionDetails, options: LifecycleOptions, now: u64) -> Self {
        let names = (details.image.clone(), details.location.clone());
        let mut session = Self::unseen(details.id.clone(), names, options, now);
        session.roster.describe(&details.players);
        session.take_address(&details.host, &details.ports, details.created);
        session.begin_as(details.status.as_ref(), now);
        session
    }

    /// A session that stood in a list. Its ttl and the names of its players are not known.
    pub fn listed(entry: &SessionSummary, options: LifecycleOptions, now: u64) -> Self {
        let names = (entry.image.clone(), entry.location.clone());
        let mut session = Self::unseen(entry.id.clone(), names, options, now);
        session.roster.count_only(entry.player_count.unwrap_or(0));
        session.take_address(&entry.host, &entry.ports, entry.created);
        session.begin_as(entry.status.as_ref(), now);
        session
    }

    /// Sets when the ttl ends it, for a session that was started elsewhere. `u64::MAX` stands for never.
    #[must_use]
    pub fn with_ttl_deadline(mut self, at: u64) -> Self {
        self.ttl_deadline = Some(at);
        self
    }

    /// Takes in one input. `Ok(None)` when nothing changed or only the roster, the address or what was last reported
    /// did.
    ///
    /// # Errors
    /// [`Refused`] when the input contradicts what is known for certain; then nothing has changed.
    pub fn apply(&mut self, input: SessionInput<'_>, now: u64) -> Result<Option<Transition>, Refused> {
        let now = now.max(self.clock);
        let transition = match input {
            SessionInput::Observed(status) => self.report(Some(status), now),
            SessionInput::Described(details) => self.take_description(details, now),
            SessionInput::Listed(entry) => self.take_entry(entry, now),
            SessionInput::StopRequested => self.request_stop(now),
            SessionInput::StopAnswered(answer) => self.take_stop_answer(answer, now),
            SessionInput::Absent => self.go(self.end(EndReason::Vanished, now), None, now),
            SessionInput::Joined { players, count } => {
                self.refuse_if_ended().map(|()| self.roster.join(players, count)).map(|()| None)
            }
            SessionInput::Left { players, count } => {
                self.refuse_if_ended().map(|()| self.roster.leave(players, count)).map(|()| None)
            }
            SessionInput::Tick => match self.due() {
                Some((at, to)) if at <= now => self.go(to, None, at),
                _ => Ok(None),
            },
        }?;
        self.clock = now;
        Ok(transition)
    }

    /// The service reported `status`. One that is not known changes nothing and is kept as last reported.
    ///
    /// # Errors
    /// See [`Session::apply`].
    pub fn observe(&mut self, status: &SessionStatus, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Observed(status), now)
    }

    /// The service described it: status, address and roster are taken over. The address and the roster of a session
    /// that is over stay as they were.
    ///
    /// # Errors
    /// See [`Session::apply`]; [`RefusalReason::OtherSession`] when it is about another one. What is refused is
    /// refused as a whole: an old status comes with an old roster.
    pub fn observe_details(&mut self, details: &SessionDetails, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Described(details), now)
    }

    /// It stood in a list: status, address and player count are taken over, as in [`Session::observe_details`].
    ///
    /// # Errors
    /// As [`Session::observe_details`].
    pub fn observe_entry(&mut self, entry: &SessionSummary, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Listed(entry), now)
    }

    /// A stop is about to be sent. Changes no state, but a good end from here on is [`EndReason::Stopped`].
    ///
    /// # Errors
    /// [`RefusalReason::Ended`] when there is nothing left to stop.
    pub fn stop_requested(&mut self, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::StopRequested, now)
    }

    /// What became of the stop.
    ///
    /// # Errors
    /// None for now: an answer that comes after the end changes nothing.
    pub fn stop_answered(&mut self, answer: StopAnswer, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::StopAnswered(answer), now)
    }

    /// The service does not know it (404 to describe, in its own words).
    ///
    /// # Errors
    /// None for now: an end is never refused.
    pub fn absent(&mut self, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Absent, now)
    }

    /// The service took these players in and counts `count` since.
    ///
    /// # Errors
    /// [`RefusalReason::Ended`]: the roster of a session that is over stays as it was.
    pub fn joined(&mut self, players: &[String], count: u32, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Joined { players, count }, now)
    }

    /// The service took these players out. Give its `count` only when it is known to be about this session.
    ///
    /// # Errors
    /// [`RefusalReason::Ended`]: the roster of a session that is over stays as it was.
    pub fn left(&mut self, players: &[String], count: Option<u32>, now: u64) -> Result<Option<Transition>, Refused> {
        self.apply(SessionInput::Left { players, count }, now)
    }

    /// Takes the next step that is due. Several may be after a long pause: call it until it returns `None`.
    pub fn tick(&mut self, now: u64) -> Option<Transition> {
        // Only what the table allows ever becomes due.
        self.apply(SessionInput::Tick, now).unwrap_or(None)
    }

    /// When [`Session::tick`] has something to do; `None` when it never will.
    pub fn next_deadline(&self) -> Option<u64> {
        self.due().map(|(at, _)| at)
    }

    /// Its id.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// Where it stands.
    pub fn state(&self) -> SessionState {
        self.state
    }

    /// Since when it stands there.
    pub fn since(&self) -> u64 {
        self.since
    }

    /// Who is in it.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Everything known of it, borrowed, for JSON.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            id: &self.id,
            image: &self.image,
            location: &self.location,
            host: &self.host,
            ports: &self.ports,
            state: self.state,
            end_reason: self.state.end_reason(),
            since: self.since,
            last_reported: self.last_reported.as_ref(),
            created: self.created,
            started_at: self.started_at,
            ttl_deadline: self.ttl_deadline,
            stop_requested_at: self.stop_requested_at,
            players: &self.roster,
        }
    }

    fn unseen(id: SessionId, (image, location): (String, String), options: LifecycleOptions, now: u64) -> Self {
        Self {
            id,
            image,
            location,
            host: String::new(),
            ports: Ports::default(),
            roster: Roster::default(),
            state: SessionState::Created,
            stage: Stage::Created,
            since: now,
            seen_at: now,
            clock: now,
            created: None,
            started_at: None,
            ttl_deadline: None,
            stop_requested_at: None,
            closing_since: None,
            last_reported: None,
            options,
        }
    }

    /// The first report. Anything may follow `Created`, so it is never refused.
    fn begin_as(&mut self, status: Option<&SessionStatus>, now: u64) {
        let first = self.report(status, now);
        debug_assert!(first.is_ok(), "the table lets everything follow `created`");
    }

    fn report(&mut self, status: Option<&SessionStatus>, now: u64) -> Result<Option<Transition>, Refused> {
        let Some(status) = status else { return Ok(None) };
        let to = match status {
            SessionStatus::Created => Some(SessionState::Created),
            SessionStatus::Running => Some(SessionState::Running),
            SessionStatus::Restarting => Some(SessionState::Restarting),
            SessionStatus::Draining => Some(SessionState::Draining),
            SessionStatus::ShuttingDown => Some(SessionState::ShuttingDown),
            SessionStatus::ServerUnreachable => Some(SessionState::Unreachable),
            SessionStatus::Exited => Some(self.end(EndReason::Exited, now)),
            SessionStatus::Dead => Some(SessionState::Ended(EndReason::Died)),
            SessionStatus::Other(_) => None,
        };
        let transition = to.map_or(Ok(None), |to| self.go(to, Some(status), now))?;
        if self.last_reported.as_ref() != Some(status) {
            self.last_reported = Some(status.clone());
        }
        Ok(transition)
    }

    fn take_description(&mut self, details: &SessionDetails, now: u64) -> Result<Option<Transition>, Refused> {
        self.refuse_other(&details.id, details.status.as_ref())?;
        let transition = self.report(details.status.as_ref(), now)?;
        if !self.state.is_ended() {
            self.roster.describe(&details.players);
            self.take_address(&details.host, &details.ports, details.created);
        }
        Ok(transition)
    }

    fn take_entry(&mut self, entry: &SessionSummary, now: u64) -> Result<Option<Transition>, Refused> {
        self.refuse_other(&entry.id, entry.status.as_ref())?;
        let transition = self.report(entry.status.as_ref(), now)?;
        if !self.state.is_ended() {
            entry.player_count.into_iter().for_each(|count| self.roster.count_only(count));
            self.take_address(&entry.host, &entry.ports, entry.created);
        }
        Ok(transition)
    }

    /// What a report leaves out stays as it is known.
    fn take_address(&mut self, host: &str, ports: &Ports, created: u64) {
        if !host.is_empty() && host != self.host {
            host.clone_into(&mut self.host);
        }
        if !ports.is_empty() && *ports != self.ports {
            self.ports.clone_from(ports);
        }
        if created != 0 {
            self.created = Some(created);
        }
    }

    fn request_stop(&mut self, now: u64) -> Result<Option<Transition>, Refused> {
        self.refuse_if_ended()?;
        self.stop_requested_at.get_or_insert(now);
        Ok(None)
    }

    fn take_stop_answer(&mut self, answer: StopAnswer, now: u64) -> Result<Option<Transition>, Refused> {
        if self.state.is_ended() {
            return Ok(None);
        }
        let otherwise = match answer {
            StopAnswer::Accepted => None,
            StopAnswer::NotFound => Some(EndReason::Vanished),
            StopAnswer::AlreadyEnded => Some(EndReason::Exited),
            StopAnswer::Refused => {
                // An earlier stop that was accepted still holds.
                if self.stage != Stage::ShuttingDown {
                    self.stop_requested_at = None;
                }
                return Ok(None);
            }
            StopAnswer::Unknown => return Ok(None),
        };
        self.stop_requested_at.get_or_insert(now);
        self.go(otherwise.map_or(SessionState::ShuttingDown, |otherwise| self.end(otherwise, now)), None, now)
    }

    /// The end at `at`, with the reason that came first: somebody asked (us, or it was seen closing), or the ttl.
    /// `otherwise` when neither did.
    fn end(&self, otherwise: EndReason, at: u64) -> SessionState {
        let asked = [self.stop_requested_at, self.closing_since].into_iter().flatten().min();
        let asked_in_time = asked.is_some_and(|asked| self.ttl_deadline.is_none_or(|deadline| asked < deadline));
        let reason = if asked_in_time {
            EndReason::Stopped
        } else if self.ttl_deadline.is_some_and(|deadline| at >= deadline) {
            EndReason::TtlExpired
        } else {
            otherwise
        };
        SessionState::Ended(reason)
    }

    /// The next step that time alone brings, and when.
    fn due(&self) -> Option<(u64, SessionState)> {
        let LifecycleOptions { unreachable_limit_ms, shutdown_grace_ms } = self.options;
        let ttl_deadline = self.ttl_deadline.filter(|at| *at != NEVER).map(|at| at.max(self.since));
        let (at, to) = match self.state {
            SessionState::Ended(_) => return None,
            SessionState::ShuttingDown => {
                let at = self.seen_at.saturating_add(shutdown_grace_ms);
                (at, self.end(EndReason::Vanished, at))
            }
            SessionState::Unreachable => {
                let limit = self.since.saturating_add(unreachable_limit_ms);
                let expired = ttl_deadline.map_or(NEVER, |at| at.saturating_add(shutdown_grace_ms));
                match limit <= expired {
                    true => (limit, SessionState::Ended(EndReason::Unreachable)),
                    false => (expired, self.end(EndReason::TtlExpired, expired)),
                }
            }
            _ => (ttl_deadline?, SessionState::ShuttingDown),
        };
        (at != NEVER).then_some((at, to))
    }

    /// Takes a step if the table allows it.
    fn go(
        &mut self,
        to: SessionState,
        reported: Option<&SessionStatus>,
        at: u64,
    ) -> Result<Option<Transition>, Refused> {
        match judge(self.state, self.stage, to) {
            Verdict::Refused(reason) => Err(self.refusal(reported, reason)),
            Verdict::Same => {
                self.seen_at = at;
                Ok(None)
            }
            Verdict::Legal => {
                let from = std::mem::replace(&mut self.state, to);
                self.stage = Stage::of(to).unwrap_or(self.stage);
                (self.since, self.seen_at) = (at, at);
                if matches!(to, SessionState::Draining | SessionState::ShuttingDown) {
                    self.closing_since.get_or_insert(at);
                }
                Ok(Some(Transition { from, to, at }))
            }
        }
    }

    fn refuse_other(&self, id: &SessionId, reported: Option<&SessionStatus>) -> Result<(), Refused> {
        if *id == self.id {
            return Ok(());
        }
        Err(self.refusal(reported, RefusalReason::OtherSession { id: id.clone() }))
    }

    fn refuse_if_ended(&self) -> Result<(), Refused> {
        if self.state.is_ended() { Err(self.refusal(None, RefusalReason::Ended)) } else { Ok(()) }
    }

    fn refusal(&self, reported: Option<&SessionStatus>, reason: RefusalReason) -> Refused {
        Refused { state: self.state, reported: reported.cloned(), reason }
    }
}
