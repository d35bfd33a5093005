//! `cargo xtask npm`: the tarball of the npm package, from the wasm crate and `bindings/npm`. The same sources give the
//! same bytes: no time, no folder of this machine and no order of a listing goes in.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};
use crate::setup;

/// Where the package's sources are.
const SOURCES: &str = "bindings/npm";

/// Builds the package's folder and packs it. Returns the tarball.
pub(crate) fn pack(workspace: &Workspace, may_install: bool) -> Result<PathBuf> {
    setup::wasm_target(workspace, may_install)?;
    packages(workspace, SOURCES, may_install)?;
    let bound = workspace.path("target/npm/bound");
    let module = build_module(workspace)?;
    process::run(Command::new(tools(workspace)?).arg("bind").arg(&module).arg(&bound))?;
    let package = workspace.path("target/npm/package");
    let mut assemble = Command::new("node");
    assemble.arg(workspace.path(SOURCES).join("scripts/build.mjs")).arg(&bound).arg(&package);
    process::run(&mut assemble)?;
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", "--pack-destination", ".."]).current_dir(&package);
    let name = process::capture(&mut pack)?;
    Ok(workspace.path("target/npm").join(name.trim()))
}

/// The npm packages that a folder's `package-lock.json` names. Their install scripts are not run.
pub(crate) fn packages(workspace: &Workspace, folder: &str, may_install: bool) -> Result<()> {
    let path = workspace.path(folder);
    if !process::succeeds(Command::new("npm").arg("--version")) {
        bail!("npm is missing: install Node 20 or newer (https://nodejs.org), then try again");
    }
    if is_up_to_date(&path) {
        return Ok(());
    }
    if !may_install {
        bail!("the npm packages of {folder} are missing: `npm ci --ignore-scripts` there");
    }
    let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    process::run(Command::new("npm").args(options).current_dir(&path))
        .with_context(|| format!("cannot install the npm packages of {folder}: check the network, then try again"))
}

/// The program that does what wasm-bindgen's programs do, built when it is not there.
pub(crate) fn tools(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.path("target/wasm-tools");
    let manifest = workspace.path(SOURCES).join("tools/Cargo.toml");
    let mut build = workspace.cargo(["build", "--locked", "--quiet", "--manifest-path"]);
    process::run(build.arg(manifest).arg("--target-dir").arg(&target))?;
    Ok(target.join("debug/matchport-wasm-tools"))
}

/// The wasm module, before wasm-bindgen.
fn build_module(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = workspace.cargo(["build", "--profile", "wasm", "--package", "matchport-wasm"]);
    build.args(["--target", setup::WASM_TARGET]).env("CARGO_ENCODED_RUSTFLAGS", without_folders(workspace)?);
    process::run(&mut build)?;
    Ok(workspace.path("target").join(setup::WASM_TARGET).join("wasm/matchport_wasm.wasm"))
}

/// Panics tell the file that they came from: let that be the same on every machine, also where the sources of the
/// standard library are installed.
fn without_folders(workspace: &Workspace) -> Result<OsString> {
    let rustc = |option| process::capture(Command::new("rustc").args(option).current_dir(workspace.path("")));
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"][..])?.trim());
    let version = rustc(&["-vV"][..])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let names = [
        (workspace.path(""), "matchport".to_owned()),
        (cargo, "cargo".to_owned()),
        (sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{commit}")),
    ];
    let mut flags = OsString::new();
    for (folder, name) in names {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    Ok(flags)
}

/// npm keeps a copy of the lock file of what it installed, in its own form: newer than ours means done.
fn is_up_to_date(folder: &Path) -> bool {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|it| it.modified()).ok();
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    installed.is_some() && installed >= changed(folder.join("package-lock.json"))
}
