//! Files of an ended session, as a stream of bytes or into a writer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use matchport_core::engine::{Event, Operation};
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::SessionId;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::drive::Running;
use crate::shared::Shared;

type OnProgress<'a> = Box<dyn FnMut(u64) + Send + 'a>;

/// A file or folder of an ended session: a `.tar.gz`, either written to something with
/// [`write_to`](Artifact::write_to) or taken as a stream of bytes.
///
/// Bytes are read from the connection only while somebody asks for them. Once bytes have come nothing is tried again:
/// the stream then ends with an error that says how many there were.
#[must_use = "nothing happens until bytes are asked for"]
pub struct Artifact<'a> {
    running: Option<Running>,
    on_progress: Option<OnProgress<'a>>,
    received: u64,
}

impl<'a> Artifact<'a> {
    pub(crate) fn new(shared: &Arc<Shared>, session: SessionId, path: String) -> Self {
        let running = Running::operation(shared, Operation::Artifact { session, path });
        Self { running: Some(running), on_progress: None, received: 0 }
    }

    /// Tells how many bytes have come so far, after each piece. How many there will be is not known.
    pub fn on_progress(mut self, tell: impl FnMut(u64) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Writes all of it, flushes, and gives the number of bytes.
    ///
    /// # Errors
    /// What the service or the connection said; [`ErrorCode::NotFound`] when the session has not ended or has no such
    /// path. When the writer fails, an error that is not [`retryable`](Error::retryable) and says so. What was written
    /// until then is no whole archive: throw it away.
    pub async fn write_to(mut self, writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<u64, Error> {
        while let Some(piece) = std::future::poll_fn(|context| Pin::new(&mut self).poll_next(context)).await {
            writer.write_all(&piece?).await.map_err(|error| self.not_written(&error))?;
        }
        writer.flush().await.map_err(|error| self.not_written(&error))?;
        Ok(self.received)
    }

    fn not_written(&self, error: &io::Error) -> Error {
        let message = format!("the artifact could not be written, after {} bytes had come: {error}", self.received);
        let mut error = Error::new(ErrorCode::Transport, Outcome::Accepted, message);
        error.retryable = false;
        error
    }
}

impl Stream for Artifact<'_> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(running) = &mut self.running else { return Poll::Ready(None) };
            let last = match ready!(running.poll_event(context)) {
                Event::Data { bytes, .. } if bytes.is_empty() => continue,
                Event::Data { bytes, .. } => {
                    self.received += bytes.len() as u64;
                    let received = self.received;
                    if let Some(on_progress) = &mut self.on_progress {
                        on_progress(received);
                    }
                    return Poll::Ready(Some(Ok(bytes.into())));
                }
                Event::Completed { .. } => None,
                Event::Failed { failure, .. } => Some(Err(failure.error)),
                Event::Ticket { .. } | Event::Progress { .. } | Event::LogLine { .. } => continue,
            };
            self.running = None;
            return Poll::Ready(last);
        }
    }
}
