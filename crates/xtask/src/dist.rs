//! `cargo xtask dist`: what is installed for C programs, the way they expect it: `lib/`, `include/`, pkg-config and CMake.
//! For the machine's own target, or another one that the tool-chain can build for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::artifact;
use crate::process::{self, Workspace};

const PACKAGE: &str = "matchport-ffi";
const LIBRARY: &str = "matchport_ffi";

/// What to make.
pub(crate) struct Options {
    /// A target triple; the machine's own when it is `None`.
    pub(crate) target: Option<String>,
    /// Leave the built-in transport out.
    pub(crate) host_transport_only: bool,
    /// The profile of cargo's that it is built with: `dist`, or a quicker one to try things out.
    pub(crate) profile: &'static str,
}

/// Builds and installs into `dist/TARGET`, and gives that folder.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<PathBuf> {
    let target = match &options.target {
        Some(target) => target.clone(),
        None => host_target()?,
    };
    let suffix = if options.host_transport_only { "-host-transport" } else { "" };
    let folder = match options.profile {
        "dist" => workspace.path(&format!("dist/{target}{suffix}")),
        other => workspace.target()?.join(format!("dist-{other}/{target}{suffix}")),
    };
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let names = Names::of(&target)?;
    for (crate_type, built, installed) in names.files() {
        let mut flags = vec!["--package", PACKAGE, "--profile", options.profile, "--crate-type", crate_type];
        if options.target.is_some() {
            flags.extend(["--target", &target]);
        }
        if options.host_transport_only {
            flags.push("--no-default-features");
        }
        let file = artifact::build_with(workspace, "rustc", &flags, LIBRARY, built)?;
        install(&file, &folder.join("lib").join(installed))?;
    }
    install(&workspace.path("include/matchport.h"), &folder.join("include/matchport.h"))?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        install(&workspace.path(license), &folder.join("share/doc/matchport").join(license))?;
    }
    write(&folder.join("lib/pkgconfig/matchport.pc"), &pkg_config(&names))?;
    let cmake = folder.join("lib/cmake/matchport");
    write(&cmake.join("matchportConfig.cmake"), &cmake_config(&names))?;
    write(&cmake.join("matchportConfigVersion.cmake"), &cmake_version())?;
    println!("dist: {}", folder.display());
    Ok(folder)
}

/// How files are called on a system.
struct Names {
    shared: &'static str,
    archive: &'static str,
    shared_suffix: &'static str,
    archive_suffix: &'static str,
    /// What a program needs besides that links the archive.
    system: &'static [&'static str],
}

impl Names {
    fn of(target: &str) -> Result<Self> {
        Ok(match target {
            _ if target.contains("-linux-") => Self {
                shared: "libmatchport.so",
                archive: "libmatchport.a",
                shared_suffix: ".so",
                archive_suffix: ".a",
                system: &["gcc_s", "pthread", "m", "dl"],
            },
            _ if target.contains("-apple-") => Self {
                shared: "libmatchport.dylib",
                archive: "libmatchport.a",
                shared_suffix: ".dylib",
                archive_suffix: ".a",
                system: &["System", "c", "m"],
            },
            _ => bail!("dist knows Linux and macOS, not {target}"),
        })
    }

    /// Crate type, how the file that cargo makes ends, and its name when installed.
    fn files(&self) -> [(&'static str, &'static str, &'static str); 2] {
        [("cdylib", self.shared_suffix, self.shared), ("staticlib", self.archive_suffix, self.archive)]
    }
}

/// Finds its folder from its own place, so that the whole can be moved.
fn pkg_config(names: &Names) -> String {
    let system: String = names.system.iter().map(|library| format!(" -l{library}")).collect();
    format!(
        "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib\n\n\
         Name: matchport\nDescription: Gets a match onto a dedicated game server, once and only once\n\
         Version: {}\nCflags: -I${{includedir}}\nLibs: -L${{libdir}} -lmatchport\nLibs.private:{system}\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn cmake_config(names: &Names) -> String {
    let (shared, archive) = (names.shared, names.archive);
    let system = names.system.join(";");
    format!(
        r#"# Targets: matchport::matchport (shared) and matchport::static.
get_filename_component(_matchport_prefix "${{CMAKE_CURRENT_LIST_DIR}}/../../.." ABSOLUTE)
if(NOT TARGET matchport::matchport)
  add_library(matchport::matchport SHARED IMPORTED)
  set_target_properties(matchport::matchport PROPERTIES
    IMPORTED_LOCATION "${{_matchport_prefix}}/lib/{shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${{_matchport_prefix}}/include")
  add_library(matchport::static STATIC IMPORTED)
  set_target_properties(matchport::static PROPERTIES
    IMPORTED_LOCATION "${{_matchport_prefix}}/lib/{archive}"
    INTERFACE_INCLUDE_DIRECTORIES "${{_matchport_prefix}}/include"
    INTERFACE_LINK_LIBRARIES "{system}")
endif()
unset(_matchport_prefix)
"#
    )
}

/// Before 1.0 each minor version stands for itself.
fn cmake_version() -> String {
    format!(
        r#"set(PACKAGE_VERSION "{version}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if("${{PACKAGE_FIND_VERSION_MAJOR}}.${{PACKAGE_FIND_VERSION_MINOR}}" STREQUAL "{major}.{minor}"
   AND PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
"#,
        version = env!("CARGO_PKG_VERSION"),
        major = env!("CARGO_PKG_VERSION_MAJOR"),
        minor = env!("CARGO_PKG_VERSION_MINOR"),
    )
}

fn host_target() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = process::capture(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
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
