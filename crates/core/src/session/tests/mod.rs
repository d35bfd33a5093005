//! Tests of the session lifecycle. This file holds the scenario builder: any state in one line.

mod lifecycle;
mod table;
mod tracker;

use super::*;
use crate::model::{
    JoinedPlayers, Port, Ports, Protocol, SessionDetails, SessionId, SessionStatus, SessionSummary, Ttl, TtlForm,
};

pub(super) const TTL_DEADLINE: u64 = 60_000;
pub(super) const GRACE: u64 = 1_000;
pub(super) const LIMIT: u64 = 5_000;
pub(super) const OPTIONS: LifecycleOptions = LifecycleOptions { unreachable_limit_ms: LIMIT, shutdown_grace_ms: GRACE };

pub(super) fn id(name: &str) -> SessionId {
    SessionId::new(name).expect("a valid id")
}

pub(super) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn allocated(name: &str, ttl: bool) -> Allocated {
    let ttl = ttl.then(|| (Ttl::from_seconds(TTL_DEADLINE / 1000).expect("in range"), TtlForm::Seconds));
    Allocated {
        id: id(name),
        image: "image".to_owned(),
        location: "eu-west-1".to_owned(),
        host: "10.0.0.1".to_owned(),
        ports: ports(20_001),
        started_at: 0,
        ttl,
    }
}

pub(super) fn ports(host: u16) -> Ports {
    Ports::new(vec![Port { protocol: Protocol::Udp, container: 7777, host }])
}

/// A session with a ttl, made at 0, that saw these statuses at 1, 2, 3...
pub(super) fn session(statuses: &[&str]) -> Session {
    seeing(Session::allocated(allocated("s", true), OPTIONS, 0), statuses)
}

/// The same without a ttl.
pub(super) fn session_without_ttl(statuses: &[&str]) -> Session {
    seeing(Session::allocated(allocated("s", false), OPTIONS, 0), statuses)
}

fn seeing(mut session: Session, statuses: &[&str]) -> Session {
    for (now, status) in (1..).zip(statuses) {
        session.observe(&SessionStatus::from(*status), now).expect("a legal step");
    }
    session
}

pub(super) fn details(name: &str, status: Option<&str>, players: &[&str]) -> SessionDetails {
    SessionDetails {
        id: id(name),
        image: "image".to_owned(),
        location: "eu-west-1".to_owned(),
        host: "10.0.0.2".to_owned(),
        created: 1_712_345_678_901,
        ports: ports(20_002),
        tag: None,
        status: status.map(SessionStatus::from),
        players: JoinedPlayers { joined: names(players), joined_count: players.len() as u32 },
        labels: Default::default(),
    }
}

pub(super) fn entry(name: &str, status: Option<&str>, player_count: Option<u32>) -> SessionSummary {
    let SessionDetails { id, image, location, host, created, ports, tag, status, labels, .. } =
        details(name, status, &[]);
    SessionSummary { id, image, location, host, created, ports, tag, status, player_count, labels }
}
