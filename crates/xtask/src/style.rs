//! `cargo xtask fmt` and `cargo xtask lint`: how the code looks, and what the compiler, clippy and rustdoc warn of.

use anyhow::{Context, Result};

use crate::process::{self, Workspace};

/// Checks the format of all code, or formats it.
pub(crate) fn format(workspace: &Workspace, write: bool) -> Result<()> {
    let mut format = workspace.cargo(["fmt", "--all"]);
    if write {
        return process::run(&mut format);
    }
    process::run(format.args(["--", "--check"])).context("the format differs: run `cargo xtask fmt --write`")
}

/// Clippy over everything that compiles, benches and examples included; then rustdoc, for links that lead nowhere.
pub(crate) fn lint(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // Only libraries: the program and the Rust crate share the name `matchport`, and so would their pages.
    let mut document = workspace.cargo(["doc", "--workspace", "--no-deps", "--lib"]);
    process::run(document.env("RUSTDOCFLAGS", "-D warnings"))
}
