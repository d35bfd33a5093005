//! What cargo builds, and where it puts it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{self, Workspace};

/// Builds with `cargo build` and these options, and gives the file of the target `name` that ends like `suffix` (which
/// is empty for a program).
pub(crate) fn build(workspace: &Workspace, options: &[&str], name: &str, suffix: &str) -> Result<PathBuf> {
    build_with(workspace, "build", options, name, suffix)
}

/// The same with another command of cargo's that builds: `rustc` can choose what a library becomes.
pub(crate) fn build_with(
    workspace: &Workspace,
    subcommand: &str,
    options: &[&str],
    name: &str,
    suffix: &str,
) -> Result<PathBuf> {
    let build = || {
        let mut command = workspace.cargo([subcommand]);
        command.args(options);
        command
    };
    process::run(&mut build())?;
    // Once more, with nothing left to build, to be told where it is.
    let messages = process::capture(build().args(["--message-format", "json-render-diagnostics"]))?;
    let path = messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
            return None;
        }
        let is_wanted = |file: &&Value| {
            let text = file.as_str().unwrap_or_default();
            if suffix.is_empty() { message["executable"] == **file } else { text.ends_with(suffix) }
        };
        message["filenames"].as_array()?.iter().find(is_wanted)?.as_str().map(PathBuf::from)
    });
    path.with_context(|| format!("`cargo {subcommand} {}` makes no {name}{suffix}", options.join(" ")))
}
