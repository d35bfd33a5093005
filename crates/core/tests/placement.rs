//! What holds for every placement, whatever the input: agreement with a naive reading of the rules, agreement of the
//! three ways in, and that order of players, waiting and reused memory change nothing they should not.

use std::collections::{BTreeMap, BTreeSet};

use matchport_core::placement::{
    Figure, LatencyCap, LatencyMatrix, LeaveOutReason, MissingSample, Placement, PlacementPolicy, PlayerLatencies,
    Ranking, Samples, place, place_matrix, rank_matrix,
};
use proptest::prelude::*;

const NAMES: [&str; 12] = [
    "eu-west-1",
    "us-east-1",
    "ap-southeast-1",
    "europe",
    "na-east",
    "sa-east-1",
    "eu-north-1",
    "me-south-1",
    "af-south-1",
    "us-west-2",
    "oceania",
    "ca-central-1",
];

/// Figures of players (rows) for locations (columns); `None` is no sample.
type Grid = Vec<Vec<Option<f32>>>;

/// Where each location stands in the eyes of the rules, worked out as plainly as they are written.
#[derive(Debug, PartialEq)]
enum Verdict {
    Costs { cost: f32, worst: f32, mean: f32, after_ms: u64 },
    OverCap { worst: f32 },
    Missing { player: usize },
    Unmeasured,
}

fn naive(grid: &Grid, locations: usize, policy: &PlacementPolicy) -> Vec<Verdict> {
    let heard = |row: &Vec<Option<f32>>| row.iter().any(Option::is_some);
    let rows: Vec<_> = grid.iter().enumerate().filter(|(_, row)| heard(row)).collect();
    let verdict = |location: usize| {
        let mut figures = Vec::new();
        for (player, row) in &rows {
            match (row[location], policy.missing) {
                (Some(figure), _) => figures.push(f64::from(figure)),
                (None, MissingSample::LeaveOut) => return Verdict::Missing { player: *player },
                (None, MissingSample::Assume(ms)) => figures.push(f64::from(ms)),
                (None, MissingSample::Ignore) => {}
            }
        }
        if figures.is_empty() && !rows.is_empty() {
            return Verdict::Unmeasured;
        }
        let worst = figures.iter().copied().fold(0.0, f64::max);
        let mean = if figures.is_empty() { 0.0 } else { figures.iter().sum::<f64>() / figures.len() as f64 };
        let mut after_ms = 0;
        if let Some(cap) = policy.cap.filter(|cap| worst > f64::from(cap.limit_ms)) {
            let relax = f64::from(cap.relax_ms_per_second);
            if relax == 0.0 || cap.ceiling_ms.is_some_and(|ceiling| worst > f64::from(ceiling)) {
                return Verdict::OverCap { worst: worst as f32 };
            }
            let eighths = |ms: f64| (ms * 8.0) as u64;
            after_ms = (eighths(worst - f64::from(cap.limit_ms)) * 1000).div_ceil(eighths(relax));
        }
        let weight = f64::from(policy.worst_weight);
        let cost = (weight * worst + (1.0 - weight) * mean) as f32;
        Verdict::Costs { cost, worst: worst as f32, mean: mean as f32, after_ms }
    };
    (0..locations).map(verdict).collect()
}

/// Latencies as they come, in eighths of a millisecond so that every way of adding them is exact.
fn grid(cell: impl Strategy<Value = Option<f32>> + Clone + 'static) -> impl Strategy<Value = (usize, Grid)> {
    (1..=NAMES.len(), 0_usize..40).prop_flat_map(move |(locations, players)| {
        let row = prop::collection::vec(cell.clone(), locations);
        // Now and then a player without any sample.
        let row =
            (row, prop::bool::weighted(0.1)).prop_map(|(row, silent)| if silent { vec![None; row.len()] } else { row });
        (Just(locations), prop::collection::vec(row, players))
    })
}

fn eighths() -> impl Strategy<Value = Option<f32>> + Clone {
    prop::option::weighted(
        0.97,
        prop_oneof![
            8 => 0_u32..2_400,
            // Few values, for many ties.
            4 => (0_u32..4).prop_map(|tens| tens * 80),
            1 => Just(480_000_u32),
        ],
    )
    .prop_map(|eighths| eighths.map(|eighths| eighths as f32 / 8.0))
}

