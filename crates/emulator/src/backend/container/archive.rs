//! Files of an ended container as one `.tar.gz`, with the answers and the limits that those of processes have. The engine
//! packs everything there is; what is handed out is packed anew: no devices, no links that lead out, and not more than may be.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};

use bollard::query_parameters::DownloadFromContainerOptions;
use bytes::{Buf, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt;
use tar::EntryType;
use tokio::sync::mpsc;

use super::engine::{Engine, EngineError};
use crate::backend::artifact::{ArtifactError, ChunkWriter, DEEPEST, MOST_BYTES, MOST_ENTRIES, inside};
use crate::backend::{Archive, CHUNKS_AHEAD};

/// How many links are followed, one after the other.
const MOST_LINKS: usize = 16;
const WHAT: &str = "hand over files of a container";

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("it can't be packed: {0}")]
    Pack(#[from] io::Error),
}

/// What became of packing.
enum Packed {
    File(File),
    /// The path is a link, and leads there.
    Link(PathBuf),
}

/// Gets a file or a folder. All of it is there and within the limits when this returns.
pub(super) async fn get(engine: &Engine, id: &str, path: &str) -> Result<Archive, ArchiveError> {
    let mut path = Path::new("/").join(inside(path).ok_or(ArtifactError::NotThere)?);
    for _ in 0..MOST_LINKS {
        match download(engine, id, &path).await? {
            Packed::Link(target) => path = resolved(&path, &target),
            Packed::File(file) => {
                let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
                tokio::task::spawn_blocking(move || send(file, sender));
                return Ok(receiver);
            }
        }
    }
    Err(ArtifactError::NotThere.into())
}

async fn download(engine: &Engine, id: &str, path: &Path) -> Result<Packed, ArchiveError> {
    let Some(text) = path.to_str() else { return Err(ArtifactError::NotThere.into()) };
    let options = DownloadFromContainerOptions { path: text.to_owned() };
    let mut chunks = engine.docker.download_from_container(id, Some(options));
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let packing = tokio::task::spawn_blocking(move || pack(ChunkReader { chunks: receiver, chunk: Bytes::new() }));
    loop {
        let chunk = match tokio::time::timeout(engine.deadline, chunks.next()).await {
            Err(_) => Some(Err(engine.silent(WHAT))),
            Ok(chunk) => chunk.map(|chunk| chunk.map_err(|error| engine.error(WHAT, error))),
        };
        match chunk {
            None => break,
            Some(Ok(chunk)) => {
                if sender.send(Ok(chunk)).await.is_err() {
                    // It was packed to its end, or it is too much.
                    break;
                }
            }
            Some(Err(error)) => {
                let not_there = error.is_not_found();
                // What came so far must not be taken for all of it. The packing may be over.
                let _ = sender.send(Err(io::Error::other(error.clone()))).await;
                return Err(if not_there { ArtifactError::NotThere.into() } else { error.into() });
            }
        }
    }
    drop(sender);
    packing.await.unwrap_or_else(|_| Err(io::Error::other("the emulator is shutting down").into()))
}

/// Where a link leads to from a path, as text: it can't get above the root.
fn resolved(path: &Path, target: &Path) -> PathBuf {
    let mut resolved = path.parent().unwrap_or(Path::new("/")).to_owned();
    for component in target.components() {
        match component {
            Component::RootDir | Component::Prefix(_) => resolved = PathBuf::from("/"),
            Component::ParentDir => drop(resolved.pop()),
            Component::Normal(name) => resolved.push(name),
            Component::CurDir => {}
        }
    }
    resolved
}

/// Reads an engine's archive to its end. Blocks on the channel and on the disk.
fn pack(archive: impl Read) -> Result<Packed, ArchiveError> {
    let mut archive = tar::Archive::new(archive);
    let mut packer = Packer {
        tar: tar::Builder::new(GzEncoder::new(tempfile::tempfile()?, Compression::fast())),
        files: HashSet::new(),
        entries: 0,
        bytes: 0,
    };
    let mut is_empty = true;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let Some(name) = tidied(&entry.path()?) else { continue };
        if std::mem::take(&mut is_empty)
            && entry.header().entry_type() == EntryType::Symlink
            && let Some(target) = entry.link_name()?
        {
            return Ok(Packed::Link(target.into_owned()));
        }
        packer.add(&name, &mut entry)?;
    }
    if packer.entries == 0 {
        return Err(ArtifactError::NotThere.into());
    }
    let mut file = packer.tar.into_inner()?.finish()?;
    file.rewind()?;
    Ok(Packed::File(file))
}

struct Packer {
    tar: tar::Builder<GzEncoder<File>>,
    /// Names of files, which hard links may lead to.
    files: HashSet<PathBuf>,
    entries: usize,
    bytes: u64,
}

