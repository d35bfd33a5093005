//! Where random bytes come from: the system's generator with the built-in transport, the caller's with its own.

use matchport_core::engine::Entropy;

use crate::status::{Refused, matchport_status as Status};

/// The most random bytes that are kept for later.
const MOST: usize = 64 * 1024;
/// Random bytes that each operation needs.
const EACH: usize = size_of::<Entropy>();

/// Gives each operation bytes that no other gets.
pub(crate) enum EntropySource {
    /// What the caller brought and nobody has used.
    Host(Vec<u8>),
    /// The system's generator.
    #[cfg(feature = "transport")]
    System,
}

impl EntropySource {
    pub(super) fn take(&mut self) -> Result<Entropy, Refused> {
        let mut bytes = [0; EACH];
        match self {
            Self::Host(pool) => {
                let rest = pool.len().checked_sub(EACH).ok_or(Status::NeedsEntropy)?;
                bytes.copy_from_slice(&pool[rest..]);
                // Used bytes are random numbers of others no more.
                pool[rest..].fill(0);
                pool.truncate(rest);
            }
            #[cfg(feature = "transport")]
            Self::System => getrandom::fill(&mut bytes).map_err(|error| {
                Refused::new(Status::SystemRefused, format!("the system gives no random bytes: {error}"))
            })?,
        }
        Ok(Entropy(bytes))
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<Status, Refused> {
        match self {
            Self::Host(pool) => {
                let room = MOST.saturating_sub(pool.len());
                pool.extend_from_slice(&bytes[..bytes.len().min(room)]);
                Ok(Status::Ok)
            }
            #[cfg(feature = "transport")]
            Self::System => Err(Status::WrongTransport.into()),
        }
    }
}
