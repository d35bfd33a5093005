//! The proofs, in short: a simulation, a search, and that the search finds every planted mistake. The long forms are
//! `cargo xtask simulate`, `cargo xtask search` and `cargo xtask search --planted`.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::counts::Counts;
use crate::{process, simulation};

/// The proofs that run as they are.
const RUNS: [&[&str]; 2] =
    [&["simulate", "--allocations", "1000000", "--threads", "2"], &["search", "--faults", "2", "--threads", "2"]];

pub(super) struct Simulation;

impl Runner for Simulation {
    fn name(&self) -> &'static str {
        "simulation"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let mut counts = Counts::default();
        let mut add = |good: bool| if good { counts.passed += 1 } else { counts.failed += 1 };
        for run in RUNS {
            let finished = process::watch(&mut simulation::command(context.workspace, simulation::SHORT, run))?;
            add(finished.status.success());
        }
        let verdicts = simulation::find_planted(context.workspace)?;
        println!("{}", simulation::table(&verdicts));
        verdicts.iter().for_each(|verdict| add(verdict.is_good()));
        Ok(Outcome { counts, note: None })
    }
}
