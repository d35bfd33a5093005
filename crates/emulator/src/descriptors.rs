//! How many files this process may have open, and what of that game servers get to see.
//!
//! Connections and game servers need descriptors, and the usual soft limit (1,024; 256 on macOS) is low because programs
//! that use `select` break above it. The emulator does not, so it raises its own. Game servers may: on Linux they get
//! back what there was before.

use std::io;
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than the emulator makes use of. macOS refuses more than `OPEN_MAX`.
const ENOUGH: u64 = if cfg!(target_os = "macos") { 10_240 } else { 65_536 };

/// What there was before it was raised.
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// Raises the limit of open files of this process, as far as it may be raised and up to 65,536 (10,240 on macOS). For a
/// program that is an emulator and not much else, before the first one is started: connections are limited by it.
///
/// Game servers keep the limit that there was before, on Linux; elsewhere they inherit the raised one.
///
/// # Errors
/// As the system has it. Nothing is changed then.
pub fn allow_many_files() -> io::Result<()> {
    let before = getrlimit(Resource::Nofile);
    let possible = before.maximum.unwrap_or(u64::MAX).min(ENOUGH);
    if before.current.is_none_or(|current| current >= possible) {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(possible), ..before })?;
    // Already set when it is called again: the first one is what game servers are to have.
    let _ = BEFORE.set(before);
    Ok(())
}

/// How many connections this process can take: half of the descriptors, since game servers need two each.
pub(crate) fn connections() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(descriptors / 2).unwrap_or(usize::MAX).clamp(32, 16_384)
}

/// Gives a process that was just started the limit that there was before. It runs already: in its first microseconds it
/// can see the raised one. The way without that is a `pre_exec`, which costs each start more than all else of it.
#[cfg(target_os = "linux")]
pub(crate) fn restore(process: rustix::process::Pid) {
    let Some(before) = BEFORE.get() else { return };
    if let Err(error) = rustix::process::prlimit(Some(process), Resource::Nofile, *before) {
        tracing::debug!(%error, "a game server keeps the raised limit of open files");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn restore(_process: rustix::process::Pid) {}
