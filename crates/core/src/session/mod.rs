//! The life of a session: which state it is in, why it ended, who is in it, and a table of the sessions that are
//! followed.
//!
//! Here lives what can be concluded from what the service said and from time. What does not live here: asking the
//! service (`http/`, `engine/`), getting a session (`allocation/`), choosing one with open slots (`backfill/`), and
//! what to do about a session that ended. Time is an argument: milliseconds on a clock of the caller's; a time before
//! the latest one that was taken in counts as that one.
//!
//! ```text
//!   Session::allocated
//!        │
//!        ▼                            ┌──────────────┐
//!   ┌─────────┐      ┌─────────┐ ───▶ │  restarting  │
//!   │ created │ ───▶ │ running │ ◀─── └──────────────┘
//!   └─────────┘      └─────────┘
//!        │                │     stop accepted, ttl passed, or seen so
//!        ▼                ▼
//!   ┌──────────┐     ┌───────────────┐  exited, dead, 404 or grace over   ┌──────────────────────┐
//!   │ draining │ ──▶ │ shutting_down │ ─────────────────────────────────▶ │ ended, with a reason │
//!   └──────────┘     └───────────────┘                                    └──────────────────────┘
//!
//!   from each but ended:  ◀──▶ unreachable (what comes back is not behind what was there before)
//!                          ──▶ ended
//! ```
//!
//! # Which state may follow which
//!
//! Reports come at intervals, so states in between may go unseen. They also overtake each other, so a report that can
//! only be an older one is refused with its reason ([`Refused`], [`RefusalReason`]) and changes nothing. A report of
//! the state that a session is in is no transition, and no refusal. A test reads this very table.
//!
//! | from \ to       | `created`   | `running` | `restarting` | `draining` | `shutting_down` | `unreachable` | `ended` |
//! | --------------- | ----------- | --------- | ------------ | ---------- | --------------- | ------------- | ------- |
//! | `created`       | same        | yes       | yes          | yes        | yes             | yes           | yes     |
//! | `running`       | already ran | same      | yes          | yes        | yes             | yes           | yes     |
//! | `restarting`    | already ran | yes       | same         | yes        | yes             | yes           | yes     |
//! | `draining`      | closing     | closing   | closing      | same       | yes             | yes           | yes     |
//! | `shutting_down` | closing     | closing   | closing      | closing    | same            | yes           | yes     |
//! | `ended`         | ended       | ended     | ended        | ended      | ended           | ended         | same    |
//!
//! `unreachable` has no row of its own. The row of the state before it holds, where "same" then is the way back.
//!
//! # What each input does
//!
//! | input | effect |
//! | --- | --- |
//! | a status ([`Session::observe`], or within a description or list entry) | the step of the table; an unknown status changes nothing and is kept as last reported |
//! | description, list entry | also address, ports, roster (a list entry only counts); all or nothing, and not after the end |
//! | stop requested | no step, but see the reasons below; refused after the end |
//! | stop answered 204 | `shutting_down` |
//! | stop answered 404 or 409 | `ended` |
//! | stop refused | the request is taken back |
//! | stop without a usable answer | nothing: it may have been stopped |
//! | describe answered 404 | `ended` |
//! | joined, left | roster; refused after the end |
//! | tick, at the ttl's deadline | `shutting_down`: from here on the service ends it |
//! | tick, not seen shutting down for [`LifecycleOptions::shutdown_grace_ms`] | `ended` |
//! | tick, unreachable for [`LifecycleOptions::unreachable_limit_ms`] | `ended` |
//! | tick, unreachable and the grace after the ttl's deadline over | `ended` |
//!
//! # Why it ended
//!
//! | what was seen | reason |
//! | --- | --- |
//! | reported `dead` | [`Died`](EndReason::Died), also after a stop: the service says that it was unexpected |
//! | over the limit unreachable | [`Unreachable`](EndReason::Unreachable) |
//! | any other end after somebody asked, and that before the ttl's deadline | [`Stopped`](EndReason::Stopped) |
//! | any other end at or after the ttl's deadline | [`TtlExpired`](EndReason::TtlExpired) |
//! | reported `exited`, neither of these | [`Exited`](EndReason::Exited) |
//! | 404, neither of these | [`Vanished`](EndReason::Vanished) |
//!
//! "Somebody asked" is a stop of ours (requested, and not definitely refused), or that the session was seen draining or
//! shutting down: the API knows two ways to that, a stop and the ttl, and the stop may be the game server's or another
//! matchmaker's. The first reason stays.
//!
//! An end that only time brought (grace, limit) is an assumption. Should the service report the session alive after
//! it, then that is refused with [`RefusalReason::Ended`], which is the caller's sign that a server may run which
//! should not: describe it, and stop it.
//!
//! # A walk through one life
//!
//! ```
//! use matchport_core::model::{Ports, SessionId, SessionStatus, Ttl, TtlForm};
//! use matchport_core::session::{
//!     Allocated, EndReason, LifecycleOptions, RefusalReason, Session, SessionState, StopAnswer,
//! };
//!
//! let players = ["ada".to_owned(), "bo".to_owned()];
//!
//! // The 201 came at 500 ms; the start had been sent at 0.
//! let started = Allocated {
//!     id: SessionId::from_match("abc-123")?,
//!     image: "your-image".to_owned(),
//!     location: "eu-west-1".to_owned(),
//!     host: "185.12.34.56".to_owned(),
//!     ports: Ports::default(),
//!     started_at: 0,
//!     ttl: Some((Ttl::from_seconds(3600)?, TtlForm::Seconds)),
//! };
//! let mut session = Session::allocated(started, LifecycleOptions::default(), 500);
//! assert_eq!(session.state(), SessionState::Created);
//! assert_eq!(session.next_deadline(), Some(3_600_000));
//!
//! // Seen running: players can join, and do.
//! let seen = session.observe(&SessionStatus::Running, 1_000)?.expect("a transition");
//! assert_eq!((seen.from, seen.to, seen.at), (SessionState::Created, SessionState::Running, 1_000));
//! session.joined(&players, 2, 2_000)?;
//! assert_eq!((session.roster().count(), session.roster().open_slots(8)), (2, 6));
//!
//! // An answer that was overtaken changes nothing.
//! let refused = session.observe(&SessionStatus::Created, 2_100).expect_err("it has run");
//! assert_eq!(refused.reason, RefusalReason::AlreadyRan);
//! assert_eq!(session.state(), SessionState::Running);
//!
//! // The match is over: stop it. The server saves its state, and then it is gone.
//! session.stop_requested(900_000)?;
//! session.stop_answered(StopAnswer::Accepted, 900_200)?;
//! assert_eq!(session.state(), SessionState::ShuttingDown);
//! session.observe(&SessionStatus::Exited, 905_000)?;
//! assert_eq!(session.state(), SessionState::Ended(EndReason::Stopped));
//! assert_eq!(session.next_deadline(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Tracker`] follows many sessions at once and asks for one tick for all of them.

mod input;
mod lifecycle;
mod roster;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod tracker;

pub use input::{Allocated, LifecycleOptions, SessionInput, StopAnswer};
pub use lifecycle::Session;
pub use roster::Roster;
pub use snapshot::Snapshot;
pub use state::{EndReason, RefusalReason, Refused, SessionState, Transition};
pub use tracker::{AlreadyTracked, Tracker, TrackerOptions, TrackerRefusal};
