//! The examples in the documentation of all crates, which nextest doesn't run.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, process};

pub(super) struct Doc;

impl Runner for Doc {
    fn name(&self) -> &'static str {
        "doc"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let mut command = context.workspace.cargo(["test", "--doc", "--workspace", "--no-fail-fast"]);
        let finished = process::watch(&mut command)?;
        Ok(Outcome::new(counts::of_libtest(&finished.output), &finished))
    }
}
