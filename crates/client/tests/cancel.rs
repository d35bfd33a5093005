//! Dropping a future at each stage: what was started is settled in the background and reported.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{EU, World, allocation};
use futures_util::poll;
use matchport::{BackfillRequest, ErrorCode, Outcome, Settled, SettledKind, StartSession};
use matchport_testkit::Fault;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

const LONG: Duration = Duration::from_secs(3600);

/// The one report, once nothing is in the background any more.
async fn only(client: &matchport::Client, settled: &mut UnboundedReceiver<Settled>) -> Settled {
    timeout(LONG, client.settled()).await.expect("the background ends");
    let report = settled.try_recv().expect("it is reported");
    assert!(settled.try_recv().is_err(), "and once");
    report
}

#[tokio::test(start_paused = true)]
async fn before_it_is_polled_there_is_nothing_to_cancel() {
    let world = World::new();
    let (client, mut settled) = world.client_and_settled();
    drop(allocation(&client));
    drop(allocation(&client).into_future());
    client.settled().await;
    assert!(settled.try_recv().is_err());
    assert_eq!(world.sent(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn while_the_ticket_is_being_kept_nothing_is_sent() {
    let world = World::new();
    let (client, mut settled) = world.client_and_settled();
    let mut future = Box::pin(allocation(&client).on_ticket(|_| std::future::pending()).into_future());
    assert!(poll!(&mut future).is_pending());
    drop(future);
    let report = only(&client, &mut settled).await;
    assert!(report.is_settled());
    assert_eq!((report.failure.error.code, report.failure.error.outcome), (ErrorCode::Cancelled, Outcome::NotSent));
    assert_eq!(report.session.as_ref(), report.newest_ticket.as_ref().map(|ticket| ticket.session()));
    assert_eq!(world.sent(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn even_when_the_ticket_took_longer_than_the_start_may() {
    let world = World::new();
    let (client, mut settled) = world.client_and_settled();
    let slow = allocation(&client).on_ticket(|_| async {
        sleep(Duration::from_secs(25)).await;
        Ok(())
    });
    let mut future = Box::pin(slow.into_future());
    assert!(timeout(Duration::from_secs(20), &mut future).await.is_err());
    assert_eq!(world.sent(), Vec::<String>::new());
    // Not dropped: it goes on, and starts exactly one.
    future.await.unwrap();
    assert_eq!(world.alive(), 1);
    assert!(settled.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn while_the_start_is_on_its_way_its_answer_is_awaited_and_the_session_stopped() {
    let world = World::new().script([Fault::None { arrives: 100, returns: 200 }]);
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_millis(50), allocation(&client)).await.is_err());
    assert_eq!(world.alive(), 0, "it has not even arrived");
    let report = only(&client, &mut settled).await;
    assert!(report.is_settled(), "{report:?}");
    assert_eq!(report.kind, SettledKind::Allocation);
    assert_eq!(report.failure.error.outcome, Outcome::Accepted);
    let id = report.session.clone().unwrap();
    assert_eq!(world.sent(), ["POST /session".to_owned(), format!("DELETE /session/{id}")]);
    assert_eq!(world.alive(), 0);
    assert_eq!(world.state().service.sessions.keys().collect::<Vec<_>>(), [id.as_str()]);
    let phase = report.newest_ticket.as_ref().map(|ticket| ticket.phase());
    assert_eq!(phase, Some(matchport::Phase::Settling), "the ticket of the background is there too");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_lands_late_is_stopped_as_well() {
    // Nothing is heard of the start, and it lands after the first stop has found nothing.
    let world = World::new().script([Fault::Silence { arrives: Some(12_000) }]);
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_secs(1), allocation(&client)).await.is_err());
    let report = only(&client, &mut settled).await;
    assert!(report.is_settled(), "{report:?}");
    assert_eq!(world.state().service.sessions.len(), 1, "it did land");
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_it_waits_until_running_the_session_is_stopped() {
    let world = World::new();
    world.state().service.boot_ms = 60_000;
    let (client, mut settled) = world.client_and_settled();
    let waiting = client.allocate("game").location(EU);
    assert!(timeout(Duration::from_secs(3), waiting).await.is_err());
    assert_eq!(world.alive(), 1);
    let report = only(&client, &mut settled).await;
    assert!(report.is_settled());
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_it_waits_for_capacity_or_asks_for_locations_nothing_is_left_to_do() {
    let world = World::new();
    world.state().service.capacity.insert(EU.into(), 0);
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_secs(3), allocation(&client)).await.is_err());
    let report = only(&client, &mut settled).await;
    assert_eq!(report.failure.error.outcome, Outcome::Refused);

    let world = World::new().script([Fault::Silence { arrives: None }]);
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_secs(3), client.allocate("game")).await.is_err());
    let report = only(&client, &mut settled).await;
    assert_eq!(report.failure.error.outcome, Outcome::NotSent);
    assert_eq!(world.sent(), ["GET /available-location/game"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_settled_comes_back_as_a_ticket() {
    let world = World::new().faults(|line, _| match line {
        "POST /session" => Fault::ReplyLost { arrives: 1, known: 2 },
        line if line.starts_with("DELETE") => Fault::gateway_page(503),
        _ => Fault::Silence { arrives: None },
    });
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_millis(500), allocation(&client)).await.is_err());
    let report = only(&client, &mut settled).await;
    assert!(!report.is_settled());
    let ticket = report.unsettled_ticket().expect("a ticket").clone();
    assert_eq!(world.alive(), 1);

    let world = world.faults(|_, _| Fault::PROMPT);
    let failure = client.resume(ticket).settle().await.unwrap_err();
    assert!(failure.ticket.is_none());
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_start_is_settled_like_an_allocation() {
    let world = World::new().script([Fault::None { arrives: 100, returns: 200 }]);
    let (client, mut settled) = world.client_and_settled();
    let session = StartSession { location: EU.into(), image: "game".into(), ..StartSession::default() };
    assert!(timeout(Duration::from_millis(50), client.start(session)).await.is_err());
    assert!(only(&client, &mut settled).await.is_settled());
    assert_eq!((world.alive(), world.state().service.sessions.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_backfill_takes_its_players_out_again() {
    let world = World::new();
    let (client, mut settled) = world.client_and_settled();
    let session = allocation(&client).await.unwrap();
    let world =
        world.faults(
            |line, _| {
                if line.starts_with("PUT") { Fault::None { arrives: 10, returns: 500 } } else { Fault::PROMPT }
            },
        );
    let backfill = client.backfill(BackfillRequest::new("game", 8, vec!["ada".into()]));
    assert!(timeout(Duration::from_millis(100), backfill).await.is_err());
    assert_eq!(world.state().service.sessions[session.id.as_str()].players.len(), 1, "she is in");
    let report = only(&client, &mut settled).await;
    assert_eq!(report.kind, SettledKind::Backfill);
    assert!(world.state().service.sessions[session.id.as_str()].players.is_empty(), "she is out");
}

#[tokio::test(start_paused = true)]
async fn a_read_just_ends() {
    let world = World::new().script([Fault::Silence { arrives: None }]);
    let (client, mut settled) = world.client_and_settled();
    assert!(timeout(Duration::from_secs(1), client.locations("game")).await.is_err());
    assert!(format!("{client:?}").contains("operations: 0"), "{client:?}");
    client.settled().await;
    assert!(settled.try_recv().is_err());
    sleep(LONG).await;
    assert_eq!(world.sent().len(), 1, "nothing is tried again");
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_leaves_nothing_behind() {
    let world = World::new();
    let (client, mut settled) = world.client_and_settled();
    let allocating = tokio::spawn(
        allocation(&client).on_progress(|step| panic!("the caller's own mistake at {step:?}")).into_future(),
    );
    assert!(allocating.await.unwrap_err().is_panic());
    assert!(only(&client, &mut settled).await.is_settled());
    assert_eq!(world.alive(), 0);
    // And the client still works.
    allocation(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_that_panics_does_no_harm() {
    let world = World::new();
    let client = world.builder().on_settled(|_| panic!("the caller's own mistake")).build().unwrap();
    assert!(timeout(Duration::from_millis(1), allocation(&client)).await.is_err());
    timeout(LONG, client.settled()).await.expect("the background ends");
    assert_eq!(world.alive(), 0);
}

#[test]
fn when_the_runtime_has_gone_the_ticket_is_reported() {
    let world = World::new().script([Fault::None { arrives: 1, returns: 2_000 }]);
    let (client, mut settled) = world.client_and_settled();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let started = Arc::new(world.clone());
    let allocating = allocation(&client).into_future();
    runtime.block_on(async move {
        tokio::spawn(allocating);
        started.until_sent("POST").await;
        sleep(Duration::from_millis(10)).await;
    });
    // Takes the task down, whose future is dropped, whose background can't run.
    drop(runtime);
    let report = settled.try_recv().expect("it is reported");
    assert!(!report.is_settled());
    let ticket = report.unsettled_ticket().expect("a ticket").clone();
    assert_eq!(world.alive(), 1);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let failure = runtime.block_on(client.resume(ticket).settle().into_future()).unwrap_err();
    assert!(failure.ticket.is_none(), "{failure}");
    assert_eq!(world.alive(), 0);
}
