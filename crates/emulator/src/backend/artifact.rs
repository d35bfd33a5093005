//! What holds for artifacts wherever they come from: paths, limits, refusals, and the sending of an archive.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc;

/// The most that an artifact holds, in bytes before compression.
pub(super) const MOST_BYTES: u64 = 100 * 1000 * 1000;
/// The most files and folders in one.
pub(super) const MOST_ENTRIES: usize = 100_000;
/// The deepest that folders are followed.
pub(super) const DEEPEST: usize = 100;
/// What is sent at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArtifactError {
    #[error("there is nothing at this path; it must be absolute inside the game server's folder, and stay there")]
    NotThere,
    #[error("it is larger than 100 MB; ask for a part of it")]
    TooLarge,
}

/// A path as it is inside the folder, or `None` when it is not absolute, has `..` or a NUL.
pub(super) fn inside(path: &str) -> Option<PathBuf> {
    if path.contains('\0') {
        return None;
    }
    let mut components = Path::new(path).components();
    if components.next() != Some(Component::RootDir) {
        return None;
    }
    let mut inside = PathBuf::new();
    for component in components {
        match component {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

/// Collects what is written into chunks and sends them.
pub(super) struct ChunkWriter {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    pub(super) fn new(chunks: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self { chunks, chunk: Vec::with_capacity(CHUNK) }
    }

    /// Breaks the response off as well when the writing was broken off, so that it can't be taken for complete.
    pub(super) fn finish(&mut self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            tracing::warn!(%error, "an artifact was broken off");
            // The reader may be gone by now.
            let _ = self.chunks.blocking_send(Err(error));
        }
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.chunks.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
