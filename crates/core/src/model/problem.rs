//! The error body of the service.

use matchport_json::{Error, Kind, Reader};
use serde::Serialize;

use super::labels::any_text;

/// What the service said about a failure. Every field may be missing: a gateway in between can answer instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The HTTP status, repeated in the body.
    pub status_code: Option<u16>,
    /// The service's error code, such as `CAPACITY_UNAVAILABLE`.
    pub code: Option<String>,
    /// A message for people.
    pub message: Option<String>,
    /// More about it: a text, or the JSON of something else.
    pub details: Option<String>,
    /// The path that was asked for.
    pub path: Option<String>,
    /// Trace id to quote to the service's support.
    pub identifier: Option<String>,
    /// When it happened: a text, or the JSON of something else.
    pub timestamp: Option<String>,
    /// For a 422: what is wrong with the body.
    pub violations: Vec<Violation>,
}

/// One field that the service refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The field, as the service names it.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl Problem {
    /// Reads an error body; `None` when it is not the service's JSON (a gateway's HTML, an empty body).
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let problem = Self::read_lenient(&mut reader).ok()?;
        reader.end().is_ok().then_some(problem)
    }

    /// A field of an unexpected type counts as missing: the rest is still worth having.
    fn read_lenient(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut problem = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "statusCode" => problem.status_code = status(reader)?,
                "code" => problem.code = lenient_text(reader)?,
                "message" => problem.message = lenient_text(reader)?,
                "details" => problem.details = text_or_json(reader)?,
                "path" => problem.path = lenient_text(reader)?,
                "identifier" => problem.identifier = lenient_text(reader)?,
                "timestamp" => problem.timestamp = text_or_json(reader)?,
                "violations" => problem.violations = violations(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(problem)
    }

    /// Whether this has something in it that the service puts into its errors. A gateway's JSON, with a message at
    /// most, has not.
    pub fn is_the_services(&self) -> bool {
        self.status_code.is_some() || self.code.is_some() || self.identifier.is_some()
    }
}

fn lenient_text(reader: &mut Reader<'_>) -> Result<Option<String>, Error> {
    if reader.kind()? == Kind::Text {
        return Ok(Some(reader.text()?.into_owned()));
    }
    reader.skip().map(|()| None)
}

fn text_or_json(reader: &mut Reader<'_>) -> Result<Option<String>, Error> {
    if reader.null()? { Ok(None) } else { any_text(reader).map(Some) }
}

fn status(reader: &mut Reader<'_>) -> Result<Option<u16>, Error> {
    if reader.kind()? == Kind::Number {
        return Ok(reader.number()?.whole().and_then(|status| status.try_into().ok()));
    }
    reader.skip().map(|()| None)
}

/// Those entries that say something.
fn violations(reader: &mut Reader<'_>) -> Result<Vec<Violation>, Error> {
    let mut violations = Vec::new();
    if reader.kind()? != Kind::List {
        return reader.skip().map(|()| violations);
    }
    reader.begin_list()?;
    while reader.item()? {
        if reader.kind()? != Kind::Object {
            reader.skip()?;
            continue;
        }
        let mut violation = Violation::default();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "field" => violation.field = lenient_text(reader)?.unwrap_or_default(),
                "description" => violation.description = lenient_text(reader)?.unwrap_or_default(),
                _ => reader.skip()?,
            }
        }
        if violation != Violation::default() {
            violations.push(violation);
        }
    }
    Ok(violations)
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
