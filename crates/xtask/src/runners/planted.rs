//! Whether the tools that watch the C and C++ suites see anything at all: each runs a program that does something wrong when
//! it is told to, and must say so, and must say nothing when it is not.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::tally::Tally;
use crate::process;

pub(super) const SANITIZERS: &[&str] =
    &["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"];
/// What a tool ends a program with that it has something to say of.
const FOUND: i32 = 23;

/// Runs a program under valgrind, which ends it with an error when it finds one.
pub(super) fn valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]);
    command.arg(format!("--error-exitcode={FOUND}")).arg(program);
    command
}

/// `plain` and `sanitized` are the same program, which takes the name of what it is to do wrong.
pub(super) fn check(tally: &mut Tally, plain: &Path, sanitized: &Path) {
    for fault in ["leak", "use-after-free"] {
        tally.add(&format!("valgrind finds a planted {fault}"), ends_with(valgrind(plain).arg(fault), FOUND));
    }
    tally.add("valgrind finds nothing where nothing is planted", ends_with(&mut valgrind(plain), 0));
    let with_sanitizers = || {
        let mut command = Command::new(sanitized);
        let exit_code = format!("exitcode={FOUND}");
        command.env("ASAN_OPTIONS", &exit_code).env("UBSAN_OPTIONS", &exit_code);
        command
    };
    for fault in ["leak", "use-after-free", "overflow"] {
        let name = format!("the sanitizers find a planted {fault}");
        tally.add(&name, ends_with(with_sanitizers().arg(fault), FOUND));
    }
    tally.add("the sanitizers find nothing where nothing is planted", ends_with(&mut with_sanitizers(), 0));
}

fn ends_with(command: &mut Command, expected: i32) -> Result<()> {
    let finished = process::watch(command)?;
    if finished.status.code() != Some(expected) {
        bail!("ended with {}, should be {expected}", finished.status);
    }
    Ok(())
}
