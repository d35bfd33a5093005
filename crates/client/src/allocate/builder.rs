//! The builder of an allocation: one method for each field of [`AllocateRequest`].

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use matchport_core::allocation::{
    AllocateRequest, Allocation, Failure, Progress, Ticket, TtlPolicy, WaitFor, WhenFull,
};
use matchport_core::engine::Operation;
use matchport_core::model::{SessionId, Ttl};
use matchport_core::placement::{LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies, Samples};

use super::{AllocateFuture, BoxError, Callbacks};
use crate::drive::Submission;
use crate::shared::{Shared, milliseconds};

/// A match that needs a server: say what is known of it, then `await`.
///
/// Whatever is wrong with a value is said when it is awaited, as a [`Failure`] that names the field, and nothing is
/// sent.
#[must_use = "nothing happens until it is awaited"]
pub struct Allocate<'a> {
    shared: Arc<Shared>,
    /// On the heap from the start: the builder is moved with each word, and the engine wants it there anyway.
    request: Box<AllocateRequest>,
    callbacks: Callbacks<'a>,
}

impl<'a> Allocate<'a> {
    pub(crate) fn new(shared: &Arc<Shared>, image: String) -> Self {
        let request = Box::new(AllocateRequest::new(image));
        Self { shared: Arc::clone(shared), request, callbacks: Callbacks::default() }
    }

    /// Takes a request as it is, in place of all that was said before.
    pub fn request(mut self, request: AllocateRequest) -> Self {
        *self.request = request;
        self
    }

    /// Adds a player with what they measured: for each location one latency in milliseconds, or several.
    ///
    /// ```no_run
    /// # async fn allocate(client: matchport::Client) -> Result<(), matchport::Failure> {
    /// let allocation = client
    ///     .allocate("arena")
    ///     .player("ada", [("eu-west-1", 23.0), ("us-east-1", 95.0)])
    ///     .player("bo", [("eu-west-1", [31.0, 29.0, 90.0])])
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn player<Location, Latency>(
        mut self,
        id: impl Into<String>,
        latencies: impl IntoIterator<Item = (Location, Latency)>,
    ) -> Self
    where
        Location: Into<String>,
        Latency: Into<Samples>,
    {
        let latencies = latencies.into_iter().map(|(location, latency)| (location.into(), latency.into())).collect();
        self.request.players.push(PlayerLatencies { id: id.into(), latencies });
        self
    }

    /// Adds players.
    pub fn players(mut self, players: impl IntoIterator<Item = PlayerLatencies>) -> Self {
        self.request.players.extend(players);
        self
    }

