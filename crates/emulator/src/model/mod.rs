//! What the service would answer, as plain decisions: sessions, ids, filters, rosters, capacity, quota, permissions.
//!
//! No process, no clock, no socket, no async: time and fresh ids come in as arguments, and what is to be done about a
//! decision (start a process, end one) goes out as a return value.

mod body;
mod catalogue;
mod fault;
mod filter;
mod history;
mod json;
mod places;
mod player_body;
mod ports;
mod roster;
mod session;
mod sessions;
mod standing;
mod start_body;
mod summary;
mod view;

pub(crate) use body::text_schema;
pub(crate) use catalogue::Catalogue;
pub(crate) use fault::{Fault, FaultKind, Violation, quoted};
pub(crate) use filter::{Filter, flag, flag_parameter};
pub(crate) use places::{PlaceChange, Room};
pub(crate) use player_body::{JoinBody, LeaveBody};
pub(crate) use roster::Roster;
pub(crate) use session::{Exit, Facts, Millis, PortMapping};
pub(crate) use sessions::{AfterExit, AfterStop, Due, Model};
pub(crate) use standing::Standing;
pub(crate) use start_body::StartBody;
pub(crate) use summary::Summary;
pub(crate) use view::{Described, List, Started, list, started};

#[cfg(test)]
mod tests;
