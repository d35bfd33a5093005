//! A session's log, line by line.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use matchport_core::engine::{Event, Operation};
use matchport_core::error::Error;
use matchport_core::model::SessionId;

use crate::drive::Running;
use crate::shared::Shared;

/// What a game server wrote to stdout and stderr, line by line, without the line breaks.
///
/// Bytes are read from the connection only while somebody asks for lines; a reader that is slow slows the service
/// down, and no more is held than one piece of the body. Bytes that are no UTF-8 are replaced, and a line longer than
/// 64 KiB comes in pieces.
///
/// A stream that could be opened ends with `None` in good order, or with one error and then `None`. Dropping it closes
/// the connection. Nothing is asked for before it is polled.
#[must_use = "nothing happens until lines are asked for"]
pub struct LogLines {
    shared: Arc<Shared>,
    stage: Stage,
}

enum Stage {
    New { session: SessionId, follow: bool },
    Open(Box<Running>),
    Over,
}

impl LogLines {
    pub(crate) fn new(shared: &Arc<Shared>, session: SessionId) -> Self {
        Self { shared: Arc::clone(shared), stage: Stage::New { session, follow: false } }
    }

    /// Stays until the session ends, and gives each line as it is written. Has no effect once lines have been asked
    /// for.
    pub fn follow(mut self, stay: bool) -> Self {
        if let Stage::New { follow, .. } = &mut self.stage {
            *follow = stay;
        }
        self
    }

    /// The next line; `None` when there are no more. The same as the stream's `next`, without a trait to import. It
    /// may be dropped while it waits: no line is lost.
    pub async fn next_line(&mut self) -> Option<Result<String, Error>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for LogLines {
    type Item = Result<String, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Stage::New { session, follow } = &self.stage {
            let operation = Operation::Logs { session: session.clone(), follow: *follow };
            self.stage = Stage::Open(Box::new(Running::operation(&self.shared, operation)));
        }
        loop {
            let Stage::Open(running) = &mut self.stage else { return Poll::Ready(None) };
            let last = match ready!(running.poll_event(context)) {
                Event::LogLine { line, .. } => return Poll::Ready(Some(Ok(line))),
                Event::Completed { .. } => None,
                Event::Failed { failure, .. } => Some(Err(failure.error)),
                Event::Ticket { .. } | Event::Progress { .. } | Event::Data { .. } => continue,
            };
            self.stage = Stage::Over;
            return Poll::Ready(last);
        }
    }
}
