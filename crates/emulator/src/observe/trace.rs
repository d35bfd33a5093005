//! What is noted of one request while it is answered, and the record that comes of it, however it ends.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::http::{Method, Uri};
use bytes::Bytes;

use super::Observation;
use super::requests::{Body, LONGEST_PATH, Record};
use crate::config::Operation;

/// What is noted of a request while it is answered. An extension of its head.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    operation: OnceLock<Operation>,
    body: OnceLock<Bytes>,
    started: OnceLock<Arc<str>>,
    refusal: OnceLock<Box<str>>,
    identifier: OnceLock<Box<str>>,
    fault: OnceLock<u64>,
}

impl Trace {
    // Each of these is noted once; what comes later is about the same and is passed over.

    pub(crate) fn operation(&self, operation: Operation) {
        let _ = self.operation.set(operation);
    }

    pub(crate) fn body(&self, body: &Bytes) {
        let _ = self.body.set(body.clone());
    }

    /// The session that was started.
    pub(crate) fn started(&self, id: &Arc<str>) {
        let _ = self.started.set(Arc::clone(id));
    }

    pub(crate) fn refusal(&self, why: impl FnOnce() -> String) {
        self.refusal.get_or_init(|| why().into());
    }

    /// The identifier of the error that it is refused with.
    pub(crate) fn identifier(&self, identifier: &str) {
        let _ = self.identifier.set(identifier.into());
    }

    /// The number of the fault that happens.
    pub(crate) fn fault(&self, number: u64) {
        let _ = self.fault.set(number);
    }
}

/// A request that is being answered. Dropped before [`Watched::ends`], its client has hung up.
pub(crate) struct Watched<'o> {
    observation: &'o Observation,
    trace: Arc<Trace>,
    began: Instant,
    method: Method,
    uri: Uri,
    is_noted: bool,
}

impl Observation {
    /// A request has come.
    pub(crate) fn begin(&self, method: &Method, uri: &Uri) -> Watched<'_> {
        let trace = Arc::default();
        let (method, uri) = (method.clone(), uri.clone());
        Watched { observation: self, trace, began: Instant::now(), method, uri, is_noted: false }
    }
}

impl Watched<'_> {
    pub(crate) fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// It is answered with this status, or cut off by a fault.
    pub(crate) fn ends(mut self, status: Option<u16>) {
        self.note(status, status.is_none());
    }

    fn note(&mut self, status: Option<u16>, is_cut: bool) {
        self.is_noted = true;
        let took = self.began.elapsed();
        let trace = &self.trace;
        let path = self.uri.path_and_query().map_or("", |path| path.as_str());
        self.observation.add(Record {
            number: 0,
            at: self.observation.clock.at(self.began).as_micros().try_into().unwrap_or(u64::MAX),
            method: self.method.clone(),
            path: within(path, LONGEST_PATH).into(),
            operation: trace.operation.get().copied(),
            status,
            took,
            is_cut,
            fault: trace.fault.get().copied(),
            started: trace.started.get().cloned(),
            refusal: trace.refusal.get().cloned(),
            identifier: trace.identifier.get().cloned(),
            body: Body::of(trace.body.get()),
        });
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.is_noted {
            self.note(None, false);
        }
    }
}

/// A path with its query, or without it when that is too long. Never a part of something: it could be that of a token.
fn within(path: &str, most: usize) -> &str {
    let alone = path.split('?').next().unwrap_or_default();
    [path, alone].into_iter().find(|text| text.len() <= most).unwrap_or("/(too long)")
}
