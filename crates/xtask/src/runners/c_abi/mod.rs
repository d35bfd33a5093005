//! The C library as C programs see it: its header with two compilers in two languages, its symbols, its tests against the
//! real emulator, under sanitizers and valgrind, and loading and unloading. Linux only, which it says.

mod emulator;
mod programs;
mod symbols;

use std::process::Command;

use anyhow::{Result, bail};

use super::{Context, Outcome, Runner};
use crate::counts::{self, Counts};
use crate::{artifact, process, setup};
pub(super) use emulator::Emulator;
use programs::{CLANG, CLANGXX, Programs};
pub(super) use symbols::compare as compare_symbols;

/// Rounds of loading, using and unloading.
const ROUNDS: &str = "1000";
/// What a sanitizer or valgrind ends a program with that leaks.
const LEAKED: i32 = 23;

pub(super) struct CAbi;

impl Runner for CAbi {
    fn name(&self) -> &'static str {
        "c-abi"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C library is tested on Linux only");
        }
        for (program, package) in
            [("gcc", "gcc"), ("g++", "g++"), (CLANG, "clang-16"), ("valgrind", "valgrind"), ("nm", "binutils")]
        {
            setup::debian_program(program, package, context.may_install)?;
        }
        if !programs::has_sanitizers() {
            setup::debian_packages(&["libclang-rt-16-dev"], context.may_install)?;
        }
        let workspace = context.workspace;
        let programs = Programs::new(workspace)?;
        let mut tally = Tally::default();

        let options = ["--package", "matchport-ffi", "--no-default-features"];
        let host_only = artifact::build(workspace, &options, "matchport_ffi", ".so")?;
        let host_only = programs.take_library(&host_only, "host-only")?;
        let whole = artifact::build(workspace, &["--package", "matchport-ffi"], "matchport_ffi", ".so")?;
        let whole = programs.take_library(&whole, "whole")?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;

        for compiler in ["gcc", CLANG] {
            tally.add(&format!("header as C11, {compiler}"), programs.header(compiler, "c", "c11"));
        }
        for compiler in ["g++", CLANGXX] {
            tally.add(&format!("header as C++17, {compiler}"), programs.header(compiler, "c++", "c++17"));
        }
        for library in [&host_only, &whole] {
            tally.add("exported symbols are those of the header", symbols::compare(workspace, library));
        }

        let emulator = Emulator::start(&matchport, &programs.folder)?;
        let url = emulator.url();
        let suite = programs.suite("gcc", &[], &whole)?;
        tally.run(Command::new(&suite).env("MATCHPORT_TEST_URL", url))?;
        let suite = programs.suite("gcc", &[], &host_only)?;
        tally.run(Command::new(&suite).args(["host", "hostile"]))?;
        let sanitized = programs.suite(CLANG, programs::SANITIZERS, &whole)?;
        tally.run(Command::new(&sanitized).env("MATCHPORT_TEST_URL", url))?;
        let plain = programs.suite("gcc", &[], &whole)?;
        tally.run(valgrind().arg(&plain).env("MATCHPORT_TEST_URL", url))?;

        let leaky = programs.leak("gcc", &[], &whole)?;
        tally.add("valgrind finds nothing where nothing leaks", ends_with(valgrind().arg(&leaky), 0));
        tally.add(
            "valgrind finds a planted leak",
            ends_with(valgrind().args([leaky.as_os_str(), "block".as_ref()]), LEAKED),
        );
        let leaky = programs.leak(CLANG, programs::SANITIZERS, &whole)?;
        let sanitized = |argument: &[&str]| {
            let mut command = Command::new(&leaky);
            command.args(argument).env("ASAN_OPTIONS", format!("exitcode={LEAKED}"));
            command
        };
        tally.add("the sanitizer finds nothing where nothing leaks", ends_with(&mut sanitized(&[]), 0));
        tally.add("the sanitizer finds a planted leak", ends_with(&mut sanitized(&["block"]), LEAKED));

        let loader = programs.loader("gcc")?;
        tally.run(Command::new(&loader).arg(&host_only).arg(ROUNDS))?;
        tally.run(Command::new(&loader).arg(&whole).arg(ROUNDS))?;
        tally.run(Command::new(&loader).arg(&whole).args([ROUNDS, url]))?;
        Ok(Outcome { counts: tally.0, note: None })
    }
}

fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
    command.arg(format!("--error-exitcode={LEAKED}"));
    command
}

fn ends_with(command: &mut Command, expected: i32) -> Result<()> {
    let finished = process::watch(command)?;
    if finished.status.code() != Some(expected) {
        bail!("ended with {}, should be {expected}", finished.status);
    }
    Ok(())
}

#[derive(Default)]
struct Tally(Counts);

impl Tally {
    /// One test.
    fn add(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => {
                println!("PASS {name}");
                self.0.passed += 1;
            }
            Err(error) => {
                println!("FAIL {name}: {error:#}");
                self.0.failed += 1;
            }
        }
    }

    /// A program that counts its tests itself. Ending badly is a failure, also when all of its tests passed.
    fn run(&mut self, command: &mut Command) -> Result<()> {
        let finished = process::watch(command)?;
        let outcome = Outcome::new(counts::of_closing_line(&finished.output), &finished);
        self.0.passed += outcome.counts.passed;
        self.0.failed += outcome.counts.failed;
        Ok(())
    }
}
