//! What a placement says: the order, and why each other location is not in it. Reads well and travels as JSON;
//! decides nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The order in which locations are to be tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Cheapest first. Holds those that a relaxing cap admits only later too, at the place their cost gives them: see
    /// [`Placement::admitted`].
    pub ranked: Vec<RankedLocation>,
    /// What is not among them, in the caller's order; after that, by name, what players measured but nobody offered.
    pub left_out: Vec<LeftOut>,
}

/// A location that may be tried, with what speaks for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedLocation {
    /// The location's name.
    pub location: String,
    /// `w · worst_ms + (1 − w) · mean_ms`, in milliseconds.
    pub cost_ms: f32,
    /// Latency of the worst-off player, in milliseconds; 0 when no player counts.
    pub worst_ms: f32,
    /// Mean latency of the players that count here, in milliseconds; 0 when none does.
    pub mean_ms: f32,
    /// How long the match must have waited in all before the relaxing cap lets this location in, in milliseconds.
    /// 0 when it is in already, after the wait that was given.
    pub admitted_after_ms: u64,
}

/// A location that must not be tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The location's name.
    pub location: String,
    /// Why.
    pub reason: LeaveOutReason,
}

/// Why a location was left out. In JSON an object with a `code` (`over_cap`, `missing_sample`, `unmeasured`,
/// `not_offered`) beside the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeaveOutReason {
    /// A player is over the cap, and will be however long the match waits.
    OverCap {
        /// Latency of the worst-off player, in milliseconds.
        worst_ms: f32,
        /// The most that the cap will ever be, in milliseconds.
        cap_ms: f32,
    },
    /// A player has no sample for it ([`MissingSample::LeaveOut`](super::MissingSample::LeaveOut)).
    MissingSample {
        /// The first such player; of a matrix, the row, counted from 0.
        player: String,
    },
    /// No player at all has a sample for it ([`MissingSample::Ignore`](super::MissingSample::Ignore)).
    Unmeasured,
    /// Players have samples for it, but it is not among the locations on offer.
    NotOffered,
}

impl Placement {
    /// The locations that may be tried once the match has waited `waited_ms`, cheapest first.
    pub fn admitted(&self, waited_ms: u64) -> impl Iterator<Item = &RankedLocation> {
        self.ranked.iter().filter(move |ranked| ranked.admitted_after_ms <= waited_ms)
    }

    /// When the next location is let in, for a match that has waited `waited_ms`: total waiting time in milliseconds.
    /// `None` when all that ever will be are.
    pub fn next_admission_ms(&self, waited_ms: u64) -> Option<u64> {
        self.ranked.iter().map(|ranked| ranked.admitted_after_ms).filter(|&after_ms| after_ms > waited_ms).min()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.reason)
    }
}

impl fmt::Display for LeaveOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverCap { worst_ms, cap_ms } => {
                write!(f, "a player has {} ms, over the cap of {} ms", Decimal(*worst_ms), Decimal(*cap_ms))
            }
            Self::MissingSample { player } => write!(f, "player {player} has no sample for it"),
            Self::Unmeasured => f.write_str("no player has a sample for it"),
            Self::NotOffered => f.write_str("players have samples for it, but it is not on offer"),
        }
    }
}

/// Up to three decimals, by whole numbers: formatting floats would weigh more than all of placement in WebAssembly.
struct Decimal(f32);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = (f64::from(self.0) * 1000.0 + 0.5) as u64;
        write!(f, "{}", thousandths / 1000)?;
        match (thousandths % 1000) as u32 {
            0 => Ok(()),
            rest if rest % 100 == 0 => write!(f, ".{}", rest / 100),
            rest if rest % 10 == 0 => write!(f, ".{:02}", rest / 10),
            rest => write!(f, ".{rest:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_short() {
        let shown = |number| Decimal(number).to_string();
        assert_eq!(shown(0.0), "0");
        assert_eq!(shown(120.0), "120");
        assert_eq!(shown(23.5), "23.5");
        assert_eq!(shown(23.05), "23.05");
        assert_eq!(shown(23.001), "23.001");
        assert_eq!(shown(59_999.999_6), "60000");
    }

    #[test]
    fn reasons_read_as_sentences_and_travel_as_objects() {
        let left_out = LeftOut {
            location: "us-east-1".to_owned(),
            reason: LeaveOutReason::OverCap { worst_ms: 180.5, cap_ms: 120.0 },
        };
        assert_eq!(left_out.to_string(), "us-east-1: a player has 180.5 ms, over the cap of 120 ms");
        let text = serde_json::to_string(&left_out).unwrap();
        let expected = r#"{"location":"us-east-1","reason":{"code":"over_cap","worst_ms":180.5,"cap_ms":120.0}}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<LeftOut>(&text).unwrap(), left_out);
        assert_eq!(serde_json::to_string(&LeaveOutReason::NotOffered).unwrap(), r#"{"code":"not_offered"}"#);
    }
}
