//! One small process beside the emulator that ends all game servers when the emulator is killed.
//!
//! It is a fixed `sh` script (`keeper.sh`) that waits at the end of a pipe. The kernel closes the pipe whatever way the
//! emulator ends, SIGKILL too, and so no start pays for it with a `pre_exec` or a wrapper. Nothing from outside gets
//! there: it is told ids of process groups, and nothing else.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::mark::Mark;

const SCRIPT: &str = include_str!("keeper.sh");
/// How long the keeper may take to end after the pipe is closed.
const LONGEST_END: Duration = Duration::from_secs(2);

/// The keeper of an emulator.
pub(super) struct Keeper {
    mark: Mark,
    state: Mutex<State>,
}

struct State {
    process: Option<(Child, ChildStdin)>,
    groups: BTreeSet<i32>,
}

impl Keeper {
    /// # Errors
    /// When `sh` can't be started.
    pub(super) fn start(mark: Mark) -> io::Result<Self> {
        let process = Some(start_process(&mark)?);
        Ok(Self { mark, state: Mutex::new(State { process, groups: BTreeSet::new() }) })
    }

    /// A process group has begun.
    pub(super) fn begin(&self, group: Pid) {
        self.tell(group, true);
    }

    /// A process group has ended. Its id must not be free yet when this is called, or it could mean another by now.
    pub(super) fn end(&self, group: Pid) {
        self.tell(group, false);
    }

    /// Closes the pipe and waits until the keeper is gone. Blocks.
    pub(super) fn close(&self) {
        let process = self.state.lock().unwrap_or_else(PoisonError::into_inner).process.take();
        let Some((mut child, stdin)) = process else { return };
        drop(stdin);
        let deadline = Instant::now() + LONGEST_END;
        while Instant::now() < deadline {
            match child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        tracing::warn!("the keeper didn't end in time and is killed");
        if let Err(error) = child.kill().and_then(|()| child.wait()) {
            tracing::warn!(%error, "the keeper could not be killed");
        }
    }

    fn tell(&self, group: Pid, begins: bool) {
        let group = group.as_raw_nonzero().get();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if begins {
            state.groups.insert(group);
        } else {
            state.groups.remove(&group);
        }
        let sign = if begins { '+' } else { '-' };
        let Some((_, pipe)) = &mut state.process else { return };
        let Err(error) = pipe.write_all(format!("{sign}{group}\n").as_bytes()) else { return };
        // Someone has killed the keeper.
        tracing::warn!(%error, "the keeper is gone and is started again");
        if let Err(error) = state.replace(&self.mark) {
            tracing::error!(%error, "there is no keeper: game servers would outlive a SIGKILL of this emulator");
        }
    }
}

impl State {
    fn replace(&mut self, mark: &Mark) -> io::Result<()> {
        if let Some((mut child, _)) = self.process.take() {
            child.kill()?;
            child.wait()?;
        }
        let (child, mut pipe) = start_process(mark)?;
        let groups: String = self.groups.iter().map(|group| format!("+{group}\n")).collect();
        pipe.write_all(groups.as_bytes())?;
        self.process = Some((child, pipe));
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.close();
    }
}

fn start_process(mark: &Mark) -> io::Result<(Child, ChildStdin)> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", SCRIPT, "matchport-keeper"])
        .arg(mark.text())
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .current_dir("/")
        // Its own group: what ends the emulator by its group must not end the keeper.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    match child.stdin.take() {
        Some(stdin) => Ok((child, stdin)),
        None => Err(io::Error::other("the keeper has no stdin")),
    }
}
