//! Holding requests back until the ticket of their allocation is kept: it must be in safe hands before the first byte
//! leaves, or a crash in between could leave a server that nobody knows of.

use std::collections::BTreeMap;

use matchport_core::engine::{HttpRequest, OperationId, RequestId};

/// Tickets on their way to the caller, and what waits for them.
#[derive(Default)]
pub(super) struct Tickets {
    /// How many tickets of an operation the caller does not have for certain.
    unkept: BTreeMap<OperationId, u32>,
    /// The operations whose tickets the caller is looking at.
    taken: Vec<OperationId>,
    #[expect(clippy::vec_box, reason = "requests travel in boxes")]
    held: Vec<Box<HttpRequest>>,
}

impl Tickets {
    /// A ticket has been queued for the caller.
    pub(super) fn handed_out(&mut self, operation: OperationId) {
        *self.unkept.entry(operation).or_default() += 1;
    }

    /// The caller has taken these tickets, and may be storing them now.
    pub(super) fn taken(&mut self, operations: impl Iterator<Item = OperationId>) {
        self.taken.extend(operations);
    }

    /// The caller has come back after taking: what it took is kept. Gives the requests that waited for that.
    #[expect(clippy::vec_box, reason = "requests travel in boxes")]
    pub(super) fn kept(&mut self) -> Vec<Box<HttpRequest>> {
        if self.taken.is_empty() {
            return Vec::new();
        }
        for operation in self.taken.drain(..) {
            if let Some(count) = self.unkept.get_mut(&operation) {
                *count -= 1;
                if *count == 0 {
                    self.unkept.remove(&operation);
                }
            }
        }
        let unkept = &self.unkept;
        self.held.extract_if(.., |request| !unkept.contains_key(&request.operation)).collect()
    }

    /// Whether the caller's next visit sets something free.
    pub(super) fn wait_to_be_kept(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Holds a request back, or gives it back when it may go.
    pub(super) fn hold(&mut self, request: Box<HttpRequest>) -> Option<Box<HttpRequest>> {
        if !self.unkept.contains_key(&request.operation) {
            return Some(request);
        }
        self.held.push(request);
        None
    }

    /// What is held back for an operation, or for all.
    pub(super) fn held(&self, operation: Option<OperationId>) -> Vec<RequestId> {
        let held = self.held.iter().filter(|held| operation.is_none_or(|operation| held.operation == operation));
        held.map(|held| held.id).collect()
    }

    /// Drops a request that is held back; says whether there was one.
    pub(super) fn forget(&mut self, request: RequestId) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held.id != request);
        self.held.len() < before
    }
}
