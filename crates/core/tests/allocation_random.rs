//! Allocations under random faults, cancels, deaths and resumes, many thousands of them on virtual time. Whatever
//! happens: no server that nobody knows of, never two for one match, one end for each operation, no request after
//! it. Seeded: a failing seed is printed and fails again.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use matchport_core::allocation::{AllocateRequest, ResumeOptions, Ticket, WaitFor};
use matchport_core::engine::{Completion, Engine, Event, Input, OperationId};
use matchport_core::placement::PlayerLatencies;
use matchport_core::retry::{BudgetLimits, Jitter};
use matchport_testkit::service::TtlStrictness;
use matchport_testkit::{Fault, Reply, Service, World};

/// Worlds in one run; each has several allocations.
const WORLDS: u64 = 6_000;

fn dice(jitter: &mut Jitter, sides: u64) -> u64 {
    jitter.up_to(sides - 1)
}

fn fault(line: &str, jitter: &mut Jitter, trouble: u64) -> Fault {
    if dice(jitter, 100) >= trouble {
        let arrives = dice(jitter, 30);
        return Fault::None { arrives, returns: arrives + dice(jitter, 700) };
    }
    // Late answers reach past the attempt's deadline of 10 s, late starts up to the grace time of 5 s after it.
    let arrives = dice(jitter, 200);
    match dice(jitter, 15) {
        0 => Fault::NotSent { known: arrives },
        1 => Fault::RequestLost { known: arrives },
        2 => Fault::ReplyLost { arrives, known: arrives + dice(jitter, 300) },
        3 => Fault::Silence { arrives: None },
        4 => Fault::Silence { arrives: Some(arrives) },
        5 => Fault::Silence { arrives: Some(10_000 + dice(jitter, 4_000)) },
        6 => Fault::gateway_page(503),
        7 => Fault::gateway_page(404),
        8 => Fault::Replaced { arrives, returns: arrives + 1, reply: Reply::error(500, "INTERNAL_ERROR", "oops") },
        9 => Fault::CutBody { arrives, returns: arrives + 1, permille: dice(jitter, 1000) as u16 },
        10 => Fault::Gateway { returns: 1, reply: Reply::error(429, "TOO_MANY", "slow down") },
        11 => Fault::Duplicated {
            arrives,
            again: arrives + dice(jitter, 2_000),
            returns: arrives + 5,
            second_answers: false,
        },
        12 if line == "POST /session" => {
            Fault::Gateway { returns: 1, reply: Reply::error(420, "CAPACITY_UNAVAILABLE", "full") }
        }
        // Its start is in flight elsewhere, and nobody ever sees it.
        13 if line == "POST /session" => {
            Fault::Gateway { returns: 1, reply: Reply::error(409, "CONFLICT", "id already used") }
        }
        12 | 13 => Fault::None { arrives, returns: 10_000 + dice(jitter, 5_000) },
        _ => Fault::None { arrives, returns: arrives + dice(jitter, 20_000) },
    }
}

fn service(jitter: &mut Jitter) -> Service {
    let mut service = Service::new([support::EU, support::US, "ap-southeast-1"]);
    for free in service.capacity.values_mut() {
        *free = [0, 1, 2, 1000][dice(jitter, 4) as usize];
    }
    service.boot_ms = [0, 0, 100, 3_000, 200_000][dice(jitter, 5) as usize];
    service.ttl = [TtlStrictness::Both, TtlStrictness::Seconds, TtlStrictness::Duration][dice(jitter, 3) as usize];
    service
}

fn request(match_number: u64, jitter: &mut Jitter) -> AllocateRequest {
    let mut request = AllocateRequest::new("game");
    request.match_id = Some(format!("match-{match_number}"));
    request.locations = match dice(jitter, 3) {
        0 => None,
        1 => Some(vec![support::EU.into(), support::US.into()]),
        _ => Some(vec!["ap-southeast-1".into(), "nowhere".into(), support::US.into()]),
    };
    request.players = vec![PlayerLatencies::new("ada").with(support::EU, 20.0).with(support::US, 90.0)];
    request.placement.missing = matchport_core::placement::MissingSample::Assume(60.0);
    request.wait_for = if dice(jitter, 3) == 0 { WaitFor::Allocated } else { WaitFor::Running };
    request.deadline_ms = [5_000, 30_000, 90_000][dice(jitter, 3) as usize];
    request.env.insert("SECRET".into(), "value-of-the-environment".into());
    request.env_in_ticket = true;
    request
}

