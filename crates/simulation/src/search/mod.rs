//! The exhaustive search: every order in which things can happen to one and to two allocations, with up to so many
//! faults anywhere, on the real engine. What can happen stands in `moves`, the small worlds in `scenario`.

mod explore;
mod moves;
mod scenario;
mod state;
mod steps;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};

use self::explore::{Found, explore};
use self::moves::Move;
use self::scenario::Scenario;
use self::state::State;
use crate::simulate::{name, number};
use crate::transitions;

/// What to search.
#[derive(Args, Debug)]
pub struct Options {
    /// The most faults in a world with one allocation
    #[arg(long, default_value_t = 4)]
    pub faults: u8,
    /// The most faults in a world with two; as many as with one when not given
    #[arg(long)]
    pub faults_of_two: Option<u8>,
    /// Threads
    #[arg(long, default_value_t = 1)]
    pub threads: u16,
    /// Search this one world
    #[arg(long)]
    pub scenario: Option<usize>,
    /// With --scenario: take these moves alone, each by its place among those that are possible, and tell what happens
    #[arg(long, value_delimiter = ',', requires = "scenario")]
    pub path: Vec<usize>,
}

/// Searches, prints the table, and says whether all is well.
///
/// # Errors
/// Options that make no sense.
pub fn run(options: &Options) -> Result<bool> {
    let scenarios = Scenario::all();
    if options.threads == 0 {
        bail!("--threads must be at least 1");
    }
    if let Some(number) = options.scenario.filter(|number| *number >= scenarios.len()) {
        bail!("--scenario {number}: there are {}, counted from 0", scenarios.len());
    }
    if let (Some(number), false) = (options.scenario, options.path.is_empty()) {
        return tell(&scenarios[number], &options.path);
    }
    let wanted: Vec<_> =
        (0..scenarios.len()).filter(|at| options.scenario.is_none_or(|number| number == *at)).collect();
    let began = Instant::now();
    let results = search(&scenarios, &wanted, options);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["", "world", "faults", "states", "steps", "ends", "deepest", "time"]);
    let mut taken = BTreeSet::new();
    let (mut states, mut steps) = (0, 0);
    for (at, found, seconds) in &results {
        let faults = most_faults(&scenarios[*at], options).to_string();
        let counts = [number(found.states), number(found.steps), number(found.ends), number(found.deepest as u64)];
        let mut row = vec![at.to_string(), scenarios[*at].name.to_owned(), faults];
        row.extend(counts);
        row.push(format!("{seconds:.1} s"));
        table.add_row(row);
        taken.extend(found.taken.iter().copied());
        states += found.states;
        steps += found.steps;
    }
    for column in 2..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{}", table.trim_fmt());
    let known: BTreeSet<_> = transitions::ALL.iter().copied().collect();
    let (never, unknown): (Vec<_>, Vec<_>) = (known.difference(&taken).collect(), taken.difference(&known).collect());
    let failed = results.iter().find_map(|(at, found, _)| Some((*at, found.breach.as_ref()?)));
    println!("\nstates visited     {}", number(states));
    println!("steps taken        {}", number(steps));
    println!("transitions taken  {} of {}", known.len() - never.len(), known.len());
    println!("time               {:.1} s on {} threads", began.elapsed().as_secs_f64(), options.threads);
    if let Some((at, (breach, path))) = failed {
        println!("\nfound: {} in world {at}, {}\n  {}", name(breach.kind), scenarios[at].name, breach.what);
        let places: Vec<_> = places(&scenarios[at], path).iter().map(ToString::to_string).collect();
        println!("play it again:\n  cargo xtask search --scenario {at} --path {}", places.join(","));
        return Ok(false);
    }
    println!("breaches           0");
    if !unknown.is_empty() {
        println!("taken, and not in the table of the machine: {unknown:?}");
    }
    let all = options.scenario.is_none();
    if all && !never.is_empty() {
        println!("never taken: {never:?}");
    }
    Ok(unknown.is_empty() && (!all || never.is_empty()))
}

fn most_faults(scenario: &Scenario, options: &Options) -> u8 {
    if scenario.allocations.len() > 1 { options.faults_of_two.unwrap_or(options.faults) } else { options.faults }
}

/// Each world on the next free thread; when one fails, those not begun are left.
fn search(scenarios: &[Scenario], wanted: &[usize], options: &Options) -> Vec<(usize, Found, f64)> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(at) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let found = explore(&scenarios[*at], most_faults(&scenarios[*at], options));
            if found.breach.is_some() {
                next.store(wanted.len(), Ordering::Relaxed);
            }
            let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            results.push((*at, found, began.elapsed().as_secs_f64()));
        }
    };
    std::thread::scope(|scope| (0..options.threads).for_each(|_| drop(scope.spawn(work))));
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_unstable_by_key(|(at, ..)| *at);
    results
}

/// A path as the places of its moves among those that are possible.
fn places(scenario: &Scenario, path: &[Move]) -> Vec<usize> {
    let mut state = State::new(scenario);
    let mut moves = Vec::new();
    let place = |step: &Move| {
        state.moves(scenario, true, &mut moves);
        let place = moves.iter().position(|possible| possible == step).unwrap_or_default();
        state.take(*step, scenario);
        place
    };
    path.iter().map(place).collect()
}

/// Goes one path and tells what happens.
fn tell(scenario: &Scenario, path: &[usize]) -> Result<bool> {
    let mut state = State::new(scenario);
    state.story = Some(Vec::new());
    let mut moves = Vec::new();
    for (at, place) in path.iter().enumerate() {
        state.moves(scenario, true, &mut moves);
        let step = *moves.get(*place).with_context(|| format!("--path: move {at} is not among {}", moves.len()))?;
        state.take(step, scenario);
    }
    state.moves(scenario, false, &mut moves);
    if moves.is_empty() {
        state.end();
    }
    state.story.iter().flatten().for_each(|line| println!("{line}"));
    for breach in state.breaches() {
        println!("{}: {}", name(breach.kind), breach.what);
    }
    if state.breaches().is_empty() {
        println!("no breach on this path");
    }
    Ok(state.breaches().is_empty())
}
