//! The mark in the environment of every game server, and the finding of processes that carry it.
//!
//! A game server can start processes that leave its process group. They are found by the mark and ended with it. Linux
//! only: elsewhere the environment of another process can't be read, and such processes stay.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The name of the variable. `keeper.sh` has it too.
pub(super) const VARIABLE: &str = "MATCHPORT_EMULATOR";
/// At least this long passes between two sweeps, and twenty times what the last one took: 5 % of a core at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// What tells the processes of this emulator from all others: a random text, which a session's number is put behind.
#[derive(Debug, Clone)]
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The value of the variable for a session.
    pub(super) fn of_session(&self, number: u64) -> String {
        format!("{}.{number}", self.0)
    }
}

/// Ends what is left of ended sessions, outside their process groups.
pub(super) struct Sweeper {
    mark: Mark,
    ended: Mutex<HashSet<u64>>,
    arrived: Notify,
}

impl Sweeper {
    pub(super) fn new(mark: Mark) -> Self {
        Self { mark, ended: Mutex::default(), arrived: Notify::new() }
    }

    /// Looks, in a while, for what is left of this session.
    pub(super) fn add(&self, number: u64) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        self.arrived.notify_one();
    }

    /// Waits for sessions to end, and ends what is left of them. Their numbers, when nothing of them is left; none
    /// where processes can't be found by their mark.
    pub(super) async fn next_swept(&self) -> HashSet<u64> {
        self.arrived.notified().await;
        // They come in crowds, and one sweep does for all of them.
        tokio::time::sleep(SHORTEST_PAUSE).await;
        let ended = std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        let mark = self.mark.clone();
        let sweep = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let is_clean = sweep(&mark, |number| ended.contains(&number));
            (began.elapsed(), if is_clean { ended } else { HashSet::new() })
        });
        let (took, swept) = sweep.await.unwrap_or_default();
        tokio::time::sleep((took * 20).saturating_sub(SHORTEST_PAUSE)).await;
        swept
    }

    /// Ends everything that carries the mark. Blocks.
    pub(super) fn sweep_all(&self) {
        sweep(&self.mark, |_| true);
    }
}

/// Kills all processes of those sessions; whether none is left for sure. A process can fork between being found and being killed, hence the passes.
#[cfg(target_os = "linux")]
fn sweep(mark: &Mark, is_meant: impl Fn(u64) -> bool) -> bool {
    for _ in 0..10 {
        match sweep_once(mark, &is_meant) {
            Ok(0) => return true,
            Ok(killed) => tracing::debug!(killed, "processes outside their group were ended"),
            Err(error) => {
                tracing::warn!(%error, "/proc can't be read: processes that left their group may stay");
                return false;
            }
        }
    }
    false
}

#[cfg(not(target_os = "linux"))]
fn sweep(_mark: &Mark, _is_meant: impl Fn(u64) -> bool) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn sweep_once(mark: &Mark, is_meant: impl Fn(u64) -> bool) -> std::io::Result<usize> {
    use rustix::process::{Pid, PidfdFlags, Signal};

    let mut killed = 0;
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        let pid = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        // Held before the look, so that the id can't come to mean another process in between.
        let Ok(process) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let Ok(environment) = std::fs::read(path.join("environ")) else { continue };
        if session_of(&environment, mark).is_some_and(&is_meant)
            && rustix::process::pidfd_send_signal(&process, Signal::KILL).is_ok()
        {
            killed += 1;
        }
    }
    Ok(killed)
}

/// The number of the session that an environment belongs to.
#[cfg(target_os = "linux")]
fn session_of(environment: &[u8], mark: &Mark) -> Option<u64> {
    let prefix = format!("{VARIABLE}={}.", mark.0);
    let mut variables = environment.split(|byte| *byte == 0);
    let number = variables.find_map(|variable| variable.strip_prefix(prefix.as_bytes()))?;
    std::str::from_utf8(number).ok()?.parse().ok()
}
