//! `cargo xtask bench`: runs the bench targets of all crates, one after the other, collects the lines that they print
//! and judges each ratio by its limit. What is measured, and how, is the benches' own (`matchport_testkit::measure`).

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::browser;
use crate::process::{self, Workspace};

/// Runs the benches, prints the table, or JSON with `as_json`. Fails when a limit is missed, when a bench breaks or
/// measures nothing, and when there is nothing to run.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>, quick: bool, as_json: bool) -> Result<()> {
    let all = targets(&metadata(workspace)?);
    let (targets, name_filter) = choose(&all, filter);
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    for target in targets {
        match run_one(workspace, target, name_filter, quick) {
            Ok(more) if more.is_empty() && name_filter.is_none() => problems.push(format!("{target} measured nothing")),
            Ok(more) => lines.extend(more),
            Err(error) => problems.push(format!("{target}: {error:#}")),
        }
    }
    if as_json {
        println!("{:#}", document(&lines, &problems, quick));
        eprintln!("\n{}", table(&lines).trim_fmt());
    } else {
        println!("\n{}", table(&lines).trim_fmt());
    }
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    let missed = lines.iter().filter(|line| !line.is_met()).count();
    match (lines.len(), missed, problems.len()) {
        (0, _, 0) => {
            bail!("nothing to measure: no bench target and no measurement has {:?} in its name", filter.unwrap_or(""))
        }
        (_, 0, 0) => Ok(()),
        (all, missed, broken) => bail!("{missed} of {all} limits missed, {broken} benches broken"),
    }
}

/// A bench target of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    package: String,
    name: String,
}

/// What a bench prints about one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    bench: String,
    name: String,
    ratio: f64,
    limit: f64,
    better: Better,
    samples: u64,
    #[serde(default)]
    detail: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Better {
    Higher,
    Lower,
}

impl Line {
    fn is_met(&self) -> bool {
        match self.better {
            Better::Higher => self.ratio >= self.limit,
            Better::Lower => self.ratio <= self.limit,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "bench {} of {}", self.name, self.package)
    }
}

fn metadata(workspace: &Workspace) -> Result<Value> {
    let metadata = process::capture(&mut workspace.cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&metadata).context("cannot read what `cargo metadata` printed")
}

/// The bench targets in the output of `cargo metadata`.
fn targets(metadata: &Value) -> Vec<Target> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_package = |package: Value| {
        let benches =
            list(&package["targets"]).into_iter().filter(move |target| list(&target["kind"]).contains(&json!("bench")));
        let package = text(&package["name"]);
        benches.map(move |target| Target { package: package.clone(), name: text(&target["name"]) })
    };
    list(&metadata["packages"]).into_iter().flat_map(of_package).collect()
}

/// The targets to run and what the names of measurements have to contain: a filter that fits targets chooses those and
/// all that they measure; one that fits none is meant for measurements.
fn choose<'a>(all: &'a [Target], filter: Option<&'a str>) -> (Vec<&'a Target>, Option<&'a str>) {
    let Some(filter) = filter else { return (all.iter().collect(), None) };
    let fitting: Vec<_> =
        all.iter().filter(|target| target.name.contains(filter) || target.package.contains(filter)).collect();
    if fitting.is_empty() { (all.iter().collect(), Some(filter)) } else { (fitting, None) }
}

