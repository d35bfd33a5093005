//! What the engine's table of sessions learns from operations that ended: who was allocated, described, joined, left
//! or stopped through this engine. What that means for a session is decided in `session/`.

use crate::engine::call::{Call, Subject};
use crate::engine::slot::Machine;
use crate::engine::{Completion, Millis, Stopped};
use crate::error::{Error, ErrorCode, Outcome};
use crate::model::SessionStatus;
use crate::session::{LifecycleOptions, Session, SessionInput, StopAnswer, Tracker, TrackerOptions};

/// The table, when it is kept at all.
pub(super) struct Tracking(Tracker);

impl Tracking {
    /// A table of so many sessions; `None` for 0.
    pub(super) fn new(sessions: usize) -> Option<Self> {
        (sessions > 0)
            .then(|| Self(Tracker::new(TrackerOptions { capacity: sessions, lifecycle: LifecycleOptions::default() })))
    }

    /// The table as of now.
    pub(super) fn at(&mut self, now: Millis) -> &Tracker {
        while self.0.tick(now).is_some() {}
        &self.0
    }

    /// An operation ended well.
    pub(super) fn completed(&mut self, machine: &Machine, completion: &Completion, now: Millis) {
        match (machine, completion) {
            (Machine::Allocation(machine), Completion::Allocated(allocation)) => {
                let session = Session::allocated(machine.allocated(allocation), self.0.options().lifecycle, now);
                // Another allocation for the same match has brought it already.
                let _ = self.0.track(session);
                if machine.waits_until_running() {
                    self.apply_to(&allocation.id, SessionInput::Observed(&SessionStatus::Running), now);
                }
            }
            (Machine::Backfill(machine), Completion::Backfilled(filled)) => {
                let joined = SessionInput::Joined { players: machine.players(), count: filled.count };
                self.apply_to(&filled.id, joined, now);
            }
            (_, Completion::Described(details)) => {
                self.apply_to(&details.id, SessionInput::Described(details), now);
            }
            (_, Completion::Sessions(entries)) if !self.0.is_empty() => {
                for entry in entries {
                    self.apply_to(&entry.id, SessionInput::Listed(entry), now);
                }
            }
            (Machine::Call(call), Completion::Players(count)) => match call.subject() {
                Subject::Join { session, players } => {
                    self.apply_to(session, SessionInput::Joined { players, count: count.count }, now);
                }
                Subject::Leave { players } => {
                    self.0.players_left(players, now);
                }
                Subject::Session(_) | Subject::Stop(_) | Subject::None => {}
            },
            (Machine::Call(call), Completion::Stopped(stopped)) => {
                let answer = match stopped {
                    Stopped::Stopping => StopAnswer::Accepted,
                    Stopped::AlreadyEnded => StopAnswer::AlreadyEnded,
                };
                self.stop(call, answer, now);
            }
            _ => {}
        }
    }

    /// An operation failed.
    pub(super) fn failed(&mut self, machine: &Machine, error: &Error, now: Millis) {
        let Machine::Call(call) = machine else { return };
        match call.subject() {
            Subject::Session(id) if error.code == ErrorCode::NotFound => {
                self.apply_to(id, SessionInput::Absent, now);
            }
            Subject::Stop(_) => {
                let answer = match (error.code, error.outcome) {
                    (ErrorCode::NotFound, _) => StopAnswer::NotFound,
                    (_, Outcome::Refused | Outcome::NotSent) => StopAnswer::Refused,
                    (_, Outcome::Accepted | Outcome::Unknown) => StopAnswer::Unknown,
                };
                self.stop(call, answer, now);
            }
            _ => {}
        }
    }

    fn stop(&mut self, call: &Call, answer: StopAnswer, now: Millis) {
        if let Subject::Stop(id) = call.subject() {
            self.apply_to(id, SessionInput::StopRequested, now);
            self.apply_to(id, SessionInput::StopAnswered(answer), now);
        }
    }

    /// A session that is not in the table is not followed, and news that are older than what is known change nothing.
    fn apply_to(&mut self, id: &crate::model::SessionId, input: SessionInput<'_>, now: Millis) {
        let _ = self.0.apply(id, input, now);
    }
}
