//! Choosing sessions with open slots straight from the bytes of a `GET /session` answer: only the needed fields are
//! read, nothing is copied for sessions that are not chosen, and memory does not grow with the list.

use std::borrow::Cow;
use std::cmp::Ordering;
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
/// The [`Error`] that the status stands for, or that the body can't be read.
pub fn best_sessions(answer: &Answer<'_>, request: &BackfillRequest, most: usize) -> Result<Vec<OpenSession>, Error> {
    if answer.status != 200 {
        return Err(answer.failure());
    }
    let mut best = Best { request, most, ranked: Vec::with_capacity(most.min(64)) };
    let mut json = serde_json::Deserializer::from_slice(answer.body);
    json.deserialize_map(&mut best).and_then(|()| json.end()).map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        crate::http::unreadable(answer.status, &place)
    })?;
    best.ranked.into_iter().map(Ranked::owned).collect()
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
    status: Option<Cow<'a, str>>,
    #[serde(default, rename = "playerCount")]
    player_count: Option<u32>,
    #[serde(default, deserialize_with = "crate::model::flexible_integer")]
    created: u64,
    #[serde(borrow)]
    port: &'a serde_json::value::RawValue,
}

/// A chosen entry, with what it is ordered by.
struct Ranked<'a> {
    location_rank: usize,
    load: u32,
    entry: Entry<'a>,
}

impl<'a> Ranked<'a> {
    /// Whether and how well an entry serves.
    fn of(entry: Entry<'a>, request: &BackfillRequest) -> Option<Self> {
        let players = entry.player_count.unwrap_or(0);
        let needed = u32::try_from(request.players.len()).unwrap_or(u32::MAX);
        let fits = players.checked_add(needed).is_some_and(|after| after <= request.capacity);
        let runs = entry.status.as_deref().is_none_or(|status| status == "running");
        if !fits || !runs || entry.image != request.image.as_str() {
            return None;
        }
        let location_rank = match &request.locations {
            Some(locations) => locations.iter().position(|location| entry.location == location.as_str())?,
            None => 0,
        };
        let load = match request.prefer {
            Prefer::Fullest => request.capacity - players,
            Prefer::Emptiest => players,
        };
        Some(Self { location_rank, load, entry })
    }

    fn better_first(&self, other: &Self) -> Ordering {
        let key = |ranked: &Self| (ranked.location_rank, ranked.load, ranked.entry.created);
        key(self).cmp(&key(other)).then_with(|| self.entry.id.cmp(&other.entry.id))
    }

    fn owned(self) -> Result<OpenSession, Error> {
        let Entry { id, location, host, player_count, port, .. } = self.entry;
        let unreadable = |what: &str| crate::http::unreadable(200, &format!("{what} of a session is not valid"));
        Ok(OpenSession {
            id: SessionId::new(id.into_owned()).map_err(|_| unreadable("the id"))?,
            location: location.into_owned(),
            host: host.into_owned(),
            ports: serde_json::from_str(port.get()).map_err(|_| unreadable("the port"))?,
            players: player_count.unwrap_or(0),
        })
    }
}

/// Keeps the best entries while the list goes by.
struct Best<'r, 'a> {
    request: &'r BackfillRequest,
    most: usize,
    ranked: Vec<Ranked<'a>>,
}

impl<'a> Best<'_, 'a> {
    fn offer(&mut self, entry: Entry<'a>) {
        let Some(ranked) = Ranked::of(entry, self.request) else { return };
        let full = self.ranked.len() >= self.most;
        if full && self.ranked.last().is_none_or(|worst| ranked.better_first(worst) != Ordering::Less) {
            return;
        }
        let at = self.ranked.partition_point(|kept| kept.better_first(&ranked) == Ordering::Less);
        self.ranked.insert(at, ranked);
        self.ranked.truncate(self.most);
    }
}

impl<'a> Visitor<'a> for &mut Best<'_, 'a> {
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
struct Entries<'b, 'r, 'a>(&'b mut Best<'r, 'a>);

impl<'a> DeserializeSeed<'a> for Entries<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Entries<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of sessions")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry<'a>>()? {
            self.0.offer(entry);
        }
        Ok(())
    }
}
