//! The decisions of matchport, without any IO.
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
