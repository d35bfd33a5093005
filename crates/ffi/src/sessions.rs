//! What the client knows of the sessions that were allocated through it, without asking the service. What is known and
//! concluded is the core's.

use bumpalo::Bump;
use matchport_core::model::{SessionId, SessionStatus};
use matchport_core::session::{EndReason, Session, SessionState};

use crate::boundary::{with_client, write};
use crate::events::{array, matchport_port, strings};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::matchport_string;

/// Where a session stands.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_session_state {
    /// The service has made it, and nobody has seen it running yet.
    Created = 1,
    /// Running and healthy: the only state in which players can join.
    Running = 2,
    /// Being restarted.
    Restarting = 3,
    /// Getting ready to shut down.
    Draining = 4,
    /// Shutting down: seen so, the stop was accepted, or the ttl has passed.
    ShuttingDown = 5,
    /// The host machine can't be reached.
    Unreachable = 6,
    /// Over. Nothing follows.
    Ended = 7,
}

/// Why a session is over.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_end_reason {
    /// It is not over.
    None = 0,
    /// Somebody asked the service to stop it.
    Stopped = 1,
    /// Its ttl had passed.
    TtlExpired = 2,
    /// The game server ended in good order by itself.
    Exited = 3,
    /// The game server ended unexpectedly.
    Died = 4,
    /// Its host could not be reached for longer than the limit.
    Unreachable = 5,
    /// The service no longer knows it, and nobody knows why.
    Vanished = 6,
}

/// What is known of a session. Times are milliseconds on the client's clock, but for created_ms; -1 is not known.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_snapshot {
    /// Its id.
    pub id: matchport_string,
    /// The application's name.
    pub image: matchport_string,
    /// Where it runs.
    pub location: matchport_string,
    /// Address of its host.
    pub host: matchport_string,
    /// The status that the service reported last; may be not given.
    pub last_reported: matchport_string,
    /// Its ports, by container port.
    pub ports: *const matchport_port,
    /// How many ports.
    pub port_count: usize,
    /// The names of the players that are known.
    pub players: *const matchport_string,
    /// How many names.
    pub player_name_count: usize,
    /// How many players it has by the service's count.
    pub player_count: u32,
    /// Where it stands.
    pub state: matchport_session_state,
    /// Why it is over.
    pub end_reason: matchport_end_reason,
    /// Since when it stands there.
    pub since: i64,
    /// When the service says it was created, in milliseconds since 1970.
    pub created_ms: i64,
    /// When its start was sent.
    pub started_at: i64,
    /// When its ttl ends it.
    pub ttl_deadline: i64,
    /// When it was first asked to stop.
    pub stop_requested_at: i64,
}

/// What is known of one session that was allocated through this client, without asking the service: OK, or EMPTY with null
/// when it is not followed. Needs the option tracked_sessions. It stays until snapshots are asked for again.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_session(
    client: *mut matchport_client,
    id: matchport_string,
    snapshot: *mut *const matchport_snapshot,
) -> matchport_status {
    with_client(client, |client| {
        write(snapshot, std::ptr::null(), "snapshot")?;
        let id = id.require("id")?;
        let (Some(tracker), snapshots) = client.sessions() else { return Ok(Status::Empty) };
        let id = SessionId::new(id).map_err(|error| Refused::new(Status::InvalidArgument, error.to_string()))?;
        match tracker.get(&id) {
            Some(session) => write(snapshot, snapshots.one(session), "snapshot").map(|()| Status::Ok),
            None => Ok(Status::Empty),
        }
    })
}

/// What is known of all sessions that are followed, in the order in which they came: an array of `count` pointers; OK, or
/// EMPTY. It stays until snapshots are asked for again.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_sessions(
    client: *mut matchport_client,
    snapshots: *mut *const *const matchport_snapshot,
    count: *mut usize,
) -> matchport_status {
    with_client(client, |client| {
        write(snapshots, std::ptr::null(), "snapshots")?;
        write(count, 0, "count")?;
        let (Some(tracker), memory) = client.sessions() else { return Ok(Status::Empty) };
        let views = memory.all(tracker.iter());
        write(snapshots, views.as_ptr(), "snapshots")?;
        write(count, views.len(), "count")?;
        Ok(if views.is_empty() { Status::Empty } else { Status::Ok })
    })
}

/// The memory of the snapshots that were asked for last. All texts are copied, since the table goes on changing.
#[derive(Default)]
pub(crate) struct Snapshots(Bump);

impl Snapshots {
    fn one(&mut self, session: &Session) -> *const matchport_snapshot {
        self.0.reset();
        self.0.alloc(view(&self.0, session))
    }

    fn all<'a>(&mut self, sessions: impl ExactSizeIterator<Item = &'a Session>) -> &[*const matchport_snapshot] {
        self.0.reset();
        let memory = &self.0;
        memory.alloc_slice_fill_iter(sessions.map(|session| std::ptr::from_ref(&*memory.alloc(view(memory, session)))))
    }
}

fn view(memory: &Bump, session: &Session) -> matchport_snapshot {
    let snapshot = session.snapshot();
    let text = |text: &str| matchport_string::view(memory.alloc_str(text));
    let time = |time: Option<u64>| time.map_or(-1, |time| i64::try_from(time).unwrap_or(i64::MAX));
    let names: Vec<&str> = snapshot.players.names().map(|name| &*memory.alloc_str(name)).collect();
    let (players, player_name_count) = strings(memory, &names);
    let (ports, port_count) = array(
        memory,
        snapshot.ports.iter().map(|port| matchport_port {
            protocol: text(port.protocol.as_str()),
            container: port.container,
            host: port.host,
        }),
    );
    matchport_snapshot {
        id: text(snapshot.id.as_str()),
        image: text(snapshot.image),
        location: text(snapshot.location),
        host: text(snapshot.host),
        last_reported: snapshot.last_reported.map(SessionStatus::as_str).map_or(matchport_string::ABSENT, text),
        ports,
        port_count,
        players,
        player_name_count,
        player_count: snapshot.players.count(),
        state: snapshot.state.into(),
        end_reason: snapshot.end_reason.map_or(matchport_end_reason::None, Into::into),
        since: time(Some(snapshot.since)),
        created_ms: time(snapshot.created),
        started_at: time(snapshot.started_at),
        ttl_deadline: time(snapshot.ttl_deadline),
        stop_requested_at: time(snapshot.stop_requested_at),
    }
}

impl From<SessionState> for matchport_session_state {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::Created => Self::Created,
            SessionState::Running => Self::Running,
            SessionState::Restarting => Self::Restarting,
            SessionState::Draining => Self::Draining,
            SessionState::ShuttingDown => Self::ShuttingDown,
            SessionState::Unreachable => Self::Unreachable,
            SessionState::Ended(_) => Self::Ended,
        }
    }
}

impl From<EndReason> for matchport_end_reason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Stopped => Self::Stopped,
            EndReason::TtlExpired => Self::TtlExpired,
            EndReason::Exited => Self::Exited,
            EndReason::Died => Self::Died,
            EndReason::Unreachable => Self::Unreachable,
            EndReason::Vanished => Self::Vanished,
        }
    }
}
