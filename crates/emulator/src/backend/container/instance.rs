//! Which emulator a container belongs to, and whether that emulator is alive.
//!
//! Every container carries three labels: a number that its emulator made up ([`EMULATOR`]), a number of the folder in which
//! that emulator holds a lock ([`PLACE`]), and the session. The lock is a file named after the emulator, locked as long as it
//! lives. The kernel gives the lock up however a process ends, and in no other case, so a lock that can be had says that its
//! emulator is dead; ids of processes, which come again, and clocks say no such thing.
//!
//! A container is removed only when its emulator was seen to be dead, and left alone in every other case:
//! - without the labels, it is somebody else's;
//! - of another place (another machine or user that uses the same engine), its lock can't be seen from here;
//! - with a lock that is held, its emulator is alive, or another one is cleaning up behind it;
//! - with no lock file, nobody can say.
//!
//! The file is there before the first container, is locked before it has its name, and is removed only after the last
//! container. The folder is one that no system tidies up, as they do `/tmp`.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

/// The label that names the emulator.
pub(super) const EMULATOR: &str = "matchport.emulator";
/// The label that names the folder of locks.
pub(super) const PLACE: &str = "matchport.place";
/// The label that names the session.
pub(super) const SESSION: &str = "matchport.session";

/// This emulator, as long as it lives.
pub(super) struct Instance {
    id: String,
    folder: PathBuf,
    place: String,
    /// Held, never read.
    _lock: File,
}

/// An emulator that is dead. Its lock is held, so that only one cleans up behind it.
pub(super) struct Dead {
    file: PathBuf,
    /// The addresses of the engines that it used.
    engines: Vec<String>,
    _lock: File,
}

impl Instance {
    /// Makes this emulator known in the folder; `engines` are the addresses of the engines that it uses. Blocks on the disk.
    ///
    /// # Errors
    /// When the folder can't be made, or files in it can't be made or locked.
    pub(super) fn begin(folder: &Path, engines: &[String]) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let place = place(folder)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut lock = tempfile::NamedTempFile::new_in(folder)?;
        lock.write_all(engines.join("\n").as_bytes())?;
        flock(lock.as_file(), FlockOperation::NonBlockingLockExclusive)?;
        let lock = lock.persist_noclobber(lock_file(folder, &id))?;
        Ok(Self { id, folder: folder.to_owned(), place, _lock: lock })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The label that all containers of this place have, as a filter.
    pub(super) fn place_filter(&self) -> String {
        format!("{PLACE}={}", self.place)
    }

    /// The label that all containers of this emulator have, as a filter.
    pub(super) fn own_filter(&self) -> String {
        format!("{EMULATOR}={}", self.id)
    }

    pub(super) fn labels(&self, session: &str) -> [(String, String); 3] {
        [(EMULATOR, self.id.as_str()), (PLACE, &self.place), (SESSION, session)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// Those containers of a list whose emulators are dead, by emulator. Blocks on the disk.
    pub(super) fn orphans(&self, containers: Vec<(String, HashMap<String, String>)>) -> Vec<(Dead, Vec<String>)> {
        let mut by_emulator: HashMap<String, Vec<String>> = HashMap::new();
        for (container, labels) in containers {
            let emulator = labels.get(EMULATOR).filter(|id| is_id(id) && **id != self.id);
            if labels.get(PLACE) == Some(&self.place)
                && let Some(emulator) = emulator
            {
                by_emulator.entry(emulator.clone()).or_default().push(container);
            }
        }
        let dead = |(emulator, containers): (String, _)| Some((Dead::find(&self.folder, &emulator)?, containers));
        by_emulator.into_iter().filter_map(dead).collect()
    }

    /// Forgets this emulator: all of its containers are gone.
    pub(super) fn end(&self) {
        remove(&lock_file(&self.folder, &self.id));
    }
}

impl Dead {
    fn find(folder: &Path, id: &str) -> Option<Self> {
        let file = lock_file(folder, id);
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let opened = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&file);
        let mut lock =
            opened.inspect_err(|error| tracing::debug!(%error, id, "an emulator of which nothing is known")).ok()?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).ok()?;
        let mut engines = String::new();
        Read::by_ref(&mut lock).take(1 << 20).read_to_string(&mut engines).ok()?;
        Some(Self { file, engines: engines.lines().map(str::to_owned).collect(), _lock: lock })
    }

    /// Forgets it, when no engine but this may hold more of it.
    pub(super) fn forget(self, cleaned: &str) {
        if self.engines.iter().all(|engine| engine == cleaned) {
            remove(&self.file);
        }
    }
}

/// The number of a folder: made with it, and never again.
fn place(folder: &Path) -> io::Result<String> {
    let file = folder.join("place");
    match std::fs::read_to_string(&file) {
        Ok(place) if is_id(&place) => return Ok(place),
        Ok(_) => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} was changed; remove it", file.display()),
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    let place = uuid::Uuid::new_v4().simple().to_string();
    new.write_all(place.as_bytes())?;
    match new.persist_noclobber(&file) {
        Ok(_) => Ok(place),
        // Another emulator was quicker.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => std::fs::read_to_string(&file),
        Err(error) => Err(error.error),
    }
}

fn lock_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// Labels come from outside, and become names of files.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn remove(file: &Path) {
    if let Err(error) = std::fs::remove_file(file) {
        tracing::warn!(%error, file = %file.display(), "a lock file stays");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(instance: &Instance, name: &str) -> (String, HashMap<String, String>) {
        (name.to_owned(), instance.labels("a").into())
    }

    #[test]
    fn only_containers_of_the_dead_are_orphans() {
        let folder = tempfile::tempdir().unwrap();
        let begin = || Instance::begin(folder.path(), &["unix:///one".to_owned()]).unwrap();
        let (me, alive, dead, ended) = (begin(), begin(), begin(), begin());
        let elsewhere = tempfile::tempdir().unwrap();
        let foreign = Instance::begin(elsewhere.path(), &[]).unwrap();
        let mut odd = container(&dead, "odd");
        odd.1.insert(EMULATOR.to_owned(), "../../etc/passwd".to_owned());
        let mut list = vec![odd, ("plain".to_owned(), HashMap::new())];
        for (instance, name) in
            [(&me, "mine"), (&alive, "alive"), (&dead, "dead"), (&ended, "ended"), (&foreign, "foreign")]
        {
            list.push(container(instance, name));
        }
        ended.end();
        drop((ended, foreign));
        assert!(me.orphans(list.clone()).is_empty(), "all of them are alive, or nobody knows");
        let file = lock_file(folder.path(), dead.id());
        drop(dead);
        let orphans = me.orphans(list.clone());
        assert_eq!(orphans.iter().map(|(_, containers)| containers.join(" ")).collect::<Vec<_>>(), ["dead"]);
        assert!(alive.orphans(list.clone()).is_empty(), "another one cleans up already");
        let [(dead, _)] = <[_; 1]>::try_from(orphans).ok().unwrap();
        dead.forget("unix:///another");
        assert!(file.exists(), "an engine may hold more");
        let [(dead, _)] = <[_; 1]>::try_from(alive.orphans(list)).ok().unwrap();
        dead.forget("unix:///one");
        assert!(!file.exists());
    }
}
