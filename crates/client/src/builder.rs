//! What a client is made with.

use std::fmt;
use std::sync::Arc;

use matchport_core::check::InvalidInput;
use matchport_core::engine::{Engine, EngineConfig, Timing};
use matchport_core::environment::{BaseUrl, Environment};
use matchport_core::retry::{Backoff, BudgetLimits};
use matchport_core::secret::Token;

use crate::client::Client;
use crate::settled::Settled;
use crate::shared::{OnSettled, Shared};
use crate::transport::{AnyTransport, HttpTransport, Transport};

/// The settings of a [`Client`]. An environment (or address) and a token are needed; everything else has a default.
///
/// ```
/// use matchport::{Client, Environment, Timing};
///
/// let client = Client::builder()
///     .environment(Environment::Sandbox)
///     .token("your-api-token")
///     .timing(Timing { attempt_ms: 5_000, ..Timing::default() })
///     .build()?;
///
/// let error = Client::builder().base_url("http://10.0.0.7").token("your-api-token").build().unwrap_err();
/// assert_eq!(error.field, "base_url"); // the token would travel in the clear
/// # Ok::<(), matchport::InvalidInput>(())
/// ```
#[must_use = "a client is there only after `build`"]
pub struct ClientBuilder {
    address: Option<Address>,
    token: Option<String>,
    allow_plain_http: bool,
    timing: Timing,
    backoff: Backoff,
    retry_budget: BudgetLimits,
    tracked_sessions: usize,
    transport: Option<Box<dyn Transport>>,
    on_settled: Option<OnSettled>,
}

enum Address {
    Known(Environment),
    /// Not yet looked at, so that a mistake comes out of `build` like all others.
    Text(String),
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            address: None,
            token: None,
            allow_plain_http: false,
            timing: Timing::default(),
            backoff: Backoff::default(),
            retry_budget: BudgetLimits::default(),
            tracked_sessions: 0,
            transport: None,
            on_settled: None,
        }
    }

    /// Where the API is. The last of this and [`base_url`](Self::base_url) counts.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.address = Some(Address::Known(environment));
        self
    }

    /// Where the API is, as an address: `https://api.example.com`, or `http://127.0.0.1:4242` for an emulator. Scheme,
    /// host and port; no path.
    pub fn base_url(mut self, address: &str) -> Self {
        self.address = Some(Address::Text(address.to_owned()));
        self
    }

    /// The API token. It goes into the `Authorization` header of each request and nowhere else.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Lets the token go over plain `http` to an address that is not loopback. Off unless told otherwise.
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// The times of the engine's rules, in milliseconds.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// The delays between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The budget that all retries of this client share.
    pub fn retry_budget(mut self, limits: BudgetLimits) -> Self {
        self.retry_budget = limits;
        self
    }

    /// Follows as many sessions that were allocated here: their state and roster as far as this client has heard of
    /// them, for [`Client::tracked`]. The one that ended first makes room for a new one; when none has ended, the oldest
    /// does. None unless told otherwise.
    pub fn tracked_sessions(mut self, most: usize) -> Self {
        self.tracked_sessions = most;
        self
    }

    /// Carries requests with something else than [`HttpTransport`].
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Tells what became of allocations and backfills whose future was dropped, each once. It is called on the runtime
    /// that the operation began on, or where the future is dropped if that runtime is gone; it should be quick. Without
    /// it, what could not be settled is logged as a warning.
    pub fn on_settled(mut self, tell: impl Fn(Settled) + Send + Sync + 'static) -> Self {
        self.on_settled = Some(Box::new(tell));
        self
    }

    /// Makes the client. Opens no connection, and starts no task or thread.
    ///
    /// # Errors
    /// [`InvalidInput`] that names the setting: no address or token given, an address that is none or to which the
    /// token would go in the clear, a token that is no header value, a time out of range.
    pub fn build(self) -> Result<Client, InvalidInput> {
        let environment = match self.address {
            Some(Address::Known(environment)) => environment,
            Some(Address::Text(address)) => Environment::Address(address.parse::<BaseUrl>()?),
            None => return Err(InvalidInput::other("environment", "must be given, or a base_url")),
        };
        let token = self.token.ok_or_else(|| InvalidInput::other("token", "must be given"))?;
        let base_url = environment.base_url();
        let mut config = EngineConfig::new(environment, Token::new(&token)?);
        config.allow_plain_http = self.allow_plain_http;
        config.timing = self.timing;
        config.backoff = self.backoff;
        config.retry_budget = self.retry_budget;
        config.tracked_sessions = self.tracked_sessions;
        let engine = Engine::new(config)?;
        let transport = match self.transport {
            Some(transport) => AnyTransport::Custom(transport),
            None => AnyTransport::Http(Box::new(HttpTransport::new(&base_url)?)),
        };
        Ok(Client::new(Arc::new(Shared::new(engine, transport, self.on_settled)), base_url))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("timing", &self.timing).finish_non_exhaustive()
    }
}
