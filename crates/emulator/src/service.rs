//! What a running emulator is: the catalogue, the sessions, the game servers behind them, and the passing of time.
//!
//! The operations of the service that need more than the model are here; HTTP is not.

use std::sync::Arc;

use crate::backend::{Archive, GameServers, Log};
use crate::config::TtlForm;
use crate::faults::Faults;
use crate::model::{AfterStop, Catalogue, Due, Facts, Fault, FaultKind, StartBody};
use crate::sessions::Sessions;

/// A running emulator.
pub(crate) struct Service {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) sessions: Arc<Sessions>,
    /// What goes wrong on purpose.
    pub(crate) faults: Faults,
    /// `None` when nothing stands behind sessions.
    servers: Option<GameServers>,
    ttl: TtlForm,
}

impl Service {
    pub(crate) fn new(
        catalogue: Arc<Catalogue>,
        sessions: Arc<Sessions>,
        faults: Faults,
        servers: Option<GameServers>,
        ttl: TtlForm,
    ) -> Self {
        Self { catalogue, sessions, faults, servers, ttl }
    }

    /// Starts a session from the body of a request, and its game server if there are any. `is_full`: there is no room,
    /// whatever the capacity.
    ///
    /// The session is decided about before the first await: who drops the future then has started it all the same.
    ///
    /// # Errors
    /// 422, 404, 409, 402, 420, and 503 when the process can't be started or the emulator is shutting down.
    pub(crate) async fn start(&self, body: &[u8], is_full: bool) -> Result<Arc<Facts>, Fault> {
        let body = StartBody::parse(body, self.ttl)?;
        let Some(servers) = &self.servers else {
            return self.sessions.start(body, is_full, &mut |_, _| true);
        };
        let facts = self.sessions.start(body, is_full, &mut |protocol, port| servers.is_free(protocol, port))?;
        servers.start(Arc::clone(&facts)).await?;
        Ok(facts)
    }

    /// Stops a session.
    ///
    /// # Errors
    /// 404 when there is none of this id, 409 when it has ended.
    pub(crate) fn stop(&self, id: &str) -> Result<(), Fault> {
        let (after, facts) = self.sessions.stop(id)?;
        tracing::debug!(session = %facts.id, "stopped");
        if let (AfterStop::EndProcess, Some(servers)) = (after, &self.servers) {
            servers.stop(&facts);
        }
        Ok(())
    }

    /// The log of a session; `None` when nothing stands behind sessions.
    ///
    /// # Errors
    /// 404 when there is none of this id.
    pub(crate) fn log(&self, id: &str) -> Result<Option<Arc<Log>>, Fault> {
        let (facts, _) = self.sessions.model().facts(id)?;
        Ok(self.servers.as_ref().and_then(|servers| servers.log(&facts)))
    }

    /// How much is kept of all logs, in bytes.
    pub(crate) fn log_bytes(&self) -> u64 {
        let Some(servers) = &self.servers else { return 0 };
        let sessions = self.sessions.model().snapshots(true);
        sessions.iter().filter_map(|session| servers.log(&session.facts)).map(|log| log.kept_bytes()).sum()
    }

    /// A file or folder of an ended session as a `.tar.gz`.
    ///
    /// # Errors
    /// 404 when there is no session of this id, when it has not ended, or when there is nothing at the path.
    pub(crate) async fn artifact(&self, id: &str, path: String) -> Result<Archive, Fault> {
        let (facts, is_ended) = self.sessions.model().facts(id)?;
        if !is_ended {
            let details = "artifacts are there only after the end of a session; stop it and wait until it has ended";
            return Err(Fault::new(FaultKind::ResourceNotFound, "no artifacts yet", details));
        }
        let Some(servers) = &self.servers else {
            let details = "this emulator starts no game servers, so there are no files";
            return Err(Fault::new(FaultKind::ResourceNotFound, "artifact not found", details));
        };
        servers.artifact(&facts, path).await
    }

    /// Does what is due, as long as it is polled: ends sessions whose time is over, forgets those that ended long ago.
    pub(crate) async fn keep_time(&self) {
        loop {
            let due = self.sessions.next_due().await;
            let Some(servers) = &self.servers else { continue };
            match due {
                Due::Stop(facts) => {
                    tracing::debug!(session = %facts.id, "its time to live is over");
                    servers.stop(&facts);
                }
                Due::Forgotten(facts) => servers.forget(&facts).await,
            }
        }
    }

    /// Keeps order among processes and folders, as long as it is polled.
    pub(crate) async fn keep_house(&self) {
        match &self.servers {
            Some(servers) => servers.keep_house().await,
            None => std::future::pending().await,
        }
    }

    /// Ends all sessions, and waits until their processes are gone. No session starts from here on.
    pub(crate) async fn close(&self) {
        let alive = self.sessions.model().close();
        for id in alive {
            // One may have ended meanwhile.
            let _ = self.stop(&id);
        }
        if let Some(servers) = &self.servers {
            servers.close().await;
        }
    }

    /// Kills all processes without waiting.
    pub(crate) fn abort(&self) {
        if let Some(servers) = &self.servers {
            servers.abort();
        }
    }
}
