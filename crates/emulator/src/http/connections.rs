//! Who is connected, and who keeps us waiting: so that slow clients and half-open connections hold nobody up.
//!
//! Each connection has a slot that says since when it has been the client's turn: to send a request or the rest of
//! one, or to take what was sent. Whoever takes too long is cut off, and when there are too many connections, the one
//! that has kept us waiting the longest. Noting it costs a request two stores, and no timer.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::task::AbortHandle;

/// It is our turn.
const OURS: u32 = u32::MAX;
const TICK: Duration = Duration::from_millis(250);

/// All connections.
pub(super) struct Connections {
    most: usize,
    patience: Duration,
    idle: Duration,
    /// Counts [`TICK`]s.
    now: Arc<AtomicU32>,
    open: Mutex<HashMap<u64, (Arc<Slot>, AbortHandle)>>,
}

/// One connection.
pub(super) struct Slot {
    /// Since which tick it has been the client's turn, or [`OURS`].
    theirs_since: AtomicU32,
    /// Whether it has had an answer, so that it may be kept for another request.
    was_served: AtomicBool,
    now: Arc<AtomicU32>,
}

impl Connections {
    /// At most `most` connections; `patience` with a client whose turn it is, `idle` between two requests.
    pub(super) fn new(most: usize, patience: Duration, idle: Duration) -> Self {
        Self { most, patience, idle, now: Arc::default(), open: Mutex::default() }
    }

    /// A slot for a new connection.
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::new(Slot {
            theirs_since: AtomicU32::new(self.now.load(Ordering::Relaxed)),
            was_served: AtomicBool::new(false),
            now: Arc::clone(&self.now),
        })
    }

    /// Makes room for another connection; `false` when nobody can be sent away, since all are being served.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.open();
        if open.len() < self.most {
            return true;
        }
        let theirs_since = |slot: &Slot| slot.theirs_since.load(Ordering::Relaxed);
        let waiting = open.iter().filter(|(_, (slot, _))| theirs_since(slot) != OURS);
        // Within a tick, the one that came first.
        let longest = waiting.min_by_key(|(number, (slot, _))| (theirs_since(slot), **number));
        let longest = longest.map(|(number, _)| *number).and_then(|number| open.remove(&number));
        if let Some((_, task)) = &longest {
            tracing::debug!("too many connections: the one that waited the longest is closed");
            task.abort();
        }
        longest.is_some()
    }

    pub(super) fn add(&self, number: u64, slot: Arc<Slot>, task: AbortHandle) {
        // It may have ended already; then it was removed before it was added.
        if !task.is_finished() {
            self.open().insert(number, (slot, task));
        }
    }

    pub(super) fn remove(&self, number: u64) {
        self.open().remove(&number);
    }

    /// Cuts off whoever takes too long, as long as it is polled.
    pub(super) async fn watch(&self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // It takes 34 years to get to `OURS`.
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.open().retain(|_, (slot, task)| {
                let since = slot.theirs_since.load(Ordering::Relaxed);
                let limit = if slot.was_served.load(Ordering::Relaxed) { self.idle } else { self.patience };
                let is_late = since != OURS && TICK * now.saturating_sub(since) > limit;
                if is_late {
                    tracing::debug!("a client took too long and is cut off");
                    task.abort();
                }
                !is_late && !task.is_finished()
            });
        }
    }

    /// Cuts everybody off.
    pub(super) fn abort_all(&self) {
        for (_, task) in self.open().values() {
            task.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, (Arc<Slot>, AbortHandle)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn ours(&self) {
        self.theirs_since.store(OURS, Ordering::Relaxed);
    }

    fn theirs(&self) {
        self.theirs_since.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// A request has come, but for its body.
    pub(super) fn request_came(&self) {
        self.was_served.store(false, Ordering::Relaxed);
    }
}

pin_project! {
    /// The body of a request: it is the client's turn until it is complete.
    pub(super) struct Incoming<B> {
        #[pin]
        body: B,
        slot: Arc<Slot>,
    }
}

impl<B: Body> Incoming<B> {
    pub(super) fn new(body: B, slot: Arc<Slot>) -> Self {
        if body.is_end_stream() {
            slot.ours();
        } else {
            slot.theirs();
        }
        Self { body, slot }
    }
}

impl<B: Body<Data = Bytes>> Body for Incoming<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = this.body.as_mut().poll_frame(context);
        if frame.is_ready() && (matches!(frame, Poll::Ready(None)) || this.body.is_end_stream()) {
            this.slot.ours();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// The body of an answer: it is the client's turn when there is something to take, and ours while there is nothing
    /// yet.
    pub(super) struct Outgoing<B> {
        #[pin]
        body: B,
        slot: Arc<Slot>,
    }
}

impl<B: Body> Outgoing<B> {
    pub(super) fn new(body: B, slot: Arc<Slot>) -> Self {
        slot.theirs();
        if body.is_end_stream() {
            slot.was_served.store(true, Ordering::Relaxed);
        }
        Self { body, slot }
    }
}

impl<B: Body<Data = Bytes>> Body for Outgoing<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = this.body.as_mut().poll_frame(context);
        match &frame {
            Poll::Pending => this.slot.ours(),
            Poll::Ready(_) => this.slot.theirs(),
        }
        if matches!(frame, Poll::Ready(None)) || this.body.is_end_stream() {
            this.slot.was_served.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
