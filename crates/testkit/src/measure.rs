//! The measuring library of the benches: two or more variants of the same work, run in turn in one process and
//! compared as ratios, so that a slow machine or a noisy neighbour hits all of them alike.
//!
//! A bench target (`harness = false`) measures, builds a [`Report`] for each claim and prints it. That is one JSON
//! line on stdout, which `cargo xtask bench` collects and judges. Nothing here judges, draws tables or fails a run,
//! and nothing here knows an async runtime: see [`blocking`].
//!
//! ```
//! use matchport_testkit::measure::{Plan, Report};
//! use std::hint::black_box;
//!
//! let numbers: Vec<u64> = (0..4096).collect();
//! let comparison = Plan::new()
//!     .rounds(11)
//!     .variant("indexed", || {
//!         let mut sum = 0;
//!         for index in 0..numbers.len() {
//!             sum += black_box(numbers[index]);
//!         }
//!         black_box(sum);
//!     })
//!     .variant("iterator", || {
//!         black_box(numbers.iter().map(black_box).sum::<u64>());
//!     })
//!     .run();
//!
//! let ratio = comparison.time_ratio("iterator", "indexed");
//! Report::at_most(1.5, "core", "sum of 4096 numbers, iterator against index", ratio)
//!     .samples(comparison.rounds())
//!     .detail("iterator_us", comparison.median_time("iterator").as_secs_f64() * 1e6)
//!     .print();
//! ```
//!
//! Three variables of the environment steer a run; `cargo xtask bench` sets them:
//!
//! | variable | effect |
//! | --- | --- |
//! | `MATCHPORT_BENCH_QUICK` | set and neither empty nor `0`: fewer rounds ([`is_quick`]), for a look or a smoke test |
//! | `MATCHPORT_BENCH_FILTER` | only measurements whose name contains it are wanted ([`is_wanted`]) |

use std::env;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};

/// Rounds of a comparison that was not told otherwise.
const ROUNDS: usize = 31;
/// Rounds that are run first and thrown away: caches, branch predictors, connection pools, lazy statics.
const WARM_UP: usize = 3;
/// In quick mode no comparison has more rounds than this. Odd, so that the median is a round that really happened.
const QUICK_ROUNDS: usize = 7;

/// Whether a quick look was asked for (`MATCHPORT_BENCH_QUICK`): use smaller workloads, as the rounds are fewer too.
pub fn is_quick() -> bool {
    env::var("MATCHPORT_BENCH_QUICK").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Whether the measurement called `name` was asked for: `MATCHPORT_BENCH_FILTER` is unset or part of `name`.
///
/// Ask before an expensive set-up; a bench that ignores it is still right, only slower.
pub fn is_wanted(name: &str) -> bool {
    env::var("MATCHPORT_BENCH_FILTER").map_or(true, |filter| name.contains(&filter))
}

/// Turns a closure that returns futures into one that a [`Plan`] takes, by running each future to its end with
/// `block_on`.
///
/// The runtime stays the bench's own: pass `|future| runtime.block_on(future)` for tokio.
///
/// ```
/// use matchport_testkit::measure::{Plan, blocking};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let comparison = Plan::new()
///     .rounds(3)
///     .variant("direct", || {})
///     .variant("awaited", blocking(|future| block_on(future), || async {}))
///     .run();
/// assert_eq!(comparison.rounds(), 3);
/// ```
pub fn blocking<F, B, M>(block_on: B, mut make: M) -> impl FnMut()
where
    F: Future,
    B: Fn(F) -> F::Output,
    M: FnMut() -> F,
{
    move || {
        std::hint::black_box(block_on(make()));
    }
}

/// Variants of the same work, to be run in turn. Finish it with [`Plan::run`].
pub struct Plan<'work> {
    rounds: usize,
    warm_up: usize,
    quick: bool,
    names: Vec<&'static str>,
    work: Vec<Box<dyn FnMut() + 'work>>,
}

