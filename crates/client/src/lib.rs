//! Gets a match onto a dedicated game server through the Session API: once and only once, near its players, whatever
//! fails in between.
//!
//! # Five minutes
//!
//! A matchmaker has found a match. It says who plays and what they measured, and gets the address to hand out:
//!
//! ```
//! use matchport::{BackfillRequest, Client};
//! # use matchport_emulator::{Backend, Config, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = Config { backend: Backend::Null, ..Config::default() };
//! # let emulator = Emulator::builder(config).tokens(["your-api-token"]).start().await?;
//! # let address = emulator.base_url();
//! let client = Client::builder()
//!     .base_url(&address) // or .environment(Environment::Sandbox)
//!     .token("your-api-token")
//!     .build()?;
//!
//! let allocation = client
//!     .allocate("demo")
//!     .match_id("match-17") // whoever allocates for it gets the same server
//!     .player("ada", [("eu-west-1", 23.0), ("us-east-1", 95.0)])
//!     .player("bo", [("eu-west-1", 36.0), ("us-east-1", 81.0)])
//!     .env("MAP", "dust2")
//!     .await?;
//! println!("connect to {:?} in {}", allocation.endpoint, allocation.location);
//!
//! // As players come and go.
//! client.join(&allocation.id, ["ada", "bo"]).await?;
//! client.leave(["bo"]).await?;
//! let backfilled = client.backfill(BackfillRequest::new("demo", 8, vec!["cy".into()])).await?;
//! assert_eq!((backfilled.id, backfilled.count), (allocation.id.clone(), 2));
//!
//! // When the match is over.
//! client.stop(&allocation.id).await?;
//! # emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! No account is needed to try it: `matchport emulator` starts a local service with real game server processes.
//!
//! # What an allocation does
//!
//! It orders the locations by what the players measured, starts a session in the best one, goes on to the next when
//! that is full, finds out what became of a start whose answer was lost (rather than starting another), and waits until
//! the session runs. The rules, all ten of them, are written down in [`matchport_core::allocation`], and the
//! [`Report`] of each allocation says what was asked, what came back, and why a location was left out.
//!
//! Errors tell what happened ([`ErrorCode`]), what the service said, whether trying again can help, and whether the
//! request may have taken effect ([`Outcome`]). When a server may have been left running, a [`Failure`] holds a
//! [`Ticket`]: keep it, and hand it to [`Client::resume`], in this process or another.
//!
//! ```
//! # use matchport::{Client, Ticket};
//! # use matchport_emulator::{Backend, Config, Emulator};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = Config { backend: Backend::Null, ..Config::default() };
//! # let emulator = Emulator::builder(config).tokens(["local"]).start().await?;
//! # let client = Client::builder().base_url(&emulator.base_url()).token("local").build()?;
//! # let directory = std::env::temp_dir().join(format!("matchport-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! # let path = directory.join("match-18.ticket");
//! let allocation = client
//!     .allocate("demo")
//!     // Awaited before anything is sent: what was started is known to somebody, even if this process dies.
//!     .on_ticket(|ticket| {
//!         let path = path.clone();
//!         async move { Ok(tokio::fs::write(path, ticket.to_json()).await?) }
//!     })
//!     .on_progress(|step| println!("{step:?}"))
//!     .await?;
//!
//! // Another process takes over, and finds the same session.
//! let ticket = Ticket::from_json(&tokio::fs::read_to_string(&path).await?)?;
//! assert_eq!(client.resume(ticket).await?.id, allocation.id);
//! # std::fs::remove_dir_all(&directory)?;
//! # emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Dropping cancels
//!
//! Nothing happens before a future is polled. Dropping one that is under way cancels the operation:
//!
//! - An allocation (also a start, or a resumed one) is given up **without leaving a server behind**. A task in the
//!   background, on the runtime that it began on, waits for the answer of a start that was on its way, stops what was
//!   started, and looks again when a start could still land. A backfill takes its players out again.
//!   [`ClientBuilder::on_settled`] is told how that ended, and gets the ticket of what could not be settled;
//!   [`Client::settled`] waits for it.
//! - Everything else just ends, and its connection is closed. Whether a stop, join or leave that was on its way took
//!   effect is then not known; all of them can be repeated.
//!
//! So `tokio::time::timeout`, `select!` and aborted tasks are safe. When a runtime is shut down, nothing can be driven
//! on it any more: what was being settled there is reported with its newest ticket, and so as unsettled. End a program
//! with [`Client::shutdown`], which settles what it can within a time and returns the tickets of the rest.
//!
//! ```
//! # use matchport::Client;
//! # use matchport_emulator::{Backend, Config, Emulator};
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = Config { backend: Backend::Null, ..Config::default() };
//! # let emulator = Emulator::builder(config).tokens(["local"]).start().await?;
//! # let address = emulator.base_url();
//! let client = Client::builder()
//!     .base_url(&address)
//!     .token("local")
//!     .on_settled(|settled| match settled.unsettled_ticket() {
//!         None => println!("nothing was left of {:?}", settled.session),
//!         Some(ticket) => println!("keep {}", ticket.to_json()),
//!     })
//!     .build()?;
//!
//! // The players leave the queue while their server is being started.
//! let allocating = client.allocate("demo").location("eu-west-1");
//! let _gave_up = tokio::time::timeout(Duration::from_micros(200), allocating).await;
//!
//! let left = client.shutdown(Duration::from_secs(10)).await;
//! assert!(left.is_empty());
//! # emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Logs and artifacts
//!
//! ```
//! use matchport::StartSession;
//! # use matchport::Client;
//! # use matchport_emulator::{Config, Emulator, Image};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let script = "echo the match begins; echo 3:2 > result.txt; echo the match ends";
//! # let images = vec![Image::new("arena").command(["/bin/sh", "-c", script])];
//! # let emulator = Emulator::builder(Config { images, ..Config::default() }).tokens(["local"]).start().await?;
//! # let client = Client::builder().base_url(&emulator.base_url()).token("local").build()?;
//! let session = StartSession { location: "eu-west-1".into(), image: "arena".into(), ..StartSession::default() };
//! let allocation = client.start(session).await?;
//!
//! // Follows the log until the session ends, reading only as fast as lines are asked for.
//! let mut lines = client.logs(&allocation.id).follow(true);
//! while let Some(line) = lines.next_line().await {
//!     println!("{}", line?);
//! }
//!
//! let mut archive = Vec::new(); // or a tokio::fs::File
//! let artifact = client.artifact(&allocation.id, "/result.txt").on_progress(|bytes| println!("{bytes} bytes"));
//! artifact.write_to(&mut archive).await?;
//! assert_eq!(archive[..2], [0x1f, 0x8b]); // a .tar.gz
//! # emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! Every decision is made in [`matchport_core`], by an engine that is told what happened and says what to do. This
//! crate gives it sockets, a clock and random bytes, and has no rule of its own. Whoever awaits an operation carries
//! its requests: there is no task and no channel for a request, and one sleeping task a client and runtime, begun with
//! the first request and ended when nothing is under way, for its deadlines.
//!
//! `tracing` gets a span for each operation and an event for each request, with method, path, status and time: never
//! headers, bodies, environments or the token.
//!
//! In here: the [`Client`] and its operations, the [`transport`], [`ping()`]. Not in here: when to try again, where to
//! start, what an answer means.

