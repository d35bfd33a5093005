//! Every operation against the real emulator, over real connections.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

use std::io::Read;
use std::time::Duration;

use futures_util::TryStreamExt;
use matchport::{
    BackfillRequest, Client, ErrorCode, LocationPing, Outcome, PingMethod, PingOptions, Progress, Protocol,
    SessionFilter, SessionId, SessionState, SessionStatus, Settled, StartSession, Stopped, Ticket, WaitFor,
};
use matchport_emulator::{Backend, Config, Emulator, Image, Location, Protocol as Transport, TtlForm};
use tokio::sync::mpsc;
use tokio::time::timeout;

const TOKEN: &str = "a-token-of-the-test";
/// Longer than anything here takes, even on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// An emulator that starts nothing, or shell scripts; one of its locations is full.
async fn emulator(backend: Backend) -> Emulator {
    let sh = |script| Image::new("sh").command(["/bin/sh", "-c", script]);
    let config = Config {
        backend,
        locations: vec![Location::new("eu-west-1"), Location::new("us-east-1"), Location::new("full").capacity(0)],
        images: vec![
            Image::new("arena").command(["/bin/sh", "-c", "sleep 1000"]).port(7777, Transport::Udp).tags([("1.2", 1)]),
            sh("echo hello from $MAP; echo 17 > result.txt; trap 'exit 0' TERM; echo ready; sleep 1000 & wait"),
        ],
        bind_timeout: Duration::from_millis(1),
        ..Config::default()
    };
    Emulator::builder(config).tokens([TOKEN]).start().await.unwrap()
}

fn client(emulator: &Emulator) -> Client {
    Client::builder().base_url(&emulator.base_url()).token(TOKEN).build().unwrap()
}

fn client_and_settled(emulator: &Emulator) -> (Client, mpsc::UnboundedReceiver<Settled>) {
    let (tell, settled) = mpsc::unbounded_channel();
    let builder = Client::builder().base_url(&emulator.base_url()).token(TOKEN);
    (builder.on_settled(move |settled| drop(tell.send(settled))).build().unwrap(), settled)
}

#[tokio::test]
async fn from_a_match_to_an_address_and_to_its_end() {
    let emulator = emulator(Backend::Null).await;
    let client = client(&emulator);
    let locations = client.locations("arena").await.unwrap();
    assert_eq!(locations.len(), 3);
    assert!(client.tag_exists("eu-west-1", "arena", "1.2").await.unwrap());
    assert!(!client.tag_exists("eu-west-1", "arena", "9.9").await.unwrap());

    let (mut tickets, mut steps) = (0, Vec::new());
    let allocation = client
        .allocate("arena")
        .player("ada", [("full", 5.0), ("eu-west-1", 20.0), ("us-east-1", 90.0)])
        .player("bo", [("full", 5.0), ("eu-west-1", 30.0), ("us-east-1", 80.0)])
        .match_id("match-17")
        .label("mode", "ranked")
        .on_ticket(|_| {
            tickets += 1;
            async { Ok(()) }
        })
        .on_progress(|step| steps.push(step))
        .await
        .unwrap();
    assert_eq!(
        (allocation.location.as_str(), allocation.id.clone()),
        ("eu-west-1", SessionId::from_match("match-17").unwrap())
    );
    assert!(allocation.endpoint_for(7777, Protocol::Udp).is_some());
    assert_eq!(tickets, 3, "before asking for locations, and before each start");
    assert!(steps.iter().any(|step| matches!(step, Progress::LocationRefused { location, .. } if location == "full")));

    // The same match again, from another matchmaker: the same server.
    let again = Client::builder().base_url(&emulator.base_url()).token(TOKEN).build().unwrap();
    let adopted = again.allocate("arena").match_id("match-17").location("eu-west-1").await.unwrap();
    assert_eq!((adopted.id, adopted.endpoint), (allocation.id.clone(), allocation.endpoint));
    assert!(adopted.report.adopted);

    assert_eq!(client.join(&allocation.id, ["ada", "bo"]).await.unwrap().count, 2);
    let backfilled = client.backfill(BackfillRequest::new("arena", 3, vec!["cy".into()])).await.unwrap();
    assert_eq!((backfilled.id, backfilled.count), (allocation.id.clone(), 3));
    let none = client.backfill(BackfillRequest::new("arena", 3, vec!["di".into()])).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::NoOpenSession);
    assert_eq!(client.leave(["bo"]).await.unwrap().count, 2);

    let session = client.session(&allocation.id).await.unwrap();
    assert_eq!((session.status, session.players.joined_count), (Some(SessionStatus::Running), 2));
    let filter = SessionFilter { image: Some("arena".into()), players_above: Some(1), ..SessionFilter::default() };
    assert_eq!(client.sessions(filter).await.unwrap().len(), 1);

    assert_eq!(client.stop(&allocation.id).await.unwrap(), Stopped::Stopping);
    assert_eq!(client.stop(&allocation.id).await.unwrap(), Stopped::AlreadyEnded);
    assert_eq!(client.shutdown(PATIENCE).await, []);
    emulator.shutdown().await;
}

