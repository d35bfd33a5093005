//! How sessions and locations look to whoever looks on: the dashboard. Values of `env` are never part of it.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::fault::Fault;
use super::history::{Happened, Names};
use super::session::{Exit, Facts, Millis, PortMapping, Session, Status};
use super::sessions::Model;

/// A session at one moment. Cheap to take; what is slow about it happens when it is written.
pub(crate) struct Summary {
    pub(crate) facts: Arc<Facts>,
    status: Status,
    players: usize,
    ended: Option<Millis>,
}

/// What has changed since a position.
pub(crate) struct Changes {
    /// Sessions that are there, in the order of their starts.
    pub(crate) sessions: Vec<Summary>,
    /// Ids of those that are there no more.
    pub(crate) gone: Vec<Arc<str>>,
}

impl Model {
    /// How many changes there have been; goes up with each.
    pub(crate) fn position(&self) -> u64 {
        self.history.position()
    }

    /// The latest sessions, `most` at most, in the order of their starts.
    pub(crate) fn summaries(&self, most: usize) -> Vec<Summary> {
        let mut all: Vec<_> = self.sessions.values().map(|session| self.summary(session)).collect();
        if all.len() > most {
            let surplus = all.len() - most;
            all.select_nth_unstable_by_key(surplus, |session| session.facts.number);
            all.drain(..surplus);
        }
        all.sort_unstable_by_key(|session| session.facts.number);
        all
    }

    /// What has changed since a position; `None` when that is too long ago, or never was.
    pub(crate) fn changes_since(&self, position: u64) -> Option<Changes> {
        let mut changes = Changes { sessions: Vec::new(), gone: Vec::new() };
        for id in self.history.since(position)? {
            match self.sessions.get(&id) {
                Some(session) => changes.sessions.push(self.summary(session)),
                None => changes.gone.push(id),
            }
        }
        changes.sessions.sort_unstable_by_key(|session| session.facts.number);
        Some(changes)
    }

    /// How many sessions are alive in each location, in the order of the configuration.
    pub(crate) fn alive_in(&self) -> &[usize] {
        &self.alive_in
    }

    fn summary(&self, session: &Session) -> Summary {
        let ended = if session.status.is_ended() { session.timeline.last() } else { None };
        let (facts, status) = (Arc::clone(&session.facts), self.status_of(session));
        Summary { facts, status, players: session.joined.len(), ended }
    }

    /// Everything about one session but the values of its `env`, as JSON.
    ///
    /// # Errors
    /// 404 when there is no session of this id.
    pub(crate) fn detail(&self, id: &str) -> Result<impl Serialize + use<>, Fault> {
        let session = self.sessions.get(id).ok_or_else(|| Fault::no_session(id))?;
        let facts = &session.facts;
        let of_image = facts.image.env.0.keys().filter(|name| facts.env.get(name).is_none());
        Ok(Detail {
            summary: self.summary(session),
            roster: session.joined.clone(),
            timeline: session.timeline.all(facts.created, session.first_status).into_iter().map(Moment).collect(),
            env: facts.env.iter().map(|(name, _)| name.to_owned()).chain(of_image.cloned()).collect(),
        })
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = &self.facts;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("number", &facts.number)?;
        map.serialize_entry("id", facts.id.as_ref())?;
        map.serialize_entry("image", &facts.image.name)?;
        map.serialize_entry("tag", facts.tag())?;
        map.serialize_entry("location", &facts.location.id)?;
        map.serialize_entry("status", self.status.name())?;
        map.serialize_entry("created", &facts.created)?;
        map.serialize_entry("ends", &facts.ends_at)?;
        map.serialize_entry("ended", &self.ended)?;
        map.serialize_entry("players", &self.players)?;
        map.serialize_entry("host", facts.host.as_ref())?;
        map.serialize_entry("ports", &facts.ports.iter().map(Port::of).collect::<Vec<_>>())?;
        map.end()
    }
}

#[derive(Serialize)]
struct Port {
    protocol: &'static str,
    container: u16,
    host: u16,
}

impl Port {
    fn of(port: &PortMapping) -> Self {
        Self { protocol: port.protocol.name(), container: port.container, host: port.host }
    }
}

struct Detail {
    summary: Summary,
    roster: Vec<Arc<str>>,
    timeline: Vec<Moment>,
    /// The names alone.
    env: Vec<String>,
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = &self.summary.facts;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("session", &self.summary)?;
        map.serialize_entry("roster", &texts(&self.roster))?;
        map.serialize_entry("timeline", &self.timeline)?;
        map.serialize_entry("env", &self.env)?;
        map.serialize_entry("args", facts.args.as_ref().unwrap_or(&facts.image.args))?;
        map.serialize_entry("labels", &facts.labels)?;
        map.serialize_entry("restart", &facts.restart)?;
        map.serialize_entry("externalId", &facts.external_id)?;
        map.end()
    }
}

struct Moment((Millis, Happened));

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (at, happened) = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("at", at)?;
        let players = |map: &mut S::SerializeMap, what: &str, names: &Names| {
            map.serialize_entry("what", what)?;
            map.serialize_entry("players", &texts(&names.first))?;
            map.serialize_entry("count", &names.count)
        };
        match happened {
            Happened::Became(status) => {
                map.serialize_entry("what", "status")?;
                map.serialize_entry("status", status.name())?;
            }
            Happened::Exited(exit) => {
                map.serialize_entry("what", "exit")?;
                map.serialize_entry("exit", &exit_text(*exit))?;
            }
            Happened::Joined(names) => players(&mut map, "joined", names)?,
            Happened::Left(names) => players(&mut map, "left", names)?,
            Happened::NotKept(count) => {
                map.serialize_entry("what", "not_kept")?;
                map.serialize_entry("count", count)?;
            }
        }
        map.end()
    }
}

fn texts(list: &[Arc<str>]) -> Vec<&str> {
    list.iter().map(AsRef::as_ref).collect()
}

fn exit_text(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Terminated => "ended by SIGTERM".to_owned(),
        Exit::Killed => "killed".to_owned(),
    }
}
