//! All sessions that have a game server: where each one's log and stop are, which tasks see them through, how all of
//! them end. The same for every kind of game server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::log::Log;
use super::supervise::{Host, StartAnswer, supervise};
use crate::config::Config;
use crate::model::{Facts, Fault, FaultKind};
use crate::sessions::Sessions;

/// The sessions whose game servers one host runs.
pub(crate) struct Supervised<H: Host> {
    pub(super) host: H,
    pub(super) sessions: Arc<Sessions>,
    pub(super) settings: Settings,
    /// What each session of now or lately has, by its number.
    runs: Mutex<HashMap<u64, Arc<Run<H::Kept>>>>,
    tasks: TaskTracker,
    abort: CancellationToken,
}

/// What holds for all sessions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(super) grace: Duration,
    pub(super) bind_timeout: Duration,
    log_limit: usize,
}

/// What stands behind one session.
pub(crate) struct Run<K> {
    pub(super) facts: Arc<Facts>,
    pub(super) log: Arc<Log>,
    /// Told when the session is to end.
    pub(super) stop: Notify,
    /// What the host keeps of it, until it is forgotten.
    pub(super) kept: K,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Self {
        Self { grace: config.grace, bind_timeout: config.bind_timeout, log_limit: config.log_limit }
    }
}

impl<H: Host> Supervised<H> {
    pub(crate) fn new(host: H, sessions: Arc<Sessions>, settings: Settings) -> Self {
        let (runs, tasks, abort) = (Mutex::default(), TaskTracker::new(), CancellationToken::new());
        Self { host, sessions, settings, runs, tasks, abort }
    }

    pub(super) async fn start(self: &Arc<Self>, facts: Arc<Facts>) -> Result<(), Fault> {
        tracing::debug!(session = %facts.id, image = %facts.image.name, "starting");
        let (answer, answered): (StartAnswer, _) = oneshot::channel();
        let run = Arc::new(Run {
            log: Arc::new(Log::new(self.settings.log_limit)),
            facts: Arc::clone(&facts),
            stop: Notify::new(),
            kept: H::Kept::default(),
        });
        self.runs().insert(facts.number, Arc::clone(&run));
        // A stop that came before there was a run to tell would be lost.
        if self.sessions.model().is_stopping(&facts) {
            run.stop.notify_one();
        }
        let life = supervise(Arc::clone(self), run, answer);
        self.tasks.spawn(self.abort.clone().run_until_cancelled_owned(life));
        answered.await.unwrap_or_else(|_| {
            let details = "the emulator is shutting down; nothing is left running";
            Err(Fault::new(FaultKind::ServiceUnavailable, "shutting down", details))
        })
    }

    pub(super) fn stop(&self, facts: &Facts) {
        if let Some(run) = self.run(facts.number) {
            run.stop.notify_one();
        }
    }

    pub(super) fn log(&self, facts: &Facts) -> Option<Arc<Log>> {
        self.run(facts.number).map(|run| Arc::clone(&run.log))
    }

    /// Waits until all tasks have ended. The sessions must have been stopped.
    pub(super) async fn wait_for_all(&self) {
        self.tasks.close();
        // A process that not even SIGKILL ends is stuck in the kernel, and can't be waited for.
        let longest = self.settings.grace + Duration::from_secs(5);
        if tokio::time::timeout(longest, self.tasks.wait()).await.is_err() {
            tracing::error!("a game server could not be ended");
        }
    }

    /// Drops all tasks, and with them what they hold.
    pub(super) fn abort(&self) {
        self.abort.cancel();
    }

    pub(super) fn run(&self, number: u64) -> Option<Arc<Run<H::Kept>>> {
        self.runs().get(&number).cloned()
    }

    pub(super) fn remove(&self, number: u64) -> Option<Arc<Run<H::Kept>>> {
        self.runs().remove(&number)
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.runs().keys().copied().collect()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, Arc<Run<H::Kept>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
