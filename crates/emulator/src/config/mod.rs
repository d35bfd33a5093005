//! The configuration of an emulator: what may be set, the defaults, and the builders for code.
//!
//! Reading it from TOML is in `parse`, the checks that hold for both ways of making one are in `check`. Nothing here
//! knows how a setting is carried out. The documented TOML is `docs/emulator-configuration.md`.

mod check;
mod engine;
mod error;
mod fault;
mod image;
mod parse;
mod reader;
mod secret;

use std::net::Ipv4Addr;
use std::time::Duration;

pub use engine::EngineAddress;
pub use error::{ConfigError, ConfigErrors};
pub use fault::{FaultRule, Operation};
pub(crate) use fault::{operation_names, schema_of_rule};
pub use image::{Answer, ContainerPort, Image, Program, Protocol, Tag};
pub use secret::{Env, Secret};

/// Everything that can be set about an emulator.
///
/// [`Config::default`] has the locations `eu-west-1`, `us-east-1` and `ap-southeast-1` and the image `demo`;
/// [`Config::parse`] reads TOML. All fields are public, so one can be put together in code as well; it is checked when
/// the emulator starts.
///
/// ```
/// use matchport_emulator::{Backend, Config, Image, Location, Protocol};
///
/// let config = Config {
///     backend: Backend::Null,
///     locations: vec![Location::new("eu-west-1"), Location::new("us-east-1").capacity(0)],
///     images: vec![Image::new("arena").command(["/srv/arena", "--dedicated"]).port(7777, Protocol::Udp)],
///     ..Config::default()
/// };
/// assert!(config.check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What `host` says in answers and in `GAMEYE_HOST`. Left out: the listen address if that is one IPv4 address,
    /// else `127.0.0.1`.
    pub host: Option<String>,
    /// Host ports that game servers get. 20000-30000 as at the service, unless told otherwise.
    pub port_range: PortRange,
    /// Time between SIGTERM and SIGKILL when a session is stopped. 10 seconds unless told otherwise.
    pub grace: Duration,
    /// How long an ended session keeps its id, log and artifacts. 10 minutes unless told otherwise.
    pub retention: Duration,
    /// How many ended sessions are kept at most; the oldest go first. 1000 unless told otherwise.
    pub retained_sessions: usize,
    /// The most that is kept of one session's log, in bytes: the latest. 1 MiB unless told otherwise.
    pub log_limit: usize,
    /// How long the answer to a start waits for the ports to be bound. 5 seconds unless told otherwise.
    pub bind_timeout: Duration,
    /// Which forms of `ttl` a start may use. Both unless told otherwise.
    pub ttl: TtlForm,
    /// Whether game servers are processes, containers or nothing at all. Processes unless told otherwise.
    pub backend: Backend,
    /// The container engine of locations that name none. Left out: `DOCKER_HOST`, else Docker's socket, else Podman's.
    pub engine: Option<EngineAddress>,
    /// How long a container engine may take to answer, and how long one that is lost is waited for. 20 seconds unless
    /// told otherwise.
    pub engine_timeout: Duration,
    /// How many sessions may be alive at once over all locations; more get 402. No limit unless told otherwise.
    pub quota: Option<usize>,
    /// The organization that `labels.gameye` names. `local` unless told otherwise.
    pub organization: String,
    /// The tokens that are accepted, besides those given to the builder. With none of either it is `local`.
    pub tokens: Vec<Token>,
    /// Where game servers can be started.
    pub locations: Vec<Location>,
    /// What can be started.
    pub images: Vec<Image>,
    /// What goes wrong on purpose, from the start on. Nothing unless told otherwise.
    pub faults: Vec<FaultRule>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: None,
            port_range: PortRange { first: 20_000, last: 30_000 },
            grace: Duration::from_secs(10),
            retention: Duration::from_secs(600),
            retained_sessions: 1000,
            log_limit: 1 << 20,
            bind_timeout: Duration::from_secs(5),
            ttl: TtlForm::Both,
            backend: Backend::Process,
            engine: None,
            engine_timeout: Duration::from_secs(20),
            quota: None,
            organization: "local".to_owned(),
            tokens: Vec::new(),
            locations: ["eu-west-1", "us-east-1", "ap-southeast-1"].map(Location::new).into(),
            images: vec![Image::demo()],
            faults: Vec::new(),
        }
    }
}

impl Config {
    /// A commented TOML that holds every setting and says what [`Config::default`] does. Settings that are not set there
    /// begin with `#` and no space.
    pub const TEMPLATE: &str = include_str!("template.toml");

