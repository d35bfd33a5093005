//! The vectors that every language of matchport must agree with: what goes in, and exactly what must come out. The format
//! is in `README.md` beside this crate, the vectors in `vectors/`.
//!
//! In here: [`vector`], the format; [`matching`], whether what came out is what was expected; [`run`], a vector against
//! the engine; `options` and `view`, between the vectors' spelling (the npm package's) and Rust's. The other languages
//! have runners of their own that read the same files. No product code depends on this.

pub mod matching;
mod options;
pub mod run;
pub mod vector;
mod view;
