//! Cases with numbers that can be checked in the head. What must hold for all input is in `tests/placement.rs`.

use super::InvalidPlacementReason as Reason;
use super::*;
use crate::check::{InvalidInput, InvalidReason};

fn placed(locations: &[&str], players: &[PlayerLatencies], policy: &PlacementPolicy) -> Placement {
    place(locations, players, policy, 0).unwrap()
}

fn order(placement: &Placement) -> Vec<&str> {
    placement.ranked.iter().map(|ranked| ranked.location.as_str()).collect()
}

fn reasons(placement: &Placement) -> Vec<String> {
    placement.left_out.iter().map(ToString::to_string).collect()
}

fn missing(missing: MissingSample) -> PlacementPolicy {
    PlacementPolicy { missing, ..PlacementPolicy::default() }
}

fn capped(limit_ms: f32, relax_ms_per_second: f32, ceiling_ms: Option<f32>) -> PlacementPolicy {
    let cap = LatencyCap { limit_ms, relax_ms_per_second, ceiling_ms };
    PlacementPolicy { cap: Some(cap), ..PlacementPolicy::default() }
}

/// The example of `docs/placement.md`.
fn example() -> [PlayerLatencies; 3] {
    [
        PlayerLatencies::new("ada")
            .with("eu-west-1", [22.0, 24.0, 90.0])
            .with("us-east-1", 88.0)
            .with("sa-east-1", 190.0),
        PlayerLatencies::new("bo").with("eu-west-1", 36.0).with("us-east-1", [80.0, 82.0]).with("eu-north-1", 12.0),
        PlayerLatencies::new("cy").with("eu-west-1", 96.0).with("us-east-1", 30.0).with("sa-east-1", 140.0),
    ]
}

#[test]
fn the_documented_example() {
    let locations = ["us-east-1", "eu-west-1", "sa-east-1"];
    let placement = placed(&locations, &example(), &capped(90.0, 2.0, Some(120.0)));
    let ranked = |location: &str, cost_ms, worst_ms, mean_ms, admitted_after_ms| RankedLocation {
        location: location.to_owned(),
        cost_ms,
        worst_ms,
        mean_ms,
        admitted_after_ms,
    };
    let expected = [ranked("eu-west-1", 74.0, 96.0, 52.0, 3_000), ranked("us-east-1", 77.166_664, 88.0, 66.333_336, 0)];
    assert_eq!(placement.ranked[0], expected[0]);
    assert_eq!(placement.ranked[1], expected[1]);
    let expected = [
        "sa-east-1: player bo has no sample for it",
        "eu-north-1: players have samples for it, but it is not on offer",
    ];
    assert_eq!(reasons(&placement), expected);
    assert_eq!(placement.admitted(0).map(|ranked| ranked.location.as_str()).collect::<Vec<_>>(), ["us-east-1"]);
    assert_eq!(placement.next_admission_ms(0), Some(3_000));
    assert_eq!(placement.next_admission_ms(3_000), None);
    assert_eq!(placement.admitted(3_000).count(), 2);

    let ignoring = PlacementPolicy { missing: MissingSample::Ignore, ..capped(90.0, 2.0, Some(120.0)) };
    let placement = placed(&locations, &example(), &ignoring);
    assert_eq!(reasons(&placement)[0], "sa-east-1: a player has 190 ms, over the cap of 120 ms");
}

#[test]
fn the_weight_decides_between_the_worst_and_the_mean() {
    // "even" is 60 for both; "split" is 10 and 90, which has the better mean and the worse worst.
    let players = [
        PlayerLatencies::new("a").with("even", 60.0).with("split", 10.0),
        PlayerLatencies::new("b").with("even", 60.0).with("split", 90.0),
    ];
    let weigh = |worst_weight| {
        let policy = PlacementPolicy { worst_weight, ..PlacementPolicy::default() };
        placed(&["split", "even"], &players, &policy).ranked[0].clone()
    };
    assert_eq!((weigh(1.0).location.as_str(), weigh(1.0).cost_ms), ("even", 60.0));
    assert_eq!((weigh(0.0).location.as_str(), weigh(0.0).cost_ms), ("split", 50.0));
    assert_eq!((weigh(0.5).location.as_str(), weigh(0.5).cost_ms), ("even", 60.0));
    assert_eq!((weigh(0.25).location.as_str(), weigh(0.25).cost_ms), ("split", 60.0), "equal: the caller's order");
}

