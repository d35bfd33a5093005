//! The explanation of an allocation: each location with its cost or why it was left out, each attempt with what became
//! of it.

use matchport_core::allocation::{Action, Allocation, AttemptReport, LocationReport, Report};
use matchport_core::backfill::Backfilled;
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::model::Ports;
use owo_colors::OwoColorize;

use super::{Table, milliseconds, printable};

/// A session that players can join, with the report of how it came.
pub(crate) fn allocation(allocation: &Allocation) -> String {
    let took = milliseconds(allocation.report.took_ms);
    let mut lines = connection(&[
        ("session", printable(allocation.id.as_str()).into_owned()),
        ("location", printable(&allocation.location).into_owned()),
        ("endpoint", endpoint(allocation.endpoint.as_deref(), &allocation.host, &allocation.ports)),
    ]);
    if allocation.report.adopted {
        lines.push_str(&format!("\n{} it was there already, and was adopted", "note     ".dimmed()));
    }
    lines.push_str(&format!(
        "\n{}{took}\n\n{}",
        "took      ".dimmed(),
        report(&allocation.report, Some(&allocation.location))
    ));
    lines
}

/// A session that took the players of a backfill.
pub(crate) fn backfilled(filled: &Backfilled) -> String {
    let mut rows = vec![
        ("session", printable(filled.id.as_str()).into_owned()),
        ("location", printable(&filled.location).into_owned()),
        ("endpoint", endpoint(filled.endpoint.as_deref(), &filled.host, &filled.ports)),
        ("players", filled.count.to_string()),
    ];
    if filled.passed_over > 0 {
        rows.push(("note", format!("{} fuller or vanished sessions were passed over", filled.passed_over)));
    }
    connection(&rows)
}

/// Names and values, one a line.
pub(crate) fn connection(rows: &[(&str, String)]) -> String {
    let lines: Vec<_> = rows.iter().map(|(name, value)| format!("{}{value}", format!("{name:<10}").dimmed())).collect();
    lines.join("\n")
}

/// `host:port`, or the host with all its ports when it is not sure which one is meant.
pub(crate) fn endpoint(endpoint: Option<&str>, host: &str, ports: &Ports) -> String {
    match endpoint {
        Some(endpoint) => printable(endpoint).green().bold().to_string(),
        None => format!("{} {}", printable(host), self::ports(ports)),
    }
}

/// `7777/udp → 27015`, one after the other.
pub(crate) fn ports(ports: &Ports) -> String {
    let ports = ports.iter().map(|port| {
        let protocol = port.protocol.as_str();
        printable(&format!("{}/{protocol} → {}", port.container, port.host)).into_owned()
    });
    ports.collect::<Vec<_>>().join(", ")
}

/// Placement and attempts. `found` is where the session is, if there is one.
pub(crate) fn report(report: &Report, found: Option<&str>) -> String {
    let mut parts = Vec::new();
    if !report.locations.is_empty() {
        parts.push(format!("{}\n{}", "Placement".bold(), placement(report, found).text(2)));
    }
    if !report.attempts.is_empty() {
        parts.push(format!("{}\n{}", "Attempts".bold(), attempts(&report.attempts).text(2)));
    }
    if report.attempts_omitted > 0 {
        parts.push(format!("  and {} more", report.attempts_omitted));
    }
    parts.join("\n\n")
}

/// The locations with what speaks for each and what became of it.
pub(crate) fn placement(report: &Report, found: Option<&str>) -> Table {
    let mut table = Table::new(&["LOCATION", ">COST", ">WORST", ">MEAN", "RESULT"]);
    for location in &report.locations {
        let name = printable(&location.location).into_owned();
        let fate = fate(location, report, found);
        table.row([name, ms(location.cost_ms), ms(location.worst_ms), ms(location.mean_ms), fate]);
    }
    table
}

fn fate(location: &LocationReport, report: &Report, found: Option<&str>) -> String {
    if let Some(reason) = &location.left_out {
        return format!("left out: {}", printable(reason)).yellow().to_string();
    }
    if found == Some(&location.location) {
        let words = if report.adopted { "was running here already" } else { "started here" };
        return words.green().to_string();
    }
    let is_start = |attempt: &&AttemptReport| {
        attempt.action == Action::Start && attempt.location.as_deref() == Some(&location.location)
    };
    let Some(start) = report.attempts.iter().rev().find(is_start) else { return "not tried".dimmed().to_string() };
    let words = match start.code {
        Some(ErrorCode::NoCapacity) => "full".to_owned(),
        Some(ErrorCode::NotFound) => "does not offer it".to_owned(),
        Some(ErrorCode::Conflict) => "the id is in use".to_owned(),
        Some(code) => code.to_string(),
        None => start.outcome.as_str().to_owned(),
    };
    let status = start.status.map(|status| format!(" ({status})")).unwrap_or_default();
    format!("{words}{status}").yellow().to_string()
}

fn attempts(attempts: &[AttemptReport]) -> Table {
    let mut table = Table::new(&[">AT", ">TOOK", "WHAT", "LOCATION", ">STATUS", "OUTCOME", "IDENTIFIER"]);
    for attempt in attempts {
        let what = match &attempt.session_status {
            Some(status) => format!("{}: {}", action(attempt.action), printable(status.as_str())),
            None => action(attempt.action).to_owned(),
        };
        let outcome = match attempt.code {
            Some(code) => format!("{}: {code}", attempt.outcome.as_str()),
            None => attempt.outcome.as_str().to_owned(),
        };
        table.row([
            milliseconds(attempt.at_ms),
            milliseconds(attempt.took_ms),
            what,
            attempt.location.as_deref().map(printable).unwrap_or_default().into_owned(),
            attempt.status.map(|status| status.to_string()).unwrap_or_default(),
            coloured(attempt.outcome, &outcome),
            attempt.identifier.as_deref().map(printable).unwrap_or_default().into_owned(),
        ]);
    }
    table
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Locate => "locations",
        Action::Start => "start",
        Action::Describe => "describe",
        Action::Stop => "stop",
    }
}

fn coloured(outcome: Outcome, text: &str) -> String {
    match outcome {
        Outcome::Accepted => text.green().to_string(),
        Outcome::Refused => text.yellow().to_string(),
        Outcome::NotSent | Outcome::Unknown => text.red().to_string(),
    }
}

fn ms(latency: Option<f32>) -> String {
    latency.map(|ms| format!("{ms:.1}")).unwrap_or_default()
}
