//! What of an allocation decides how it goes on, as a digest: see `engine/fork.rs`. Every field is named here, so that
//! a new one does not compile before it is decided whether it counts.

use std::hash::{Hash, Hasher};

use super::circuit::{Circuit, Circuits};
use super::machine::{Found, Machine};
use super::places::{PlaceState, Places};
use crate::engine::{Clock, OperationId};
use crate::error::ErrorCode;

impl Machine {
    pub(crate) fn digest(&self, hasher: &mut impl Hasher, clock: &Clock) {
        let Self { state, plan, id, id_is_random, unplaced, places, current, probing, starts, never_sent, .. } = self;
        let Self { start_in_flight, conflict_looks, other_ttl_form, may_have_started, may_still_land, .. } = self;
        let Self { found, giving_up, last_error, handed_out, resumed, .. } = self;
        // They only look back, or set how long a pause will be: the pauses that there are stand among the deadlines.
        let Self { started_at: _, polls: _, failures: _, report: _, jitter: _, began_at: _, start_ticket: _, .. } =
            self;
        (state.index(), id.as_str(), id_is_random, plan.start.ttl_form as u8, unplaced.is_some()).hash(hasher);
        places.digest(hasher, clock);
        (current, probing, *starts == 0, starts > never_sent, start_in_flight, conflict_looks).hash(hasher);
        (other_ttl_form.map(|form| form as u8), may_have_started, may_still_land).hash(hasher);
        (handed_out.map(|(phase, place)| (phase as u8, place)), resumed.map(|resumed| resumed as u8)).hash(hasher);
        giving_up.as_ref().map(|error| (error.code as u8, error.outcome as u8)).hash(hasher);
        // Which failure was the last decides only what is said of it, but for a lack of room.
        last_error.as_ref().map(|error| error.code == ErrorCode::NoCapacity).hash(hasher);
        if let Some(Found { location, host, ports, status, missing_since }) = found {
            let missing = missing_since.map(|since| clock.now.saturating_sub(since).div_ceil(clock.quantum));
            (location, host.is_empty(), ports.is_empty(), status, missing).hash(hasher);
        }
    }
}

impl Places {
    fn digest(&self, hasher: &mut impl Hasher, clock: &Clock) {
        let Self { names, states, left_out: _ } = self;
        names.hash(hasher);
        for PlaceState { admitted_at, refused, figures: _ } in states {
            (clock.until(*admitted_at), refused).hash(hasher);
        }
    }
}

impl Circuits {
    pub(crate) fn digest(&self, hasher: &mut impl Hasher, clock: &Clock, place: impl Fn(OperationId) -> Option<usize>) {
        for (location, Circuit { until, probe, waiting }) in &self.closed {
            let waiting: Vec<_> = waiting.iter().map(|id| place(*id)).collect();
            (location, clock.until(*until), probe.map(&place), waiting).hash(hasher);
        }
    }
}
