//! `simulation`: the program behind `cargo xtask simulate` and `cargo xtask search`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use matchport_simulation::{search, simulate};

/// Worlds are many small things that live shortly; the system's allocator takes a fifth of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Shows that an allocation leaves no orphan and no double.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play random worlds against a model of the service, with every fault there is
    Simulate(simulate::Options),
    /// Try every order in which things can happen to one and to two allocations
    Search(search::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Simulate(options) => simulate::run(&options),
        Task::Search(options) => search::run(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
