//! The dashboard in headless Chromium: its tests, `cargo xtask pictures`, and what its bench needs.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process::{self, Workspace};
use crate::{npm, setup};

const SCRIPTS: &str = "crates/emulator/tests/browser";
/// Where the pictures of the README are.
const PICTURES: &str = "docs/pictures";
/// Colours of a picture, which keep it small.
const COLOURS: &str = "128";

/// A script of the browser tests, with the emulator's program and a folder to work in; what it needs is there.
pub(crate) fn script(workspace: &Workspace, name: &str, may_install: bool) -> Result<Command> {
    prepare(workspace, may_install)?;
    process::run(&mut workspace.cargo(["build", "--package", "matchport-cli"]))?;
    let mut script = Command::new("node");
    script.arg(workspace.path(SCRIPTS).join(name)).arg(workspace.path("target/debug/matchport"));
    script.arg(workspace.path("target/dashboard"));
    Ok(script)
}

/// What the scripts need: Chromium, and the packages of their folder.
pub(crate) fn prepare(workspace: &Workspace, may_install: bool) -> Result<()> {
    setup::debian_program("chromium", "chromium", may_install)?;
    npm::packages(workspace, SCRIPTS, may_install)
}

/// Takes the pictures of the README.
pub(crate) fn pictures(workspace: &Workspace) -> Result<()> {
    setup::debian_program("pngquant", "pngquant", true)?;
    let folder = workspace.path(PICTURES);
    process::run(script(workspace, "pictures.mjs", true)?.arg(&folder))?;
    let mut shrink = Command::new("pngquant");
    shrink.args(["--force", "--ext", ".png", "--strip", COLOURS]);
    let is_picture = |path: &Path| path.extension().is_some_and(|extension| extension == "png");
    let mut pictures: Vec<_> = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    pictures.retain(|path| is_picture(path));
    pictures.sort();
    process::run(shrink.args(&pictures))
}
