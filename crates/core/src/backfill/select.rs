//! Choosing sessions with open slots straight from the bytes of a `GET /session` answer: only the needed fields are
//! read, nothing is copied for sessions that are not chosen, and memory does not grow with the list.

use matchport_json::{Error as JsonError, RawText, Reader};

use super::{BackfillRequest, Prefer};
use crate::error::Error;
use crate::http::{Answer, list};
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
    let mut reader = Reader::new(answer.body);
    let read = list::each_session(&mut reader, &mut |reader| {
        best.offer(&Entry::read(reader)?);
        Ok(())
    });
    read.and_then(|()| reader.end()).map_err(|error| answer.unreadable(error))?;
    Ok(best.kept.into_iter().map(|kept| kept.session).collect())
}

/// The fields of an entry that the choice needs, borrowed from the answer.
struct Entry<'a> {
    id: RawText<'a>,
    location: RawText<'a>,
    host: RawText<'a>,
    image: RawText<'a>,
    status: Option<RawText<'a>>,
    players: u32,
    created: u64,
    /// The JSON of its ports, which is read only when the entry is kept.
    port: &'a [u8],
}

impl<'a> Entry<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        let (mut id, mut location, mut host, mut image, mut port) = (None, None, None, None, None);
        let (mut status, mut players, mut created) = (None, 0, 0);
        reader.begin_object()?;
        while let Some(key) = reader.raw_key()? {
            match &*key.bytes() {
                b"id" => id = Some(reader.raw_text()?),
                b"location" => location = Some(reader.raw_text()?),
                b"host" => host = Some(reader.raw_text()?),
                b"image" => image = Some(reader.raw_text()?),
                b"status" => status = if reader.null()? { None } else { Some(reader.raw_text()?) },
                b"playerCount" => players = if reader.null()? { 0 } else { reader.whole()? },
                b"created" => created = reader.number()?.truncated(),
                b"port" => port = Some(reader.raw()?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            id: id.ok_or_else(|| reader.missing("id"))?,
            location: location.ok_or_else(|| reader.missing("location"))?,
            host: host.ok_or_else(|| reader.missing("host"))?,
            image: image.ok_or_else(|| reader.missing("image"))?,
            port: port.ok_or_else(|| reader.missing("port"))?,
            status,
            players,
            created,
        })
    }
}

impl Entry<'_> {
    /// How well its place and load serve, less being better; `None` when it does not serve.
    fn rank(&self, request: &BackfillRequest) -> Option<(usize, u32)> {
        let players = self.players;
        let needed = u32::try_from(request.players.len()).unwrap_or(u32::MAX);
        let fits = players.checked_add(needed).is_some_and(|after| after <= request.capacity);
        let runs = self.status.as_ref().is_none_or(|status| *status == "running");
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
        Some((location, load))
    }

    /// The session, unless nobody could be sent there: its id or ports are none.
    fn session(&self) -> Option<OpenSession> {
        Some(OpenSession {
            id: SessionId::new(&*self.id.text()?).ok()?,
            location: self.location.text()?.into_owned(),
            host: self.host.text()?.into_owned(),
            ports: Ports::read(&mut Reader::new(self.port)).ok()?,
            players: self.players,
        })
    }
}

/// What sessions are ordered by, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    location: usize,
    load: u32,
    created: u64,
    id: &'a [u8],
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
        Rank { location, load, created, id: self.session.id.as_str().as_bytes() }
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
        let Some((location, load)) = entry.rank(self.request) else { return };
        let id = entry.id.bytes();
        let rank = Rank { location, load, created: entry.created, id: &id };
        let full = self.kept.len() >= self.most;
        if full && self.kept.last().is_none_or(|worst| rank >= worst.rank()) {
            return;
        }
        let Some(session) = entry.session() else { return };
        let at = self.kept.partition_point(|kept| kept.rank() < rank);
        self.kept.insert(at, Kept { location, load, created: entry.created, session });
        self.kept.truncate(self.most);
    }
}
