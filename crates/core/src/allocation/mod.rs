//! Getting a session for a match, once and only once.
mod circuit;
mod looking;
mod machine;
mod report;
mod request;
mod settling;
mod starting;
mod ticket;

pub use report::{Action, Allocation, AttemptReport, Failure, LocationReport, Progress, Report};
pub use request::{AllocateRequest, MAX_DEADLINE_MS, TtlPolicy, WaitFor, WhenFull};
pub use ticket::{MAX_TICKET_BYTES, Phase, ResumeOptions, Ticket};

pub(crate) use circuit::Circuits;
pub(crate) use machine::{Machine, State};
pub(crate) use report::endpoint;
