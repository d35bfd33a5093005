//! Hostile input, in short: the kept corpus and mutations of it, drawn from one seed, with the stable toolchain. The long
//! form, which looks for what is new, is `cargo xtask fuzz`.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, fuzz, process};

/// For each target: some seconds for the slowest.
const MUTATIONS: u64 = 20_000;

pub(super) struct Fuzz;

impl Runner for Fuzz {
    fn name(&self) -> &'static str {
        "fuzz"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let finished = process::watch(&mut fuzz::replay_command(context.workspace, MUTATIONS))?;
        Ok(Outcome::new(counts::of_closing_line(&finished.output), &finished))
    }
}
