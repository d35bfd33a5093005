//! The decisions of matchport, without any IO.
#![forbid(unsafe_code)]
