//! Starting a session: what is sent and what comes back.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

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

impl Serialize for StartSession {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("StartSession", 10)?;
        body.serialize_field("image", &self.image)?;
        body.serialize_field("location", &self.location)?;
        if let Some(id) = &self.id {
            body.serialize_field("id", id)?;
        }
        if !self.env.is_empty() {
            body.serialize_field("env", &self.env)?;
        }
        if !self.args.is_empty() {
            body.serialize_field("args", &self.args)?;
        }
        if let Some(restart) = self.restart {
            body.serialize_field("restart", &restart)?;
        }
        if !self.labels.is_empty() {
            body.serialize_field("labels", &self.labels)?;
        }
        if let Some(version) = &self.version {
            body.serialize_field("version", version)?;
        }
        match (self.ttl, self.ttl_form) {
            (Some(ttl), TtlForm::Seconds) => body.serialize_field("ttl", &ttl)?,
            (Some(ttl), TtlForm::Duration) => body.serialize_field("ttl", &ttl.duration_form())?,
            (None, _) => {}
        }
        if let Some(external_id) = &self.external_id {
            body.serialize_field("external_id", external_id)?;
        }
        body.end()
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StartedSession {
    /// The session's id; when missing, the one that was sent.
    #[serde(default)]
    pub id: Option<SessionId>,
    /// Address of the host.
    pub host: String,
    /// Its ports.
    pub ports: Ports,
}
