//! The tests of the wasm crate, in Node.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, npm, process, setup};

pub(super) struct Wasm;

impl Runner for Wasm {
    fn name(&self) -> &'static str {
        "wasm"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let workspace = context.workspace;
        setup::wasm_target(workspace, context.may_install)?;
        let tools = npm::tools(workspace)?;
        let mut test = workspace.cargo(["test", "--package", "matchport-wasm", "--target", setup::WASM_TARGET]);
        test.arg("--tests")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", format!("{} test-runner", tools.display()));
        let finished = process::watch(&mut test)?;
        Ok(Outcome::new(counts::of_libtest(&finished.output), &finished))
    }
}
