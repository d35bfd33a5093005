//! The client: one method for each operation. What they do is decided in the core.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use matchport_core::allocation::{AllocateRequest, Allocation, Failure, Ticket, TtlPolicy, WaitFor, WhenFull};
use matchport_core::backfill::{BackfillRequest, Backfilled};
use matchport_core::engine::{Completion, Operation, Stopped};
use matchport_core::environment::BaseUrl;
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::{
    LocationInfo, PlayerCount, SessionDetails, SessionFilter, SessionId, SessionSummary, StartSession,
};
use matchport_core::session::Session;

use crate::allocate::{Allocate, Resume};
use crate::artifact::Artifact;
use crate::builder::ClientBuilder;
use crate::drive::Running;
use crate::logs::LogLines;
use crate::ping::{LocationPing, PingOptions};
use crate::shared::Shared;

/// A client of the Session API. Cheap to clone; clones share their connections, the locations known to be full, and
/// the budget for retries. See the [crate's page](crate) for a first look.
///
/// All methods need a tokio runtime with I/O and time when they are awaited, on any flavour; one client may serve
/// several runtimes.
///
/// Operations that are one request are tried again while that can help, up to four times within
/// [`Timing::operation_ms`](crate::Timing::operation_ms). All of them can be repeated without harm.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    base_url: BaseUrl,
}

