//! Who is in a session and how many: our own list of names beside the service's count. What a session does with it
//! lives in `lifecycle.rs`; who may play is nobody's business here.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::JoinedPlayers;

/// The players of one session.
///
/// The names are those that joined through us or stood in a description; others may have joined through somebody else.
/// The **count** is the service's word and wins over the length of that list, in both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    names: BTreeSet<Arc<str>>,
    count: u32,
}

impl Roster {
    /// The most names that one roster holds. Beyond it only the count goes on, so that no answer can fill the memory.
    pub const MAX_NAMES: usize = 10_000;

    /// How many players are in, by the service's count.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether this player is known to be in.
    pub fn contains(&self, player: &str) -> bool {
        self.names.contains(player)
    }

    /// The known names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Whether as many names are known as the service counts players.
    pub fn is_complete(&self) -> bool {
        self.names.len() == self.count as usize
    }

    /// How many more players fit into `capacity`; none when it is overbooked.
    pub fn open_slots(&self, capacity: u32) -> u32 {
        capacity.saturating_sub(self.count)
    }

    /// Whether it is overbooked: more players than `capacity`.
    pub fn is_over(&self, capacity: u32) -> bool {
        self.count > capacity
    }

    /// Players joined, and the service then counted `count`. Who is in already stays in, once.
    pub fn join(&mut self, players: &[String], count: u32) {
        self.count = count;
        players.iter().for_each(|player| self.insert(player));
    }

    /// Players left. `count` is the service's count for this session afterwards; without it, as many as were known
    /// to be in are taken off. Who is not in can't leave.
    pub fn leave(&mut self, players: &[String], count: Option<u32>) {
        let mut removed: u32 = 0;
        for player in players {
            removed = removed.saturating_add(u32::from(self.names.remove(player.as_str())));
        }
        self.count = count.unwrap_or(self.count.saturating_sub(removed));
    }

    /// The service described the session: its list replaces ours. A count without names leaves the names as they
    /// are, unless it is zero; names without a count are counted.
    pub fn describe(&mut self, players: &JoinedPlayers) {
        let renames = self.is_renamed_by(players);
        self.count = counted(players);
        if !renames {
            return;
        }
        let known = std::mem::take(&mut self.names);
        for player in players.joined.iter().take(Self::MAX_NAMES) {
            // A name that is known already is not allocated again.
            self.names.insert(known.get(player.as_str()).cloned().unwrap_or_else(|| player.as_str().into()));
        }
    }

    /// A list entry counted the players without naming them.
    pub fn count_only(&mut self, count: u32) {
        self.count = count;
        if count == 0 {
            self.names.clear();
        }
    }

    /// The names as they are held, for an index that shares them.
    pub(super) fn shared_names(&self) -> &BTreeSet<Arc<str>> {
        &self.names
    }

    /// Whether [`Roster::describe`] would change the names.
    pub(super) fn is_renamed_by(&self, players: &JoinedPlayers) -> bool {
        let names_nobody = players.joined.is_empty() && counted(players) > 0;
        !names_nobody && !self.is_named(&players.joined)
    }

    fn insert(&mut self, player: &str) {
        if self.names.len() < Self::MAX_NAMES && !self.names.contains(player) {
            self.names.insert(player.into());
        }
    }

