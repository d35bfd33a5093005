//! What of a request may be shown: tokens and values of `env` never are. Requests are kept as they came, and go through
//! here on their way to whoever looks on.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::requests::{Body, Record};
use crate::config::Token;

/// What stands in the place of a secret.
const HIDDEN: &str = "•••";
/// Names of members whose values are nobody's business, wherever they stand and in whatever case.
const SECRET_NAMES: [&str; 6] = ["env", "token", "authorization", "password", "secret", "api_key"];

/// Knows what must not be shown.
pub(crate) struct Hidden {
    tokens: Vec<String>,
}

impl Hidden {
    /// `well_known` is a token that is no secret.
    pub(crate) fn new(tokens: &[Token], well_known: &str) -> Self {
        let values = tokens.iter().map(|token| token.value.expose());
        Self { tokens: values.filter(|token| *token != well_known).map(str::to_owned).collect() }
    }

    /// The path and query of a request.
    pub(crate) fn path<'r>(&self, record: &'r Record) -> Cow<'r, str> {
        self.text(&record.path)
    }

    /// The body of a request, if it has one.
    ///
    /// # Errors
    /// What to say instead, when it can't be shown.
    pub(crate) fn body(&self, record: &Record) -> Result<Option<Value>, String> {
        let bytes = match &record.body {
            Body::None => return Ok(None),
            Body::TooLong(length) => return Err(format!("({length} bytes, too long to be kept)")),
            Body::Kept(bytes) => bytes,
        };
        // Nobody knows what stands where in something else.
        let value = serde_json::from_slice::<Value>(bytes);
        let mut value = value.map_err(|_| format!("({} bytes that are not JSON)", bytes.len()))?;
        self.hide(&mut value);
        Ok(Some(value))
    }

    /// A text without tokens.
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for token in &self.tokens {
            if shown.contains(token.as_str()) {
                shown = shown.replace(token.as_str(), HIDDEN).into();
            }
            if shown.contains('%') && percent_decode_str(&shown).decode_utf8_lossy().contains(token.as_str()) {
                return HIDDEN.into();
            }
        }
        shown
    }

    fn hide(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let members = std::mem::take(members).into_iter();
                let shown = members.map(|(name, mut value)| {
                    if is_secret(&name) {
                        hide_all(&mut value)
                    } else {
                        self.hide(&mut value)
                    }
                    (self.text(&name).into_owned(), value)
                });
                *value = Value::Object(shown.collect());
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            Value::String(text) => {
                if let Cow::Owned(shown) = self.text(text) {
                    *text = shown;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn is_secret(name: &str) -> bool {
    SECRET_NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Leaves the names of the outermost object, since names of variables are no secret, and nothing else.
fn hide_all(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| *value = HIDDEN.into()),
        value => *value = HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Method;

    use super::*;

    fn record(path: &str, body: &str) -> Record {
        Record {
            number: 1,
            at: 0,
            method: Method::POST,
            path: path.into(),
            operation: None,
            status: None,
            took: Duration::ZERO,
            is_cut: false,
            fault: None,
            started: None,
            refusal: None,
            identifier: None,
            body: Body::of(Some(&body.to_owned().into())),
        }
    }

    fn body(text: &str) -> String {
        match hidden().body(&record("/session", text)) {
            Ok(value) => value.map_or_else(String::new, |value| value.to_string()),
            Err(instead) => instead,
        }
    }

    fn hidden() -> Hidden {
        Hidden::new(&[Token::new("local"), Token::new("s3cret/token")], "local")
    }

    #[test]
    fn values_of_env_are_hidden_and_the_rest_is_not() {
        let start = r#"{"image":"local","env":{"KEY":"hunter2","MORE":["hunter2"]},"labels":{"mode":"ranked"}}"#;
        assert_eq!(body(start), r#"{"env":{"KEY":"•••","MORE":"•••"},"image":"local","labels":{"mode":"ranked"}}"#);
        for text in [
            r#"{"env":"hunter2"}"#,
            r#"{"ENV":["hunter2",{"a":"hunter2"}]}"#,
            r#"[{"x":{"env":{"a":{"b":"hunter2"}}}}]"#,
            r#"{"env":{"a":1},"env":{"a":"hunter2"}}"#,
            r#"{"Authorization":"hunter2","password":"hunter2"}"#,
            r#"{"env":{"a":"hunter2"}"#,
            r"hunter2",
        ] {
            assert!(!body(text).contains("hunter2"), "{}", body(text));
        }
    }

    #[test]
    fn a_token_is_hidden_wherever_it_stands() {
        let text = r#"{"players":["a s3cret/token b"],"labels":{"s3cret/token":1},"x":"\u00733cret/token"}"#;
        let record = record("/session?x=s3cret/token&y=s3cret%2Ftoken", "");
        for shown in [hidden().path(&record).into_owned(), body(text)] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_read_is_not_shown() {
        let text = format!(r#"{{"x":"{}","env":{{"a":"hunter2"}}}}"#, "y".repeat(20_000));
        assert_eq!(body(&text), "(20030 bytes, too long to be kept)");
        assert_eq!(hidden().body(&record("/", "")), Ok(None));
    }
}
