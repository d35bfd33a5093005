//! When operations are due. An operation that is armed anew leaves its old entry behind, which is passed over when its
//! time comes: cheaper than looking for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Millis, OperationId};

/// Entries that are passed over may be this many, besides as many as are needed.
const SPARE: usize = 64;

/// The times at which operations want to be woken, the earliest first.
#[derive(Clone, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Millis, u64)>>);

impl Timers {
    /// An operation wants to be woken.
    pub(super) fn arm(&mut self, at: Millis, id: OperationId) {
        self.0.push(Reverse((at, id.0)));
    }

    /// Whether more is stale than is worth keeping, with so many operations.
    pub(super) fn is_cluttered(&self, operations: usize) -> bool {
        self.0.len() > 2 * operations + SPARE
    }

    /// Holds these alone. An entry that was left behind is also dropped when the operation is armed for its time again:
    /// it would stand there twice.
    pub(super) fn refill(&mut self, armed: impl Iterator<Item = (Millis, OperationId)>) {
        self.0.clear();
        self.0.extend(armed.map(|(at, id)| Reverse((at, id.0))));
    }

    /// The earliest time for which an operation is armed, and that operation.
    pub(super) fn first(&mut self, is_armed: impl Fn(OperationId, Millis) -> bool) -> Option<(Millis, OperationId)> {
        loop {
            let Reverse((at, id)) = *self.0.peek()?;
            if is_armed(OperationId(id), at) {
                return Some((at, OperationId(id)));
            }
            self.0.pop();
        }
    }

    /// Takes away what [`Timers::first`] has found.
    pub(super) fn pop(&mut self) {
        self.0.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_that_go_back_and_forth_between_two_times_leave_no_heap_behind() {
        let mut timers = Timers::default();
        let mut armed = [10; 3];
        for round in 0..10_000 {
            let operation = round % 3;
            armed[operation] = if armed[operation] == 10 { 20 } else { 10 };
            timers.arm(armed[operation], OperationId(operation as u64));
            if timers.is_cluttered(armed.len()) {
                let all = armed.iter().enumerate().map(|(operation, at)| (*at, OperationId(operation as u64)));
                timers.refill(all);
                assert_eq!(timers.0.len(), armed.len());
            }
        }
        let mut due = Vec::new();
        while let Some((at, id)) = timers.first(|id, at| armed[id.0 as usize] == at) {
            due.push((at, id.0));
            armed[id.0 as usize] = 0;
            timers.pop();
        }
        assert_eq!(due, [(10, 0), (20, 1), (20, 2)]);
    }
}
