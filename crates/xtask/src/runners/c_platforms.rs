//! The C library for the platforms that this machine is not: each package is built and held against its promises. The one for
//! Linux on aarch64 is run under qemu, the one for Windows under wine: the suite of `c-abi` with both transports, and examples.
//! (Not the rounds of loading and unloading: qemu has threads of its own, and keeps what it has translated.) Those for macOS
//! can't be run here; programs are linked with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::c_abi::{Emulator, Programs};
use super::c_package::{gets_a_server, with_cmake};
use super::tally::Tally;
use super::{Context, Outcome, Runner};
use crate::dist::platform::{self, MACOS_FLOOR, Platform, System};
use crate::process::Workspace;
use crate::{artifact, dist, process, setup, unity};

const AARCH64_GCC: &str = "aarch64-linux-gnu-gcc";
/// Where Debian puts what programs for that processor need.
const AARCH64_ROOT: &str = "/usr/aarch64-linux-gnu";
const MINGW_GCC: &str = "x86_64-w64-mingw32-gcc";
/// Not the script `wine`, which asks for the 32-bit one.
const WINE: &str = "/usr/lib/wine/wine64";

pub(super) struct CPlatforms;

impl Runner for CPlatforms {
    fn name(&self) -> &'static str {
        "c-platforms"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            bail!("packages for other platforms are tested on Linux x86_64 only");
        }
        let programs = [
            ("cmake", "cmake"),
            (AARCH64_GCC, "gcc-aarch64-linux-gnu"),
            ("qemu-aarch64", "qemu-user"),
            (MINGW_GCC, "gcc-mingw-w64-x86-64"),
            (WINE, "wine64"),
        ];
        setup::debian_programs(&programs, context.may_install)?;
        if !Path::new(AARCH64_ROOT).join("include/stdio.h").exists() {
            setup::debian_packages(&["libc6-dev-arm64-cross"], context.may_install)?;
        }
        let workspace = context.workspace;
        let here = dist::here(workspace)?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        let folder = workspace.target()?.join("c-platforms");
        let mut tally = Tally::default();
        for platform in platform::ALL.iter().filter(|platform| *platform != here) {
            let folder = folder.join(platform.target);
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
            let options = dist::Options { platform, host_transport_only: false, may_install: context.may_install };
            let package = match dist::build(workspace, &options) {
                Ok(package) => package,
                Err(error) => {
                    tally.add(&format!("{} is built", platform.target), Err(error));
                    continue;
                }
            };
            for (what, result) in dist::checks::all(workspace, platform, &package) {
                tally.add(&format!("{}: {what}", platform.target), result);
            }
            let emulator = Emulator::start(&matchport, &folder)?;
            let test = Test { workspace, platform, package, folder, emulator };
            match platform.system {
                System::Linux => test.aarch64(&mut tally)?,
                System::Windows => test.windows(&mut tally)?,
                System::MacOs => test.macos(&mut tally)?,
            }
        }
        tally.add("the Unity package takes its libraries from there, and is the same each time", {
            unity_package(workspace, &folder, here)
        });
        Ok(Outcome { counts: tally.0, note: None })
    }
}

/// Puts it together twice and compares: all files, and those of the libraries with what `dist` has made.
fn unity_package(workspace: &Workspace, folder: &Path, here: &Platform) -> Result<()> {
    let libraries = unity::libraries(workspace)?;
    let there: Vec<_> = libraries.iter().map(|(platform, _)| platform.target).collect();
    // This machine's own is made by another runner.
    let missing = unity::PLATFORMS.iter().map(|platform| platform.target);
    let missing: Vec<_> = missing.filter(|target| *target != here.target && !there.contains(target)).collect();
    if !missing.is_empty() {
        bail!("it lacks the libraries for {missing:?}");
    }
    let [first, second] = ["unity-1", "unity-2"].map(|name| unity::assemble(workspace, &folder.join(name), &libraries));
    let (first, second) = (first?, second?);
    process::run(Command::new("diff").arg("-r").arg(&first).arg(&second))?;
    for (platform, file) in &libraries {
        process::run(Command::new("cmp").arg(file).arg(first.join(platform.path())))?;
    }
    Ok(())
}

/// One package, and where its tests go.
struct Test<'a> {
    workspace: &'a Workspace,
    platform: &'static Platform,
    package: PathBuf,
    folder: PathBuf,
    emulator: Emulator,
}

