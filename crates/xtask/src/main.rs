//! `cargo xtask`: the one place that generates, checks, tests and measures anything. This file holds the command line;
//! each task has a file of its own. No product code is used here, so that the tasks build fast and also run when the
//! product doesn't compile.

mod abi;
mod artifact;
mod bench;
mod browser;
mod counts;
mod dist;
mod fuzz;
mod generated;
mod npm;
mod process;
mod proof;
mod readme;
mod runners;
mod setup;
mod simulation;
mod style;
mod unity;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use crate::dist::platform::Platform;
use crate::process::Workspace;

/// Builds, checks, tests and measures matchport.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 120, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                  every test there is; installs what it needs
  cargo xtask test unit             only the runner called 'unit'
  cargo xtask drift --write         regenerate what is generated and committed
  cargo xtask bench --quick         a short look at the speed
  cargo xtask bench placement       only the measurements with 'placement' in their name
  cargo xtask simulate --allocations 10000000 --threads 2
                                    ten million allocations under faults
  cargo xtask fmt --write           format everything

What CI does, in this order: .ci/run = setup, fmt, lint, drift, test.";

#[derive(Subcommand)]
enum Task {
    /// Run every test there is, installing what it needs; the last line is 'N passed, N failed'
    Test(TestArgs),
    /// Check the format of all code
    Fmt {
        /// Format instead of checking
        #[arg(long)]
        write: bool,
    },
    /// Check all code with clippy and rustdoc; warnings are errors
    Lint,
    /// Check the licences, names and sources of all dependencies with cargo-deny, which takes minutes to build once
    Deny,
    /// Check that nothing generated and committed has drifted, Cargo.lock included
    Drift {
        /// Write the files instead of comparing them
        #[arg(long)]
        write: bool,
    },
    /// Measure speed and memory as ratios, and judge them by their limits
    Bench(BenchArgs),
    /// Prove by simulation that nothing is left and nothing is doubled, whatever fails; --help has the options
    #[command(disable_help_flag = true)]
    Simulate(SimulationArgs),
    /// Prove it by exhaustive search, for one and two allocations; --help has the options
    #[command(disable_help_flag = true)]
    Search(SimulationArgs),
    /// Prove it on real sockets: cut the connection after each byte, for each language
    Cut {
        /// Every how many bytes
        #[arg(long, default_value_t = 1)]
        every: u64,
        /// Languages; all of them when none is named. The Rust crate is always there
        #[arg(value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(proof::LANGUAGES))]
        languages: Vec<String>,
    },
    /// Prove it on real processes: kill the matchmaker at each step, and go on with its ticket
    Kill {
        /// Kill the one that goes on at each of its steps as well
        #[arg(long)]
        twice: bool,
        /// Languages of the matchmakers; all of them when none is named. The command line is always there
        #[arg(value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(proof::KILLED))]
        languages: Vec<String>,
    },
    /// Load the emulator with processes, faults, kills and bad clients
    Soak {
        /// How long 64 clients are at work
        #[arg(long, default_value_t = 5)]
        minutes: u64,
        /// How often the emulator is killed
        #[arg(long, default_value_t = 50)]
        kills: u32,
    },
    /// Look for inputs that break what reads them, with cargo-fuzz and a nightly toolchain
    Fuzz {
        /// How long, for all targets together
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// A target, and no other; may be given several times
        #[arg(long = "target", value_name = "TARGET", value_parser = PossibleValuesParser::new(fuzz::TARGETS))]
        targets: Vec<String>,
    },
    /// Build the tarball of the npm package; prints its path
    Npm,
    /// Build the C and C++ library as it is installed: dist/TARGET with lib, include, pkg-config and CMake files
    Dist(DistArgs),
    /// Keep a program that was compiled with this version of the C header, for later versions to be tested with
    Abi {
        /// Replace what is kept of this version, as long as nobody has got a library of it
        #[arg(long)]
        again: bool,
    },
    /// Put the Unity package together, with the libraries that 'dist' has made: dist/unity
    Unity,
    /// Take the pictures of the dashboard that the README shows
    Pictures,
    /// Install what the other tasks need and this machine lacks
    Setup,
}

#[derive(Args)]
struct TestArgs {
    /// Runners to run; all of them when none is named
    #[arg(value_name = "RUNNER", value_parser = PossibleValuesParser::new(runners::names()))]
    runners: Vec<String>,
    /// Install nothing: a runner that lacks something fails, or makes do without it where it can
    #[arg(long)]
    no_install: bool,
}

#[derive(Args)]
struct BenchArgs {
    /// Bench targets whose name contains this or, when there are none, measurements whose name does
    filter: Option<String>,
    /// Fewer rounds and smaller workloads
    #[arg(long)]
    quick: bool,
    /// Print one JSON document on stdout; the table goes to stderr
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct SimulationArgs {
    /// Options of the program that proves it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<OsString>,
}

#[derive(Args)]
struct DistArgs {
    /// Target triple; this machine's when there is none
    #[arg(long, value_parser = PossibleValuesParser::new(dist::platform::ALL.iter().map(|platform| platform.target)))]
    target: Option<String>,
    /// For every platform, one after the other
    #[arg(long, conflicts_with = "target")]
    all: bool,
    /// Leave the built-in transport out: no HTTP, no thread, a third of the size
    #[arg(long)]
    host_transport_only: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match task {
        Task::Test(args) => return Ok(runners::run(&workspace, &args.runners, !args.no_install)),
        Task::Fmt { write } => style::format(&workspace, write)?,
        Task::Lint => style::lint(&workspace)?,
        Task::Deny => style::deny(&workspace)?,
        Task::Drift { write: true } => generated::write(&workspace)?,
        Task::Drift { write: false } => generated::compare(&workspace)?,
        Task::Bench(args) => bench::run(&workspace, args.filter.as_deref(), args.quick, args.json)?,
        Task::Simulate(args) => return simulation::run(&workspace, "simulate", &args.options),
        Task::Search(args) => return simulation::run(&workspace, "search", &args.options),
        Task::Cut { every, languages } => proof::cut(&workspace, every, &languages)?,
        Task::Kill { twice, languages } => proof::kill(&workspace, twice, &languages)?,
        Task::Soak { minutes, kills } => proof::soak(&workspace, minutes, kills)?,
        Task::Fuzz { minutes, targets } => return fuzz::run(&workspace, minutes, &targets),
        Task::Npm => println!("{}", npm::pack(&workspace, true)?.display()),
        Task::Dist(args) => dist(&workspace, &args)?,
        Task::Abi { again } => abi::keep(&workspace, again)?,
        Task::Unity => drop(unity::run(&workspace)?),
        Task::Pictures => browser::pictures(&workspace)?,
        Task::Setup => setup::everything(&workspace)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn dist(workspace: &Workspace, args: &DistArgs) -> anyhow::Result<()> {
    let platforms = match &args.target {
        _ if args.all => dist::platform::ALL.iter().collect(),
        Some(target) => vec![Platform::of(target)?],
        None => vec![dist::here(workspace)?],
    };
    for platform in platforms {
        let host_transport_only = args.host_transport_only;
        dist::run(workspace, &dist::Options { platform, host_transport_only, may_install: true })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
