//! The latest requests, within a limit of number and of size. What of them may be shown is in `hidden`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use bytes::Bytes;

use crate::config::Operation;

/// How many requests are kept.
const MOST: usize = 1000;
/// How much their texts may take up, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// The longest body that is kept: cut, it could not be read, and so nothing in it could be hidden.
pub(super) const LONGEST_BODY: usize = 16 * 1024;
/// The longest path and query that is kept.
pub(super) const LONGEST_PATH: usize = 1024;

/// One request and what became of it.
#[derive(Debug)]
pub(crate) struct Record {
    /// Counts the requests of an emulator.
    pub(crate) number: u64,
    /// When it came: unix time in microseconds.
    pub(crate) at: u64,
    pub(crate) method: Method,
    /// As it came, with the query. May hold a secret.
    pub(crate) path: Box<str>,
    pub(crate) operation: Option<Operation>,
    /// `None` when there was no answer.
    pub(crate) status: Option<u16>,
    /// Until the answer was there.
    pub(crate) took: Duration,
    /// Whether a fault has closed the connection; without an answer and without a fault, the client has hung up.
    pub(crate) is_cut: bool,
    /// The number of the fault that happened to it.
    pub(crate) fault: Option<u64>,
    /// The session that it started.
    pub(crate) started: Option<Arc<str>>,
    /// Why it was refused.
    pub(crate) refusal: Option<Box<str>>,
    /// Of the error that it was refused with.
    pub(crate) identifier: Option<Box<str>>,
    /// May hold secrets.
    pub(crate) body: Body,
}

/// The body of a request.
#[derive(Debug)]
pub(crate) enum Body {
    /// None, or nobody read it.
    None,
    Kept(Box<[u8]>),
    /// Too long to be kept; how long, in bytes.
    TooLong(usize),
}

impl Body {
    pub(super) fn of(bytes: Option<&Bytes>) -> Self {
        match bytes {
            Some(bytes) if bytes.len() > LONGEST_BODY => Self::TooLong(bytes.len()),
            // A copy, since the bytes are a part of what the connection reads into, which is far larger.
            Some(bytes) if !bytes.is_empty() => Self::Kept(bytes.as_ref().into()),
            _ => Self::None,
        }
    }
}

impl Record {
    fn size(&self) -> usize {
        let body = if let Body::Kept(bytes) = &self.body { bytes.len() } else { 0 };
        self.path.len() + self.refusal.as_ref().map_or(0, |refusal| refusal.len()) + body
    }
}

/// The latest requests.
#[derive(Default)]
pub(super) struct Requests {
    kept: VecDeque<Arc<Record>>,
    bytes: usize,
    count: u64,
}

impl Requests {
    pub(super) fn add(&mut self, mut record: Record) -> Arc<Record> {
        self.count += 1;
        record.number = self.count;
        self.bytes += record.size();
        while self.kept.len() >= MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.size();
        }
        let record = Arc::new(record);
        self.kept.push_back(Arc::clone(&record));
        record
    }

    pub(super) fn position(&self) -> u64 {
        self.count
    }

    pub(super) fn all(&self) -> Vec<Arc<Record>> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn since(&self, position: u64) -> Option<Vec<Arc<Record>>> {
        let missing = usize::try_from(self.count.checked_sub(position)?).ok()?;
        let first = self.kept.len().checked_sub(missing)?;
        Some(self.kept.range(first..).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(body: usize) -> Record {
        Record {
            number: 0,
            at: 0,
            method: Method::POST,
            path: "/session".into(),
            operation: None,
            status: Some(201),
            took: Duration::ZERO,
            is_cut: false,
            fault: None,
            started: None,
            refusal: None,
            identifier: None,
            body: Body::of(Some(&vec![0; body].into())),
        }
    }

    #[test]
    fn no_more_than_the_limits_is_kept() {
        let mut requests = Requests::default();
        for _ in 0..2 * MOST {
            requests.add(record(10));
        }
        assert_eq!((requests.kept.len(), requests.bytes), (MOST, MOST * 18));
        for _ in 0..2 * MOST {
            requests.add(record(LONGEST_BODY));
        }
        assert!(requests.bytes <= MOST_BYTES && requests.kept.len() > 200, "{}", requests.kept.len());
        requests.add(record(LONGEST_BODY + 1));
        assert!(matches!(requests.kept.back().unwrap().body, Body::TooLong(_)));
    }

    #[test]
    fn whoever_is_too_far_behind_is_told_so() {
        let mut requests = Requests::default();
        for _ in 0..MOST + 5 {
            requests.add(record(1));
        }
        assert_eq!(requests.since(requests.position()).unwrap().len(), 0);
        assert_eq!(requests.since(requests.position() - 2).unwrap()[0].number, MOST as u64 + 4);
        assert_eq!(requests.since(5).unwrap().len(), MOST);
        assert!(requests.since(4).is_none());
        assert!(requests.since(requests.position() + 1).is_none());
    }
}
