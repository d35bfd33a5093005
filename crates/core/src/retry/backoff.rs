//! Delays that grow with each failure, with full jitter: a random time between nothing and the bound, so that
//! clients that failed together don't come back together.

use crate::engine::Millis;

/// Bounds of the delay between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Bound of the first delay, in milliseconds. It doubles with each failure.
    pub first_ms: Millis,
    /// The largest bound, in milliseconds.
    pub longest_ms: Millis,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first_ms: 200, longest_ms: 10_000 }
    }
}

impl Backoff {
    /// The delay before the attempt that follows `failures` failures in a row; at least `asked_ms`, when the
    /// service asked for a time.
    pub fn delay(&self, failures: u32, asked_ms: Option<Millis>, jitter: &mut Jitter) -> Millis {
        let doublings = failures.saturating_sub(1).min(31);
        let bound = self.first_ms.saturating_mul(1 << doublings).min(self.longest_ms);
        jitter.up_to(bound).saturating_add(asked_ms.unwrap_or(0))
    }
}

/// Random numbers from the caller's entropy (SplitMix64): good enough to spread clients, and repeatable.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// Starts from random bytes of the caller's.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `bound`, both included.
    pub fn up_to(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        match bound.checked_add(1) {
            Some(values) => mixed % values,
            None => mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_their_bound_and_stay_below_it() {
        let backoff = Backoff { first_ms: 100, longest_ms: 1000 };
        let mut jitter = Jitter::new(1);
        for (failures, bound) in [(1, 100), (2, 200), (4, 800), (5, 1000), (400, 1000)] {
            let delays: Vec<_> = (0..500).map(|_| backoff.delay(failures, None, &mut jitter)).collect();
            assert!(delays.iter().all(|delay| *delay <= bound));
            assert!(delays.iter().any(|delay| *delay > bound / 2), "spread over the whole range");
            assert!(delays.iter().any(|delay| *delay < bound / 2), "spread over the whole range");
        }
    }

    #[test]
    fn the_service_can_ask_for_longer() {
        let delay = Backoff::default().delay(1, Some(5000), &mut Jitter::new(7));
        assert!((5000..=5200).contains(&delay));
    }

    #[test]
    fn the_full_range_does_not_overflow() {
        Jitter::new(u64::MAX).up_to(u64::MAX);
    }
}
