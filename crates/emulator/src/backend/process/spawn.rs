//! Starts one game server process, holds on to it and takes its output. When to start and end one is decided in
//! `supervise`.
//!
//! Started on the `posix_spawn` path: no `pre_exec`, no change of user, a program given by its full path. So it costs
//! the same whatever the size of the emulator's heap.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::folders::Folders;
use super::keeper::Keeper;
use super::mark;
use crate::backend::log::Log;
use crate::backend::supervise::{self, Event, GameServer};
use crate::descriptors;
use crate::model::{Exit, Facts};

/// How much output is taken before others get their turn, in reads of [`READ`] bytes.
const READS_IN_A_ROW: usize = 16;
const READ: usize = 16 * 1024;
/// How much is taken of the output that is left when a process has ended. A pipe never holds more.
const MOST_LEFT_READS: usize = 64;

/// A process with what tells of it.
pub(crate) struct Running {
    process: Process,
    exit: ExitWatch,
    /// Tells when all its ports are bound.
    bound: Option<oneshot::Receiver<()>>,
    output: pipe::Receiver,
    is_readable: bool,
}

/// A running process, its group and its output. Dropped alive, it is killed and reaped.
pub(super) struct Process {
    child: Child,
    group: Pid,
    keeper: Arc<Keeper>,
    is_reaped: bool,
}

/// What a process is started from.
pub(super) struct Recipe {
    /// The program by its full path, and the arguments that it always gets.
    pub(super) command: Arc<[OsString]>,
    pub(super) facts: Arc<Facts>,
    /// Where the folder that it runs in is taken from when it is started for the first time.
    pub(super) folders: Arc<Folders>,
    pub(super) folder: Arc<Mutex<Option<PathBuf>>>,
    pub(super) mark: String,
}

impl Recipe {
    /// Starts the process in its folder. Blocks until the program is loaded.
    ///
    /// # Errors
    /// As the system has it.
    pub(super) fn start(&self, keeper: &Arc<Keeper>) -> io::Result<(Process, pipe::Receiver)> {
        let folder = {
            let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
            match &*folder {
                Some(folder) => folder.clone(),
                None => folder.insert(self.folders.take()?).clone(),
            }
        };
        let (output, output_end) = io::pipe()?;
        let Some((program, fixed)) = self.command.split_first() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the image has no command"));
        };
        let mut command = Command::new(program);
        command
            .args(fixed)
            .args(self.facts.args.as_ref().unwrap_or(&self.facts.image.args))
            .env_clear()
            .envs(self.environment())
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output_end.try_clone()?)
            .stderr(output_end);
        let child = command.spawn()?;
        // The command holds the other end of the pipe: as long as it lives, the output has no end.
        drop(command);
        let group = Pid::from_child(&child);
        descriptors::restore(group);
        keeper.begin(group);
        let process = Process { child, group, keeper: Arc::clone(keeper), is_reaped: false };
        let output = pipe::Receiver::from_owned_fd(OwnedFd::from(output))?;
        Ok((process, output))
    }

    /// All that the game server finds; nothing of the emulator's own environment but `PATH`.
    fn environment(&self) -> BTreeMap<OsString, OsString> {
        let mut environment = BTreeMap::new();
        environment.extend(std::env::var_os("PATH").map(|path| (OsString::from("PATH"), path)));
        let of_session = crate::backend::environment(&self.facts);
        environment.extend(of_session.into_iter().map(|(name, value)| (name.into(), value.into())));
        environment.insert(mark::VARIABLE.into(), self.mark.as_str().into());
        environment
    }
}

impl Running {
    /// # Errors
    /// When the process can't be watched; it is ended then.
    pub(super) fn new(process: Process, output: pipe::Receiver, bound: oneshot::Receiver<()>) -> io::Result<Self> {
        let exit = ExitWatch::new(process.id())?;
        Ok(Self { process, exit, bound: Some(bound), output, is_readable: true })
    }
}

