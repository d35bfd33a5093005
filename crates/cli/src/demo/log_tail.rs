//! The log of the game server, followed from its first line to its end by a task beside the story.

use std::time::Duration;

use futures_util::StreamExt;
use matchport::Client;
use matchport_core::error::Error;
use matchport_core::model::SessionId;
use tokio::sync::watch;

use crate::fault::Fault;

/// Longer than any line of the demo takes to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lines so far. Dropped, it stops following.
pub(super) struct LogTail {
    seen: watch::Receiver<Seen>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    lines: Vec<String>,
    end: Option<Result<(), Error>>,
}

impl LogTail {
    /// Begins to follow.
    pub(super) fn follow(client: &Client, session: &SessionId) -> Self {
        let (client, session) = (client.clone(), session.clone());
        let (tell, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(async move {
            let mut lines = std::pin::pin!(client.logs(&session).follow(true));
            let end = loop {
                match lines.next().await {
                    Some(Ok(line)) => tell.send_modify(|seen| seen.lines.push(line)),
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                }
            };
            tell.send_modify(|seen| seen.end = Some(end));
        });
        Self { seen, task }
    }

    /// Waits for a line that holds this, and gives the first.
    ///
    /// # Errors
    /// When the log ends without it, or it takes too long.
    pub(super) async fn line(&mut self, part: &str) -> Result<String, Fault> {
        let find = |seen: &Seen| seen.lines.iter().find(|line| line.contains(part)).cloned();
        self.wait(|seen| find(seen).is_some() || seen.end.is_some()).await?;
        find(&self.seen.borrow()).ok_or_else(|| Fault::local("log", "can't go on", format!("the log has no {part:?}")))
    }

    /// Waits for the end, which comes when the game server has ended, and gives all lines.
    ///
    /// # Errors
    /// When the log broke off, or it takes too long.
    pub(super) async fn end(mut self) -> Result<Vec<String>, Fault> {
        self.wait(|seen| seen.end.is_some()).await?;
        let seen = self.seen.borrow();
        match &seen.end {
            Some(Err(error)) => Err(Fault::local("log", "can't follow the log", error.message.clone())),
            _ => Ok(seen.lines.clone()),
        }
    }

    /// The lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen.borrow().lines.clone()
    }

    async fn wait(&mut self, is_there: impl FnMut(&Seen) -> bool) -> Result<(), Fault> {
        match tokio::time::timeout(PATIENCE, self.seen.wait_for(is_there)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Fault::local("log", "can't follow the log", "its reader ended")),
            Err(_) => Err(Fault::local("log", "can't go on", format!("nothing came within {PATIENCE:?}"))),
        }
    }
}

impl Drop for LogTail {
    fn drop(&mut self) {
        self.task.abort();
    }
}
