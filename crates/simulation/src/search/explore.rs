//! The search itself: depth first over all moves, a state that was met with at least as many faults left is not gone
//! into again.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::moves::Move;
use super::scenario::Scenario;
use super::state::State;
use crate::judge::Breach;

/// What came of one scenario.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub states: u64,
    pub steps: u64,
    pub ends: u64,
    pub deepest: usize,
    pub taken: BTreeSet<(&'static str, &'static str)>,
    /// The first breach, and the moves that lead to it.
    pub breach: Option<(Breach, Vec<Move>)>,
}

struct Frame {
    state: State,
    moves: Vec<Move>,
    next: usize,
}

/// Searches a scenario until everything was seen, or something is wrong.
pub(crate) fn explore(scenario: &Scenario, most_faults: u8) -> Found {
    let mut found = Found::default();
    let mut met: HashMap<u64, u8, BuildHasherDefault<Already>> = HashMap::default();
    let mut path: Vec<Move> = Vec::new();
    let mut stack = vec![frame(State::new(scenario), scenario, most_faults)];
    while let Some(top) = stack.last_mut() {
        let Some(step) = top.moves.get(top.next).copied() else {
            stack.pop();
            path.pop();
            continue;
        };
        top.next += 1;
        let mut state = top.state.fork();
        state.take(step, scenario);
        found.steps += 1;
        found.taken.extend(state.transitions().into_iter().map(|(from, to, _)| (from, to)));
        path.push(step);
        if breached(&state, &path, &mut found) {
            return found;
        }
        let digest = state.digest();
        let faults = met.entry(digest).or_insert(u8::MAX);
        if *faults <= state.faults {
            path.pop();
            continue;
        }
        *faults = state.faults;
        let mut below = frame(state, scenario, most_faults);
        if below.moves.is_empty() || at_its_end(&below.moves) {
            found.ends += 1;
            below.state.end();
            if breached(&below.state, &path, &mut found) {
                return found;
            }
        }
        if below.moves.is_empty() {
            path.pop();
            continue;
        }
        stack.push(below);
        found.deepest = found.deepest.max(stack.len());
    }
    found.states = met.len() as u64;
    found
}

/// Nothing happens any more of its own accord.
fn at_its_end(moves: &[Move]) -> bool {
    moves.iter().all(|step| matches!(step, Move::Fault(_)))
}

fn frame(mut state: State, scenario: &Scenario, most_faults: u8) -> Frame {
    let mut moves = Vec::new();
    let with_faults = state.faults < most_faults;
    state.moves(scenario, with_faults, &mut moves);
    Frame { state, moves, next: 0 }
}

fn breached(state: &State, path: &[Move], found: &mut Found) -> bool {
    if let Some(breach) = state.breaches().first() {
        found.breach = Some((breach.clone(), path.to_vec()));
    }
    found.breach.is_some()
}

/// Digests are hashes already.
#[derive(Default)]
struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(8) ^ number;
    }
}
