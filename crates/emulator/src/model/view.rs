//! How a session looks in an answer: list entry, described session, the answer to a start. Only reading, no deciding.

use std::borrow::Cow;
use std::sync::Arc;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::session::{Facts, PortMapping, Status};

/// A session at one moment, cheap to take: what is shown later is read from shared facts.
pub(crate) struct Snapshot {
    pub(crate) facts: Arc<Facts>,
    pub(crate) status: Status,
    pub(crate) player_count: usize,
}

impl Snapshot {
    /// Whether a label or a field of this name equals the value.
    pub(super) fn has(&self, key: &str, value: &str) -> bool {
        let facts = &self.facts;
        facts.labels.get(key) == Some(value)
            || facts.image.labels.get(key).is_some_and(|label| label == value)
            || self.field(key).is_some_and(|field| field.as_ref() == value)
    }

    fn field(&self, key: &str) -> Option<Cow<'_, str>> {
        let facts = &self.facts;
        Some(match key {
            "id" => facts.id.as_ref().into(),
            "image" => facts.image.name.as_str().into(),
            "tag" => facts.tag().into(),
            "location" => facts.location.id.as_str().into(),
            "host" => facts.host.as_ref().into(),
            "status" => self.status.name().into(),
            "created" => facts.created.to_string().into(),
            "playerCount" => self.player_count.to_string().into(),
            "external_id" => facts.external_id.as_deref()?.into(),
            _ => return None,
        })
    }

    /// As an entry of a list.
    pub(crate) fn entry(&self) -> impl Serialize {
        Entry { common: Common::new(&self.facts, self.status), player_count: self.player_count }
    }
}

/// The body of `GET /session`.
pub(crate) fn list(sessions: &[Snapshot]) -> impl Serialize {
    #[derive(Serialize)]
    struct List<'a> {
        #[serde(serialize_with = "entries")]
        sessions: &'a [Snapshot],
    }

    fn entries<S: Serializer>(sessions: &&[Snapshot], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(sessions.len()))?;
        for session in *sessions {
            sequence.serialize_element(&session.entry())?;
        }
        sequence.end()
    }

    List { sessions }
}

/// The body of `GET /session/{id}`.
pub(crate) fn described<'a>(facts: &'a Facts, status: Status, joined: &'a [Arc<str>]) -> impl Serialize + 'a {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Players<'a> {
        joined: Vec<&'a str>,
        joined_count: usize,
    }

    #[derive(Serialize)]
    struct Described<'a> {
        #[serde(flatten)]
        common: Common<'a>,
        players: Players<'a>,
    }

    let players = Players { joined: joined.iter().map(AsRef::as_ref).collect(), joined_count: joined.len() };
    Described { common: Common::new(facts, status), players }
}

/// The body of the answer to a start.
pub(crate) fn started(facts: &Facts) -> impl Serialize {
    #[derive(Serialize)]
    struct Started<'a> {
        id: &'a str,
        host: &'a str,
        #[serde(serialize_with = "port_list")]
        ports: &'a [PortMapping],
    }

    #[derive(Serialize)]
    struct Port {
        r#type: &'static str,
        container: u16,
        host: u16,
    }

    fn port_list<S: Serializer>(ports: &&[PortMapping], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ports.iter().map(|port| Port {
            r#type: port.protocol.name(),
            container: port.container,
            host: port.host,
        }))
    }

    Started { id: &facts.id, host: &facts.host, ports: &facts.ports }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    player_count: usize,
}

/// What an entry and a described session have in common.
#[derive(Serialize)]
struct Common<'a> {
    id: &'a str,
    image: &'a str,
    tag: &'a str,
    location: &'a str,
    host: &'a str,
    created: u64,
    #[serde(serialize_with = "port_object")]
    port: &'a [PortMapping],
    status: &'static str,
    #[serde(serialize_with = "packed_labels")]
    labels: &'a Facts,
}

impl<'a> Common<'a> {
    fn new(facts: &'a Facts, status: Status) -> Self {
        Self {
            id: &facts.id,
            image: &facts.image.name,
            tag: facts.tag(),
            location: &facts.location.id,
            host: &facts.host,
            created: facts.created,
            port: &facts.ports,
            status: status.name(),
            labels: facts,
        }
    }
}

/// `{"7777/udp": 27015}`
fn port_object<S: Serializer>(ports: &&[PortMapping], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(ports.iter().map(|port| (format!("{}/{}", port.container, port.protocol.name()), port.host)))
}

fn pack<E: serde::ser::Error>(value: &impl Serialize) -> Result<String, E> {
    serde_json::to_string(value).map_err(E::custom)
}

/// The labels of the image as they are, and three JSON strings beside them: `tags`, `env` and `gameye`.
fn packed_labels<S: Serializer>(facts: &&Facts, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Gameye<'a> {
        organization: &'a str,
        session: &'a str,
        image: &'a str,
        region: &'a str,
        tag: &'a str,
    }

    let gameye = Gameye {
        organization: &facts.organization,
        session: &facts.id,
        image: &facts.image.name,
        region: &facts.location.id,
        tag: facts.tag(),
    };
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in
        facts.image.labels.iter().filter(|(name, _)| !matches!(name.as_str(), "tags" | "env" | "gameye"))
    {
        map.serialize_entry(name, value)?;
    }
    map.serialize_entry("tags", &pack(&facts.labels)?)?;
    map.serialize_entry("env", &pack(&facts.env)?)?;
    map.serialize_entry("gameye", &pack(&gameye)?)?;
    map.end()
}
