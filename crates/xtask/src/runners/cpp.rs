//! The C++ header as C++ programs see it: with two compilers and two standards, with and without exceptions and RTTI, its
//! tests over a scripted host and against the real emulator (also under sanitizers and valgrind), its examples, and the Unreal plugin
//! against declarations of the engine's types. Linux only, which it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::c_abi::Emulator;
use super::tally::Tally;
use super::{Context, Outcome, Runner, conformance, planted};
use crate::process::{self, Workspace};
use crate::{artifact, readme, setup};

const CLANGXX: &str = "clang++-16";
const STRICT: &[&str] = &["-g", "-pthread", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];
/// As engines build.
const BARE: &[&str] = &["-fno-exceptions", "-fno-rtti"];
/// Names of the C header that C++ programs don't need: there are better ones, or they are for languages without the struct.
const NOT_WRAPPED: &[&str] = &[
    "MATCHPORT_H",
    "MATCHPORT_MAX_STRING_BYTES",
    "MATCHPORT_MAX_ARRAY_LENGTH",
    "MATCHPORT_MAX_CLIENTS",
    "matchport_str",
    "matchport_client_next_events",
    "matchport_client_operation_count",
];

pub(super) struct Cpp;

impl Runner for Cpp {
    fn name(&self) -> &'static str {
        "cpp"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C++ header is tested on Linux only");
        }
        for (program, package) in
            [("g++", "g++"), (CLANGXX, "clang-16"), ("valgrind", "valgrind"), ("pkg-config", "pkg-config")]
        {
            setup::debian_program(program, package, context.may_install)?;
        }
        if !process::succeeds(Command::new("pkg-config").args(["--exists", "libcurl"])) {
            setup::debian_packages(&["libcurl4-openssl-dev"], context.may_install)?;
        }
        let workspace = context.workspace;
        let programs = Programs::new(workspace)?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        let mut tally = Tally::default();

        tally.add("nothing of the C header is left out", covers(workspace));
        let tests = files(&workspace.path("bindings/cpp/tests"))?;
        // The other two combinations are compiled below, with their tests run.
        for (compiler, standard, flags) in [("g++", "c++20", BARE), (CLANGXX, "c++17", &[])] {
            tally.add(
                &format!("strict, {compiler}, {standard}"),
                programs.check(compiler, standard, flags, &tests, &[]),
            );
        }
        let emulator = Emulator::start(&matchport, &programs.folder)?;
        let (plain, sanitized) = (programs.folder.join("tests"), programs.folder.join("tests-sanitized"));
        programs.build("g++", "c++17", BARE, &tests, &plain)?;
        tally.run(Command::new(&plain).env("MATCHPORT_TEST_URL", emulator.url()))?;
        programs.build(CLANGXX, "c++20", planted::SANITIZERS, &tests, &sanitized)?;
        tally.run(Command::new(&sanitized).env("MATCHPORT_TEST_URL", emulator.url()))?;
        tally.run(planted::valgrind(&plain).env("MATCHPORT_TEST_URL", emulator.url()))?;
        let player = conformance::in_cpp(workspace, &programs.library, context.may_install)?;
        tally.run(Command::new(&player).arg(conformance::vectors(workspace)))?;
        let found = conformance::finds_mistakes(workspace, &mut Command::new(&player));
        tally.add("the player of the vectors finds every mistake", found);
        let faulty = files(&workspace.path("bindings/cpp/tests/planted"))?;
        let (plain, sanitized) = (programs.folder.join("planted"), programs.folder.join("planted-sanitized"));
        programs.build("g++", "c++17", BARE, &faulty, &plain)?;
        programs.build(CLANGXX, "c++20", planted::SANITIZERS, &faulty, &sanitized)?;
        planted::check(&mut tally, &plain, &sanitized);

        for (file, name) in [("README.md", "readme"), ("bindings/cpp/README.md", "bindings-readme")] {
            let program = programs.folder.join(name);
            let ran = readme::example(workspace, file, "cpp", emulator.url())
                .and_then(|example| programs.example(&example, &program))
                .and_then(|()| readme::runs(&mut Command::new(&program)));
            tally.add(&format!("example of {file}"), ran);
        }
        for (example, standard) in [("matchmaker", "c++17"), ("host_curl", "c++20")] {
            let source = workspace.path(&format!("examples/cpp/{example}.cpp"));
            let program = programs.folder.join(example);
            let ran = programs
                .build("g++", standard, &["-lcurl"], &[source], &program)
                .and_then(|()| runs(&program, emulator.url(), &programs.folder));
            tally.add(&format!("example {example}"), ran);
        }

        let plugin = workspace.path("bindings/unreal/Matchport/Source/Matchport");
        let mut sources = files(&plugin.join("Private"))?;
        sources.extend(files(&workspace.path("examples/unreal"))?);
        let engine = workspace.path("bindings/unreal/tests/engine_declarations");
        let folders = [engine, plugin.join("Public"), plugin.join("Private")];
        for (compiler, standard) in [("g++", "c++17"), (CLANGXX, "c++20")] {
            let name = format!("the Unreal plugin against declarations, {compiler}, {standard}");
            tally.add(&name, programs.check(compiler, standard, BARE, &sources, &folders));
        }
        Ok(Outcome { counts: tally.0, note: None })
    }
}

