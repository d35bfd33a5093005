//! The emulator's dashboard in headless Chromium, by doing what a person does.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{browser, counts, process};

pub(super) struct Dashboard;

impl Runner for Dashboard {
    fn name(&self) -> &'static str {
        "dashboard"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let mut suite = browser::script(context.workspace, "run.mjs", context.may_install)?;
        let finished = process::watch(&mut suite)?;
        Ok(Outcome::new(counts::of_libtest(&finished.output), &finished))
    }
}
