//! Containers that are to go, at the next opportunity: an engine that doesn't answer is asked again and again, and keeps
//! nobody waiting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::engine::Engine;

/// Between two attempts, after one that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Containers that are to go, by name.
#[derive(Default)]
pub(super) struct Removals {
    waiting: Mutex<VecDeque<(Arc<Engine>, String)>>,
    arrived: Notify,
}

impl Removals {
    /// Removes a container as soon as may be, whether or not there is one of this name.
    pub(super) fn add(&self, engine: &Arc<Engine>, name: String) {
        self.waiting().push_back((Arc::clone(engine), name));
        self.arrived.notify_one();
    }

    /// Removes what is to go, as long as it is polled.
    pub(super) async fn keep_removing(&self) {
        loop {
            let arrived = self.arrived.notified();
            let next = self.waiting().pop_front();
            let Some((engine, name)) = next else {
                arrived.await;
                continue;
            };
            if let Err(error) = engine.remove(&name).await {
                tracing::debug!(%error, name, "a container can't be removed yet");
                self.waiting().push_back((engine, name));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Arc<Engine>, String)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
