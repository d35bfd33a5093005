//! The core compiles for the web as it is, with no feature switched: one check, which passes or fails.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::counts::Counts;
use crate::{process, setup};

pub(super) struct CoreWasm;

impl Runner for CoreWasm {
    fn name(&self) -> &'static str {
        "core-wasm"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        setup::wasm_target(context.workspace, context.may_install)?;
        let check = ["check", "--package", "matchport-core", "--target", setup::WASM_TARGET];
        let finished = process::watch(&mut context.workspace.cargo(check))?;
        let passed = u64::from(finished.status.success());
        Ok(Outcome { counts: Counts { passed, failed: 1 - passed }, note: None })
    }
}
