//! What happens in an emulator, for whoever looks on: the requests that came, and what they came to, second by second.
//! What happens to sessions is in `model::history`. All of it is kept within limits.
//!
//! With game servers behind sessions, requests are noted from the beginning: one looks when something went wrong a minute
//! ago, and a start takes a thousand times as long as noting it. Without them, which is for load tests, noting would be a
//! tenth of a start: then starts are only counted, until somebody looks or the log is read.
//!
//! How it gets to a browser is in `http::dashboard`.

mod about;
mod counts;
mod hidden;
mod log;
mod requests;
mod series;
mod shown;
mod trace;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(crate) use about::About;
pub(crate) use counts::{BOUNDS, Counts, OpenConnection};
pub(crate) use hidden::Hidden;
pub(crate) use requests::Record;
pub(crate) use series::Tick;
pub(crate) use shown::Shown;
pub(crate) use trace::Trace;

use crate::bell::Bell;
use crate::clock::Clock;
use crate::config::Operation;
use requests::Requests;
use series::Series;

/// What happens in an emulator.
pub(crate) struct Observation {
    state: Mutex<State>,
    /// Whether starts are noted, and not only counted.
    is_on: AtomicBool,
    clock: Clock,
    /// Rung after each request and each second.
    pub(crate) bell: Arc<Bell>,
    /// How many connections there are.
    pub(crate) connections: Arc<AtomicUsize>,
    /// Cancelled when nobody can look any longer.
    pub(crate) closed: CancellationToken,
    /// What emulator this is.
    pub(crate) about: About,
    /// What of it may be shown.
    pub(crate) hidden: Hidden,
    /// Another one for each emulator, so that a position in what happened is not taken for one here.
    pub(crate) epoch: u64,
}

#[derive(Default)]
struct State {
    requests: Requests,
    series: Series,
    counts: Counts,
}

/// Requests and seconds, in order, and how far they go.
pub(crate) struct Seen {
    pub(crate) requests: Vec<Arc<Record>>,
    pub(crate) ticks: Vec<Arc<Tick>>,
    pub(crate) position: Position,
}

/// How far somebody has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) requests: u64,
    pub(crate) ticks: u64,
}

impl Observation {
    pub(crate) fn new(clock: Clock, bell: Arc<Bell>, about: About, hidden: Hidden) -> Self {
        let is_on = AtomicBool::new(about.has_servers());
        let (epoch, _) = uuid::Uuid::new_v4().as_u64_pair();
        Self {
            state: Mutex::default(),
            is_on,
            connections: Arc::default(),
            clock,
            bell,
            closed: CancellationToken::new(),
            about,
            hidden,
            epoch,
        }
    }

    /// Whether starts are noted, and not only counted.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed) || log::is_read()
    }

    /// Somebody looks.
    pub(crate) fn look(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Counts a start that is not noted.
    pub(crate) fn count_start(&self, status: u16, took: Duration) {
        self.state().count(Some(Operation::Start), Some(status), took, false);
    }

    /// Notes a request.
    fn add(&self, record: Record) {
        let mut state = self.state();
        state.count(record.operation, record.status, record.took, record.fault.is_some());
        let record = state.requests.add(record);
        drop(state);
        log::write(&record, &self.hidden);
        self.bell.ring();
    }

    /// How much has happened.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Where everything that has happened lies behind.
    pub(crate) fn position(&self) -> Position {
        self.state().position()
    }

    /// All that is kept.
    pub(crate) fn all(&self) -> Seen {
        let state = self.state();
        Seen { requests: state.requests.all(), ticks: state.series.all(), position: state.position() }
    }

    /// What came after a position, `None` when some of it is not kept any longer, or there is no such position.
    pub(crate) fn since(&self, position: Position) -> Option<Seen> {
        let state = self.state();
        let (requests, ticks) = (state.requests.since(position.requests)?, state.series.since(position.ticks)?);
        Some(Seen { requests, ticks, position: state.position() })
    }

    /// Closes each second, as long as it is polled. `alive` says how many sessions are alive in each location.
    pub(crate) async fn keep_time(&self, alive: impl Fn() -> Vec<usize>) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            let alive = alive();
            self.state().series.close_second(self.clock.now(), alive);
            self.bell.ring();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, operation: Option<Operation>, status: Option<u16>, took: Duration, is_fault: bool) {
        if operation == Some(Operation::Start) {
            self.series.start(status == Some(201), took);
        }
        self.counts.add(operation, status, took, is_fault);
    }

    fn position(&self) -> Position {
        Position { requests: self.requests.position(), ticks: self.series.position() }
    }
}
