//! `cargo xtask dist`: what is installed for C and C++ programs, the way they expect it: `lib/` (and `bin/` for Windows),
//! `include/`, pkg-config and CMake. For this machine's own target, or for any of [`platform::ALL`].

mod apple;
pub(crate) mod checks;
mod finders;
mod library;
pub(crate) mod platform;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::artifact;
use crate::process::Workspace;
use platform::{Platform, System};
use toolchain::Toolchain;
pub(crate) use toolchain::{rust_folder, zig};

const PACKAGE: &str = "matchport-ffi";
const LIBRARY: &str = "matchport_ffi";

/// What to make.
pub(crate) struct Options {
    pub(crate) platform: &'static Platform,
    /// Leave the built-in transport out.
    pub(crate) host_transport_only: bool,
    /// Whether what is missing on this machine may be installed.
    pub(crate) may_install: bool,
}

/// The platform of this machine.
pub(crate) fn here(workspace: &Workspace) -> Result<&'static Platform> {
    Platform::of(&toolchain::host_target(workspace)?)
}

/// Builds, installs into `dist/TARGET`, looks whether it keeps what is promised for that platform, and gives the folder.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let folder = build(workspace, options)?;
    for (what, result) in checks::all(workspace, options.platform, &folder) {
        result.with_context(|| format!("{}: {what}", options.platform.target))?;
    }
    println!("dist: {}", folder.display());
    Ok(folder)
}

/// The same without looking.
pub(crate) fn build(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let platform = options.platform;
    let toolchain = Toolchain::new(workspace, platform, options.may_install)?;
    let suffix = if options.host_transport_only { "-host-transport" } else { "" };
    let folder = workspace.path(&format!("dist/{}{suffix}", platform.target));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    // Both at once, since most of the time is spent on what they share.
    let mut flags = vec!["--package", PACKAGE, "--profile", "dist", "--crate-type", "cdylib,staticlib"];
    if options.host_transport_only {
        flags.push("--no-default-features");
    }
    let cargo = |more: &[&str]| toolchain.cargo_rustc(&[&flags, more].concat());
    let built = artifact::build_by(&cargo, LIBRARY, &[platform.shared_suffix(), "libmatchport_ffi.a"])?;
    let [shared, archive] = built.as_slice() else { anyhow::bail!("cargo did not make two libraries") };
    install(shared, &folder.join(platform.shared()))?;
    install(archive, &folder.join("lib/libmatchport.a"))?;
    if platform.system == System::Windows {
        import_libraries(&toolchain, shared, &folder.join("lib"))?;
    }
    headers(workspace, &folder.join("include"))?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        install(&workspace.path(license), &folder.join("share/doc/matchport").join(license))?;
    }
    write(&folder.join("lib/pkgconfig/matchport.pc"), &finders::pkg_config(platform))?;
    let cmake = folder.join("lib/cmake/matchport");
    write(&cmake.join("matchportConfig.cmake"), &finders::cmake_config(platform))?;
    write(&cmake.join("matchportConfigVersion.cmake"), &finders::cmake_version())?;
    Ok(folder)
}

/// The C header, and the C++ one with its parts.
fn headers(workspace: &Workspace, folder: &Path) -> Result<()> {
    install(&workspace.path("include/matchport.h"), &folder.join("matchport.h"))?;
    install(&workspace.path("bindings/cpp/matchport.hpp"), &folder.join("matchport.hpp"))?;
    let parts = workspace.path("bindings/cpp/matchport");
    for part in fs::read_dir(&parts).with_context(|| format!("cannot read {}", parts.display()))? {
        let part = part?;
        install(&part.path(), &folder.join("matchport").join(part.file_name()))?;
    }
    Ok(())
}

/// What programs are linked with on Windows: the same file under the name that mingw looks for and the one that MSVC does.
fn import_libraries(toolchain: &Toolchain<'_>, dll: &Path, folder: &Path) -> Result<()> {
    let names = library::Library::read(dll)?.exports.into_iter().collect::<Vec<_>>().join("\n");
    let definition = folder.join("matchport.def");
    write(&definition, &format!("LIBRARY matchport.dll\nEXPORTS\n{names}\n"))?;
    let for_msvc = folder.join("matchport.lib");
    toolchain.import_library(&definition, &for_msvc)?;
    install(&for_msvc, &folder.join("libmatchport.dll.a"))
}

fn install(from: &Path, to: &Path) -> Result<()> {
    make_folder_of(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    make_folder_of(path)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn make_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().context("a file in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