/// One world, to its end. Returns the transitions that were taken.
fn live(seed: u64) -> Vec<(&'static str, &'static str, u32)> {
    let mut jitter = Jitter::new(seed);
    let mut config = support::config();
    if dice(&mut jitter, 4) == 0 {
        config.retry_budget = BudgetLimits { capacity: 2, per_second: 1 };
    }
    let engine = || Engine::new(config.clone()).expect("valid");
    let mut world = World::new(engine(), service(&mut jitter));
    let trouble = [0, 10, 40, 80][dice(&mut jitter, 4) as usize];
    let mut luck = Jitter::new(seed ^ 0x5eed);
    world.with_faults(move |sent, _| fault(&sent.line, &mut luck, trouble));

    let mut operations = BTreeMap::new();
    let matches = 1 + dice(&mut jitter, 3);
    for number in 0..matches {
        // Two matchmakers may allocate for the same match.
        for _ in 0..1 + dice(&mut jitter, 4) / 3 {
            let id = support::allocate(&mut world, request(number, &mut jitter));
            operations.insert(id, number);
            let pause = dice(&mut jitter, 500);
            world.run_until(world.now + pause);
        }
    }
    match dice(&mut jitter, 5) {
        0 => {
            world.run_until(world.now + dice(&mut jitter, 20_000));
            for id in operations.keys() {
                // One that has ended refuses it.
                let _ = world.offer(Input::Cancel { id: *id });
            }
        }
        1 => {
            world.run_until(world.now + dice(&mut jitter, 20_000));
            world.input(Input::Shutdown { within_ms: dice(&mut jitter, 60_000) });
        }
        2 => {
            // The process dies with everything but its tickets; another resumes each of them.
            world.run_until(world.now + dice(&mut jitter, 20_000));
            let tickets = open_tickets(&world);
            world.replace_engine(engine());
            for (operation, ticket) in tickets {
                let id = world.next_operation();
                let options = ResumeOptions { settle: dice(&mut jitter, 4) == 0, ..ResumeOptions::default() };
                let ticket = Box::new(Ticket::from_json(&ticket.to_json()).expect("readable"));
                world.input(Input::Resume { id, ticket, options, entropy: World::entropy(id) });
                operations.insert(id, operations[&operation]);
            }
        }
        _ => {}
    }
    world.run();
    if std::env::var("MATCHPORT_SEED").is_ok() {
        print_story(&world);
    }
    check(seed, &world, &operations);
    world.engine.transitions()
}

/// For a seed that is looked into: everything that went out and came back.
fn print_story(world: &World) {
    let sent = world.sent.iter().map(|sent| (sent.at, format!("{:?} {}", sent.operation, sent.line)));
    let events = world.events.iter().map(|(at, event)| (*at, format!("{event:?}").chars().take(300).collect()));
    let mut lines: Vec<(u64, String)> = sent.chain(events).collect();
    lines.sort_by_key(|(at, _)| *at);
    lines.iter().for_each(|(at, line)| println!("{at:>7} {line}"));
}

/// The newest ticket of each allocation that is under way.
fn open_tickets(world: &World) -> BTreeMap<OperationId, Ticket> {
    let mut tickets = BTreeMap::new();
    for (_, event) in &world.events {
        if let Event::Ticket { operation, ticket } = event {
            tickets.insert(*operation, (**ticket).clone());
        }
        if event.is_terminal() {
            tickets.remove(&event.operation());
        }
    }
    tickets
}

