//! One container engine: where it is, what it is asked, and how long it may take. Nothing that is asked here waits
//! without end, and every failure says which engine could not do what.

use std::collections::HashMap;
use std::error::Error as _;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, ContainerInspectResponse, HealthStatusEnum};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, KillContainerOptions, ListContainersOptions,
    RemoveContainerOptions, StartContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::watch;

use crate::config::EngineAddress;

/// How long the client library waits for an answer to begin, in seconds: longer than anything. The deadlines are ours, as
/// its own covers neither the rest of an answer nor the connection.
const CLIENT_PATIENCE: u64 = 365 * 24 * 3600;
/// Between two looks whether an engine is still there, at most.
const LONGEST_PULSE: Duration = Duration::from_secs(2);
/// Between two looks at a container whose status can't be read.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// The longest message of an engine that is passed on, in bytes.
const LONGEST_MESSAGE: usize = 600;

/// A container engine that has answered.
pub(super) struct Engine {
    pub(super) address: EngineAddress,
    pub(super) docker: Docker,
    /// How long it may take to answer.
    pub(super) deadline: Duration,
    pub(super) is_podman: bool,
    /// What it answered when it was asked the last time whether it is there.
    state: watch::Sender<Result<(), EngineError>>,
    /// Images on their way, so that each is pulled once.
    pulls: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// What an engine could not do, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the container engine at {address} {problem}")]
pub(super) struct EngineError {
    address: String,
    pub(super) problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// It may have done it all the same.
    #[error("didn't {what} within {deadline:?}")]
    Silent { what: &'static str, deadline: Duration },
    /// It may have done it all the same, when there was a connection.
    #[error("can't be reached to {what}: {error}")]
    Unreachable { what: &'static str, error: String },
    #[error("could not {what}: {message} (status {status})")]
    Refused { what: &'static str, status: u16, message: String },
    #[error("answered with something that is not of its API when it was asked to {what}: {error}")]
    Garbage { what: &'static str, error: String },
}

/// A container as the engine sees it now.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) is_running: bool,
    /// Of its first process, as the engine's machine counts.
    pub(super) pid: Option<i32>,
    pub(super) exit_code: Option<i64>,
    pub(super) was_out_of_memory: bool,
    /// Whether it is well by its own measure; `None` when it has none.
    pub(super) is_healthy: Option<bool>,
}

impl Engine {
    /// Asks the engine whether it is there.
    ///
    /// # Errors
    /// What is wrong and what to do about it, for people.
    pub(super) async fn connect(address: EngineAddress, deadline: Duration) -> Result<Self, String> {
        let client = match &address {
            EngineAddress::Unix(path) => {
                reachable(path)?;
                let Some(path) = path.to_str() else { return Err("its path is not UTF-8".to_owned()) };
                Docker::connect_with_unix(path, CLIENT_PATIENCE, API_DEFAULT_VERSION)
            }
            EngineAddress::Http { .. } => {
                Docker::connect_with_http(&address.to_string(), CLIENT_PATIENCE, API_DEFAULT_VERSION)
            }
        };
        let docker = client.map_err(|error| chain(&error))?;
        let (state, pulls) = (watch::Sender::new(Ok(())), Mutex::default());
        let mut engine = Self { address, docker, deadline, is_podman: false, state, pulls };
        let version = engine.call("say its version", engine.docker.version()).await.map_err(|error| {
            let help = match &engine.address {
                EngineAddress::Unix(_) => "is it running, and may this user open the socket",
                EngineAddress::Http { .. } => "is it running, and does it listen there without TLS",
            };
            format!("it {}; {help}?", error.problem)
        })?;
        let component = version.components.and_then(|components| components.into_iter().next());
        let name = component.map_or_else(|| "an engine".to_owned(), |component| component.name);
        let version = version.version.unwrap_or_default();
        engine.is_podman = name.contains("Podman");
        tracing::info!(address = %engine.address, name, version, "a container engine is there");
        Ok(engine)
    }

    /// Asks the engine something, and gives it so much time.
    ///
    /// # Errors
    /// What happened instead.
    pub(super) async fn call<T>(
        &self,
        what: &'static str,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, EngineError> {
        match tokio::time::timeout(self.deadline, asked).await {
            Ok(answer) => answer.map_err(|error| self.error(what, error)),
            Err(_) => Err(self.silent(what)),
        }
    }

    pub(super) fn silent(&self, what: &'static str) -> EngineError {
        self.with(Problem::Silent { what, deadline: self.deadline })
    }

    pub(super) fn error(&self, what: &'static str, error: Error) -> EngineError {
        self.with(match error {
            Error::DockerResponseServerError { status_code, message } => {
                Problem::Refused { what, status: status_code, message: shortened(&message) }
            }
            Error::DockerStreamError { error } => Problem::Refused { what, status: 500, message: shortened(&error) },
            Error::RequestTimeoutError => Problem::Silent { what, deadline: self.deadline },
            Error::IOError { .. }
            | Error::HyperResponseError { .. }
            | Error::HyperLegacyError { .. }
            | Error::SocketNotFoundError(_) => Problem::Unreachable { what, error: chain(&error) },
            other => Problem::Garbage { what, error: shortened(&chain(&other)) },
        })
    }

    fn with(&self, problem: Problem) -> EngineError {
        EngineError { address: self.address.to_string(), problem }
    }

    pub(super) async fn create(&self, name: &str, body: ContainerCreateBody) -> Result<String, EngineError> {
        let options = CreateContainerOptions { name: Some(name.to_owned()), ..Default::default() };
        let created = self.call("create a container", self.docker.create_container(Some(options), body)).await?;
        Ok(created.id)
    }

    pub(super) async fn start(&self, id: &str) -> Result<(), EngineError> {
        self.call("start a container", self.docker.start_container(id, None::<StartContainerOptions>)).await
    }

    pub(super) async fn look(&self, id: &str) -> Result<Look, EngineError> {
        let what = "look at a container";
        let asked = async {
            loop {
                match self.docker.inspect_container(id, None::<InspectContainerOptions>).await {
                    // Podman has a status that the client library doesn't know: `stopped`, from the end of a container until
                    // it was cleaned up behind.
                    Err(Error::JsonDataError { .. }) => tokio::time::sleep(BETWEEN_LOOKS).await,
                    look => return look,
                }
            }
        };
        Ok(Look::of(self.call(what, asked).await?))
    }

    pub(super) async fn kill(&self, id: &str, signal: &str) -> Result<(), EngineError> {
        let options = KillContainerOptions { signal: signal.to_owned() };
        self.call("signal a container", self.docker.kill_container(id, Some(options))).await
    }

    /// Removes a container, running or not, with its anonymous volumes. One that is gone is fine.
    pub(super) async fn remove(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptions { v: true, force: true, link: false };
        match self.call("remove a container", self.docker.remove_container(name, Some(options))).await {
            Err(error) if error.is_not_found() => Ok(()),
            result => result,
        }
    }

    /// Ids and labels of all containers with a label, running or not.
    pub(super) async fn labelled(&self, label: String) -> Result<Vec<(String, HashMap<String, String>)>, EngineError> {
        let filters = HashMap::from([("label".to_owned(), vec![label])]);
        let options = ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
        let list = self.call("list containers", self.docker.list_containers(Some(options))).await?;
        let described = list.into_iter().filter_map(|one| Some((one.id?, one.labels.unwrap_or_default())));
        Ok(described.collect())
    }

    /// Whether the engine is there, as it changes.
    pub(super) fn state(&self) -> watch::Receiver<Result<(), EngineError>> {
        self.state.subscribe()
    }

    /// Asks again and again whether the engine is there, as long as it is polled and anybody wants to know.
    pub(super) async fn watch(&self) {
        let pause = (self.deadline / 4).min(LONGEST_PULSE);
        loop {
            tokio::time::sleep(pause).await;
            if self.state.receiver_count() == 0 {
                continue;
            }
            let answer = self.call("say that it is there", self.docker.ping()).await.map(|_| ());
            self.state.send_if_modified(|state| {
                let is_news = state.is_ok() != answer.is_ok();
                match &answer {
                    Err(error) if is_news => tracing::warn!(%error, "a container engine is lost"),
                    Ok(()) if is_news => tracing::info!(address = %self.address, "a container engine is there again"),
                    _ => {}
                }
                *state = answer;
                is_news
            });
        }
    }

    /// What only one may hold at a time who pulls this image.
    pub(super) fn pull_lock(&self, image: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pulls.entry(image.to_owned()).or_default())
    }
}

impl EngineError {
    /// Whether there is no such thing.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self.problem, Problem::Refused { status: 404, .. })
    }

    /// What the engine says, when it does.
    pub(super) fn message(&self) -> &str {
        match &self.problem {
            Problem::Refused { message, .. } => message,
            _ => "",
        }
    }
}

impl Look {
    fn of(container: ContainerInspectResponse) -> Self {
        let state = container.state.unwrap_or_default();
        let health = state.health.and_then(|health| health.status);
        Self {
            is_running: state.running.unwrap_or(false),
            pid: state.pid.and_then(|pid| pid.try_into().ok()).filter(|pid| *pid > 0),
            exit_code: state.exit_code,
            was_out_of_memory: state.oom_killed.unwrap_or(false),
            is_healthy: match health {
                None | Some(HealthStatusEnum::EMPTY | HealthStatusEnum::NONE) => None,
                Some(status) => Some(status == HealthStatusEnum::HEALTHY),
            },
        }
    }
}

/// The address of the engine when none was given.
///
/// # Errors
/// When there is none, for people.
pub(super) fn usual_address() -> Result<EngineAddress, String> {
    if let Some(host) = std::env::var_os("DOCKER_HOST").filter(|host| !host.is_empty()) {
        let parsed = host.to_str().and_then(EngineAddress::parse);
        return parsed.ok_or_else(|| {
            "`DOCKER_HOST` is not of the form unix:///path or http://host:port; set `engine` in the configuration"
                .to_owned()
        });
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("podman/podman.sock"));
    let user = rustix::process::getuid().as_raw();
    let usual = [
        Some(PathBuf::from("/var/run/docker.sock")),
        runtime,
        Some(PathBuf::from(format!("/run/user/{user}/podman/podman.sock"))),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    let usual: Vec<_> = usual.into_iter().flatten().collect();
    match usual.iter().find(|path| path.exists()) {
        Some(path) => Ok(EngineAddress::Unix(path.clone())),
        None => {
            let looked: Vec<_> = usual.iter().map(|path| path.display().to_string()).collect();
            Err(format!(
                "there is none of {}; start Docker, or `podman system service --time=0`, or set `engine` in the configuration",
                looked.join(", ")
            ))
        }
    }
}

/// # Errors
/// When there is no socket at the path.
fn reachable(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::FileTypeExt;

    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => Ok(()),
        Ok(_) => Err(format!("{shown} is no socket; name the socket of Docker or Podman with `engine`")),
        Err(error) => Err(format!(
            "{shown}: {error}; start Docker, or `podman system service --time=0 unix://{shown}`, or name another socket with `engine`"
        )),
    }
}

/// An error and what it comes from, in a line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    shortened(&text)
}

/// A message in a line, and not longer than anybody reads.
fn shortened(message: &str) -> String {
    let line: String =
        message.trim().chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if line.len() <= LONGEST_MESSAGE {
        return line;
    }
    let end = (0..=LONGEST_MESSAGE).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &line[..end])
}
