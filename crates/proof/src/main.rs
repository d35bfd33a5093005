//! Proofs with real sockets and real processes, on loopback only. `cut`: the connection is cut after every byte. `kill`: the
//! matchmaker is killed at every step. `soak`: the emulator under load and faults. Run by `cargo xtask`, which builds what
//! is needed; each ends by itself, with a table and an exit code that is 0 only when every count that must be zero is.

mod caller;
mod cut;
mod kill;
mod proxy;
mod service;
mod soak;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Subcommand)]
enum Proof {
    /// Cut the connection after every byte of request and answer of start, stop, join and leave
    Cut {
        /// Every how many bytes
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        every: u64,
        /// A program that calls, as NAME=COMMAND with spaces between its words; the Rust crate is always there
        #[arg(long, value_name = "NAME=COMMAND")]
        caller: Vec<String>,
    },
    /// Kill matchmakers at every step, and go on with their tickets
    Kill {
        /// The `matchport` program, for `matchport allocate --ticket`
        #[arg(long)]
        matchport: Option<PathBuf>,
        /// A program that calls, as for `cut`
        #[arg(long, value_name = "NAME=COMMAND")]
        caller: Vec<String>,
        /// Kill the one that goes on as well, at every step
        #[arg(long)]
        twice: bool,
        /// Of what can become of the message that was held, try one at each step, in turns
        #[arg(long)]
        brief: bool,
    },
    /// Load the emulator, with faults; kill it; be a bad client
    Soak {
        /// The `matchport` program
        #[arg(long)]
        matchport: PathBuf,
        /// How long 64 clients create, join, leave and stop
        #[arg(long, default_value_t = 300)]
        seconds: u64,
        /// Sessions with a process each, at once
        #[arg(long, default_value_t = 1000)]
        sessions: usize,
        /// How often the emulator is killed with SIGKILL
        #[arg(long, default_value_t = 50)]
        kills: u32,
        /// Connections that nobody uses
        #[arg(long, default_value_t = 5000)]
        idle: usize,
    },
}

fn main() -> ExitCode {
    // reqwest wants one even where there is no TLS; of two, the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            match Cli::parse().proof {
                Proof::Cut { every, caller } => cut::run(every as usize, &caller).await,
                Proof::Kill { matchport, caller, twice, brief } => {
                    let mut matchmakers: Vec<_> = matchport.into_iter().map(kill::Matchmaker::CommandLine).collect();
                    for caller in &caller {
                        matchmakers.push(kill::Matchmaker::program(caller)?);
                    }
                    kill::run(&matchmakers, kill::Extent { twice, brief }).await
                }
                Proof::Soak { matchport, seconds, sessions, kills, idle } => {
                    soak::run(&soak::Plan { matchport, seconds, sessions, kills, idle }).await
                }
            }
        })
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
