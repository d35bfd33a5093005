//! The npm package as it is packed, in each runtime that it is for and through each bundler, against the emulator.

use std::process::Command;

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, npm, process, setup};

pub(super) struct Npm;

impl Runner for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let workspace = context.workspace;
        setup::debian_program("chromium", "chromium", context.may_install)?;
        npm::packages(workspace, "bindings/npm/tests", context.may_install)?;
        let tarball = npm::pack(workspace, context.may_install)?;
        process::run(&mut workspace.cargo(["build", "--package", "matchport-cli"]))?;
        let mut suite = Command::new("node");
        suite.arg(workspace.path("bindings/npm/tests/run.mjs")).arg(tarball);
        suite.arg(workspace.path("target/debug/matchport")).arg(workspace.path("target/npm/work"));
        let finished = process::watch(&mut suite)?;
        Ok(Outcome::new(counts::of_libtest(&finished.output), &finished))
    }
}
