//! Proof that an allocation leaves no orphan and no double, whatever fails: a [`simulate`]d service under random
//! faults, and an exhaustive [`search`] through all orders of events. Both drive the real engine of `matchport-core`
//! on virtual time; a judge that shares no code with it watches.
//!
//! # What is counted, and must be zero
//! - **Orphan**: at the end, a session is alive that was started for a match, and nobody knows of it. It is known when
//!   its id was reported by an allocation that completed, or stands in a ticket that its caller holds: the one that
//!   came with a failure, or the newest one of a process that has died. "At the end" means: nothing is on its way,
//!   every operation has ended, every ticket of a dead process has been resumed, and what ended unsettled has been
//!   resumed to settle it, after which only sessions of completed allocations may be alive.
//! - **Double**: a match for which starts were carried out under more than one id, at whatever times, even when one of
//!   the sessions has ended since.
//! - **Lost event**: an operation that was accepted and did not end with exactly one terminal event, unless its process
//!   died. A panic counts as one.
//! - **Request after the end**: a request of an operation after its terminal event.
//! - **Broken rule**: one of the ten rules on the page of `matchport_core::allocation`, each watched for what it says,
//!   with whatever is reported compared to what the service has.
//!
//! # What is assumed of the service
//! - S1. An id is used for good: once a start was carried out under it, every other start with it is answered with 409,
//!   also when the session has ended, and before anything else is refused.
//! - S2. A session that was started can be described and stopped by its id, from then on.
//! - S3. A start that the service answers with 401, 402, 403, 404, 409, 420, 422 or 429 was not carried out by this
//!   request and will not be.
//! - S4. A stop that the service answers with 2xx, 404 or 409 means that the session is not running.
//! - S5. A session runs under the id that was asked for.
//!
//! # What is assumed of the network
//! - N1. A start that lands at all lands less than `late_start_ms` (5 s by default) after its connection was given up:
//!   closed, timed out, or gone with its process.
//! - N2. What answers in the service's place can be told from it: a page, or JSON without the service's fields. A 404
//!   or 409 with an empty body counts as the service's.
//! - N3. Nobody repeats a start that was answered with a refusal. A start that is delivered twice, with the answer to
//!   the second handed back, is recognised only where the id is random and the process is the one that made it.
//!
//! # What is assumed of the caller
//! - C1. It keeps the newest ticket before the request that follows it is sent, and resumes it when the process died,
//!   or when it came with a failure.
//! - C2. Its clock does not run ahead of time. It may stand still, be put back, or jump together with the machine.
mod judge;
mod said;
pub mod search;
pub mod simulate;
mod transitions;
