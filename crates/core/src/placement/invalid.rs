//! What input must look like, and the refusal that names what does not. Nothing here places anything.

use std::fmt;

use super::MAX_LATENCY_MS;
use crate::check::{self, InvalidInput, InvalidReason};

/// Input that was refused; nothing was placed.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidPlacement {
    /// The field, counted from 0 as the caller passed it: `players[3].latencies["eu-west-1"][2]`, `locations[0]`,
    /// `policy.cap.limit_ms`, `figures[3][17]` (player 3, location 17 of a matrix).
    pub field: String,
    /// What is wrong with it.
    pub reason: InvalidPlacementReason,
}

/// Why input was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum InvalidPlacementReason {
    /// Not a number (NaN).
    NotANumber,
    /// Below zero.
    Negative,
    /// Infinite, or more than the limit.
    TooLarge {
        /// The largest value allowed.
        max: u32,
    },
    /// Infinite, where any finite number would do.
    NotFinite,
    /// A ceiling below the limit that relaxes towards it.
    BelowLimit,
    /// Nothing given where something is needed.
    Empty,
    /// A name longer than [`MAX_NAME_BYTES`](crate::check::MAX_NAME_BYTES).
    TooLong {
        /// The most bytes allowed.
        max_bytes: usize,
    },
    /// A name with a control character, such as CR, LF or NUL.
    ControlCharacter,
    /// A name that an earlier entry has already.
    Duplicate {
        /// The index of that earlier entry.
        first: usize,
    },
    /// More entries than allowed.
    TooMany {
        /// The most entries allowed.
        max: usize,
    },
    /// A matrix whose length is not players times locations, or names that are not as many as its columns.
    Shape {
        /// How many entries there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

use InvalidPlacementReason as Reason;

impl InvalidPlacement {
    pub(super) fn new(field: impl Into<String>, reason: Reason) -> Self {
        Self { field: field.into(), reason }
    }
}

impl fmt::Display for InvalidPlacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("is not a number"),
            Self::Negative => f.write_str("must not be negative"),
            Self::TooLarge { max } => write!(f, "must be at most {max}"),
            Self::NotFinite => f.write_str("must be finite"),
            Self::BelowLimit => f.write_str("must not be below the limit of the cap"),
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { max_bytes } => write!(f, "is longer than {max_bytes} bytes"),
            Self::ControlCharacter => f.write_str("holds a control character"),
            Self::Duplicate { first } => write!(f, "is the same as entry {first}"),
            Self::TooMany { max } => write!(f, "has more than {max} entries"),
            Self::Shape { expected, found } => write!(f, "must have {expected} entries but has {found}"),
        }
    }
}

impl std::error::Error for InvalidPlacement {}

/// For callers that refuse input of other kinds too.
impl From<InvalidPlacement> for InvalidInput {
    fn from(invalid: InvalidPlacement) -> Self {
        let reason = match invalid.reason {
            Reason::Empty => InvalidReason::Empty,
            Reason::TooLong { max_bytes } => InvalidReason::TooLong { max_bytes },
            Reason::ControlCharacter => InvalidReason::ControlCharacter,
            Reason::Duplicate { .. } => InvalidReason::Duplicate,
            Reason::TooMany { max } => InvalidReason::TooMany { max },
            words => InvalidReason::Other(words.to_string().into()),
        };
        Self::new(invalid.field, reason)
    }
}

/// A latency in milliseconds: a number from 0 to [`MAX_LATENCY_MS`].
pub(super) fn latency(ms: f32) -> Result<(), Reason> {
    not_negative(ms)?;
    if ms <= MAX_LATENCY_MS { Ok(()) } else { Err(Reason::TooLarge { max: MAX_LATENCY_MS as u32 }) }
}

/// A number from 0 on, finite.
pub(super) fn finite(number: f32) -> Result<(), Reason> {
    not_negative(number)?;
    if number.is_finite() { Ok(()) } else { Err(Reason::NotFinite) }
}

/// A number from 0 to 1.
pub(super) fn share(number: f32) -> Result<(), Reason> {
    not_negative(number)?;
    if number <= 1.0 { Ok(()) } else { Err(Reason::TooLarge { max: 1 }) }
}

/// An id or a name, by the rule that all names of the crate follow.
pub(super) fn name(text: &str) -> Result<(), Reason> {
    check::name("name", text).map_err(|invalid| match invalid.reason {
        InvalidReason::Empty => Reason::Empty,
        InvalidReason::TooLong { max_bytes } => Reason::TooLong { max_bytes },
        _ => Reason::ControlCharacter,
    })
}

/// At most `max` entries.
pub(super) fn count(entries: usize, max: usize) -> Result<(), Reason> {
    if entries <= max { Ok(()) } else { Err(Reason::TooMany { max }) }
}

/// A name as part of a field: quoted, control characters escaped, and cut when it is long, since a name can be what
/// is wrong.
pub(super) fn quoted(name: &str) -> String {
    const SHOWN_BYTES: usize = 64;
    if name.len() <= SHOWN_BYTES {
        return format!("{name:?}");
    }
    let end = (0..=SHOWN_BYTES).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{:?}…", &name[..end])
}

fn not_negative(number: f32) -> Result<(), Reason> {
    if number.is_nan() {
        Err(Reason::NotANumber)
    } else if number < 0.0 {
        Err(Reason::Negative)
    } else {
        Ok(())
    }
}
