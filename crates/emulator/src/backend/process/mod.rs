//! Game servers that are child processes of the emulator: each in its own group and folder, ended with it whatever way
//! it ends.

mod artifact;
mod folders;
mod keeper;
mod mark;
mod spawn;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use tokio::sync::mpsc;

pub(crate) use spawn::find_program;

use super::log::remove_file;
use super::ports::{PortLook, PortWatch};
use super::supervise::{Answering, Host, NoStart};
use super::supervised::{Run, Supervised};
use super::{Archive, CHUNKS_AHEAD, DataDir, no_artifact};
use crate::config::Protocol;
use crate::model::{Facts, Fault, FaultKind, Violation};
use artifact::Artifact;
use folders::Folders;
use keeper::Keeper;
use mark::{Mark, Sweeper};
use spawn::{Recipe, Running};

/// What the game server processes of an emulator share.
pub(crate) struct Processes {
    /// Full command lines, by image.
    commands: HashMap<String, Arc<[OsString]>>,
    folders: Arc<Folders>,
    mark: Mark,
    keeper: Arc<Keeper>,
    sweeper: Sweeper,
    ports: PortWatch,
    look: Mutex<PortLook>,
    /// The data directory when it is a temporary one: removed when the last process is gone.
    temporary: Mutex<Option<TempDir>>,
}

/// The root of a session's game server: from its first start on, until it is given to another because nothing is in it.
#[derive(Default)]
pub(crate) struct Folder(Arc<Mutex<Option<PathBuf>>>);

impl Processes {
    /// `commands` are full command lines by image. Each emulator makes its own folder in the data directory, so what
    /// another one left behind is not in the way.
    ///
    /// # Errors
    /// When the folder can't be made, or the keeper or the port watch can't be started.
    pub(crate) fn new(commands: HashMap<String, Arc<[OsString]>>, data: DataDir, host: &str) -> io::Result<Self> {
        let mark = Mark::random();
        let host = host.parse::<IpAddr>().ok();
        let folders = Folders::new(&data.path.join(format!("run-{}", &mark.text()[..12])))?;
        Ok(Self {
            commands,
            folders: Arc::new(folders),
            keeper: Arc::new(Keeper::start(mark.clone())?),
            sweeper: Sweeper::new(mark.clone()),
            ports: PortWatch::start(PortLook::best(host))?,
            look: Mutex::new(PortLook::best(host)),
            temporary: Mutex::new(data.temporary),
            mark,
        })
    }
}

impl Host for Processes {
    type Kept = Folder;
    type Server = Running;

    async fn start(&self, run: &Run<Folder>, _: &mut Answering) -> Result<Option<Running>, NoStart> {
        let facts = &run.facts;
        let recipe = Recipe {
            command: self.commands.get(&facts.image.name).cloned().unwrap_or_default(),
            folder: Arc::clone(&run.kept.0),
            folders: Arc::clone(&self.folders),
            mark: self.mark.of_session(facts.number),
            facts: Arc::clone(facts),
        };
        // Before there is a process, so that the watch is awake when it binds.
        let bound = self.ports.all_bound(&facts.ports);
        let keeper = Arc::clone(&self.keeper);
        // It blocks until the program is loaded, which must not hold up others.
        let started = tokio::task::spawn_blocking(move || recipe.start(&keeper)).await.map_err(io::Error::other);
        let running = started.flatten().and_then(|(process, output)| Running::new(process, output, bound));
        running.map(Some).map_err(|error| NoStart { reason: error.to_string(), fault: refusal(facts, &error) })
    }

    fn log_file(&self, run: &Run<Folder>) -> Option<PathBuf> {
        run.kept.lock().as_deref().map(log_file)
    }

    fn ended(&self, run: &Run<Folder>, _: bool) {
        self.sweeper.add(run.facts.number);
    }
}

impl Supervised<Processes> {
    /// Whether no program holds a host port.
    pub(super) fn is_free(&self, protocol: Protocol, port: u16) -> bool {
        !self.host.look.lock().unwrap_or_else(PoisonError::into_inner).is_bound(protocol, port)
    }

