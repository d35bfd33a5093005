//! What a container writes, both streams as one, on its way to the log.
//!
//! It comes through a connection that is made before the container runs, so that nothing is missed and nothing is kept twice.
//! (Podman's way to follow a log leaves lines out when the container ends.) The engine keeps a log of its own beside it: what
//! was written while the engine was gone is taken from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::query_parameters::{AttachContainerOptions, LogsOptions};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};

use super::engine::{Engine, EngineError};
use super::recipe::LOG_SIZE;
use crate::backend::log::Log;

/// How long the engine may take to hand over what a container wrote last.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// What a container writes.
pub(super) struct Output {
    /// `None` when there will be no more.
    chunks: Option<BoxStream<'static, Chunk>>,
    /// How much of it was moved to the log since the container was made.
    seen: Arc<AtomicU64>,
    /// How much of what comes was moved to the log before.
    skip: u64,
}

enum Chunk {
    Bytes(Bytes),
    /// What comes from here on is new.
    New,
    Broken,
}

impl Output {
    /// From the start on, which must not have come yet. `seen` counts over all starts of the container.
    pub(super) async fn of(engine: &Engine, id: &str, seen: Arc<AtomicU64>) -> Result<Self, EngineError> {
        let attached = engine.call("attach to a container", attach(engine.docker.clone(), id.to_owned())).await?;
        Ok(Self { chunks: Some(attached), seen, skip: 0 })
    }

    /// What was written meanwhile, and from now on. Between the two, a line may get lost.
    pub(super) fn again(&mut self, engine: &Engine, id: &str) {
        self.skip = self.seen.load(Ordering::Relaxed);
        let attached = attach(engine.docker.clone(), id.to_owned())
            .map(|attached| attached.unwrap_or_else(|error| stream::once(async move { broken(&error) }).boxed()));
        let from_now_on = attached.into_stream().flatten();
        let missed = if self.skip > LOG_SIZE { stream::empty().boxed() } else { logged(engine, id) };
        self.chunks = Some(missed.chain(stream::once(async { Chunk::New })).chain(from_now_on).boxed());
    }

    /// Whether there may be more.
    pub(super) fn is_open(&self) -> bool {
        self.chunks.is_some()
    }

    /// Moves the next piece to the log. May be dropped at any time.
    pub(super) async fn take(&mut self, log: &Log) {
        let next = match &mut self.chunks {
            Some(chunks) => chunks.next().await,
            None => None,
        };
        match next {
            None | Some(Chunk::Broken) => self.chunks = None,
            Some(Chunk::New) => self.skip = 0,
            Some(Chunk::Bytes(mut chunk)) => {
                let before = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
                self.skip -= before as u64;
                let new = chunk.split_off(before);
                if !new.is_empty() {
                    self.seen.fetch_add(new.len() as u64, Ordering::Relaxed);
                    log.append(&new);
                }
            }
        }
    }

    /// Moves the rest of what a container wrote that has ended to the log.
    pub(super) async fn finish(&mut self, engine: &Engine, id: &str, log: &Log) {
        if tokio::time::timeout(LAST_OUTPUT, self.take_all(log)).await.is_ok() {
            return;
        }
        self.skip = self.seen.load(Ordering::Relaxed);
        self.chunks = (self.skip <= LOG_SIZE).then(|| logged(engine, id));
        if tokio::time::timeout(engine.deadline, self.take_all(log)).await.is_err() {
            log.append(b"[the container engine didn't hand over the rest of this log]\n");
        }
    }

    async fn take_all(&mut self, log: &Log) {
        while self.is_open() {
            self.take(log).await;
        }
    }
}

async fn attach(docker: bollard::Docker, id: String) -> Result<BoxStream<'static, Chunk>, Error> {
    let options = AttachContainerOptions { stream: true, stdout: true, stderr: true, ..Default::default() };
    let attached = docker.attach_container(&id, Some(options)).await?;
    // Nothing is ever said to a game server, but the connection is one.
    let input = attached.input;
    let chunks = attached.output.map(move |output| {
        let _open = &input;
        chunk(output)
    });
    Ok(chunks.boxed())
}

/// What the engine has kept of the log.
fn logged(engine: &Engine, id: &str) -> BoxStream<'static, Chunk> {
    let options = LogsOptions { stdout: true, stderr: true, tail: "all".to_owned(), ..Default::default() };
    engine.docker.logs(id, Some(options)).map(chunk).boxed()
}

fn chunk(output: Result<LogOutput, Error>) -> Chunk {
    output.map_or_else(|error| broken(&error), |output| Chunk::Bytes(output.into_bytes()))
}

fn broken(error: &Error) -> Chunk {
    tracing::debug!(%error, "the output of a container is broken off");
    Chunk::Broken
}
