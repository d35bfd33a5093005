//! The time of a client, in milliseconds: the system's with the built-in transport, the caller's with its own.

use matchport_core::engine::Millis;

/// What time it is.
pub(crate) enum Clock {
    /// What the caller said last.
    Host(Millis),
    /// Since the client was made.
    #[cfg(feature = "transport")]
    System(std::time::Instant),
}

impl Clock {
    pub(crate) fn now(&self) -> Millis {
        match self {
            Self::Host(now) => *now,
            #[cfg(feature = "transport")]
            Self::System(start) => Millis::try_from(start.elapsed().as_millis()).unwrap_or(Millis::MAX),
        }
    }
}
