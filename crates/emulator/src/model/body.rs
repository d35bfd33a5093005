//! Reads the fields of a JSON body strictly and notes every violation. Which bodies there are is not known here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fault::{Fault, Violation, quoted};

/// The longest id or name, in bytes.
pub(crate) const LONGEST_NAME: usize = 255;

/// The most violations that one answer lists.
const MOST_VIOLATIONS: usize = 100;

/// The fields of a body that were not taken yet, and what was wrong with those that were.
pub(crate) struct Fields {
    fields: Map<String, Value>,
    violations: Vec<Violation>,
}

impl Fields {
    /// Parses a body that must be a JSON object.
    ///
    /// # Errors
    /// A 422 that says where it stops being one.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let whole = |description: String| Fault::invalid(vec![Violation { field: "body".to_owned(), description }]);
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self { fields, violations: Vec::new() }),
            Ok(other) => Err(whole(format!("must be a JSON object, not {}", kind(&other)))),
            Err(_) if body.is_empty() => Err(whole("must be a JSON object, and is empty".to_owned())),
            Err(error) => Err(whole(format!("must be a JSON object: {error}"))),
        }
    }

    /// Ends the reading: what is left over is a violation too.
    ///
    /// # Errors
    /// A 422 with all violations.
    pub(crate) fn finish(mut self) -> Result<(), Fault> {
        for name in std::mem::take(&mut self.fields).into_iter().map(|(name, _)| name) {
            self.note(short(&name), "is not a field of this body");
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Fault::invalid(self.violations)) }
    }

    /// Takes a field as it is.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Notes what is wrong with a field.
    pub(crate) fn note(&mut self, field: impl Into<String>, description: impl Into<String>) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation { field: field.into(), description: description.into() });
        }
    }

    /// Whether something was noted about a field, or about an item of it.
    pub(crate) fn was_noted(&self, field: &str) -> bool {
        self.violations.iter().any(|violation| {
            violation.field.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        })
    }

    /// A field that must be there and be a name; empty when it isn't, which is noted.
    pub(crate) fn required_name(&mut self, name: &str) -> String {
        if !self.fields.contains_key(name) {
            self.note(name, "is required");
        }
        self.name(name).unwrap_or_default()
    }

    /// A name: a string of 1 to 255 bytes without control characters.
    pub(crate) fn name(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        match name_problem(&text) {
            None => Some(text),
            Some(problem) => {
                self.note(name, problem);
                None
            }
        }
    }

    /// A string.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.note(name, format!("must be a string, not {}", kind(&other)));
                None
            }
        }
    }

    /// A boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(boolean) => Some(boolean),
            other => {
                self.note(name, format!("must be true or false, not {}", kind(&other)));
                None
            }
        }
    }

    /// An array of strings, each of which `check` finds nothing wrong with.
    pub(crate) fn texts(&mut self, name: &str, check: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Value::Array(items) => items,
            other => {
                self.note(name, format!("must be an array of strings, not {}", kind(&other)));
                return None;
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => match check(&text) {
                    None => texts.push(text),
                    Some(problem) => self.note(format!("{name}[{index}]"), problem),
                },
                other => self.note(format!("{name}[{index}]"), format!("must be a string, not {}", kind(&other))),
            }
        }
        Some(texts)
    }

    /// An object of strings, each of which `check` finds nothing wrong with (name, value).
    pub(crate) fn map(
        &mut self,
        name: &str,
        check: impl Fn(&str, &str) -> Option<String>,
    ) -> Option<BTreeMap<String, String>> {
        let members = match self.take(name)? {
            Value::Object(members) => members,
            other => {
                self.note(name, format!("must be an object of strings, not {}", kind(&other)));
                return None;
            }
        };
        let mut map = BTreeMap::new();
        for (key, value) in members {
            let field = || format!("{name}.{}", short(&key));
            match value {
                Value::String(text) => match check(&key, &text) {
                    None => {
                        map.insert(key, text);
                    }
                    Some(problem) => self.note(field(), problem),
                },
                other => self.note(field(), format!("must be a string, not {}", kind(&other))),
            }
        }
        Some(map)
    }
}

/// What is wrong with a name, if anything.
pub(crate) fn name_problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if text.len() > LONGEST_NAME {
        return Some(format!("must have at most {LONGEST_NAME} bytes, and has {}", text.len()));
    }
    text.chars().any(char::is_control).then(|| "must not hold control characters".to_owned())
}

/// What a JSON value is, without the value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The name of a field as the caller wrote it, if it is short and plain.
fn short(name: &str) -> String {
    if name.len() <= 64 && !name.chars().any(char::is_control) { name.to_owned() } else { quoted(name) }
}
