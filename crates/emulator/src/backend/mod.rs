//! Real game servers behind sessions: their output, their files, their ends. No HTTP, and no decision about what a
//! session is: that is in `model`.
//!
//! [`GameServers`] is all that the rest of the emulator knows. Behind it, `supervise` sees each session through, whatever
//! its game server is; `process` and `container` are the two things that it can be.

mod artifact;
#[cfg(feature = "containers")]
mod container;
mod log;
mod ports;
mod process;
#[cfg(target_os = "linux")]
mod sock_diag;
mod supervise;
mod supervised;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::mpsc;

#[cfg(feature = "containers")]
pub(crate) use container::{Containers, NoContainers, choose_engines};
pub(crate) use log::{Log, LogReader};
pub(crate) use process::{Processes, find_program};
pub(crate) use supervised::{Settings, Supervised};

use crate::config::Protocol;
use crate::model::{Facts, Fault, FaultKind};

/// An archive on its way to whoever asked for it.
pub(crate) type Archive = mpsc::Receiver<io::Result<Bytes>>;

/// Chunks of an archive that wait for a slow reader.
const CHUNKS_AHEAD: usize = 4;

/// Where the folders of an emulator go.
pub(crate) struct DataDir {
    /// It is there.
    pub(crate) path: PathBuf,
    /// What removes it, when it is a temporary one.
    pub(crate) temporary: Option<TempDir>,
}

/// All game servers of an emulator.
pub(crate) enum GameServers {
    /// A child process for each.
    Processes(Arc<Supervised<Processes>>),
    /// A container for each.
    #[cfg(feature = "containers")]
    Containers(Arc<Supervised<Containers>>),
}

impl GameServers {
    /// Whether no program is known to hold a host port.
    pub(crate) fn is_free(&self, protocol: Protocol, port: u16) -> bool {
        match self {
            Self::Processes(processes) => processes.is_free(protocol, port),
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.is_free(protocol, port),
        }
    }

    /// Starts the game server of a session that the model has started. What was begun goes on when the future is dropped.
    ///
    /// # Errors
    /// When it could not be started; the session is withdrawn then.
    pub(crate) async fn start(&self, facts: Arc<Facts>) -> Result<(), Fault> {
        match self {
            Self::Processes(processes) => processes.start(facts).await,
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.start(facts).await,
        }
    }

    /// Ends the game server of a session: SIGTERM now, SIGKILL after the grace time.
    pub(crate) fn stop(&self, facts: &Facts) {
        match self {
            Self::Processes(processes) => processes.stop(facts),
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.stop(facts),
        }
    }

    /// The log of a session, if it has one.
    pub(crate) fn log(&self, facts: &Facts) -> Option<Arc<Log>> {
        match self {
            Self::Processes(processes) => processes.log(facts),
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.log(facts),
        }
    }

    /// A file or folder of an ended session as a `.tar.gz`.
    ///
    /// # Errors
    /// 404 when there is nothing at the path, or nothing that may be handed out, or too much.
    pub(crate) async fn artifact(&self, facts: &Facts, path: String) -> Result<Archive, Fault> {
        match self {
            Self::Processes(processes) => processes.artifact(facts, path).await,
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.artifact(facts, path).await,
        }
    }

    /// Removes what was kept of a session.
    pub(crate) async fn forget(&self, facts: &Facts) {
        match self {
            Self::Processes(processes) => processes.forget(facts).await,
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.forget(facts).await,
        }
    }

    /// Cleans up behind ended sessions and keeps things ready, as long as it is polled.
    pub(crate) async fn keep_house(&self) {
        match self {
            Self::Processes(processes) => processes.keep_house().await,
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.keep_house().await,
        }
    }

    /// Waits until all game servers have ended, and removes what is not to stay. The sessions must have been stopped.
    pub(crate) async fn close(&self) {
        match self {
            Self::Processes(processes) => processes.close().await,
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.close().await,
        }
    }

    /// Kills all game servers without waiting.
    pub(crate) fn abort(&self) {
        match self {
            Self::Processes(processes) => processes.abort(),
            #[cfg(feature = "containers")]
            Self::Containers(containers) => containers.kill_all(),
        }
    }
}

/// What every game server finds in its environment: that of its image, that of the start, and what the service says.
fn environment(facts: &Facts) -> BTreeMap<String, String> {
    let mut environment = facts.image.env.0.clone();
    environment.extend(facts.env.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    environment.insert("GAMEYE_SESSION_ID".to_owned(), facts.id.to_string());
    environment.insert("GAMEYE_HOST".to_owned(), facts.host.to_string());
    for port in &facts.ports {
        let protocol = port.protocol.name().to_ascii_uppercase();
        environment.insert(format!("GAMEYE_PORT_{protocol}_{}", port.container), port.host.to_string());
    }
    environment
}

/// Why there is no artifact.
fn no_artifact(details: impl Into<String>) -> Fault {
    Fault::new(FaultKind::ResourceNotFound, "artifact not found", details)
}
