//! What all clones of a client share: the engine behind a lock, and for each operation a mailbox for what the engine
//! says while somebody else drives it. Nothing here decides or waits.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use matchport_core::allocation::Ticket;
use matchport_core::engine::{
    Engine, Entropy, Event, Input, Millis, OperationId, Output, Refusal, RequestId, TransportFailure,
    TransportFailureKind,
};
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::session::Tracker;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::settled::Settled;
use crate::timer::{Alarm, Timers};
use crate::transport::AnyTransport;

/// What becomes of operations that nobody waits for any more.
pub(crate) type OnSettled = Box<dyn Fn(Settled) + Send + Sync>;

/// The shared part of a client.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    pub(crate) transport: AnyTransport,
    pub(crate) on_settled: Option<OnSettled>,
    /// Where the engine's clock starts.
    epoch: Instant,
    /// Operations that go on in the background.
    background: AtomicUsize,
    /// Told when nothing is in the background any more, or an engine that is shutting down has nothing left.
    idle: Notify,
}

struct Inner {
    engine: Engine,
    last_operation: u64,
    mailboxes: HashMap<OperationId, Mailbox, NumberHash>,
    timers: Timers,
    /// When the engine wants to be polled next.
    next_deadline: Option<Millis>,
    /// Streams whose consumer has something in hand and is not asking for more.
    resting: BTreeMap<OperationId, RequestId>,
    /// Tickets of what could not be settled, since the client is shutting down.
    unsettled: Option<Vec<Ticket>>,
}

/// What the engine said for an operation while others drove it.
struct Mailbox {
    outputs: VecDeque<Output>,
    waker: Option<Waker>,
}

/// What is left to do once the lock is released: waking others can run anything.
#[derive(Default)]
struct Afterwards {
    wakers: Vec<Waker>,
    alarm: Option<Alarm>,
    idle: bool,
}

/// Whose outputs are collected while the engine is drained, and where to.
type Own<'a> = Option<(OperationId, &'a mut VecDeque<Output>)>;

