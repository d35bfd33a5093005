//! `cargo xtask fuzz`: looks for inputs that break what reads them, with cargo-fuzz and a nightly toolchain. The targets
//! stand in `crates/hostile`, their fuzzers and the kept corpus in `fuzz/`. What is found on the way goes to
//! `target/fuzz/corpus`; what is worth keeping is moved by hand.
//!
//! The short form, for `cargo xtask test`, replays the corpus and mutations of it with the stable toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};

use crate::process::{self, Workspace};
use crate::setup;

/// As in `crates/hostile`.
pub(crate) const TARGETS: [&str; 7] = ["json", "answers", "ticket", "engine", "configuration", "routes", "c_abi"];

/// An input that takes longer, in seconds, is a finding.
const LONGEST_INPUT: u64 = 20;
/// The most memory of a fuzzer, in MiB; more is a finding.
const MOST_MEMORY: u64 = 2048;
/// The most bytes of an input.
const LARGEST_INPUT: u64 = 16 * 1024;

/// Fuzzes these targets, or all, for so many minutes together.
pub(crate) fn run(workspace: &Workspace, minutes: f64, targets: &[String]) -> Result<ExitCode> {
    if !(0.01..=100_000.0).contains(&minutes) {
        bail!("--minutes must be between 0.01 and 100000");
    }
    setup::cargo_fuzz(workspace, true)?;
    let wanted: Vec<&str> = match targets.is_empty() {
        true => TARGETS.to_vec(),
        false => targets.iter().map(String::as_str).collect(),
    };
    let seconds = (minutes * 60.0 / wanted.len() as f64).ceil() as u64;
    let folders = Folders::new(workspace)?;
    process::run(&mut folders.cargo_fuzz(workspace, "build", None))?;
    let lines = wanted.iter().map(|target| fuzz(workspace, &folders, target, seconds)).collect::<Result<Vec<_>>>()?;
    println!("\n{}", table(&lines).trim_fmt());
    for line in &lines {
        for crash in &line.crashes {
            let target = line.target;
            println!("{target}: repeat it with `cargo run -p matchport-hostile -- one {target} {}`", crash.display());
        }
        if line.crashes.is_empty() && !line.ended_well {
            println!("{}: the fuzzer ended badly and left no input; its output is above", line.target);
        }
    }
    let all_well = lines.iter().all(|line| line.crashes.is_empty() && line.ended_well);
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The program that replays the corpus and so many mutations for each target.
pub(crate) fn replay_command(workspace: &Workspace, mutations: u64) -> Command {
    let mut command = workspace.cargo(["run", "--package", "matchport-hostile", "--", "replay"]);
    command.args(["--mutations", &mutations.to_string()]);
    command
}

/// Where things are.
struct Folders {
    target: PathBuf,
    found: PathBuf,
    crashes: PathBuf,
}

impl Folders {
    fn new(workspace: &Workspace) -> Result<Self> {
        let target = workspace.target()?.join("fuzz");
        Ok(Self { found: target.join("corpus"), crashes: target.join("crashes"), target })
    }

    fn cargo_fuzz(&self, workspace: &Workspace, task: &str, fuzzer: Option<&str>) -> Command {
        let mut command = setup::nightly_cargo(workspace, ["fuzz", task]);
        command.arg("--fuzz-dir").arg(workspace.path("fuzz")).arg("--target-dir").arg(&self.target).args(fuzzer);
        command
    }
}

/// What came of a target.
struct Line {
    target: &'static str,
    runs: u64,
    took: Duration,
    corpus: usize,
    crashes: Vec<PathBuf>,
    ended_well: bool,
}

fn fuzz(workspace: &Workspace, folders: &Folders, target: &str, seconds: u64) -> Result<Line> {
    let target = TARGETS.into_iter().find(|known| *known == target).context("no such target")?;
    let (found, crashes) = (folders.found.join(target), folders.crashes.join(target));
    for folder in [&found, &crashes] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let known = files(&crashes)?;
    // New inputs go into the first folder; the kept ones are only read.
    let mut command = folders.cargo_fuzz(workspace, "run", Some(target));
    command.arg(&found).arg(workspace.path("fuzz/corpus").join(target)).arg("--");
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={LONGEST_INPUT}"));
    command.arg(format!("-rss_limit_mb={MOST_MEMORY}")).arg(format!("-max_len={LARGEST_INPUT}"));
    command.arg("-print_final_stats=1").arg(format!("-artifact_prefix={}/", crashes.display()));
    let start = Instant::now();
    let finished = process::watch(&mut command)?;
    let crashes = files(&crashes)?.into_iter().filter(|file| !known.contains(file)).collect();
    let ended_well = finished.status.success();
    let runs = runs(&finished.output).unwrap_or(0);
    Ok(Line { target, runs, took: start.elapsed(), corpus: files(&found)?.len(), crashes, ended_well })
}

/// What libFuzzer says at its end.
fn runs(output: &str) -> Option<u64> {
    let number = |label: &str| {
        let line = output.lines().rev().find_map(|line| line.trim().strip_prefix(label))?;
        line.split_whitespace().next()?.parse().ok()
    };
    number("stat::number_of_executed_units:").or_else(|| number("Done "))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["target", "runs", "seconds", "corpus", "crashes"]);
    for line in lines {
        table.add_row([
            line.target.to_owned(),
            line.runs.to_string(),
            format!("{:.0}", line.took.as_secs_f64()),
            line.corpus.to_string(),
            line.crashes.len().to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_runs_is_read_from_what_the_fuzzer_says() {
        let output = "Done 5 runs in 2 second(s)\nstat::number_of_executed_units: 12345\nstat::peak_rss_mb: 60\n";
        assert_eq!(runs(output), Some(12345));
        assert_eq!(runs("Done 5 runs in 2 second(s)\n"), Some(5));
        assert_eq!(runs("error: could not compile"), None);
    }

    #[test]
    fn every_target_has_a_fuzzer_and_a_corpus() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("the fuzzers' manifest");
        for target in TARGETS {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
            assert!(folder.join(format!("fuzz_targets/{target}.rs")).exists(), "{target}");
            assert!(!files(&folder.join("corpus").join(target)).expect("a corpus").is_empty(), "{target}");
        }
    }
}