fn whole() -> impl Strategy<Value = Option<f32>> + Clone {
    prop::option::weighted(0.97, prop_oneof![8 => 0_u16..300, 1 => 59_000_u16..=60_000])
        .prop_map(|figure| figure.map(f32::from))
}

fn policy() -> impl Strategy<Value = PlacementPolicy> {
    let missing = prop_oneof![
        Just(MissingSample::LeaveOut),
        Just(MissingSample::Ignore),
        (0_u16..400).prop_map(|ms| MissingSample::Assume(f32::from(ms))),
    ];
    // Relaxing by whole eighths, so that the waiting time can be checked in whole numbers.
    let cap = (0_u16..300, 0_u16..80, prop::option::of(0_u16..200)).prop_map(|(limit, relax, above)| LatencyCap {
        limit_ms: f32::from(limit),
        relax_ms_per_second: f32::from(relax) / 8.0,
        ceiling_ms: above.map(|above| f32::from(limit + above)),
    });
    let weight = prop_oneof![Just(0.0_f32), Just(0.5), Just(1.0), 0.0_f32..=1.0];
    (missing, prop::option::of(cap), weight).prop_map(|(missing, cap, worst_weight)| PlacementPolicy {
        figure: Figure::Median,
        missing,
        cap,
        worst_weight,
    })
}

/// Players called by their row, with one sample for each figure.
fn players(grid: &Grid) -> Vec<PlayerLatencies> {
    let player = |(index, row): (usize, &Vec<Option<f32>>)| {
        let samples =
            row.iter().zip(NAMES).filter_map(|(figure, name)| Some((name.to_owned(), Samples::from((*figure)?))));
        PlayerLatencies { id: index.to_string(), latencies: samples.collect() }
    };
    grid.iter().enumerate().map(player).collect()
}

fn fractional(grid: &Grid) -> Vec<f32> {
    grid.iter().flatten().map(|figure| figure.unwrap_or(f32::NAN)).collect()
}

/// Comparable to the bit: `==` would take 0 and −0 for the same.
fn bits(placement: &Placement) -> impl PartialEq + std::fmt::Debug + use<> {
    let ranked = placement.ranked.iter().map(|ranked| {
        let numbers = [ranked.cost_ms, ranked.worst_ms, ranked.mean_ms].map(f32::to_bits);
        (ranked.location.clone(), numbers, ranked.admitted_after_ms)
    });
    (ranked.collect::<Vec<_>>(), placement.left_out.clone())
}

fn index(name: &str) -> usize {
    NAMES.iter().position(|other| *other == name).expect("only names of the list are placed")
}

