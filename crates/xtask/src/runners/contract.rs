//! The emulator against its own description: schemathesis makes requests of `/openapi.json`, right ones and wrong ones,
//! always the same with one seed, and holds every answer against it. Each request counts as a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::c_abi::Emulator;
use super::tally::Tally;
use super::{Context, Outcome, Runner};
use crate::counts::Counts;
use crate::process;
use crate::{artifact, setup};

/// From PyPI. What hypothesis makes of a seed is the same in one version only.
const PACKAGES: &[(&str, &str)] = &[
    ("schemathesis", "4.32.5"),
    ("hypothesis", "6.170.17"),
    ("openapi-spec-validator", "0.9.0"),
    ("prometheus-client", "0.26.0"),
];
const SEED: &str = "7";

/// What the emulator is like.
const NULL: &str = "backend = 'null'\nretained_sessions = 200\n";
/// Not more processes than a small machine bears.
const PROCESSES: &str = "quota = 30\ngrace = '100ms'\n";

/// An ended session is described for a while, as the service does, so that what was deleted is still there.
const KEPT_AFTER_THE_END: &str = "use_after_free";
/// Settings of a fault that don't go together, and durations beyond an hour, can't be said in a schema.
const NOT_ALL_IN_THE_SCHEMA: &str = "positive_data_acceptance";

struct Run {
    name: &'static str,
    config: &'static str,
    tag: &'static str,
    /// For each operation and phase.
    examples: &'static str,
    without: &'static [&'static str],
    /// An operation that is left out.
    but: Option<&'static str>,
}

const RUNS: &[Run] = &[
    Run {
        name: "operations",
        config: NULL,
        tag: "sessions",
        examples: "40",
        without: &[KEPT_AFTER_THE_END],
        but: None,
    },
    Run {
        name: "operations, with processes",
        config: PROCESSES,
        tag: "sessions",
        examples: "5",
        without: &[KEPT_AFTER_THE_END],
        // A log that is followed ends with its session, and no sooner.
        but: Some("/logs"),
    },
    Run { name: "faults", config: NULL, tag: "emulator", examples: "40", without: &[NOT_ALL_IN_THE_SCHEMA], but: None },
];

pub(super) struct Contract;

impl Runner for Contract {
    fn name(&self) -> &'static str {
        "contract"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let workspace = context.workspace;
        let folder = workspace.target()?.join("contract");
        let tools = Tools { packages: folder.join("python"), folder };
        fs::create_dir_all(&tools.folder).with_context(|| format!("cannot make {}", tools.folder.display()))?;
        setup::python_packages(&tools.packages, PACKAGES, false, context.may_install)?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        let mut tally = Tally::default();
        let emulator = tools.emulator(&matchport, NULL)?;
        tally.add("the document is valid OpenAPI", tools.is_valid(emulator.url()));
        tally.add("the metrics are text that Prometheus reads", tools.reads_metrics(emulator.url()));
        drop(emulator);
        for run in RUNS {
            let counts = tools.schemathesis(&matchport, run)?;
            println!("{}: {} passed, {} failed", run.name, counts.passed, counts.failed);
            tally.0.passed += counts.passed;
            tally.0.failed += counts.failed;
        }
        Ok(Outcome { counts: tally.0, note: None })
    }
}

struct Tools {
    folder: PathBuf,
    packages: PathBuf,
}

impl Tools {
    fn emulator(&self, matchport: &Path, config: &str) -> Result<Emulator> {
        let file = self.folder.join("emulator.toml");
        fs::write(&file, config).with_context(|| format!("cannot write {}", file.display()))?;
        Emulator::with(matchport, &self.folder, &["--config", &file.display().to_string()])
    }

    fn is_valid(&self, url: &str) -> Result<()> {
        const PROGRAM: &str = "import json, sys, urllib.request, openapi_spec_validator as spec\n\
            spec.validate(json.load(urllib.request.urlopen(sys.argv[1])))";
        process::run(self.python("-c").args([PROGRAM, &format!("{url}/openapi.json")]))
    }

    fn reads_metrics(&self, url: &str) -> Result<()> {
        const PROGRAM: &str = "import sys, urllib.request\n\
            from prometheus_client.parser import text_string_to_metric_families as parse\n\
            text = urllib.request.urlopen(sys.argv[1]).read().decode()\n\
            names = [family.name for family in parse(text)]\n\
            assert len(names) > 10 and len(names) == len(set(names)), names";
        process::run(self.python("-c").args([PROGRAM, &format!("{url}/metrics")]))
    }

    fn schemathesis(&self, matchport: &Path, run: &Run) -> Result<Counts> {
        let emulator = self.emulator(matchport, run.config)?;
        let report = self.folder.join("report.json");
        // Of a run before.
        let _ = fs::remove_file(&report);
        let mut command = self.python("-m");
        command.args(["schemathesis.cli", "run"]).arg(format!("{}/openapi.json", emulator.url()));
        command.args(["--header", "Authorization: Bearer local", "--seed", SEED, "--include-tag", run.tag]);
        command.args(["--max-examples", run.examples, "--checks", "all", "--exclude-checks", &run.without.join(",")]);
        command.args(["--continue-on-failure", "--generation-database", "none", "--no-color"]);
        if let Some(path) = run.but {
            command.args(["--exclude-path", path]);
        }
        // It may leave files where it runs.
        let finished = process::watch(command.arg("--report-json-path").arg(&report).current_dir(&self.folder))?;
        let text = fs::read_to_string(&report)
            .with_context(|| format!("schemathesis ended without a report ({})", finished.status))?;
        let counts = counts(&serde_json::from_str(&text).context("the report is no JSON")?)?;
        if !finished.status.success() && counts.failed == 0 {
            bail!("schemathesis ended with {} and without a failure", finished.status);
        }
        Ok(counts)
    }

    /// Python with the packages, and `-m` for a module or `-c` for a program to follow.
    fn python(&self, option: &str) -> Command {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &self.packages).arg(option);
        command
    }
}

/// Requests that were made, and kinds of failures that were found; whatever could not be tried is one too.
fn counts(report: &Value) -> Result<Counts> {
    let of = |part: &str, name: &str| {
        report[part][name].as_u64().with_context(|| format!("the report has no number {part}.{name}"))
    };
    let failed = of("test_cases", "unique_failures")? + of("test_cases", "errored")? + of("operations", "errored")?;
    let untried = of("operations", "selected")? - of("operations", "tested")?.min(of("operations", "selected")?);
    let made = of("test_cases", "generated")?;
    Ok(Counts { passed: made.saturating_sub(failed), failed: failed + untried })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_tried_has_failed() {
        let report = |tested: u64, failures: u64| {
            json!({
                "operations": { "selected": 5, "tested": tested, "errored": 0 },
                "test_cases": { "generated": 100, "unique_failures": failures, "errored": 0 },
            })
        };
        assert_eq!(counts(&report(5, 0)).ok(), Some(Counts { passed: 100, failed: 0 }));
        assert_eq!(counts(&report(4, 2)).ok(), Some(Counts { passed: 98, failed: 3 }));
        assert!(counts(&json!({})).is_err());
    }
}
