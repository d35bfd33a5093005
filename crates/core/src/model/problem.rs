//! The error body of the service.

use serde::{Deserialize, Serialize};

/// What the service said about a failure. Every field may be missing: a gateway in between can answer instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Problem {
    /// The HTTP status, repeated in the body.
    #[serde(deserialize_with = "lenient")]
    pub status_code: Option<u16>,
    /// The service's error code, such as `CAPACITY_UNAVAILABLE`.
    #[serde(deserialize_with = "lenient")]
    pub code: Option<String>,
    /// A message for people.
    #[serde(deserialize_with = "lenient")]
    pub message: Option<String>,
    /// More about it.
    #[serde(deserialize_with = "lenient")]
    pub details: Option<serde_json::Value>,
    /// The path that was asked for.
    #[serde(deserialize_with = "lenient")]
    pub path: Option<String>,
    /// Trace id to quote to the service's support.
    #[serde(deserialize_with = "lenient")]
    pub identifier: Option<String>,
    /// When it happened, as the service wrote it.
    #[serde(deserialize_with = "lenient")]
    pub timestamp: Option<serde_json::Value>,
    /// For a 422: what is wrong with the body.
    #[serde(deserialize_with = "violations")]
    pub violations: Vec<Violation>,
}

/// One field that the service refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Violation {
    /// The field, as the service names it.
    #[serde(deserialize_with = "lenient_text")]
    pub field: String,
    /// What is wrong with it.
    #[serde(deserialize_with = "lenient_text")]
    pub description: String,
}

impl Problem {
    /// Reads an error body; `None` when it is not the service's JSON (a gateway's HTML, an empty body).
    pub fn read(body: &[u8]) -> Option<Self> {
        // serde would read a struct from an array as well.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    /// Whether this has something in it that the service puts into its errors. A gateway's JSON, with a message at
    /// most, has not.
    pub fn is_the_services(&self) -> bool {
        self.status_code.is_some() || self.code.is_some() || self.identifier.is_some()
    }
}

/// A field of an unexpected type counts as missing: the rest is still worth having.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

fn lenient_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(lenient(deserializer)?.unwrap_or_default())
}

/// Those entries that say something.
fn violations<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Violation>, D::Error> {
    let entries = lenient::<D, Vec<serde_json::Value>>(deserializer)?.unwrap_or_default();
    let read = entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok());
    Ok(read.filter(|violation| *violation != Violation::default()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_error() {
        let body = br#"{"statusCode":422,"code":"INVALID_REQUEST","message":"bad","details":"d","path":"/session",
            "identifier":"trace-1","timestamp":"2026-01-01T00:00:00Z","violations":[{"field":"ttl","description":"no"}]}"#;
        let problem = Problem::read(body).expect("JSON");
        assert_eq!(problem.status_code, Some(422));
        assert_eq!(problem.identifier.as_deref(), Some("trace-1"));
        assert_eq!(problem.violations, [Violation { field: "ttl".into(), description: "no".into() }]);
    }

    #[test]
    fn odd_types_do_not_hide_the_rest() {
        let problem = Problem::read(br#"{"statusCode":"x","message":5,"identifier":"t","violations":"none"}"#);
        let problem = problem.expect("JSON");
        assert_eq!((problem.status_code, problem.message), (None, None));
        assert_eq!(problem.identifier.as_deref(), Some("t"));
    }

    #[test]
    fn what_is_not_the_service() {
        assert_eq!(Problem::read(b"<html>"), None);
        assert_eq!(Problem::read(b""), None);
        assert_eq!(Problem::read(b"[1]"), None);
    }
}
