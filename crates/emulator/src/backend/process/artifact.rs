//! Files of an ended session as one `.tar.gz`. Nothing outside the session's folder is ever read: paths are resolved by
//! `cap-std`, which asks the kernel to stay beneath it, so neither `..` nor links lead out.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::mpsc;

use crate::backend::artifact::{ArtifactError, ChunkWriter, DEEPEST, MOST_BYTES, MOST_ENTRIES, inside};

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
        let mut gzip = GzEncoder::new(ChunkWriter::new(chunks), Compression::fast());
        let written = self.write_tar(&mut gzip).and_then(|()| gzip.try_finish()).and_then(|()| gzip.get_mut().flush());
        gzip.get_mut().finish(written);
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
