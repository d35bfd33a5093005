//! Files of an ended session as one `.tar.gz`. Nothing outside the session's folder is ever read: paths are resolved by
//! `cap-std`, which asks the kernel to stay beneath it, so neither `..` nor links lead out.

use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::mpsc;

/// The most that an artifact holds, in bytes before compression.
const MOST_BYTES: u64 = 100 * 1000 * 1000;
/// The most files and folders in one.
const MOST_ENTRIES: usize = 100_000;
/// The deepest that folders are followed.
const DEEPEST: usize = 100;
/// What is sent at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// A file or folder that may be handed out, measured and not read yet.
pub(super) struct Artifact {
    root: Dir,
    entries: Vec<Entry>,
}

struct Entry {
    /// In the session's folder.
    path: PathBuf,
    /// In the archive.
    name: PathBuf,
    kind: Kind,
}

enum Kind {
    Folder,
    File { size: u64 },
    Link { target: PathBuf },
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArtifactError {
    #[error("there is nothing at this path; it must be absolute inside the game server's folder, and stay there")]
    NotThere,
    #[error("it is larger than 100 MB; ask for a part of it")]
    TooLarge,
}

impl Artifact {
    /// Looks a path up. Blocks on the disk.
    ///
    /// # Errors
    /// When there is nothing, or nothing that may be handed out, or too much.
    pub(super) fn find(folder: &Path, path: &str) -> Result<Self, ArtifactError> {
        let inside = inside(path).ok_or(ArtifactError::NotThere)?;
        let root = Dir::open_ambient_dir(folder, ambient_authority()).map_err(|_| ArtifactError::NotThere)?;
        // The root itself has no name of its own.
        let name = inside.file_name().map_or_else(PathBuf::new, PathBuf::from);
        let lookup = if inside.as_os_str().is_empty() { Path::new(".") } else { inside.as_path() };
        // Follows links, as whoever asks for one means what it leads to. One that leads out is an error here.
        let metadata = root.metadata(lookup).map_err(|_| ArtifactError::NotThere)?;
        let mut walk = Walk { root: &root, entries: Vec::new(), bytes: 0 };
        walk.add(lookup.to_owned(), name, &metadata, 0)?;
        if walk.entries.is_empty() && !metadata.is_dir() {
            return Err(ArtifactError::NotThere);
        }
        let entries = walk.entries;
        Ok(Self { root, entries })
    }

    /// Writes the archive into a channel. Blocks on the disk and on the channel.
    pub(super) fn write(self, chunks: mpsc::Sender<io::Result<Bytes>>) {
        let mut gzip = GzEncoder::new(ChunkWriter { chunks, chunk: Vec::with_capacity(CHUNK) }, Compression::fast());
        let result = self.write_tar(&mut gzip).and_then(|()| gzip.try_finish()).and_then(|()| gzip.get_mut().flush());
        if let Err(error) = result
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            tracing::warn!(%error, "an artifact was broken off");
            // Breaks the response off as well, so that it can't be taken for complete.
            let _ = gzip.get_mut().chunks.blocking_send(Err(error));
        }
    }

    fn write_tar(&self, to: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(to);
        for entry in &self.entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(0);
            match &entry.kind {
                Kind::Folder if entry.name.as_os_str().is_empty() => continue,
                Kind::Folder => {
                    header.set_mode(0o755);
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, &entry.name, io::empty())?;
                }
                Kind::Link { target } => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    tar.append_link(&mut header, &entry.name, target)?;
                }
                Kind::File { size } => {
                    let file = open(&self.root, &entry.path)?;
                    header.set_size(*size);
                    let mut content = file.take(*size);
                    tar.append_data(&mut header, &entry.name, &mut content)?;
                    if content.limit() != 0 {
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file got shorter meanwhile"));
                    }
                }
            }
        }
        tar.finish()
    }
}

/// Opens without waiting, should the path have become a pipe meanwhile.
fn open(root: &Dir, path: &Path) -> io::Result<File> {
    use cap_std::fs::{OpenOptions, OpenOptionsExt};

    let mut options = OpenOptions::new();
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    root.open_with(path, &options)
}

/// A path as it is inside the folder, or `None` when it is not absolute, has `..` or a NUL.
fn inside(path: &str) -> Option<PathBuf> {
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

struct Walk<'r> {
    root: &'r Dir,
    entries: Vec<Entry>,
    bytes: u64,
}

impl Walk<'_> {
    /// Adds one thing and what is in it. Pipes, sockets and devices are left out.
    fn add(&mut self, path: PathBuf, name: PathBuf, metadata: &Metadata, depth: usize) -> Result<(), ArtifactError> {
        if self.entries.len() >= MOST_ENTRIES || depth > DEEPEST {
            return Err(ArtifactError::TooLarge);
        }
        if metadata.is_file() {
            self.bytes = self.bytes.saturating_add(metadata.len());
            if self.bytes > MOST_BYTES {
                return Err(ArtifactError::TooLarge);
            }
            self.entries.push(Entry { path, name, kind: Kind::File { size: metadata.len() } });
        } else if metadata.is_dir() {
            self.entries.push(Entry { path: path.clone(), name: name.clone(), kind: Kind::Folder });
            self.add_content(&path, &name, depth)?;
        } else if metadata.is_symlink()
            // Only one that leads to something inside; others would lead out of wherever this is unpacked.
            && self.root.metadata(&path).is_ok()
            && let Ok(target) = self.root.read_link(&path)
        {
            self.entries.push(Entry { path, name, kind: Kind::Link { target } });
        }
        Ok(())
    }

    fn add_content(&mut self, path: &Path, name: &Path, depth: usize) -> Result<(), ArtifactError> {
        let Ok(content) = self.root.read_dir(path) else { return Ok(()) };
        let mut names: Vec<_> = content.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for child in names {
            let path = path.join(&child);
            // What is gone meanwhile is left out.
            if let Ok(metadata) = self.root.symlink_metadata(&path) {
                self.add(path, name.join(&child), &metadata, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// Collects what is written into chunks and sends them.
struct ChunkWriter {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
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