impl GameServer for Running {
    async fn next(&mut self, log: &Log) -> Event {
        loop {
            tokio::select! {
                biased;
                () = self.exit.exited() => return Event::Exited,
                seen = all_bound(&mut self.bound), if self.bound.is_some() => {
                    self.bound = None;
                    if seen {
                        return Event::Ready;
                    }
                }
                _ = self.output.readable(), if self.is_readable => {
                    self.is_readable = take(&self.output, log, READS_IN_A_ROW);
                    // What else there is to do for this session gets its turn.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn signal(&mut self, signal: supervise::Signal) {
        self.process.signal(match signal {
            supervise::Signal::Term => Signal::TERM,
            supervise::Signal::Kill => Signal::KILL,
        });
    }

    async fn finish(self, log: &Log) -> Exit {
        let exit = self.process.reap();
        take_rest(&self.output, log);
        exit
    }
}

async fn all_bound(waiting: &mut Option<oneshot::Receiver<()>>) -> bool {
    match waiting {
        Some(bound) => bound.await.is_ok(),
        None => false,
    }
}

/// Moves output to the log, as much as there is and `reads` allow; `false` when there will be no more.
fn take(output: &pipe::Receiver, log: &Log, reads: usize) -> bool {
    let mut buffer = [0u8; READ];
    for _ in 0..reads {
        match output.try_read(&mut buffer) {
            Ok(0) => return false,
            Ok(length) => log.append(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) => {
                tracing::warn!(%error, "output can't be read");
                return false;
            }
        }
    }
    true
}

/// Moves what is left of the output of a process that has ended to the log. Asks the pipe itself: `take` trusts what the
/// runtime has heard of it, and the runtime may hear of the exit first.
fn take_rest(output: &pipe::Receiver, log: &Log) {
    let mut buffer = [0u8; READ];
    for _ in 0..MOST_LEFT_READS {
        match rustix::io::read(output, &mut buffer) {
            Ok(0) | Err(rustix::io::Errno::AGAIN) => return,
            Ok(length) => log.append(&buffer[..length]),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return tracing::warn!(%error, "the rest of the output can't be read"),
        }
    }
}

impl Process {
    pub(super) fn id(&self) -> Pid {
        self.group
    }

    /// Sends a signal to the process and all of its group.
    pub(super) fn signal(&self, signal: Signal) {
        // Not reaped yet, so the id of the group can't mean another one. A zombie alone in it is no error.
        if let Err(error) = rustix::process::kill_process_group(self.group, signal) {
            tracing::debug!(%error, ?signal, "a signal reached nobody");
        }
    }

    /// Ends what is left of the group of a process that has exited, and reaps it.
    pub(super) fn reap(mut self) -> Exit {
        self.reap_in_place()
    }

    fn reap_in_place(&mut self) -> Exit {
        self.is_reaped = true;
        self.signal(Signal::KILL);
        self.keeper.end(self.group);
        match self.child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Exit::Code(code),
                (None, Some(signal)) if signal == Signal::TERM.as_raw() => Exit::Terminated,
                (None, _) => Exit::Killed,
            },
            Err(error) => {
                tracing::error!(%error, "a process could not be reaped");
                Exit::Killed
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.reap_in_place();
        }
    }
}

/// Learns of the exit of a process by event and without reaping it, so that its group can still be named.
pub(super) enum ExitWatch {
    #[cfg(target_os = "linux")]
    Pidfd(tokio::io::unix::AsyncFd<OwnedFd>),
    /// Where there are no pidfds: a thread that waits.
    Thread(tokio::sync::oneshot::Receiver<()>),
}

impl ExitWatch {
    /// # Errors
    /// When there can be neither a pidfd nor a thread.
    pub(super) fn new(process: Pid) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        match rustix::process::pidfd_open(process, rustix::process::PidfdFlags::NONBLOCK) {
            Ok(pidfd) => {
                #[expect(
                    deprecated,
                    reason = "its successor is unsafe, for types that are not I/O-safe; an `OwnedFd` is"
                )]
                let watched = tokio::io::unix::AsyncFd::with_interest(pidfd, tokio::io::Interest::READABLE)?;
                return Ok(Self::Pidfd(watched));
            }
            Err(error) => tracing::debug!(%error, "no pidfd, a thread waits instead"),
        }
        Self::with_thread(process)
    }

    fn with_thread(process: Pid) -> io::Result<Self> {
        let (exited, receiver) = tokio::sync::oneshot::channel();
        let wait = move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(rustix::process::waitid(WaitId::Pid(process), options), Err(rustix::io::Errno::INTR)) {}
            // The receiver is gone when the emulator ends.
            let _ = exited.send(());
        };
        std::thread::Builder::new().name("exit-watch".into()).stack_size(64 * 1024).spawn(wait)?;
        Ok(Self::Thread(receiver))
    }

    /// Returns when the process has exited. Not to be called again after that.
    pub(super) async fn exited(&mut self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Pidfd(pidfd) => {
                if let Err(error) = pidfd.readable().await {
                    tracing::error!(%error, "an exit can't be waited for");
                }
            }
            Self::Thread(exited) => {
                let _ = exited.await;
            }
        }
    }
}

/// The full path of a program: as it is if it has a slash, else from `PATH`.
pub(crate) fn find_program(name: &std::ffi::OsStr) -> Option<PathBuf> {
    let is_program = |path: &Path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    if name.as_encoded_bytes().contains(&b'/') {
        return std::path::absolute(name).ok().filter(|path| is_program(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter_map(|folder| std::path::absolute(folder.join(name)).ok())
        .find(|path| is_program(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_watches_see_an_exit_and_leave_it_to_be_reaped() {
        for with_thread in [false, true] {
            let mut child = Command::new("/bin/sh").args(["-c", "exit 7"]).spawn().unwrap();
            let id = Pid::from_child(&child);
            let mut watch = if with_thread { ExitWatch::with_thread(id).unwrap() } else { ExitWatch::new(id).unwrap() };
            watch.exited().await;
            assert_eq!(child.wait().unwrap().code(), Some(7));
        }
    }

    #[test]
    fn programs_are_found_by_path_and_by_name() {
        assert_eq!(find_program("/bin/sh".as_ref()), Some("/bin/sh".into()));
        assert!(find_program("sh".as_ref()).unwrap().is_absolute());
        assert_eq!(find_program("/etc/passwd".as_ref()), None);
        assert_eq!(find_program("/bin".as_ref()), None);
        assert_eq!(find_program("no-such-program-anywhere".as_ref()), None);
    }
}
