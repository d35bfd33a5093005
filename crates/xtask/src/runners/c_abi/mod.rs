//! The C library as C programs see it: its header with two compilers in two languages, its symbols, its tests against the
//! real emulator, under sanitizers and valgrind, and loading and unloading. Linux only, which it says.

mod emulator;
mod programs;

use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};

use super::tally::Tally;
use super::{Context, Outcome, Runner, conformance, planted};
use crate::abi::{self, Kept};
use crate::dist::checks;
use crate::{artifact, process, readme, setup};
pub(super) use emulator::Emulator;
pub(super) use programs::Programs;
use programs::{CLANG, CLANGXX};

/// Rounds of loading, using and unloading.
const ROUNDS: &str = "1000";

pub(super) struct CAbi;

impl Runner for CAbi {
    fn name(&self) -> &'static str {
        "c-abi"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C library is tested on Linux only");
        }
        for (program, package) in [("gcc", "gcc"), ("g++", "g++"), (CLANG, "clang-16"), ("valgrind", "valgrind")] {
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
            tally.add("exported symbols are those of the header", checks::compare_exports(workspace, library));
        }

        let emulator = Emulator::start(&matchport, &programs.folder)?;
        let url = emulator.url();
        let suite = programs.suite("gcc", &[], &whole)?;
        tally.run(Command::new(&suite).env("MATCHPORT_TEST_URL", url))?;
        let suite = programs.suite("gcc", &[], &host_only)?;
        tally.run(Command::new(&suite).args(["host", "hostile", "texts"]))?;
        let sanitized = programs.suite(CLANG, planted::SANITIZERS, &whole)?;
        tally.run(Command::new(&sanitized).env("MATCHPORT_TEST_URL", url))?;
        let plain = programs.suite("gcc", &[], &whole)?;
        tally.run(planted::valgrind(&plain).env("MATCHPORT_TEST_URL", url))?;

        for (compiler, flags) in [("gcc", &[][..]), (CLANG, planted::SANITIZERS)] {
            let player = conformance::in_c(workspace, compiler, flags, &host_only, context.may_install)?;
            tally.run(Command::new(&player).arg(conformance::vectors(workspace)))?;
            let found = conformance::finds_mistakes(workspace, &mut Command::new(&player));
            tally.add(&format!("the player of the vectors finds every mistake, {compiler}"), found);
        }

        let example = readme::example(workspace, "README.md", "c", url)?;
        tally.add(
            "example of the README",
            programs.example("gcc", &example, &whole).and_then(|program| readme::runs(&mut Command::new(program))),
        );

        let kept = Kept::of_today(workspace)?;
        tally.add("the header keeps what it has promised", kept.compare_headers(workspace));
        if abi::can_run() {
            let program = programs.folder.join("kept");
            kept.unpack(&program)?;
            for library in [&host_only, &whole] {
                let folder = library.parent().context("a library in no folder")?;
                tally.run(Command::new(&program).env("LD_LIBRARY_PATH", folder))?;
            }
        } else {
            println!("The program that is kept of this ABI version is for Linux on x86_64, and was not run.");
        }

        let planted = [programs.planted("gcc", &[], &whole)?, programs.planted(CLANG, planted::SANITIZERS, &whole)?];
        planted::check(&mut tally, &planted[0], &planted[1]);

        let loader = programs.loader("gcc")?;
        tally.run(Command::new(&loader).arg(&host_only).arg(ROUNDS))?;
        tally.run(Command::new(&loader).arg(&whole).arg(ROUNDS))?;
        tally.run(Command::new(&loader).arg(&whole).args([ROUNDS, url]))?;
        let grown = process::watch(Command::new(&loader).arg(&host_only).args([ROUNDS, "grow"]))?;
        tally.add(
            "growth over the rounds is found",
            match grown.status.code() {
                Some(1) => Ok(()),
                _ => Err(anyhow!("a kilobyte a round went unseen")),
            },
        );
        Ok(Outcome { counts: tally.0, note: None })
    }
}