#[test]
fn without_samples_the_callers_order_stays() {
    let locations = ["b", "a", "c", "a", "b"];
    let nobody = placed(&locations, &[], &PlacementPolicy::default());
    assert_eq!(order(&nobody), ["b", "a", "c"], "repetitions are dropped");
    assert!(nobody.left_out.is_empty());
    assert!(nobody.ranked.iter().all(|ranked| ranked.cost_ms == 0.0 && ranked.admitted_after_ms == 0));
    for policy in [MissingSample::LeaveOut, MissingSample::Ignore, MissingSample::Assume(80.0)] {
        let silent = [PlayerLatencies::new("x"), PlayerLatencies::new("y").with("elsewhere", 1.0)];
        let placement = placed(&locations, &silent, &missing(policy));
        assert_eq!(placement.ranked, nobody.ranked);
        assert_eq!(reasons(&placement), ["elsewhere: players have samples for it, but it is not on offer"]);
    }
}

#[test]
fn a_player_without_any_sample_counts_nowhere() {
    let heard = [PlayerLatencies::new("a").with("x", 20.0).with("y", 10.0)];
    let all = [PlayerLatencies::new("silent"), heard[0].clone(), PlayerLatencies::new("abroad").with("z", 1.0)];
    for policy in [MissingSample::LeaveOut, MissingSample::Ignore, MissingSample::Assume(500.0)] {
        let with = placed(&["x", "y"], &all, &missing(policy));
        assert_eq!(with.ranked, placed(&["x", "y"], &heard, &missing(policy)).ranked);
    }
}

#[test]
fn each_policy_for_missing_samples() {
    let players = [
        PlayerLatencies::new("a").with("x", 20.0).with("y", 30.0),
        PlayerLatencies::new("b").with("y", 50.0),
        PlayerLatencies::new("c").with("y", 40.0),
    ];
    let locations = ["x", "y", "z"];
    let placement = placed(&locations, &players, &missing(MissingSample::LeaveOut));
    assert_eq!(order(&placement), ["y"]);
    assert_eq!(reasons(&placement), ["x: player b has no sample for it", "z: player a has no sample for it"]);

    let placement = placed(&locations, &players, &missing(MissingSample::Ignore));
    assert_eq!(order(&placement), ["x", "y"]);
    assert_eq!(placement.ranked[0].mean_ms, 20.0);
    assert_eq!(reasons(&placement), ["z: no player has a sample for it"]);

    let placement = placed(&locations, &players, &missing(MissingSample::Assume(80.0)));
    assert_eq!(order(&placement), ["y", "x", "z"]);
    assert_eq!((placement.ranked[1].worst_ms, placement.ranked[1].mean_ms), (80.0, 60.0));
    assert_eq!((placement.ranked[2].worst_ms, placement.ranked[2].mean_ms), (80.0, 80.0));

    let assumed_over_the_cap = PlacementPolicy { missing: MissingSample::Assume(80.0), ..capped(60.0, 0.0, None) };
    let placement = placed(&locations, &players, &assumed_over_the_cap);
    assert_eq!(reasons(&placement)[0], "x: a player has 80 ms, over the cap of 60 ms");
}

#[test]
fn the_figure_is_a_choice() {
    let players = [PlayerLatencies::new("a").with("spiky", [10.0, 400.0, 410.0]).with("steady", [50.0, 51.0, 52.0])];
    let policy = |figure| PlacementPolicy { figure, ..PlacementPolicy::default() };
    assert_eq!(order(&placed(&["spiky", "steady"], &players, &policy(Figure::Median))), ["steady", "spiky"]);
    assert_eq!(order(&placed(&["steady", "spiky"], &players, &policy(Figure::Min))), ["spiky", "steady"]);
}

