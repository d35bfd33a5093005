//! Sessions as lists and descriptions show them, and the filter of a list.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};

use super::{JoinedPlayers, Labels, Ports, SessionId, SessionStatus};

/// One entry of `GET /session`. Only id, image, location, host, created and ports are certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(deserialize_with = "flexible_integer")]
    pub created: u64,
    /// Its ports; the API calls the field `port` here.
    #[serde(rename(deserialize = "port"), alias = "ports")]
    pub ports: Ports,
    /// Image tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// What the service says of it.
    #[serde(default)]
    pub status: Option<SessionStatus>,
    /// Players who joined.
    #[serde(default)]
    pub player_count: Option<u32>,
    /// Labels, packed as the service packs them.
    #[serde(default)]
    pub labels: Labels,
}

/// The answer to `GET /session/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionDetails {
    /// The session's id.
    pub id: SessionId,
    /// The application's name.
    pub image: String,
    /// Where it runs.
    pub location: String,
    /// Address of the host.
    #[serde(default, deserialize_with = "null_is_default")]
    pub host: String,
    /// When it was created, in milliseconds since 1970.
    #[serde(default, deserialize_with = "flexible_integer")]
    pub created: u64,
    /// Its ports; the API calls the field `port` here.
    #[serde(rename(deserialize = "port"), alias = "ports", default)]
    pub ports: Ports,
    /// Image tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// What the service says of it.
    #[serde(default)]
    pub status: Option<SessionStatus>,
    /// Who joined.
    #[serde(default, deserialize_with = "null_is_default")]
    pub players: JoinedPlayers,
    /// Labels, packed as the service packs them.
    #[serde(default)]
    pub labels: Labels,
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
