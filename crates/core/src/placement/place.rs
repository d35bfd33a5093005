//! Placement from what players measured, by name: checks everything, brings samples into rows of figures, and gives
//! the ranked columns their names back. The judging itself is in `rank`.

use std::collections::BTreeMap;

use super::gaps::Gaps;
use super::invalid::{self, InvalidPlacement, InvalidPlacementReason};
use super::rank::LeaveOutIndexReason;
use super::tally::Tally;
use super::{
    Figure, LeaveOutReason, LeftOut, MAX_LOCATIONS, MAX_PLAYERS, Placement, PlacementPolicy, PlayerLatencies,
    RankedLocation, Ranking,
};

/// Orders `locations` by what `players` measured, for a match that has waited `waited_ms` milliseconds.
///
/// `locations` are those on offer, in the order that decides between equals; a name that comes again is ignored.
/// Without players, or with players of whom none has a sample for a location on offer, all cost 0, so that the order
/// stays as it is.
///
/// # Errors
/// Names the field and what is wrong with it, and nothing is placed: more than 10,000 players, 1,000 locations (on
/// offer, or measured by one player) or 100 samples; no location; no sample in a list of them; a sample that is no
/// number, negative, infinite or over 60,000 ms; two players of one id; an id or name that is empty, longer than 255
/// bytes or holds control characters; a policy that [`PlacementPolicy::check`] refuses.
pub fn place<L: AsRef<str>>(
    locations: &[L],
    players: &[PlayerLatencies],
    policy: &PlacementPolicy,
    waited_ms: u64,
) -> Result<Placement, InvalidPlacement> {
    let names: Vec<&str> = locations.iter().map(AsRef::as_ref).collect();
    place_names(&names, players, policy, waited_ms)
}

/// Not generic, so that it is compiled once.
fn place_names(
    locations: &[&str],
    players: &[PlayerLatencies],
    policy: &PlacementPolicy,
    waited_ms: u64,
) -> Result<Placement, InvalidPlacement> {
    policy.check()?;
    check_locations(locations)?;
    check_players(players)?;
    if players.is_empty() {
        return Ok(in_their_order(locations));
    }

    let offer = Offer::new(locations);
    let mut ranking = Ranking::new();
    let mut gaps = Gaps::new(offer.names.len(), 0..offer.names.len());
    let silent = tally_players(&offer, players, policy.figure, &mut ranking.tally, &mut gaps);
    ranking.rank(players.len(), silent, policy, waited_ms);

    let mut placement = with_names(&ranking, &offer.names, &gaps, |player| players[player].id.clone());
    placement.left_out.extend(
        offer
            .not_offered(players)
            .into_keys()
            .map(|location| LeftOut { location: location.to_owned(), reason: LeaveOutReason::NotOffered }),
    );
    Ok(placement)
}

/// What ranking makes of locations that nobody has measured: all cost nothing, and are within any cap.
fn in_their_order(locations: &[&str]) -> Placement {
    /// Up to here it is quicker to look at all that came before.
    const FEW: usize = 8;
    let mut seen = BTreeMap::new();
    let once = locations.iter().copied().enumerate().filter(|(index, location)| match locations.len() {
        ..=FEW => !locations[..*index].contains(location),
        _ => seen.insert(*location, 0).is_none(),
    });
    let ranked = once.map(|(_, location)| RankedLocation {
        location: location.to_owned(),
        cost_ms: 0.0,
        worst_ms: 0.0,
        mean_ms: 0.0,
        admitted_after_ms: 0,
    });
    Placement { ranked: ranked.collect(), left_out: Vec::new() }
}

/// Puts names to a ranking.
pub(super) fn with_names(
    ranking: &Ranking,
    names: &[&str],
    gaps: &Gaps,
    player_name: impl Fn(usize) -> String,
) -> Placement {
    let ranked = ranking.ranked().iter().map(|ranked| RankedLocation {
        location: names[ranked.location].to_owned(),
        cost_ms: ranked.cost_ms,
        worst_ms: ranked.worst_ms,
        mean_ms: ranked.mean_ms,
        admitted_after_ms: ranked.admitted_after_ms,
    });
    let left_out = ranking.left_out().iter().map(|left_out| LeftOut {
        location: names[left_out.location].to_owned(),
        reason: match left_out.reason {
            LeaveOutIndexReason::OverCap { worst_ms, cap_ms } => LeaveOutReason::OverCap { worst_ms, cap_ms },
            LeaveOutIndexReason::MissingSample { .. } => {
                let player = gaps.first(left_out.location).map_or_else(String::new, &player_name);
                LeaveOutReason::MissingSample { player }
            }
            LeaveOutIndexReason::Unmeasured => LeaveOutReason::Unmeasured,
        },
    });
    Placement { ranked: ranked.collect(), left_out: left_out.collect() }
}

