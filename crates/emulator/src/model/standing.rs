//! How things stand, in numbers: for whoever counts.

use std::collections::BTreeMap;

use super::session::Status;
use super::sessions::Model;

/// How things stand.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) started: u64,
    /// How many sessions have ended as what, since the start.
    pub(crate) ended: [(&'static str, u64); 2],
    /// Location, status, and how many sessions there are of those that are known.
    pub(crate) sessions: Vec<(String, &'static str, usize)>,
    /// How many are alive in each location.
    pub(crate) alive: Vec<(String, usize)>,
    /// Where there is a limit.
    pub(crate) capacity: Vec<(String, usize)>,
    pub(crate) players: usize,
}

impl Model {
    /// How things stand.
    pub(crate) fn standing(&self) -> Standing {
        let locations = self.catalogue.locations();
        let mut sessions: BTreeMap<(usize, &'static str), usize> = BTreeMap::new();
        for session in self.sessions.values() {
            *sessions.entry((session.facts.location_index, session.status.name())).or_default() += 1;
        }
        let name = |index: usize| locations.get(index).map_or_else(String::new, |location| location.id.clone());
        let limited =
            |location: &std::sync::Arc<crate::config::Location>| Some((location.id.clone(), location.capacity?));
        Standing {
            started: self.started,
            ended: [(Status::Exited.name(), self.exited), (Status::Dead.name(), self.died)],
            sessions: sessions.into_iter().map(|((at, status), count)| (name(at), status, count)).collect(),
            alive: self.alive_in.iter().enumerate().map(|(at, count)| (name(at), *count)).collect(),
            capacity: locations.iter().filter_map(limited).collect(),
            players: self.whereabouts.len(),
        }
    }
}
