//! Unit and integration tests of all crates, the end-to-end tests of the program among them: nextest, or plain
//! `cargo test` where nextest can't be had.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, process, setup};

pub(super) struct Unit;

impl Runner for Unit {
    fn name(&self) -> &'static str {
        "unit"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        match setup::nextest(context.workspace, context.may_install) {
            Ok(()) => {
                let mut command = context.workspace.cargo(["nextest", "run", "--workspace", "--no-fail-fast"]);
                let finished = process::watch(&mut command)?;
                Ok(Outcome::new(counts::of_nextest(&finished.output), &finished))
            }
            Err(error) => {
                eprintln!("note: {error:#}; running plain `cargo test` instead");
                let mut command = context.workspace.cargo(["test", "--workspace", "--tests", "--no-fail-fast"]);
                let finished = process::watch(&mut command)?;
                let mut outcome = Outcome::new(counts::of_libtest(&finished.output), &finished);
                outcome.note.get_or_insert_with(|| "with cargo test, since there is no cargo-nextest".to_owned());
                Ok(outcome)
            }
        }
    }
}
