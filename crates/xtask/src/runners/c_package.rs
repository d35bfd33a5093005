//! The C library as it is installed: found by CMake and by pkg-config, linked both ways, and the examples run against the
//! real emulator. How it behaves is tested by `c-abi`; here it is that programs find it. The library in it is not optimised,
//! which would take minutes: `cargo xtask bench c_abi` measures the one that is.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::c_abi::{Emulator, compare_symbols};
use super::{Context, Outcome, Runner};
use crate::counts::Counts;
use crate::{artifact, dist, process, setup};

/// The programs of `examples/c`, and what each prints when all went well.
const EXAMPLES: [&str; 3] = ["matchmaker", "matchmaker_static", "host_curl"];

pub(super) struct CPackage;

impl Runner for CPackage {
    fn name(&self) -> &'static str {
        "c-package"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C package is tested on Linux only");
        }
        for (program, package) in [("gcc", "gcc"), ("cmake", "cmake"), ("pkg-config", "pkg-config"), ("nm", "binutils")]
        {
            setup::debian_program(program, package, context.may_install)?;
        }
        if !process::succeeds(Command::new("pkg-config").args(["--exists", "libcurl"])) {
            setup::debian_packages(&["libcurl4-openssl-dev"], context.may_install)?;
        }
        let workspace = context.workspace;
        let package =
            dist::run(workspace, &dist::Options { target: None, host_transport_only: false, profile: "dev" })?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        let folder = workspace.target()?.join("c-package");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let emulator = Emulator::start(&matchport, &folder)?;

        let mut counts = Counts::default();
        let mut count = |name: &str, result: Result<()>| match result {
            Ok(()) => {
                println!("PASS {name}");
                counts.passed += 1;
            }
            Err(error) => {
                println!("FAIL {name}: {error:#}");
                counts.failed += 1;
            }
        };
        count("exported symbols are those of the header", {
            compare_symbols(workspace, &package.join("lib/libmatchport.so"))
        });
        count("CMake finds the package", with_cmake(&workspace.path("examples/c"), &package, &folder.join("cmake")));
        for example in EXAMPLES {
            count(example, runs(&folder.join("cmake").join(example), &emulator, &folder));
        }
        count("pkg-config finds the package", {
            with_pkg_config(&workspace.path("examples/c/matchmaker.c"), &package, &folder.join("by-pkg-config"))
        });
        count("a program that pkg-config linked", runs(&folder.join("by-pkg-config"), &emulator, &folder));
        Ok(Outcome { counts, note: None })
    }
}

fn with_cmake(sources: &Path, package: &Path, build: &Path) -> Result<()> {
    // What an earlier run found may be gone.
    if build.exists() {
        fs::remove_dir_all(build).with_context(|| format!("cannot empty {}", build.display()))?;
    }
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(sources).arg("-B").arg(build);
    process::run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", package.display())))?;
    process::run(Command::new("cmake").arg("--build").arg(build))
}

fn with_pkg_config(source: &Path, package: &Path, program: &Path) -> Result<()> {
    let mut ask = Command::new("pkg-config");
    ask.args(["--cflags", "--libs", "matchport"]).env("PKG_CONFIG_PATH", package.join("lib/pkgconfig"));
    let flags = process::capture(&mut ask)?;
    let mut compile = Command::new("gcc");
    compile.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg(source).args(flags.split_whitespace());
    compile.arg(format!("-Wl,-rpath,{}", package.join("lib").display()));
    process::run(compile.arg("-o").arg(program))
}

/// Runs an example, which must say that it got a server and stopped it.
fn runs(program: &Path, emulator: &Emulator, folder: &Path) -> Result<()> {
    let mut command = Command::new(program);
    // A match of its own for each, since a match gets one server, once.
    command.args([emulator.url(), "local"]).args(program.file_name()).current_dir(folder);
    let finished = process::watch(&mut command)?;
    if !finished.status.success() {
        bail!("ended with {}", finished.status);
    }
    for words in ["players connect to 127.0.0.1:", "stopped"] {
        if !finished.output.contains(words) {
            bail!("did not print {words:?}");
        }
    }
    Ok(())
}