proptest! {
    #[test]
    fn agrees_with_a_naive_reading_of_the_rules((locations, grid) in grid(eighths()), policy in policy()) {
        let placement = place(&NAMES[..locations], &players(&grid), &policy, 0).unwrap();
        let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
        for ranked in &placement.ranked {
            let (cost, worst, mean) = (ranked.cost_ms, ranked.worst_ms, ranked.mean_ms);
            let verdict = Verdict::Costs { cost, worst, mean, after_ms: ranked.admitted_after_ms };
            prop_assert!(verdicts.insert(index(&ranked.location), verdict).is_none());
        }
        for left_out in &placement.left_out {
            let verdict = match &left_out.reason {
                LeaveOutReason::OverCap { worst_ms, cap_ms } => {
                    prop_assert!(worst_ms > cap_ms);
                    Verdict::OverCap { worst: *worst_ms }
                }
                LeaveOutReason::MissingSample { player } => Verdict::Missing { player: player.parse().unwrap() },
                LeaveOutReason::Unmeasured => Verdict::Unmeasured,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert!(verdicts.insert(index(&left_out.location), verdict).is_none());
        }
        let expected = naive(&grid, locations, &policy);
        prop_assert_eq!(verdicts.into_values().collect::<Vec<_>>(), expected);

        let order: Vec<_> = placement.ranked.iter().map(|ranked| (ranked.cost_ms, index(&ranked.location))).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
        let left_out: Vec<_> = placement.left_out.iter().map(|left_out| index(&left_out.location)).collect();
        prop_assert!(left_out.is_sorted(), "{:?}", left_out);
    }

    #[test]
    fn all_three_ways_in_agree_to_the_bit((locations, grid) in grid(whole()), policy in policy(), waited_ms in 0_u64..60_000) {
        let names = &NAMES[..locations];
        let by_name = place(names, &players(&grid), &policy, waited_ms).unwrap();
        let whole: Vec<u16> = grid.iter().flatten().map(|figure| figure.map_or(u16::MAX, |ms| ms as u16)).collect();
        let whole = LatencyMatrix::whole(&whole, grid.len(), locations).unwrap();
        let fractions = fractional(&grid);
        let fractional = LatencyMatrix::fractional(&fractions, grid.len(), locations).unwrap();
        prop_assert_eq!(bits(&place_matrix(names, whole, &policy, waited_ms).unwrap()), bits(&by_name));
        prop_assert_eq!(bits(&place_matrix(names, fractional, &policy, waited_ms).unwrap()), bits(&by_name));
    }

    #[test]
    fn fractions_agree_to_the_bit_too(
        (locations, grid) in grid(prop::option::weighted(0.98, 0.0_f32..=60_000.0)),
        policy in policy(),
    ) {
        let names = &NAMES[..locations];
        let fractions = fractional(&grid);
        let matrix = LatencyMatrix::fractional(&fractions, grid.len(), locations).unwrap();
        let by_name = place(names, &players(&grid), &policy, 0).unwrap();
        prop_assert_eq!(bits(&place_matrix(names, matrix, &policy, 0).unwrap()), bits(&by_name));
    }

    #[test]
    fn the_order_of_players_changes_nothing(
        (locations, grid) in grid(prop::option::weighted(0.97, (0_u32..300_000).prop_map(|us| us as f32 / 1000.0))),
        policy in policy(),
        shift in 0_usize..40,
    ) {
        let names = &NAMES[..locations];
        let mut players = players(&grid);
        let before = place(names, &players, &policy, 0).unwrap();
        let turn = shift % players.len().max(1);
        players.rotate_left(turn);
        players.reverse();
        let after = place(names, &players, &policy, 0).unwrap();
        prop_assert_eq!(&after.ranked, &before.ranked);
        let locations = |placement: &Placement| -> Vec<_> {
            placement.left_out.iter().map(|left_out| left_out.location.clone()).collect()
        };
        prop_assert_eq!(locations(&after), locations(&before));
    }

    #[test]
    fn waiting_only_ever_admits_more((locations, grid) in grid(eighths()), policy in policy(), waits in prop::array::uniform2(0_u64..100_000)) {
        let names = &NAMES[..locations];
        let players = players(&grid);
        let fresh = place(names, &players, &policy, 0).unwrap();
        let admitted = |placement: &Placement, waited_ms| -> Vec<String> {
            placement.admitted(waited_ms).map(|ranked| ranked.location.clone()).collect()
        };
        let [less, more] = [waits[0].min(waits[1]), waits[0].max(waits[1])];
        let (early, late) = (admitted(&fresh, less), admitted(&fresh, more));
        let late_set: BTreeSet<_> = late.iter().collect();
        prop_assert!(early.iter().all(|location| late_set.contains(location)));
        // Placing again later says the same as the first placement said in advance.
        let again = place(names, &players, &policy, more).unwrap();
        prop_assert_eq!(admitted(&again, more), late);
        match fresh.next_admission_ms(more) {
            Some(next_ms) => prop_assert!(admitted(&fresh, next_ms).len() > admitted(&fresh, next_ms - 1).len()),
            None => prop_assert_eq!(admitted(&fresh, u64::MAX).len(), admitted(&fresh, more).len()),
        }
    }

    #[test]
    fn samples_are_read_as_their_median(samples in prop::collection::vec(0_u16..=60_000, 1..100)) {
        let samples: Vec<f32> = samples.into_iter().map(f32::from).collect();
        let mut sorted = samples.clone();
        sorted.sort_by(f32::total_cmp);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        let player = [PlayerLatencies::new("a").with("x", samples)];
        let placement = place(&["x"], &player, &PlacementPolicy::default(), 0).unwrap();
        prop_assert_eq!(placement.ranked[0].worst_ms, (low + high) / 2.0);
        let min = PlacementPolicy { figure: Figure::Min, ..PlacementPolicy::default() };
        prop_assert_eq!(place(&["x"], &player, &min, 0).unwrap().ranked[0].mean_ms, sorted[0]);
    }

    #[test]
    fn reused_memory_remembers_nothing(
        (first_locations, first) in grid(eighths()),
        (locations, grid) in grid(eighths()),
        policy in policy(),
    ) {
        let [old, new] = [fractional(&first), fractional(&grid)];
        let old = LatencyMatrix::fractional(&old, first.len(), first_locations).unwrap();
        let new = LatencyMatrix::fractional(&new, grid.len(), locations).unwrap();
        let (mut used, mut fresh) = (Ranking::new(), Ranking::new());
        rank_matrix(old, &policy, 0, &mut used).unwrap();
        rank_matrix(new, &policy, 0, &mut used).unwrap();
        rank_matrix(new, &policy, 0, &mut fresh).unwrap();
        prop_assert_eq!(used.ranked(), fresh.ranked());
        prop_assert_eq!(used.left_out(), fresh.left_out());
    }

    /// Whatever comes, it is placed or refused by name, and a figure that is none is found wherever it stands.
    #[test]
    fn anything_is_placed_or_refused_by_name(
        names in prop::collection::vec(any::<String>(), 0..6),
        ids in prop::collection::vec(any::<String>(), 0..6),
        samples in prop::collection::vec(any::<u32>(), 0..8),
        numbers in prop::array::uniform4(any::<u32>()),
    ) {
        let samples: Vec<f32> = samples.into_iter().map(f32::from_bits).collect();
        let [limit_ms, relax_ms_per_second, ceiling_ms, worst_weight] = numbers.map(f32::from_bits);
        let cap = LatencyCap { limit_ms, relax_ms_per_second, ceiling_ms: Some(ceiling_ms) };
        let unchecked = PlacementPolicy { cap: Some(cap), worst_weight, ..PlacementPolicy::default() };
        let latencies = |_| names.iter().map(|name| (name.clone(), Samples(samples.clone()))).collect();
        let players: Vec<_> = ids.iter().map(|id| PlayerLatencies { id: id.clone(), latencies: latencies(id) }).collect();
        for policy in [&unchecked, &PlacementPolicy::default()] {
            if let Err(invalid) = place(&names, &players, policy, 1) {
                prop_assert!(invalid.to_string().starts_with(&invalid.field) && !invalid.field.is_empty());
            }
        }
        if !samples.is_empty() {
            let matrix = LatencyMatrix::fractional(&samples, 1, samples.len()).unwrap();
            let wrong = samples.iter().position(|sample| !sample.is_nan() && !(0.0..=60_000.0).contains(sample));
            let result = rank_matrix(matrix, &PlacementPolicy::default(), 0, &mut Ranking::new());
            prop_assert_eq!(result.err().map(|invalid| invalid.field), wrong.map(|column| format!("figures[0][{column}]")));
        }
    }
}

/// Enough rows to pass every block of the fast paths, and a rest.
#[test]
fn many_players_agree_to_the_bit() {
    let (players_count, locations) = (1_003, 5);
    let figure = |player: usize, location: usize| match (player * 7 + location * 13) % 101 {
        0 if location == 2 => None,
        _ => Some(((player * 7_919 + location * 104_729) % 60_001) as f32),
    };
    let grid: Grid = (0..players_count).map(|player| (0..locations).map(|l| figure(player, l)).collect()).collect();
    let whole: Vec<u16> = grid.iter().flatten().map(|figure| figure.map_or(u16::MAX, |ms| ms as u16)).collect();
    let matrix = LatencyMatrix::whole(&whole, players_count, locations).unwrap();
    for missing in [MissingSample::LeaveOut, MissingSample::Ignore, MissingSample::Assume(77.0)] {
        let policy = PlacementPolicy { missing, ..PlacementPolicy::default() };
        let by_name = place(&NAMES[..locations], &players(&grid), &policy, 0).unwrap();
        assert_eq!(bits(&place_matrix(&NAMES[..locations], matrix, &policy, 0).unwrap()), bits(&by_name));
        for ranked in &by_name.ranked {
            let Verdict::Costs { mean, .. } = naive(&grid, locations, &policy).remove(index(&ranked.location)) else {
                panic!("{} is ranked", ranked.location);
            };
            assert_eq!(ranked.mean_ms, mean);
        }
    }
}
