//! What has changed, for whoever looks on: which sessions, in order, within a limit; and what happened to each of them.
//!
//! Whoever looks keeps a position and asks what came after it. Nobody is told, and nothing is kept for anybody, so that
//! it costs a change next to nothing. What a session looks like is in `summary`.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::session::{Exit, Millis, Status};

/// How many changes can be asked for. Whoever is further behind has to look at everything anew.
const MOST_CHANGES: usize = 4096;
/// How many moments are kept of one session: the first ones and the latest ones.
const MOST_MOMENTS: usize = 64;
/// The moments at the beginning that stay, whatever comes.
const FIRST_MOMENTS: usize = 8;
/// How many players a moment names.
const MOST_NAMES: usize = 8;

/// Which sessions have changed, in order.
#[derive(Default)]
pub(super) struct History {
    changed: VecDeque<Arc<str>>,
    /// How many changes came before those that are kept.
    dropped: u64,
}

impl History {
    /// A session has changed, or is gone.
    pub(super) fn changed(&mut self, id: &Arc<str>) {
        if self.changed.len() == MOST_CHANGES {
            self.changed.pop_front();
            self.dropped += 1;
        }
        self.changed.push_back(Arc::clone(id));
    }

    /// How many changes there have been.
    pub(super) fn position(&self) -> u64 {
        self.dropped + self.changed.len() as u64
    }

    /// The sessions that have changed since a position, each once; `None` when that is too long ago, or never was.
    pub(super) fn since(&self, position: u64) -> Option<HashSet<Arc<str>>> {
        let first = usize::try_from(position.checked_sub(self.dropped)?).ok()?;
        (first <= self.changed.len()).then(|| self.changed.range(first..).cloned().collect())
    }
}

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    Became(Status),
    /// Its process has ended.
    Exited(Exit),
    Joined(Names),
    Left(Names),
    /// This many moments are not kept.
    NotKept(usize),
}

/// Players, the first of them by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) first: Vec<Arc<str>>,
    pub(crate) count: usize,
}

impl Names {
    pub(super) fn of(players: &[Arc<str>]) -> Self {
        Self { first: players.iter().take(MOST_NAMES).cloned().collect(), count: players.len() }
    }
}

/// What happened to a session after its start, in order. Without a process nothing happens to most of them, and it costs
/// nothing.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    moments: Vec<(Millis, Happened)>,
    dropped: usize,
}

impl Timeline {
    pub(super) fn add(&mut self, at: Millis, happened: Happened) {
        if self.moments.len() == MOST_MOMENTS {
            self.moments.remove(FIRST_MOMENTS);
            self.dropped += 1;
        }
        self.moments.push((at, happened));
    }

    /// All moments, with the start as the first of them.
    pub(super) fn all(&self, created: Millis, first: Status) -> Vec<(Millis, Happened)> {
        let mut all = vec![(created, Happened::Became(Status::Created))];
        all.extend((first != Status::Created).then_some((created, Happened::Became(first))));
        let (early, late) = self.moments.split_at(self.moments.len().min(FIRST_MOMENTS));
        all.extend_from_slice(early);
        if let (1.., Some((at, _))) = (self.dropped, late.first()) {
            all.push((*at, Happened::NotKept(self.dropped)));
        }
        all.extend_from_slice(late);
        all
    }

    /// When the last thing happened.
    pub(super) fn last(&self) -> Option<Millis> {
        self.moments.last().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_from_a_position_on_and_not_kept_for_ever() {
        let mut history = History::default();
        let ids: Vec<Arc<str>> = (0..3).map(|id| id.to_string().into()).collect();
        history.changed(&ids[0]);
        let position = history.position();
        history.changed(&ids[1]);
        history.changed(&ids[2]);
        history.changed(&ids[1]);
        let since = |history: &History, position| {
            let mut ids: Vec<_> = history.since(position)?.into_iter().collect();
            ids.sort();
            Some(ids.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(since(&history, position).as_deref(), Some("1 2"));
        assert_eq!(since(&history, history.position()).as_deref(), Some(""));
        assert_eq!(since(&history, history.position() + 1), None, "from another emulator");
        for _ in 0..MOST_CHANGES {
            history.changed(&ids[0]);
        }
        assert_eq!(since(&history, position), None);
        assert_eq!(since(&history, history.position() - MOST_CHANGES as u64).as_deref(), Some("0"));
        assert_eq!(history.changed.len(), MOST_CHANGES);
    }

    #[test]
    fn a_session_that_never_rests_keeps_its_first_and_its_latest_moments() {
        let mut timeline = Timeline::default();
        for at in 0..1000 {
            timeline.add(at, Happened::Exited(Exit::Killed));
        }
        let all = timeline.all(0, Status::Created);
        assert_eq!(all.len(), MOST_MOMENTS + 2);
        assert_eq!(all[FIRST_MOMENTS].0, FIRST_MOMENTS as u64 - 1);
        assert_eq!(all[FIRST_MOMENTS + 1].1, Happened::NotKept(1000 - MOST_MOMENTS));
        assert_eq!(all.last().unwrap().0, 999);
        assert_eq!(timeline.last(), Some(999));
    }
}
