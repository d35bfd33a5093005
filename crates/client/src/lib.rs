//! Gets a match onto a dedicated game server through the Session API.

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
    Action, AllocateRequest, Allocation, AttemptReport, Failure, LocationReport, Phase, Progress, Report,
    ResumeOptions, Ticket, TtlPolicy, WaitFor, WhenFull,
};
pub use matchport_core::backfill::{BackfillRequest, Backfilled, Prefer};
pub use matchport_core::check::{InvalidInput, InvalidReason};
pub use matchport_core::engine::{Stopped, Timing};
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
