//! Real game servers behind sessions: processes, their output, their files, their ends. No HTTP, and no decision about
//! what a session is: that is in `model`.

mod artifact;
mod keeper;
mod log;
mod mark;
mod ports;
#[cfg(target_os = "linux")]
mod sock_diag;
mod spawn;
mod supervise;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use artifact::Artifact;
pub(crate) use log::{Log, LogReader};
pub(crate) use spawn::find_program;

use crate::config::{Config, Protocol};
use crate::model::{Facts, Fault, FaultKind};
use crate::sessions::Sessions;
use keeper::Keeper;
use mark::{Mark, Sweeper};
use ports::{PortLook, PortWatch};
use spawn::Recipe;

/// All game server processes of an emulator.
pub(crate) struct Processes {
    sessions: Arc<Sessions>,
    /// Full command lines, by image.
    commands: HashMap<String, Arc<[OsString]>>,
    /// What each session of now or lately has, by its number.
    runs: Mutex<HashMap<u64, Arc<Run>>>,
    settings: Settings,
    /// Where the folders of sessions are.
    folder: PathBuf,
    mark: Mark,
    keeper: Arc<Keeper>,
    sweeper: Sweeper,
    ports: PortWatch,
    look: Mutex<PortLook>,
    tasks: TaskTracker,
    abort: CancellationToken,
}

struct Settings {
    grace: Duration,
    bind_timeout: Duration,
    log_limit: usize,
}

/// What stands behind one session.
struct Run {
    facts: Arc<Facts>,
    log: Arc<Log>,
    /// Told when the session is to end.
    stop: Notify,
}

impl Processes {
    /// `commands` are full command lines by image; `data` is a folder that is there. Each emulator makes its own folder
    /// in it, so what another one left behind is not in the way.
    ///
    /// # Errors
    /// When the folder can't be made, or the keeper or the port watch can't be started.
    pub(crate) fn new(
        config: &Config,
        sessions: Arc<Sessions>,
        commands: HashMap<String, Arc<[OsString]>>,
        data: &Path,
        host: &str,
    ) -> io::Result<Self> {
        let mark = Mark::random();
        let host = host.parse::<IpAddr>().ok();
        let folder = data.join(format!("run-{}", &mark.text()[..12]));
        std::fs::create_dir(&folder)?;
        Ok(Self {
            sessions,
            commands,
            runs: Mutex::default(),
            settings: Settings { grace: config.grace, bind_timeout: config.bind_timeout, log_limit: config.log_limit },
            folder: folder.canonicalize()?,
            keeper: Arc::new(Keeper::start(mark.clone())?),
            sweeper: Sweeper::new(mark.clone()),
            ports: PortWatch::start(PortLook::best(host))?,
            look: Mutex::new(PortLook::best(host)),
            tasks: TaskTracker::new(),
            abort: CancellationToken::new(),
            mark,
        })
    }

    /// Whether no program holds a host port.
    pub(crate) fn is_free(&self, protocol: Protocol, port: u16) -> bool {
        !self.look.lock().unwrap_or_else(PoisonError::into_inner).is_bound(protocol, port)
    }

    /// Starts the process of a session that the model has started. What was begun goes on when the future is dropped.
    ///
    /// # Errors
    /// When the process could not be started; the session is withdrawn then.
    pub(crate) async fn start(self: &Arc<Self>, facts: Arc<Facts>) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let run = Arc::new(Run {
            log: Arc::new(Log::new(self.settings.log_limit)),
            facts: Arc::clone(&facts),
            stop: Notify::new(),
        });
        self.runs().insert(facts.number, Arc::clone(&run));
        // A stop that came before there was a run to tell would be lost.
        if self.sessions.model().is_stopping(&facts) {
            run.stop.notify_one();
        }
        let recipe = Arc::new(Recipe {
            command: self.commands.get(&facts.image.name).cloned().unwrap_or_default(),
            folder: self.session_folder(&facts),
            mark: self.mark.of_session(facts.number),
            facts,
        });
        let life = supervise::supervise(Arc::clone(self), run, recipe, answer);
        self.tasks.spawn(self.abort.clone().run_until_cancelled_owned(life));
        answered.await.unwrap_or_else(|_| {
            let details = "the emulator is shutting down; nothing is left running";
            Err(Fault::new(FaultKind::ServiceUnavailable, "shutting down", details))
        })
    }

    /// Ends the process of a session: SIGTERM now, SIGKILL after the grace time.
    pub(crate) fn stop(&self, facts: &Facts) {
        if let Some(run) = self.runs().get(&facts.number) {
            run.stop.notify_one();
        }
    }

    /// The log of a session, if it has one.
    pub(crate) fn log(&self, facts: &Facts) -> Option<Arc<Log>> {
        self.runs().get(&facts.number).map(|run| Arc::clone(&run.log))
    }

    /// The folder that is the root of a session's game server.
    pub(crate) fn session_folder(&self, facts: &Facts) -> PathBuf {
        self.folder.join(file_name(facts))
    }

    /// Removes what was kept of a session.
    pub(crate) async fn forget(&self, facts: &Facts) {
        self.remove(facts.number);
        let (folder, log) = (self.session_folder(facts), self.log_file(facts));
        let removal = tokio::task::spawn_blocking(move || {
            for result in [std::fs::remove_dir_all(&folder), std::fs::remove_file(&log)] {
                if let Err(error) = result
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(%error, folder = %folder.display(), "what was kept of a session stays on the disk");
                }
            }
        });
        if removal.await.is_err() {
            tracing::warn!("the removal of a session's folder was broken off");
        }
    }

    /// Ends, as long as it is polled, what ended sessions left behind outside their process groups.
    pub(crate) async fn sweep(&self) {
        self.sweeper.run().await;
    }

    /// Waits until all processes have ended, then ends what they left behind, and the keeper. The sessions must have
    /// been stopped.
    pub(crate) async fn close(self: &Arc<Self>) {
        self.tasks.close();
        // A process that not even SIGKILL ends is stuck in the kernel, and can't be waited for.
        let longest = self.settings.grace + Duration::from_secs(5);
        if tokio::time::timeout(longest, self.tasks.wait()).await.is_err() {
            tracing::error!("a game server could not be ended");
        }
        let this = Arc::clone(self);
        let rest = tokio::task::spawn_blocking(move || {
            this.sweeper.sweep_all();
            this.keeper.close();
        });
        if rest.await.is_err() {
            tracing::error!("the last sweep was broken off");
        }
    }

    /// Kills all processes without waiting: a supervisor that is dropped does that.
    pub(crate) fn abort(&self) {
        self.abort.cancel();
    }

    fn log_file(&self, facts: &Facts) -> PathBuf {
        self.folder.join(format!("{}.log", file_name(facts)))
    }

    fn remove(&self, number: u64) {
        self.runs().remove(&number);
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number keeps names apart, the id makes them findable. An id is any text, so only what is harmless of it is used.
fn file_name(facts: &Facts) -> String {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let id: String = facts.id.bytes().filter(harmless).take(36).map(char::from).collect();
    format!("{:06}-{id}", facts.number)
}
