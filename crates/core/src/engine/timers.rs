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
    /// An operation wants to be woken. `operations` is how many there are; `is_armed` says for which time.
    pub(super) fn arm(
        &mut self,
        at: Millis,
        id: OperationId,
        operations: usize,
        is_armed: impl Fn(OperationId, Millis) -> bool,
    ) {
        if self.0.len() > 2 * operations + SPARE {
            self.0.retain(|Reverse((at, id))| is_armed(OperationId(*id), *at));
        }
        self.0.push(Reverse((at, id.0)));
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
