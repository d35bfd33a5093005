//! Finds the game servers of one test among all processes: by a variable in their environment, which whatever they
//! start inherits. Linux only, as is the containment that is tested with it.

use std::time::Duration;

use matchport_emulator::Image;

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
        let mut members = Vec::new();
        for entry in std::fs::read_dir("/proc").expect("proc").flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()) {
                members.push(id);
            }
        }
        members
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

/// Waits until no child of this process is a zombie.
pub(crate) async fn no_zombies() {
    let zombies = || {
        let is_zombie = |id: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
        };
        super::children().into_iter().filter(is_zombie).collect::<Vec<_>>()
    };
    let look = async {
        while !zombies().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, look).await;
    assert!(waited.is_ok(), "zombies: {:?}", zombies());
}
