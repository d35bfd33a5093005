//! Backfill: players join a running session that has enough open slots.
//!
//! The list of sessions says who had room a moment ago; the count that comes back from the join says who has. When it
//! shows that the session was filled up meanwhile, the players leave it again and the next session is tried.

mod machine;
mod request;
mod select;

pub use request::{BackfillRequest, Backfilled, Prefer};
pub use select::{OpenSession, best_sessions};

pub(crate) use machine::Machine;
