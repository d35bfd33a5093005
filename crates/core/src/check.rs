//! What input must look like before anything is sent: one small check for each kind of value, each naming the
//! field it refused. Nothing here knows an operation; the request builders in `http/` call these.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Longest name (image, location, session id, player id, version, label key, environment key), in bytes.
pub const MAX_NAME_BYTES: usize = 255;
/// Longest value of an environment variable, label or argument, in bytes.
pub const MAX_VALUE_BYTES: usize = 32 * 1024;
/// Most entries in one map or list of a request (environment, labels, arguments, players).
pub const MAX_ENTRIES: usize = 1_000;
/// Largest request body that is ever built, in bytes.
pub const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// Input that was refused before anything was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    /// The field, spelled as the caller gave it: `image`, `players[3]`, `env["MAP"]`.
    pub field: Cow<'static, str>,
    /// What is wrong with it.
    pub reason: InvalidReason,
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidReason {
    /// Nothing was given where something is needed.
    Empty,
    /// Longer than it may be.
    TooLong {
        /// The most bytes allowed.
        max_bytes: usize,
    },
    /// More entries than allowed.
    TooMany {
        /// The most entries allowed.
        max: usize,
    },
    /// A control character, such as CR, LF or NUL.
    ControlCharacter,
    /// The same value twice.
    Duplicate,
    /// A number outside its range.
    OutOfRange {
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// Something else, said in words.
    Other(Cow<'static, str>),
}

impl InvalidInput {
    /// Refuses `field` for `reason`.
    pub fn new(field: impl Into<Cow<'static, str>>, reason: InvalidReason) -> Self {
        Self { field: field.into(), reason }
    }

    /// The same, with the field as a part of another.
    pub(crate) fn within(self, outer: &str) -> Self {
        Self { field: format!("{outer}.{}", self.field).into(), reason: self.reason }
    }

    /// Refuses `field` with a reason in words.
    pub fn other(field: impl Into<Cow<'static, str>>, words: impl Into<Cow<'static, str>>) -> Self {
        Self::new(field, InvalidReason::Other(words.into()))
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        f.write_str(" ")?;
        match &self.reason {
            InvalidReason::Empty => f.write_str("must not be empty"),
            InvalidReason::TooLong { max_bytes } => write!(f, "is longer than {max_bytes} bytes"),
            InvalidReason::TooMany { max } => write!(f, "has more than {max} entries"),
            InvalidReason::ControlCharacter => f.write_str("holds a control character"),
            InvalidReason::Duplicate => f.write_str("is given twice"),
            InvalidReason::OutOfRange { min, max } => write!(f, "must be between {min} and {max}"),
            InvalidReason::Other(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for InvalidInput {}

/// A name: 1 to [`MAX_NAME_BYTES`] bytes, no control characters.
pub(crate) fn name(field: &'static str, value: &str) -> Result<(), InvalidInput> {
    name_up_to(field, value, MAX_NAME_BYTES)
}

/// A name with a limit of its own.
pub(crate) fn name_up_to(field: &'static str, value: &str, max_bytes: usize) -> Result<(), InvalidInput> {
    fault_of_name(value, max_bytes).map_or(Ok(()), |reason| Err(InvalidInput::new(field, reason)))
}

/// A name that is one of many.
pub(crate) fn name_in(field: impl FnOnce() -> String, value: &str) -> Result<(), InvalidInput> {
    fault_of_name(value, MAX_NAME_BYTES).map_or(Ok(()), |reason| Err(InvalidInput::new(field(), reason)))
}

fn fault_of_name(value: &str, max_bytes: usize) -> Option<InvalidReason> {
    if value.is_empty() {
        Some(InvalidReason::Empty)
    } else if value.len() > max_bytes {
        Some(InvalidReason::TooLong { max_bytes })
    } else if has_control_character(value) {
        Some(InvalidReason::ControlCharacter)
    } else {
        None
    }
}

fn has_control_character(text: &str) -> bool {
    // Names are plain ASCII as a rule, of which many bytes are looked at at once.
    let plain = text.bytes().fold(true, |plain, byte| plain & (b' '..=b'~').contains(&byte));
    !plain && text.chars().any(char::is_control)
}

/// A name that becomes one segment of a path. `.` and `..` would change the path even when encoded.
pub(crate) fn segment(field: &'static str, value: &str) -> Result<(), InvalidInput> {
    name(field, value)?;
    if matches!(value, "." | "..") {
        return Err(InvalidInput::other(field, "must not be a relative path"));
    }
    Ok(())
}

/// A list of names, which may be empty.
pub(crate) fn names(field: &'static str, values: &[String]) -> Result<(), InvalidInput> {
    count(field, values.len())?;
    values.iter().enumerate().try_for_each(|(index, value)| name_in(|| format!("{field}[{index}]"), value))
}

/// An optional name.
pub(crate) fn optional_name(field: &'static str, value: Option<&str>) -> Result<(), InvalidInput> {
    value.map_or(Ok(()), |value| name(field, value))
}

/// A value handed to a process: line breaks are fine, NUL is not.
pub(crate) fn value(field: impl FnOnce() -> String, value: &str, may_be_empty: bool) -> Result<(), InvalidInput> {
    let reason = if value.is_empty() && !may_be_empty {
        InvalidReason::Empty
    } else if value.len() > MAX_VALUE_BYTES {
        InvalidReason::TooLong { max_bytes: MAX_VALUE_BYTES }
    } else if value.contains('\0') {
        InvalidReason::ControlCharacter
    } else {
        return Ok(());
    };
    Err(InvalidInput::new(field(), reason))
}

/// Environment variables: names without `=`, values not empty (the API refuses empty ones).
pub(crate) fn environment(env: &BTreeMap<String, String>) -> Result<(), InvalidInput> {
    count("env", env.len())?;
    for (key, content) in env {
        let field = || entry("env", key);
        name_in(field, key)?;
        if key.contains('=') {
            return Err(InvalidInput::other(field(), "must not have '=' in its name"));
        }
        value(field, content, false)?;
    }
    Ok(())
}

/// Labels: string to string.
pub(crate) fn labels(labels: &BTreeMap<String, String>) -> Result<(), InvalidInput> {
    count("labels", labels.len())?;
    for (key, content) in labels {
        let field = || entry("labels", key);
        name_in(field, key)?;
        value(field, content, true)?;
    }
    Ok(())
}

/// Command line arguments: not empty (the API refuses empty ones).
pub(crate) fn arguments(args: &[String]) -> Result<(), InvalidInput> {
    count("args", args.len())?;
    args.iter().enumerate().try_for_each(|(index, argument)| value(|| format!("args[{index}]"), argument, false))
}

/// Player ids: at least one, each a name, none twice.
pub(crate) fn players(players: &[String]) -> Result<(), InvalidInput> {
    if players.is_empty() {
        return Err(InvalidInput::new("players", InvalidReason::Empty));
    }
    count("players", players.len())?;
    let mut indexes = BTreeMap::new();
    for (index, player) in players.iter().enumerate() {
        let field = || format!("players[{index}]");
        name_in(field, player)?;
        if indexes.insert(player.as_str(), index).is_some() {
            return Err(InvalidInput::new(field(), InvalidReason::Duplicate));
        }
    }
    Ok(())
}

/// A number of milliseconds or seconds within a range.
pub(crate) fn range(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), InvalidInput> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(InvalidInput::new(field, InvalidReason::OutOfRange { min, max }))
}

/// The entry of a map, by its key. A key that is too long is not repeated in full.
pub(crate) fn entry(field: &str, key: &str) -> String {
    const MOST: usize = 64;
    let end = (0..=MOST).rev().find(|at| key.is_char_boundary(*at)).unwrap_or(0);
    match key.get(..end) {
        Some(head) if key.len() > MOST => format!("{field}[{:?}]", format!("{head}…")),
        _ => format!("{field}[{key:?}]"),
    }
}

pub(crate) fn count(field: &'static str, entries: usize) -> Result<(), InvalidInput> {
    if entries <= MAX_ENTRIES {
        return Ok(());
    }
    Err(InvalidInput::new(field, InvalidReason::TooMany { max: MAX_ENTRIES }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<(), InvalidInput>) -> (String, InvalidReason) {
        let error = result.expect_err("must be refused");
        (error.field.into_owned(), error.reason)
    }

    #[test]
    fn names_are_bounded_and_printable() {
        assert!(name("image", "my/game.server:1 ü").is_ok());
        assert_eq!(refused(name("image", "")), ("image".into(), InvalidReason::Empty));
        assert_eq!(refused(name("image", "a\r\nb")).1, InvalidReason::ControlCharacter);
        assert!(name("image", &"x".repeat(255)).is_ok());
        assert_eq!(refused(name("image", &"x".repeat(256))).1, InvalidReason::TooLong { max_bytes: 255 });
    }

    #[test]
    fn a_path_segment_cannot_climb() {
        assert!(segment("image", "..").is_err());
        assert!(segment("image", "a..b").is_ok());
    }

    #[test]
    fn the_field_names_the_entry() {
        let env = BTreeMap::from([("MAP".to_owned(), String::new())]);
        assert_eq!(refused(environment(&env)), ("env[\"MAP\"]".into(), InvalidReason::Empty));
        let twice = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(refused(players(&twice)), ("players[2]".into(), InvalidReason::Duplicate));
        assert_eq!(refused(players(&[])).0, "players");
    }

    #[test]
    fn values_keep_line_breaks_but_not_nul() {
        assert!(value(|| "v".into(), "a\nb", false).is_ok());
        assert!(value(|| "v".into(), "a\0b", false).is_err());
    }

    #[test]
    fn a_value_never_shows_in_the_message() {
        let env = BTreeMap::from([("KEY".to_owned(), "s3cret\0".to_owned())]);
        let message = environment(&env).expect_err("NUL").to_string();
        assert!(!message.contains("s3cret"), "{message}");
    }
}
