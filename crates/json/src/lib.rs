//! Reading and writing JSON (RFC 8259), value by value, without a tree in between.
//!
//! The core reads every answer, ticket and option through [`Reader`], and writes every body and ticket through
//! [`Writer`]. Neither is generic, so that there is one copy of each in a program, however many types are read: that
//! is what lets the core fit into an edge function. In the npm package this crate alone is compiled for speed.
//!
//! What is read is checked as strictly as RFC 8259 asks for: no trailing commas, no comments, no lone surrogates,
//! nothing after the end. When an object names a field twice, the last one counts, as with `JSON.parse`.
//!
//! Nothing here knows what the values mean.

#![forbid(unsafe_code)]

mod error;
mod number;
mod reader;
mod scan;
#[cfg(feature = "serde")]
mod serialize;
mod text;
mod writer;

pub use error::{Error, Problem};
pub use number::Number;
pub use reader::{Kind, MAX_DEPTH, Reader};
#[cfg(feature = "serde")]
pub use serialize::{CannotWrite, text_of};
pub use text::RawText;
pub use writer::{Writer, decimal};
