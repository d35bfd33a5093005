//! What can be started: images, what they run, their ports and versions.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::Env;

/// What can be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// What runs.
    pub program: Program,
    /// Arguments of the program when a start brings none of its own.
    pub args: Vec<String>,
    /// Environment of the game server, under that of the start.
    pub env: Env,
    /// The ports that it listens on, inside.
    pub ports: Vec<ContainerPort>,
    /// Its versions.
    pub tags: Vec<Tag>,
    /// Labels that every session of it carries.
    pub labels: BTreeMap<String, String>,
    /// Served from a warm pool: `env`, `args`, `restart`, `labels` and `version` of a start are ignored.
    pub warm_pool: bool,
    /// When a start is answered.
    pub answer: Answer,
    /// How long the status stays `created` after the ports are bound.
    pub ready_delay: Duration,
    /// Where containers of it come from, without a tag: `ghcr.io/studio/arena`. Its name unless told otherwise.
    pub repository: Option<String>,
    /// The most memory that a container of it may use, in bytes, at least 6 MiB. No limit unless told otherwise.
    pub memory: Option<u64>,
    /// How many processors a container of it may use at most, at least 0.01. No limit unless told otherwise.
    pub cpus: Option<f64>,
}

impl Image {
    /// An image that runs the built-in UDP game server, with no ports yet and the tag `latest`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            program: Program::DemoServer,
            args: Vec::new(),
            env: Env::default(),
            ports: Vec::new(),
            tags: vec![Tag::new("latest", 0)],
            labels: BTreeMap::new(),
            warm_pool: false,
            answer: Answer::Bound,
            ready_delay: Duration::ZERO,
            repository: None,
            memory: None,
            cpus: None,
        }
    }

    /// Says where containers of it come from.
    #[must_use]
    pub fn repository(mut self, repository: impl Into<String>) -> Self {
        self.repository = Some(repository.into());
        self
    }

    /// The built-in UDP game server on container port 7777/udp, named `demo`.
    pub fn demo() -> Self {
        Self::new("demo").port(7777, Protocol::Udp)
    }

    /// Runs this program; what stands behind the first are arguments that it always gets.
    #[must_use]
    pub fn command<S: Into<OsString>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        self.program = Program::Command(command.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the arguments that it gets when a start brings none of its own.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a port that it listens on.
    #[must_use]
    pub fn port(mut self, container: u16, protocol: Protocol) -> Self {
        self.ports.push(ContainerPort { container, protocol });
        self
    }

    /// Sets its versions: name and priority; a start that names none gets the one of the highest priority.
    #[must_use]
    pub fn tags<S: Into<String>>(mut self, tags: impl IntoIterator<Item = (S, i64)>) -> Self {
        self.tags = tags.into_iter().map(|(name, priority)| Tag::new(name, priority)).collect();
        self
    }

    /// Serves it from a warm pool.
    #[must_use]
    pub fn warm_pool(mut self) -> Self {
        self.warm_pool = true;
        self
    }

    /// Says when a start is answered.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// Keeps the status `created` for this long after the ports are bound.
    #[must_use]
    pub fn ready_delay(mut self, delay: Duration) -> Self {
        self.ready_delay = delay;
        self
    }
}

/// What an image runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// The built-in UDP game server, by the command line given to the builder. In a container: what its image runs.
    DemoServer,
    /// A program and the arguments that it always gets. A name without a slash is looked for in `PATH`, a relative path
    /// counts from the directory that the emulator was started in. Never run by a shell. In a container it takes the place
    /// of the image's entry point.
    Command(Vec<OsString>),
}

/// When a start is answered with 201.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// When the game server has bound all its ports or says that it is well, or has ended, or [`Config::bind_timeout`](super::Config::bind_timeout) is
    /// over.
    Bound,
    /// As soon as there is a process or a container.
    Spawned,
}

/// A port that a game server listens on, inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerPort {
    /// Its number, 1-65535.
    pub container: u16,
    /// UDP or TCP.
    pub protocol: Protocol,
}

/// UDP or TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// Streams.
    Tcp,
}

impl Protocol {
    /// As it is spelled in `ports` and `port`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// A version of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The highest is taken when a start names no version; of equals, the one listed first.
    pub priority: i64,
    /// How much later each location gets it than the one before it: of those that offer the image, in their order, the
    /// first has it at once. Zero unless told otherwise, so that all have it.
    pub spread: Duration,
}

impl Tag {
    /// A version that is everywhere at once.
    pub fn new(name: impl Into<String>, priority: i64) -> Self {
        Self { name: name.into(), priority, spread: Duration::ZERO }
    }

    /// Lets it reach the locations one after another.
    #[must_use]
    pub fn spread(mut self, spread: Duration) -> Self {
        self.spread = spread;
        self
    }
}
