//! The decisions of matchport, without any IO.
#![forbid(unsafe_code)]

pub mod check;
pub mod environment;
pub mod error;
pub mod http;
pub mod model;
pub mod placement;
pub mod secret;
