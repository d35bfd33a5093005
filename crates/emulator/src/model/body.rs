//! Reads the fields of a JSON body strictly and notes every violation. Which bodies there are is not known here.

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, Type};

use super::fault::{Fault, Violation, quoted};
use super::json::{Json, Members, Texts, Whole};

/// The longest id or name, in bytes.
pub(crate) const LONGEST_NAME: usize = 255;

/// The most violations that one answer lists.
const MOST_VIOLATIONS: usize = 100;

/// The fields of a body that were not taken yet, and what was wrong with those that were.
pub(crate) struct Fields<'b> {
    fields: Members<'b>,
    violations: Vec<Violation>,
}

impl<'b> Fields<'b> {
    /// Parses a body that must be a JSON object.
    ///
    /// # Errors
    /// A 422 that says where it stops being one.
    pub(crate) fn parse(body: &'b [u8]) -> Result<Self, Fault> {
        let whole = |description: String| Fault::invalid(vec![Violation { field: "body".to_owned(), description }]);
        match serde_json::from_slice(body) {
            Ok(Whole(fields)) => Ok(Self { fields, violations: Vec::new() }),
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
            self.note(short(&name), "is not a field of this body, or is there twice");
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Fault::invalid(self.violations)) }
    }

    /// Takes a field as it is.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json<'b>> {
        let index = self.fields.iter().position(|(other, _)| other == name)?;
        Some(self.fields.swap_remove(index).1)
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
        if !self.fields.iter().any(|(other, _)| other == name) {
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

    /// A name that can stand as one segment of a path.
    pub(crate) fn segment(&mut self, name: &str) -> Option<String> {
        let text = self.name(name)?;
        if matches!(text.as_str(), "." | "..") {
            // Clients take these out of an address, so that nobody could describe or stop what is called so.
            self.note(name, "must not be a relative path".to_owned());
            return None;
        }
        Some(text)
    }

    /// A string.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Json::Text(text) => Some(text.into_owned()),
            other => {
                self.note(name, format!("must be a string, not {}", other.kind()));
                None
            }
        }
    }

    /// A boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Json::Bool(boolean) => Some(boolean),
            other => {
                self.note(name, format!("must be true or false, not {}", other.kind()));
                None
            }
        }
    }

    /// An array of strings, each of which `check` finds nothing wrong with.
    pub(crate) fn texts(&mut self, name: &str, check: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Json::Array(items) => items,
            other => {
                self.note(name, format!("must be an array of strings, not {}", other.kind()));
                return None;
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Json::Text(text) => match check(&text) {
                    None => texts.push(text.into_owned()),
                    Some(problem) => self.note(format!("{name}[{index}]"), problem),
                },
                other => self.note(format!("{name}[{index}]"), format!("must be a string, not {}", other.kind())),
            }
        }
        Some(texts)
    }

    /// An object of strings, each of which `check` finds nothing wrong with (name, value).
    pub(crate) fn map(&mut self, name: &str, check: impl Fn(&str, &str) -> Option<String>) -> Option<Texts> {
        let members = match self.take(name)? {
            Json::Object(members) => members,
            other => {
                self.note(name, format!("must be an object of strings, not {}", other.kind()));
                return None;
            }
        };
        let mut map = Vec::with_capacity(members.len());
        for (key, value) in members {
            let field = || format!("{name}.{}", short(&key));
            match value {
                Json::Text(text) => match check(&key, &text) {
                    None => map.push((key, text)),
                    Some(problem) => self.note(field(), problem),
                },
                other => self.note(field(), format!("must be a string, not {}", other.kind())),
            }
        }
        Some(Texts::new(map))
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

/// What [`name_problem`] has nothing against, as a schema has it: a schema counts characters, and this counts bytes.
pub(crate) fn name_schema(about: &str) -> ObjectBuilder {
    text_schema(about)
        .min_length(Some(1))
        .max_length(Some(LONGEST_NAME))
        .pattern(Some("^[^\\u0000-\\u001f\\u007f-\\u009f]+$"))
}

/// An object with these properties and no others.
pub(crate) fn closed(object: ObjectBuilder) -> ObjectBuilder {
    object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

/// Any string.
pub(crate) fn text_schema(about: &str) -> ObjectBuilder {
    let about = Some(about).filter(|about| !about.is_empty());
    ObjectBuilder::new().schema_type(Type::String).description(about)
}

/// The name of a field as the caller wrote it, if it is short and plain.
fn short(name: &str) -> String {
    if name.len() <= 64 && !name.chars().any(char::is_control) { name.to_owned() } else { quoted(name) }
}
