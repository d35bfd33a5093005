//! A model of the Session API in memory and on virtual time: what the service would answer, written from the API
//! page and the guide, not from the client's types. It knows nothing of connections; faults live in `fault`. What its
//! answers look like stands in `reply`.
//!
//! It is on the hot path of the simulation, which plays millions of allocations: bodies are read and written without
//! a tree of JSON values.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::reply::Reply;
use crate::reply::{counted, described, listed, locations, started};

/// One session of the model.
#[derive(Clone, Debug)]
pub struct ModelSession {
    /// The image it runs.
    pub image: Arc<str>,
    /// Where it runs.
    pub location: String,
    /// Its status as the API spells it. `created` counts as `running` from `runs_at` on.
    pub status: Cow<'static, str>,
    /// When it was started, in milliseconds of virtual time.
    pub started_at: u64,
    /// From when on it is `running`.
    pub runs_at: u64,
    /// Who joined.
    pub players: BTreeSet<String>,
    /// The host port.
    pub port: u16,
    /// Whether a `ttl` was sent.
    pub has_ttl: bool,
    /// The caller's own reference.
    pub external_id: Option<String>,
}

impl ModelSession {
    /// Whether it costs money.
    pub fn is_alive(&self) -> bool {
        !matches!(&*self.status, "exited" | "dead")
    }

    /// Its status at this time.
    pub fn status_at(&self, now: u64) -> &str {
        if self.status == "created" && self.runs_at <= now { "running" } else { &self.status }
    }
}

/// Which form of `ttl` a deployment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlStrictness {
    /// Both.
    Both,
    /// A number of seconds only.
    Seconds,
    /// A text such as `1h` only.
    Duration,
}

/// What a start request asks for. What is missing is empty.
#[derive(Debug, Default, Deserialize)]
pub struct StartBody<'a> {
    /// Where.
    #[serde(borrow, default)]
    pub location: Cow<'a, str>,
    /// What.
    #[serde(borrow, default)]
    pub image: Cow<'a, str>,
    /// Under which id.
    #[serde(borrow, default)]
    pub id: Cow<'a, str>,
    /// The form of its `ttl`; `None` without one.
    #[serde(rename = "ttl", default, deserialize_with = "form_of_ttl")]
    pub ttl_form: Option<TtlStrictness>,
    /// The caller's own reference.
    #[serde(borrow, default)]
    pub external_id: Cow<'a, str>,
}

impl<'a> StartBody<'a> {
    /// Reads a body; `None` when it is no JSON object.
    pub fn read(body: &'a [u8]) -> Option<Self> {
        Self::flat(body).or_else(|| serde_json::from_slice(body).ok())
    }

    /// Nearly all bodies are plain texts and numbers, one after the other, and are read at a fraction of the cost.
    /// `None` for any other.
    fn flat(body: &'a [u8]) -> Option<Self> {
        let mut rest = Flat(str::from_utf8(body).ok()?);
        let mut start = Self::default();
        rest.take(b'{')?;
        loop {
            let key = rest.text()?;
            rest.take(b':')?;
            if rest.0.starts_with('"') {
                let value = rest.text()?;
                match key {
                    "image" => start.image = value.into(),
                    "location" => start.location = value.into(),
                    "id" => start.id = value.into(),
                    "external_id" => start.external_id = value.into(),
                    "ttl" => start.ttl_form = Some(TtlStrictness::Duration),
                    _ => return None,
                }
            } else if key == "ttl" && rest.digits() > 0 {
                start.ttl_form = Some(TtlStrictness::Seconds);
            } else {
                return None;
            }
            if rest.take(b',').is_none() {
                return (rest.0 == "}").then_some(start);
            }
        }
    }
}

/// What is left of a flat body.
struct Flat<'a>(&'a str);

impl<'a> Flat<'a> {
    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_at_checked(1)?;
        (first.as_bytes() == [byte]).then(|| self.0 = rest)
    }

    /// A text without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let end = Self::end_of_text(self.0.as_bytes())?;
        let text = &self.0[..end];
        self.0 = &self.0[end..];
        self.take(b'"')?;
        Some(text)
    }

    /// Where the next quotation mark or backslash is: eight bytes at a time, since nearly all texts are longer.
    fn end_of_text(bytes: &[u8]) -> Option<usize> {
        let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
        let (words, rest) = bytes.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            if word.iter().fold(false, |found, byte| found | ends(byte)) {
                return word.iter().position(ends).map(|at| index * 8 + at);
            }
        }
        rest.iter().position(ends).map(|at| words.len() * 8 + at)
    }

    /// Passes over digits, and tells how many.
    fn digits(&mut self) -> usize {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        self.0 = &self.0[digits..];
        digits
    }
}

