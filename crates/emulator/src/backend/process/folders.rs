//! The folders that game servers run in. A few are made ahead: making one can take as long as starting a process, and
//! nobody should wait for it. One that a session left as it got it is given to another: making and removing folders all
//! the time is what a file system is slowest at.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// How many are kept ahead.
const AHEAD: usize = 16;
/// How long after one was taken the next is made: not in the very moment in which a game server starts.
const PAUSE: Duration = Duration::from_millis(10);
/// How many that came back are kept.
const MOST_READY: usize = 256;

/// The folders of one emulator, all in one folder of its own.
pub(super) struct Folders {
    root: PathBuf,
    state: Mutex<State>,
    taken: Notify,
}

struct State {
    ready: Vec<PathBuf>,
    made: u64,
    is_closed: bool,
}

impl Folders {
    /// Makes the folder that all others are in, which must not be there yet, and the first ones.
    ///
    /// # Errors
    /// When one can't be made.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        std::fs::create_dir(root)?;
        let state = Mutex::new(State { ready: Vec::new(), made: 0, is_closed: false });
        let folders = Self { root: root.canonicalize()?, state, taken: Notify::new() };
        folders.top_up()?;
        Ok(folders)
    }

    /// A folder that is empty and belongs to nobody else.
    ///
    /// # Errors
    /// When none was ready and none can be made. Blocks on the disk when none was ready.
    pub(super) fn take(&self) -> io::Result<PathBuf> {
        self.taken.notify_one();
        let ready = self.state().ready.pop();
        ready.map_or_else(|| self.make(), Ok)
    }

    /// Makes those ahead that are missing, as long as it is polled.
    pub(super) async fn keep_ready(self: Arc<Self>) {
        loop {
            self.taken.notified().await;
            tokio::time::sleep(PAUSE).await;
            let this = Arc::clone(&self);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || this.top_up()).await {
                // Whoever takes one will try again, and be told.
                tracing::warn!(%error, "no folder can be made");
            }
        }
    }

    /// Takes a folder back if there is nothing in it and it is as it was made. No process may be left that could still
    /// write to it. Blocks on the disk.
    pub(super) fn give_back(&self, folder: &Path) -> bool {
        let is_untouched = || -> io::Result<bool> {
            let mode = std::fs::symlink_metadata(folder)?.permissions().mode();
            let usual = std::fs::metadata(&self.root)?.permissions().mode();
            Ok(mode == usual && std::fs::read_dir(folder)?.next().is_none())
        };
        if self.state().ready.len() >= MOST_READY || !is_untouched().unwrap_or(false) {
            return false;
        }
        self.state().ready.push(folder.to_owned());
        true
    }

    /// Removes the folders that nobody took, and the folder that all are in when nothing else is in it. Blocks on the
    /// disk.
    pub(super) fn close(&self) {
        let ready = {
            let mut state = self.state();
            state.is_closed = true;
            std::mem::take(&mut state.ready)
        };
        for folder in ready.iter().chain([&self.root]) {
            match std::fs::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    tracing::debug!(%error, folder = %folder.display(), "an empty folder stays");
                }
                _ => {}
            }
        }
    }

    fn top_up(&self) -> io::Result<()> {
        let is_low = |state: &State| state.ready.len() < AHEAD && !state.is_closed;
        while is_low(&self.state()) {
            let folder = self.make()?;
            self.state().ready.push(folder);
        }
        Ok(())
    }

    fn make(&self) -> io::Result<PathBuf> {
        let number = {
            let mut state = self.state();
            state.made += 1;
            state.made
        };
        let folder = self.root.join(format!("{number:06}"));
        std::fs::create_dir(&folder)?;
        Ok(folder)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_untouched_folder_comes_back() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(&data.path().join("run")).unwrap();
        let [empty, full, closed, gone] = std::array::from_fn(|_| folders.take().unwrap());
        std::fs::write(full.join("result.json"), "{}").unwrap();
        std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o500)).unwrap();
        std::fs::remove_dir(&gone).unwrap();
        assert!(folders.give_back(&empty));
        assert!(!folders.give_back(&full) && !folders.give_back(&closed) && !folders.give_back(&gone));
        assert_eq!(folders.take().unwrap(), empty);
    }

    #[test]
    fn every_folder_is_new_whether_made_ahead_or_not() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders::new(&data.path().join("run")).unwrap();
        let mut taken: Vec<_> = (0..20).map(|_| folders.take().unwrap()).collect();
        folders.top_up().unwrap();
        taken.push(folders.take().unwrap());
        assert!(taken.iter().all(|folder| folder.is_dir() && folder.is_absolute()));
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 21);
        assert!(Folders::new(&data.path().join("run")).is_err());
    }
}
