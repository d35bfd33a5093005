//! libmatchport: the C ABI of matchport. What a C program sees stands in `include/matchport.h`, which is made from the
//! comments here (`cargo xtask drift --write`).
//!
//! This crate reads the caller's memory, hands out views of its own, and keeps faults inside. No policy: what is sent,
//! tried again or given up is decided in `matchport-core`. It is the only crate that exports symbols, and the only one
//! that says `unsafe`.
//!
//! The way of a call: `boundary` looks the handle up in `slots` and enters the client; `text` and `options` read what was
//! passed; `client` changes the engine and does what it wants; `events` and `host_http` hand out what came of it.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "the comments become those of a C header, where brackets and addresses stand as they are"
)]
#![allow(non_camel_case_types, reason = "the names are those of the C header")]
#![allow(clippy::not_unsafe_ptr_arg_deref, reason = "a C caller sees no `unsafe`; the header says what it owes")]

// In the order of the header, which is made from these files as they stand here.
pub mod version;

pub mod status;

pub mod text;

pub mod slots;

pub mod log;

pub mod client;

pub mod wait;

pub mod events;

pub mod operations;

pub mod sessions;

pub mod host_http;

mod boundary;
mod carrier;
mod clock;
mod options;
#[cfg(test)]
mod tests;
#[cfg(feature = "transport")]
mod transport;
