//! Sessions as lists and descriptions show them, and the filter of a list.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};

use super::problem::lenient;
use super::{JoinedPlayers, Labels, Ports, SessionId, SessionStatus};

/// One entry of `GET /session`. Only id, image, location, host, created and ports are certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Fields")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Fields")]
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
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    id: SessionId,
    image: String,
    location: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default, deserialize_with = "flexible_integer_or_null")]
    created: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    port: Option<Ports>,
    /// The name of the same in the answer to a start: read when it stands alone, and no hindrance beside `port`.
    #[serde(default, deserialize_with = "lenient")]
    ports: Option<Ports>,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    status: Option<SessionStatus>,
    #[serde(default)]
    player_count: Option<u32>,
    #[serde(default)]
    players: Option<JoinedPlayers>,
    #[serde(default)]
    labels: Labels,
}

impl TryFrom<Fields> for SessionSummary {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        Ok(Self {
            id: fields.id,
            image: fields.image,
            location: fields.location,
            host: fields.host.ok_or("no host")?,
            created: fields.created.ok_or("no created")?,
            ports: fields.port.or(fields.ports).ok_or("no port")?,
            tag: fields.tag,
            status: fields.status,
            player_count: fields.player_count,
            labels: fields.labels,
        })
    }
}

impl From<Fields> for SessionDetails {
    fn from(fields: Fields) -> Self {
        Self {
            id: fields.id,
            image: fields.image,
            location: fields.location,
            host: fields.host.unwrap_or_default(),
            created: fields.created.unwrap_or_default(),
            ports: fields.port.or(fields.ports).unwrap_or_default(),
            tag: fields.tag,
            status: fields.status,
            players: fields.players.unwrap_or_default(),
            labels: fields.labels,
        }
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

/// `null` counts as left out.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A JSON number of milliseconds, written as an integer or (by some serializers) with a fraction or exponent.
pub(crate) fn flexible_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Integer(u64),
        Fraction(f64),
    }
    match Number::deserialize(deserializer)? {
        Number::Integer(integer) => Ok(integer),
        // `as` saturates, so no fraction can overflow or become negative.
        Number::Fraction(fraction) => Ok(fraction as u64),
    }
}

/// A field that is there, though it may be `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn flexible_integer_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Integer(#[serde(deserialize_with = "flexible_integer")] u64);
    Ok(Option::<Integer>::deserialize(deserializer)?.map(|Integer(integer)| integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_only_what_is_certain() {
        let json = r#"{"id":"s","image":"i","location":"eu-west-1","host":"10.0.0.1","created":1712345678901,
            "port":{"7777/udp":27015},"news":[1,2]}"#;
        let entry: SessionSummary = serde_json::from_str(json).expect("entry");
        assert_eq!(entry.created, 1_712_345_678_901);
        assert_eq!((entry.status, entry.player_count, entry.tag), (None, None, None));
    }

    #[test]
    fn a_described_session() {
        let json = r#"{"id":"s","image":"i","location":"europe","host":"h","created":1712345678901.0,"tag":null,
            "port":{"7777/udp":27015},"status":"running","labels":{"tags":"{}"},
            "players":{"joined":["a","b"],"joinedCount":2}}"#;
        let session: SessionDetails = serde_json::from_str(json).expect("session");
        assert_eq!(session.created, 1_712_345_678_901);
        assert_eq!(session.players, JoinedPlayers { joined: vec!["a".into(), "b".into()], joined_count: 2 });
        assert_eq!(session.status, Some(SessionStatus::Running));
    }

    #[test]
    fn an_entry_without_an_id_is_refused() {
        let json = r#"{"image":"i","location":"l","host":"h","created":1,"port":{}}"#;
        assert!(serde_json::from_str::<SessionSummary>(json).is_err());
    }
}
