//! Any order of operations keeps the books right: what is alive, where, which ports are taken, who is in what.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Start { id: u8, eu: bool, restart: bool, ttl: Option<u16> },
    Withdraw(u8),
    Run(u8),
    Exit(u8, i32),
    Stop(u8),
    Join(u8, Vec<u8>),
    Leave(Vec<u8>),
    Wait(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = 0..6u8;
    let players =
        || prop::collection::hash_set(0..8u8, 1..4).prop_map(|players| players.into_iter().collect::<Vec<_>>());
    let step = prop_oneof![
        4 => (id.clone(), any::<bool>(), any::<bool>(), prop::option::of(1..60u16))
            .prop_map(|(id, eu, restart, ttl)| Step::Start { id, eu, restart, ttl }),
        1 => id.clone().prop_map(Step::Withdraw),
        2 => id.clone().prop_map(Step::Run),
        3 => (id.clone(), 0..2i32).prop_map(|(id, code)| Step::Exit(id, code)),
        2 => id.clone().prop_map(Step::Stop),
        3 => (id, players()).prop_map(|(id, players)| Step::Join(id, players)),
        1 => players().prop_map(Step::Leave),
        2 => (0..60_000u16).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..60)
}

fn take(world: &mut World, step: Step) {
    let names = |players: Vec<u8>| players.into_iter().map(|player| player.to_string()).collect::<Vec<_>>();
    let facts = |world: &World, id: u8| {
        let session = world.model.sessions.get(id.to_string().as_str());
        session.filter(|session| !session.status.is_ended()).map(|session| Arc::clone(&session.facts))
    };
    match step {
        Step::Start { id, eu, restart, ttl } => {
            let ttl = ttl.map(|ttl| format!(r#","ttl":{ttl}"#)).unwrap_or_default();
            let location = if eu { "eu" } else { "us" };
            let body = format!(r#"{{"image":"demo","location":"{location}","id":"{id}","restart":{restart}{ttl}}}"#);
            let existed = world.status(&id.to_string()).is_some();
            let started = world.start(&body);
            assert!(!(existed && started.is_ok()), "an id was given twice");
        }
        Step::Withdraw(id) => {
            if let Some(facts) = facts(world, id).filter(|facts| world.status(&facts.id) == Some(Status::Created)) {
                world.model.withdraw(&facts);
            }
        }
        Step::Run(id) => {
            if let Some(facts) = facts(world, id) {
                world.model.process_runs(&facts);
            }
        }
        Step::Exit(id, code) => {
            if let Some(facts) = facts(world, id) {
                world.exit(&facts, Exit::Code(code));
            }
        }
        Step::Stop(id) => drop(world.model.stop(&id.to_string(), world.now)),
        Step::Join(id, players) => drop(world.model.join(&id.to_string(), names(players))),
        Step::Leave(players) => drop(world.model.leave(names(players))),
        Step::Wait(millis) => {
            world.now += Millis::from(millis);
            while world.model.due(world.now).is_some() {}
        }
    }
}

/// What must hold between any two operations.
fn check(world: &World) {
    let model = &world.model;
    let alive: Vec<_> = model.sessions.values().filter(|session| !session.status.is_ended()).collect();
    let in_eu = alive.iter().filter(|session| session.facts.location.id == "eu").count();
    assert!(in_eu <= 2, "more sessions than capacity");
    assert!(alive.len() <= 5, "more sessions than the quota");
    let ports: HashSet<u16> = alive.iter().map(|session| session.facts.ports[0].host).collect();
    assert_eq!(ports.len(), alive.len(), "a port was given twice");
    let mut players = HashSet::new();
    for session in model.sessions.values() {
        assert!(session.joined.is_empty() || !session.status.is_ended());
        for player in &session.joined {
            assert!(players.insert(player), "a player is in two sessions");
            assert_eq!(model.whereabouts.get(player), Some(&session.facts.id));
        }
    }
    assert_eq!(players.len(), model.whereabouts.len());
}

proptest! {
    #[test]
    fn the_books_stay_right(steps in steps()) {
        let port_range = PortRange { first: 20_000, last: 20_005 };
        let mut world = World::new(Config { quota: Some(5), retained_sessions: 3, port_range, ..config() });
        for step in steps {
            take(&mut world, step);
            check(&world);
        }
        // When all has ended, there is room for as many as at the beginning.
        let left: Vec<_> = world.model.sessions.values().filter(|session| !session.status.is_ended()).collect();
        let left: Vec<_> = left.into_iter().map(|session| Arc::clone(&session.facts)).collect();
        for facts in left {
            let _ = world.model.stop(&facts.id, world.now);
            world.exit(&facts, Exit::Code(0));
        }
        world.now += 600_000;
        while world.model.due(world.now).is_some() {}
        prop_assert_eq!(world.model.next_due(), None, "something is left on the agenda");
        for number in 0..5 {
            world.started(if number < 2 { "eu" } else { "us" }, &format!("again-{number}"));
        }
    }
}
