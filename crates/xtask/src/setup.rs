//! What the tasks need beyond a Rust toolchain: looks whether it is there, and installs it when it may. Each function
//! does nothing when nothing is missing, and says plainly what to install by hand when it can't.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};

/// The target that the core compiles for besides the machine's own.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The clang that compiles tests, and its package.
pub(crate) const CLANG: &str = "clang-16";

/// Miri and sanitizers are parts of nightly toolchains only.
pub(crate) const NIGHTLY: &str = "nightly";

/// The version that `cargo xtask fuzz` is known to work with.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The version that `deny.toml` is written for.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// A version that is known to build with the toolchain of `rust-toolchain.toml`.
const NEXTEST_VERSION: &str = "0.9.143";

/// Installs all of it. That nextest can't be built is no error, since the tests run without it.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    wasm_target(workspace, true)?;
    println!("setup: {WASM_TARGET} is there");
    match nextest(workspace, true) {
        Ok(()) => println!("setup: cargo-nextest is there"),
        Err(error) => println!("setup: {error:#}; the tests will run with plain `cargo test`"),
    }
    Ok(())
}

/// The standard library for [`WASM_TARGET`].
pub(crate) fn wasm_target(workspace: &Workspace, may_install: bool) -> Result<()> {
    rust_target(workspace, WASM_TARGET, may_install)
}

/// The standard library for a target.
pub(crate) fn rust_target(workspace: &Workspace, target: &str, may_install: bool) -> Result<()> {
    if has_rust_target(workspace, target)? {
        return Ok(());
    }
    if !may_install {
        bail!("the Rust target {target} is missing: `rustup target add {target}`");
    }
    if !process::succeeds(Command::new("rustup").arg("--version")) {
        bail!(
            "the Rust target {target} is missing and there is no rustup to add it: install rustup \
             (https://rustup.rs), or your system's package with that target for the rustc in use"
        );
    }
    // The proxy that started cargo has set RUSTUP_TOOLCHAIN, so this is the toolchain in use.
    process::run(Command::new("rustup").args(["target", "add", target]).current_dir(workspace.path("")))
        .with_context(|| format!("cannot add the target {target}: check the network, then try again"))?;
    if !has_rust_target(workspace, target)? {
        bail!("rustup added {target}, but rustc doesn't see it: does rustc come from somewhere else than rustup?");
    }
    Ok(())
}

/// `rustc` of the workspace's toolchain.
pub(crate) fn rustc(workspace: &Workspace) -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(workspace.path(""));
    rustc
}

/// Packages of PyPI in these versions, in a folder of their own, with what they need unless they are `alone`.
pub(crate) fn python_packages(folder: &Path, packages: &[(&str, &str)], alone: bool, may_install: bool) -> Result<()> {
    let is_there = |(name, version): &(&str, &str)| {
        folder.join(format!("{}-{version}.dist-info", name.replace('-', "_"))).join("RECORD").exists()
    };
    if packages.iter().all(is_there) {
        return Ok(());
    }
    let wanted: Vec<_> = packages.iter().map(|(name, version)| format!("{name}=={version}")).collect();
    if !may_install {
        bail!("nothing may be installed: `pip install --target {} {}`", folder.display(), wanted.join(" "));
    }
    if !process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        debian_packages(&["python3-pip"], may_install)?;
    }
    // Other versions, or the remains of an attempt.
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let mut install = Command::new("python3");
    install
        .args(["-m", "pip", "install", "--quiet", "--no-warn-conflicts", "--root-user-action=ignore", "--target"])
        .arg(folder)
        .args(&wanted);
    if alone {
        install.arg("--no-deps");
    }
    process::run(&mut install).context("cannot install from PyPI: check the network, then try again")
}

/// The test runner cargo-nextest, in a version that `.config/nextest.toml` accepts.
pub(crate) fn nextest(workspace: &Workspace, may_install: bool) -> Result<()> {
    if process::succeeds(&mut workspace.cargo(["nextest", "show-config", "version"])) {
        return Ok(());
    }
    if !may_install {
        bail!("cargo-nextest is missing or too old: `cargo install --locked cargo-nextest`");
    }
    eprintln!(
        "Building cargo-nextest, once: this takes some minutes (`cargo xtask test --no-install` does without it)."
    );
    // Without the feature that lets it update itself, which brings half of the dependencies.
    let options = ["--locked", "--no-default-features", "--features", "default-no-update"];
    let mut install = workspace.cargo(["install", "cargo-nextest", "--version", NEXTEST_VERSION]);
    process::run(install.args(options)).context("cannot install cargo-nextest")
}