impl Client {
    /// Begins with the settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(shared: Arc<Shared>, base_url: BaseUrl) -> Self {
        Self { shared, base_url }
    }

    /// The address of the API.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The locations that offer an image, each with addresses to ping (`GET /available-location/{image}`). The
    /// addresses may change: don't keep them.
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::NotFound`] when there is no such image.
    pub async fn locations(&self, image: impl Into<String>) -> Result<Vec<LocationInfo>, Error> {
        match self.call(Operation::Locations { image: image.into() }).await? {
            Completion::Locations(locations) => Ok(locations),
            other => Err(unexpected(&other)),
        }
    }

    /// Sessions, by default those that run (`GET /session`).
    ///
    /// # Errors
    /// An [`Error`].
    pub async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionSummary>, Error> {
        match self.call(Operation::List(filter)).await? {
            Completion::Sessions(sessions) => Ok(sessions),
            other => Err(unexpected(&other)),
        }
    }

    /// One session with its players (`GET /session/{id}`).
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::NotFound`] when there is no such session.
    pub async fn session(&self, id: &SessionId) -> Result<SessionDetails, Error> {
        match self.call(Operation::Describe(id.clone())).await? {
            Completion::Described(session) => Ok(*session),
            other => Err(unexpected(&other)),
        }
    }

    /// Ends a session (`DELETE /session/{id}`): its game server gets SIGTERM and some time to save its state.
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::NotFound`] when there is no such session. One that has ended already is no error.
    pub async fn stop(&self, id: &SessionId) -> Result<Stopped, Error> {
        match self.call(Operation::Stop(id.clone())).await? {
            Completion::Stopped(stopped) => Ok(stopped),
            other => Err(unexpected(&other)),
        }
    }

    /// Adds players to the roster of a session (`PUT /session/player/join`), and gives how many it then has.
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::InvalidInput`] for players that are none, or named twice.
    pub async fn join<Player: Into<String>>(
        &self,
        session: &SessionId,
        players: impl IntoIterator<Item = Player>,
    ) -> Result<PlayerCount, Error> {
        let players = players.into_iter().map(Into::into).collect();
        self.players(Operation::Join { session: session.clone(), players }).await
    }

    /// Takes players out of whatever session they are in (`DELETE /session/player/leave`).
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::InvalidInput`] for players that are none, or named twice.
    pub async fn leave<Player: Into<String>>(
        &self,
        players: impl IntoIterator<Item = Player>,
    ) -> Result<PlayerCount, Error> {
        self.players(Operation::Leave { players: players.into_iter().map(Into::into).collect() }).await
    }

    async fn players(&self, operation: Operation) -> Result<PlayerCount, Error> {
        match self.call(operation).await? {
            Completion::Players(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }

    /// Whether an image has a version in a location (`GET /tag/{region}/{image}/{version}`).
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::NotFound`] when there is no such location or image.
    pub async fn tag_exists(
        &self,
        location: impl Into<String>,
        image: impl Into<String>,
        version: impl Into<String>,
    ) -> Result<bool, Error> {
        let (location, image, version) = (location.into(), image.into(), version.into());
        match self.call(Operation::TagExists { location, image, version }).await? {
            Completion::TagExists(exists) => Ok(exists),
            other => Err(unexpected(&other)),
        }
    }

    /// The log of a session, line by line (`GET /logs`). It is there for a while after the session has ended, too.
    pub fn logs(&self, session: &SessionId) -> LogLines {
        LogLines::new(&self.shared, session.clone())
    }

    /// A file or folder of an ended session (`GET /artifacts`). `path` is absolute inside the container; 100 MB is the
    /// most that the service hands out.
    pub fn artifact<'a>(&self, session: &SessionId, path: impl Into<String>) -> Artifact<'a> {
        Artifact::new(&self.shared, session.clone(), path.into())
    }

    /// Starts a session in exactly one location (`POST /session`), and gives its address as soon as the service has
    /// answered. It fails when the location is full.
    ///
    /// It is as safe as [`allocate`](Self::allocate), on which it is built: a lost answer is looked up by the session's
    /// id, which is made here when none is given. Without a `ttl` the session ends after an hour; for one without end
    /// see [`Allocate::no_ttl`]. Its form is the one that the service takes, whatever
    /// [`ttl_form`](StartSession::ttl_form) says.
    ///
    /// # Errors
    /// A [`Failure`], with a ticket when a server may have been left running.
    pub async fn start(&self, session: StartSession) -> Result<Allocation, Failure> {
        let defaults = AllocateRequest::new(session.image);
        let request = AllocateRequest {
            locations: Some(vec![session.location]),
            session_id: session.id,
            env: session.env,
            args: session.args,
            labels: session.labels,
            version: session.version,
            restart: session.restart,
            external_id: session.external_id,
            ttl: session.ttl.map_or(defaults.ttl, TtlPolicy::EndAfter),
            wait_for: WaitFor::Allocated,
            when_full: WhenFull::Fail,
            ..defaults
        };
        self.allocate(String::new()).request(request).await
    }

    /// Gets a session for a match, once and only once: chooses a location, starts, goes on to the next location when
    /// one is full, finds out what became of a start whose answer was lost, and waits until players can join. Say what
    /// is known of the match, then await it.
    ///
    /// Dropping the future gives the allocation up; see the [crate's page](crate#dropping-cancels).
    pub fn allocate<'a>(&self, image: impl Into<String>) -> Allocate<'a> {
        Allocate::new(&self.shared, image.into())
    }

    /// Goes on with an allocation from its ticket, or makes sure that nothing is left of it
    /// ([`Resume::settle`]).
    pub fn resume<'a>(&self, ticket: Ticket) -> Resume<'a> {
        Resume::new(&self.shared, ticket)
    }

    /// Puts players into a running session with enough open slots: the best of those listed, and when that turns out
    /// to have been filled up meanwhile, the next. The players are in the session that is reported, or in none.
    ///
    /// Dropping the future takes the players out again in the background.
    ///
    /// # Errors
    /// An [`Error`]; [`ErrorCode::NoOpenSession`] when no session has room.
    pub async fn backfill(&self, request: BackfillRequest) -> Result<Backfilled, Error> {
        match self.call(Operation::Backfill(Box::new(request))).await? {
            Completion::Backfilled(backfilled) => Ok(*backfilled),
            other => Err(unexpected(&other)),
        }
    }

    /// Measures the latency from here to locations. The same as [`crate::ping`]; neither the API nor a token takes
    /// part.
    pub async fn ping(&self, locations: &[LocationInfo], options: PingOptions) -> Vec<LocationPing> {
        crate::ping(locations, options).await
    }

    /// What is known of a session that was allocated here, without asking the service: its state, why it ended, who is
    /// in it. `None` when it is not followed; see [`ClientBuilder::tracked_sessions`]. Its times are milliseconds since
    /// the client was built.
    ///
    /// What others do to it is known once this client asks ([`session`](Self::session), [`sessions`](Self::sessions)).
    pub fn tracked(&self, id: &SessionId) -> Option<Session> {
        self.shared.tracked(|tracker| tracker.get(id).cloned()).flatten()
    }

    /// Accepts no further operation, gives up all that are under way, in the foreground and background, and gives the
    /// tickets of those that could not be settled within this time: keep them. The futures under way end with
    /// [`ErrorCode::ShutDown`] and hold the same tickets.
    ///
    /// It concerns all clones. Poll the futures under way while it runs: they carry their own requests. Afterwards the
    /// client refuses everything with [`ErrorCode::ShutDown`].
    pub async fn shutdown(&self, within: Duration) -> Vec<Ticket> {
        self.shared.begin_shutdown(within);
        self.shared.ended().await
    }

    /// Waits until nothing runs in the background: until all that was dropped has been settled and reported.
    pub async fn settled(&self) {
        self.shared.settled().await;
    }

    async fn call(&self, operation: Operation) -> Result<Completion, Error> {
        Running::operation(&self.shared, operation).completion().await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations = self.shared.operations();
        f.debug_struct("Client")
            .field("base_url", &self.base_url)
            .field("operations", &operations)
            .finish_non_exhaustive()
    }
}

/// The engine completes each operation with its own kind.
fn unexpected(completion: &Completion) -> Error {
    let message = format!("the engine answered with something else; please report this: {completion:?}");
    Error::new(ErrorCode::UnreadableResponse, Outcome::Unknown, message)
}
