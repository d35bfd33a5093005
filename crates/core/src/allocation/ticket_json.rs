//! How a ticket is written, and how it is read: by hands that are not ours, too.

use std::sync::Arc;

use matchport_json::{Error as JsonError, Reader, Writer};

use super::WaitFor;
use super::request::Candidates;
use super::ticket::{Phase, StartTicket, Ticket};
use crate::check::{InvalidInput, InvalidReason};
use crate::model::{SessionId, Ttl, read_map, write_map};

/// The most bytes of a ticket that are read.
pub const MAX_TICKET_BYTES: usize = 16 * 1024 * 1024;

impl Ticket {
    /// The ticket as JSON text.
    pub fn to_json(&self) -> String {
        let mut writer = Writer::with_capacity(512);
        self.write(&mut writer);
        writer.into_text()
    }

    /// Reads a ticket, and checks all of it.
    ///
    /// # Errors
    /// [`InvalidInput`] naming the field: too large, no ticket, another version, an id or field that no start
    /// request could hold.
    pub fn from_json(json: &str) -> Result<Self, InvalidInput> {
        if json.len() > MAX_TICKET_BYTES {
            return Err(InvalidInput::new("ticket", InvalidReason::TooLong { max_bytes: MAX_TICKET_BYTES }));
        }
        let malformed = |error: JsonError| {
            let (line, column) = error.line_and_column(json.as_bytes());
            let words = format!("is no ticket of this version of matchport (see line {line}, column {column})");
            InvalidInput::other("ticket", words)
        };
        let version = read_version(&mut Reader::new(json.as_bytes())).map_err(malformed)?;
        if version != Self::VERSION {
            return Err(InvalidInput::other(
                "ticket",
                format!("has version {version}; this matchport reads {}", Self::VERSION),
            ));
        }
        let mut reader = Reader::new(json.as_bytes());
        let read = Self::read(&mut reader).and_then(|ticket| reader.end().map(|()| ticket));
        let ticket = read.map_err(malformed)??;
        ticket.check()?;
        Ok(ticket)
    }
}

/// The version alone, which says how the rest is to be read.
fn read_version(reader: &mut Reader<'_>) -> Result<u32, JsonError> {
    let mut version = None;
    reader.begin_object()?;
    while let Some(key) = reader.key()? {
        match &*key {
            "matchport_ticket" => version = Some(reader.whole()?),
            _ => reader.skip()?,
        }
    }
    version.ok_or_else(|| reader.missing("matchport_ticket"))
}

