//! `cargo xtask simulate` and `cargo xtask search`: the proofs that an allocation leaves no orphan and no double. They
//! are a program of their own (`crates/simulation`), for they stand on the core; this file builds and runs it. Planted
//! mistakes, which the search must find, stand beside this.

mod planted;

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::process::{self, Workspace};

pub(crate) use planted::{Verdict, find_planted, table};

/// The profile of long runs, which takes a minute longer to build and runs a sixth faster.
const LONG: &str = "simulation";
/// The profile of short runs.
pub(crate) const SHORT: &str = "release";

/// Runs the program with the caller's options.
pub(crate) fn run(workspace: &Workspace, task: &str, options: &[OsString]) -> Result<ExitCode> {
    if task == "search" && options == ["--planted"] {
        let verdicts = find_planted(workspace)?;
        println!("{}", table(&verdicts));
        let all = verdicts.iter().all(Verdict::is_good);
        return Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut command = command(workspace, LONG, std::iter::once(OsStr::new(task)).chain(options.iter().map(|it| &**it)));
    process::announce(&command);
    let status = command.status()?;
    if task == "search" && options.iter().any(|option| option == "--help" || option == "-h") {
        println!(
            "\n      --planted\n          Plant mistakes in a copy of the core, one after the other: each must be found"
        );
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The program with these arguments, built with a profile.
pub(crate) fn command<A: AsRef<OsStr>>(
    workspace: &Workspace,
    profile: &str,
    args: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = workspace.cargo(["run", "--profile", profile, "--package", "matchport-simulation", "--"]);
    command.args(args);
    command
}
