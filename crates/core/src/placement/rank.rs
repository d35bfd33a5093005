//! From the tally of each location to an order by index: missing samples, cap, cost, ties. Names come in later, in
//! `place` and `matrix`; memory is the caller's and is kept.

use super::tally::Tally;
use super::{MissingSample, PlacementPolicy};

/// The result of [`rank_matrix`](super::rank_matrix), and the memory it works in: keep it, and a placement of the same
/// size allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    pub(super) tally: Tally,
    /// Cost and index of each location in the running, packed into a number that sorts.
    keys: Vec<u64>,
    means: Vec<f64>,
    costs: Vec<f32>,
    ranked: Vec<RankedIndex>,
    left_out: Vec<LeftOutIndex>,
}

/// A location that may be tried, by its column in the matrix. The fields are those of
/// [`RankedLocation`](super::RankedLocation).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedIndex {
    /// The location's column.
    pub location: usize,
    /// What it costs, in milliseconds.
    pub cost_ms: f32,
    /// Latency of the worst-off player, in milliseconds.
    pub worst_ms: f32,
    /// Mean latency, in milliseconds.
    pub mean_ms: f32,
    /// Total waiting time from which it may be tried, in milliseconds; 0 when it may be now.
    pub admitted_after_ms: u64,
}

/// A location that must not be tried, by its column in the matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeftOutIndex {
    /// The location's column.
    pub location: usize,
    /// Why.
    pub reason: LeaveOutIndexReason,
}

/// Why a column was left out: [`LeaveOutReason`](super::LeaveOutReason) without names.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LeaveOutIndexReason {
    /// A player is over the cap, and will be however long the match waits.
    OverCap {
        /// Latency of the worst-off player, in milliseconds.
        worst_ms: f32,
        /// The most that the cap will ever be, in milliseconds.
        cap_ms: f32,
    },
    /// Players that count have no sample for it.
    MissingSample {
        /// How many they are; [`LatencyMatrix::first_missing`](super::LatencyMatrix::first_missing) says who is first.
        players: u32,
    },
    /// No player at all has a sample for it.
    Unmeasured,
}

impl Ranking {
    /// Without memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The locations that may be tried, cheapest first, including those that a relaxing cap admits only later.
    pub fn ranked(&self) -> &[RankedIndex] {
        &self.ranked
    }

    /// The others, in the order of the columns.
    pub fn left_out(&self) -> &[LeftOutIndex] {
        &self.left_out
    }

    /// Forgets the last result.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.means.clear();
        self.costs.clear();
        self.ranked.clear();
        self.left_out.clear();
    }

    /// Ranks what `tally` holds of `players` players, of whom `silent` have no sample at all.
    pub(super) fn rank(&mut self, players: usize, silent: u32, policy: &PlacementPolicy, waited_ms: u64) {
        self.clear();
        if let MissingSample::Assume(ms) = policy.missing {
            self.assume(ms, silent);
        }
        let counted = players as u32 - silent;
        self.cost(counted, silent, policy);
        self.choose(counted, silent, policy);
        self.keys.sort_unstable();
        let (worst, means) = (self.tally.worst.as_slice(), self.means.as_slice());
        self.ranked.extend(self.keys.iter().map(|&key| {
            let (cost_ms, location) = unpack(key);
            let (worst_ms, mean_ms) = (worst[location], means[location] as f32);
            let admitted_after_ms = match policy.cap.map_or(0, |cap| cap.admits_after_ms(worst_ms)) {
                after_ms if after_ms > waited_ms => after_ms,
                _ => 0,
            };
            RankedIndex { location, cost_ms, worst_ms, mean_ms, admitted_after_ms }
        }));
    }

    /// Mean and cost of every column, without a branch, so that the compiler can vectorise it.
    fn cost(&mut self, counted: u32, silent: u32, policy: &PlacementPolicy) {
        let weight = f64::from(policy.worst_weight);
        let ignore = policy.missing == MissingSample::Ignore;
        self.means.resize(self.tally.worst.len(), 0.0);
        self.costs.resize(self.tally.worst.len(), 0.0);
        let columns = self.tally.worst.iter().zip(&self.tally.sum).zip(&self.tally.missing);
        for (((&worst, &sum), &missing), (mean, cost)) in columns.zip(self.means.iter_mut().zip(&mut self.costs)) {
            let heard = if ignore { counted - (missing - silent) } else { counted };
            *mean = sum / f64::from(heard.max(1) as i32);
            *cost = (weight * f64::from(worst) + (1.0 - weight) * *mean) as f32;
        }
    }

    /// Parts the columns into those that stay in the running and those left out.
    fn choose(&mut self, counted: u32, silent: u32, policy: &PlacementPolicy) {
        let most_ms = policy.cap.map_or(f32::INFINITY, |cap| cap.most_ms());
        let columns = self.tally.worst.iter().zip(&self.tally.missing).zip(&self.costs);
        for (location, ((&worst_ms, &missing), &cost_ms)) in columns.enumerate() {
            let players = missing - silent;
            let reason = match policy.missing {
                MissingSample::LeaveOut if players > 0 => LeaveOutIndexReason::MissingSample { players },
                MissingSample::Ignore if players > 0 && players == counted => LeaveOutIndexReason::Unmeasured,
                _ if worst_ms > most_ms => LeaveOutIndexReason::OverCap { worst_ms, cap_ms: most_ms },
                _ => {
                    self.keys.push(key(cost_ms, location));
                    continue;
                }
            };
            self.left_out.push(LeftOutIndex { location, reason });
        }
    }

    /// Lets each player that counts and has no sample count with `ms`.
    fn assume(&mut self, ms: f32, silent: u32) {
        let tally = &mut self.tally;
        let columns = tally.worst.iter_mut().zip(&mut tally.sum).zip(&mut tally.missing);
        for ((worst, sum), missing) in columns.filter(|(_, missing)| **missing > silent) {
            *worst = if ms > *worst { ms } else { *worst };
            *sum += f64::from(ms) * f64::from(*missing - silent);
            *missing = silent;
        }
    }
}

/// The rule for ties, and the only place that has it: cost first, then the order in which the caller listed the
/// locations. Costs are never negative, and such numbers sort like their bits.
fn key(cost_ms: f32, location: usize) -> u64 {
    u64::from(cost_ms.to_bits()) << 32 | location as u64
}

fn unpack(key: u64) -> (f32, usize) {
    (f32::from_bits((key >> 32) as u32), key as u32 as usize)
}
