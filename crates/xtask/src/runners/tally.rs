//! Counting the tests of a runner that consist of steps and of programs that count for themselves.

use std::process::Command;

use anyhow::Result;

use super::Outcome;
use crate::counts::{self, Counts};
use crate::process;

#[derive(Default)]
pub(super) struct Tally(pub(super) Counts);

impl Tally {
    /// One test.
    pub(super) fn add(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => {
                println!("PASS {name}");
                self.0.passed += 1;
            }
            Err(error) => {
                println!("FAIL {name}: {error:#}");
                self.0.failed += 1;
            }
        }
    }

    /// A program that counts its tests itself. Ending badly is a failure, also when all of its tests passed.
    pub(super) fn run(&mut self, command: &mut Command) -> Result<()> {
        let finished = process::watch(command)?;
        let outcome = Outcome::new(counts::of_closing_line(&finished.output), &finished);
        self.0.passed += outcome.counts.passed;
        self.0.failed += outcome.counts.failed;
        Ok(())
    }
}
