//! The clock of an emulator: unix time that never goes back, whatever happens to the clock of the machine.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Millis;

/// Takes the time of the machine once, and counts from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    started_unix: Millis,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_unix: u64::try_from(since_epoch.as_millis()).unwrap_or(0) }
    }

    pub(crate) fn now(&self) -> Millis {
        self.started_unix + u64::try_from(self.started.elapsed().as_millis()).unwrap_or(0)
    }

    /// When it was started, in unix time.
    pub(crate) fn started(&self) -> Duration {
        Duration::from_millis(self.started_unix)
    }

    /// The unix time of an instant after the start.
    pub(crate) fn at(&self, instant: Instant) -> Duration {
        Duration::from_millis(self.started_unix) + instant.saturating_duration_since(self.started)
    }

    /// How long it is until a time; zero when it is over.
    pub(crate) fn until(&self, at: Millis) -> Duration {
        Duration::from_millis(at.saturating_sub(self.now()))
    }

    /// Now, as RFC 3339 has it.
    pub(crate) fn timestamp(&self) -> String {
        humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(self.now())).to_string()
    }
}
