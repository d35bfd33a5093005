//! Starting an emulator and shutting it down: what must be there, in which order, and what is left afterwards.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[cfg(feature = "containers")]
use crate::backend::{Containers, NoContainers, choose_engines};
use crate::backend::{DataDir, GameServers, Processes, Settings, Supervised, find_program};
use crate::config::{Backend, Config, Program, Token};
use crate::error::StartError;
use crate::faults::Faults;
use crate::http::{Api, Limits, Server};
use crate::model::{Catalogue, Model};
use crate::observe::{About, Hidden, Observation};
use crate::service::Service;
use crate::sessions::Sessions;

/// The token when none was given.
const WELL_KNOWN_TOKEN: &str = "local";

/// A running emulator.
///
/// [`shutdown`](Self::shutdown) ends it in good order. Dropped without that, it kills its game servers and closes its
/// connections without waiting; killed with SIGKILL, its game servers end too.
pub struct Emulator {
    address: SocketAddr,
    server: Server,
    api: Api,
    service: Arc<Service>,
    observation: Arc<Observation>,
    tasks: Vec<JoinHandle<()>>,
    ready_file: Option<PathBuf>,
}

/// What an emulator is started with.
#[derive(Debug, Clone)]
#[must_use = "an emulator runs only after `start`"]
pub struct Builder {
    config: Config,
    listen: SocketAddr,
    data_dir: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    ready_file: Option<PathBuf>,
    demo_server: Option<Vec<OsString>>,
    limits: Limits,
}

impl Emulator {
    /// Begins with a configuration.
    pub fn builder(config: Config) -> Builder {
        Builder {
            config,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: None,
            state_dir: None,
            ready_file: None,
            demo_server: None,
            limits: Limits::default(),
        }
    }

    /// Where it listens; the port is the real one, even when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers a request as if it had come over a connection from this machine, without one: for tests and tools in
    /// the same process. `None` when a fault closes the connection instead.
    pub async fn answer(&self, request: Request<Body>) -> Option<Response<Body>> {
        self.api.answer(request, true).await.ok()
    }

