//! What operations bring, as structs that a C program reads. They point into the event that they belong to, or into the
//! memory of its batch; nothing is computed here.

use bumpalo::Bump;
use matchport_core::allocation::Allocation;
use matchport_core::backfill::Backfilled;
use matchport_core::model::{LocationInfo, PlayerCount, Port, Ports, SessionDetails, SessionStatus, SessionSummary};

use super::report::{self, matchport_report};
use crate::text::{matchport_pair, matchport_string};

/// One port of a session. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_port {
    /// "udp", "tcp", or whatever the service calls it.
    pub protocol: matchport_string,
    /// The port inside the container.
    pub container: u16,
    /// The port on the host that players use.
    pub host: u16,
}

/// A session for a match, ready to be handed to its players.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_allocation {
    /// The session's id.
    pub id: matchport_string,
    /// Where it runs.
    pub location: matchport_string,
    /// Address of its host.
    pub host: matchport_string,
    /// "host:port" when there is no doubt about the port: the only one, or the only UDP port. Not given otherwise; then
    /// choose from the ports.
    pub endpoint: matchport_string,
    /// Its ports, by container port.
    pub ports: *const matchport_port,
    /// How many ports.
    pub port_count: usize,
    /// How it came about.
    pub report: *const matchport_report,
}

/// The session that took the players of a backfill.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_backfilled {
    /// The session's id.
    pub id: matchport_string,
    /// Where it runs.
    pub location: matchport_string,
    /// Address of its host.
    pub host: matchport_string,
    /// "host:port" when there is no doubt about the port.
    pub endpoint: matchport_string,
    /// Its ports, by container port.
    pub ports: *const matchport_port,
    /// How many ports.
    pub port_count: usize,
    /// How many players it now has.
    pub player_count: u32,
    /// Sessions that were tried before and turned out to be full or gone.
    pub passed_over: u32,
}

/// What the service says of a session. More may come: treat an unknown number like UNKNOWN.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_session_status {
    /// Not reported, or a status that this version does not know; see its name.
    Unknown = 0,
    /// Container made, not yet running.
    Created = 1,
    /// Running and healthy: players can join.
    Running = 2,
    /// Being restarted.
    Restarting = 3,
    /// Stopped in good order.
    Exited = 4,
    /// Ended unexpectedly.
    Dead = 5,
    /// Getting ready to shut down.
    Draining = 6,
    /// Shutting down.
    ShuttingDown = 7,
    /// The host machine can't be reached.
    ServerUnreachable = 8,
}

/// A session as the service lists or describes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_session {
    /// The session's id.
    pub id: matchport_string,
    /// The application's name.
    pub image: matchport_string,
    /// Where it runs.
    pub location: matchport_string,
    /// Address of the host.
    pub host: matchport_string,
    /// Image tag; may be not given.
    pub tag: matchport_string,
    /// The status as the service spells it; may be not given.
    pub status_name: matchport_string,
    /// When it was created, in milliseconds since 1970.
    pub created_ms: u64,
    /// Its ports, by container port.
    pub ports: *const matchport_port,
    /// How many ports.
    pub port_count: usize,
    /// The names of its players; null in a list, which only counts them.
    pub players: *const matchport_string,
    /// How many names.
    pub player_name_count: usize,
    /// How many players it has by the service's count; -1 when it does not say.
    pub player_count: i64,
    /// Labels as the service packs them: "tags" holds the caller's labels as a JSON text, "env" the environment,
    /// "gameye" the service's own facts.
    pub labels: *const matchport_pair,
    /// How many labels.
    pub label_count: usize,
    /// The status.
    pub status: matchport_session_status,
}

/// The answer to a list.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_session_list {
    /// The sessions: an array of pointers.
    pub sessions: *const *const matchport_session,
    /// How many.
    pub session_count: usize,
}

/// The answer to join and leave.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_player_count {
    /// Players in the session after the call.
    pub player_count: u32,
    /// Players that the service names in its answer.
    pub players: *const matchport_string,
    /// How many names.
    pub player_name_count: usize,
}

/// A location that offers an image. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_location {
    /// Its name.
    pub id: matchport_string,
    /// Addresses that answer ICMP echo. Not to be kept: they may change.
    pub addresses: *const matchport_string,
    /// How many addresses.
    pub address_count: usize,
}

/// The answer to locations.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_location_list {
    /// The locations, in the service's order.
    pub locations: *const matchport_location,
    /// How many.
    pub location_count: usize,
}

impl From<&SessionStatus> for matchport_session_status {
    fn from(status: &SessionStatus) -> Self {
        match status {
            SessionStatus::Created => Self::Created,
            SessionStatus::Running => Self::Running,
            SessionStatus::Restarting => Self::Restarting,
            SessionStatus::Exited => Self::Exited,
            SessionStatus::Dead => Self::Dead,
            SessionStatus::Draining => Self::Draining,
            SessionStatus::ShuttingDown => Self::ShuttingDown,
            SessionStatus::ServerUnreachable => Self::ServerUnreachable,
            _ => Self::Unknown,
        }
    }
}

