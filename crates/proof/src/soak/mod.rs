//! The emulator under load: many sessions with a process each, clients that come and go while things go wrong, SIGKILL at
//! random moments, and clients that behave badly. Each part has a file of its own and gives lines for the table.

mod bad_clients;
mod clients;
mod crowd;
mod emulator;
mod kills;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::table;

/// How much of everything.
pub(crate) struct Plan {
    pub(crate) matchport: PathBuf,
    pub(crate) seconds: u64,
    pub(crate) sessions: usize,
    pub(crate) kills: u32,
    pub(crate) idle: usize,
}

/// A line of the table: what was looked at, what came of it, and whether that is right.
struct Line {
    what: String,
    found: String,
    limit: String,
    is_right: bool,
}

impl Line {
    /// A count that must be zero.
    fn zero(what: impl Into<String>, count: usize) -> Self {
        Self { what: what.into(), found: count.to_string(), limit: "0".into(), is_right: count == 0 }
    }

    /// A figure that is only told.
    fn told(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), found: found.into(), limit: String::new(), is_right: true }
    }

    /// Something that must not be more than a limit.
    fn at_most(what: impl Into<String>, found: f64, limit: f64, unit: &str) -> Self {
        let text = |number: f64| format!("{number:.2}{unit}");
        Self { what: what.into(), found: text(found), limit: text(limit), is_right: found <= limit }
    }
}

/// Runs all parts; `true` when nothing was violated.
pub(crate) async fn run(plan: &Plan) -> Result<bool> {
    emulator::allow_many_files().context("the limit of open files can't be raised")?;
    let mut lines = Vec::new();
    eprintln!("{} sessions at once, then 64 clients for {} s ...", plan.sessions, plan.seconds);
    let emulator = emulator::Running::start(&plan.matchport, emulator::PROCESSES).await?;
    // Once to get warm: what is allocated then is kept, by every allocator.
    let warm_up = crowd::run(&emulator, plan.sessions).await?;
    let before = emulator.resident_mib()?;
    lines.extend(warm_up);
    lines.extend(clients::run(&emulator, plan.seconds).await?);
    lines.extend(crowd::settle(&emulator, "after the load").await?);
    let after = emulator.resident_mib()?;
    lines.push(Line::told("memory of the emulator before the load", format!("{before:.1} MiB")));
    lines.push(Line::at_most("memory of the emulator after the load", after, before * 1.2 + 8.0, " MiB"));
    emulator.end().await?;
    eprintln!("{} kills ...", plan.kills);
    lines.extend(kills::run(&plan.matchport, plan.kills).await?);
    eprintln!("bad clients ...");
    lines.extend(bad_clients::run(&plan.matchport, plan.idle).await?);

    let is_clean = lines.iter().all(|line| line.is_right);
    let verdict = |line: &Line| if line.is_right { "" } else { "VIOLATED" }.to_owned();
    let rows = lines.iter().map(|line| vec![line.what.clone(), line.found.clone(), line.limit.clone(), verdict(line)]);
    table::print(&["what", "found", "at most", ""], rows);
    println!("\n{}", if is_clean { "every limit was kept" } else { "VIOLATED: a limit was not kept" });
    Ok(is_clean)
}
