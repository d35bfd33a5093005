//! `hostile`: the program behind `cargo xtask test fuzz`, and the way to repeat one input.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use comfy_table::{CellAlignment, Table, presets};
use matchport_hostile::{TARGETS, replay, run};

/// Gives hostile input to everything that reads.
#[derive(Parser)]
#[command(name = "hostile", max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Replay the corpus and mutations of it
    Replay(Replay),
    /// Give a target one input
    One {
        /// The target
        #[arg(value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name)))]
        target: String,
        /// A file with the input
        file: PathBuf,
    },
}

#[derive(Args)]
struct Replay {
    /// The folder with a folder of inputs for each target
    #[arg(long, default_value = "fuzz/corpus")]
    corpus: PathBuf,
    /// Where inputs go that break a promise
    #[arg(long, default_value = "target/hostile")]
    crashes: PathBuf,
    /// Mutations for each target
    #[arg(long, default_value_t = 20_000)]
    mutations: u64,
    /// What the mutations are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Targets; all of them when none is named
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.iter().map(|target| target.name)))]
    targets: Vec<String>,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Replay(options) => all(&options),
        Task::One { target, file } => one(&target, &file),
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

fn one(target: &str, file: &PathBuf) -> Result<bool> {
    let input = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    run(target, &input);
    println!("{target}: {} bytes, no promise was broken", input.len());
    Ok(true)
}

fn all(options: &Replay) -> Result<bool> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["target", "corpus", "runs", "seconds", "crashes"]);
    let (mut passed, mut failed) = (0, 0);
    for target in TARGETS {
        if !options.targets.is_empty() && !options.targets.iter().any(|name| name == target.name) {
            continue;
        }
        let corpus = options.corpus.join(target.name);
        let outcome = replay::replay(*target, &corpus, options.mutations, options.seed, &options.crashes)?;
        if let Some(crash) = &outcome.crash {
            eprintln!(
                "FAIL {}: repeat it with `cargo run -p matchport-hostile -- one {0} {}`",
                target.name,
                crash.display()
            );
            failed += 1;
        } else {
            passed += 1;
        }
        table.add_row([
            target.name.to_owned(),
            outcome.corpus.to_string(),
            outcome.runs.to_string(),
            format!("{:.1}", outcome.took.as_secs_f64()),
            u8::from(outcome.crash.is_some()).to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("\n{}\n{passed} passed, {failed} failed", table.trim_fmt());
    Ok(failed == 0)
}