fn form_of_ttl<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<TtlStrictness>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    Ok(Some(if text.starts_with('"') { TtlStrictness::Duration } else { TtlStrictness::Seconds }))
}

/// The model.
#[derive(Clone, Debug)]
pub struct Service {
    /// Sessions by id, ended ones included: an id stays used.
    pub sessions: BTreeMap<String, ModelSession>,
    /// Free slots by location; a location that is not listed does not exist.
    pub capacity: BTreeMap<String, u32>,
    /// Locations that have no room, whatever their free slots.
    pub full: BTreeSet<String>,
    /// The one image.
    pub image: Arc<str>,
    /// How long a session takes from its start until it is running, in milliseconds.
    pub boot_ms: u64,
    /// Which form of `ttl` is taken.
    pub ttl: TtlStrictness,
    next_port: u16,
}

impl Service {
    /// A service with one image, `game`, and room for 1,000 sessions in each location.
    pub fn new<'a>(locations: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            sessions: BTreeMap::new(),
            capacity: locations.into_iter().map(|location| (location.to_owned(), 1000)).collect(),
            full: BTreeSet::new(),
            image: "game".into(),
            boot_ms: 0,
            ttl: TtlStrictness::Both,
            next_port: 20_000,
        }
    }

    /// Sessions that are alive.
    pub fn alive(&self) -> impl Iterator<Item = (&String, &ModelSession)> {
        self.sessions.iter().filter(|(_, session)| session.is_alive())
    }

    /// Answers a request. `target` is path and query.
    pub fn answer(&mut self, method: &str, target: &str, body: Option<&[u8]>, now: u64) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let body = body.unwrap_or_default();
        let mut segments = path.trim_start_matches('/').split('/');
        let path = [segments.next(), segments.next(), segments.next(), segments.next()];
        match (method, path) {
            ("POST", [Some("session"), None, ..]) => self.start(body, now),
            ("GET", [Some("session"), None, ..]) => self.list(query, now),
            ("GET", [Some("session"), Some(id), None, _]) => self.describe(id, now),
            ("DELETE", [Some("session"), Some("player"), Some("leave"), None]) => self.leave(body),
            ("PUT", [Some("session"), Some("player"), Some("join"), None]) => self.join(body),
            ("DELETE", [Some("session"), Some(id), None, _]) => self.stop(id),
            ("GET", [Some("available-location"), Some(image), None, _]) => self.locations(image),
            ("GET", [Some("tag"), Some(location), Some(image), Some(version)]) => {
                let exists = self.capacity.contains_key(location) && image == &*self.image && version == "1";
                Reply { status: 200, body: format!(r#"{{"exists":{exists}}}"#).into_bytes() }
            }
            _ => Reply::error(404, "NOT_FOUND", "no such route"),
        }
    }

    fn start(&mut self, body: &[u8], now: u64) -> Reply {
        let body = StartBody::read(body).filter(|body| !body.image.is_empty() && !body.location.is_empty());
        let Some(body) = body else {
            return Reply::error(422, "INVALID_REQUEST", "image and location are required");
        };
        let ttl_fits = match (self.ttl, body.ttl_form) {
            (TtlStrictness::Both, _) | (_, None) => true,
            (taken, Some(form)) => form == taken,
        };
        if !ttl_fits {
            let violation = r#"{"field":"ttl","description":"has the wrong form"}"#;
            let body = format!(r#"{{"statusCode":422,"code":"INVALID_REQUEST","violations":[{violation}]}}"#);
            return Reply { status: 422, body: body.into_bytes() };
        }
        let id = match &*body.id {
            "" => format!("made-{}", self.sessions.len()),
            id => id.to_owned(),
        };
        if self.sessions.contains_key(&id) {
            return Reply::error(409, "CONFLICT", "id already used");
        }
        if *body.image != *self.image || !self.capacity.contains_key(&*body.location) {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "image or location not found");
        }
        match self.capacity.get_mut(&*body.location) {
            Some(free) if *free > 0 && !self.full.contains(&*body.location) => *free -= 1,
            _ => return Reply::error(420, "CAPACITY_UNAVAILABLE", "no capacity"),
        }
        self.next_port += 1;
        let session = ModelSession {
            image: Arc::clone(&self.image),
            location: body.location.into_owned(),
            status: if self.boot_ms == 0 { "running" } else { "created" }.into(),
            started_at: now,
            runs_at: now + self.boot_ms,
            players: BTreeSet::new(),
            port: self.next_port,
            has_ttl: body.ttl_form.is_some(),
            external_id: Some(body.external_id.into_owned()).filter(|reference| !reference.is_empty()),
        };
        let reply = started(&id, session.port);
        self.sessions.insert(id, session);
        reply
    }

    fn describe(&self, id: &str, now: u64) -> Reply {
        match self.sessions.get(id) {
            Some(session) => described(id, session, now),
            None => Reply::error(404, "RESOURCE_NOT_FOUND", "session not found"),
        }
    }

    fn list(&self, query: &str, now: u64) -> Reply {
        let pairs: BTreeMap<_, _> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let below: Option<usize> = pairs.get("playerCount[lt]").and_then(|limit| limit.parse().ok());
        let sessions = self
            .sessions
            .iter()
            .filter(|(_, session)| pairs.contains_key("all") || session.is_alive())
            .filter(|(_, session)| below.is_none_or(|below| session.players.len() < below));
        listed(sessions, now)
    }

    fn stop(&mut self, id: &str) -> Reply {
        match self.sessions.get_mut(id) {
            None => Reply::error(404, "RESOURCE_NOT_FOUND", "session not found"),
            Some(session) if !session.is_alive() => Reply::error(409, "CONFLICT", "already terminated"),
            Some(session) => {
                session.status = "exited".into();
                // A location that has gone since does not come back for this.
                if let Some(free) = self.capacity.get_mut(&session.location) {
                    *free += 1;
                }
                Reply { status: 204, body: Vec::new() }
            }
        }
    }

    fn join(&mut self, body: &[u8]) -> Reply {
        let body = PlayersBody::read(body);
        let Some(session) = self.sessions.get_mut(&*body.session).filter(|session| session.is_alive()) else {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "session not found");
        };
        session.players.extend(body.players);
        counted(session.players.len(), session.players.iter())
    }

    fn leave(&mut self, body: &[u8]) -> Reply {
        let leaving: BTreeSet<_> = PlayersBody::read(body).players.into_iter().collect();
        let mut count = 0;
        for session in self.sessions.values_mut() {
            if session.players.iter().any(|player| leaving.contains(player)) {
                session.players.retain(|player| !leaving.contains(player));
                count = session.players.len();
            }
        }
        counted(count, leaving.iter())
    }

    fn locations(&self, image: &str) -> Reply {
        if image != &*self.image {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "image not found");
        }
        locations(self.capacity.keys())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PlayersBody<'a> {
    #[serde(borrow)]
    session: Cow<'a, str>,
    players: Vec<String>,
}

impl<'a> PlayersBody<'a> {
    fn read(body: &'a [u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_the_same_either_way() {
        let bodies = [
            r#"{"image":"game","location":"eu","id":"x","ttl":3600,"external_id":"m1"}"#,
            r#"{"image":"game","location":"eu","ttl":"1h"}"#,
            r#"{"location":"eu"}"#,
        ];
        for body in bodies {
            let flat = StartBody::flat(body.as_bytes()).expect("flat");
            let whole: StartBody<'_> = serde_json::from_str(body).expect("JSON");
            assert_eq!(format!("{flat:?}"), format!("{whole:?}"));
        }
        for odd in [r#"{"image":"a\"b"}"#, r#"{"env":{"A":"b"},"image":"game"}"#, "{}", "[]", "", r#"{"ttl":}"#] {
            assert!(StartBody::flat(odd.as_bytes()).is_none(), "{odd}");
        }
        let read = StartBody::read(br#"{"env":{"A":"b"},"image":"game","ttl":60}"#).expect("JSON");
        assert_eq!((&*read.image, read.ttl_form), ("game", Some(TtlStrictness::Seconds)));
    }
}
