//! The clock of the engine: one task a runtime that sleeps until the engine's next deadline. It is not touched for
//! each request: a deadline is about 10 seconds away, most requests are answered long before, and the task finds out
//! when it wakes. It is told only when a deadline comes that is earlier than the one it sleeps for.

use std::sync::{Arc, Weak};

use matchport_core::engine::Millis;
use tokio::runtime::{Handle, Id};
use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::shared::Shared;

/// The timers of a client: as a rule one.
#[derive(Default)]
pub(crate) struct Timers(Vec<Timer>);

struct Timer {
    runtime: Id,
    wakes_at: Millis,
    wake: Arc<Notify>,
}

/// What has to be done, without the lock, so that a timer wakes up in time.
pub(crate) enum Alarm {
    Begin { runtime: Handle, wake: Arc<Notify> },
    Hurry(Arc<Notify>),
}

impl Timers {
    /// Whether a timer of any runtime wakes up in time.
    pub(crate) fn any_wakes_by(&self, at: Millis) -> bool {
        self.0.iter().any(|timer| timer.wakes_at <= at)
    }

    /// Whether the timer of the current runtime must be begun or woken for a deadline.
    pub(crate) fn needed(&mut self, at: Millis) -> Option<Alarm> {
        // Outside of a runtime there is nothing to sleep on; whoever polls next inside of one comes by here.
        let runtime = Handle::try_current().ok()?;
        let id = runtime.id();
        if let Some(timer) = self.0.iter_mut().find(|timer| timer.runtime == id) {
            if timer.wakes_at <= at {
                return None;
            }
            timer.wakes_at = at;
            return Some(Alarm::Hurry(Arc::clone(&timer.wake)));
        }
        let wake = Arc::new(Notify::new());
        self.0.push(Timer { runtime: id, wakes_at: at, wake: Arc::clone(&wake) });
        Some(Alarm::Begin { runtime, wake })
    }

    /// The timer of a runtime is about to sleep until this time, or to end.
    pub(crate) fn set(&mut self, runtime: Id, next: Option<Millis>) {
        match next {
            Some(at) => {
                if let Some(timer) = self.0.iter_mut().find(|timer| timer.runtime == runtime) {
                    timer.wakes_at = at;
                }
            }
            None => self.remove(runtime),
        }
    }

    pub(crate) fn remove(&mut self, runtime: Id) {
        self.0.retain(|timer| timer.runtime != runtime);
    }

    /// Wakes all, so that they find out that their client is gone.
    pub(crate) fn wake_all(&self) {
        self.0.iter().for_each(|timer| timer.wake.notify_one());
    }
}

impl Alarm {
    pub(crate) fn set(self, shared: &Arc<Shared>) {
        match self {
            Self::Hurry(wake) => wake.notify_one(),
            Self::Begin { runtime, wake } => {
                let id = runtime.id();
                let guard = Guard { shared: Arc::downgrade(shared), runtime: id, state: GuardState::NotBegun };
                runtime.spawn(keep_time(guard, wake));
            }
        }
    }
}

async fn keep_time(mut guard: Guard, wake: Arc<Notify>) {
    guard.state = GuardState::Running;
    loop {
        let Some(shared) = guard.shared.upgrade() else { break };
        let next = shared.tick(guard.runtime);
        // Whoever sleeps must not keep the client alive.
        drop(shared);
        let Some(next) = next else { break };
        tokio::select! {
            () = sleep_until(next) => {}
            () = wake.notified() => {}
        }
    }
    guard.state = GuardState::Ended;
}

/// Notices when the runtime ends with its timer asleep.
struct Guard {
    shared: Weak<Shared>,
    runtime: Id,
    state: GuardState,
}

enum GuardState {
    NotBegun,
    Running,
    Ended,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        match self.state {
            // `tick` has taken it off the list.
            GuardState::Ended => {}
            // Whoever wanted it is on this runtime, and ends with it.
            GuardState::NotBegun => shared.forget_timer(self.runtime),
            // A panic would come again: a runtime without a clock.
            GuardState::Running if std::thread::panicking() => shared.forget_timer(self.runtime),
            GuardState::Running => shared.timer_lost(self.runtime),
        }
    }
}
