//! Game servers that are containers, run by container engines through Docker's API: one engine for each location, on this
//! machine or another.

mod archive;
mod engine;
mod instance;
mod output;
mod pull;
mod ready;
mod recipe;
mod removal;
mod server;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tempfile::TempDir;

use super::log::remove_file;
use super::ports::PortLook;
use super::supervise::{Answering, Host, NoStart};
use super::supervised::{Run, Supervised};
use super::{Archive, DataDir, no_artifact};
use crate::config::{Config, EngineAddress, Protocol};
use crate::model::{Facts, Fault, FaultKind};
use archive::ArchiveError;
use engine::{Engine, EngineError};
use instance::Instance;
use output::Output;
use ready::Readiness;
use removal::Removals;
use server::Container;

/// How long a host port is passed over that an engine could not have.
const PASSED_OVER: Duration = Duration::from_secs(60);

/// What the containers of an emulator share.
pub(crate) struct Containers {
    /// By the index of the location.
    engines: Vec<Arc<Engine>>,
    instance: Instance,
    removals: Removals,
    bind_timeout: Duration,
    look: Mutex<PortLook>,
    /// Host ports that an engine could not have, and when that was.
    passed_over: Mutex<HashMap<(Protocol, u16), Instant>>,
    /// Where long logs go.
    logs: PathBuf,
    /// The data directory when it is a temporary one.
    temporary: Mutex<Option<TempDir>>,
}

/// What is kept of a session: its container, from when it was made on, and how much of its output was taken.
#[derive(Default)]
pub(crate) struct Kept {
    container: Mutex<Option<Arc<str>>>,
    seen: Arc<AtomicU64>,
}

/// An engine that can't be used, and what to do about it.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) address: String,
    pub(crate) problem: String,
}

/// Says of each location which engine it has, when nobody has said.
///
/// # Errors
/// When no engine can be found.
pub(crate) fn choose_engines(config: &mut Config) -> Result<(), Unusable> {
    for location in &mut config.locations {
        if location.engine.is_none() {
            let usual =
                || engine::usual_address().map_err(|problem| Unusable { address: "(none given)".to_owned(), problem });
            location.engine = Some(config.engine.clone().map_or_else(usual, Ok)?);
        }
    }
    Ok(())
}

impl Containers {
    /// Asks all engines whether they are there. `state` is where emulators of this user know of each other.
    ///
    /// # Errors
    /// When one is not, or when folders or locks can't be made.
    pub(crate) async fn new(config: &Config, data: DataDir, state: &Path, host: &str) -> Result<Self, NoContainers> {
        let mut known: HashMap<&EngineAddress, Arc<Engine>> = HashMap::new();
        let mut engines = Vec::with_capacity(config.locations.len());
        for address in config.locations.iter().filter_map(|location| location.engine.as_ref()) {
            if !known.contains_key(address) {
                let unusable = |problem| Unusable { address: address.to_string(), problem };
                let engine = Engine::connect(address.clone(), config.engine_timeout).await;
                known.insert(address, Arc::new(engine.map_err(unusable).map_err(NoContainers::Engine)?));
            }
            engines.extend(known.get(address).cloned());
        }
        let addresses: Vec<_> = known.keys().map(ToString::to_string).collect();
        let instance = Instance::begin(state, &addresses).map_err(NoContainers::State)?;
        let logs = data.path.join(format!("run-{}", &instance.id()[..12]));
        std::fs::create_dir(&logs).map_err(NoContainers::State)?;
        Ok(Self {
            engines,
            removals: Removals::default(),
            bind_timeout: config.bind_timeout,
            look: Mutex::new(PortLook::best(host.parse::<IpAddr>().ok())),
            passed_over: Mutex::default(),
            logs,
            temporary: Mutex::new(data.temporary),
            instance,
        })
    }

    fn engine(&self, facts: &Facts) -> Option<&Arc<Engine>> {
        self.engines.get(facts.location_index)
    }

    /// Each engine once.
    fn each_engine(&self) -> impl Iterator<Item = &Arc<Engine>> {
        let is_first = |(index, engine): &(usize, &Arc<Engine>)| {
            !self.engines[..*index].iter().any(|other| Arc::ptr_eq(other, engine))
        };
        self.engines.iter().enumerate().filter(is_first).map(|(_, engine)| engine)
    }

    /// The name of a session's container. No other emulator has it, and it is known before the container is made.
    fn name(&self, facts: &Facts) -> String {
        format!("matchport-{}-{}", &self.instance.id()[..12], facts.number)
    }

