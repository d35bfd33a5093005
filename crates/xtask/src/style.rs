//! `cargo xtask fmt`, `lint` and `deny`: how the code looks, what the compiler, clippy and rustdoc warn of, and what may be
//! depended on.

use anyhow::{Context, Result};

use crate::process::{self, Workspace};
use crate::setup;

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

/// Licences, bans and sources of all dependencies, by `deny.toml`; those of the fuzzers as well.
pub(crate) fn deny(workspace: &Workspace) -> Result<()> {
    setup::cargo_deny(workspace, true)?;
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let mut deny = workspace.cargo(["deny", "--locked", "--manifest-path", manifest, "--config"]);
        deny.arg(workspace.path("deny.toml")).args(["check", "licenses", "bans", "sources"]);
        process::run(&mut deny)?;
    }
    Ok(())
}
