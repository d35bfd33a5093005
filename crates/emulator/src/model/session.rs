//! One session: what is fixed for its life, what changes, and its statuses. How sessions act on each other is in
//! `sessions`.

use std::sync::Arc;

use super::history::{Happened, Timeline};
use super::json::Texts;
use crate::config::{Image, Location, Protocol};

/// Unix time in milliseconds. It never goes back: the clock that hands it out doesn't.
pub(crate) type Millis = u64;

/// What is fixed when a session is started.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Counts the sessions of an emulator; lists are in this order.
    pub(crate) number: u64,
    pub(crate) id: Arc<str>,
    pub(crate) image: Arc<Image>,
    pub(crate) location: Arc<Location>,
    pub(crate) location_index: usize,
    pub(super) tag_index: usize,
    pub(crate) host: Arc<str>,
    pub(crate) organization: Arc<str>,
    pub(crate) created: Millis,
    /// When its time to live is over.
    pub(super) ends_at: Option<Millis>,
    pub(crate) ports: Box<[PortMapping]>,
    pub(crate) labels: Texts,
    pub(crate) env: Texts,
    /// Those of the start; the image's own when it is `None`.
    pub(crate) args: Option<Vec<String>>,
    pub(super) restart: bool,
    pub(crate) external_id: Option<String>,
}

impl Facts {
    /// The name of its version.
    pub(crate) fn tag(&self) -> &str {
        self.image.tags.get(self.tag_index).map_or("", |tag| &tag.name)
    }
}

/// A container port and the host port that players use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PortMapping {
    pub(crate) protocol: Protocol,
    pub(crate) container: u16,
    pub(crate) host: u16,
}

/// The statuses that this service can produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Running,
    Restarting,
    /// Its location is being emptied.
    Draining,
    ShuttingDown,
    Exited,
    Dead,
    /// Its machine can't be reached.
    ServerUnreachable,
}

impl Status {
    /// All there are.
    pub(crate) const ALL: [Self; 8] = [
        Self::Created,
        Self::Running,
        Self::Restarting,
        Self::Draining,
        Self::ShuttingDown,
        Self::Exited,
        Self::Dead,
        Self::ServerUnreachable,
    ];

    /// As it goes over the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Draining => "draining",
            Self::ShuttingDown => "shuttingdown",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::ServerUnreachable => "server_unreachable",
        }
    }

    pub(crate) fn is_ended(self) -> bool {
        matches!(self, Self::Exited | Self::Dead)
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a SIGTERM.
    Terminated,
    /// By another signal, or it could not be learned.
    Killed,
}

/// A session as it is now.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) facts: Arc<Facts>,
    pub(crate) status: Status,
    /// In the order of joining.
    pub(super) joined: Vec<Arc<str>>,
    /// The status that it began with.
    pub(super) first_status: Status,
    pub(super) timeline: Timeline,
}

impl Session {
    pub(super) fn new(facts: Arc<Facts>, status: Status) -> Self {
        Self { facts, status, joined: Vec::new(), first_status: status, timeline: Timeline::default() }
    }

    /// Gives it another status.
    pub(super) fn becomes(&mut self, status: Status, now: Millis) {
        self.status = status;
        self.timeline.add(now, Happened::Became(status));
    }

    /// The status that the end of a process leads to.
    ///
    /// In good order is code 0, or a SIGTERM that was asked for and needed no SIGKILL.
    pub(super) fn status_after(&self, exit: Exit) -> Status {
        match (exit, self.status) {
            (Exit::Code(0), _) | (Exit::Terminated, Status::ShuttingDown) => Status::Exited,
            (Exit::Code(_) | Exit::Terminated | Exit::Killed, _) => Status::Dead,
        }
    }

    /// Whether the end of a process is followed by another one.
    pub(super) fn is_restarted_after(&self, exit: Exit) -> bool {
        self.facts.restart && self.status != Status::ShuttingDown && exit != Exit::Code(0)
    }
}