impl Shared {
    pub(crate) fn new(engine: Engine, transport: AnyTransport, on_settled: Option<OnSettled>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                engine,
                last_operation: 0,
                mailboxes: HashMap::default(),
                timers: Timers::default(),
                next_deadline: None,
                resting: BTreeMap::new(),
                unsettled: None,
            }),
            transport,
            on_settled,
            epoch: Instant::now(),
            background: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    /// Begins an operation. What it wants first is put into `outputs`.
    pub(crate) fn submit(
        self: &Arc<Self>,
        input: impl FnOnce(OperationId, Entropy) -> Input<'static>,
        waker: &Waker,
        outputs: &mut VecDeque<Output>,
    ) -> Result<OperationId, Error> {
        let entropy = entropy()?;
        let now = self.now();
        let mut inner = self.lock();
        let id = OperationId(inner.last_operation + 1);
        let taken = inner.engine.handle(input(id, entropy), now);
        if let Err(refusal) = taken {
            return Err(refused(refusal));
        }
        inner.last_operation = id.0;
        inner.mailboxes.insert(id, Mailbox { outputs: VecDeque::new(), waker: Some(waker.clone()) });
        self.finish(inner, now, Some((id, outputs)));
        Ok(id)
    }

    /// Hands the engine something that happened to an operation, and puts what it then wants into `outputs`. A refusal
    /// means that it came too late, which needs no care.
    pub(crate) fn hand_over(self: &Arc<Self>, id: OperationId, input: Input<'_>, outputs: &mut VecDeque<Output>) {
        let now = self.now();
        let mut inner = self.lock();
        inner.collect(id, outputs);
        let _too_late = inner.engine.handle(input, now);
        self.finish(inner, now, Some((id, outputs)));
    }

    /// Ends an operation by an input. Requests that have not been sent yet are taken out, and the engine is told that
    /// they never will be.
    pub(crate) fn stop_short(self: &Arc<Self>, id: OperationId, input: Input<'_>, outputs: &mut VecDeque<Output>) {
        let now = self.now();
        let mut inner = self.lock();
        inner.collect(id, outputs);
        let mut unsent = Vec::new();
        outputs.retain(|output| match output {
            Output::Send(request) => {
                unsent.push(request.id);
                false
            }
            _ => true,
        });
        let mut afterwards = Afterwards::default();
        let _too_late = inner.engine.handle(input, now);
        inner.drain(now, Some((id, outputs)), &mut afterwards);
        for request in unsent {
            let message = "the operation was ended before it was sent".to_owned();
            let failure = TransportFailure { kind: TransportFailureKind::NotSent, message };
            let _aborted = inner.engine.handle(Input::TransportFailed { request, failure }, now);
            inner.drain(now, Some((id, outputs)), &mut afterwards);
        }
        self.release(inner, afterwards);
    }

    /// Nobody will look for what is left for an operation any more.
    pub(crate) fn forget(&self, id: OperationId) {
        self.lock().mailboxes.remove(&id);
    }

    /// What is known of the sessions of this client.
    pub(crate) fn tracked<T>(&self, read: impl FnOnce(&Tracker) -> T) -> Option<T> {
        let now = self.now();
        self.lock().engine.sessions(now).map(read)
    }

    /// Takes what others have left for an operation.
    pub(crate) fn look(&self, id: OperationId, outputs: &mut VecDeque<Output>) {
        self.lock().collect(id, outputs);
    }

    /// Takes what others have left for an operation. When there is nothing, the waker will be called.
    pub(crate) fn collect(self: &Arc<Self>, id: OperationId, waker: &Waker, outputs: &mut VecDeque<Output>) -> bool {
        let mut inner = self.lock();
        if inner.collect(id, outputs) {
            return true;
        }
        if let Some(mailbox) = inner.mailboxes.get_mut(&id) {
            match &mut mailbox.waker {
                Some(known) => known.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
        }
        // The task may have moved to a runtime without a timer, or that of its old one may have gone.
        let mut afterwards = Afterwards::default();
        inner.arm(&mut afterwards);
        self.release(inner, afterwards);
        false
    }

    /// The engine is polled because a time has come. Gives the next one.
    pub(crate) fn tick(self: &Arc<Self>, runtime: tokio::runtime::Id) -> Option<Instant> {
        let now = self.now();
        let mut inner = self.lock();
        let mut afterwards = Afterwards::default();
        inner.run(now, None, &mut afterwards);
        let next = inner.next_deadline;
        inner.timers.set(runtime, next);
        self.release(inner, afterwards);
        next.map(|at| self.epoch + Duration::from_millis(at))
    }

    /// The timer of a runtime has ended. Operations elsewhere may have relied on it.
    pub(crate) fn timer_lost(&self, runtime: tokio::runtime::Id) {
        let mut inner = self.lock();
        inner.timers.remove(runtime);
        let wakers: Vec<_> = inner.mailboxes.values_mut().filter_map(|mailbox| mailbox.waker.take()).collect();
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn forget_timer(&self, runtime: tokio::runtime::Id) {
        self.lock().timers.remove(runtime);
    }

    /// The consumer of a stream has something in hand. Until it asks for more, the stream can't be late.
    pub(crate) fn rest(&self, id: OperationId, request: RequestId) {
        self.lock().resting.insert(id, request);
    }

    /// The consumer asks for more: from now on the stream can be late.
    pub(crate) fn rest_no_more(self: &Arc<Self>, id: OperationId, outputs: &mut VecDeque<Output>) {
        let now = self.now();
        let mut inner = self.lock();
        if let Some(request) = inner.resting.remove(&id) {
            let _too_late = inner.engine.handle(Input::StreamData { request, bytes: &[] }, now);
            self.finish(inner, now, Some((id, outputs)));
        }
    }

    /// No further operation is accepted, and all that are under way are given up.
    pub(crate) fn begin_shutdown(self: &Arc<Self>, within: Duration) {
        let now = self.now();
        let mut inner = self.lock();
        inner.unsettled.get_or_insert_default();
        let _never_refused = inner.engine.handle(Input::Shutdown { within_ms: milliseconds(within) }, now);
        self.finish(inner, now, None);
    }

    /// Waits until nothing is under way, for a client that is shutting down.
    pub(crate) async fn ended(&self) -> Vec<Ticket> {
        self.until(|| self.background() == 0 && self.lock().engine.operations() == 0).await;
        self.lock().unsettled.clone().unwrap_or_default()
    }

    /// Waits until nothing is in the background.
    pub(crate) async fn settled(&self) {
        self.until(|| self.background() == 0).await;
    }

    async fn until(&self, done: impl Fn() -> bool) {
        loop {
            let mut told = std::pin::pin!(self.idle.notified());
            // From here on a change is heard.
            told.as_mut().enable();
            if done() {
                return;
            }
            told.await;
        }
    }

    fn background(&self) -> usize {
        self.background.load(Ordering::Acquire)
    }

    /// One operation more goes on in the background.
    pub(crate) fn enter_background(&self) {
        self.background.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn leave_background(&self) {
        self.background.fetch_sub(1, Ordering::AcqRel);
        self.idle.notify_waiters();
    }

    /// How many operations the engine has under way.
    pub(crate) fn operations(&self) -> usize {
        self.lock().engine.operations()
    }

    fn now(&self) -> Millis {
        Millis::try_from(self.epoch.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    /// A thread that panicked while it held the lock must not take all others with it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(self: &Arc<Self>, mut inner: MutexGuard<'_, Inner>, now: Millis, own: Own<'_>) {
        let mut afterwards = Afterwards::default();
        inner.drain(now, own, &mut afterwards);
        self.release(inner, afterwards);
    }

    fn release(self: &Arc<Self>, inner: MutexGuard<'_, Inner>, afterwards: Afterwards) {
        drop(inner);
        let Afterwards { wakers, alarm, idle } = afterwards;
        wakers.into_iter().for_each(Waker::wake);
        if let Some(alarm) = alarm {
            alarm.set(self);
        }
        if idle {
            self.idle.notify_waiters();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        inner.timers.wake_all();
    }
}

impl Inner {
    /// Polls the engine until it waits, and sees to it that somebody wakes up in time.
    fn drain(&mut self, now: Millis, own: Own<'_>, afterwards: &mut Afterwards) {
        self.run(now, own, afterwards);
        // As a rule somebody wakes up in time. Whether it is somebody on this runtime is asked before waiting.
        if self.next_deadline.is_some_and(|at| !self.timers.any_wakes_by(at)) {
            self.arm(afterwards);
        }
    }

    fn run(&mut self, now: Millis, mut own: Own<'_>, afterwards: &mut Afterwards) {
        if !self.resting.is_empty() && self.next_deadline.is_some_and(|at| at <= now) {
            self.renew_resting(now);
        }
        self.next_deadline = loop {
            let (output, id) = match self.engine.poll(now) {
                Output::WaitUntil(at) => break Some(at),
                Output::Idle => break None,
                // Made by `renew_resting`.
                Output::Event(Event::Data { bytes, .. }) if bytes.is_empty() => continue,
                Output::Send(request) => {
                    let id = request.operation;
                    (Output::Send(request), id)
                }
                Output::Abort { operation, request } => (Output::Abort { operation, request }, operation),
                Output::Event(event) => {
                    let id = event.operation();
                    (Output::Event(event), id)
                }
            };
            self.note_unsettled(&output);
            match &mut own {
                Some((own, outputs)) if *own == id => {
                    if is_terminal(&output) {
                        self.mailboxes.remove(&id);
                    }
                    outputs.push_back(output);
                }
                _ => {
                    // Without a mailbox its runtime has ended, and nobody can do anything for it.
                    if let Some(mailbox) = self.mailboxes.get_mut(&id) {
                        mailbox.outputs.push_back(output);
                        afterwards.wakers.extend(mailbox.waker.take());
                    }
                }
            }
        };
        afterwards.idle |= self.unsettled.is_some() && self.engine.operations() == 0;
    }

    /// Sees to it that the runtime that is running now wakes up for the next deadline.
    fn arm(&mut self, afterwards: &mut Afterwards) {
        if let Some(at) = self.next_deadline
            && let Some(alarm) = self.timers.needed(at)
        {
            afterwards.alarm = Some(alarm);
        }
    }

    /// Moves what others have left for an operation. Whether there was anything.
    fn collect(&mut self, id: OperationId, outputs: &mut VecDeque<Output>) -> bool {
        let Some(mailbox) = self.mailboxes.get_mut(&id) else { return false };
        if mailbox.outputs.is_empty() {
            return false;
        }
        let over = mailbox.outputs.back().is_some_and(is_terminal);
        outputs.append(&mut mailbox.outputs);
        if over {
            self.mailboxes.remove(&id);
        }
        true
    }

    /// A stream whose consumer takes its time is not late: the service is not being asked. Bytes, though none, tell
    /// the engine that it goes on. Not polled in between: that would find the others late.
    fn renew_resting(&mut self, now: Millis) {
        for request in self.resting.values() {
            let _too_late = self.engine.handle(Input::StreamData { request: *request, bytes: &[] }, now);
        }
    }

    fn note_unsettled(&mut self, output: &Output) {
        if let Some(unsettled) = &mut self.unsettled
            && let Output::Event(Event::Failed { failure, .. }) = output
            && let Some(ticket) = &failure.ticket
        {
            unsettled.push(Ticket::clone(ticket));
        }
    }
}

/// Numbers that count up need no hash that resists attacks.
type NumberHash = BuildHasherDefault<NumberHasher>;

#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        // The table takes its place from the low bits, and a tag that tells entries apart from the high ones.
        self.0 ^ self.0.rotate_right(7)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(8) ^ number;
    }
}

fn is_terminal(output: &Output) -> bool {
    matches!(output, Output::Event(event) if event.is_terminal())
}

fn entropy() -> Result<Entropy, Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| {
        let message = format!("the system gave no random bytes, so that no session id can be made: {error}");
        Error::new(ErrorCode::Transport, Outcome::NotSent, message)
    })?;
    Ok(Entropy(bytes))
}

fn refused(refusal: Refusal) -> Error {
    let code = match refusal {
        Refusal::ShutDown => ErrorCode::ShutDown,
        _ => ErrorCode::InvalidInput,
    };
    Error::new(code, Outcome::NotSent, refusal.to_string())
}

/// A span in the engine's unit, rounded up so that nothing ends early.
pub(crate) fn milliseconds(span: Duration) -> Millis {
    let rounded = span.as_nanos().div_ceil(1_000_000);
    Millis::try_from(rounded).unwrap_or(Millis::MAX)
}
