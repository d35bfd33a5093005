//! How allocations end and go on: what a failure says of the outcome, what it must not say, and resumes.

mod support;

use matchport_core::allocation::{AllocateRequest, ResumeOptions, Ticket};
use matchport_core::engine::Input;
use matchport_core::error::{ErrorCode, Outcome};
use matchport_testkit::Fault;
use support::*;

// What an error says of the outcome.

#[test]
fn an_unsettled_failure_never_says_refused() {
    let mut world = world();
    script(
        &mut world,
        [
            Fault::ReplyLost { arrives: 1, known: 2 },
            answers(401, r#"{"statusCode":401,"code":"UNAUTHORIZED"}"#),
            answers(401, r#"{"statusCode":401,"code":"UNAUTHORIZED"}"#),
        ],
    );
    let id = allocate(&mut world, request());
    world.run();
    let failed = failure(&world, id);
    assert_eq!((failed.error.code, failed.error.outcome), (ErrorCode::Unauthorized, Outcome::Unknown));
    assert!(failed.ticket.is_some());
}

#[test]
fn nothing_was_sent_when_the_locations_could_not_be_read() {
    let mut world = world();
    script(&mut world, [answers(200, "not json")]);
    let id = allocate(&mut world, AllocateRequest::new("game"));
    world.run();
    let failed = failure(&world, id);
    assert_eq!((failed.error.code, failed.error.outcome), (ErrorCode::UnreadableResponse, Outcome::NotSent));
}

#[test]
fn secrets_that_begin_alike_and_odd_statuses_are_hidden() {
    let mut world = world();
    let mut request = request();
    request.env = [("A", "hunter2"), ("B", "hunter2-and-more")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    world.service.boot_ms = 60_000;
    let id = allocate(&mut world, request);
    world.run_until(500);
    let session = world.service.sessions.values_mut().next().expect("started");
    session.status = format!("odd hunter2-and-more {TOKEN}").into();
    world.run_until(20_000);
    world.with_faults(|_, _| answers(400, r#"{"message":"no hunter2-and-more here"}"#));
    world.run();
    failure(&world, id);
    let everything = format!("{:?}", world.events);
    for secret in ["hunter2", "and-more", TOKEN] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert!(everything.contains("[hidden]"));
}

// Resume.

#[test]
fn a_resumed_allocation_keeps_to_its_latency_cap() {
    use matchport_core::placement::{LatencyCap, PlayerLatencies};
    let mut world = world();
    world.service.capacity.insert(EU.into(), 0);
    let mut request = allocated_only();
    request.players = vec![PlayerLatencies::new("ada").with(EU, 20.0).with(US, 200.0)];
    request.placement.cap = Some(LatencyCap { limit_ms: 100.0, relax_ms_per_second: 10.0, ceiling_ms: None });
    allocate(&mut world, request);
    world.run_until(1_000);
    let ticket = tickets(&world)[0].to_json();
    world.replace_engine(matchport_core::engine::Engine::new(config()).expect("valid"));
    let id = world.next_operation();
    let ticket = Box::new(Ticket::from_json(&ticket).expect("readable"));
    let entropy = matchport_testkit::World::entropy(id);
    world.input(Input::Resume { id, ticket, options: ResumeOptions::default(), entropy });
    world.run();
    assert_eq!(allocation(&world, id).location, US);
    assert!(world.now >= 10_000, "200 ms is within the cap after 10 s, not at {}", world.now);
}

#[test]
fn the_ticket_of_a_large_match_can_be_read() {
    use matchport_core::placement::PlayerLatencies;
    let mut world = world();
    script(&mut world, [Fault::Silence { arrives: None }]);
    let player = |number: u32| {
        let samples = || (0..20).map(|sample| (sample + number) as f32).collect::<Vec<_>>();
        (0..200).fold(PlayerLatencies::new(format!("player-{number}")), |player, location| {
            player.with(format!("location-{location}"), samples())
        })
    };
    let request = AllocateRequest { players: (0..200).map(player).collect(), ..AllocateRequest::new("game") };
    allocate(&mut world, request);
    let json = tickets(&world)[0].to_json();
    assert!(json.len() < 2 * 1024 * 1024, "one figure for each player and location: {}", json.len());
    Ticket::from_json(&json).expect("readable");
}

#[test]
fn a_refused_policy_is_named_as_the_request_calls_it() {
    let mut world = world();
    let mut request = request();
    request.placement.worst_weight = 2.0;
    let id = allocate(&mut world, request);
    assert_eq!(failure(&world, id).error.field.as_deref(), Some("placement.worst_weight"));
    assert!(world.sent.is_empty());
}

#[test]
fn a_resumed_allocation_finds_its_server_or_starts_it() {
    for arrived in [true, false] {
        let mut world = world();
        script(&mut world, [Fault::Silence { arrives: arrived.then_some(1) }]);
        allocate(&mut world, request());
        world.run_until(100);
        let ticket = tickets(&world).last().map(|ticket| ticket.to_json()).expect("a ticket");
        world.replace_engine(matchport_core::engine::Engine::new(config()).expect("valid"));
        world.with_faults(|_, _| Fault::PROMPT);
        let id = world.next_operation();
        let ticket = Box::new(Ticket::from_json(&ticket).expect("readable"));
        let entropy = matchport_testkit::World::entropy(id);
        world.input(Input::Resume { id, ticket, options: ResumeOptions::default(), entropy });
        world.run();
        let found = allocation(&world, id);
        assert_eq!(found.report.adopted, arrived);
        assert_eq!(found.location, EU);
        assert_alive(&world, &[found.id.as_str()]);
    }
}

#[test]
fn a_ticket_from_before_placement_still_knows_the_players() {
    use matchport_core::placement::PlayerLatencies;
    let mut world = world();
    script(&mut world, [Fault::Silence { arrives: None }]);
    let mut request = AllocateRequest::new("game");
    request.players = vec![PlayerLatencies::new("ada").with(EU, 90.0).with(US, 10.0)];
    allocate(&mut world, request);
    let ticket = tickets(&world)[0].to_json();
    world.replace_engine(matchport_core::engine::Engine::new(config()).expect("valid"));
    world.with_faults(|_, _| Fault::PROMPT);
    let id = world.next_operation();
    let ticket = Box::new(Ticket::from_json(&ticket).expect("readable"));
    let entropy = matchport_testkit::World::entropy(id);
    world.input(Input::Resume { id, ticket, options: ResumeOptions::default(), entropy });
    world.run();
    assert_eq!(allocation(&world, id).location, US, "near ada, not first by name");
}

#[test]
fn a_session_under_another_id_is_adopted_under_that_id() {
    let mut world = world();
    let other = r#"{"id":"from-the-pool","host":"10.9.9.9","ports":[{"type":"udp","container":7777,"host":20009}]}"#;
    script(&mut world, [answers(201, other)]);
    let id = allocate(&mut world, allocated_only());
    world.run();
    assert_eq!(allocation(&world, id).id.as_str(), "from-the-pool");
    assert_eq!(allocation(&world, id).report.session.as_str(), "from-the-pool");
}

#[test]
fn a_start_that_was_delivered_twice_is_stopped_when_it_is_given_up() {
    // The proxy hands back the answer to the second delivery, a 409. With a random id that is about our own start.
    let twice = Fault::Duplicated { arrives: 1, again: 2, returns: 3, second_answers: true };
    let given_up = [
        // Cancelled while the start is in flight, and while the conflict is looked up.
        vec![twice.clone()],
        vec![twice, Fault::Silence { arrives: None }],
    ];
    for faults in given_up {
        let mut world = world();
        script(&mut world, faults.clone());
        let id = allocate(&mut world, request());
        world.run_until(if faults.len() == 1 { 0 } else { 10 });
        world.input(Input::Cancel { id });
        world.run();
        assert!(failure(&world, id).ticket.is_none(), "{faults:?}");
        assert_eq!(world.service.sessions.len(), 1, "{faults:?}");
        assert_alive(&world, &[]);
    }
}
