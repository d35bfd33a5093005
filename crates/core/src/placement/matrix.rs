//! Placement for callers that hold the figures as numbers: one row a player, one column a location, nothing else.

use std::collections::BTreeMap;

use super::gaps::Gaps;
use super::invalid;
use super::place::{check_locations, with_names};
use super::rank::LeaveOutIndexReason;
use super::tally::MISSING_WHOLE;
use super::{
    InvalidPlacement, InvalidPlacementReason, MAX_LATENCY_MS, MAX_LOCATIONS, MAX_PLAYERS, Placement, PlacementPolicy,
    Ranking,
};

/// Figures of players for locations, borrowed: `figures[player * locations + location]`, in milliseconds from 0 to
/// 60,000.
#[derive(Clone, Copy, Debug)]
pub struct LatencyMatrix<'a> {
    figures: Figures<'a>,
    players: usize,
    locations: usize,
}

#[derive(Clone, Copy, Debug)]
enum Figures<'a> {
    Whole(&'a [u16]),
    Fractional(&'a [f32]),
}

/// Like [`place`](super::place()), from a matrix whose columns are `locations`.
///
/// The players have no names here, so [`LeaveOutReason::MissingSample`](super::LeaveOutReason) tells the row.
/// [`PlacementPolicy::figure`] has no effect. All else is the same, to the bit.
///
/// # Errors
/// What [`rank_matrix`] refuses, and `locations` that are not as many as the columns, are named alike, empty, longer
/// than 255 bytes or hold control characters.
pub fn place_matrix<L: AsRef<str>>(
    locations: &[L],
    matrix: LatencyMatrix<'_>,
    policy: &PlacementPolicy,
    waited_ms: u64,
) -> Result<Placement, InvalidPlacement> {
    let names: Vec<&str> = locations.iter().map(AsRef::as_ref).collect();
    check_columns(&names, matrix.locations)?;
    let mut ranking = Ranking::new();
    rank_matrix(matrix, policy, waited_ms, &mut ranking)?;
    Ok(with_names(&ranking, &names, &matrix.gaps(&ranking), |player| player.to_string()))
}

/// Ranks the columns of `matrix` into `ranking`, whose last result is replaced. Allocates nothing once `ranking` has
/// held a result of this size.
///
/// # Errors
/// A figure that is negative or over 60,000 ms (`figures[player][location]`), or a policy that
/// [`PlacementPolicy::check`] refuses. `ranking` is empty then.
pub fn rank_matrix(
    matrix: LatencyMatrix<'_>,
    policy: &PlacementPolicy,
    waited_ms: u64,
    ranking: &mut Ranking,
) -> Result<(), InvalidPlacement> {
    ranking.clear();
    policy.check()?;
    let tally = &mut ranking.tally;
    tally.reset(matrix.locations);
    match matrix.figures {
        Figures::Whole(figures) => tally.add_whole(figures),
        Figures::Fractional(figures) => tally.add_fractional(figures),
    }
    // Counted rather than searched: the compiler can do eight at a time.
    let too_large = tally.worst.iter().filter(|&&worst| worst > MAX_LATENCY_MS).count();
    if tally.negative || too_large > 0 {
        matrix.check_figures()?;
    }
    // A player without any sample is missing in every column, so a column without gaps settles that there is none.
    let gaps = tally.missing.iter().copied().min().unwrap_or(0);
    let silent = if gaps == 0 { 0 } else { matrix.silent_players() };
    ranking.rank(matrix.players, silent, policy, waited_ms);
    Ok(())
}

impl<'a> LatencyMatrix<'a> {
    /// Whole milliseconds; [`u16::MAX`] (65,535) is "no sample".
    ///
    /// # Errors
    /// `figures` that are not `players * locations` many, no location, or more than 10,000 players or 1,000 locations.
    pub fn whole(figures: &'a [u16], players: usize, locations: usize) -> Result<Self, InvalidPlacement> {
        Self::checked(Figures::Whole(figures), figures.len(), players, locations)
    }

    /// Milliseconds with fractions; NaN is "no sample".
    ///
    /// # Errors
    /// As [`LatencyMatrix::whole`].
    pub fn fractional(figures: &'a [f32], players: usize, locations: usize) -> Result<Self, InvalidPlacement> {
        Self::checked(Figures::Fractional(figures), figures.len(), players, locations)
    }

    /// How many rows there are.
    pub fn players(&self) -> usize {
        self.players
    }

    /// How many columns there are.
    pub fn locations(&self) -> usize {
        self.locations
    }

    /// The first player without a sample in the column `location`, of those that have one in another column.
    /// `None` also when there is no such column.
    pub fn first_missing(&self, location: usize) -> Option<usize> {
        if location >= self.locations {
            return None;
        }
        (0..self.players).find(|&player| self.is_missing(player, location) && !self.is_silent(player))
    }

    fn checked(figures: Figures<'a>, found: usize, players: usize, locations: usize) -> Result<Self, InvalidPlacement> {
        let refuse = |field: &str| {
            let field = field.to_owned();
            move |reason| InvalidPlacement { field, reason }
        };
        invalid::count(players, MAX_PLAYERS).map_err(refuse("players"))?;
        invalid::count(locations, MAX_LOCATIONS).map_err(refuse("locations"))?;
        if locations == 0 {
            return Err(InvalidPlacement::new("locations", InvalidPlacementReason::Empty));
        }
        let expected = players * locations;
        if found != expected {
            return Err(InvalidPlacement::new("figures", InvalidPlacementReason::Shape { expected, found }));
        }
        Ok(Self { figures, players, locations })
    }

    fn silent_players(&self) -> u32 {
        (0..self.players).filter(|&player| self.is_silent(player)).count() as u32
    }

    /// Looks for the players that `ranking` left locations out for.
    fn gaps(&self, ranking: &Ranking) -> Gaps {
        let asked = ranking
            .left_out()
            .iter()
            .filter(|left_out| matches!(left_out.reason, LeaveOutIndexReason::MissingSample { .. }));
        let mut gaps = Gaps::new(self.locations, asked.map(|left_out| left_out.location));
        for player in 0..self.players {
            if gaps.is_settled() {
                break;
            }
            if !self.is_silent(player) {
                gaps.add(player, |location| self.is_missing(player, location));
            }
        }
        gaps
    }

    /// Whether the player has no sample at all; most rows show in their first column that it is not so.
    fn is_silent(&self, player: usize) -> bool {
        (0..self.locations).all(|location| self.is_missing(player, location))
    }

    fn is_missing(&self, player: usize, location: usize) -> bool {
        let position = player * self.locations + location;
        match self.figures {
            Figures::Whole(figures) => figures[position] == MISSING_WHOLE,
            Figures::Fractional(figures) => figures[position].is_nan(),
        }
    }

    /// Finds the first figure that is none and not missing either.
    fn check_figures(&self) -> Result<(), InvalidPlacement> {
        for player in 0..self.players {
            for location in (0..self.locations).filter(|&location| !self.is_missing(player, location)) {
                let position = player * self.locations + location;
                let figure = match self.figures {
                    Figures::Whole(figures) => f32::from(figures[position]),
                    Figures::Fractional(figures) => figures[position],
                };
                invalid::latency(figure)
                    .map_err(|reason| InvalidPlacement::new(format!("figures[{player}][{location}]"), reason))?;
            }
        }
        Ok(())
    }
}

/// Each column needs a name of its own: two of one name would be two opinions on one location.
fn check_columns(names: &[&str], columns: usize) -> Result<(), InvalidPlacement> {
    check_locations(names)?;
    if names.len() != columns {
        let reason = InvalidPlacementReason::Shape { expected: columns, found: names.len() };
        return Err(InvalidPlacement::new("locations", reason));
    }
    let mut indexes = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = indexes.insert(*name, index) {
            let reason = InvalidPlacementReason::Duplicate { first };
            return Err(InvalidPlacement::new(format!("locations[{index}]"), reason));
        }
    }
    Ok(())
}