#[tokio::test]
async fn sessions_are_followed_when_asked_for() {
    let emulator = emulator(Backend::Null).await;
    let builder = Client::builder().base_url(&emulator.base_url()).token(TOKEN).tracked_sessions(10);
    let client = builder.build().unwrap();
    let allocation = client.allocate("arena").location("eu-west-1").await.unwrap();
    client.join(&allocation.id, ["ada", "bo"]).await.unwrap();
    client.leave(["ada"]).await.unwrap();
    let session = client.tracked(&allocation.id).unwrap();
    assert_eq!((session.state(), session.roster().names().collect::<Vec<_>>()), (SessionState::Running, vec!["bo"]));
    client.stop(&allocation.id).await.unwrap();
    assert_eq!(client.tracked(&allocation.id).unwrap().state(), SessionState::ShuttingDown);
    emulator.shutdown().await;
}

#[tokio::test]
async fn errors_carry_the_service_s_own_words() {
    let emulator = emulator(Backend::Null).await;
    let wrong = Client::builder().base_url(&emulator.base_url()).token("wrong").build().unwrap();
    let error = wrong.locations("arena").await.unwrap_err();
    assert_eq!((error.code, error.status, error.outcome), (ErrorCode::Unauthorized, Some(401), Outcome::Refused));
    assert!(error.identifier.is_some());

    let client = client(&emulator);
    assert_eq!(client.locations("nothing").await.unwrap_err().code, ErrorCode::NotFound);
    let id = SessionId::new("nobody").unwrap();
    assert_eq!(client.session(&id).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(client.stop(&id).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(client.join(&id, ["ada"]).await.unwrap_err().code, ErrorCode::NotFound);
    let error = client.join(&id, ["ada", "ada"]).await.unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidInput, Some("players[1]")));
    let session = StartSession { location: "full".into(), image: "arena".into(), ..StartSession::default() };
    let failure = client.start(session).await.unwrap_err();
    assert_eq!((failure.error.code, failure.error.status), (ErrorCode::NoCapacity, Some(420)));
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_service_that_wants_the_other_form_of_ttl_is_served() {
    let images = vec![Image::new("arena").port(7777, Transport::Udp)];
    let config = Config { backend: Backend::Null, images, ttl: TtlForm::Duration, ..Config::default() };
    let emulator = Emulator::builder(config).tokens([TOKEN]).start().await.unwrap();
    let client = client(&emulator);
    let session = StartSession { location: "eu-west-1".into(), image: "arena".into(), ..StartSession::default() };
    let first = client.start(session.clone()).await.unwrap();
    assert_eq!(first.report.attempts.len(), 2, "refused once");
    let second = client.start(session).await.unwrap();
    assert_eq!(second.report.attempts.len(), 1, "and remembered");
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_real_process_is_followed_stopped_and_its_files_fetched() {
    let emulator = emulator(Backend::Process).await;
    let client = client(&emulator);
    let allocation = client.allocate("sh").location("eu-west-1").env("MAP", "dust2").await.unwrap();

    let mut lines = client.logs(&allocation.id).follow(true);
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "hello from dust2");
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "ready");
    client.stop(&allocation.id).await.unwrap();
    let rest = timeout(PATIENCE, lines.try_collect::<Vec<_>>()).await.expect("the log ends with the session");
    assert_eq!(rest.unwrap(), Vec::<String>::new());
    let whole: Vec<_> = client.logs(&allocation.id).try_collect().await.unwrap();
    assert_eq!(whole, ["hello from dust2", "ready"]);

    let (mut archive, mut told) = (Vec::new(), 0);
    let artifact = client.artifact(&allocation.id, "/result.txt").on_progress(|bytes| told = bytes);
    let bytes = artifact.write_to(&mut archive).await.unwrap();
    assert_eq!((bytes, told), (archive.len() as u64, archive.len() as u64));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&archive[..]));
    let mut content = String::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "17\n");
    let missing = client.artifact(&allocation.id, "/none").write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_dropped_allocation_leaves_no_session() {
    let emulator = emulator(Backend::Null).await;
    let (client, mut settled) = client_and_settled(&emulator);
    for _ in 0..50 {
        let allocating = client.allocate("arena").location("eu-west-1").wait_for(WaitFor::Allocated).into_future();
        // Somewhere between before the request and after its answer.
        let _whichever = timeout(Duration::from_micros(300), allocating).await;
    }
    timeout(PATIENCE, client.settled()).await.expect("the background ends");
    let mut reports = 0;
    while let Ok(report) = settled.try_recv() {
        assert!(report.is_settled(), "{report:?}");
        reports += 1;
    }
    // Those that were quick enough are sessions like any other.
    let alive = client.sessions(SessionFilter::default()).await.unwrap().len();
    assert_eq!(alive + reports, 50);
    emulator.shutdown().await;
}

