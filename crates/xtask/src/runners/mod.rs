//! `cargo xtask test`: runs all runners, whatever happens to one of them, and adds up. A runner is a file beside this
//! one that implements [`Runner`] and stands in [`ALL`]; nothing else has to know of it.

mod c_abi;
mod c_package;
mod c_platforms;
mod conformance;
#[cfg(unix)]
mod containers;
mod contract;
mod core_wasm;
mod cpp;
mod csharp;
mod dashboard;
mod doc;
mod fuzz;
mod miri;
mod npm;
mod planted;
mod proof;
mod simulation;
mod tally;
mod unit;
mod wasm;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};

use crate::counts::Counts;
use crate::process::{Finished, Workspace};

/// All runners, in the order in which they run.
const ALL: &[&dyn Runner] = &[
    &unit::Unit,
    &doc::Doc,
    &fuzz::Fuzz,
    &simulation::Simulation,
    &proof::Proof,
    &contract::Contract,
    #[cfg(unix)]
    &containers::Containers,
    &dashboard::Dashboard,
    &core_wasm::CoreWasm,
    &c_abi::CAbi,
    &c_package::CPackage,
    &c_platforms::CPlatforms,
    &miri::Miri,
    &cpp::Cpp,
    &csharp::CSharp,
    &wasm::Wasm,
    &npm::Npm,
];

/// Something that runs tests of one kind and can count them.
trait Runner {
    /// One word: what one types after `cargo xtask test`.
    fn name(&self) -> &'static str;

    /// Runs the tests, showing their output. An error is a failure of this runner and ends no other; so is a runner
    /// that ran no test.
    fn run(&self, context: &Context<'_>) -> Result<Outcome>;
}

/// What a runner is given.
struct Context<'a> {
    workspace: &'a Workspace,
    /// Whether what is missing on this machine may be installed.
    may_install: bool,
}

/// What a runner did.
#[derive(Debug)]
struct Outcome {
    counts: Counts,
    /// What the counts alone don't say, for the table.
    note: Option<String>,
}

/// The error of a runner whose tests can't be run on this machine, for a reason that is nobody's mistake. It counts neither as
/// passed nor as failed, and the reason is said.
#[derive(Debug)]
struct Skipped(String);

impl std::fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "skipped: {}", self.0)
    }
}

impl std::error::Error for Skipped {}

/// The names of all runners.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|runner| runner.name())
}

/// Runs the runners with these names, or all when there are none, and prints the table. The last line on stdout is
/// `N passed, N failed`.
pub(crate) fn run(workspace: &Workspace, wanted: &[String], may_install: bool) -> ExitCode {
    let context = Context { workspace, may_install };
    let wanted = ALL.iter().filter(|runner| wanted.is_empty() || wanted.iter().any(|name| name == runner.name()));
    let results: Vec<_> = wanted.map(|runner| run_one(*runner, &context)).collect();
    println!("\n{}", table(&results).trim_fmt());
    let total = total(&results);
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Outcome {
    /// Takes the counts that a test program printed together with how it ended, so that no failure gets lost: an end
    /// with an error and without a failed test (it didn't build, it crashed) is a failure too.
    fn new(counts: Option<Counts>, finished: &Finished) -> Self {
        let mut outcome = Self { counts: counts.unwrap_or_default(), note: None };
        if !finished.status.success() && outcome.counts.failed == 0 {
            outcome.counts.failed = 1;
            let what = if counts.is_some() { "ended with an error" } else { "did not build, or did not start" };
            outcome.note = Some(format!("{what} ({})", finished.status));
        }
        outcome
    }
}

struct Line {
    name: &'static str,
    counts: Counts,
    note: String,
    time: Duration,
}

fn run_one(runner: &dyn Runner, context: &Context<'_>) -> Line {
    println!("\n== {}", runner.name());
    let start = Instant::now();
    let (counts, note) = judge(runner.run(context));
    Line { name: runner.name(), counts, note, time: start.elapsed() }
}

fn judge(result: Result<Outcome>) -> (Counts, String) {
    match result {
        Ok(Outcome { counts: Counts { passed: 0, failed: 0 }, note }) => {
            let note = note.map_or_else(String::new, |note| format!(" ({note})"));
            (Counts { passed: 0, failed: 1 }, format!("ran no test, which counts as failed{note}"))
        }
        Ok(Outcome { counts, note }) => (counts, note.unwrap_or_default()),
        Err(error) if error.is::<Skipped>() => {
            println!("{error}");
            (Counts::default(), error.to_string())
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            (Counts { passed: 0, failed: 1 }, "could not run; the error is above".to_owned())
        }
    }
}

fn total(lines: &[Line]) -> Counts {
    let add = |sum: Counts, line: &Line| Counts {
        passed: sum.passed + line.counts.passed,
        failed: sum.failed + line.counts.failed,
    };
    lines.iter().fold(Counts::default(), add)
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["runner", "passed", "failed", "time", ""]);
    for line in lines {
        let time = format!("{:.1} s", line.time.as_secs_f64());
        let cells = [line.counts.passed.to_string(), line.counts.failed.to_string(), time, line.note.clone()];
        table.add_row(std::iter::once(line.name.to_owned()).chain(cells));
    }
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    fn outcome(passed: u64, failed: u64) -> Result<Outcome> {
        Ok(Outcome { counts: counts(passed, failed), note: None })
    }

    #[test]
    fn a_runner_that_breaks_or_runs_nothing_has_failed() {
        assert_eq!(judge(outcome(3, 2)).0, counts(3, 2));
        assert_eq!(judge(outcome(0, 0)).0, counts(0, 1));
        assert_eq!(judge(Err(anyhow!("no such program"))).0, counts(0, 1));
        assert_eq!(judge(Err(Skipped("no root".to_owned()).into())), (counts(0, 0), "skipped: no root".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn an_error_at_the_end_counts_even_when_no_test_failed() {
        let finished = |script: &str| {
            crate::process::watch(std::process::Command::new("sh").args(["-c", script])).expect("sh starts")
        };
        assert_eq!(Outcome::new(None, &finished("exit 101")).counts, counts(0, 1));
        assert_eq!(Outcome::new(Some(counts(5, 0)), &finished("exit 1")).counts, counts(5, 1));
        assert_eq!(Outcome::new(Some(counts(5, 2)), &finished("exit 100")).counts, counts(5, 2));
        assert_eq!(Outcome::new(Some(counts(5, 0)), &finished("exit 0")).counts, counts(5, 0));
    }

    #[test]
    fn names_are_words_and_differ() {
        let names: Vec<_> = names().collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
    }

    #[test]
    fn the_total_is_the_sum_of_all_lines() {
        let line = |passed, failed| Line {
            name: "x",
            counts: counts(passed, failed),
            note: String::new(),
            time: Duration::ZERO,
        };
        assert_eq!(total(&[line(1, 0), line(20, 3), line(0, 1)]), counts(21, 4));
    }
}
