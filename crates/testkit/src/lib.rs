//! Test kit.

pub mod measure;
