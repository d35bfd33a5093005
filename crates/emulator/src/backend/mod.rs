//! Real game servers behind sessions: processes, their output, their files, their ends. No HTTP, and no decision about
//! what a session is: that is in `model`.

mod artifact;
mod folders;
mod keeper;
mod log;
mod mark;
mod ports;
#[cfg(target_os = "linux")]
mod sock_diag;
mod spawn;
mod supervise;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use artifact::Artifact;
pub(crate) use log::{Log, LogReader};
pub(crate) use spawn::find_program;

use crate::config::{Config, Protocol};
use crate::model::{Facts, Fault, FaultKind};
use crate::sessions::Sessions;
use folders::Folders;
use keeper::Keeper;
use mark::{Mark, Sweeper};
use ports::{PortLook, PortWatch};
use spawn::Recipe;

/// Where the folders of an emulator go.
pub(crate) struct DataDir {
    /// It is there.
    pub(crate) path: PathBuf,
    /// What removes it, when it is a temporary one.
    pub(crate) temporary: Option<TempDir>,
}

/// All game server processes of an emulator.
pub(crate) struct Processes {
    sessions: Arc<Sessions>,
    /// Full command lines, by image.
    commands: HashMap<String, Arc<[OsString]>>,
    /// What each session of now or lately has, by its number.
    runs: Mutex<HashMap<u64, Arc<Run>>>,
    settings: Settings,
    folders: Arc<Folders>,
    mark: Mark,
    keeper: Arc<Keeper>,
    sweeper: Sweeper,
    ports: PortWatch,
    look: Mutex<PortLook>,
    tasks: TaskTracker,
    abort: CancellationToken,
    /// The data directory when it is a temporary one: removed when the last process is gone.
    temporary: Mutex<Option<TempDir>>,
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
    /// The root of its game server: from its first start on, until it is given to another because nothing is in it.
    folder: Arc<Mutex<Option<PathBuf>>>,
}

impl Processes {
    /// `commands` are full command lines by image. Each emulator makes its own folder
    /// in it, so what another one left behind is not in the way.
    ///
    /// # Errors
    /// When the folder can't be made, or the keeper or the port watch can't be started.
    pub(crate) fn new(
        config: &Config,
        sessions: Arc<Sessions>,
        commands: HashMap<String, Arc<[OsString]>>,
        data: DataDir,
        host: &str,
    ) -> io::Result<Self> {
        let mark = Mark::random();
        let host = host.parse::<IpAddr>().ok();
        let folders = Folders::new(&data.path.join(format!("run-{}", &mark.text()[..12])))?;
        Ok(Self {
            sessions,
            commands,
            runs: Mutex::default(),
            settings: Settings { grace: config.grace, bind_timeout: config.bind_timeout, log_limit: config.log_limit },
            folders: Arc::new(folders),
            keeper: Arc::new(Keeper::start(mark.clone())?),
            sweeper: Sweeper::new(mark.clone()),
            ports: PortWatch::start(PortLook::best(host))?,
            look: Mutex::new(PortLook::best(host)),
            tasks: TaskTracker::new(),
            abort: CancellationToken::new(),
            temporary: Mutex::new(data.temporary),
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
        tracing::debug!(session = %facts.id, image = %facts.image.name, "starting");
        let (answer, answered) = oneshot::channel();
        let run = Arc::new(Run {
            log: Arc::new(Log::new(self.settings.log_limit)),
            facts: Arc::clone(&facts),
            stop: Notify::new(),
            folder: Arc::default(),
        });
        self.runs().insert(facts.number, Arc::clone(&run));
        // A stop that came before there was a run to tell would be lost.
        if self.sessions.model().is_stopping(&facts) {
            run.stop.notify_one();
        }
        let recipe = Arc::new(Recipe {
            command: self.commands.get(&facts.image.name).cloned().unwrap_or_default(),
            folder: Arc::clone(&run.folder),
            folders: Arc::clone(&self.folders),
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

    /// The folder that is the root of a session's game server, if it has one.
    pub(crate) fn folder(&self, facts: &Facts) -> Option<PathBuf> {
        self.runs().get(&facts.number)?.folder().clone()
    }

    /// Removes what was kept of a session.
    pub(crate) async fn forget(&self, facts: &Facts) {
        let Some(run) = self.remove(facts.number) else { return };
        let Some(folder) = run.folder().take() else { return };
        let removal = tokio::task::spawn_blocking(move || {
            for result in [std::fs::remove_dir_all(&folder), std::fs::remove_file(log_file(&folder))] {
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

    /// Ends what ended sessions left behind outside their process groups, and keeps folders ready, as long as it is
    /// polled.
    pub(crate) async fn keep_house(self: &Arc<Self>) {
        let sweeping = async {
            loop {
                let swept = self.sweeper.next_swept().await;
                let this = Arc::clone(self);
                if tokio::task::spawn_blocking(move || this.give_folders_back(&swept)).await.is_err() {
                    tracing::warn!("taking folders back was broken off");
                }
            }
        };
        tokio::join!(sweeping, Arc::clone(&self.folders).keep_ready());
    }

    fn give_folders_back(&self, swept: &HashSet<u64>) {
        for number in swept {
            let run = self.runs().get(number).cloned();
            // A log in a file beside the folder goes by the folder's name.
            let Some(run) = run.filter(|run| !run.log.is_in_file()) else { continue };
            let folder = run.folder().take();
            if let Some(folder) = folder.filter(|folder| !self.folders.give_back(folder)) {
                *run.folder() = Some(folder);
            }
        }
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
            let numbers = this.runs().keys().copied().collect();
            this.give_folders_back(&numbers);
            this.folders.close();
            this.remove_temporary();
        });
        if rest.await.is_err() {
            tracing::error!("the last sweep was broken off");
        }
    }

    fn remove_temporary(&self) {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = temporary.map(TempDir::close) {
            tracing::warn!(%error, "the temporary data directory stays");
        }
    }

    /// Kills all processes without waiting: a supervisor that is dropped does that.
    pub(crate) fn abort(&self) {
        self.abort.cancel();
    }

    fn remove(&self, number: u64) -> Option<Arc<Run>> {
        self.runs().remove(&number)
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    fn folder(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a log goes when it is long.
fn log_file(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}
