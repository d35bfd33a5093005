//! The simulation: many worlds, each with some allocations in one engine, drawn from a seed. What happens in one
//! stands in `play`, what may happen to a request in `faults`, what a world is asked to do in `plan`.

mod element;
mod faults;
mod plan;
mod play;
mod shrink;
mod table;
mod tally;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use clap::Args;
use matchport_core::allocation::AllocateRequest;
use matchport_core::engine::EngineConfig;
use matchport_core::environment::Environment;
use matchport_core::secret::Token;
use matchport_testkit::measure;

pub(crate) use self::shrink::name;
pub(crate) use self::table::number;

use self::element::Element;
use self::play::{Cast, Played, Stage};
use self::tally::Tally;
use crate::judge::{Breach, Kind};

/// How many allocations a world has, about.
const ALLOCATIONS_A_WORLD: u64 = 16;
/// Worlds that a thread takes at once.
const WORLDS_AT_ONCE: u64 = 64;
/// From so many allocations on, each transition must have been taken.
const ENOUGH_FOR_ALL_TRANSITIONS: u64 = 400_000;

/// What to simulate.
#[derive(Args, Debug)]
pub struct Options {
    /// How many allocations, at least
    #[arg(long, default_value_t = 1_000_000)]
    pub allocations: u64,
    /// The seed; the same one gives the same worlds
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads; the result does not depend on it
    #[arg(long, default_value_t = 1)]
    pub threads: u16,
    /// Play this one world, and tell what happens in it
    #[arg(long)]
    pub world: Option<u64>,
    /// With --world: play only these elements of it
    #[arg(long, value_delimiter = ',', requires = "world")]
    pub only: Vec<String>,
}

/// Simulates, prints the table, and says whether all is well.
///
/// # Errors
/// Options that make no sense.
pub fn run(options: &Options) -> Result<bool> {
    let stage = Stage::new();
    if let Some(world) = options.world {
        return one(&stage, options.seed, world, &options.only);
    }
    if options.threads == 0 {
        bail!("--threads must be at least 1");
    }
    let mut tally = Tally::default();
    let cost = measure::sample(&mut || tally = all(&stage, options));
    let missing = table::print(&tally, options, &cost, options.allocations >= ENOUGH_FOR_ALL_TRANSITIONS);
    if let Some(world) = tally.failing.first() {
        shrink::report(&stage, options.seed, *world);
    }
    Ok(tally.breaches.is_empty() && missing == 0)
}

impl Stage {
    fn new() -> Self {
        let token = Token::new("token-of-the-simulation").expect("a token of visible ASCII");
        let config = EngineConfig::new(Environment::Sandbox, token);
        Self { config, usual: AllocateRequest::new("game") }
    }
}

fn all(stage: &Stage, options: &Options) -> Tally {
    let mut tally = Tally::default();
    let mut worlds = 0;
    while tally.allocations < options.allocations && tally.breaches.is_empty() {
        let more = (options.allocations - tally.allocations) / ALLOCATIONS_A_WORLD + 1;
        batch(stage, options, worlds..worlds + more, &mut tally);
        worlds += more;
    }
    tally
}

/// Plays worlds on all threads.
fn batch(stage: &Stage, options: &Options, worlds: std::ops::Range<u64>, tally: &mut Tally) {
    let next = AtomicU64::new(worlds.start);
    let work = || {
        let mut sum = Tally::default();
        loop {
            let first = next.fetch_add(WORLDS_AT_ONCE, Ordering::Relaxed);
            if first >= worlds.end {
                return sum;
            }
            for world in first..(first + WORLDS_AT_ONCE).min(worlds.end) {
                let played = play_safely(stage, seed_of(options.seed, world), &Cast::All, false, &mut sum);
                if !played.breaches.is_empty() {
                    sum.failing_world(world, played.breaches.iter().map(|breach| breach.kind));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..options.threads).map(|_| scope.spawn(work)).collect();
        tally.add(&work());
        for thread in threads {
            tally.add(&thread.join().expect("worlds are played behind catch_unwind"));
        }
    });
}

fn seed_of(seed: u64, world: u64) -> u64 {
    plan::mix(seed, world)
}

/// A panic of the engine is a breach like any other: nobody hears how its operations end.
fn play_safely(stage: &Stage, seed: u64, cast: &Cast<'_>, tell: bool, tally: &mut Tally) -> Played {
    catch_unwind(AssertUnwindSafe(|| play::play(stage, seed, cast, tell, tally))).unwrap_or_else(|_| {
        let breach = Breach { kind: Kind::LostEvent, what: "a panic; its message is above".to_owned() };
        Played { breaches: vec![breach], met: Vec::new(), story: Vec::new() }
    })
}

/// Plays one world and tells its story.
fn one(stage: &Stage, seed: u64, world: u64, only: &[String]) -> Result<bool> {
    let only: Result<HashSet<Element>, String> = only.iter().map(|name| name.parse()).collect();
    let only = only.map_err(anyhow::Error::msg).context("--only")?;
    let cast = if only.is_empty() { Cast::All } else { Cast::Only(&only) };
    let played = play_safely(stage, seed_of(seed, world), &cast, true, &mut Tally::default());
    played.story.iter().for_each(|line| println!("{line}"));
    for Breach { kind, what } in &played.breaches {
        println!("{kind:?}: {what}");
    }
    if played.breaches.is_empty() {
        println!("no breach in this world");
    }
    Ok(played.breaches.is_empty())
}
