//! What a placement from a flat matrix costs beside the least that any placement could do: reading the matrix once and
//! keeping the largest and the sum of each column.
//!
//! Both sides keep their memory between calls and take turns over several matrices, so that neither the allocator nor a
//! branch predictor that has learnt one matrix by heart is measured. The placement does all of its work: checks of
//! policy and figures, missing samples, cap, costs, sorting, and writing out the result.

use std::hint::black_box;

use matchport_core::placement::{
    LatencyCap, LatencyMatrix, MissingSample, PlacementPolicy, Ranking, place_matrix, rank_matrix,
};
use matchport_testkit::measure::{Plan, Report, is_quick, is_wanted};

const PLAYERS: usize = 100;
const LOCATIONS: usize = 200;
/// Together past the first-level cache, well within the second.
const MATRICES: usize = 8;
const NAME: &str = "flat_matrix_100x200_vs_plain_loop";

fn main() {
    if !is_wanted(NAME) {
        return;
    }
    let repeats = if is_quick() { 2 } else { 10 };
    // The claim: a usual matrix, where two players sent nothing and a tenth of the locations lacks someone's sample.
    let usual = Matrices::new(|player, location, random| match (player, location % 10) {
        (7 | 80, _) => true,
        (_, 3) => random.below(20) == 0,
        _ => false,
    });
    let complete = Matrices::new(|_, _, _| false);
    let scattered = Matrices::new(|_, _, random| random.below(20) == 0);
    let cap = LatencyCap { limit_ms: 180.0, relax_ms_per_second: 5.0, ceiling_ms: Some(250.0) };
    let policy = PlacementPolicy { cap: Some(cap), ..PlacementPolicy::default() };
    let ignore = PlacementPolicy { missing: MissingSample::Ignore, ..policy.clone() };
    let names: Vec<String> = (0..LOCATIONS).map(|location| format!("region-{location:03}")).collect();

    let comparison = Plan::new()
        .rounds(301)
        .warm_up(20)
        .variant("plain_u16", usual.each_whole(repeats, plain_whole()))
        .variant("rank_u16", usual.each_whole(repeats, rank_whole(&policy)))
        .variant("rank_complete_u16", complete.each_whole(repeats, rank_whole(&policy)))
        .variant("rank_scattered_u16", scattered.each_whole(repeats, rank_whole(&ignore)))
        .variant(
            "named_u16",
            usual.each_whole(repeats, |figures| {
                black_box(place_matrix(&names, whole(figures), &policy, 0).expect("the figures are in range"));
            }),
        )
        .variant("plain_f32", usual.each_fractional(repeats, plain_fractional()))
        .variant("rank_f32", usual.each_fractional(repeats, rank_fractional(&policy)))
        .run();

    let calls = (repeats * MATRICES) as f64;
    let microseconds = |variant| comparison.median_time(variant).as_secs_f64() * 1e6 / calls;
    Report::at_most(1.5, "placement", NAME, comparison.time_ratio("rank_u16", "plain_u16"))
        .samples(comparison.rounds())
        .detail("plain_u16_us", microseconds("plain_u16"))
        .detail("rank_u16_us", microseconds("rank_u16"))
        .detail("ratio_without_gaps", comparison.time_ratio("rank_complete_u16", "plain_u16"))
        .detail("ratio_with_a_twentieth_missing_ignored", comparison.time_ratio("rank_scattered_u16", "plain_u16"))
        .detail("ratio_with_names_allocated", comparison.time_ratio("named_u16", "plain_u16"))
        .detail("plain_f32_us", microseconds("plain_f32"))
        .detail("ratio_f32_with_sums_in_f64", comparison.time_ratio("rank_f32", "plain_f32"))
        .print();
}

/// The least there is to do for whole milliseconds: row after row, all columns side by side.
fn plain_whole() -> impl FnMut(&[u16]) {
    let (mut largest, mut sums) = (vec![0_u16; LOCATIONS], vec![0_u32; LOCATIONS]);
    move |figures| {
        largest.fill(0);
        sums.fill(0);
        for row in figures.chunks_exact(LOCATIONS) {
            for ((&figure, largest), sum) in row.iter().zip(&mut largest).zip(&mut sums) {
                *largest = figure.max(*largest);
                *sum += u32::from(figure);
            }
        }
        black_box((&largest, &sums));
    }
}

/// The same for fractions.
fn plain_fractional() -> impl FnMut(&[f32]) {
    let (mut largest, mut sums) = (vec![0_f32; LOCATIONS], vec![0_f32; LOCATIONS]);
    move |figures| {
        largest.fill(0.0);
        sums.fill(0.0);
        for row in figures.chunks_exact(LOCATIONS) {
            for ((&figure, largest), sum) in row.iter().zip(&mut largest).zip(&mut sums) {
                *largest = figure.max(*largest);
                *sum += figure;
            }
        }
        black_box((&largest, &sums));
    }
}

fn rank_whole(policy: &PlacementPolicy) -> impl FnMut(&[u16]) {
    let mut ranking = Ranking::new();
    move |figures| {
        rank_matrix(whole(figures), policy, 0, &mut ranking).expect("the figures are in range");
        black_box((ranking.ranked(), ranking.left_out()));
    }
}

fn rank_fractional(policy: &PlacementPolicy) -> impl FnMut(&[f32]) {
    let mut ranking = Ranking::new();
    move |figures| {
        let matrix = LatencyMatrix::fractional(figures, PLAYERS, LOCATIONS).expect("the shape fits");
        rank_matrix(matrix, policy, 0, &mut ranking).expect("the figures are in range");
        black_box((ranking.ranked(), ranking.left_out()));
    }
}

fn whole(figures: &[u16]) -> LatencyMatrix<'_> {
    LatencyMatrix::whole(figures, PLAYERS, LOCATIONS).expect("the shape fits")
}

/// Several matrices of one kind.
struct Matrices {
    whole: Vec<Vec<u16>>,
    fractional: Vec<Vec<f32>>,
}

impl Matrices {
    /// Latencies as they are: each location lies at some distance, each player adds a line of their own, 10 to 330 ms.
    fn new(is_missing: impl Fn(usize, usize, &mut Random) -> bool) -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let matrix = |_| {
            let distances: Vec<u16> = (0..LOCATIONS).map(|_| 5 + random.below(200)).collect();
            let mut figures = Vec::with_capacity(PLAYERS * LOCATIONS);
            for player in 0..PLAYERS {
                let line = 5 + random.below(40);
                for (location, distance) in distances.iter().enumerate() {
                    let missing = is_missing(player, location, &mut random);
                    figures.push(if missing { u16::MAX } else { distance + line + random.below(80) });
                }
            }
            figures
        };
        let whole: Vec<Vec<u16>> = (0..MATRICES).map(matrix).collect();
        let fraction = |&figure: &u16| if figure == u16::MAX { f32::NAN } else { f32::from(figure) + 0.3 };
        let fractional = whole.iter().map(|figures| figures.iter().map(fraction).collect()).collect();
        Self { whole, fractional }
    }

    fn each_whole<'a>(&'a self, repeats: usize, mut work: impl FnMut(&[u16]) + 'a) -> impl FnMut() + 'a {
        move || (0..repeats).for_each(|_| self.whole.iter().for_each(|figures| work(black_box(figures))))
    }

    fn each_fractional<'a>(&'a self, repeats: usize, mut work: impl FnMut(&[f32]) + 'a) -> impl FnMut() + 'a {
        move || (0..repeats).for_each(|_| self.fractional.iter().for_each(|figures| work(black_box(figures))))
    }
}

/// The same numbers in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u16) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u16 % end
    }
}