    /// Makes the container of a session, and gets its image first when the engine doesn't have it.
    async fn create(
        &self,
        engine: &Engine,
        run: &Run<Kept>,
        answer: &mut Answering,
    ) -> Result<Option<Arc<str>>, EngineError> {
        let facts = &run.facts;
        let log_driver = if engine.is_podman { "k8s-file" } else { "local" };
        let body = || recipe::body(facts, self.instance.labels(&facts.id), log_driver);
        let name = self.name(facts);
        let created = engine.create(&name, body()).await;
        if !created.as_ref().is_err_and(EngineError::is_not_found) {
            return created.map(|id| Some(id.into()));
        }
        let image = recipe::image(facts);
        let mut pulling = std::pin::pin!(pull::pull(engine, &image));
        let answer_at = tokio::time::Instant::now() + self.bind_timeout;
        loop {
            tokio::select! {
                biased;
                () = run.stop.notified() => return Ok(None),
                pulled = &mut pulling => break pulled?,
                // As with a game server that is long in starting: whoever asked is not kept waiting.
                () = tokio::time::sleep_until(answer_at), if answer.is_open() => answer.started(),
            }
        }
        engine.create(&name, body()).await.map(|id| Some(id.into()))
    }

    fn refused(&self, engine: &Engine, facts: &Facts, error: &EngineError) -> NoStart {
        let reason = recipe::without_secrets(&error.to_string(), facts);
        let message = error.message().to_lowercase();
        let of = |kind, message, details| NoStart { fault: Fault::new(kind, message, details), reason: reason.clone() };
        if ["already allocated", "already in use", "address in use"].iter().any(|text| message.contains(text)) {
            let now = Instant::now();
            self.passed_over().extend(facts.ports.iter().map(|port| ((port.protocol, port.host), now)));
            let details = format!("{reason}; these ports are passed over for a minute, so try again");
            return of(FaultKind::CapacityUnavailable, "a host port is taken", details);
        }
        if message.contains("no space left on device") {
            return of(FaultKind::CapacityUnavailable, "no capacity", format!("{reason}; nothing was started"));
        }
        if error.is_not_found()
            || matches!(&error.problem, engine::Problem::Refused { what, .. } if *what == pull::WHAT)
        {
            let image = recipe::image(facts);
            let details =
                format!("{} has no image {image}, and can't get it: {reason}; nothing was started", engine.address);
            return of(FaultKind::ResourceNotFound, "image not found in this location", details);
        }
        let details = format!("{reason}; what may have been started is removed again");
        of(FaultKind::ServiceUnavailable, "the game server could not be started", details)
    }

    fn passed_over(&self) -> MutexGuard<'_, HashMap<(Protocol, u16), Instant>> {
        self.passed_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the containers of emulators that are dead.
    async fn clean_up_behind_others(&self, engine: &Engine) {
        let list = match engine.labelled(self.instance.place_filter()).await {
            Ok(list) => list,
            Err(error) => {
                return tracing::warn!(%error, "it is not known whether an emulator that was killed left containers behind");
            }
        };
        for (dead, containers) in self.instance.orphans(list) {
            tracing::info!(count = containers.len(), engine = %engine.address, "removing the containers of an emulator that was killed");
            let mut is_clean = true;
            for container in containers {
                if let Err(error) = engine.remove(&container).await {
                    tracing::warn!(%error, "a container stays");
                    is_clean = false;
                }
            }
            if is_clean {
                dead.forget(&engine.address.to_string());
            }
        }
    }

    /// Removes all containers of this emulator; whether none is left.
    async fn remove_all(&self) -> bool {
        let of_engine = |engine: Arc<Engine>| async move {
            let list = engine.labelled(self.instance.own_filter()).await?;
            for removed in join_all(list.iter().map(|(id, _)| engine.remove(id))).await {
                removed?;
            }
            Ok::<_, EngineError>(())
        };
        let mut is_clean = true;
        for result in join_all(self.each_engine().cloned().map(of_engine)).await {
            if let Err(error) = result {
                tracing::warn!(%error, "containers stay; the next emulator that is started here removes them");
                is_clean = false;
            }
        }
        is_clean
    }
}

/// Why no game server can be a container.
pub(crate) enum NoContainers {
    Engine(Unusable),
    State(io::Error),
}

impl Host for Containers {
    type Kept = Kept;
    type Server = Container;

    async fn start(&self, run: &Run<Kept>, answer: &mut Answering) -> Result<Option<Container>, NoStart> {
        let facts = &run.facts;
        let Some(engine) = self.engine(facts) else {
            let fault = Fault::new(FaultKind::InternalError, "no container engine", "this location has none");
            return Err(NoStart { reason: "this location has no container engine".to_owned(), fault });
        };
        let started = async {
            let known = run.kept.container().clone();
            let id = match known {
                Some(id) => id,
                None => match self.create(engine, run, answer).await? {
                    Some(id) => id,
                    None => return Ok(None),
                },
            };
            *run.kept.container() = Some(Arc::clone(&id));
            let output = Output::of(engine, &id, Arc::clone(&run.kept.seen)).await?;
            engine.start(&id).await?;
            let look = engine.look(&id).await?;
            let readiness = Readiness::new(&engine.address, &id, &look, facts);
            Ok(Some(Container::new(Arc::clone(engine), id, output, readiness)))
        };
        match started.await {
            Ok(started) => Ok(started),
            Err(error) => {
                if answer.is_open() || run.kept.container().is_none() {
                    // Also when nothing seems to have been made: an answer may have been lost.
                    self.removals.add(engine, self.name(facts));
                }
                Err(self.refused(engine, facts, &error))
            }
        }
    }

