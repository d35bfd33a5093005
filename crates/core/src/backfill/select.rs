//! Choosing sessions with open slots straight from the bytes of a `GET /session` answer: only the needed fields are
//! read, nothing is copied for sessions that are not chosen, and memory does not grow with the list.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{BackfillRequest, Prefer};
use crate::error::Error;
use crate::http::Answer;
use crate::model::{Ports, SessionId};

/// A session that had room when the list was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The session's id.
    pub id: SessionId,
    /// Where it runs.
    pub location: String,
    /// Address of its host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
    /// How many players it had; 0 when the service did not say.
    pub players: u32,
}

/// The best sessions with enough open slots, best first: by the caller's order of locations, then by
/// [`BackfillRequest::prefer`], then the oldest, then by id.
///
/// # Errors
/// The [`Error`] that the status stands for, or that the body can't be read. A single entry that nobody could be sent
/// to (an impossible id or port) is passed over.
pub fn best_sessions(answer: &Answer<'_>, request: &BackfillRequest, most: usize) -> Result<Vec<OpenSession>, Error> {
    if answer.status != 200 {
        return Err(answer.failure());
    }
    let mut best = Best { request, most, kept: Vec::with_capacity(most.min(64)) };
    let mut json = serde_json::Deserializer::from_slice(answer.body);
    json.deserialize_map(&mut best).and_then(|()| json.end()).map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        crate::http::unreadable(answer.status, &place)
    })?;
    Ok(best.kept.into_iter().map(|kept| kept.session).collect())
}

/// The fields of an entry that the choice needs, borrowed from the answer.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    location: Cow<'a, str>,
    #[serde(borrow)]
    host: Cow<'a, str>,
    #[serde(borrow)]
    image: Cow<'a, str>,
    #[serde(default, borrow)]
    status: Option<Text<'a>>,
    #[serde(default, rename = "playerCount")]
    player_count: Option<u32>,
    #[serde(default, deserialize_with = "crate::model::flexible_integer")]
    created: u64,
    #[serde(borrow)]
    port: &'a serde_json::value::RawValue,
}

/// Within an `Option`, only a type of its own borrows.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Entry<'_> {
    /// How well this serves; `None` when it does not.
    fn rank(&self, request: &BackfillRequest) -> Option<Rank<'_>> {
        let players = self.player_count.unwrap_or(0);
        let needed = u32::try_from(request.players.len()).unwrap_or(u32::MAX);
        let fits = players.checked_add(needed).is_some_and(|after| after <= request.capacity);
        let runs = self.status.as_ref().is_none_or(|status| status.0 == "running");
        if !fits || !runs || self.image != request.image.as_str() {
            return None;
        }
        let location = match &request.locations {
            Some(locations) => locations.iter().position(|location| self.location == location.as_str())?,
            None => 0,
        };
        let load = match request.prefer {
            Prefer::Fullest => request.capacity - players,
            Prefer::Emptiest => players,
        };
        Some(Rank { location, load, created: self.created, id: &self.id })
    }

    /// The session, unless nobody could be sent there: its id or ports are none.
    fn session(&self) -> Option<OpenSession> {
        Some(OpenSession {
            id: SessionId::new(&*self.id).ok()?,
            location: self.location.clone().into_owned(),
            host: self.host.clone().into_owned(),
            ports: serde_json::from_str(self.port.get()).ok()?,
            players: self.player_count.unwrap_or(0),
        })
    }
}

/// What sessions are ordered by, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    location: usize,
    load: u32,
    created: u64,
    id: &'a str,
}

/// A session that is among the best so far.
struct Kept {
    location: usize,
    load: u32,
    created: u64,
    session: OpenSession,
}

impl Kept {
    fn rank(&self) -> Rank<'_> {
        let Self { location, load, created, .. } = *self;
        Rank { location, load, created, id: self.session.id.as_str() }
    }
}

/// Keeps the best entries while the list goes by.
struct Best<'r> {
    request: &'r BackfillRequest,
    most: usize,
    kept: Vec<Kept>,
}

impl Best<'_> {
    fn offer(&mut self, entry: &Entry<'_>) {
        let Some(rank) = entry.rank(self.request) else { return };
        let full = self.kept.len() >= self.most;
        if full && self.kept.last().is_none_or(|worst| rank >= worst.rank()) {
            return;
        }
        let Some(session) = entry.session() else { return };
        let Rank { location, load, created, .. } = rank;
        let at = self.kept.partition_point(|kept| kept.rank() < rank);
        self.kept.insert(at, Kept { location, load, created, session });
        self.kept.truncate(self.most);
    }
}

impl<'a> Visitor<'a> for &mut Best<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sessions")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<Cow<'a, str>>()? {
            if key == "sessions" {
                found = true;
                map.next_value_seed(Entries(self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(serde::de::Error::missing_field("sessions")) }
    }
}

/// The array of entries.
struct Entries<'b, 'r>(&'b mut Best<'r>);

impl<'a> DeserializeSeed<'a> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of sessions")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry<'a>>()? {
            self.0.offer(&entry);
        }
        Ok(())
    }

    /// Some encoders write an empty list as `null`.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
