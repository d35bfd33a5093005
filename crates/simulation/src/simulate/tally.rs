//! What many worlds add up to.

use std::collections::BTreeMap;

use super::faults::FaultKind;
use crate::judge::Kind;

/// The sums of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub worlds: u64,
    pub allocations: u64,
    pub requests: u64,
    pub failed: u64,
    pub unsettled: u64,
    pub faults: [u64; FaultKind::NAMES.len()],
    pub cancels: u64,
    pub shutdowns: u64,
    pub deaths: u64,
    pub resumes: u64,
    pub jumps: u64,
    pub bursts: u64,
    pub vanished: u64,
    /// From one state to another, and how often.
    pub taken: Vec<((&'static str, &'static str), u64)>,
    pub worst_settle_ms: u64,
    pub breaches: BTreeMap<Kind, u64>,
    /// Seeds of worlds with a breach, the first few.
    pub failing: Vec<u64>,
}

/// Failing worlds that are kept: more are counted, but not shown.
const MOST_FAILING: usize = 20;

impl Tally {
    pub(crate) fn transitions(&mut self, taken: &[(&'static str, &'static str, u32)]) {
        // Nearly always in the same order, so that each is found where the one before was left.
        let mut at = 0;
        for (from, to, times) in taken {
            self.took((*from, *to), u64::from(*times), &mut at);
        }
    }

    fn took(&mut self, pair: (&'static str, &'static str), times: u64, at: &mut usize) {
        let is_it = |entry: &((&'static str, &'static str), u64)| entry.0 == pair;
        let (before, behind) = self.taken.split_at_mut(*at);
        let found = behind.iter().position(is_it).map(|place| *at + place);
        match found.or_else(|| before.iter().position(is_it)) {
            Some(place) => {
                self.taken[place].1 += times;
                *at = place;
            }
            None => self.taken.push((pair, times)),
        }
    }

    pub(crate) fn settled_within(&mut self, milliseconds: u64) {
        self.worst_settle_ms = self.worst_settle_ms.max(milliseconds);
    }

    pub(crate) fn failing_world(&mut self, world: u64, kinds: impl Iterator<Item = Kind>) {
        kinds.for_each(|kind| *self.breaches.entry(kind).or_default() += 1);
        if self.failing.len() < MOST_FAILING {
            self.failing.push(world);
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.allocations += other.allocations;
        self.requests += other.requests;
        self.failed += other.failed;
        self.unsettled += other.unsettled;
        self.faults.iter_mut().zip(other.faults).for_each(|(sum, more)| *sum += more);
        self.cancels += other.cancels;
        self.shutdowns += other.shutdowns;
        self.deaths += other.deaths;
        self.resumes += other.resumes;
        self.jumps += other.jumps;
        self.bursts += other.bursts;
        self.vanished += other.vanished;
        let mut at = 0;
        for (pair, times) in &other.taken {
            self.took(*pair, *times, &mut at);
        }
        self.settled_within(other.worst_settle_ms);
        for (kind, times) in &other.breaches {
            *self.breaches.entry(*kind).or_default() += times;
        }
        self.failing.extend(&other.failing);
        self.failing.sort_unstable();
        self.failing.truncate(MOST_FAILING);
    }
}
