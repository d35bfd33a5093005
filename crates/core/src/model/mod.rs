//! The types of the Session API as a program uses them. Reading is tolerant (unknown fields and unknown
//! statuses are kept apart, not refused); what a request must look like is checked in `http/` before it is sent.

mod id;
mod labels;
mod location;
mod players;
mod ports;
mod problem;
mod session;
mod start;
mod status;
mod ttl;

pub use id::SessionId;
pub use labels::{Labels, PackedLabelError};
pub use location::LocationInfo;
pub use players::{JoinedPlayers, PlayerCount};
pub use ports::{AmbiguousPorts, Port, Ports, Protocol};
pub use problem::{Problem, Violation};
pub use session::{SessionDetails, SessionFilter, SessionSummary};
pub use start::{StartSession, StartedSession, read_map};
pub use status::SessionStatus;
pub use ttl::{Ttl, TtlForm};

pub(crate) use start::write_map;