    /// Reads TOML. What is not set keeps its default.
    ///
    /// # Errors
    /// Every mistake in the text, each with its line, its column and what to do about it.
    ///
    /// ```
    /// use matchport_emulator::Config;
    ///
    /// let errors = Config::parse("grace = 'ten'\n[[location]]\nid = 'eu-west-1'\ncapacity = -1\n").unwrap_err();
    /// assert_eq!(errors.iter().map(|error| error.line()).collect::<Vec<_>>(), [Some(1), Some(4)]);
    /// ```
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
        parse::parse(text)
    }

    /// Reads one fault as JSON, with the names and values that `[[faults]]` has, and checks it.
    ///
    /// # Errors
    /// Every mistake, by its field.
    pub(crate) fn parse_fault(&self, json: &[u8]) -> Result<FaultRule, ConfigErrors> {
        parse::parse_fault(json, self)
    }

    /// Checks what the types can't: names used twice, images that no location could mean, empty ranges and the like.
    ///
    /// # Errors
    /// Every mistake, by the key it would have in TOML.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        ConfigErrors::from_list(check::problems(self).into_iter().map(check::Problem::without_position).collect())
    }
}

/// Host ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest, at least 1.
    pub first: u16,
    /// The highest, at least `first`.
    pub last: u16,
}

/// Which forms of `ttl` a start may use. The guide and the published description disagree, so both can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TtlForm {
    /// A whole number of seconds, as the guide has it: `3600`.
    Seconds,
    /// A string of hours and minutes: `"1h"`, `"2h30m"`, `"1m"`.
    Duration,
    /// Either.
    Both,
}

/// What stands behind a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A child process for each.
    Process,
    /// A container for each, run by a container engine. Needs the crate's feature `containers`.
    Docker,
    /// Nothing: a session runs at once. For load tests.
    Null,
}

/// Where game servers can be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// Its name, as in `eu-west-1`.
    pub id: String,
    /// How many sessions may be alive there at once; more get 420. No limit unless told otherwise; 0 is always full.
    pub capacity: Option<usize>,
    /// The addresses that answer a ping. `127.0.0.1` unless told otherwise.
    pub ips: Vec<Ipv4Addr>,
    /// The images offered there. All of them unless told otherwise.
    pub images: Option<Vec<String>>,
    /// What `host` says of sessions there. Left out: the machine of its container engine when that is named, else
    /// [`Config::host`].
    pub host: Option<String>,
    /// The container engine that runs its game servers. [`Config::engine`] unless told otherwise.
    pub engine: Option<EngineAddress>,
    /// Whether it takes sessions, to begin with. Open unless told otherwise.
    pub state: LocationState,
}

/// Whether a location takes sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LocationState {
    /// As far as there is room.
    Open,
    /// None any more: starts get 420, and what runs there shows as `draining` until it ends.
    Draining,
    /// None: starts get 420, and what is alive there shows as `server_unreachable`.
    Unreachable,
}

impl LocationState {
    /// As they are spelled.
    pub(crate) const WORDS: [(&str, Self); 3] =
        [("open", Self::Open), ("draining", Self::Draining), ("unreachable", Self::Unreachable)];
}

impl Location {
    /// A location without a limit that offers every image.
    pub fn new(id: impl Into<String>) -> Self {
        let ips = vec![Ipv4Addr::LOCALHOST];
        Self { id: id.into(), capacity: None, ips, images: None, host: None, engine: None, state: LocationState::Open }
    }

    /// What `host` says of sessions here, `usual` being what the emulator says of itself.
    pub(crate) fn host<'a>(&'a self, backend: Backend, usual: &'a str) -> &'a str {
        let of_engine = || self.engine.as_ref().filter(|_| backend == Backend::Docker)?.host();
        self.host.as_deref().or_else(of_engine).unwrap_or(usual)
    }

    /// Runs its game servers as containers of this engine.
    #[must_use]
    pub fn engine(mut self, address: EngineAddress) -> Self {
        self.engine = Some(address);
        self
    }

    /// Limits how many sessions may be alive there at once.
    #[must_use]
    pub fn capacity(mut self, sessions: usize) -> Self {
        self.capacity = Some(sessions);
        self
    }

    /// Offers only these images there.
    #[must_use]
    pub fn images<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.images = Some(names.into_iter().map(Into::into).collect());
        self
    }
}

/// A token and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What stands behind `Bearer`. Visible ASCII.
    pub value: Secret,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

impl Token {
    /// A token that may do everything.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: Secret::new(value), permissions: Permission::ALL.to_vec() }
    }

    /// Limits what it may do.
    #[must_use]
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// `session:start`: start, join, leave.
    SessionStart,
    /// `session:read`: list, describe.
    SessionRead,
    /// `session:stop`: stop.
    SessionStop,
    /// `artifact:read`: artifacts.
    ArtifactRead,
    /// `regions:read`: locations, tags.
    RegionsRead,
    /// `logs:read`: logs.
    LogsRead,
}

impl Permission {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::SessionStart,
        Self::SessionRead,
        Self::SessionStop,
        Self::ArtifactRead,
        Self::RegionsRead,
        Self::LogsRead,
    ];

    /// As the service spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionStart => "session:start",
            Self::SessionRead => "session:read",
            Self::SessionStop => "session:stop",
            Self::ArtifactRead => "artifact:read",
            Self::RegionsRead => "regions:read",
            Self::LogsRead => "logs:read",
        }
    }
}
