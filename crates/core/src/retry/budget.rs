//! The token bucket that all retries of an engine spend from, so that an outage is not made worse by its clients.

use crate::engine::Millis;

/// Size and refill of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// The most retries that can be saved up.
    pub capacity: u32,
    /// Retries that come back each second.
    pub per_second: u32,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self { capacity: 100, per_second: 10 }
    }
}

/// A token bucket on the caller's clock.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: BudgetLimits,
    /// In thousandths of a retry.
    saved: u64,
    refilled_at: Millis,
}

const WHOLE: u64 = 1000;

impl Budget {
    /// A full bucket. Limits of zero count as one: a budget that never pays would strand what must be settled.
    pub fn new(limits: BudgetLimits) -> Self {
        let limits = BudgetLimits { capacity: limits.capacity.max(1), per_second: limits.per_second.max(1) };
        Self { saved: u64::from(limits.capacity) * WHOLE, limits, refilled_at: 0 }
    }

    /// What is saved at this time, in thousandths of a retry.
    pub(crate) fn saved_at(&self, now: Millis) -> u64 {
        let rate = u64::from(self.limits.per_second);
        // A thousandth of `per_second` comes back each millisecond.
        let earned = now.saturating_sub(self.refilled_at).saturating_mul(rate);
        self.saved.saturating_add(earned).min(u64::from(self.limits.capacity) * WHOLE)
    }

    /// Takes one retry.
    ///
    /// # Errors
    /// The milliseconds until one will have come back.
    pub fn take(&mut self, now: Millis) -> Result<(), Millis> {
        let rate = u64::from(self.limits.per_second);
        self.saved = self.saved_at(now);
        self.refilled_at = self.refilled_at.max(now);
        if self.saved >= WHOLE {
            self.saved -= WHOLE;
            return Ok(());
        }
        Err((WHOLE - self.saved).div_ceil(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spends_what_is_saved_and_then_what_comes_back() {
        let mut budget = Budget::new(BudgetLimits { capacity: 2, per_second: 4 });
        assert_eq!(budget.take(0), Ok(()));
        assert_eq!(budget.take(0), Ok(()));
        assert_eq!(budget.take(0), Err(250));
        assert_eq!(budget.take(249), Err(1));
        assert_eq!(budget.take(250), Ok(()));
        assert_eq!(budget.take(250), Err(250));
        assert_eq!(budget.take(100_000), Ok(()));
        assert_eq!(budget.take(100_000), Ok(()), "never more than the capacity");
        assert!(budget.take(100_000).is_err());
    }

    #[test]
    fn a_clock_that_jumps_back_gives_nothing() {
        let mut budget = Budget::new(BudgetLimits { capacity: 1, per_second: 1 });
        assert_eq!(budget.take(5000), Ok(()));
        assert!(budget.take(10).is_err());
        assert!(budget.take(5001).is_err());
    }
}
