//! The decisions of matchport: what is sent to a Session API, what an answer means, which location a match goes to,
//! when something is tried again, and how a match gets its server once and only once.
//!
//! In here: the API's types ([`model`]), requests and answers as plain data ([`http`]), choosing locations
//! ([`placement`]), retries ([`retry`]), getting and filling servers ([`allocation`], [`backfill`]), following a
//! session's life ([`session`]), and the [`engine`] that runs all of it one input at a time.
//!
//! Not in here: clocks, sockets, threads, random numbers, async runtimes, logs. Time, entropy and answers come in as
//! arguments, so that every language gets the same behaviour from the same code, and a test can play any of them.
//!
//! Start with [`engine`]: its page has the contract in six steps and a program that runs.
// What only the table of sessions asks for.
#![cfg_attr(not(feature = "tracking"), allow(dead_code))]
#![forbid(unsafe_code)]

pub mod allocation;
pub mod backfill;
pub mod check;
pub mod engine;
pub mod environment;
pub mod error;
pub mod http;
pub mod model;
pub mod placement;
pub mod retry;
pub mod secret;
pub mod session;
pub mod stream;
