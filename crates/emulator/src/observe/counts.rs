//! How much has happened since the start: requests by operation and status, and how long they took. How that is written for
//! Prometheus is in `http::metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::config::Operation;

/// The upper bounds of the histogram's buckets, in seconds: from a start without a process to one that waits for its ports.
pub(crate) const BOUNDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// All operations, and what is none.
const KINDS: usize = Operation::ALL.len() + 1;
/// 100 to 599, and no answer.
const STATUSES: usize = 501;

/// How much has happened. Its size is fixed.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    /// By operation and status.
    requests: Box<[u64]>,
    times: [Times; KINDS],
    faults: [u64; KINDS],
}

/// How long requests took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times {
    /// How many fell into each bucket, and how many beyond the last.
    pub(crate) buckets: [u64; BOUNDS.len() + 1],
    pub(crate) sum: Duration,
}

impl Default for Counts {
    fn default() -> Self {
        Self { requests: vec![0; KINDS * STATUSES].into(), times: [Times::default(); KINDS], faults: [0; KINDS] }
    }
}

impl Counts {
    pub(super) fn add(&mut self, operation: Option<Operation>, status: Option<u16>, took: Duration, is_fault: bool) {
        let kind = operation.map_or(KINDS - 1, |operation| operation as usize);
        let status = status.map_or(STATUSES - 1, |status| usize::from(status.clamp(100, 599)) - 100);
        self.requests[kind * STATUSES + status] += 1;
        let seconds = took.as_secs_f64();
        let times = &mut self.times[kind];
        times.buckets[BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len())] += 1;
        times.sum += took;
        self.faults[kind] += u64::from(is_fault);
    }

    /// Operation, status (`none` when there was no answer) and how many.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&'static str, String, u64)> {
        let counted = self.requests.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(index, count)| {
            let status = match index % STATUSES {
                status if status == STATUSES - 1 => "none".to_owned(),
                status => (status + 100).to_string(),
            };
            (name(index / STATUSES), status, *count)
        })
    }

    /// How long they took, by operation.
    pub(crate) fn times(&self) -> impl Iterator<Item = (&'static str, &Times)> {
        let counted = self.times.iter().enumerate().filter(|(_, times)| times.buckets.iter().any(|count| *count > 0));
        counted.map(|(kind, times)| (name(kind), times))
    }

    /// How many faults happened, by operation.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counted = self.faults.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(kind, count)| (name(kind), *count))
    }
}

fn name(kind: usize) -> &'static str {
    Operation::ALL.get(kind).map_or("other", |operation| operation.name())
}

/// A connection, counted as long as it is there.
pub(crate) struct OpenConnection(Arc<AtomicUsize>);

impl OpenConnection {
    pub(crate) fn count(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_counted_under_their_names() {
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, index, "`ALL` is in the order of the enum");
        }
        let mut counts = Counts::default();
        counts.add(Some(Operation::Stop), Some(204), Duration::from_millis(2), false);
        counts.add(None, None, Duration::from_secs(60), false);
        counts.add(Some(Operation::Stop), Some(u16::MAX), Duration::ZERO, true);
        let of = |operation, status: &str, count| (operation, status.to_owned(), count);
        let requests: Vec<_> = counts.requests().collect();
        assert_eq!(requests, [of("stop", "204", 1), of("stop", "599", 1), of("other", "none", 1)]);
        assert_eq!(counts.faults().collect::<Vec<_>>(), [("stop", 1)]);
        let buckets: Vec<_> = counts.times().map(|(name, times)| (name, times.buckets[4], times.buckets[14])).collect();
        assert_eq!(buckets, [("stop", 1, 0), ("other", 0, 1)]);
    }
}
