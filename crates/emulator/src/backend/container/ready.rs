//! When players can join a container. That its host ports are bound says nothing: the engine binds them before anything
//! runs. What says something, in this order:
//!
//! - its own health check, when its image has one;
//! - the sockets in its own network, when its engine runs on this machine, so that the kernel can be asked;
//! - that it runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::engine::Look;
use crate::backend::ports;
use crate::config::{EngineAddress, Protocol};
use crate::model::Facts;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(10);
const SHORTEST_HEALTH: Duration = Duration::from_millis(100);
const LONGEST_HEALTH: Duration = Duration::from_secs(1);

/// What is still missing before a container is ready.
pub(super) enum Readiness {
    Nothing,
    /// Its health check has to pass, which its engine tells when it is asked.
    Health {
        since: Instant,
        look_at: Instant,
    },
    /// These ports have to be bound in its network.
    Ports {
        network: PathBuf,
        ports: Vec<(Protocol, u16)>,
        since: Instant,
        look_at: Instant,
    },
}

impl Readiness {
    /// `look` is from after the start of the container `id`.
    pub(super) fn new(address: &EngineAddress, id: &str, look: &Look, facts: &Facts) -> Self {
        let now = Instant::now();
        match (look.is_healthy, network(address, id, look)) {
            (Some(true), _) => Self::Nothing,
            (Some(false), _) => Self::Health { since: now, look_at: now + SHORTEST_HEALTH },
            (None, Some(network)) => {
                let ports = facts.ports.iter().map(|port| (port.protocol, port.container)).collect();
                Self::Ports { network, ports, since: now, look_at: now }
            }
            (None, None) => Self::Nothing,
        }
    }

    /// Waits until it is ready, or until only a look at the container can tell: `false`. May be dropped at any time.
    pub(super) async fn wait(&mut self) -> bool {
        loop {
            match self {
                Self::Nothing => return true,
                Self::Health { since, look_at } => {
                    sleep_until(*look_at).await;
                    *look_at = next_look(*since, SHORTEST_HEALTH, LONGEST_HEALTH);
                    return false;
                }
                Self::Ports { network, ports, since, look_at } => {
                    sleep_until(*look_at).await;
                    *look_at = next_look(*since, SHORTEST, LONGEST);
                    ports.retain(|(protocol, port)| !is_bound(network, *protocol, *port));
                    if ports.is_empty() {
                        return true;
                    }
                }
            }
        }
    }

    /// Whether a look says that it is ready.
    pub(super) fn is_ready(&self, look: &Look) -> bool {
        match self {
            Self::Nothing => true,
            Self::Health { .. } => look.is_healthy != Some(false),
            Self::Ports { .. } => false,
        }
    }
}

fn next_look(since: Instant, shortest: Duration, longest: Duration) -> Instant {
    let now = Instant::now();
    now + (now.duration_since(since) / 20).clamp(shortest, longest)
}

/// `false` when it can't be learned, which the end of the container explains.
fn is_bound(network: &Path, protocol: Protocol, port: u16) -> bool {
    ports::is_bound_in(network, protocol, port).unwrap_or(false)
}

/// Where the kernel lists the sockets of a container's network; `None` when it is not this machine's kernel.
fn network(address: &EngineAddress, id: &str, look: &Look) -> Option<PathBuf> {
    if !matches!(address, EngineAddress::Unix(_)) {
        return None;
    }
    let process = PathBuf::from(format!("/proc/{}", look.pid?));
    // The number may mean something else here, when the engine is behind a socket that leads to another machine.
    let group = std::fs::read_to_string(process.join("cgroup")).ok()?;
    group.contains(id).then(|| process.join("net"))
}