/// What [`Plan::run`] measured: one [`Sample`] a variant and round.
#[derive(Debug, Clone)]
pub struct Comparison {
    variants: Vec<(&'static str, Vec<Sample>)>,
}

/// The cost of one call of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Time that passed.
    pub time: Duration,
    /// CPU time (user and system) of the whole process, all of its threads; not of its children. Zero where the
    /// system has no such clock (anything but Unix).
    pub process_cpu: Duration,
    /// CPU time (user and system) of the calling thread alone: the figure to take when the other end of a connection
    /// runs in the same process. Zero where the system has no such clock.
    pub thread_cpu: Duration,
}

impl<'work> Plan<'work> {
    /// A plan without variants, with 31 rounds after 3 that are thrown away; at most 7 in quick mode.
    #[expect(clippy::new_without_default, reason = "the defaults depend on the environment")]
    pub fn new() -> Self {
        Self { rounds: ROUNDS, warm_up: WARM_UP, quick: is_quick(), names: Vec::new(), work: Vec::new() }
    }

    /// Adds a variant. One call should last well over a microsecond: loop inside it for less. Keep results from being
    /// optimised away with [`std::hint::black_box`].
    pub fn variant(mut self, name: &'static str, work: impl FnMut() + 'work) -> Self {
        self.names.push(name);
        self.work.push(Box::new(work));
        self
    }

    /// How many rounds count (at least one). Quick mode lowers it to 7.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds.max(1);
        self
    }

    /// How many rounds are run first and thrown away. Quick mode lowers it to 1.
    pub fn warm_up(mut self, rounds: usize) -> Self {
        self.warm_up = rounds;
        self
    }

    /// Runs one call of each variant a round. Every second round goes backwards (A B, B A, A B …), so that no variant
    /// always inherits the caches of the same other one.
    pub fn run(mut self) -> Comparison {
        let (rounds, warm_up) = match self.quick {
            true => (self.rounds.min(QUICK_ROUNDS), self.warm_up.min(1)),
            false => (self.rounds, self.warm_up),
        };
        let count = self.work.len();
        let mut samples = vec![Vec::with_capacity(rounds); count];
        for round in 0..warm_up + rounds {
            for position in 0..count {
                let index = if round % 2 == 0 { position } else { count - 1 - position };
                let sample = sample(&mut *self.work[index]);
                if round >= warm_up {
                    samples[index].push(sample);
                }
            }
        }
        Comparison { variants: self.names.into_iter().zip(samples).collect() }
    }
}

impl Comparison {
    /// Rounds that counted: the number of samples behind each figure.
    pub fn rounds(&self) -> usize {
        self.variants.first().map_or(0, |(_, samples)| samples.len())
    }

    /// All samples of a variant, in the order in which they were taken.
    ///
    /// # Panics
    /// When no variant has that name: a slip in the bench, as in all methods that take a name.
    pub fn samples(&self, variant: &str) -> &[Sample] {
        match self.variants.iter().find(|(name, _)| *name == variant) {
            Some((_, samples)) => samples,
            None => {
                let known: Vec<_> = self.variants.iter().map(|(name, _)| *name).collect();
                panic!("no variant is called {variant:?}; there are {known:?}")
            }
        }
    }

    /// The median time of one call.
    pub fn median_time(&self, variant: &str) -> Duration {
        self.median_of(variant, |sample| sample.time)
    }

    /// The median CPU time that the process spent in one call.
    pub fn median_process_cpu(&self, variant: &str) -> Duration {
        self.median_of(variant, |sample| sample.process_cpu)
    }

    /// The median CPU time that the calling thread spent in one call.
    pub fn median_thread_cpu(&self, variant: &str) -> Duration {
        self.median_of(variant, |sample| sample.thread_cpu)
    }

    /// How many times as long as `base` a call of `subject` takes: 1.05 is five percent slower.
    pub fn time_ratio(&self, subject: &str, base: &str) -> f64 {
        self.ratio_of(subject, base, |sample| sample.time)
    }

    /// How many times as many calls per second `subject` makes as `base`: 0.9 is ten percent fewer.
    pub fn rate_ratio(&self, subject: &str, base: &str) -> f64 {
        self.ratio_of(base, subject, |sample| sample.time)
    }

