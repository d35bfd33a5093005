//! Sessions as lists and descriptions show them, and the filter of a list.

use std::collections::BTreeMap;

use matchport_json::{Error, Reader};
use serde::Serialize;

use super::{JoinedPlayers, Labels, Ports, SessionId, SessionStatus};

/// One entry of `GET /session`. Only id, image, location, host, created and ports are certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSummary {
    /// The session's id.
    pub id: SessionId,
    /// The application's name.
    pub image: String,
    /// Where it runs.
    pub location: String,
    /// Address of the host.
    pub host: String,
    /// When it was created, in milliseconds since 1970.
    pub created: u64,
    /// Its ports; the API calls the field `port` here.
    pub ports: Ports,
    /// Image tag.
    pub tag: Option<String>,
    /// What the service says of it.
    pub status: Option<SessionStatus>,
    /// Players who joined.
    pub player_count: Option<u32>,
    /// Labels, packed as the service packs them.
    pub labels: Labels,
}

/// The answer to `GET /session/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionDetails {
    /// The session's id.
    pub id: SessionId,
    /// The application's name.
    pub image: String,
    /// Where it runs.
    pub location: String,
    /// Address of the host.
    pub host: String,
    /// When it was created, in milliseconds since 1970.
    pub created: u64,
    /// Its ports; the API calls the field `port` here.
    pub ports: Ports,
    /// Image tag.
    pub tag: Option<String>,
    /// What the service says of it.
    pub status: Option<SessionStatus>,
    /// Who joined.
    pub players: JoinedPlayers,
    /// Labels, packed as the service packs them.
    pub labels: Labels,
}

/// What either may hold, as it comes.
#[derive(Default)]
struct Fields {
    id: Option<SessionId>,
    image: Option<String>,
    location: Option<String>,
    host: Option<String>,
    created: Option<u64>,
    port: Option<Ports>,
    /// The name of the same in the answer to a start: read when it stands alone, and no hindrance beside `port`.
    ports: Option<Ports>,
    tag: Option<String>,
    status: Option<SessionStatus>,
    player_count: Option<u32>,
    players: JoinedPlayers,
    labels: Labels,
}

impl Fields {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut fields = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "id" => fields.id = Some(SessionId::read(reader)?),
                "image" => fields.image = Some(reader.text()?.into_owned()),
                "location" => fields.location = Some(reader.text()?.into_owned()),
                "host" => fields.host = reader.text_or_null()?,
                "created" => fields.created = if reader.null()? { None } else { Some(reader.number()?.truncated()) },
                "port" => fields.port = Some(Ports::read(reader)?),
                "ports" => fields.ports = readable_ports(reader)?,
                "tag" => fields.tag = reader.text_or_null()?,
                "status" => fields.status = reader.text_or_null()?.map(|status| SessionStatus::from(&*status)),
                "playerCount" => fields.player_count = if reader.null()? { None } else { Some(reader.whole()?) },
                "players" => fields.players = JoinedPlayers::read(reader)?,
                "labels" => fields.labels = Labels::read(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(fields)
    }
}

/// Ports, or none when they are no ports.
fn readable_ports(reader: &mut Reader<'_>) -> Result<Option<Ports>, Error> {
    let before = reader.clone();
    if let Ok(ports) = Ports::read(reader) {
        return Ok(Some(ports));
    }
    *reader = before;
    reader.skip().map(|()| None)
}

impl SessionSummary {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let fields = Fields::read(reader)?;
        Ok(Self {
            id: fields.id.ok_or_else(|| reader.missing("id"))?,
            image: fields.image.ok_or_else(|| reader.missing("image"))?,
            location: fields.location.ok_or_else(|| reader.missing("location"))?,
            host: fields.host.ok_or_else(|| reader.missing("host"))?,
            created: fields.created.ok_or_else(|| reader.missing("created"))?,
            ports: fields.port.or(fields.ports).ok_or_else(|| reader.missing("port"))?,
            tag: fields.tag,
            status: fields.status,
            player_count: fields.player_count,
            labels: fields.labels,
        })
    }
}

impl SessionDetails {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let fields = Fields::read(reader)?;
        Ok(Self {
            id: fields.id.ok_or_else(|| reader.missing("id"))?,
            image: fields.image.ok_or_else(|| reader.missing("image"))?,
            location: fields.location.ok_or_else(|| reader.missing("location"))?,
            host: fields.host.unwrap_or_default(),
            created: fields.created.unwrap_or_default(),
            ports: fields.port.or(fields.ports).unwrap_or_default(),
            tag: fields.tag,
            status: fields.status,
            players: fields.players,
            labels: fields.labels,
        })
    }
}

/// What a list of sessions is narrowed to. Everything left out does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Also sessions that are not running.
    pub all: bool,
    /// Exact location.
    pub location: Option<String>,
    /// Exact image.
    pub image: Option<String>,
    /// Exact image tag.
    pub tag: Option<String>,
    /// Exact host address.
    pub host: Option<String>,
    /// Fewer players than this.
    pub players_below: Option<u32>,
    /// More players than this.
    pub players_above: Option<u32>,
    /// Sessions whose label or field has this value; all must hold. Case-sensitive.
    pub having: BTreeMap<String, String>,
    /// Sessions whose label or field has this value are dropped.
    pub not_having: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_only_what_is_certain() {
        let json = r#"{"id":"s","image":"i","location":"eu-west-1","host":"10.0.0.1","created":1712345678901,
            "port":{"7777/udp":27015},"news":[1,2]}"#;
        let entry = SessionSummary::read(&mut Reader::new(json.as_bytes())).expect("entry");
        assert_eq!(entry.created, 1_712_345_678_901);
        assert_eq!((entry.status, entry.player_count, entry.tag), (None, None, None));
    }

    #[test]
    fn a_described_session() {
        let json = r#"{"id":"s","image":"i","location":"europe","host":"h","created":1712345678901.0,"tag":null,
            "port":{"7777/udp":27015},"status":"running","labels":{"tags":"{}"},
            "players":{"joined":["a","b"],"joinedCount":2}}"#;
        let session = SessionDetails::read(&mut Reader::new(json.as_bytes())).expect("session");
        assert_eq!(session.created, 1_712_345_678_901);
        assert_eq!(session.players, JoinedPlayers { joined: vec!["a".into(), "b".into()], joined_count: 2 });
        assert_eq!(session.status, Some(SessionStatus::Running));
    }

    #[test]
    fn an_entry_without_an_id_is_refused() {
        let json = r#"{"image":"i","location":"l","host":"h","created":1,"port":{}}"#;
        let error = SessionSummary::read(&mut Reader::new(json.as_bytes())).expect_err("no id");
        assert_eq!(
            (error.path(json.as_bytes()).as_str(), error.problem),
            ("id", matchport_json::Problem::Missing("id"))
        );
    }
}