/// The interpreter Miri, with the standard library's sources, of which it makes its own.
pub(crate) fn miri(may_install: bool) -> Result<()> {
    let is_there = || {
        process::succeeds(Command::new("rustup").args(["run", NIGHTLY, "cargo", "miri", "--version"]))
            && process::capture(Command::new("rustup").args(["component", "list", "--toolchain", NIGHTLY])).is_ok_and(
                |list| list.lines().any(|line| line.starts_with("rust-src") && line.ends_with("(installed)")),
            )
    };
    if is_there() {
        return Ok(());
    }
    let by_hand = format!("`rustup toolchain install {NIGHTLY} --component miri,rust-src`");
    if !may_install {
        bail!("Miri is missing, and nothing may be installed: {by_hand}");
    }
    if !process::succeeds(Command::new("rustup").arg("--version")) {
        bail!("Miri is missing, and there is no rustup (https://rustup.rs) to install it: {by_hand}");
    }
    // A nightly that is there already stays the one it is.
    let mut add = Command::new("rustup");
    add.args(["component", "add", "miri", "rust-src", "--toolchain", NIGHTLY]);
    if process::run(&mut add).is_err() {
        let mut install = Command::new("rustup");
        install.args(["toolchain", "install", NIGHTLY, "--profile", "minimal", "--no-self-update"]);
        install.args(["--component", "miri", "--component", "rust-src"]);
        process::run(&mut install)
            .context("Miri is missing and can't be installed: check the network, then try again")?;
    }
    if !is_there() {
        bail!("Miri is installed, but does not start: {by_hand}");
    }
    Ok(())
}

/// cargo-fuzz, with the nightly toolchain that it needs: sanitizers are a part of those only.
pub(crate) fn cargo_fuzz(workspace: &Workspace, may_install: bool) -> Result<()> {
    let has_nightly = || process::succeeds(Command::new("rustup").args(["run", NIGHTLY, "rustc", "--version"]));
    if !has_nightly() {
        let by_hand = format!("`rustup toolchain install {NIGHTLY} --profile minimal`");
        if !may_install || !process::succeeds(Command::new("rustup").arg("--version")) {
            bail!("fuzzing needs a nightly toolchain: install rustup (https://rustup.rs), then {by_hand}");
        }
        let mut install = Command::new("rustup");
        install.args(["toolchain", "install", NIGHTLY, "--profile", "minimal", "--no-self-update"]);
        process::run(&mut install).with_context(|| {
            format!("fuzzing needs a nightly toolchain: check the network, or install it by hand: {by_hand}")
        })?;
    }
    if process::succeeds(&mut workspace.cargo(["fuzz", "--version"])) {
        return Ok(());
    }
    if !may_install {
        bail!("cargo-fuzz is missing: `cargo install --locked cargo-fuzz --version {CARGO_FUZZ_VERSION}`");
    }
    eprintln!("Building cargo-fuzz, once.");
    process::run(&mut workspace.cargo(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ_VERSION]))
        .context("cannot install cargo-fuzz")
}

/// cargo-deny.
pub(crate) fn cargo_deny(workspace: &Workspace, may_install: bool) -> Result<()> {
    if process::succeeds(&mut workspace.cargo(["deny", "--version"])) {
        return Ok(());
    }
    if !may_install {
        bail!("cargo-deny is missing: `cargo install --locked cargo-deny --version {CARGO_DENY_VERSION}`");
    }
    eprintln!("Building cargo-deny, once: this takes some minutes.");
    process::run(&mut workspace.cargo(["install", "--locked", "cargo-deny", "--version", CARGO_DENY_VERSION]))
        .context("cannot install cargo-deny")
}

/// `cargo` of the nightly toolchain, in the root of the workspace.
pub(crate) fn nightly_cargo<'a>(workspace: &Workspace, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", NIGHTLY, "cargo"]).args(args).current_dir(workspace.path(""));
    // Those of the toolchain that runs this.
    command.env_remove("RUSTC").env_remove("RUSTDOC").env_remove("CARGO");
    command
}

/// A program of a Debian package. Installed when it is missing, this is Debian (or something made of it) and we are root;
/// said plainly otherwise.
pub(crate) fn debian_program(program: &str, package: &str, may_install: bool) -> Result<()> {
    debian_programs(&[(program, package)], may_install)
}

/// Several at once, which is quicker: programs and their packages.
pub(crate) fn debian_programs(programs: &[(&str, &str)], may_install: bool) -> Result<()> {
    let is_missing = |(program, _): &&(&str, &str)| !process::succeeds(Command::new(program).arg("--version"));
    let missing: Vec<_> = programs.iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (names, packages): (Vec<_>, Vec<_>) = missing.iter().copied().copied().unzip();
    debian_packages(&packages, may_install).with_context(|| format!("missing: {}", names.join(", ")))?;
    if let Some((program, package)) = missing.into_iter().find(is_missing) {
        bail!("{package} is installed, but {program} does not start");
    }
    Ok(())
}

/// Installs Debian packages.
pub(crate) fn debian_packages(packages: &[&str], may_install: bool) -> Result<()> {
    let by_hand = format!("`apt-get install {}`, or what your system calls it", packages.join(" "));
    if !may_install {
        bail!("nothing may be installed: {by_hand}");
    }
    let is_root = process::capture(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0");
    if !is_root || !Path::new("/etc/debian_version").exists() {
        bail!("installing needs root on Debian: {by_hand}");
    }
    process::run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends"]);
    process::run(install.args(packages)).context("cannot install: check the network, then try again")
}

/// Asks rustc where that library would be: true for rustup and for a system's own packages alike.
fn has_rust_target(workspace: &Workspace, target: &str) -> Result<bool> {
    let folder = process::capture(rustc(workspace).args(["--print", "target-libdir", "--target", target]))?;
    let entries = Path::new(folder.trim()).read_dir();
    Ok(entries.is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| is_core(&entry.path())))))
}

fn is_core(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libcore-"))
}
