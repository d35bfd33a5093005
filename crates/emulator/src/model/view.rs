//! How a session looks in an answer: list entry, described session, the answer to a start. Only reading, no deciding.

use std::borrow::Cow;
use std::sync::Arc;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Schema, Type};

use super::body::text_schema;
use super::session::{Facts, PortMapping, Status};
use crate::config::Protocol;

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
    pub(crate) fn entry(&self) -> impl Serialize + '_ {
        Entry { common: Common::new(&self.facts, self.status), player_count: self.player_count }
    }
}

/// The body of `GET /session`.
pub(crate) fn list(sessions: &[Snapshot]) -> List<'_> {
    List { sessions }
}

/// The body of `GET /session/{id}`.
pub(crate) fn described<'a>(facts: &'a Facts, status: Status, joined: &'a [Arc<str>]) -> Described<'a> {
    let players = Players { joined: joined.iter().map(AsRef::as_ref).collect(), joined_count: joined.len() };
    Described { common: Common::new(facts, status), players }
}

/// The body of the answer to a start.
pub(crate) fn started(facts: &Facts) -> Started<'_> {
    Started { id: &facts.id, host: &facts.host, ports: &facts.ports }
}

/// The body of `GET /session`.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(crate) struct List<'a> {
    /// In the order of their starts.
    #[serde(serialize_with = "entries")]
    #[schema(value_type = Vec<Entry<'static>>)]
    sessions: &'a [Snapshot],
}

fn entries<S: Serializer>(sessions: &&[Snapshot], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(sessions.len()))?;
    for session in *sessions {
        sequence.serialize_element(&session.entry())?;
    }
    sequence.end()
}

/// The players of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Players<'a> {
    /// In the order of joining.
    #[schema(value_type = Vec<String>)]
    joined: Vec<&'a str>,
    /// How many they are.
    joined_count: usize,
}

/// A session as `GET /session/{id}` has it.
#[derive(Serialize, ToSchema)]
#[schema(as = DescribedSession)]
pub(crate) struct Described<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    players: Players<'a>,
}

/// The answer to a start.
#[derive(Serialize, ToSchema)]
pub(crate) struct Started<'a> {
    /// Of the session, as it was sent or made up.
    id: &'a str,
    /// Where players connect to.
    host: &'a str,
    /// One for each port of the image.
    #[serde(serialize_with = "port_list")]
    #[schema(value_type = Vec<Port>)]
    ports: &'a [PortMapping],
}

/// A port of a session.
#[derive(Serialize, ToSchema)]
struct Port {
    #[schema(schema_with = protocols)]
    r#type: &'static str,
    /// Where the game server listens, inside.
    #[schema(minimum = 1)]
    container: u16,
    /// Where players connect to.
    #[schema(minimum = 1)]
    host: u16,
}

fn protocols() -> Object {
    let names = [Protocol::Udp, Protocol::Tcp].map(Protocol::name);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

fn port_list<S: Serializer>(ports: &&[PortMapping], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ports.iter().map(|port| Port {
        r#type: port.protocol.name(),
        container: port.container,
        host: port.host,
    }))
}

/// A session as a list has it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionEntry)]
struct Entry<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    /// How many players are in it.
    player_count: usize,
}

/// What an entry and a described session have in common.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct Common<'a> {
    id: &'a str,
    image: &'a str,
    tag: &'a str,
    location: &'a str,
    host: &'a str,
    /// Unix time in milliseconds.
    created: u64,
    /// Host port by container port and protocol: `{"7777/udp": 27015}`.
    #[serde(serialize_with = "port_object")]
    #[schema(schema_with = port_object_schema)]
    port: &'a [PortMapping],
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// Labels of the image, and three that are JSON texts: `tags` with the caller's labels, `env` with the environment,
    /// `gameye` with organization, session, image, region and tag.
    #[serde(serialize_with = "packed_labels")]
    #[schema(schema_with = labels_schema)]
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

fn port_object_schema() -> Object {
    let port = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(u16::MAX));
    let names = text_schema("").pattern(Some("^[0-9]{1,5}/(udp|tcp)$")).build();
    let ports = ObjectBuilder::new().additional_properties(Some(Schema::from(port)));
    ports.property_names(Some(names)).build()
}

fn statuses() -> Object {
    let names = Status::ALL.map(Status::name);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

fn labels_schema() -> Object {
    let packed = || text_schema("").content_media_type("application/json");
    let own = ObjectBuilder::new().property("tags", packed()).property("env", packed()).property("gameye", packed());
    let own = own.required("tags").required("env").required("gameye");
    own.additional_properties(Some(Schema::from(text_schema("")))).build()
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
