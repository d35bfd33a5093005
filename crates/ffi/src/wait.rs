//! Waiting until a client has something to do, and waking who waits. Apart from the client itself, so that others can call
//! it meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::slots::{self, matchport_client};
use crate::status::{matchport_status, matchport_status as Status};

/// Blocks until there is something to do for this client, for `timeout_ms` milliseconds at most: OK when there is (then
/// tick and take events), EMPTY when the time is over. Only with the built-in transport. Other threads may call the
/// client meanwhile; only one may wait at a time (BUSY). When the client is freed, it returns INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_wait(client: *mut matchport_client, timeout_ms: u64) -> matchport_status {
    let signal = match slots::find(client) {
        Ok(slot) => slot.wait.signal(),
        Err(status) => return status,
    };
    match signal {
        Some(signal) => signal.wait(Duration::from_millis(timeout_ms)),
        None => Status::WrongTransport,
    }
}

/// Ends a wait, or the next one when nobody waits. May be called at any time from any thread.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_wake(client: *mut matchport_client) -> matchport_status {
    match slots::find(client).map(|slot| slot.wait.signal()) {
        Ok(Some(signal)) => {
            signal.wake();
            Status::Ok
        }
        Ok(None) => Status::WrongTransport,
        Err(status) => status,
    }
}

/// What a client with the built-in transport is waited for by.
pub(crate) type ClientSignal = Option<Arc<Signal>>;

/// The signal of the client in a place.
pub(crate) struct WaitPlace(Mutex<ClientSignal>);

impl WaitPlace {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn open(&self, signal: ClientSignal) {
        *locked(&self.0) = signal;
    }

    /// Ends a wait for good.
    pub(crate) fn close(&self) {
        if let Some(signal) = locked(&self.0).take() {
            signal.change(|state| state.closed = true);
        }
    }

    fn signal(&self) -> ClientSignal {
        locked(&self.0).clone()
    }
}

/// Whether there is something to do, and when there will be.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    woken: bool,
    answered: bool,
    attention: bool,
    closed: bool,
    waiting: bool,
    due: Option<Instant>,
}

#[cfg(feature = "transport")]
impl Signal {
    /// Answers have come.
    pub(crate) fn answered(&self) {
        self.change(|state| state.answered = true);
    }

    /// All answers that had come have been taken in.
    pub(crate) fn taken_in(&self) {
        locked(&self.state).answered = false;
    }

    /// The engine waits: for how long, and whether the caller has something to take.
    pub(crate) fn settled(&self, attention: bool, due_in_ms: Option<u64>) {
        let due = due_in_ms.and_then(|milliseconds| Instant::now().checked_add(Duration::from_millis(milliseconds)));
        self.change(|state| (state.attention, state.due) = (attention, due));
    }
}

impl Signal {
    fn wake(&self) {
        self.change(|state| state.woken = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = locked(&self.state);
        change(&mut state);
        if state.waiting {
            self.changed.notify_all();
        }
    }

    fn wait(&self, timeout: Duration) -> Status {
        let mut state = locked(&self.state);
        if state.waiting {
            return Status::Busy;
        }
        let start = Instant::now();
        loop {
            let now = Instant::now();
            if state.closed {
                return Status::InvalidHandle;
            }
            if std::mem::take(&mut state.woken)
                || state.answered
                || state.attention
                || state.due.is_some_and(|due| due <= now)
            {
                return Status::Ok;
            }
            let left = timeout.saturating_sub(now.duration_since(start));
            if left.is_zero() {
                return Status::Empty;
            }
            let until_due = state.due.map_or(left, |due| due.duration_since(now).min(left));
            state.waiting = true;
            let waited = self.changed.wait_timeout(state, until_due);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting = false;
        }
    }
}

/// Nothing that holds these locks can panic half-way.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
