//! What is wrong with a text, and where.

use std::fmt;

use crate::scan;

/// A text that can't be read. Holds nothing of the text, which may be secret: only the place and what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// How many bytes of the text stand before the place.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text ends within a value.
    EndsEarly,
    /// No JSON.
    Syntax,
    /// JSON, but not what is wanted here: "must be ...".
    MustBe(&'static str),
    /// An object without a field that is needed.
    Missing(&'static str),
    /// A field that nobody knows, where that is refused.
    Unknown,
}

impl Error {
    /// Where it is, as programs name it: `players[2].id`. Empty for the whole text. `text` is what was read.
    pub fn path(&self, text: &[u8]) -> String {
        match self.problem {
            Problem::Missing(name) => scan::path(text, self.at, Some(name)),
            _ => scan::path(text, self.at, None),
        }
    }

    /// Line and column of the place, both from 1, the column in bytes.
    pub fn line_and_column(&self, text: &[u8]) -> (usize, usize) {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        (line + 1, before.len() - start + 1)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsEarly => f.write_str("ends too early"),
            Self::Syntax => f.write_str("is no JSON"),
            Self::MustBe(what) => {
                f.write_str("must be ")?;
                f.write_str(what)
            }
            Self::Missing(_) => f.write_str("is missing"),
            Self::Unknown => f.write_str("is not known"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem, self.at)
    }
}

impl std::error::Error for Error {}
