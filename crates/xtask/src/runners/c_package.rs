//! The C and C++ library as it is installed on this machine: what is promised of it, that CMake and pkg-config find it and
//! both of its headers, and that what is linked with it runs against the real emulator. How it behaves is tested by `c-abi`
//! and `cpp`; other systems than this machine's by `c-platforms`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::c_abi::{Emulator, Programs};
use super::tally::Tally;
use super::{Context, Outcome, Runner};
use crate::{artifact, dist, process, setup};

/// The programs of `examples/c`; each says that it got a server and stopped it.
const C_EXAMPLES: [&str; 3] = ["matchmaker", "matchmaker_static", "host_curl"];
/// Those of `examples/cpp`.
const CPP_EXAMPLES: [&str; 2] = ["matchmaker", "host_curl"];
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
/// Rounds of loading, using and unloading.
const ROUNDS: &str = "200";

pub(super) struct CPackage;

impl Runner for CPackage {
    fn name(&self) -> &'static str {
        "c-package"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C package is tested on Linux only");
        }
        let programs = [("gcc", "gcc"), ("g++", "g++"), ("cmake", "cmake"), ("pkg-config", "pkg-config")];
        setup::debian_programs(&programs, context.may_install)?;
        if !process::succeeds(Command::new("pkg-config").args(["--exists", "libcurl"])) {
            setup::debian_packages(&["libcurl4-openssl-dev"], context.may_install)?;
        }
        let workspace = context.workspace;
        let platform = dist::here(workspace)?;
        let options = dist::Options { platform, host_transport_only: false, may_install: context.may_install };
        let package = dist::build(workspace, &options)?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        let folder = workspace.target()?.join("c-package");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let emulator = Emulator::start(&matchport, &folder)?;

        let mut tally = Tally::default();
        for (what, result) in dist::checks::all(workspace, platform, &package) {
            tally.add(what, result);
        }
        let loader = Programs::of_package(workspace, &package, &folder).loader("gcc")?;
        tally.run(Command::new(&loader).arg(package.join(platform.shared())).args([ROUNDS, emulator.url()]))?;
        for (language, examples) in [("c", C_EXAMPLES.as_slice()), ("cpp", &CPP_EXAMPLES)] {
            let build = folder.join(format!("cmake-{language}"));
            let sources = workspace.path(&format!("examples/{language}"));
            tally.add(&format!("CMake finds the package, {language}"), with_cmake(&sources, &package, &build, &[]));
            for example in examples {
                let program = build.join(example);
                tally.add(
                    &format!("{example}, {language}"),
                    gets_a_server(&mut Command::new(&program), example, &emulator, &folder),
                );
            }
        }
        for (compiler, standard, source) in [("gcc", "c11", "c/matchmaker.c"), ("g++", "c++20", "cpp/host_curl.cpp")] {
            let program = folder.join(format!("by-pkg-config-{compiler}"));
            let source = workspace.path("examples").join(source);
            tally.add(&format!("pkg-config finds the package, {compiler}"), {
                with_pkg_config(compiler, standard, &source, &package, &program)
            });
            let name = format!("a program that pkg-config linked, {compiler}");
            tally.add(&name, gets_a_server(&mut Command::new(&program), compiler, &emulator, &folder));
        }
        Ok(Outcome { counts: tally.0, note: None })
    }
}

/// Configures and builds a folder of examples anew.
pub(super) fn with_cmake(sources: &Path, package: &Path, build: &Path, options: &[String]) -> Result<()> {
    // What an earlier run found may be gone.
    if build.exists() {
        fs::remove_dir_all(build).with_context(|| format!("cannot empty {}", build.display()))?;
    }
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(sources).arg("-B").arg(build).args(options);
    process::run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", package.display())))?;
    process::run(Command::new("cmake").arg("--build").arg(build))
}

fn with_pkg_config(compiler: &str, standard: &str, source: &Path, package: &Path, program: &PathBuf) -> Result<()> {
    let mut ask = Command::new("pkg-config");
    ask.args(["--cflags", "--libs", "matchport", "libcurl"]).env("PKG_CONFIG_PATH", package.join("lib/pkgconfig"));
    let flags = process::capture(&mut ask)?;
    let mut compile = Command::new(compiler);
    compile.arg(format!("-std={standard}")).args(STRICT).arg(source).args(flags.split_whitespace()).arg("-pthread");
    compile.arg(format!("-Wl,-rpath,{}", package.join("lib").display()));
    process::run(compile.arg("-o").arg(program))
}

/// Runs an example, which must say that it got a server and stopped it. `name` makes the match its own, since a match gets
/// one server, once.
pub(super) fn gets_a_server(command: &mut Command, name: &str, emulator: &Emulator, folder: &Path) -> Result<()> {
    command.args([emulator.url(), "local", name]).current_dir(folder);
    let finished = process::watch(command)?;
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
