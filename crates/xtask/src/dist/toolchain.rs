//! Who compiles and links for which platform, from Linux: zig with cargo-zigbuild for Linux, against an old glibc that zig
//! brings along; mingw-w64 for Windows; for macOS zig compiles the C code in it, and Rust's own lld links, which unlike zig's
//! linker exports only what it is told to. On a Mac, Apple's own tools do it for macOS.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apple;
use super::platform::{GLIBC_FLOOR, MACOS_FLOOR, Platform, System};
use crate::process::{self, Workspace};
use crate::setup;

/// From PyPI. zig brings the start files and symbols of many versions of glibc and of macOS.
const PACKAGES: &[(&str, &str)] = &[("ziglang", "0.17.1"), ("cargo-zigbuild", "0.24.1")];

const ZIG: &str = "ziglang/zig";

/// What builds for one platform.
pub(super) struct Toolchain<'a> {
    workspace: &'a Workspace,
    platform: &'static Platform,
    /// The folder with the programs from PyPI and what is made of them.
    tools: PathBuf,
}

impl<'a> Toolchain<'a> {
    /// Installs what is missing, when it may.
    pub(super) fn new(workspace: &'a Workspace, platform: &'static Platform, may_install: bool) -> Result<Self> {
        let toolchain = Self { workspace, platform, tools: tools(workspace)? };
        setup::rust_target(workspace, platform.target, may_install)?;
        if is_mac() {
            if platform.system != System::MacOs {
                bail!("packages for {} are made on Linux", platform.target);
            }
            return Ok(toolchain);
        }
        if !cfg!(target_os = "linux") {
            bail!("packages are made on Linux, those for macOS also on a Mac");
        }
        setup::python_packages(&toolchain.tools, PACKAGES, true, may_install)?;
        match platform.system {
            System::Linux => {}
            System::Windows => {
                setup::debian_program("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64", may_install)?;
            }
            System::MacOs => {
                setup::debian_program(setup::CLANG, setup::CLANG, may_install)?;
                apple::write_sdk(&toolchain.zig_folder(), &toolchain.sdk())?;
            }
        }
        Ok(toolchain)
    }

    /// `cargo rustc` with everything that this platform needs; `options` are cargo's.
    pub(super) fn cargo_rustc(&self, options: &[&str]) -> Result<Command> {
        let target = self.platform.target;
        if is_mac() || self.platform.system == System::Windows {
            let mut command = self.workspace.cargo(["rustc"]);
            command.args(options).args(["--target", target]).env("MACOSX_DEPLOYMENT_TARGET", MACOS_FLOOR);
            return Ok(command);
        }
        let mut command = self.workspace.around_cargo(&self.tools.join("bin/cargo-zigbuild"));
        command.arg("rustc").args(options).arg("--target");
        command.env("CARGO_ZIGBUILD_ZIG_PATH", self.zig()).env("CARGO_ZIGBUILD_CACHE_DIR", self.tools.join("cache"));
        if self.platform.system == System::Linux {
            command.arg(format!("{target}.{}.{}", GLIBC_FLOOR.0, GLIBC_FLOOR.1));
            return Ok(command);
        }
        command.arg(target).env("SDKROOT", self.sdk()).env("MACOSX_DEPLOYMENT_TARGET", MACOS_FLOOR);
        command.args(["--", "-C", &format!("linker={}", setup::CLANG)]);
        let linker = format!("--ld-path={}", lld(self.workspace)?.display());
        let clang_target = format!("--target={}-apple-macos{MACOS_FLOOR}", self.platform.processor);
        // The version of Apple's linker that lld stands in for, so that clang speaks to it as to a new one.
        for argument in [&clang_target, &linker, "-mlinker-version=711", "-Wl,-dead_strip_dylibs"] {
            command.args(["-C", &format!("link-arg={argument}")]);
        }
        Ok(command)
    }

    /// An import library, for a file that lists what a DLL exports.
    pub(super) fn import_library(&self, definition: &Path, library: &Path) -> Result<()> {
        let mut make = Command::new(self.zig());
        make.args(["dlltool", "-m", "i386:x86-64", "-d"]).arg(definition).arg("-l").arg(library);
        process::run(&mut make)
    }

    fn zig_folder(&self) -> PathBuf {
        self.tools.join("ziglang")
    }

    fn zig(&self) -> PathBuf {
        self.tools.join(ZIG)
    }

    fn sdk(&self) -> PathBuf {
        self.tools.join("macos-sdk")
    }
}

fn tools(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.target()?.join("dist-tools"))
}

/// The compiler zig, which is there once a package was built.
pub(crate) fn zig(workspace: &Workspace) -> Result<PathBuf> {
    Ok(tools(workspace)?.join(ZIG))
}

/// The linker for macOS that comes with Rust.
fn lld(workspace: &Workspace) -> Result<PathBuf> {
    let path = rust_folder(workspace)?.join("gcc-ld/ld64.lld");
    if !path.exists() {
        bail!("this Rust toolchain comes without {}: use the one of rust-toolchain.toml", path.display());
    }
    Ok(path)
}

/// Where the programs are that come with rustc.
pub(crate) fn rust_folder(workspace: &Workspace) -> Result<PathBuf> {
    let mut ask = setup::rustc(workspace);
    let sysroot = process::capture(ask.args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(host_target(workspace)?).join("bin"))
}

/// The target of this machine.
pub(crate) fn host_target(workspace: &Workspace) -> Result<String> {
    let version = process::capture(setup::rustc(workspace).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}

fn is_mac() -> bool {
    cfg!(target_os = "macos")
}
