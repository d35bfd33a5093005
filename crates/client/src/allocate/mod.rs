//! Getting a session: the builders and the future that calls back with tickets and progress.

mod builder;
mod future;
mod resume;

pub use builder::Allocate;
pub use future::AllocateFuture;
pub use resume::Resume;

pub(crate) use future::Callbacks;

/// An error of any kind, from a callback.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
