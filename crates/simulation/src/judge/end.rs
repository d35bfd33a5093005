//! What is judged of a whole world, and a judge as a part of a state.

use std::hash::{Hash, Hasher};

use matchport_core::allocation::Phase;
use matchport_core::retry::BudgetLimits;
use matchport_testkit::Service;

use super::{Judge, Kind, Life, Track};

impl Judge {
    /// The world has come to its end: nothing is on its way, and nobody waits for anything.
    pub(crate) fn at_the_end(&mut self, service: &Service) {
        for index in 0..self.tracks.len() {
            let Track { phase, operation, asked, .. } = &self.tracks[index];
            if *phase == Life::Open {
                let (operation, number) = (*operation, asked.match_number);
                self.breach(Kind::LostEvent, || format!("{operation:?} of match {number} has no end"));
            }
        }
        let owner = |reference: &Option<String>| reference.as_deref()?.strip_prefix('m')?.parse::<u32>().ok();
        let mut matches = Vec::with_capacity(service.sessions.len());
        for (id, session) in &service.sessions {
            let Some(number) = owner(&session.external_id) else { continue };
            matches.push(number);
            if session.is_alive() && !self.is_known(id) {
                self.breach(Kind::Orphan, || format!("{id} of match {number}: {session:?}"));
            }
        }
        matches.sort_unstable();
        for same in matches.chunk_by(|one, other| one == other).filter(|same| same.len() > 1) {
            self.breach(Kind::Double, || format!("match {} has had {} sessions", same[0], same.len()));
        }
    }

    /// Whether somebody holds the address of a session, or a ticket to settle it.
    fn is_known(&self, id: &str) -> bool {
        let holds = |track: &Track| {
            track.phase != Life::Open && track.ticket.as_ref().is_some_and(|ticket| ticket.session().as_str() == id)
        };
        self.tracks.iter().any(holds)
    }

    /// Puts what the judge remembers into a digest of a state, times as they are from now.
    pub(crate) fn digest(&self, hasher: &mut impl Hasher, now: u64) {
        for track in &self.tracks {
            let Track { asked: _, operation: _, phase, ticket, last_start, last_form, ttl_refused, last, .. } = track;
            let Track { in_flight, own, found, looked_absent, running_seen, never, settling_since, .. } = track;
            (phase, ticket.as_ref().map(|ticket| (ticket.location(), ticket.phase() == Phase::Settling))).hash(hasher);
            (last_start, last_form.map(|form| form as u8), ttl_refused, last).hash(hasher);
            (in_flight, own, found, looked_absent, running_seen, never).hash(hasher);
            settling_since.map(|since| now - since).hash(hasher);
        }
        self.closed.map(|(until, closed)| (until.saturating_sub(now), closed)).hash(hasher);
        let BudgetLimits { capacity, per_second } = self.terms.budget;
        let (left, as_of) = self.budget;
        let earned = now.saturating_sub(as_of) * u64::from(per_second);
        (left + earned).min(u64::from(capacity) * 1000).hash(hasher);
    }

    /// Giving up takes no longer than the engine's settings allow.
    pub(crate) fn judge_times(&mut self) {
        let (worst, most) = (self.worst_settle_ms, self.terms.settle_ms);
        if worst > most {
            self.breach(Kind::Rule(6), || format!("giving up took {worst} ms of at most {most}"));
        }
    }
}