impl Packer {
    fn add(&mut self, name: &Path, entry: &mut tar::Entry<'_, impl Read>) -> Result<(), ArchiveError> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES || name.components().count() > DEEPEST + 1 {
            return Err(ArtifactError::TooLarge.into());
        }
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(0);
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                self.bytes = self.bytes.saturating_add(entry.size());
                if self.bytes > MOST_BYTES {
                    return Err(ArtifactError::TooLarge.into());
                }
                header.set_size(entry.size());
                self.tar.append_data(&mut header, name, entry)?;
                self.files.insert(name.to_owned());
            }
            // The root of the container has no name of its own.
            EntryType::Directory if name.as_os_str().is_empty() => {}
            EntryType::Directory => {
                header.set_mode(0o755);
                header.set_entry_type(EntryType::Directory);
                self.tar.append_data(&mut header, name, io::empty())?;
            }
            EntryType::Symlink => {
                if let Some(target) = entry.link_name()?.filter(|target| stays_inside(name, target)) {
                    header.set_entry_type(EntryType::Symlink);
                    self.tar.append_link(&mut header, name, target)?;
                }
            }
            EntryType::Link => {
                let target = entry.link_name()?.and_then(|target| tidied(&target));
                if let Some(target) = target.filter(|target| self.files.contains(target)) {
                    header.set_entry_type(EntryType::Link);
                    self.tar.append_link(&mut header, name, target)?;
                }
            }
            _ => self.entries -= 1,
        }
        Ok(())
    }
}

/// A name as it is in our archives; `None` when it leads out of it.
fn tidied(name: &Path) -> Option<PathBuf> {
    let mut tidied = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => tidied.push(part),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(tidied)
}

/// Whether a link leads to something below the folder that everything in the archive is in.
fn stays_inside(name: &Path, target: &Path) -> bool {
    let Some(top) = name.components().next() else { return false };
    let mut at = name.parent().unwrap_or(Path::new("")).to_owned();
    for component in target.components() {
        match component {
            Component::Normal(part) => at.push(part),
            Component::CurDir => {}
            Component::ParentDir if at.pop() => {}
            _ => return false,
        }
    }
    at.components().next() == Some(top)
}

/// Sends a file. Blocks on the disk and on the channel.
fn send(mut file: File, chunks: mpsc::Sender<io::Result<Bytes>>) {
    let mut writer = ChunkWriter::new(chunks);
    let sent = io::copy(&mut file, &mut writer).and_then(|_| writer.flush());
    writer.finish(sent);
}

/// Reads what comes through a channel.
struct ChunkReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

impl Read for ChunkReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let length = to.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut to[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_within_the_root() {
        let leads = |path: &str, target: &str| resolved(Path::new(path), Path::new(target)).display().to_string();
        assert_eq!(leads("/saves/last", "one"), "/saves/one");
        assert_eq!(leads("/saves/last", "../other/two"), "/other/two");
        assert_eq!(leads("/saves/last", "/etc/hosts"), "/etc/hosts");
        assert_eq!(leads("/last", "../../../etc"), "/etc");
    }

    #[test]
    fn links_that_lead_out_of_the_archive_are_told_from_others() {
        let stays = |name: &str, target: &str| stays_inside(Path::new(name), Path::new(target));
        assert!(stays("saves/link", "one") && stays("saves/deep/link", "../one"));
        for target in ["../one", "/saves/one", "../../etc/passwd", ".."] {
            assert!(!stays("saves/link", target), "{target}");
        }
    }

    #[test]
    fn what_an_engine_packs_is_packed_anew() {
        let mut engine = tar::Builder::new(Vec::new());
        let mut add = |name: &str, kind: EntryType, link: &str, content: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o4777);
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            // By hand, as the library refuses what must be refused here.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
            header.set_cksum();
            engine.append(&header, content).unwrap();
        };
        add("./saves/", EntryType::Directory, "", b"");
        add("/saves/one", EntryType::Regular, "", b"1");
        add("saves/hard", EntryType::Link, "saves/one", b"");
        add("saves/stray", EntryType::Link, "etc/passwd", b"");
        add("saves/link", EntryType::Symlink, "one", b"");
        add("saves/out", EntryType::Symlink, "/etc/passwd", b"");
        add("saves/null", EntryType::Char, "", b"");
        add("../etc/passwd", EntryType::Regular, "", b"root");
        let Packed::File(file) = pack(engine.into_inner().unwrap().as_slice()).unwrap() else { panic!("a link") };
        let mut packed = tar::Archive::new(flate2::read::GzDecoder::new(file));
        let entries = packed.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.header().mode().unwrap();
            format!("{} {mode:o}", entry.path().unwrap().display())
        });
        assert_eq!(entries.collect::<Vec<_>>(), ["saves 755", "saves/one 644", "saves/hard 644", "saves/link 644"]);
    }
}
