//! Whether a process is still there, and which ones this program has started.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Whether a process of ours has this id. An ended one that was not reaped counts.
pub(super) fn exists(id: u32) -> bool {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return false };
    // Of another user is not of ours: the id has been given away again.
    !matches!(test_kill_process(pid), Err(Errno::SRCH | Errno::PERM))
}

/// The children of this program, zombies too; `None` where the system doesn't tell.
pub(super) fn children() -> Option<Vec<u32>> {
    let mut children = None;
    for thread in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
        // A thread may have ended meanwhile; its children have gone over to another.
        let Ok(list) = std::fs::read_to_string(thread.path().join("children")) else { continue };
        let ids = list.split_whitespace().filter_map(|id| id.parse::<u32>().ok());
        children.get_or_insert_with(Vec::new).extend(ids);
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_exists_until_it_is_reaped() {
        let mut child = std::process::Command::new("/bin/sh").args(["-c", "exit 0"]).spawn().unwrap();
        assert!(exists(child.id()));
        child.wait().unwrap();
        assert!(!exists(child.id()));
        assert!(!exists(0) && !exists(u32::MAX), "groups are no processes");
    }
}
