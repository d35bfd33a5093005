//! Starting a session: what is sent and what comes back.

use std::collections::BTreeMap;
use std::fmt;

use matchport_json::{Error, Reader, Writer};

use super::{Ports, SessionId, Ttl, TtlForm};

/// The body of `POST /session`. `Debug` hides the values of `env`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StartSession {
    /// The location, as `GET /available-location` names it.
    pub location: String,
    /// The application's name.
    pub image: String,
    /// The session's id; the service makes one when it is left out, which matchport never does.
    pub id: Option<SessionId>,
    /// Environment of the game server; values must not be empty.
    pub env: BTreeMap<String, String>,
    /// Its command line arguments; none may be empty.
    pub args: Vec<String>,
    /// Restart on failure (never after a manual stop). Left out when `None`.
    pub restart: Option<bool>,
    /// Metadata, fixed for the session's life.
    pub labels: BTreeMap<String, String>,
    /// Image tag; left out, the service takes the tag of highest priority.
    pub version: Option<String>,
    /// Forced end after this time.
    pub ttl: Option<Ttl>,
    /// The form in which `ttl` is written.
    pub ttl_form: TtlForm,
    /// The caller's own reference.
    pub external_id: Option<String>,
}

impl StartSession {
    /// The body of the request.
    pub(crate) fn write(&self, body: &mut Writer) {
        body.begin_object();
        body.key("image");
        body.text(&self.image);
        body.key("location");
        body.text(&self.location);
        if let Some(id) = &self.id {
            body.key("id");
            body.text(id.as_str());
        }
        if !self.env.is_empty() {
            body.key("env");
            write_map(body, &self.env);
        }
        if !self.args.is_empty() {
            body.key("args");
            body.texts(&self.args);
        }
        if let Some(restart) = self.restart {
            body.key("restart");
            body.bool(restart);
        }
        if !self.labels.is_empty() {
            body.key("labels");
            write_map(body, &self.labels);
        }
        if let Some(version) = &self.version {
            body.key("version");
            body.text(version);
        }
        if let Some(ttl) = self.ttl {
            body.key("ttl");
            match self.ttl_form {
                TtlForm::Seconds => body.whole(ttl.seconds()),
                TtlForm::Duration => body.text(&ttl.duration_form()),
            }
        }
        if let Some(external_id) = &self.external_id {
            body.key("external_id");
            body.text(external_id);
        }
        body.end_object();
    }
}

/// Writes names with their values.
pub(crate) fn write_map(writer: &mut Writer, map: &BTreeMap<String, String>) {
    writer.begin_object();
    for (name, value) in map {
        writer.key(name);
        writer.text(value);
    }
    writer.end_object();
}

/// Reads names with their values, all of them texts.
///
/// # Errors
/// No object stands there, or a value in it is no text.
pub fn read_map(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut map = BTreeMap::new();
    reader.begin_object()?;
    while let Some(name) = reader.key()? {
        map.insert(name.into_owned(), reader.text()?.into_owned());
    }
    Ok(map)
}

impl fmt::Debug for StartSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartSession")
            .field("location", &self.location)
            .field("image", &self.image)
            .field("id", &self.id)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("args", &self.args.len())
            .field("version", &self.version)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// The answer to a start: where players connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedSession {
    /// The session's id; when missing, the one that was sent.
    pub id: Option<SessionId>,
    /// Address of the host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
}

impl StartedSession {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (mut id, mut host, mut ports) = (None, None, None);
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "id" => id = if reader.null()? { None } else { Some(SessionId::read(reader)?) },
                "host" => host = Some(reader.text()?.into_owned()),
                "ports" => ports = Some(Ports::read(reader)?),
                _ => reader.skip()?,
            }
        }
        let host = host.ok_or_else(|| reader.missing("host"))?;
        let ports = ports.ok_or_else(|| reader.missing("ports"))?;
        Ok(Self { id, host, ports })
    }
}
