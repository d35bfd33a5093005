//! What cargo builds, and where it puts it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{self, Workspace};

/// Builds with `cargo build` and these options, and gives the file of the target `name` that ends like `suffix` (which
/// is empty for a program).
pub(crate) fn build(workspace: &Workspace, options: &[&str], name: &str, suffix: &str) -> Result<PathBuf> {
    let cargo = |more: &[&str]| {
        let mut command = workspace.cargo(["build"]);
        command.args(options).args(more);
        Ok(command)
    };
    build_by(&cargo, name, &[suffix])?.pop().context("cargo named no file")
}

/// The same by another command of cargo's, made with more options, and for several files of one target.
pub(crate) fn build_by(
    cargo: &dyn Fn(&[&str]) -> Result<Command>,
    name: &str,
    suffixes: &[&str],
) -> Result<Vec<PathBuf>> {
    process::run(&mut cargo(&[])?)?;
    // Once more, with nothing left to build, to be told where they are.
    let mut ask = cargo(&["--message-format", "json-render-diagnostics"])?;
    let messages = process::capture(&mut ask)?;
    let find = |suffix: &&str| {
        let path = messages.lines().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
                return None;
            }
            let is_wanted = |file: &&Value| {
                let text = file.as_str().unwrap_or_default();
                if suffix.is_empty() { message["executable"] == **file } else { text.ends_with(*suffix) }
            };
            message["filenames"].as_array()?.iter().find(is_wanted)?.as_str().map(PathBuf::from)
        });
        path.with_context(|| format!("`{}` makes no {name}{suffix}", process::line(&ask)))
    };
    suffixes.iter().map(find).collect()
}
