//! What a world is made of, each with a name, so that a world can be played again with a part of it: that is how a
//! failing one is made small, and how the command is written that plays exactly what is left.

use std::fmt;
use std::str::FromStr;

/// One thing that is done in a world or happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Element {
    /// `a3`: an allocation.
    Allocation(u16),
    /// `c3`: a cancel of it.
    Cancel(u16),
    /// `f3.2`: what happens to its request with this number, from 0.
    Fault(u16, u16),
    /// `d0`: the death of a process.
    Death(u16),
    /// `s0`: a shutdown.
    Shutdown(u16),
    /// `j0`: a jump of the clock.
    Jump(u16),
    /// `w0`: a location becomes full, or vanishes.
    Weather(u16),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocation(number) => write!(f, "a{number}"),
            Self::Cancel(number) => write!(f, "c{number}"),
            Self::Fault(number, request) => write!(f, "f{number}.{request}"),
            Self::Death(number) => write!(f, "d{number}"),
            Self::Shutdown(number) => write!(f, "s{number}"),
            Self::Jump(number) => write!(f, "j{number}"),
            Self::Weather(number) => write!(f, "w{number}"),
        }
    }
}

impl FromStr for Element {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("{text:?} is no element of a world, such as a0, c0, f0.3, d0, s0, j0 or w0");
        let kind = text.chars().next().ok_or_else(malformed)?;
        let rest = &text[kind.len_utf8()..];
        let number = |text: &str| text.parse::<u16>().map_err(|_| malformed());
        Ok(match kind {
            'a' => Self::Allocation(number(rest)?),
            'c' => Self::Cancel(number(rest)?),
            'f' => {
                let (of, request) = rest.split_once('.').ok_or_else(malformed)?;
                Self::Fault(number(of)?, number(request)?)
            }
            'd' => Self::Death(number(rest)?),
            's' => Self::Shutdown(number(rest)?),
            'j' => Self::Jump(number(rest)?),
            'w' => Self::Weather(number(rest)?),
            _ => return Err(malformed()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["a0", "c12", "f3.14", "d0", "s0", "j1", "w2"] {
            assert_eq!(name.parse::<Element>().expect("an element").to_string(), name);
        }
        for name in ["", "x1", "a", "f3", "a-1", "é"] {
            assert!(name.parse::<Element>().is_err(), "{name:?}");
        }
    }
}
