//! What a game server wrote: the latest of it, within a limit, readable by many while it grows.
//!
//! A server that writes without end costs the limit and no more. The log of an ended session moves to a file when it is
//! long. What fills it is the game server in `supervise`.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// The most that one read gives.
const CHUNK: usize = 64 * 1024;
/// A log that is not longer than this stays in memory when the session has ended.
const SMALL: usize = 64 * 1024;

/// The log of one session.
pub(crate) struct Log {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    limit: usize,
    /// The latest bytes, unless they were moved to a file.
    kept: VecDeque<u8>,
    /// How many bytes were written before those that are kept.
    dropped: u64,
    file: Option<PathBuf>,
    /// How many bytes the file holds.
    in_file: u64,
    is_ended: bool,
}

impl Log {
    /// `limit` is the most that is kept, in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let state = State { limit, kept: VecDeque::new(), dropped: 0, file: None, in_file: 0, is_ended: false };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Adds what was written. The oldest goes when it gets too much.
    pub(crate) fn append(&self, bytes: &[u8]) {
        let mut state = self.state();
        let bytes = if bytes.len() > state.limit {
            let surplus = bytes.len() - state.limit;
            state.dropped += surplus as u64;
            &bytes[surplus..]
        } else {
            bytes
        };
        let surplus = (state.kept.len() + bytes.len()).saturating_sub(state.limit);
        state.kept.drain(..surplus);
        state.dropped += surplus as u64;
        state.kept.extend(bytes);
        drop(state);
        self.changed.notify_waiters();
    }

    /// How much is kept, in memory or in a file.
    pub(crate) fn kept_bytes(&self) -> u64 {
        let state = self.state();
        state.kept.len() as u64 + state.in_file
    }

    /// Whether [`Self::end`] will write to the disk.
    pub(crate) fn is_long(&self) -> bool {
        self.state().kept.len() > SMALL
    }

    /// Whether it was moved to a file.
    pub(crate) fn is_in_file(&self) -> bool {
        self.state().file.is_some()
    }

    /// Nothing more will be written. A long log is moved to `file`, if there is one. Blocks on the disk.
    pub(crate) fn end(&self, file: Option<&Path>) {
        let mut state = self.state();
        state.is_ended = true;
        if let Some(file) = file.filter(|_| state.kept.len() > SMALL) {
            match std::fs::write(file, state.kept.make_contiguous()) {
                Ok(()) => {
                    state.in_file = state.kept.len() as u64;
                    state.file = Some(file.to_owned());
                    state.kept = VecDeque::new();
                }
                Err(error) => tracing::warn!(%error, file = %file.display(), "a log stays in memory"),
            }
        }
        state.kept.shrink_to_fit();
        drop(state);
        self.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a log from its beginning.
pub(crate) struct LogReader<'l> {
    log: &'l Log,
    /// How many bytes of all that were ever written have been passed.
    position: u64,
}

enum Step {
    Chunk(Bytes),
    InFile { file: PathBuf, offset: u64 },
    Empty { is_ended: bool },
}

impl LogReader<'_> {
    /// Begins with the oldest byte that is kept at position 0, or goes on where an earlier reading stopped.
    pub(crate) fn at(log: &Log, position: u64) -> LogReader<'_> {
        LogReader { log, position }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next chunk; `None` when there is none now, or, when following, when there will never be one.
    pub(crate) async fn next(&mut self, follow: bool) -> Option<Bytes> {
        loop {
            let changed = self.log.changed.notified();
            match self.step() {
                Step::Chunk(chunk) => return Some(chunk),
                Step::InFile { file, offset } => {
                    let chunk = tokio::task::spawn_blocking(move || read_file(&file, offset)).await;
                    return match chunk {
                        Ok(Ok(chunk)) if !chunk.is_empty() => {
                            self.position += chunk.len() as u64;
                            Some(chunk)
                        }
                        // The file is gone: the session was forgotten meanwhile.
                        _ => None,
                    };
                }
                Step::Empty { is_ended } if is_ended || !follow => return None,
                Step::Empty { .. } => changed.await,
            }
        }
    }

    fn step(&mut self) -> Step {
        let state = self.log.state();
        if self.position < state.dropped {
            let missed = state.dropped - self.position;
            self.position = state.dropped;
            return Step::Chunk(format!("[{missed} bytes before this are not kept]\n").into());
        }
        let offset = self.position - state.dropped;
        if let Some(file) = &state.file {
            return match offset < state.in_file {
                true => Step::InFile { file: file.clone(), offset },
                false => Step::Empty { is_ended: true },
            };
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if offset >= state.kept.len() {
            return Step::Empty { is_ended: state.is_ended };
        }
        let end = state.kept.len().min(offset + CHUNK);
        let chunk: Vec<u8> = state.kept.range(offset..end).copied().collect();
        self.position += chunk.len() as u64;
        Step::Chunk(chunk.into())
    }
}

fn read_file(file: &Path, offset: u64) -> std::io::Result<Bytes> {
    let mut file = std::fs::File::open(file)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut chunk = Vec::new();
    file.take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk.into())
}

/// Removes the file of a log, if there is one. Blocks on the disk.
pub(super) fn remove_file(file: &Path) {
    if let Err(error) = std::fs::remove_file(file)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %file.display(), "what was kept of a session stays on the disk");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(log: &Log) -> String {
        let mut reader = LogReader::at(log, 0);
        let mut all = Vec::new();
        while let Some(chunk) = reader.next(false).await {
            all.extend_from_slice(&chunk);
        }
        String::from_utf8(all).unwrap()
    }

    #[tokio::test]
    async fn the_latest_is_kept_and_what_is_missing_is_said() {
        let log = Log::new(8);
        log.append(b"abcdef");
        assert_eq!(read_all(&log).await, "abcdef");
        log.append(b"ghij");
        assert_eq!(read_all(&log).await, "[2 bytes before this are not kept]\ncdefghij");
        log.append(b"0123456789012345");
        assert_eq!(read_all(&log).await, "[18 bytes before this are not kept]\n89012345");
    }

    #[tokio::test]
    async fn a_follower_gets_all_until_the_end() {
        let log = Log::new(1024);
        let mut reader = LogReader::at(&log, 0);
        log.append(b"one");
        assert_eq!(reader.next(true).await.unwrap(), "one");
        let (second, ()) = tokio::join!(reader.next(true), async { log.append(b"two") });
        assert_eq!(second.unwrap(), "two");
        let (end, ()) = tokio::join!(reader.next(true), async { log.end(None) });
        assert_eq!(end, None);
    }

    #[tokio::test]
    async fn a_long_log_moves_to_a_file_and_reads_on() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(1 << 20);
        let text: String = (0..30_000).map(|line| format!("line {line}\n")).collect();
        log.append(text.as_bytes());
        let mut reader = LogReader::at(&log, 0);
        let first = reader.next(true).await.unwrap();
        log.end(Some(&folder.path().join("log")));
        assert!(log.state().kept.is_empty());
        let mut rest = first.to_vec();
        while let Some(chunk) = reader.next(true).await {
            rest.extend_from_slice(&chunk);
        }
        assert_eq!(rest, text.as_bytes());
        assert_eq!(read_all(&log).await, text);
    }
}
