//! The tables at the end of a simulation.

use comfy_table::{CellAlignment, Table, presets};
use matchport_testkit::measure::Sample;

use super::Options;
use super::faults::FaultKind;
use super::tally::Tally;
use crate::judge::Kind;
use crate::transitions;

/// Prints the tables. How many transitions were never taken, or are not known, when that counts.
pub(crate) fn print(tally: &Tally, options: &Options, cost: &Sample, all_transitions: bool) -> usize {
    let (took, cpu) = (cost.time, cost.process_cpu);
    // Of processor time, which is what one core of a machine without other work gives.
    let per_second = tally.allocations as f64 / cpu.as_secs_f64();
    let settled = format!("{:.1} s", tally.worst_settle_ms as f64 / 1e3);
    println!("{}", pairs("faults", tally.faults.iter().zip(FaultKind::NAMES).map(|(n, name)| (name, number(*n)))));
    let disturbances = [
        ("cancels", tally.cancels),
        ("shutdowns", tally.shutdowns),
        ("deaths of a process", tally.deaths),
        ("tickets resumed", tally.resumes),
        ("clock jumps", tally.jumps),
        ("bursts of 420", tally.bursts),
        ("locations that vanished", tally.vanished),
    ];
    println!("\n{}", pairs("disturbances", disturbances.into_iter().map(|(name, n)| (name, number(n)))));
    let taken: std::collections::BTreeMap<_, _> = tally.taken.iter().copied().collect();
    let transitions = taken.iter().map(|((from, to), times)| (format!("{from} -> {to}"), number(*times)));
    println!("\n{}", pairs("transitions", transitions));
    let states: std::collections::BTreeSet<_> = taken.keys().flat_map(|(from, to)| [from, to]).collect();
    let never = transitions::ALL.iter().filter(|pair| !taken.contains_key(*pair)).count();
    let unknown: Vec<_> = taken.keys().filter(|pair| !transitions::ALL.contains(pair)).collect();
    if never > 0 {
        let names: Vec<_> = transitions::ALL.iter().filter(|pair| !taken.contains_key(*pair)).collect();
        println!("never taken: {names:?}");
    }
    if !unknown.is_empty() {
        println!("taken, and not in the table of the machine: {unknown:?}");
    }
    let count = |kind| tally.breaches.get(&kind).copied().unwrap_or_default();
    let rules: u64 = tally.breaches.iter().filter(|(kind, _)| matches!(kind, Kind::Rule(_))).map(|(_, n)| n).sum();
    let faults = tally.faults.iter().sum();
    let sums = [
        ("worlds", number(tally.worlds)),
        ("allocations", number(tally.allocations)),
        ("requests", number(tally.requests)),
        ("faults", number(faults)),
        ("states reached", format!("{} of {}", states.len(), transitions::states())),
        ("transitions taken", format!("{} of {}", transitions::ALL.len() - never, transitions::ALL.len())),
        ("ended unsettled, settled by ticket", number(tally.unsettled)),
        ("worst time to settle", settled),
        ("time", format!("{:.1} s on {} threads", took.as_secs_f64(), options.threads)),
        ("processor time", format!("{:.1} s", cpu.as_secs_f64())),
        ("allocations a second of processor time", number(per_second as u64)),
        ("orphans", number(count(Kind::Orphan))),
        ("doubles", number(count(Kind::Double))),
        ("lost events", number(count(Kind::LostEvent))),
        ("requests after the end", number(count(Kind::AfterTheEnd))),
        ("broken rules", number(rules)),
    ];
    println!("\n{}", pairs("simulation", sums));
    if all_transitions { never + unknown.len() } else { unknown.len() }
}

/// Two columns.
pub(crate) fn pairs<N: Into<String>>(title: &str, lines: impl IntoIterator<Item = (N, String)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([title, ""]);
    for (name, value) in lines {
        table.add_row([name.into(), value]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A number with its thousands apart.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(super::number(number), text);
        }
    }
}
