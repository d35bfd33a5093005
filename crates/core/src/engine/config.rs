//! What an engine is made with: where the API is, the token, and the times and limits of its rules.

use crate::check::{self, InvalidInput};
use crate::engine::Millis;
use crate::environment::Environment;
use crate::retry::{Backoff, BudgetLimits};
use crate::secret::Token;

/// The settings of an engine. All operations of one engine share its closed locations and its retry budget.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the API is.
    pub environment: Environment,
    /// The token that every request carries.
    pub token: Token,
    /// Lets the token go over plain http to an address that is not loopback. Off by default.
    pub allow_plain_http: bool,
    /// Times.
    pub timing: Timing,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// The budget that all retries share.
    pub retry_budget: BudgetLimits,
    /// Most sessions whose state and roster are kept for [`crate::engine::Engine::sessions`]. 0, the default, keeps
    /// none: following costs about a microsecond an allocation.
    pub tracked_sessions: usize,
}

impl EngineConfig {
    /// Settings with the documented defaults.
    pub fn new(environment: Environment, token: Token) -> Self {
        Self {
            environment,
            token,
            allow_plain_http: false,
            timing: Timing::default(),
            backoff: Backoff::default(),
            retry_budget: BudgetLimits::default(),
            tracked_sessions: 0,
        }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        self.environment.base_url().check_token_may_go(self.allow_plain_http)?;
        self.timing.check()?;
        check::range("backoff.first_ms", self.backoff.first_ms, 1, Timing::LONGEST_MS)?;
        check::range("backoff.longest_ms", self.backoff.longest_ms, self.backoff.first_ms, Timing::LONGEST_MS)
    }
}

/// The times of the rules, in milliseconds, each 1 ms to one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long one request may take before its outcome counts as unknown. The service answers a start in about
    /// half a second.
    pub attempt_ms: Millis,
    /// How long an operation other than an allocation or backfill may take, retries included; for a stream, how long
    /// until it is open.
    pub operation_ms: Millis,
    /// How long a location stays closed after a 420 (the guide: about 60 seconds).
    pub closed_location_ms: Millis,
    /// How long a start whose answer was lost may still land after a stop found nothing.
    pub late_start_ms: Millis,
    /// How long giving up may take to make sure that nothing was left running.
    pub settle_ms: Millis,
    /// Longest pause between two looks at a session that is not running yet.
    pub poll_ms: Millis,
    /// How long a session that was started may be missing from the service before it counts as gone.
    pub visible_ms: Millis,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            attempt_ms: 10_000,
            operation_ms: 30_000,
            closed_location_ms: 60_000,
            late_start_ms: 5_000,
            settle_ms: 30_000,
            poll_ms: 1_000,
            visible_ms: 5_000,
        }
    }
}

impl Timing {
    /// The longest time that any setting takes: one day, in milliseconds.
    pub const LONGEST_MS: Millis = 24 * 3600 * 1000;

    fn check(&self) -> Result<(), InvalidInput> {
        let times = [
            ("timing.attempt_ms", self.attempt_ms),
            ("timing.operation_ms", self.operation_ms),
            ("timing.closed_location_ms", self.closed_location_ms),
            ("timing.late_start_ms", self.late_start_ms),
            ("timing.settle_ms", self.settle_ms),
            ("timing.poll_ms", self.poll_ms),
            ("timing.visible_ms", self.visible_ms),
        ];
        times.into_iter().try_for_each(|(field, time)| check::range(field, time, 1, Self::LONGEST_MS))
    }
}