    /// Whether `players` are exactly the known names, in whatever order.
    fn is_named(&self, players: &[String]) -> bool {
        /// Up to here a look at each pair is cheaper than a sorted copy, and allocates nothing.
        const FEW: usize = 64;
        if players.len() != self.names.len() || !players.iter().all(|player| self.contains(player)) {
            return false;
        }
        // As many as ours and all of them ours: the same, unless one is named twice.
        if players.len() <= FEW {
            return players.iter().enumerate().all(|(index, player)| !players[..index].contains(player));
        }
        let mut sorted: Vec<&str> = players.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// How many players a description counts; an absent count is read as zero.
fn counted(players: &JoinedPlayers) -> u32 {
    match players.joined_count {
        0 => u32::try_from(players.joined.len()).unwrap_or(u32::MAX),
        count => count,
    }
}

impl Serialize for Roster {
    /// `{"count": 2, "names": ["a", "b"]}`
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            count: u32,
            names: Vec<&'a str>,
        }
        Form { count: self.count, names: self.names().collect() }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn players(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn described(names: &[&str], joined_count: u32) -> JoinedPlayers {
        JoinedPlayers { joined: players(names), joined_count }
    }

    fn names(roster: &Roster) -> Vec<&str> {
        roster.names().collect()
    }

    #[test]
    fn the_services_count_wins_over_the_list() {
        let mut roster = Roster::default();
        roster.join(&players(&["a", "b"]), 5);
        assert_eq!((roster.count(), names(&roster), roster.is_complete()), (5, vec!["a", "b"], false));
        roster.join(&players(&["a"]), 1);
        assert_eq!(roster.count(), 1);
        roster.leave(&players(&["a"]), Some(7));
        assert_eq!((roster.count(), names(&roster)), (7, vec!["b"]));
    }

    #[test]
    fn joining_twice_is_joining_once_and_strangers_cannot_leave() {
        let mut roster = Roster::default();
        roster.join(&players(&["a", "b"]), 2);
        let before = roster.clone();
        roster.join(&players(&["a", "b"]), 2);
        roster.leave(&players(&["z"]), None);
        assert_eq!(roster, before);
        roster.leave(&players(&["a", "a", "z"]), None);
        assert_eq!((roster.count(), names(&roster)), (1, vec!["b"]));
    }

    #[test]
    fn a_count_never_falls_below_zero() {
        let mut roster = Roster::default();
        roster.join(&players(&["a", "b"]), 0);
        roster.leave(&players(&["a", "b"]), None);
        assert_eq!(roster, Roster::default());
    }

    #[test]
    fn a_description_replaces_the_list() {
        let mut roster = Roster::default();
        roster.join(&players(&["a", "b"]), 2);
        roster.describe(&described(&["b", "c"], 2));
        assert_eq!((roster.count(), names(&roster)), (2, vec!["b", "c"]));
        roster.describe(&described(&["b", "c"], 3));
        assert_eq!((roster.count(), names(&roster)), (3, vec!["b", "c"]));
        roster.describe(&described(&["b", "b"], 2));
        assert_eq!((roster.count(), names(&roster)), (2, vec!["b"]), "the same number of names, but one twice");
        roster.describe(&described(&[], 0));
        assert_eq!(roster, Roster::default());
    }

    #[test]
    fn half_a_description_is_read_for_what_it_says() {
        let mut roster = Roster::default();
        roster.join(&players(&["a", "b"]), 2);
        roster.describe(&described(&[], 4));
        assert_eq!((roster.count(), names(&roster)), (4, vec!["a", "b"]), "a count without names");
        roster.describe(&described(&["c"], 0));
        assert_eq!((roster.count(), names(&roster)), (1, vec!["c"]), "names without a count");
        roster.count_only(9);
        assert_eq!((roster.count(), names(&roster)), (9, vec!["c"]));
        roster.count_only(0);
        assert_eq!(roster, Roster::default());
    }

    #[test]
    fn overbooking_shows() {
        let mut roster = Roster::default();
        roster.join(&players(&["a"]), 9);
        assert!(roster.is_over(8) && !roster.is_over(9));
        assert_eq!((roster.open_slots(8), roster.open_slots(9), roster.open_slots(u32::MAX)), (0, 0, u32::MAX - 9));
    }

    #[test]
    fn names_are_bounded_and_the_count_goes_on() {
        let many: Vec<String> = (0..Roster::MAX_NAMES + 5).map(|number| number.to_string()).collect();
        let count = many.len() as u32;
        let mut roster = Roster::default();
        roster.join(&many, count);
        assert_eq!((roster.names().len(), roster.count()), (Roster::MAX_NAMES, count));
        roster.describe(&JoinedPlayers { joined: many, joined_count: count });
        assert_eq!((roster.names().len(), roster.count()), (Roster::MAX_NAMES, count));
    }

    #[test]
    fn the_form_in_json() {
        let mut roster = Roster::default();
        roster.join(&players(&["b", "a"]), 3);
        assert_eq!(serde_json::to_string(&roster).expect("plain"), r#"{"count":3,"names":["a","b"]}"#);
    }
}
