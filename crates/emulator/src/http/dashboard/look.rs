//! What there is to see: everything at once, what has changed since a position, and one session.

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Serialize, Serializer};

use crate::config::Image;
use crate::faults;
use crate::http::answer::json;
use crate::http::guard::may_look;
use crate::http::request::segments;
use crate::http::{Front, operations};
use crate::model::{Fault, Millis, Room, Summary};
use crate::observe::{self, About, Record, Shown, Tick};

/// How many sessions are shown at once; with more, the latest.
const MOST_SESSIONS: usize = 5000;

type Answer = Result<Response, Fault>;

/// `GET /_emulator/state`
pub(in crate::http) async fn state(front: &Front, head: &Parts, _: Body) -> Answer {
    may_look(front, head)?;
    json(StatusCode::OK, &Seen::everything(front).0)
}

/// `GET /_emulator/sessions/{id}`
pub(in crate::http) async fn session(front: &Front, head: &Parts, _: Body) -> Answer {
    may_look(front, head)?;
    let [_, id] = segments(head)?;
    let detail = front.service.sessions.model().detail(&id)?;
    json(StatusCode::OK, &detail)
}

/// `GET /_emulator/logs`, which is `GET /logs` without being seen among what a matchmaker asks.
pub(in crate::http) async fn logs(front: &Front, head: &Parts, content: Body) -> Answer {
    may_look(front, head)?;
    operations::logs(front, head, content).await
}

/// How far somebody has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    sessions: u64,
    observed: observe::Position,
}

impl Position {
    /// Where everything that has happened lies behind.
    pub(super) fn now(front: &Front) -> Self {
        let sessions = front.service.sessions.model().position();
        Self { sessions, observed: front.observation.position() }
    }

    /// As the id of an event.
    pub(super) fn write(self, epoch: u64) -> String {
        format!("{epoch:016x}-{}-{}-{}", self.sessions, self.observed.requests, self.observed.ticks)
    }

    /// From the id of an event; `None` when it is not one of this emulator.
    pub(super) fn read(text: &str, epoch: u64) -> Option<Self> {
        let mut parts = text.split('-');
        if u64::from_str_radix(parts.next()?, 16).ok()? != epoch {
            return None;
        }
        let mut number = || parts.next()?.parse().ok();
        let (sessions, requests, ticks) = (number()?, number()?, number()?);
        Some(Self { sessions, observed: observe::Position { requests, ticks } })
    }
}

/// What there is to see, as JSON.
#[derive(Serialize)]
pub(super) struct Seen<'f> {
    now: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    emulator: Option<&'f About>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<Vec<Offer<'f>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) locations: Option<Vec<Room>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) faults: Option<Vec<faults::Fault>>,
    sessions: Vec<Summary>,
    /// Ids of sessions that are there no more.
    #[serde(serialize_with = "all")]
    gone: Vec<Arc<str>>,
    requests: Vec<Shown>,
    #[serde(serialize_with = "all")]
    ticks: Vec<Arc<Tick>>,
}

impl<'f> Seen<'f> {
    /// Everything that is kept, and how far that goes.
    pub(super) fn everything(front: &'f Front) -> (Self, Position) {
        let (sessions, locations, position) = {
            let model = front.service.sessions.model();
            (model.summaries(MOST_SESSIONS), model.rooms(), model.position())
        };
        let observed = front.observation.all();
        let seen = Self {
            now: front.service.sessions.clock.now(),
            emulator: Some(&front.observation.about),
            images: Some(front.service.catalogue.images().map(Offer).collect()),
            locations: Some(locations),
            faults: Some(front.service.faults.all()),
            sessions,
            gone: Vec::new(),
            requests: shown(front, &observed.requests),
            ticks: observed.ticks,
        };
        (seen, Position { sessions: position, observed: observed.position })
    }

    /// What has changed since a position, and how far that goes; `None` when that is too long ago.
    pub(super) fn since(front: &'f Front, position: Position) -> Option<(Self, Position)> {
        let (changes, locations, now) = {
            let model = front.service.sessions.model();
            (model.changes_since(position.sessions)?, model.rooms(), model.position())
        };
        let observed = front.observation.since(position.observed)?;
        let seen = Self {
            now: front.service.sessions.clock.now(),
            emulator: None,
            images: None,
            locations: Some(locations),
            faults: Some(front.service.faults.all()),
            sessions: changes.sessions,
            gone: changes.gone,
            requests: shown(front, &observed.requests),
            ticks: observed.ticks,
        };
        Some((seen, Position { sessions: now, observed: observed.position }))
    }
}

fn shown(front: &Front, requests: &[Arc<Record>]) -> Vec<Shown> {
    requests.iter().map(|record| Shown::of(record, &front.observation.hidden)).collect()
}

/// An image that can be started.
struct Offer<'f>(&'f Image);

impl Serialize for Offer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'i> {
            name: &'i str,
            tags: Vec<&'i str>,
            ports: Vec<String>,
        }

        let ports = self.0.ports.iter().map(|port| format!("{}/{}", port.container, port.protocol.name()));
        let tags = self.0.tags.iter().map(|tag| tag.name.as_str());
        Fields { name: &self.0.name, tags: tags.collect(), ports: ports.collect() }.serialize(serializer)
    }
}

fn all<T: Serialize + ?Sized, S: Serializer>(list: &[Arc<T>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(AsRef::as_ref))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written_and_never_in_another_emulator() {
        let position = Position { sessions: 7, observed: observe::Position { requests: 8, ticks: 9 } };
        let text = position.write(u64::MAX);
        assert_eq!(Position::read(&text, u64::MAX), Some(position));
        assert_eq!(Position::read(&text, 1), None);
        for text in ["", "-", "ffffffffffffffff", "ffffffffffffffff-1-2", "ffffffffffffffff-1-2-x", "x-1-2-3"] {
            assert_eq!(Position::read(text, u64::MAX), None, "{text}");
        }
    }
}
