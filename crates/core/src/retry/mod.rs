//! When to try again: delays with full jitter, and one budget per engine that all retries share. What may be
//! tried again is decided by the operation, not here.

mod backoff;
mod budget;

pub use backoff::{Backoff, Jitter};
pub use budget::{Budget, BudgetLimits};