    fn log_file(&self, run: &Run<Kept>) -> Option<PathBuf> {
        Some(self.log_file_of(&run.facts))
    }

    fn ended(&self, run: &Run<Kept>, was_lost: bool) {
        if was_lost && let Some(engine) = self.engine(&run.facts) {
            // It may run on, and nobody would end it.
            *run.kept.container() = None;
            self.removals.add(engine, self.name(&run.facts));
        }
    }
}

impl Supervised<Containers> {
    /// Whether nothing is known to hold a host port. On another machine only its engine knows.
    pub(super) fn is_free(&self, protocol: Protocol, port: u16) -> bool {
        let mut passed_over = self.host.passed_over();
        passed_over.retain(|_, since| since.elapsed() < PASSED_OVER);
        !passed_over.contains_key(&(protocol, port))
            && !self.host.look.lock().unwrap_or_else(PoisonError::into_inner).is_bound(protocol, port)
    }

    pub(super) async fn artifact(&self, facts: &Facts, path: String) -> Result<Archive, Fault> {
        let container = self.run(facts.number).and_then(|run| run.kept.container().clone());
        let (Some(container), Some(engine)) = (container, self.host.engine(facts)) else {
            return Err(no_artifact("nothing is kept of this session"));
        };
        archive::get(engine, &container, &path).await.map_err(|error| match error {
            ArchiveError::Artifact(error) => no_artifact(error.to_string()),
            error => Fault::new(FaultKind::ServiceUnavailable, "the artifact can't be had", error.to_string()),
        })
    }

    pub(super) async fn forget(&self, facts: &Facts) {
        let Some(run) = self.remove(facts.number) else { return };
        if let Some(engine) = self.host.engine(facts) {
            self.host.removals.add(engine, self.host.name(facts));
        }
        if run.log.is_in_file() {
            let file = self.host.log_file_of(facts);
            if tokio::task::spawn_blocking(move || remove_file(&file)).await.is_err() {
                tracing::warn!("the removal of a log was broken off");
            }
        }
    }

    /// Removes what emulators before this one left behind, and containers that are not needed any longer, as long as it is
    /// polled.
    pub(super) async fn keep_house(&self) {
        let engines: Vec<_> = self.host.each_engine().cloned().collect();
        let cleaning = join_all(engines.iter().map(|engine| self.host.clean_up_behind_others(engine)));
        let watching = join_all(engines.iter().map(|engine| engine.watch()));
        tokio::join!(cleaning, watching, self.host.removals.keep_removing());
    }

    /// Waits until all containers have ended, and removes them.
    pub(super) async fn close(&self) {
        self.wait_for_all().await;
        // What is not done by now hangs on an engine that doesn't answer.
        self.abort();
        if self.host.remove_all().await {
            self.host.instance.end();
        }
        self.host.remove_folders();
    }
}

impl Supervised<Containers> {
    /// Kills all containers, as far as that can be done without waiting: when this process ends before it is done, the
    /// next emulator does it.
    pub(super) fn kill_all(self: &Arc<Self>) {
        self.abort();
        let this = Arc::clone(self);
        let remove = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    if runtime.block_on(this.host.remove_all()) {
                        this.host.instance.end();
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "containers stay; the next emulator that is started here removes them")
                }
            }
            this.host.remove_folders();
        };
        if let Err(error) = std::thread::Builder::new().name("remove-containers".into()).spawn(remove) {
            tracing::warn!(%error, "containers stay; the next emulator that is started here removes them");
        }
    }
}

impl Containers {
    fn log_file_of(&self, facts: &Facts) -> PathBuf {
        self.logs.join(format!("{:06}.log", facts.number))
    }

    /// Removes the folder of long logs, if it is empty, and the data directory, if it is a temporary one.
    fn remove_folders(&self) {
        if let Err(error) = std::fs::remove_dir(&self.logs)
            && error.kind() != io::ErrorKind::DirectoryNotEmpty
        {
            tracing::debug!(%error, folder = %self.logs.display(), "an empty folder stays");
        }
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = temporary.map(TempDir::close) {
            tracing::warn!(%error, "the temporary data directory stays");
        }
    }
}

impl Kept {
    fn container(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.container.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
