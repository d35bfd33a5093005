//! Getting a session for a match, once and only once, whatever fails in between.
//!
//! The rules, each with a test of its own in `tests/allocation_rules.rs`:
//!
//! 1. The session's id exists before anything is sent, and the [`Ticket`] that holds it is handed out before the
//!    first byte leaves.
//! 2. A failure is *not sent*, *refused*, *accepted* or *unknown* ([`Outcome`](crate::error::Outcome)).
//! 3. After an unknown outcome the id is described. There: adopted. Not there: wait, then start again with the same id.
//! 4. After a 409 the id is described: alive, and of the image and a location that were asked for, it is adopted.
//!    A new id is never taken.
//! 5. The location changes only after a definite refusal. A full one is closed for a while for all allocations of the
//!    engine; one probe re-opens it. When all are closed, wait for the first that re-opens, within the deadline.
//! 6. Giving up after anything may have started stops the id, and stops it again after a grace time when a start may
//!    still land. What can't be settled in time comes back as a ticket.
//! 7. `ttl` is always sent unless refused by option.
//! 8. 401, 402, 403 and 422 are final, but for one change of the form of `ttl`.
//! 9. Retries spend one budget per engine, with full jitter.
//! 10. Done means running, not 201, unless [`WaitFor::Allocated`] is asked for.
//!
//! ```text
//!   New ─▶ Locating ⇄ LocatePause
//!    │        │
//!    ├────────┴─▶ WaitingForLocation ◀──────── all closed ───┐
//!    │                 │ one re-opens                        │
//!    ├─────────────────┴─▶ Starting ── 420, 404: next place ─┤
//!    │ resume               │    │ ▲                         │
//!    │              unknown │    │ └── StartPause ◀─ absent ─┐
//!    │                409   ▼    │ 201                       │
//!    └──────────────────▶ Looking ⇄ LookPause ───────────────┘
//!                           │ running ─▶ done
//!         cancel, deadline, │ ended, refused
//!                           ▼
//!                        Stopping ⇄ StopPause ─▶ LateStartPause ─▶ Stopping ─▶ failed, nothing left
//! ```
//!
//! What the rules lean on: the service refuses a second start with an id that it has used (409), and a start that it
//! accepted can be described and stopped by that id.

mod circuit;
mod digest;
mod looking;
mod machine;
mod places;
mod report;
mod request;
mod settling;
mod starting;
mod state;
mod ticket;
mod ticket_json;

pub use report::{Action, Allocation, AttemptReport, Failure, LocationReport, Progress, Report};
pub use request::{AllocateRequest, MAX_DEADLINE_MS, TtlPolicy, WaitFor, WhenFull};
pub use ticket::{Phase, ResumeOptions, Ticket};
pub use ticket_json::MAX_TICKET_BYTES;

pub(crate) use circuit::Circuits;
pub(crate) use machine::Machine;
pub(crate) use report::endpoint;
pub(crate) use state::State;