fn run_one(workspace: &Workspace, target: &Target, name_filter: Option<&str>, quick: bool) -> Result<Vec<Line>> {
    // Its page is opened in a browser.
    if target.name == "dashboard" {
        browser::prepare(workspace, true)?;
    }
    let mut command = workspace.cargo(["bench", "--package", &target.package, "--bench", &target.name]);
    command.env("MATCHPORT_BENCH_QUICK", if quick { "1" } else { "" });
    match name_filter {
        Some(filter) => command.env("MATCHPORT_BENCH_FILTER", filter),
        None => command.env_remove("MATCHPORT_BENCH_FILTER"),
    };
    process::announce(&command);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let stdout = child.stdout.take().context("cargo has no stdout")?;
    let mut lines = Vec::new();
    let mut unreadable = None;
    for text in BufReader::new(stdout).lines() {
        match parse(&text.context("cannot read its output")?) {
            Parsed::Line(line) => lines.push(*line),
            Parsed::Text(text) => eprintln!("{text}"),
            Parsed::Unreadable(error) => unreadable = Some(error),
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() {
        bail!("ended with an error ({status}); its output is above");
    }
    if let Some(error) = unreadable {
        bail!(error);
    }
    lines.retain(|line| name_filter.is_none_or(|filter| line.name.contains(filter)));
    Ok(lines)
}

enum Parsed {
    Line(Box<Line>),
    /// Something for people.
    Text(String),
    Unreadable(String),
}

/// A line that begins like an object has to be a measurement: one that is dropped would be a limit that nobody checks.
fn parse(text: &str) -> Parsed {
    if !text.starts_with('{') {
        return Parsed::Text(text.to_owned());
    }
    match serde_json::from_str(text) {
        Ok(line) => Parsed::Line(Box::new(line)),
        Err(error) => Parsed::Unreadable(format!("printed a line that is no measurement ({error}): {text}")),
    }
}

fn document(lines: &[Line], problems: &[String], quick: bool) -> Value {
    let results = lines.iter().map(|line| {
        let mut result = json!(line);
        result["verdict"] = json!(verdict(line));
        result
    });
    let passed = problems.is_empty() && !lines.is_empty() && lines.iter().all(Line::is_met);
    json!({ "quick": quick, "passed": passed, "results": results.collect::<Vec<_>>(), "problems": problems })
}

fn verdict(line: &Line) -> &'static str {
    if line.is_met() { "met" } else { "missed" }
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["bench", "measurement", "ratio", "limit", "samples", "verdict"]);
    for line in lines {
        let limit = match line.better {
            Better::Higher => format!("at least {:.2}", line.limit),
            Better::Lower => format!("at most {:.2}", line.limit),
        };
        let (ratio, samples) = (format!("{:.3}", line.ratio), line.samples.to_string());
        table.add_row([&line.bench, &line.name, &ratio, &limit, &samples, verdict(line)]);
    }
    for column in [2, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        match parse(text) {
            Parsed::Line(line) => *line,
            Parsed::Text(text) | Parsed::Unreadable(text) => panic!("{text}"),
        }
    }

    fn measured(better: &str, ratio: &str) -> Line {
        line(&format!(
            r#"{{"bench":"emulator","name":"start","ratio":{ratio},"limit":0.9,"better":"{better}","samples":31,"detail":{{"rate":12000}}}}"#
        ))
    }

    #[test]
    fn a_ratio_is_judged_on_the_right_side_and_its_limit_is_allowed() {
        assert!(measured("higher", "0.97").is_met());
        assert!(measured("higher", "0.9").is_met());
        assert!(!measured("higher", "0.89").is_met());
        assert!(measured("lower", "0.89").is_met());
        assert!(measured("lower", "0.9").is_met());
        assert!(!measured("lower", "0.91").is_met());
    }

    #[test]
    fn no_measurement_gets_lost() {
        assert!(matches!(parse("12,000 requests per second"), Parsed::Text(_)));
        assert!(matches!(parse(""), Parsed::Text(_)));
        for broken in [
            r#"{"bench":"emulator","name":"start","ratio":null,"limit":0.9,"better":"higher","samples":31,"detail":{}}"#,
            r#"{"bench":"emulator","name":"start","ratio":1,"limit":0.9,"better":"faster","samples":31}"#,
            r#"{"bench":"emulator"#,
        ] {
            assert!(matches!(parse(broken), Parsed::Unreadable(_)), "{broken}");
        }
    }

    #[test]
    fn the_document_says_each_verdict_and_the_whole() {
        let lines = [measured("higher", "0.97"), measured("lower", "0.97")];
        let good = document(&lines[..1], &[], true);
        assert_eq!(good["passed"], json!(true));
        assert_eq!(good["results"][0]["detail"]["rate"], json!(12000));
        let bad = document(&lines, &[], true);
        assert_eq!((&bad["passed"], &bad["results"][1]["verdict"]), (&json!(false), &json!("missed")));
        assert_eq!(document(&lines[..1], &["broken".to_owned()], false)["passed"], json!(false));
        assert_eq!(document(&[], &[], false)["passed"], json!(false));
    }

    #[test]
    fn bench_targets_are_found_in_cargo_metadata() {
        let metadata = json!({ "packages": [
            { "name": "matchport-core", "targets": [
                { "name": "matchport_core", "kind": ["lib"] },
                { "name": "placement", "kind": ["bench"] },
                { "name": "engine", "kind": ["bench"] },
            ] },
            { "name": "xtask", "targets": [{ "name": "xtask", "kind": ["bin"] }] },
        ] });
        let found = targets(&metadata);
        assert_eq!(found.iter().map(|target| target.name.as_str()).collect::<Vec<_>>(), ["placement", "engine"]);
        assert_eq!(found[0].package, "matchport-core");
        assert_eq!(targets(&json!({})), []);
    }

    #[test]
    fn a_filter_fits_targets_first_and_measurements_otherwise() {
        let target = |package: &str, name: &str| Target { package: package.to_owned(), name: name.to_owned() };
        let all = [
            target("matchport-core", "placement"),
            target("matchport-core", "engine"),
            target("matchport", "allocate"),
        ];
        assert_eq!(choose(&all, None), (all.iter().collect(), None));
        assert_eq!(choose(&all, Some("engine")), (vec![&all[1]], None));
        assert_eq!(choose(&all, Some("core")), (vec![&all[0], &all[1]], None));
        assert_eq!(choose(&all, Some("64 in flight")), (all.iter().collect(), Some("64 in flight")));
    }
}
