//! Clients and the runtimes they are used on: several, one after the other, none left busy.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{EU, TOKEN, World, allocation};
use matchport::transport::{BoxFuture, HttpRequest, HttpResponse, Transport, TransportFailure};
use matchport::{Client, ErrorCode, Timing};
use matchport_testkit::Fault;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{Instant, sleep};

fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn building_starts_no_task() {
    let world = World::new();
    let client = world.client();
    assert_eq!(tasks(), 0);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn one_timer_serves_all_and_ends_when_idle() {
    let world = World::new();
    let client = world.client();
    for _ in 0..20 {
        client.locations("game").await.unwrap();
    }
    assert_eq!(tasks(), 1, "the timer, and nothing for each request");
    sleep(Duration::from_secs(31)).await;
    assert_eq!(tasks(), 0, "nothing is under way, so there is nothing to wait for");
    client.locations("game").await.unwrap();
    assert_eq!(tasks(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_client_takes_the_timer_with_it() {
    let world = World::new();
    let client = world.client();
    let clone = client.clone();
    client.locations("game").await.unwrap();
    drop(client);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 1);
    drop(clone);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_client_still_settles_what_was_dropped_before() {
    let world = World::new().script([Fault::Silence { arrives: Some(1) }]);
    let (client, mut settled) = world.client_and_settled();
    assert!(tokio::time::timeout(Duration::from_secs(1), allocation(&client)).await.is_err());
    drop(client);
    let report = settled.recv().await.unwrap();
    assert!(report.is_settled());
    assert_eq!(world.alive(), 0);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 0);
}

#[test]
fn one_runtime_after_the_other() {
    let world = World::new().faults(|line, number| match number {
        // Nothing is heard of the first request of each runtime, so that its timer is needed.
        0 | 2 => Fault::Silence { arrives: None },
        _ if line.is_empty() => Fault::PROMPT,
        _ => Fault::PROMPT,
    });
    let client = world.client();
    paused().block_on(client.locations("game")).unwrap();
    paused().block_on(client.locations("game")).unwrap();
    assert_eq!(world.sent().len(), 4);
}

#[test]
fn a_runtime_that_nobody_drives_any_more_does_not_hold_the_time() {
    let world = World::new().script([Fault::PROMPT, Fault::Silence { arrives: None }]);
    let client = world.client();
    let (first, second) = (paused(), paused());
    first.block_on(client.locations("game")).unwrap();
    // The timer of the first is asleep there for ever; the second has its own.
    second.block_on(client.locations("game")).unwrap();
    assert_eq!(world.sent().len(), 3);
    drop(first);
}

#[test]
fn two_runtimes_at_once() {
    let world = World::new().faults(|_, number| match number % 3 {
        0 => Fault::ReplyLost { arrives: 1, known: 2 },
        _ => Fault::PROMPT,
    });
    let client = world.client();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async {
                    let began: Vec<_> = (0..50).map(|_| tokio::spawn(allocation(&client).into_future())).collect();
                    for allocated in began {
                        allocated.await.unwrap().unwrap();
                    }
                });
            });
        }
    });
    assert_eq!(world.alive(), 100);
}

#[test]
fn a_timer_lost_with_its_runtime_is_taken_over() {
    // The operation began on one runtime, and is polled on another once the first has gone.
    let world = World::new().script([Fault::Silence { arrives: None }]);
    let client = world.client();
    let mut locations = Box::pin(client.locations("game"));
    let first = paused();
    first.block_on(async { assert!(futures_util::poll!(&mut locations).is_pending()) });
    drop(first);
    paused().block_on(locations).unwrap();
    assert_eq!(world.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_kept_to_the_millisecond() {
    let world = World::new().faults(|_, _| Fault::Silence { arrives: None });
    let timing = Timing { attempt_ms: 3_000, operation_ms: 2_000, ..Timing::default() };
    let client = world.builder().timing(timing).build().unwrap();
    // A longer deadline is asleep already when the shorter one comes.
    let long = tokio::spawn(allocation(&client).deadline(Duration::from_secs(500)).into_future());
    sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    let error = client.locations("game").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::DeadlineExceeded);
    assert!((2_000..=2_001).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    long.abort();
}

/// Counts how often the client is asked for anything.
struct Counting(World, Arc<AtomicUsize>);

impl Transport for Counting {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_wakes_its_own_task_alone() {
    let world = World::new();
    let sent = Arc::new(AtomicUsize::new(0));
    let transport = Counting(world.clone(), Arc::clone(&sent));
    let client = Client::builder().base_url("http://127.0.0.1:1").token(TOKEN).transport(transport).build().unwrap();
    allocation(&client).await.unwrap();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let mut second =
        Box::pin(client.allocate("game").location(EU).wait_for(matchport::WaitFor::Allocated).into_future());
    std::future::poll_fn(move |context| {
        counted.fetch_add(1, Ordering::Relaxed);
        second.as_mut().poll(context)
    })
    .await
    .unwrap();
    assert_eq!(sent.load(Ordering::Relaxed), 2);
    // Once to begin, then for each of the two sleeps of the played service and its answer: never for the client's sake.
    assert!(polls.load(Ordering::Relaxed) <= 4, "{polls:?}");
}
