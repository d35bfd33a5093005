//! What starts came to, second by second, for the last minutes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

/// How many seconds are kept.
const MOST: usize = 300;
/// Times are counted in classes, four to each doubling, from a microsecond to more than a minute: within 19 %.
const CLASSES: usize = 4 * 27;

/// One second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Tick {
    /// Its end: unix time in milliseconds.
    pub(crate) at: u64,
    /// Sessions that were started.
    pub(crate) starts: u32,
    /// Starts that were refused, or not answered.
    pub(crate) refused: u32,
    /// How long half of the starts took at most, in milliseconds.
    pub(crate) median: Option<f64>,
    /// How long 95 of 100 took at most.
    pub(crate) p95: Option<f64>,
    /// Sessions that are alive, for each location.
    pub(crate) alive: Vec<usize>,
}

/// The last minutes.
pub(super) struct Series {
    kept: VecDeque<Arc<Tick>>,
    count: u64,
    starts: u32,
    refused: u32,
    times: [u32; CLASSES],
}

impl Default for Series {
    fn default() -> Self {
        Self { kept: VecDeque::new(), count: 0, starts: 0, refused: 0, times: [0; CLASSES] }
    }
}

impl Series {
    pub(super) fn start(&mut self, is_started: bool, took: Duration) {
        if is_started {
            self.starts += 1;
            self.times[class(took)] += 1;
        } else {
            self.refused += 1;
        }
    }

    pub(super) fn close_second(&mut self, at: u64, alive: Vec<usize>) {
        let tick = Tick {
            at,
            starts: self.starts,
            refused: self.refused,
            median: self.quantile(0.5),
            p95: self.quantile(0.95),
            alive,
        };
        if self.kept.len() == MOST {
            self.kept.pop_front();
        }
        self.kept.push_back(Arc::new(tick));
        self.count += 1;
        (self.starts, self.refused) = (0, 0);
        self.times.fill(0);
    }

    pub(super) fn position(&self) -> u64 {
        self.count
    }

    pub(super) fn all(&self) -> Vec<Arc<Tick>> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn since(&self, position: u64) -> Option<Vec<Arc<Tick>>> {
        let missing = usize::try_from(self.count.checked_sub(position)?).ok()?;
        let first = self.kept.len().checked_sub(missing)?;
        Some(self.kept.range(first..).cloned().collect())
    }

    fn quantile(&self, share: f64) -> Option<f64> {
        let mut left = (f64::from(self.starts) * share).ceil();
        let class = self.times.iter().position(|count| {
            left -= f64::from(*count);
            *count > 0 && left <= 0.0
        })?;
        // The middle of the class, in milliseconds.
        Some(((class as f64 + 0.5) / 4.0).exp2() / 1000.0)
    }
}

fn class(took: Duration) -> usize {
    let micros = (took.as_nanos() as f64 / 1000.0).max(1.0);
    // Never negative, and far below what a usize holds.
    ((micros.log2() * 4.0) as usize).min(CLASSES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_starts_and_their_times() {
        let mut series = Series::default();
        for millis in 1..=100 {
            series.start(true, Duration::from_millis(millis));
        }
        series.start(false, Duration::from_secs(9));
        series.close_second(7, vec![3, 0]);
        series.close_second(8, vec![3, 0]);
        let all = series.all();
        assert_eq!((all[0].at, all[0].starts, all[0].refused), (7, 100, 1));
        let (median, p95) = (all[0].median.unwrap(), all[0].p95.unwrap());
        assert!((40.0..60.0).contains(&median) && (80.0..115.0).contains(&p95), "{median} {p95}");
        assert_eq!((all[1].starts, all[1].refused, all[1].median, all[1].p95), (0, 0, None, None));
    }

    #[test]
    fn any_time_has_a_class() {
        assert_eq!(class(Duration::ZERO), 0);
        assert_eq!(class(Duration::MAX), CLASSES - 1);
    }

    #[test]
    fn a_few_minutes_are_kept() {
        let mut series = Series::default();
        for at in 0..2 * MOST as u64 {
            series.close_second(at, Vec::new());
        }
        assert_eq!(series.all().len(), MOST);
        assert_eq!(series.since(series.position() - 1).unwrap()[0].at, 2 * MOST as u64 - 1);
        assert!(series.since(0).is_none());
    }
}
