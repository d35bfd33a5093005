//! The file of `--ticket`: the newest ticket of an allocation, on the disk before the next request leaves.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use matchport_core::allocation::{MAX_TICKET_BYTES, Ticket};

/// Where the newest ticket of one allocation is kept.
///
/// The file is replaced as a whole, so that whoever reads it finds one ticket or the other; it and its folder are synced
/// before [`keep`](Self::keep) returns; only its owner may read it (0600).
#[derive(Debug)]
pub(crate) struct TicketFile {
    path: PathBuf,
    /// The file is this allocation's: it may be replaced and removed.
    is_ours: bool,
}

impl TicketFile {
    /// A file for a new allocation. There must be none yet: another allocation's ticket may be all that still knows of a
    /// server.
    pub(crate) fn fresh(path: PathBuf) -> Self {
        Self { path, is_ours: false }
    }

    /// The file that a ticket was read from.
    pub(crate) fn resumed(path: PathBuf) -> Self {
        Self { path, is_ours: true }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a ticket and waits until it is on the disk. Blocks.
    ///
    /// # Errors
    /// As the system has it; `AlreadyExists` when the file was there before a new allocation. What was in the file is
    /// still there then.
    pub(crate) fn keep(&mut self, ticket: &Ticket) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".matchport-ticket-").tempfile_in(self.folder())?;
        file.write_all(ticket.to_json().as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        if self.is_ours {
            file.persist(&self.path)?;
        } else {
            file.persist_noclobber(&self.path)?;
            self.is_ours = true;
        }
        sync_folder(self.folder())
    }

    /// Removes the file: nothing is left to settle. Blocks.
    ///
    /// # Errors
    /// As the system has it.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        if !self.is_ours {
            return Ok(());
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sync_folder(self.folder())
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// Reads the text of a ticket, no more than one can be long.
///
/// # Errors
/// As the system has it; `InvalidData` for what is no text.
pub(crate) fn read(from: impl io::Read) -> io::Result<String> {
    use io::Read as _;

    let mut text = String::new();
    // One byte more, so that the core sees that it is too long.
    from.take(MAX_TICKET_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// A new name is on the disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn ticket(session: &str) -> Ticket {
        let json = format!(
            r#"{{"matchport_ticket":1,"base_url":"http://127.0.0.1:1","session":"{session}","phase":"allocating",
            "locations":[],"wait_for":"running","remaining_ms":1000,"start":{{"image":"i","env_names":[]}}}}"#
        );
        Ticket::from_json(&json).unwrap()
    }

    #[test]
    fn the_newest_ticket_is_in_the_file_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let mut file = TicketFile::fresh(path.clone());
        file.keep(&ticket("one")).unwrap();
        file.keep(&ticket("two")).unwrap();
        let text = read(std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(Ticket::from_json(&text).unwrap(), ticket("two"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left in the folder");
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_there_is_neither_replaced_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        std::fs::write(&path, "another's").unwrap();
        let mut file = TicketFile::fresh(path.clone());
        assert_eq!(file.keep(&ticket("one")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        file.remove().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "another's");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn reading_has_an_end() {
        assert_eq!(read(io::repeat(b'x')).unwrap().len(), MAX_TICKET_BYTES + 1);
        assert!(read(&b"\xff"[..]).is_err());
    }
}