#[test]
fn what_was_waited_already_admits_at_once() {
    let players = [PlayerLatencies::new("a").with("near", 40.0).with("far", 80.0)];
    let policy = capped(50.0, 10.0, None);
    let after = |waited_ms| place(&["far", "near"], &players, &policy, waited_ms).unwrap().ranked[1].admitted_after_ms;
    assert_eq!(after(0), 3_000);
    assert_eq!(after(2_999), 3_000);
    assert_eq!(after(3_000), 0);
    assert_eq!(after(u64::MAX), 0);
}

#[test]
fn bad_input_is_named() {
    let player = |samples: Vec<f32>| PlayerLatencies::new("a").with("eu-west-1", samples);
    let refused = |locations: &[&str], players: &[PlayerLatencies]| {
        let invalid = place(locations, players, &PlacementPolicy::default(), 0).unwrap_err();
        (invalid.field, invalid.reason)
    };
    let sample = |value| refused(&["x"], &[PlayerLatencies::new("b"), player(vec![1.0, value])]);
    let field = || r#"players[1].latencies["eu-west-1"][1]"#.to_owned();
    assert_eq!(sample(f32::NAN), (field(), Reason::NotANumber));
    assert_eq!(sample(-0.5), (field(), Reason::Negative));
    assert_eq!(sample(f32::NEG_INFINITY), (field(), Reason::Negative));
    assert_eq!(sample(f32::INFINITY), (field(), Reason::TooLarge { max: 60_000 }));
    assert_eq!(sample(60_000.01), (field(), Reason::TooLarge { max: 60_000 }));

    let field = || r#"players[0].latencies["eu-west-1"]"#.to_owned();
    assert_eq!(refused(&["x"], &[player(vec![])]), (field(), Reason::Empty));
    assert_eq!(refused(&["x"], &[player(vec![1.0; 101])]), (field(), Reason::TooMany { max: 100 }));

    let players = [PlayerLatencies::new("a"), PlayerLatencies::new("b"), PlayerLatencies::new("a")];
    assert_eq!(refused(&["x"], &players), ("players[2].id".to_owned(), Reason::Duplicate { first: 0 }));
    let named = |id: &str| refused(&["x"], &[PlayerLatencies::new(id)]);
    assert_eq!(named(""), ("players[0].id".to_owned(), Reason::Empty));
    assert_eq!(named("a\r\nb"), ("players[0].id".to_owned(), Reason::ControlCharacter));
    assert_eq!(named(&"x".repeat(256)), ("players[0].id".to_owned(), Reason::TooLong { max_bytes: 255 }));
    let measured = |location: &str| refused(&["x"], &[PlayerLatencies::new("a").with(location, 1.0)]);
    assert_eq!(measured("a\0b"), (r#"players[0].latencies["a\0b"]"#.to_owned(), Reason::ControlCharacter));
    let long = measured(&"ü".repeat(200));
    assert_eq!(long, (format!("players[0].latencies[{:?}…]", "ü".repeat(32)), Reason::TooLong { max_bytes: 255 }));

    assert_eq!(refused(&[], &[]), ("locations".to_owned(), Reason::Empty));
    assert_eq!(refused(&["x", ""], &[]), ("locations[1]".to_owned(), Reason::Empty));
    assert_eq!(refused(&["x\n"], &[]), ("locations[0]".to_owned(), Reason::ControlCharacter));
}

#[test]
fn limits_are_held_and_reached() {
    let policy = PlacementPolicy::default();
    let names: Vec<String> = (0..=MAX_LOCATIONS).map(|index| format!("l{index}")).collect();
    assert_eq!(place(&names, &[], &policy, 0).unwrap_err().reason, Reason::TooMany { max: 1_000 });
    assert_eq!(place(&names[1..], &[], &policy, 0).unwrap().ranked.len(), 1_000);

    let mut players: Vec<_> =
        (0..=MAX_PLAYERS).map(|id| PlayerLatencies::new(id.to_string()).with("x", 60_000.0)).collect();
    assert_eq!(place(&["x"], &players, &policy, 0).unwrap_err().reason, Reason::TooMany { max: 10_000 });
    players.pop();
    let placement = placed(&["x"], &players, &policy);
    assert_eq!((placement.ranked[0].worst_ms, placement.ranked[0].mean_ms), (60_000.0, 60_000.0));

    let everywhere = names.iter().fold(PlayerLatencies::new("a"), |player, name| player.with(name, 1.0));
    let invalid = place(&["x"], &[everywhere], &policy, 0).unwrap_err();
    assert_eq!(invalid.to_string(), "players[0].latencies has more than 1000 entries");
}

#[test]
fn a_matrix_must_fit_and_hold_latencies() {
    let refused = |result: Result<LatencyMatrix<'_>, InvalidPlacement>| result.unwrap_err().to_string();
    assert_eq!(refused(LatencyMatrix::whole(&[1; 5], 2, 3)), "figures must have 6 entries but has 5");
    assert_eq!(refused(LatencyMatrix::whole(&[], 0, 0)), "locations must not be empty");
    assert_eq!(refused(LatencyMatrix::fractional(&[], 0, usize::MAX)), "locations has more than 1000 entries");
    assert_eq!(refused(LatencyMatrix::fractional(&[], usize::MAX, 1)), "players has more than 10000 entries");
    assert!(LatencyMatrix::whole(&[], 0, 3).is_ok());

    let policy = PlacementPolicy::default();
    let place_whole = |figures: &[u16; 6], names: &[&str]| {
        place_matrix(names, LatencyMatrix::whole(figures, 2, 3).unwrap(), &policy, 0).map_err(|error| error.to_string())
    };
    let figures = [10, 20, u16::MAX, 30, 10, u16::MAX];
    let placement = place_whole(&figures, &["a", "b", "c"]).unwrap();
    assert_eq!(order(&placement), ["b", "a"]);
    assert_eq!(reasons(&placement), ["c: player 0 has no sample for it"]);
    let refused = |figures, names: &[&str]| place_whole(figures, names).unwrap_err();
    assert_eq!(refused(&figures, &["a", "b"]), "locations must have 3 entries but has 2");
    assert_eq!(refused(&figures, &["a", "b", "a"]), "locations[2] is the same as entry 0");
    assert_eq!(refused(&[10, 20, 30, 40, 60_001, u16::MAX], &["a", "b", "c"]), "figures[1][1] must be at most 60000");

    let figures = [10.0, f32::NAN, -1.0, f32::INFINITY];
    let mut ranking = Ranking::new();
    let matrix = LatencyMatrix::fractional(&figures, 2, 2).unwrap();
    let invalid = rank_matrix(matrix, &policy, 0, &mut ranking).unwrap_err();
    assert_eq!(invalid.to_string(), "figures[1][0] must not be negative");
    assert!(ranking.ranked().is_empty() && ranking.left_out().is_empty());
    assert_eq!(matrix.first_missing(1), Some(0));
    assert_eq!(matrix.first_missing(2), None);
}

#[test]
fn a_refusal_is_also_one_of_the_crate() {
    let invalid = place::<&str>(&[], &[], &PlacementPolicy::default(), 0).unwrap_err();
    assert_eq!(InvalidInput::from(invalid), InvalidInput::new("locations", InvalidReason::Empty));
    let policy = PlacementPolicy { worst_weight: -1.0, ..PlacementPolicy::default() };
    let invalid = InvalidInput::from(place(&["x"], &[], &policy, 0).unwrap_err());
    assert_eq!(invalid.to_string(), "policy.worst_weight must not be negative");
}