impl Test<'_> {
    fn aarch64(&self, tally: &mut Tally) -> Result<()> {
        let programs = Programs::of_package(self.workspace, &self.package, &self.folder);
        let library = self.package.join(self.platform.shared());
        let suite = programs.suite(AARCH64_GCC, &[], &library)?;
        tally.run(qemu(&suite).env("MATCHPORT_TEST_URL", self.emulator.url()))?;
        self.examples(tally, &["Linux", "aarch64", AARCH64_GCC], "", qemu);
        Ok(())
    }

    fn windows(&self, tally: &mut Tally) -> Result<()> {
        let programs = Programs::of_package(self.workspace, &self.package, &self.folder);
        let import_library = self.package.join("lib/libmatchport.dll.a");
        // mingw's own thread library goes into the program.
        let suite = programs.suite(MINGW_GCC, &["-static", "-lws2_32"], &import_library)?.with_extension("exe");
        // Windows looks beside the program.
        let dll = self.folder.join("matchport.dll");
        let installed = self.package.join(self.platform.shared());
        fs::copy(&installed, &dll).with_context(|| format!("cannot copy {}", installed.display()))?;
        self.random_numbers_for_old_wine()?;
        let prefix = self.folder.join("wine");
        let wine = |program: &Path| wine(program, &prefix);
        tally.run(wine(&suite).env("MATCHPORT_TEST_URL", self.emulator.url()))?;
        self.examples(tally, &["Windows", "AMD64", MINGW_GCC], ".exe", |program| {
            let mut command = wine(program);
            // Where the DLLs are, since these programs are in another folder.
            command.env("WINEPATH", &self.folder);
            command
        });
        tally.add("matchport.lib links an object of another compiler's", self.with_msvc_library(wine));
        Ok(())
    }

    fn macos(&self, tally: &mut Tally) -> Result<()> {
        let source = self.workspace.path("examples/c/matchmaker.c");
        let mut link = Command::new(dist::zig(self.workspace)?);
        link.args(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-target"]);
        let processor = if self.platform.processor == "arm64" { "aarch64" } else { self.platform.processor };
        link.arg(format!("{processor}-macos.{MACOS_FLOOR}")).arg("-I").arg(self.package.join("include")).arg(source);
        link.arg(self.package.join(self.platform.shared())).arg("-o").arg(self.folder.join("matchmaker"));
        tally.add(&format!("{}: a program is linked with it", self.platform.target), process::run(&mut link));
        Ok(())
    }

    /// Builds `examples/c` with CMake for a system, a processor and a compiler, and runs what needs no other library.
    fn examples(&self, tally: &mut Tally, cross: &[&str; 3], suffix: &str, run: impl Fn(&Path) -> Command) {
        let [system, processor, compiler] = cross;
        let options = [
            format!("-DCMAKE_SYSTEM_NAME={system}"),
            format!("-DCMAKE_SYSTEM_PROCESSOR={processor}"),
            format!("-DCMAKE_C_COMPILER={compiler}"),
            // The one that is found would be this machine's.
            "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON".to_owned(),
        ];
        let build = self.folder.join("cmake");
        let target = self.platform.target;
        let sources = self.workspace.path("examples/c");
        tally.add(&format!("{target}: CMake finds the package"), with_cmake(&sources, &self.package, &build, &options));
        for example in ["matchmaker", "matchmaker_static"] {
            let mut command = run(&build.join(format!("{example}{suffix}")));
            let result = gets_a_server(&mut command, example, &self.emulator, &self.folder);
            tally.add(&format!("{target}: {example}"), result);
        }
    }

    /// Debian's wine is older than the DLL that Rust's standard library gets random numbers from, which each Windows has.
    fn random_numbers_for_old_wine(&self) -> Result<()> {
        if Path::new("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/bcryptprimitives.dll").exists() {
            return Ok(());
        }
        let mut compile = Command::new(MINGW_GCC);
        compile.args(["-shared", "-Wall", "-Wextra", "-Werror", "-o"]).arg(self.folder.join("bcryptprimitives.dll"));
        compile.arg(self.workspace.path("crates/ffi/tests/c/bcryptprimitives.c")).arg("-ladvapi32");
        process::run(&mut compile)
    }

    /// As MSVC does it: an object in its format, and a linker that takes `matchport.lib` as its own does.
    fn with_msvc_library(&self, wine: impl Fn(&Path) -> Command) -> Result<()> {
        let (source, object) = (self.folder.join("msvc.c"), self.folder.join("msvc.obj"));
        fs::write(
            &source,
            "#include <matchport.h>\nint start(void) { return matchport_abi_version() == MATCHPORT_ABI_VERSION ? 7 : 8; }\n",
        )?;
        let mut compile = Command::new(setup::CLANG);
        compile.args(["--target=x86_64-pc-windows-msvc", "-ffreestanding", "-Wall", "-Werror", "-c", "-I"]);
        process::run(compile.arg(self.package.join("include")).arg(&source).arg("-o").arg(&object))?;
        let program = self.folder.join("msvc.exe");
        let mut link = Command::new(dist::rust_folder(self.workspace)?.join("gcc-ld/lld-link"));
        link.args(["/nodefaultlib", "/subsystem:console", "/entry:start"]).arg(&object);
        link.arg(self.package.join("lib/matchport.lib")).arg(format!("/out:{}", program.display()));
        process::run(&mut link)?;
        let finished = process::watch(&mut wine(&program))?;
        if finished.status.code() != Some(7) {
            bail!("ended with {}, should be 7", finished.status);
        }
        Ok(())
    }
}

fn qemu(program: &Path) -> Command {
    let mut command = Command::new("qemu-aarch64");
    command.args(["-L", AARCH64_ROOT]).arg(program);
    command
}

/// With a Windows of its own, without what wine would like to install into it.
fn wine(program: &Path, prefix: &Path) -> Command {
    let mut command = Command::new(WINE);
    command.env("WINEPREFIX", prefix).env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
    command.arg(program);
    command
}
