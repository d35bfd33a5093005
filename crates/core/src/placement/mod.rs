//! Placement: in which order the locations are tried, judged by what the players measured.
//!
//! Here lives the way from samples to an ordered list with a reason for each location left out. What does not live
//! here: measuring (the game's clients ping), trying locations (`allocation/`), and whether a location has capacity.
//! Nothing here reads a clock; the time a match has waited is an argument.
//!
//! ```text
//! samples ──figure──▶ one number a player and location ──missing, cap──▶ w·worst + (1−w)·mean ──sort──▶ Placement
//! ```
//!
//! 1. The samples of a player for a location become one [`Figure`]: the median, or the minimum by option.
//! 2. Players without a sample follow [`MissingSample`]. A player without a sample for *any* location on offer says
//!    nothing about any of them and does not count, whatever the option.
//! 3. A location where the worst-off player is over the [`LatencyCap`] is dropped, or admitted later if the cap relaxes.
//! 4. What is left costs `w·worst + (1−w)·mean`, where `w` is [`PlacementPolicy::worst_weight`]; cheapest first.
//! 5. Equal costs keep the caller's order. A collection without an order (a hash set) has none to keep: sort it by
//!    name before, as a `BTreeSet` does by itself.
//!
//! Costs are computed in 64 bits and compared in 32, so the order in which players are listed changes nothing.
//!
//! ```
//! use matchport_core::placement::{LatencyCap, PlacementPolicy, PlayerLatencies, place};
//!
//! let players = [
//!     PlayerLatencies::new("ada").with("eu-west-1", [22.0, 24.0, 90.0]).with("us-east-1", 95.0),
//!     PlayerLatencies::new("bo").with("eu-west-1", 36.0).with("us-east-1", 81.0),
//! ];
//! let cap = LatencyCap { limit_ms: 60.0, relax_ms_per_second: 5.0, ceiling_ms: Some(120.0) };
//! let policy = PlacementPolicy { cap: Some(cap), ..PlacementPolicy::default() };
//!
//! let placement = place(&["us-east-1", "eu-west-1"], &players, &policy, 0)?;
//! assert_eq!(placement.ranked[0].location, "eu-west-1");
//! assert_eq!(placement.ranked[0].cost_ms, 33.0); // 0.5 · 36 + 0.5 · (24 + 36) / 2
//! assert_eq!(placement.ranked[1].admitted_after_ms, 7_000); // 95 ms is 35 over, at 5 a second
//! assert_eq!(placement.admitted(0).count(), 1);
//! assert_eq!(placement.admitted(7_000).count(), 2);
//! # Ok::<(), matchport_core::placement::InvalidPlacement>(())
//! ```
//!
//! Whoever holds the figures as numbers already passes them as a [`LatencyMatrix`]: [`place_matrix`] gives the same
//! [`Placement`], [`rank_matrix`] gives numbers without allocating.

mod gaps;
mod invalid;
mod matrix;
mod outcome;
mod place;
mod policy;
mod rank;
mod samples;
mod tally;
#[cfg(test)]
mod tests;

pub use invalid::{InvalidPlacement, InvalidPlacementReason};
pub use matrix::{LatencyMatrix, place_matrix, rank_matrix};
pub use outcome::{LeaveOutReason, LeftOut, Placement, RankedLocation};
pub use place::{check_players, place};
pub use policy::{Figure, LatencyCap, MissingSample, PlacementPolicy};
pub use rank::{LeaveOutIndexReason, LeftOutIndex, RankedIndex, Ranking};
pub use samples::{PlayerLatencies, Samples};

/// Most players in one placement.
pub const MAX_PLAYERS: usize = 10_000;
/// Most locations in one placement, and most that one player may have samples for.
pub const MAX_LOCATIONS: usize = 1_000;
/// Most samples of one player for one location.
pub const MAX_SAMPLES: usize = 100;
/// Largest latency that is taken for one, in milliseconds. A minute is no latency but a fault.
pub const MAX_LATENCY_MS: f32 = 60_000.0;