    /// Ends all game servers, with SIGTERM and after the grace time with SIGKILL, reaps them, and closes everything.
    /// When it returns, no process, thread, task, connection or temporary file is left.
    pub async fn shutdown(mut self) {
        self.remove_ready_file();
        // While game servers save their state, requests are still answered, but for new starts.
        self.service.close().await;
        self.observation.closed.cancel();
        self.server.close().await;
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // Aborted as a rule, which is no failure.
            let _ = task.await;
        }
        tracing::info!(address = %self.address, "the emulator has ended");
    }

    fn remove_ready_file(&mut self) {
        if let Some(file) = self.ready_file.take()
            && let Err(error) = std::fs::remove_file(&file)
        {
            tracing::warn!(%error, file = %file.display(), "the ready file stays");
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.remove_ready_file();
        self.server.abort();
        self.service.abort();
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Builder {
    /// Where to listen. `127.0.0.1:0` unless told otherwise; port 0 is any that is free. An address that is not
    /// loopback needs a token in the configuration or from [`tokens`](Self::tokens).
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds tokens that may do everything.
    pub fn tokens<S: Into<String>>(mut self, tokens: impl IntoIterator<Item = S>) -> Self {
        for token in tokens.into_iter().map(Token::new) {
            self.config.tokens.retain(|other| other.value != token.value);
            self.config.tokens.push(token);
        }
        self
    }

    /// Where the folders of sessions go, each emulator's in one of its own, and stay. A temporary directory that is
    /// removed at the end, unless told otherwise.
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// Where emulators with containers know of each other, so that one cleans up behind another that was killed, and
    /// leaves those alone that live. `matchport` in `XDG_STATE_HOME`, which is `~/.local/state`, unless told otherwise.
    pub fn state_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(directory.into());
        self
    }

    /// A file that holds the base address and a newline as soon as requests are answered, and is gone before and after.
    pub fn ready_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ready_file = Some(file.into());
        self
    }

    /// The command line that runs [`demo_server::run`](crate::demo_server::run).
    pub fn demo_server(mut self, command: Vec<OsString>) -> Self {
        self.demo_server = Some(command);
        self
    }

    /// How long a client may take to send a request or to take what was sent; whoever takes longer is cut off. 30
    /// seconds unless told otherwise. A body may take half of it, and then gets 408. A kept connection may rest for four
    /// times as long between two requests.
    pub fn client_patience(mut self, patience: Duration) -> Self {
        self.limits.patience = patience;
        self.limits.idle = patience.saturating_mul(4);
        self
    }

    /// How many connections there may be at once. With one more, the one that has kept us waiting the longest is closed.
    /// Half of the file descriptors that this process may have, 16,384 at most, unless told otherwise;
    /// [`allow_many_files`](crate::allow_many_files) raises that number.
    pub fn connections(mut self, most: usize) -> Self {
        self.limits.connections = most.max(1);
        self
    }

    /// Starts it. Must be called in a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When something that it needs isn't there; nothing is left running then.
    pub async fn start(mut self) -> Result<Emulator, StartError> {
        if self.config.tokens.is_empty() {
            if !self.listen.ip().is_loopback() {
                return Err(StartError::AddressNeedsToken(self.listen));
            }
            self.config.tokens.push(Token::new(WELL_KNOWN_TOKEN));
        }
        self.config.check()?;
        if let Some(file) = &self.ready_file {
            remove_stale(file).map_err(|source| StartError::ReadyFile { path: file.clone(), source })?;
        }
        let commands = self.commands()?;
        let listen_error = |source| StartError::Listen { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;

        let host = self.host();
        #[cfg(feature = "containers")]
        if self.config.backend == Backend::Docker {
            let chosen = choose_engines(&mut self.config);
            chosen.map_err(|unusable| StartError::Engine { address: unusable.address, problem: unusable.problem })?;
        }
        let catalogue = Arc::new(Catalogue::new(&self.config));
        let (turn, _) = uuid::Uuid::new_v4().as_u64_pair();
        let sessions = Arc::new(Sessions::new(Model::new(&self.config, Arc::clone(&catalogue), &host, turn)));
        let servers = match self.config.backend {
            Backend::Null => None,
            Backend::Process => {
                let data = self.make_data_dir()?;
                let processes = Processes::new(commands, data, &host).map_err(StartError::Backend)?;
                let all = Supervised::new(processes, Arc::clone(&sessions), Settings::new(&self.config));
                Some(GameServers::Processes(Arc::new(all)))
            }
            #[cfg(feature = "containers")]
            Backend::Docker => {
                let containers = self.containers(&host).await?;
                let all = Supervised::new(containers, Arc::clone(&sessions), Settings::new(&self.config));
                Some(GameServers::Containers(Arc::new(all)))
            }
            #[cfg(not(feature = "containers"))]
            Backend::Docker => return Err(StartError::NoContainers),
        };
        let ttl = self.config.ttl;
        let about = About::new(&self.config);
        let hidden = Hidden::new(&self.config.tokens, WELL_KNOWN_TOKEN);
        let mut tokens = self.config.tokens.iter();
        let is_guessable =
            self.listen.ip().is_loopback() && tokens.any(|token| token.value.expose() == WELL_KNOWN_TOKEN);
        let faults = Faults::new(self.config);
        let service = Arc::new(Service::new(catalogue, sessions, faults, servers, ttl));
        let (clock, bell) = (service.sessions.clock, Arc::clone(&service.sessions.bell));
        let observation = Arc::new(Observation::new(clock, bell, about, hidden));
        let (time, house) = (Arc::clone(&service), Arc::clone(&service));
        let (seconds, sessions) = (Arc::clone(&observation), Arc::clone(&service.sessions));
        let api = Api::new(Arc::clone(&service), Arc::clone(&observation), self.limits, is_guessable);
        let emulator = Emulator {
            address,
            server: Server::start(listener, api.clone(), self.limits),
            api,
            service,
            observation,
            tasks: vec![
                tokio::spawn(async move { time.keep_time().await }),
                tokio::spawn(async move { house.keep_house().await }),
                tokio::spawn(async move { seconds.keep_time(|| sessions.model().alive_in().to_vec()).await }),
            ],
            ready_file: self.ready_file,
        };
        if let Some(path) = emulator.ready_file.clone() {
            let written = write_whole(&path, &format!("{}\n", emulator.base_url()));
            written.map_err(|source| StartError::ReadyFile { path, source })?;
        }
        tracing::info!(%address, "the emulator is ready");
        Ok(emulator)
    }

    /// What `host` says in answers.
    fn host(&self) -> String {
        match (&self.config.host, self.listen.ip()) {
            (Some(host), _) => host.clone(),
            (None, IpAddr::V4(address)) if !address.is_unspecified() => address.to_string(),
            (None, _) => Ipv4Addr::LOCALHOST.to_string(),
        }
    }

    /// The full command line of each image.
    fn commands(&self) -> Result<HashMap<String, Arc<[OsString]>>, StartError> {
        let mut commands = HashMap::new();
        if self.config.backend != Backend::Process {
            return Ok(commands);
        }
        for image in &self.config.images {
            let words = match (&image.program, &self.demo_server) {
                (Program::Command(words), _) => words,
                (Program::DemoServer, Some(words)) => words,
                (Program::DemoServer, None) => {
                    return Err(StartError::NoDemoServer { image: image.name.clone() });
                }
            };
            let program = words.first().cloned().unwrap_or_default();
            let found = find_program(&program).ok_or_else(|| StartError::NoProgram {
                image: image.name.clone(),
                program: program.to_string_lossy().into_owned(),
            })?;
            let command = std::iter::once(found.into_os_string()).chain(words.iter().skip(1).cloned()).collect();
            commands.insert(image.name.clone(), command);
        }
        Ok(commands)
    }

    #[cfg(feature = "containers")]
    async fn containers(&self, host: &str) -> Result<Containers, StartError> {
        let state = self.state_dir.clone().or_else(usual_state_dir).ok_or_else(|| StartError::StateDir {
            path: PathBuf::from("~/.local/state/matchport"),
            source: io::Error::new(io::ErrorKind::NotFound, "neither XDG_STATE_HOME nor HOME is set"),
        })?;
        let containers = Containers::new(&self.config, self.make_data_dir()?, &state, host).await;
        containers.map_err(|error| match error {
            NoContainers::Engine(unusable) => {
                StartError::Engine { address: unusable.address, problem: unusable.problem }
            }
            NoContainers::State(source) => StartError::StateDir { path: state, source },
        })
    }

    fn make_data_dir(&self) -> Result<DataDir, StartError> {
        if let Some(path) = &self.data_dir {
            std::fs::create_dir_all(path).map_err(|source| StartError::DataDir { path: path.clone(), source })?;
            return Ok(DataDir { path: path.clone(), temporary: None });
        }
        let made = tempfile::Builder::new().prefix("matchport-emulator-").tempdir();
        let made = made.map_err(|source| StartError::DataDir { path: std::env::temp_dir(), source })?;
        Ok(DataDir { path: made.path().to_owned(), temporary: Some(made) })
    }
}

#[cfg(feature = "containers")]
fn usual_state_dir() -> Option<PathBuf> {
    let given = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let states = given("XDG_STATE_HOME").or_else(|| Some(given("HOME")?.join(".local/state")))?;
    Some(states.join("matchport"))
}

/// Removes a ready file of an emulator before this one.
fn remove_stale(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file so that nobody ever sees a part of it.
fn write_whole(path: &Path, content: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