fn check(seed: u64, world: &World, operations: &BTreeMap<OperationId, u64>) {
    assert_eq!(world.breaches, Vec::<String>::new(), "seed {seed}");
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut ends: BTreeMap<OperationId, u32> = BTreeMap::new();
    for (_, event) in &world.events {
        if event.is_terminal() {
            *ends.entry(event.operation()).or_default() += 1;
        }
        match event {
            Event::Completed { completion: Completion::Allocated(allocation), .. } => {
                known.insert(allocation.id.to_string());
            }
            Event::Failed { failure, .. } => {
                let text = format!("{failure:?} {}", failure.error);
                assert!(!text.contains("value-of-the-env") && !text.contains(support::TOKEN), "seed {seed}: {text}");
                known.extend(failure.ticket.as_ref().map(|ticket| ticket.session().to_string()));
            }
            _ => {}
        }
    }
    for (id, session) in world.service.alive() {
        assert!(known.contains(id), "seed {seed}: orphan {id} {session:?}");
    }
    for (id, starts) in &world.service.starts {
        assert_eq!(*starts, 1, "seed {seed}: {id} was started {starts} times");
    }
    let matches: BTreeSet<_> = operations.values().collect();
    assert!(world.service.sessions.len() <= matches.len(), "seed {seed}: more sessions than matches");
    let lost: Vec<_> = operations.keys().filter(|id| !world.died_with(**id) && ends.get(id) != Some(&1)).collect();
    assert!(lost.is_empty(), "seed {seed}: operations without exactly one end: {lost:?}");
    assert_eq!(world.engine.operations(), 0, "seed {seed}");
}

#[test]
fn nothing_is_left_and_nothing_is_doubled_whatever_fails() {
    let mut taken: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let seeds = match std::env::var("MATCHPORT_SEED") {
        Ok(seed) => vec![seed.parse().expect("MATCHPORT_SEED is a number")],
        Err(_) => (0..WORLDS).collect(),
    };
    let all = seeds.len() > 1;
    for seed in seeds {
        for (from, to, times) in live(seed) {
            *taken.entry((from, to)).or_default() += u64::from(times);
        }
    }
    let never: Vec<_> = TRANSITIONS.iter().filter(|pair| !taken.contains_key(*pair)).collect();
    assert!(!all || never.is_empty(), "transitions that were never taken: {never:?}");
    let unknown: Vec<_> = taken.keys().filter(|pair| !TRANSITIONS.contains(pair)).collect();
    assert!(unknown.is_empty(), "transitions that the table does not have: {unknown:?}");
}

/// Every transition of the machine. One that is never taken, or that is taken and does not stand here, fails.
const TRANSITIONS: &[(&str, &str)] = &[
    ("late_start_pause", "stopping"),
    ("locate_pause", "locating"),
    ("locating", "locate_pause"),
    ("locating", "starting"),
    ("locating", "waiting_for_location"),
    ("look_pause_conflict", "looking_conflict"),
    ("look_pause_conflict", "stopping"),
    ("look_pause_in_doubt", "looking_in_doubt"),
    ("look_pause_in_doubt", "stopping"),
    ("look_pause_readiness", "looking_readiness"),
    ("look_pause_readiness", "stopping"),
    ("looking_conflict", "look_pause_conflict"),
    ("looking_conflict", "look_pause_readiness"),
    ("looking_conflict", "stopping"),
    ("looking_in_doubt", "locating"),
    ("looking_in_doubt", "look_pause_in_doubt"),
    ("looking_in_doubt", "look_pause_readiness"),
    ("looking_in_doubt", "start_pause"),
    ("looking_in_doubt", "stopping"),
    ("looking_readiness", "look_pause_readiness"),
    ("looking_readiness", "stopping"),
    ("new", "locating"),
    ("new", "looking_in_doubt"),
    ("new", "starting"),
    ("new", "stopping"),
    ("new", "waiting_for_location"),
    ("start_pause", "starting"),
    ("start_pause", "stopping"),
    ("starting", "looking_conflict"),
    ("starting", "looking_in_doubt"),
    ("starting", "looking_readiness"),
    ("starting", "start_pause"),
    ("starting", "starting"),
    ("starting", "stopping"),
    ("starting", "waiting_for_location"),
    ("stop_pause", "stopping"),
    ("stopping", "late_start_pause"),
    ("stopping", "stop_pause"),
    ("waiting_for_location", "starting"),
    ("waiting_for_location", "stopping"),
    ("waiting_for_location", "waiting_for_location"),
];
