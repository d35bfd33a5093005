//! The model behind a lock, with a clock: what requests, supervisors of processes and the passing of time share.
//!
//! The lock is never held across an await. Decisions are in `model`, processes in `backend`.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::bell::Bell;
use crate::clock::Clock;
use crate::config::Protocol;
use crate::model::{AfterExit, AfterStop, Due, Exit, Facts, Fault, Millis, Model, StartBody};

/// The model behind a lock, with a clock.
pub(crate) struct Sessions {
    model: Mutex<Model>,
    pub(crate) clock: Clock,
    /// Rung after each change.
    pub(crate) bell: Arc<Bell>,
    /// What [`Self::next_due`] waits for, so that it is woken only for something earlier.
    armed_for: AtomicU64,
    earlier: Notify,
}

impl Sessions {
    pub(crate) fn new(mut model: Model) -> Self {
        let clock = Clock::start();
        model.begin(clock.now());
        Self {
            model: Mutex::new(model),
            clock,
            bell: Arc::default(),
            armed_for: AtomicU64::new(u64::MAX),
            earlier: Notify::new(),
        }
    }

    /// The model. A panic in one request must not end all others, so poison is passed over: no method of the model
    /// leaves it half changed.
    pub(crate) fn model(&self) -> Held<'_> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        model.tell(self.clock.now());
        Held { before: model.position(), model, bell: &self.bell }
    }

    pub(crate) fn start(
        &self,
        body: StartBody,
        is_full: bool,
        is_free: &mut dyn FnMut(Protocol, u16) -> bool,
    ) -> Result<Arc<Facts>, Fault> {
        let fresh_id = || {
            let mut buffer = uuid::Uuid::encode_buffer();
            Arc::from(&*uuid::Uuid::new_v4().hyphenated().encode_lower(&mut buffer))
        };
        let mut model = self.model();
        let now = model.now();
        let started = model.start(body, now, fresh_id, is_full, is_free);
        self.rearm(model.next_due());
        started
    }

    pub(crate) fn stop(&self, id: &str) -> Result<(AfterStop, Arc<Facts>), Fault> {
        let mut model = self.model();
        let now = model.now();
        let stopped = model.stop(id, now);
        self.rearm(model.next_due());
        stopped
    }

    pub(crate) fn process_exited(&self, facts: &Facts, exit: Exit) -> AfterExit {
        let mut model = self.model();
        let now = model.now();
        let after = model.process_exited(facts, exit, now);
        self.rearm(model.next_due());
        after
    }

    /// Waits for the next thing whose time has come.
    pub(crate) async fn next_due(&self) -> Due {
        loop {
            let woken = self.earlier.notified();
            let next = {
                let mut model = self.model();
                let now = model.now();
                if let Some(due) = model.due(now) {
                    return due;
                }
                let next = model.next_due();
                self.armed_for.store(next.unwrap_or(u64::MAX), Ordering::Relaxed);
                next
            };
            match next {
                None => woken.await,
                Some(at) => {
                    // A late wake-up is cheap; one that is a fraction early would spin.
                    let wait = self.clock.until(at) + std::time::Duration::from_millis(1);
                    let _ = tokio::time::timeout(wait, woken).await;
                }
            }
        }
    }

    /// Called with the lock held, so that what is armed never lags behind the model.
    fn rearm(&self, next: Option<Millis>) {
        if next.is_some_and(|at| at < self.armed_for.load(Ordering::Relaxed)) {
            self.earlier.notify_one();
        }
    }
}

/// The model while it is held. Whoever looks on is told afterwards, when something has changed.
pub(crate) struct Held<'s> {
    model: MutexGuard<'s, Model>,
    bell: &'s Bell,
    before: u64,
}

impl Deref for Held<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.model
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Model {
        &mut self.model
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.model.position() != self.before {
            self.bell.ring();
        }
    }
}
