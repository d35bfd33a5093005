//! `include/matchport.h`: made by the crate `matchport-header` from the comments of `crates/ffi`. It is a program of its
//! own, so that the tasks build without what it needs.

use anyhow::{Context, Result};

use crate::process::{self, Workspace};

pub(super) fn make(workspace: &Workspace) -> Result<String> {
    let run = ["run", "--quiet", "--package", "matchport-header"];
    process::capture(&mut workspace.cargo(run)).context("cannot make the header")
}
