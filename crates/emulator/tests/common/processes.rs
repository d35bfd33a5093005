//! Finds the processes of one test among all: tests may share a process, and then its children are no test's own. Game
//! servers are found by a variable in their environment, which whatever they start inherits; an emulator's processes by
//! its mark. Linux only, as is the containment that is tested with it.

use std::time::Duration;

use std::collections::HashSet;

use matchport_emulator::{Builder, Emulator, Image};
use tokio::sync::Mutex;

use super::PATIENCE;

const VARIABLE: &str = "MATCHPORT_TEST_FAMILY";

/// The game servers of one test and everything that they start.
pub(crate) struct Family(String);

impl Family {
    pub(crate) fn new() -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(format!("{}-{number}", std::process::id()))
    }

    /// One that another process uses as well, by its name.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Puts the game servers of an image into the family.
    pub(crate) fn of(&self, mut image: Image) -> Image {
        image.env.0.insert(VARIABLE.to_owned(), self.0.clone());
        image
    }

    /// The ids of all that are alive now.
    pub(crate) fn members(&self) -> Vec<u32> {
        let wanted = format!("{VARIABLE}={}", self.0);
        all(|id| texts(id, "environ").contains(&wanted))
    }

    /// Waits until so many are alive.
    pub(crate) async fn becomes(&self, count: usize) {
        let look = async {
            while self.members().len() != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, look).await;
        assert!(waited.is_ok(), "{count} processes expected, there are {:?}", self.members());
    }
}

/// What a keeper is called.
const KEEPER: &str = "matchport-keeper";

/// The processes of one emulator that runs in this process: its keeper, its game servers and what they have started.
#[derive(Clone)]
pub(crate) struct Own(Option<String>);

impl Own {
    /// Starts an emulator, and learns its mark from its keeper.
    pub(crate) async fn start(builder: Builder) -> (Emulator, Self) {
        // One after the other, so that a keeper that was not there before is this emulator's.
        static KNOWN: Mutex<Option<HashSet<String>>> = Mutex::const_new(None);
        let mut known = KNOWN.lock().await;
        let emulator = builder.start().await.expect("the emulator starts");
        let known = known.get_or_insert_default();
        let children = children_of(std::process::id());
        // A program that is being loaded has no command line yet.
        while children.iter().any(|id| super::is_alive(*id) && texts(*id, "cmdline").concat().is_empty()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let marks = children.into_iter().filter_map(mark_of_keeper);
        let new: HashSet<_> = marks.filter(|mark| !known.contains(mark)).collect();
        assert!(new.len() <= 1, "an emulator was started past this");
        known.extend(new.iter().cloned());
        (emulator, Self(new.into_iter().next()))
    }

    fn mark(&self) -> &str {
        self.0.as_deref().expect("this emulator starts no processes")
    }

    /// The ids of its keepers.
    pub(crate) fn keepers(&self) -> Vec<u32> {
        all(|id| mark_of_keeper(id).as_deref() == Some(self.mark()))
    }

    /// The ids of all of its processes, but for what waits to be reaped.
    pub(crate) fn members(&self) -> Vec<u32> {
        let variable = format!("MATCHPORT_EMULATOR={}.", self.mark());
        let is_game_server = |id| texts(id, "environ").iter().any(|text| text.starts_with(&variable));
        all(|id| is_game_server(id) || mark_of_keeper(id).as_deref() == Some(self.mark()))
    }
}

/// The mark in the command line of a keeper: `sh -c SCRIPT matchport-keeper MARK`.
fn mark_of_keeper(id: u32) -> Option<String> {
    let line = texts(id, "cmdline");
    line.iter().position(|word| word == KEEPER).and_then(|at| line.get(at + 1).cloned())
}

/// The processes that are so.
fn all(is_so: impl Fn(u32) -> bool) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("proc").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| is_so(*id)).collect()
}

/// The texts in a file about a process. None when it has ended.
fn texts(id: u32, file: &str) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// The keeper of an emulator that is another process.
pub(crate) fn keeper_of(emulator: u32) -> u32 {
    let keepers: Vec<_> = children_of(emulator).into_iter().filter(|id| mark_of_keeper(*id).is_some()).collect();
    assert_eq!(keepers.len(), 1, "an emulator has one keeper");
    keepers[0]
}

/// The ids of the children of a process, zombies too.
fn children_of(process: u32) -> Vec<u32> {
    let parent = |id: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok())
    };
    all(|id| parent(id) == Some(process))
}

/// Waits until no child of this process is a zombie.
pub(crate) async fn no_zombies() {
    let zombies = || {
        let is_zombie = |id: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
        };
        children_of(std::process::id()).into_iter().filter(is_zombie).collect::<Vec<_>>()
    };
    let look = async {
        while !zombies().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, look).await;
    assert!(waited.is_ok(), "zombies: {:?}", zombies());
}