#[tokio::test]
async fn a_ticket_survives_its_process() {
    let emulator = emulator(Backend::Null).await;
    let (keep, mut kept) = mpsc::unbounded_channel();
    // A runtime stands for the process: it ends in the middle.
    let url = emulator.base_url();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::builder().base_url(&url).token(TOKEN).build().unwrap();
            let allocating = client.allocate("arena").location("eu-west-1").on_ticket(move |ticket| {
                keep.send(ticket.to_json()).unwrap();
                std::future::pending()
            });
            let _ended = timeout(Duration::from_millis(50), allocating).await;
        });
    })
    .join()
    .unwrap();
    let ticket = Ticket::from_json(&kept.recv().await.unwrap()).unwrap();
    let id = ticket.session().clone();
    let client = client(&emulator);
    let allocation = client.resume(ticket).await.unwrap();
    assert_eq!(allocation.id, id);
    assert_eq!(client.sessions(SessionFilter::default()).await.unwrap().len(), 1);
    emulator.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_once() {
    let emulator = emulator(Backend::Null).await;
    let client = client(&emulator);
    let began: Vec<_> = (0..1_000)
        .map(|number| {
            let id = format!("match-{number}");
            tokio::spawn(client.allocate("arena").location("eu-west-1").match_id(id).into_future())
        })
        .collect();
    for allocated in began {
        allocated.await.unwrap().unwrap();
    }
    assert_eq!(client.sessions(SessionFilter::default()).await.unwrap().len(), 1_000);
    emulator.shutdown().await;
}

#[tokio::test]
async fn locations_are_pinged_each_address_once() {
    let emulator = emulator(Backend::Null).await;
    let client = client(&emulator);
    let locations = client.locations("arena").await.unwrap();
    let options = PingOptions { samples: 3, interval: Duration::from_millis(1), ..PingOptions::default() };
    let pings = client.ping(&locations, options).await;
    assert_eq!(pings.iter().map(|ping| ping.location.as_str()).collect::<Vec<_>>(), ["eu-west-1", "us-east-1", "full"]);
    for ping in &pings {
        let addresses = ping.outcome.as_ref().unwrap();
        assert_eq!((addresses.len(), addresses[0].samples.len()), (1, 3), "{ping:?}");
        assert!(ping.median_ms().is_some_and(|ms| ms < 1000.0));
        assert_eq!(ping.icmp_refused.is_some(), addresses[0].method == PingMethod::TcpConnect);
    }
    let player = LocationPing::player("ada", &pings);
    let allocation = client.allocate("arena").players([player]).when_full(matchport::WhenFull::Fail).await.unwrap();
    assert_ne!(allocation.location, "full");
    emulator.shutdown().await;
}