    /// How many times as much CPU time of the process as `base` a call of `subject` takes.
    pub fn process_cpu_ratio(&self, subject: &str, base: &str) -> f64 {
        self.ratio_of(subject, base, |sample| sample.process_cpu)
    }

    /// How many times as much CPU time of its thread as `base` a call of `subject` takes.
    pub fn thread_cpu_ratio(&self, subject: &str, base: &str) -> f64 {
        self.ratio_of(subject, base, |sample| sample.thread_cpu)
    }

    fn median_of(&self, variant: &str, figure: impl Fn(&Sample) -> Duration) -> Duration {
        let seconds = self.samples(variant).iter().map(|sample| figure(sample).as_secs_f64());
        Duration::from_secs_f64(median(seconds.collect()).unwrap_or(0.0))
    }

    /// The median of the ratios of each round, not the ratio of two medians: the two calls of a round are neighbours
    /// in time, so a machine that slows down halfway through the run drops out.
    fn ratio_of(&self, over: &str, under: &str, figure: impl Fn(&Sample) -> Duration) -> f64 {
        let pairs = self.samples(over).iter().zip(self.samples(under));
        let ratios = pairs.map(|(over, under)| figure(over).as_secs_f64() / figure(under).as_secs_f64());
        median(ratios.collect()).unwrap_or(f64::NAN)
    }
}

/// Measures one call.
pub fn sample(work: &mut dyn FnMut()) -> Sample {
    let cpu = cpu_clocks();
    let start = Instant::now();
    work();
    let time = start.elapsed();
    let cpu_after = cpu_clocks();
    Sample {
        time,
        process_cpu: cpu_after.process.saturating_sub(cpu.process),
        thread_cpu: cpu_after.thread.saturating_sub(cpu.thread),
    }
}

/// The middle of `values` (the mean of the two in the middle when their number is even), or `None` without values.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

struct CpuClocks {
    process: Duration,
    thread: Duration,
}

#[cfg(unix)]
fn cpu_clocks() -> CpuClocks {
    use rustix::time::{ClockId, clock_gettime};
    let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    CpuClocks { process: read(ClockId::ProcessCPUTime), thread: read(ClockId::ThreadCPUTime) }
}

#[cfg(not(unix))]
fn cpu_clocks() -> CpuClocks {
    CpuClocks { process: Duration::ZERO, thread: Duration::ZERO }
}

/// One claim and what was measured for it: a line of JSON for `cargo xtask bench`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    bench: String,
    name: String,
    ratio: f64,
    limit: f64,
    better: Better,
    samples: usize,
    detail: Map<String, Value>,
}

/// Which side of its limit a ratio has to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Better {
    Higher,
    Lower,
}

impl Report {
    /// The claim that `ratio` is at most `limit`: times and CPU times. `bench` names the crate or the bench target,
    /// `name` the measurement, in words.
    pub fn at_most(limit: f64, bench: &str, name: &str, ratio: f64) -> Self {
        Self::new(limit, bench, name, ratio, Better::Lower)
    }

    /// The claim that `ratio` is at least `limit`: rates.
    pub fn at_least(limit: f64, bench: &str, name: &str, ratio: f64) -> Self {
        Self::new(limit, bench, name, ratio, Better::Higher)
    }

    /// How many samples are behind the ratio.
    pub fn samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Adds a figure that explains the ratio; put the unit into the name (`allocate_us`).
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The line: one JSON object, no line break. A ratio that is no number is `null`, which the collector refuses.
    pub fn to_json_line(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and maps with string keys always serialize")
    }

    /// Prints the line to stdout.
    pub fn print(&self) {
        println!("{}", self.to_json_line());
    }

