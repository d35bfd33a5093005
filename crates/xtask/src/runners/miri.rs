//! The C ABI under Miri, an interpreter that finds what Rust calls undefined: reads of what was never written or is gone,
//! pointers used by those who may not, races. It runs the unit tests of `crates/ffi`, which call the library as C programs do,
//! over the host transport and on a virtual clock: Miri has no sockets, so the built-in transport is left to the sanitizers.

use anyhow::Result;

use super::{Context, Outcome, Runner};
use crate::{counts, process, setup};

/// A pointer comes from a pointer, and an alignment is not there by luck.
const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-symbolic-alignment-check";

pub(super) struct Miri;

impl Runner for Miri {
    fn name(&self) -> &'static str {
        "miri"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        setup::miri(context.may_install)?;
        let task = ["miri", "test", "--package", "matchport-ffi", "--lib", "--no-default-features"];
        let mut command = setup::nightly_cargo(context.workspace, task);
        command.env("MIRIFLAGS", FLAGS);
        let finished = process::watch(&mut command)?;
        Ok(Outcome::new(counts::of_libtest(&finished.output), &finished))
    }
}
