//! Shutting a client down.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::time::Duration;

use common::{World, allocation};
use matchport::{ErrorCode, Outcome};
use matchport_testkit::Fault;
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn with_nothing_under_way_it_ends_at_once_and_refuses_from_then_on() {
    let world = World::new();
    let client = world.client();
    let began = Instant::now();
    assert_eq!(client.shutdown(Duration::from_secs(5)).await, []);
    assert_eq!(began.elapsed(), Duration::ZERO);
    let failure = allocation(&client.clone()).await.unwrap_err();
    assert_eq!((failure.error.code, failure.error.outcome), (ErrorCode::ShutDown, Outcome::NotSent));
    assert_eq!(client.locations("game").await.unwrap_err().code, ErrorCode::ShutDown);
    assert_eq!(client.shutdown(Duration::from_secs(5)).await, [], "again is fine");
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_settled() {
    let world = World::new();
    world.state().service.boot_ms = 60_000;
    let client = world.client();
    let waiting = tokio::spawn(client.allocate("game").into_future());
    let reading = tokio::spawn({
        let client = client.clone();
        async move { client.logs(&"x".parse_id()).next_line().await }
    });
    world.until_sent("POST").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.shutdown(Duration::from_secs(30)).await, []);
    let failure = waiting.await.unwrap().unwrap_err();
    assert_eq!((failure.error.code, failure.ticket.is_none()), (ErrorCode::ShutDown, true));
    assert_eq!(world.alive(), 0);
    assert!(reading.await.unwrap().is_some_and(|line| line.is_err()));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_settled_in_time_comes_back_as_tickets() {
    // Starts land, and nothing is ever heard again.
    let world = World::new().faults(|line, _| match line {
        "POST /session" => Fault::Silence { arrives: Some(1) },
        _ => Fault::Silence { arrives: None },
    });
    let (client, mut settled) = world.client_and_settled();
    let foreground = tokio::spawn(allocation(&client).into_future());
    assert!(timeout(Duration::from_secs(1), allocation(&client)).await.is_err(), "one in the background");
    let mut forgotten = Box::pin(allocation(&client).into_future());
    assert!(futures_util::poll!(&mut forgotten).is_pending(), "one that nobody polls any more");
    tokio::time::sleep(Duration::from_secs(1)).await;

    let began = Instant::now();
    let tickets = client.shutdown(Duration::from_secs(4)).await;
    assert_eq!(began.elapsed().as_secs(), 4);
    assert_eq!(tickets.len(), 3);
    assert_eq!(world.alive(), 3);
    let failure = foreground.await.unwrap().unwrap_err();
    let held = [*failure.ticket.unwrap(), *forgotten.await.unwrap_err().ticket.unwrap()];
    let reported = settled.try_recv().unwrap().unsettled_ticket().unwrap().clone();
    assert!(held.iter().chain([&reported]).all(|ticket| tickets.iter().any(|it| it.session() == ticket.session())));

    // Another client finishes the work.
    let world = world.faults(|_, _| Fault::PROMPT);
    let other = world.client();
    for ticket in tickets {
        let failure = other.resume(ticket).settle().await.unwrap_err();
        assert!(failure.ticket.is_none());
    }
    assert_eq!(world.alive(), 0);
}

trait ParseId {
    fn parse_id(&self) -> matchport::SessionId;
}

impl ParseId for str {
    fn parse_id(&self) -> matchport::SessionId {
        matchport::SessionId::new(self).unwrap()
    }
}