    fn new(limit: f64, bench: &str, name: &str, ratio: f64, better: Better) -> Self {
        let (bench, name) = (bench.to_owned(), name.to_owned());
        Self { bench, name, ratio, limit, better, samples: 0, detail: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn samples(times: &[u64]) -> Vec<Sample> {
        let sample = |ms: &u64| Sample {
            time: Duration::from_millis(*ms),
            process_cpu: Duration::from_millis(ms * 2),
            thread_cpu: Duration::from_millis(ms * 3),
        };
        times.iter().map(sample).collect()
    }

    #[test]
    fn median_takes_the_middle_and_ignores_order_and_outliers() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![4.0]), Some(4.0));
        assert_eq!(median(vec![9000.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine becomes ten times slower halfway; `new` always takes twice as long as `old`. The medians alone
        // would say 20 / 100 = 0.2.
        let comparison =
            Comparison { variants: vec![("old", samples(&[10, 100, 100])), ("new", samples(&[20, 20, 200]))] };
        assert_eq!(comparison.time_ratio("new", "old"), 2.0);
        assert_eq!(comparison.rate_ratio("new", "old"), 0.5);
        assert_eq!(comparison.process_cpu_ratio("new", "old"), 2.0);
        assert_eq!(comparison.thread_cpu_ratio("new", "old"), 2.0);
        assert_eq!(comparison.median_time("new"), Duration::from_millis(20));
        assert_eq!(comparison.median_process_cpu("new"), Duration::from_millis(40));
        assert_eq!(comparison.median_thread_cpu("old"), Duration::from_millis(300));
    }

    #[test]
    fn variants_take_turns_and_warm_up_does_not_count() {
        let calls = RefCell::new(String::new());
        let comparison = Plan { quick: false, ..Plan::new() }
            .rounds(2)
            .warm_up(1)
            .variant("a", || calls.borrow_mut().push('a'))
            .variant(
                "b",
                blocking(
                    |future: std::future::Ready<()>| drop(future),
                    || {
                        calls.borrow_mut().push('b');
                        std::future::ready(())
                    },
                ),
            )
            .run();
        assert_eq!(comparison.rounds(), 2);
        assert_eq!(comparison.samples("b").len(), 2);
        assert_eq!(*calls.borrow(), "abbaab");
    }

    #[test]
    fn quick_mode_lowers_rounds_and_warm_up_but_never_raises_them() {
        let calls = RefCell::new(0);
        let plan = || Plan { quick: true, ..Plan::new() }.variant("a", || *calls.borrow_mut() += 1);
        assert_eq!(plan().rounds(1000).warm_up(100).run().rounds(), QUICK_ROUNDS);
        assert_eq!(*calls.borrow(), QUICK_ROUNDS + 1);
        assert_eq!(plan().rounds(3).warm_up(0).run().rounds(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn work_costs_cpu_time_on_both_clocks() {
        let mut sum = 0_u64;
        // Spins until the thread's own clock has moved, so the test needs no guess at the speed of the machine.
        let start = cpu_clocks().thread;
        let sample = sample(&mut || {
            while cpu_clocks().thread.saturating_sub(start) < Duration::from_millis(5) {
                sum = std::hint::black_box(sum.wrapping_add(1));
            }
        });
        assert!(sample.thread_cpu > Duration::from_millis(1), "{sample:?}");
        assert!(sample.process_cpu >= sample.thread_cpu / 2, "{sample:?}");
        assert!(sample.time > Duration::ZERO, "{sample:?}");
    }

    #[test]
    #[should_panic(expected = "no variant is called \"c\"; there are [\"a\"]")]
    fn an_unknown_variant_is_named() {
        Comparison { variants: vec![("a", Vec::new())] }.median_time("c");
    }

    #[test]
    fn a_report_is_one_line_of_the_agreed_form() {
        let report = Report::at_least(0.9, "emulator", "start, \"null\"\nbackend", 0.97)
            .samples(31)
            .detail("rate", 12_000)
            .detail("base", "axum");
        assert_eq!(
            report.to_json_line(),
            r#"{"bench":"emulator","name":"start, \"null\"\nbackend","ratio":0.97,"limit":0.9,"better":"higher","samples":31,"detail":{"base":"axum","rate":12000}}"#
        );
        let unmeasured = Report::at_most(1.5, "core", "placement", f64::NAN).to_json_line();
        assert!(unmeasured.contains(r#""ratio":null,"limit":1.5,"better":"lower""#), "{unmeasured}");
    }
}