/// Checks the list and each name in it.
pub(super) fn check_locations(locations: &[&str]) -> Result<(), InvalidPlacement> {
    invalid::count(locations.len(), MAX_LOCATIONS).map_err(|reason| InvalidPlacement::new("locations", reason))?;
    if locations.is_empty() {
        return Err(InvalidPlacement::new("locations", InvalidPlacementReason::Empty));
    }
    for (index, location) in locations.iter().enumerate() {
        invalid::name(location).map_err(|reason| InvalidPlacement::new(format!("locations[{index}]"), reason))?;
    }
    Ok(())
}

/// Checks what players measured before it is known which locations are on offer.
///
/// # Errors
/// As [`place`], for the players.
pub fn check_players(players: &[PlayerLatencies]) -> Result<(), InvalidPlacement> {
    invalid::count(players.len(), MAX_PLAYERS).map_err(|reason| InvalidPlacement::new("players", reason))?;
    let mut indexes = BTreeMap::new();
    for (index, player) in players.iter().enumerate() {
        player.check(index)?;
        if let Some(first) = indexes.insert(player.id.as_str(), index) {
            let reason = InvalidPlacementReason::Duplicate { first };
            return Err(InvalidPlacement::new(format!("players[{index}].id"), reason));
        }
    }
    Ok(())
}

/// Adds a row for each player to `tally` and, if they have a sample for a location on offer, to `gaps`; tells how many
/// have none. Rows are brought in blocks, so that memory does not grow with the number of players.
fn tally_players(
    offer: &Offer<'_>,
    players: &[PlayerLatencies],
    figure: Figure,
    tally: &mut Tally,
    gaps: &mut Gaps,
) -> u32 {
    /// A multiple of four, which the tally asks for.
    const BLOCK_ROWS: usize = 64;
    let locations = offer.names.len();
    let mut silent = 0;
    let mut scratch = Vec::new();
    let mut rows = Vec::with_capacity(players.len().min(BLOCK_ROWS) * locations);
    tally.reset(locations);
    for (block_index, block) in players.chunks(BLOCK_ROWS).enumerate() {
        rows.clear();
        rows.resize(block.len() * locations, f32::NAN);
        for (index, (player, row)) in block.iter().zip(rows.chunks_exact_mut(locations)).enumerate() {
            let mut heard = false;
            offer.for_each_known(player, |location, samples| {
                row[location] = samples.figure(figure, &mut scratch);
                heard = true;
            });
            if heard {
                gaps.add(block_index * BLOCK_ROWS + index, |location| row[location].is_nan());
            } else {
                silent += 1;
            }
        }
        tally.add_fractional(&rows);
    }
    silent
}

/// The locations on offer, without repetitions, also sorted by name: players' samples are sorted too, so that both are
/// walked side by side and no name is looked up.
struct Offer<'a> {
    names: Vec<&'a str>,
    by_name: BTreeMap<&'a str, usize>,
}

impl<'a> Offer<'a> {
    fn new(locations: &[&'a str]) -> Self {
        let mut offer = Self { names: Vec::with_capacity(locations.len()), by_name: BTreeMap::new() };
        for location in locations {
            let next = offer.names.len();
            if *offer.by_name.entry(location).or_insert(next) == next {
                offer.names.push(location);
            }
        }
        offer
    }

    /// Calls `visit` with the index and the samples of each location on offer that the player has measured.
    fn for_each_known<'p>(&self, player: &'p PlayerLatencies, mut visit: impl FnMut(usize, &'p super::Samples)) {
        let mut offered = self.by_name.iter().peekable();
        for (measured, samples) in &player.latencies {
            while offered.next_if(|(name, _)| **name < measured.as_str()).is_some() {}
            if let Some((_, &location)) = offered.next_if(|(name, _)| **name == measured.as_str()) {
                visit(location, samples);
            }
        }
    }

    /// What players have measured beyond the offer, by name.
    fn not_offered<'p>(&self, players: &'p [PlayerLatencies]) -> BTreeMap<&'p str, usize> {
        let mut names = BTreeMap::new();
        for name in players.iter().flat_map(|player| player.latencies.keys()) {
            if !self.by_name.contains_key(name.as_str()) {
                names.insert(name.as_str(), 0);
            }
        }
        names
    }
}
