//! The named deadlines of one operation.

use crate::engine::Millis;

/// What an operation may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// The request in flight has no answer yet.
    Attempt,
    /// Time for the next attempt.
    Retry,
    /// Time to look at the session again.
    Poll,
    /// A closed location re-opens, or a relaxing cap admits one.
    Reopen,
    /// The operation's own deadline.
    GiveUp,
    /// Giving up must have settled by then.
    Settle,
}

/// In the order in which those that come at the same time are taken: what ends an operation goes before what would
/// begin something again, so that a clock at its very end, where every time has come, ends them all.
const ALL: [Deadline; 6] =
    [Deadline::Settle, Deadline::GiveUp, Deadline::Attempt, Deadline::Retry, Deadline::Poll, Deadline::Reopen];
const NEVER: Millis = Millis::MAX;

/// One time for each name.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines([Millis; ALL.len()]);

impl Deadlines {
    pub(crate) fn none() -> Self {
        Self([NEVER; ALL.len()])
    }

    pub(crate) fn set(&mut self, name: Deadline, at: Millis) {
        self.0[name as usize] = at.min(NEVER - 1);
    }

    pub(crate) fn clear(&mut self, name: Deadline) {
        self.0[name as usize] = NEVER;
    }

    pub(crate) fn at(&self, name: Deadline) -> Option<Millis> {
        Some(self.0[name as usize]).filter(|at| *at != NEVER)
    }

    /// All times.
    pub(crate) fn all(&self) -> [Option<Millis>; ALL.len()] {
        self.0.map(|at| Some(at).filter(|at| *at != NEVER))
    }

    /// The earliest time.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.0.iter().min().copied().filter(|at| *at != NEVER)
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<Deadline> {
        let name = ALL.into_iter().min_by_key(|name| self.0[*name as usize])?;
        let at = self.0[name as usize];
        if at == NEVER || at > now {
            return None;
        }
        self.clear(name);
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_their_order_and_once() {
        let mut deadlines = Deadlines::none();
        assert_eq!((deadlines.next(), deadlines.take_due(u64::MAX)), (None, None));
        deadlines.set(Deadline::GiveUp, 20);
        deadlines.set(Deadline::Attempt, 10);
        assert_eq!(deadlines.take_due(9), None);
        assert_eq!(deadlines.take_due(30), Some(Deadline::Attempt));
        assert_eq!(deadlines.take_due(30), Some(Deadline::GiveUp));
        assert_eq!(deadlines.take_due(30), None);
    }

    #[test]
    fn at_the_same_time_the_end_comes_first() {
        let mut deadlines = Deadlines::none();
        ALL.iter().rev().for_each(|name| deadlines.set(*name, u64::MAX));
        let taken: Vec<_> = std::iter::from_fn(|| deadlines.take_due(u64::MAX)).collect();
        assert_eq!(taken, ALL);
    }
}