    /// Adds a location to choose from. Without any, all that offer the image are considered.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.locations([location])
    }

    /// Adds locations to choose from, best first where latencies don't decide. A list without any is refused when the
    /// allocation begins, rather than taken for "all".
    pub fn locations<Location: Into<String>>(mut self, locations: impl IntoIterator<Item = Location>) -> Self {
        self.request.locations.get_or_insert_default().extend(locations.into_iter().map(Into::into));
        self
    }

    /// The match's id in the matchmaker. Every matchmaker that allocates for it gets the same session, so that a match
    /// that is allocated twice still has one server.
    pub fn match_id(mut self, id: impl Into<String>) -> Self {
        self.request.match_id = Some(id.into());
        self
    }

    /// The session's id, instead of one derived from the match id or a random one.
    pub fn session_id(mut self, id: SessionId) -> Self {
        self.request.session_id = Some(id);
        self
    }

    /// Adds a variable to the game server's environment.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.env.insert(name.into(), value.into());
        self
    }

    /// Adds variables to the game server's environment.
    pub fn envs<Name: Into<String>, Value: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        self.request.env.extend(pairs(variables));
        self
    }

    /// Adds an argument to the game server's command line.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.request.args.push(argument.into());
        self
    }

    /// Adds arguments to the game server's command line.
    pub fn args<Argument: Into<String>>(mut self, arguments: impl IntoIterator<Item = Argument>) -> Self {
        self.request.args.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a label, fixed for the session's life.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.labels.insert(name.into(), value.into());
        self
    }

    /// Adds labels, fixed for the session's life.
    pub fn labels<Name: Into<String>, Value: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        self.request.labels.extend(pairs(labels));
        self
    }

    /// The image tag. Left out, the service takes the one of highest priority.
    pub fn version(mut self, tag: impl Into<String>) -> Self {
        self.request.version = Some(tag.into());
        self
    }

    /// After this time the service ends the session: one second to 30 days. One hour unless told otherwise.
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.request.ttl = TtlPolicy::EndAfter(ttl);
        self
    }

    /// Sends no `ttl`: a session that is forgotten lives (and costs) for ever.
    pub fn no_ttl(mut self) -> Self {
        self.request.ttl = TtlPolicy::Unlimited;
        self
    }

    /// Restarts the game server on failure.
    pub fn restart(mut self, restart: bool) -> Self {
        self.request.restart = Some(restart);
        self
    }

    /// Your own reference for the session.
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.request.external_id = Some(id.into());
        self
    }

    /// The worst latency that a player may have, in milliseconds. For one that grows while the match waits see
    /// [`latency_cap`](Self::latency_cap).
    pub fn max_latency(self, limit_ms: f32) -> Self {
        self.latency_cap(LatencyCap { limit_ms, relax_ms_per_second: 0.0, ceiling_ms: None })
    }

    /// The worst latency that a player may have, growing while the match waits.
    pub fn latency_cap(mut self, cap: LatencyCap) -> Self {
        self.request.placement.cap = Some(cap);
        self
    }

    /// What it means when a player has no sample for a location. By default the location is left out.
    pub fn missing_sample(mut self, policy: MissingSample) -> Self {
        self.request.placement.missing = policy;
        self
    }

    /// How locations are ordered and left out, all at once.
    pub fn placement(mut self, policy: PlacementPolicy) -> Self {
        self.request.placement = policy;
        self
    }

    /// How long the match has been waiting already. A cap that grows starts from here.
    pub fn waited(mut self, waited: Duration) -> Self {
        self.request.waited_ms = milliseconds(waited);
        self
    }

    /// How long to try, 1 ms to one day. 90 seconds unless told otherwise. Making sure that nothing is left may take
    /// [`Timing::settle_ms`](crate::Timing::settle_ms) more.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request.deadline_ms = milliseconds(deadline);
        self
    }

    /// When the allocation is done: when the session runs, unless told otherwise.
    pub fn wait_for(mut self, wait_for: WaitFor) -> Self {
        self.request.wait_for = wait_for;
        self
    }

    /// What to do when every location is full: wait, unless told otherwise.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.request.when_full = when_full;
        self
    }

    /// Puts the environment into the ticket, so that it can be resumed without it. Off unless told otherwise: a ticket
    /// is stored somewhere, and environments hold secrets.
    pub fn env_in_ticket(mut self, with_env: bool) -> Self {
        self.request.env_in_ticket = with_env;
        self
    }

    /// Hands out each new [`Ticket`], to be stored where it survives this process. It is awaited before the next
    /// request is sent, so that nothing can be started that no stored ticket knows of. When it fails, nothing more is
    /// started, and the allocation ends with
    /// [`ErrorCode::TicketNotKept`](crate::ErrorCode::TicketNotKept) after stopping what an earlier ticket may have
    /// started.
    ///
    /// ```no_run
    /// # async fn allocate(client: matchport::Client) -> Result<(), matchport::Failure> {
    /// let allocation = client
    ///     .allocate("arena")
    ///     .on_ticket(|ticket| async move {
    ///         tokio::fs::write("match-17.ticket", ticket.to_json()).await?;
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_ticket<F, Kept>(mut self, keep: F) -> Self
    where
        F: FnMut(Ticket) -> Kept + Send + 'a,
        Kept: Future<Output = Result<(), BoxError>> + Send + 'a,
    {
        self.callbacks.on_ticket(keep);
        self
    }

    /// Tells what the allocation is doing. Called while it is awaited; it should be quick.
    pub fn on_progress(mut self, tell: impl FnMut(Progress) + Send + 'a) -> Self {
        self.callbacks.on_progress(tell);
        self
    }
}

impl<'a> IntoFuture for Allocate<'a> {
    type Output = Result<Allocation, Failure>;
    type IntoFuture = AllocateFuture<'a>;

    fn into_future(self) -> AllocateFuture<'a> {
        let operation = Operation::Allocate(self.request);
        AllocateFuture::new(&self.shared, Submission::Operation(operation), self.callbacks)
    }
}

fn pairs<Name: Into<String>, Value: Into<String>>(
    pairs: impl IntoIterator<Item = (Name, Value)>,
) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}
