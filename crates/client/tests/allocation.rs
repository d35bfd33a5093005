//! Allocations on paused time: what the client owes to the caller on the way.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{EU, US, World, allocation};
use matchport::{
    AllocateRequest, Client, ErrorCode, Outcome, Phase, Progress, SessionId, StartSession, Ticket, Ttl, WaitFor,
    WhenFull,
};
use matchport_testkit::Fault;
use matchport_testkit::service::TtlStrictness;
use serde_json::json;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn the_ticket_is_kept_before_the_first_byte_leaves() {
    let world = World::new();
    let client = world.client();
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&order);
    let seen = world.clone();
    let allocated = allocation(&client)
        .on_ticket(move |ticket| {
            let (noted, seen) = (Arc::clone(&noted), seen.clone());
            async move {
                sleep(Duration::from_secs(5)).await;
                noted.lock().unwrap().push((ticket.session().clone(), seen.sent().len()));
                Ok(())
            }
        })
        .await
        .unwrap();
    assert_eq!(*order.lock().unwrap(), [(allocated.id, 0)]);
    assert_eq!(world.sent(), ["POST /session"]);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_cannot_be_kept_stops_the_start() {
    let world = World::new();
    let client = world.client();
    let failure = allocation(&client)
        .on_ticket(|_| async {
            sleep(Duration::from_secs(1)).await;
            Err("the disk is full".into())
        })
        .await
        .unwrap_err();
    assert_eq!((failure.error.code, failure.error.outcome), (ErrorCode::TicketNotKept, Outcome::NotSent));
    assert!(failure.error.message.ends_with("the disk is full"), "{failure}");
    assert!(failure.ticket.is_none());
    assert_eq!(world.sent(), Vec::<String>::new());
    // The client goes on as if nothing had been.
    allocation(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_later_ticket_that_cannot_be_kept_stops_what_was_started() {
    // The start's answer is lost and does not turn up; the place is full by then, so that a second location is tried.
    let world = World::new().script([Fault::RequestLost { known: 5 }]);
    world.state().service.capacity.insert(EU.into(), 0);
    let client = world.client();
    let mut tickets = 0;
    let failure = client
        .allocate("game")
        .locations([EU, US])
        .on_ticket(|_| {
            tickets += 1;
            let result = if tickets == 1 { Ok(()) } else { Err("no room for a second".into()) };
            async move { result }
        })
        .await
        .unwrap_err();
    assert_eq!(failure.error.code, ErrorCode::TicketNotKept);
    assert!(failure.ticket.is_none(), "it is known that nothing is left");
    assert!(world.sent().iter().all(|line| !line.contains("POST") || tickets >= 1));
    assert_eq!(world.alive(), 0);
    let starts = world.state().bodies.iter().flatten().filter(|body| body["location"] == US).count();
    assert_eq!(starts, 0, "nothing was sent to the second location");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_up_and_adopted() {
    let world = World::new().script([Fault::ReplyLost { arrives: 1, known: 5 }]);
    let client = world.client();
    let allocated = allocation(&client).await.unwrap();
    assert!(allocated.report.adopted);
    assert_eq!(world.sent(), ["POST /session".to_owned(), format!("GET /session/{}", allocated.id)]);
    assert_eq!(world.alive(), 1);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_the_attempt_s_own_deadline() {
    let world = World::new().script([Fault::Silence { arrives: Some(3) }]);
    let began = Instant::now();
    let allocated = allocation(&world.client()).await.unwrap();
    assert!(allocated.report.adopted);
    assert!((10_000..10_100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_full_location_sends_it_to_the_next_and_progress_tells() {
    let world = World::new();
    world.state().service.capacity.insert(EU.into(), 0);
    world.state().service.boot_ms = 2_500;
    let mut steps = Vec::new();
    let allocated =
        world.client().allocate("game").locations([EU, US]).on_progress(|step| steps.push(step)).await.unwrap();
    assert_eq!(allocated.location, US);
    assert!(matches!(&steps[0], Progress::Starting { location, attempt: 1 } if location == EU), "{steps:?}");
    assert!(matches!(&steps[1], Progress::LocationRefused { location, .. } if location == EU), "{steps:?}");
    assert!(matches!(&steps[2], Progress::Starting { location, attempt: 2 } if location == US), "{steps:?}");
    assert!(matches!(steps.last(), Some(Progress::WaitingUntilRunning { .. })), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn every_field_goes_over_the_wire() {
    let world = World::new();
    world.state().service.capacity.insert("x".into(), 1);
    let allocated = world
        .client()
        .allocate("game")
        .player("ada", [("x", 20.0), (EU, 90.0)])
        .player("bo", [("x", [30.0, 31.0]), (EU, [80.0, 81.0])])
        .locations([EU, "x"])
        .max_latency(60.0)
        .match_id("m-1")
        .env("MAP", "dust2")
        .envs([("MODE", "ranked")])
        .arg("--a")
        .args(["--b"])
        .label("k", "v")
        .labels([("l", "w")])
        .version("1.2")
        .ttl(Ttl::from_seconds(120).unwrap())
        .restart(true)
        .external_id("mine")
        .wait_for(WaitFor::Allocated)
        .await
        .unwrap();
    let id = SessionId::from_match("m-1").unwrap();
    assert_eq!(allocated.id, id);
    let body = world.state().bodies[0].clone().unwrap();
    let expected = json!({
        "image": "game", "location": "x", "id": id, "env": { "MAP": "dust2", "MODE": "ranked" },
        "args": ["--a", "--b"], "restart": true, "labels": { "k": "v", "l": "w" }, "version": "1.2", "ttl": 120,
        "external_id": "mine",
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_request_can_be_handed_over_whole() {
    let world = World::new();
    let request = AllocateRequest { locations: Some(vec![US.into()]), ..AllocateRequest::new("game") };
    let allocated = world.client().allocate("ignored").request(request).no_ttl().await.unwrap();
    assert_eq!(allocated.location, US);
    assert_eq!(world.state().bodies[0].clone().unwrap().get("ttl"), None);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_of_locations_is_not_taken_for_all() {
    let world = World::new();
    let failure = world.client().allocate("game").locations(Vec::<String>::new()).await.unwrap_err();
    assert_eq!((failure.error.code, failure.error.field.as_deref()), (ErrorCode::InvalidInput, Some("locations")));
    assert_eq!(world.sent(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_start_is_in_one_location_and_fails_when_it_is_full() {
    let world = World::new();
    world.state().service.ttl = TtlStrictness::Duration;
    let client = world.client();
    let session = StartSession { location: EU.into(), image: "game".into(), ..StartSession::default() };
    let allocated = client.start(session.clone()).await.unwrap();
    assert_eq!(allocated.location, EU);
    assert_eq!(world.state().bodies.last().unwrap().as_ref().unwrap()["ttl"], "1h", "the form that is taken");

    world.state().service.capacity.insert(EU.into(), 0);
    let failure = client.start(session).await.unwrap_err();
    assert_eq!((failure.error.code, failure.error.outcome), (ErrorCode::NoCapacity, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_resumed_by_another_client() {
    let world = World::new();
    let (keep, mut kept) = tokio::sync::mpsc::unbounded_channel();
    let pending = allocation(&world.client()).env("SECRET", "s3cret").on_ticket(move |ticket| {
        keep.send(ticket.to_json()).unwrap();
        std::future::pending()
    });
    // The process ends before its start: the future is never polled again.
    let mut pending = Box::pin(pending.into_future());
    assert!(futures_util::poll!(&mut pending).is_pending());
    let json = kept.recv().await.unwrap();
    std::mem::forget(pending);
    assert!(!json.contains("s3cret"));

    let other = world.client();
    let ticket = Ticket::from_json(&json).unwrap();
    let failure = other.resume(ticket.clone()).await.unwrap_err();
    assert_eq!(failure.error.field.as_deref(), Some("env"), "{failure}");
    let env = BTreeMap::from([("SECRET", "s3cret")]);
    let allocated = other.resume(ticket.clone()).env(env).deadline(Duration::from_secs(30)).await.unwrap();
    assert_eq!(allocated.id, *ticket.session());

    let mut phases = Vec::new();
    let settled = other.resume(ticket).settle().on_ticket(|ticket| {
        phases.push(ticket.phase());
        async { Err("no matter: it must be stopped".into()) }
    });
    let failure = settled.await.unwrap_err();
    assert!(failure.ticket.is_none(), "nothing is left: {failure}");
    assert_eq!(phases, [Phase::Settling]);
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_capacity_ends_when_a_location_opens() {
    let world = World::new();
    world.state().service.capacity.insert(EU.into(), 0);
    let client = world.client();
    let began = Instant::now();
    let (first, opened) = tokio::join!(allocation(&client).deadline(Duration::from_secs(100)), async {
        sleep(Duration::from_secs(30)).await;
        world.state().service.capacity.insert(EU.into(), 1);
    });
    let () = opened;
    first.unwrap();
    assert!((60_000..61_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());

    let failure = allocation(&client).when_full(WhenFull::Fail).await.unwrap_err();
    assert_eq!(failure.error.code, ErrorCode::NoCapacity);
}

#[tokio::test(start_paused = true)]
async fn very_many_at_once_all_end() {
    let world = World::new().faults(|_, number| match number % 7 {
        0 => Fault::NotSent { known: 3 },
        1 => Fault::ReplyLost { arrives: 2, known: 9 },
        2 => Fault::RequestLost { known: 4 },
        _ => Fault::None { arrives: 5, returns: 11 },
    });
    world.state().service.capacity.insert(EU.into(), 5_000);
    let client = world.client();
    let began: Vec<_> = (0..1_000)
        .map(|_| tokio::spawn(allocation(&client).deadline(Duration::from_secs(600)).into_future()))
        .collect();
    for allocated in began {
        allocated.await.unwrap().unwrap();
    }
    assert_eq!(world.alive(), 1_000);
    assert!(format!("{client:?}").contains("operations: 0"));
}

#[test]
fn outside_of_a_runtime_it_says_what_is_missing() {
    let client = Client::builder().base_url("http://127.0.0.1:1").token("t").build().unwrap();
    let mut future = Box::pin(client.locations("game"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Err(error)) => assert!(error.message.contains("tokio runtime"), "{error}"),
        other => panic!("{other:?}"),
    }
}
