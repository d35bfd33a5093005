//! How long a session may live, and the two ways in which the API is said to take it.

use std::fmt;
use std::str::FromStr;

use matchport_json::{Error, Kind, Reader};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::check::{self, InvalidInput};

/// After this time the service ends the session. 1 second to 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(u32);

impl Ttl {
    /// The longest time that is accepted: 30 days, in seconds.
    pub const MAX_SECONDS: u64 = 30 * 24 * 3600;
    /// What is sent when the caller says nothing: one hour, the guide's example.
    pub const DEFAULT: Self = Self(3600);

    /// A time of whole seconds.
    ///
    /// # Errors
    /// [`InvalidInput`] for the field `ttl` outside 1 second to 30 days.
    pub fn from_seconds(seconds: u64) -> Result<Self, InvalidInput> {
        check::range("ttl", seconds, 1, Self::MAX_SECONDS)?;
        Ok(Self(seconds as u32))
    }

    /// The time in seconds.
    pub fn seconds(self) -> u64 {
        u64::from(self.0)
    }

    /// The time in milliseconds.
    pub fn milliseconds(self) -> u64 {
        self.seconds() * 1000
    }

    /// The duration form of the API: hours and minutes (`1h`, `2h30m`, `1m`), rounded up to whole minutes.
    pub fn duration_form(self) -> String {
        let minutes = self.0.div_ceil(60);
        match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes}m"),
            (hours, 0) => format!("{hours}h"),
            (hours, minutes) => format!("{hours}h{minutes}m"),
        }
    }
}

impl FromStr for Ttl {
    type Err = InvalidInput;

    /// `90` or `90s` (seconds), `15m`, `1h`, `1h30m`, `2h0m10s`: each unit at most once, largest first.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let malformed = || InvalidInput::other("ttl", "must be seconds, or a duration such as 90s, 15m, 1h or 2h30m");
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::from_seconds(text.parse().unwrap_or(u64::MAX));
        }
        let mut rest = text;
        let mut seconds = 0_u64;
        for (unit, scale) in [('h', 3600), ('m', 60), ('s', 1)] {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            if let Some(tail) = tail.strip_prefix(unit) {
                let number: u64 = number.parse().map_err(|_| malformed())?;
                seconds = seconds.saturating_add(number.saturating_mul(scale));
                rest = tail;
            }
        }
        if text.is_empty() || !rest.is_empty() {
            return Err(malformed());
        }
        Self::from_seconds(seconds)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    /// A number of seconds, or a text as [`Ttl::from_str`] takes it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Seconds(u64),
            Text(String),
        }
        let ttl = match Form::deserialize(deserializer)? {
            Form::Seconds(seconds) => Self::from_seconds(seconds),
            Form::Text(text) => text.parse(),
        };
        ttl.map_err(de::Error::custom)
    }
}

impl Ttl {
    /// Reads what its `Deserialize` reads.
    ///
    /// # Errors
    /// Neither stands there, or it is out of range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let before = reader.position();
        let ttl = match reader.kind()? {
            Kind::Text => reader.text()?.parse(),
            _ => Self::from_seconds(reader.whole()?),
        };
        ttl.map_err(|_| reader.must_be(before, "seconds up to 30 days, or a duration such as 90s, 15m, 1h or 2h30m"))
    }
}

/// How `ttl` is written in a start request. The guide sends seconds; the published description wants a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TtlForm {
    /// A whole number of seconds: `3600`.
    #[default]
    Seconds,
    /// Hours and minutes: `"1h"`.
    Duration,
}

impl TtlForm {
    /// The form to try when this one was refused.
    pub fn other(self) -> Self {
        match self {
            Self::Seconds => Self::Duration,
            Self::Duration => Self::Seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_people_write() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("1h", 3600), ("2h30m", 9000), ("1m1s", 61), ("720h", 2_592_000)]
        {
            assert_eq!(text.parse::<Ttl>().expect(text).seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn texts_that_are_refused() {
        for text in ["", "0", "0m", "-1", "1.5h", "h", "1d", "30m1h", "1h ", "1h1h", "99999999999999999999", "721h"] {
            assert_eq!(text.parse::<Ttl>().expect_err(text).field, "ttl");
        }
    }

    #[test]
    fn the_duration_form_rounds_up_to_minutes() {
        let form = |seconds| Ttl::from_seconds(seconds).expect("in range").duration_form();
        assert_eq!(form(1), "1m");
        assert_eq!(form(60), "1m");
        assert_eq!(form(61), "2m");
        assert_eq!(form(3600), "1h");
        assert_eq!(form(9000), "2h30m");
    }
}