/// Compiles and links what the tests need.
struct Programs {
    include: [PathBuf; 2],
    library: PathBuf,
    folder: PathBuf,
}

impl Programs {
    fn new(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target()?.join("cpp");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let built = artifact::build(workspace, &["--package", "matchport-ffi"], "matchport_ffi", ".so")?;
        let library = folder.join("libmatchport.so");
        fs::copy(&built, &library).with_context(|| format!("cannot copy {}", built.display()))?;
        Ok(Self { include: [workspace.path("bindings/cpp"), workspace.path("include")], library, folder })
    }

    /// Compiles without making anything.
    fn check(
        &self,
        compiler: &str,
        standard: &str,
        flags: &[&str],
        sources: &[PathBuf],
        folders: &[PathBuf],
    ) -> Result<()> {
        let mut command = self.compiler(compiler, standard);
        command.args(flags).arg("-fsyntax-only").args(folders.iter().map(|folder| format!("-I{}", folder.display())));
        process::run(command.args(sources))
    }

    fn build(&self, compiler: &str, standard: &str, flags: &[&str], sources: &[PathBuf], program: &Path) -> Result<()> {
        let mut command = self.compiler(compiler, standard);
        command.args(sources).arg(&self.library).arg(format!("-Wl,-rpath,{}", self.folder.display()));
        process::run(command.args(flags).arg("-o").arg(program))
    }

    /// Compiles a program or, when there is no `main`, the inside of one.
    fn example(&self, example: &str, program: &Path) -> Result<()> {
        let file = program.with_extension("cpp");
        let whole = match example.contains("int main") {
            true => example.to_owned(),
            false => format!("#include <matchport.hpp>\n#include <cstdio>\n\nint main() {{\n{example}}}\n"),
        };
        fs::write(&file, whole).with_context(|| format!("cannot write {}", file.display()))?;
        self.build("g++", "c++17", BARE, &[file], program)
    }

    fn compiler(&self, compiler: &str, standard: &str) -> Command {
        let mut command = Command::new(compiler);
        command.arg(format!("-std={standard}")).args(STRICT);
        command.args(self.include.iter().map(|folder| format!("-I{}", folder.display())));
        command
    }
}

/// The C++ files of a folder, in order; there must be some.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<BTreeSet<_>, _>>()?;
    let sources: Vec<_> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "cpp")).collect();
    if sources.is_empty() {
        bail!("{} holds no C++ file", folder.display());
    }
    Ok(sources)
}

/// That the C++ header uses each constant and function of the C header, so that nothing new is forgotten.
fn covers(workspace: &Workspace) -> Result<()> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let header = read(&workspace.path("include/matchport.h"))?;
    let mut used = String::new();
    let folder = workspace.path("bindings/cpp/matchport");
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        used += &read(&entry?.path())?;
    }
    let missing = missing(&header, &used);
    if !missing.is_empty() {
        bail!("not used: {missing:?}");
    }
    Ok(())
}

fn missing<'a>(header: &'a str, used: &str) -> Vec<&'a str> {
    let used: BTreeSet<_> = words(used).collect();
    let declared = header.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
    let names = declared.flat_map(|line| {
        let is_call = |name: &&str| line.contains(&format!("{name}("));
        words(line)
            .filter(move |name| name.starts_with("MATCHPORT_") || (name.starts_with("matchport_") && is_call(name)))
    });
    let names: BTreeSet<_> = names.filter(|name| !NOT_WRAPPED.contains(name)).collect();
    names.into_iter().filter(|name| !used.contains(name)).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// Runs an example, which must say that it got a server and stopped it.
fn runs(program: &Path, url: &str, folder: &Path) -> Result<()> {
    let finished = process::watch(Command::new(program).args([url, "local"]).current_dir(folder))?;
    if !finished.status.success() {
        bail!("ended with {}", finished.status);
    }
    for wanted in ["players connect to 127.0.0.1:", "stopped"] {
        if !finished.output.contains(wanted) {
            bail!("did not print {wanted:?}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_named() {
        let header = "\
/// See matchport_comment() and MATCHPORT_COMMENT.
    MATCHPORT_STATUS_OK = 0,
#define MATCHPORT_MAX_CLIENTS 1024
typedef struct matchport_options { int x; } matchport_options;
matchport_status matchport_client_tick(struct matchport_client *client);
";
        assert_eq!(missing(header, "MATCHPORT_STATUS_OK"), ["matchport_client_tick"]);
        assert_eq!(missing(header, "matchport_client_tick(x)"), ["MATCHPORT_STATUS_OK"]);
        assert!(missing(header, "MATCHPORT_STATUS_OK, matchport_client_tick").is_empty());
    }
}