impl Ticket {
    /// The shape of it. Inside, an id that is none.
    fn read(reader: &mut Reader<'_>) -> Result<Result<Self, InvalidInput>, JsonError> {
        let (mut version, mut base_url, mut session, mut phase) = (None, None, None, None);
        let (mut location, mut locations, mut admitted_in_ms) = (None, None, Vec::new());
        let (mut wait_for, mut remaining_ms, mut start, mut unplaced) = (None, None, None, None);
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "matchport_ticket" => version = Some(reader.whole()?),
                "base_url" => base_url = Some(Arc::from(&*reader.text()?)),
                "session" => session = Some(reader.text()?.into_owned()),
                "phase" => phase = Some(Phase::read(reader)?),
                "location" => location = reader.text_or_null()?,
                "locations" => locations = Some(reader.texts()?.into()),
                "admitted_in_ms" => {
                    admitted_in_ms.clear();
                    reader.begin_list()?;
                    while reader.item()? {
                        admitted_in_ms.push(reader.whole()?);
                    }
                }
                "wait_for" => wait_for = Some(WaitFor::read(reader)?),
                "remaining_ms" => remaining_ms = Some(reader.whole()?),
                "start" => start = Some(Arc::new(StartTicket::read(reader)?)),
                "unplaced" => unplaced = if reader.null()? { None } else { Some(Arc::new(Candidates::read(reader)?)) },
                _ => return Err(reader.unknown()),
            }
        }
        let session = SessionId::new(session.ok_or_else(|| reader.missing("session"))?);
        let session = match session {
            Ok(session) => session,
            Err(invalid) => return Ok(Err(InvalidInput::new("ticket.session", invalid.reason))),
        };
        Ok(Ok(Self {
            version: version.ok_or_else(|| reader.missing("matchport_ticket"))?,
            base_url: base_url.ok_or_else(|| reader.missing("base_url"))?,
            session,
            phase: phase.ok_or_else(|| reader.missing("phase"))?,
            location,
            locations: locations.ok_or_else(|| reader.missing("locations"))?,
            admitted_in_ms,
            wait_for: wait_for.ok_or_else(|| reader.missing("wait_for"))?,
            remaining_ms: remaining_ms.ok_or_else(|| reader.missing("remaining_ms"))?,
            start: start.ok_or_else(|| reader.missing("start"))?,
            unplaced,
        }))
    }

    fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("matchport_ticket");
        writer.whole(u64::from(self.version));
        writer.key("base_url");
        writer.text(&self.base_url);
        writer.key("session");
        writer.text(self.session.as_str());
        writer.key("phase");
        writer.text(self.phase.as_str());
        writer.key("location");
        match &self.location {
            Some(location) => writer.text(location),
            None => writer.null(),
        }
        writer.key("locations");
        writer.texts(&self.locations);
        if !self.admitted_in_ms.is_empty() {
            writer.key("admitted_in_ms");
            writer.begin_list();
            self.admitted_in_ms.iter().for_each(|time| writer.whole(*time));
            writer.end_list();
        }
        writer.key("wait_for");
        writer.text(self.wait_for.as_str());
        writer.key("remaining_ms");
        writer.whole(self.remaining_ms);
        writer.key("start");
        self.start.write(writer);
        if let Some(unplaced) = &self.unplaced {
            writer.key("unplaced");
            unplaced.write(writer);
        }
        writer.end_object();
    }
}

impl Phase {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let before = reader.position();
        match &*reader.text()? {
            "allocating" => Ok(Self::Allocating),
            "settling" => Ok(Self::Settling),
            _ => Err(reader.must_be(before, "allocating or settling")),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Allocating => "allocating",
            Self::Settling => "settling",
        }
    }
}

impl StartTicket {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let (mut image, mut env_names) = (None, None);
        let mut start = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "image" => image = Some(reader.text()?.into_owned()),
                "args" => start.args = reader.texts()?,
                "labels" => start.labels = read_map(reader)?,
                "version" => start.version = reader.text_or_null()?,
                "restart" => start.restart = if reader.null()? { None } else { Some(reader.bool()?) },
                "external_id" => start.external_id = reader.text_or_null()?,
                "ttl" => start.ttl = if reader.null()? { None } else { Some(Ttl::read(reader)?) },
                "env_names" => env_names = Some(reader.texts()?),
                "env" => start.env = if reader.null()? { None } else { Some(read_map(reader)?) },
                _ => return Err(reader.unknown()),
            }
        }
        start.image = image.ok_or_else(|| reader.missing("image"))?;
        start.env_names = env_names.ok_or_else(|| reader.missing("env_names"))?;
        Ok(start)
    }

    fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("image");
        writer.text(&self.image);
        if !self.args.is_empty() {
            writer.key("args");
            writer.texts(&self.args);
        }
        if !self.labels.is_empty() {
            writer.key("labels");
            write_map(writer, &self.labels);
        }
        if let Some(version) = &self.version {
            writer.key("version");
            writer.text(version);
        }
        if let Some(restart) = self.restart {
            writer.key("restart");
            writer.bool(restart);
        }
        if let Some(external_id) = &self.external_id {
            writer.key("external_id");
            writer.text(external_id);
        }
        if let Some(ttl) = self.ttl {
            writer.key("ttl");
            writer.whole(ttl.seconds());
        }
        writer.key("env_names");
        writer.texts(&self.env_names);
        if let Some(env) = &self.env {
            writer.key("env");
            write_map(writer, env);
        }
        writer.end_object();
    }
}