#![forbid(unsafe_code)]

mod allocate;
mod artifact;
mod background;
mod builder;
mod client;
mod drive;
mod logs;
mod ping;
mod settled;
mod shared;
mod timer;
pub mod transport;

pub use allocate::{Allocate, AllocateFuture, BoxError, Resume};
pub use artifact::Artifact;
pub use builder::ClientBuilder;
pub use client::Client;
pub use logs::LogLines;
pub use ping::{AddressPing, LocationPing, PingError, PingMethod, PingOptions, ping};
pub use settled::{Settled, SettledKind};
pub use transport::{HttpTransport, Transport};

pub use matchport_core::allocation::{
    Action, AllocateRequest, Allocation, AttemptReport, Failure, LocationReport, MAX_DEADLINE_MS, MAX_TICKET_BYTES,
    Phase, Progress, Report, ResumeOptions, Ticket, TtlPolicy, WaitFor, WhenFull,
};
pub use matchport_core::backfill::{BackfillRequest, Backfilled, Prefer};
pub use matchport_core::check::{InvalidInput, InvalidReason};
pub use matchport_core::engine::{Millis, Stopped, Timing};
pub use matchport_core::environment::{BaseUrl, Environment};
pub use matchport_core::error::{Error, ErrorCode, Outcome};
pub use matchport_core::model::{
    AmbiguousPorts, JoinedPlayers, Labels, LocationInfo, PackedLabelError, PlayerCount, Port, Ports, Protocol,
    SessionDetails, SessionFilter, SessionId, SessionStatus, SessionSummary, StartSession, Ttl, TtlForm, Violation,
};
pub use matchport_core::placement::{
    Figure, InvalidPlacement, InvalidPlacementReason, LatencyCap, LatencyMatrix, LeaveOutReason, LeftOut,
    MissingSample, Placement, PlacementPolicy, PlayerLatencies, RankedLocation, Samples, place, place_matrix,
};
pub use matchport_core::retry::{Backoff, BudgetLimits};
pub use matchport_core::session::{EndReason, Roster, Session, SessionState, Snapshot};
