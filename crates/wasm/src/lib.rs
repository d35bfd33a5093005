//! The engine for JavaScript: options come in and events go out as JavaScript values, requests go out as one string,
//! answers come in as bytes. No fetch, no timers, no clock and no random source: those are JavaScript's, and come as
//! arguments. Nothing here decides.
//!
//! In here: [`Client`], which is one engine; `options`, what JavaScript hands over; `view`, what it gets back;
//! `sink`, the functions that take it; `rank`, placement without an engine. The TypeScript in `bindings/npm` is the
//! only caller, and keeps the contract of [`matchport_core::engine`] with it: every method here changes the engine once
//! and drains it.

mod client;
mod options;
mod rank;
mod read;
mod sink;
mod view;

pub use client::Client;
pub use rank::rank;