pub(crate) fn allocation(memory: &Bump, allocation: &Allocation) -> matchport_allocation {
    let (ports, port_count) = ports(memory, &allocation.ports);
    matchport_allocation {
        id: matchport_string::view(allocation.id.as_str()),
        location: matchport_string::view(&allocation.location),
        host: matchport_string::view(&allocation.host),
        endpoint: matchport_string::optional(allocation.endpoint.as_deref()),
        ports,
        port_count,
        report: memory.alloc(report::report(memory, &allocation.report)),
    }
}

pub(crate) fn backfilled(memory: &Bump, backfilled: &Backfilled) -> matchport_backfilled {
    let (ports, port_count) = ports(memory, &backfilled.ports);
    matchport_backfilled {
        id: matchport_string::view(backfilled.id.as_str()),
        location: matchport_string::view(&backfilled.location),
        host: matchport_string::view(&backfilled.host),
        endpoint: matchport_string::optional(backfilled.endpoint.as_deref()),
        ports,
        port_count,
        player_count: backfilled.count,
        passed_over: backfilled.passed_over,
    }
}

pub(crate) fn session_list(memory: &Bump, sessions: &[SessionSummary]) -> matchport_session_list {
    let each = sessions.iter().map(|session| std::ptr::from_ref(&*memory.alloc(summary(memory, session))));
    let (sessions, session_count) = array(memory, each);
    matchport_session_list { sessions, session_count }
}

pub(crate) fn details(memory: &Bump, session: &SessionDetails) -> matchport_session {
    let (ports, port_count) = ports(memory, &session.ports);
    let (labels, label_count) = pairs(memory, session.labels.iter());
    let (players, player_name_count) = strings(memory, &session.players.joined);
    matchport_session {
        id: matchport_string::view(session.id.as_str()),
        image: matchport_string::view(&session.image),
        location: matchport_string::view(&session.location),
        host: matchport_string::view(&session.host),
        tag: matchport_string::optional(session.tag.as_deref()),
        status_name: matchport_string::optional(session.status.as_ref().map(SessionStatus::as_str)),
        created_ms: session.created,
        ports,
        port_count,
        players,
        player_name_count,
        player_count: i64::from(session.players.joined_count),
        labels,
        label_count,
        status: session.status.as_ref().map_or(matchport_session_status::Unknown, Into::into),
    }
}

pub(crate) fn player_count(memory: &Bump, count: &PlayerCount) -> matchport_player_count {
    let (players, player_name_count) = strings(memory, &count.players);
    matchport_player_count { player_count: count.count, players, player_name_count }
}

pub(crate) fn location_list(memory: &Bump, locations: &[LocationInfo]) -> matchport_location_list {
    let each = locations.iter().map(|location| {
        let texts = location.ips.iter().map(|ip| matchport_string::view(memory.alloc_str(&ip.to_string())));
        let (addresses, address_count) = array(memory, texts);
        matchport_location { id: matchport_string::view(&location.id), addresses, address_count }
    });
    let (locations, location_count) = array(memory, each);
    matchport_location_list { locations, location_count }
}

fn ports(memory: &Bump, ports: &Ports) -> (*const matchport_port, usize) {
    let view = |port: &Port| matchport_port {
        protocol: matchport_string::view(port.protocol.as_str()),
        container: port.container,
        host: port.host,
    };
    array(memory, ports.iter().map(view))
}

pub(crate) fn strings<S: AsRef<str>>(memory: &Bump, texts: &[S]) -> (*const matchport_string, usize) {
    array(memory, texts.iter().map(|text| matchport_string::view(text.as_ref())))
}

/// An array that lives as long as `memory`; null when it is empty.
pub(crate) fn array<T: Copy>(memory: &Bump, entries: impl ExactSizeIterator<Item = T>) -> (*const T, usize) {
    if entries.len() == 0 {
        return (std::ptr::null(), 0);
    }
    let made = memory.alloc_slice_fill_iter(entries);
    (made.as_ptr(), made.len())
}

fn summary(memory: &Bump, session: &SessionSummary) -> matchport_session {
    let (ports, port_count) = ports(memory, &session.ports);
    let (labels, label_count) = pairs(memory, session.labels.iter());
    matchport_session {
        id: matchport_string::view(session.id.as_str()),
        image: matchport_string::view(&session.image),
        location: matchport_string::view(&session.location),
        host: matchport_string::view(&session.host),
        tag: matchport_string::optional(session.tag.as_deref()),
        status_name: matchport_string::optional(session.status.as_ref().map(SessionStatus::as_str)),
        created_ms: session.created,
        ports,
        port_count,
        players: std::ptr::null(),
        player_name_count: 0,
        player_count: session.player_count.map_or(-1, i64::from),
        labels,
        label_count,
        status: session.status.as_ref().map_or(matchport_session_status::Unknown, Into::into),
    }
}

fn pairs<'a>(memory: &Bump, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> (*const matchport_pair, usize) {
    let view =
        |(name, value)| matchport_pair { name: matchport_string::view(name), value: matchport_string::view(value) };
    let pairs: Vec<_> = pairs.map(view).collect();
    array(memory, pairs.into_iter())
}