    pub(super) async fn artifact(&self, facts: &Facts, path: String) -> Result<Archive, Fault> {
        let folder = self.run(facts.number).and_then(|run| run.kept.lock().clone());
        let folder = folder.ok_or_else(|| no_artifact("nothing is kept of this session"))?;
        let found = tokio::task::spawn_blocking(move || Artifact::find(&folder, &path)).await;
        let artifact = match found {
            Ok(found) => found.map_err(|error| no_artifact(error.to_string()))?,
            Err(_) => return Err(no_artifact("the emulator is shutting down")),
        };
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        tokio::task::spawn_blocking(move || artifact.write(sender));
        Ok(receiver)
    }

    pub(super) async fn forget(&self, facts: &Facts) {
        let Some(run) = self.remove(facts.number) else { return };
        let Some(folder) = run.kept.lock().take() else { return };
        let removal = tokio::task::spawn_blocking(move || {
            if let Err(error) = std::fs::remove_dir_all(&folder)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%error, folder = %folder.display(), "what was kept of a session stays on the disk");
            }
            remove_file(&log_file(&folder));
        });
        if removal.await.is_err() {
            tracing::warn!("the removal of a session's folder was broken off");
        }
    }

    /// Ends what ended sessions left behind outside their process groups, and keeps folders ready, as long as it is
    /// polled.
    pub(super) async fn keep_house(self: &Arc<Self>) {
        let sweeping = async {
            loop {
                let swept = self.host.sweeper.next_swept().await;
                let this = Arc::clone(self);
                if tokio::task::spawn_blocking(move || this.give_folders_back(&swept)).await.is_err() {
                    tracing::warn!("taking folders back was broken off");
                }
            }
        };
        tokio::join!(sweeping, Arc::clone(&self.host.folders).keep_ready());
    }

    fn give_folders_back(&self, swept: &HashSet<u64>) {
        for number in swept {
            // A log in a file beside the folder goes by the folder's name.
            let Some(run) = self.run(*number).filter(|run| !run.log.is_in_file()) else { continue };
            let folder = run.kept.lock().take();
            if let Some(folder) = folder.filter(|folder| !self.host.folders.give_back(folder)) {
                *run.kept.lock() = Some(folder);
            }
        }
    }

    /// Waits until all processes have ended, then ends what they left behind, and the keeper.
    pub(super) async fn close(self: &Arc<Self>) {
        self.wait_for_all().await;
        let this = Arc::clone(self);
        let rest = tokio::task::spawn_blocking(move || {
            this.host.sweeper.sweep_all();
            this.host.keeper.close();
            this.give_folders_back(&this.numbers().into_iter().collect());
            this.host.folders.close();
            this.host.remove_temporary();
        });
        if rest.await.is_err() {
            tracing::error!("the last sweep was broken off");
        }
    }
}

impl Processes {
    fn remove_temporary(&self) {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = temporary.map(TempDir::close) {
            tracing::warn!(%error, "the temporary data directory stays");
        }
    }
}

impl Folder {
    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a log goes when it is long.
fn log_file(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

/// What a start is answered with whose process could not be started.
fn refusal(facts: &Facts, error: &io::Error) -> Fault {
    match rustix::io::Errno::from_io_error(error) {
        Some(rustix::io::Errno::TOOBIG) => Fault::invalid(vec![Violation {
            field: "args".to_owned(),
            description: "are, together with env, more than the system passes to a process".to_owned(),
        }]),
        Some(
            rustix::io::Errno::AGAIN | rustix::io::Errno::NOMEM | rustix::io::Errno::MFILE | rustix::io::Errno::NFILE,
        ) => Fault::new(
            FaultKind::CapacityUnavailable,
            "no capacity",
            "this machine has no room for another process; stop a session, or raise its limits",
        ),
        _ => {
            let image = &facts.image.name;
            let details =
                format!("the command of the image {image} could not be started: {error}; nothing was started");
            Fault::new(FaultKind::ServiceUnavailable, "the game server could not be started", details)
        }
    }
}
