//! A bounded table of sessions by id, with an index for each question that is asked of it. What an input means for a
//! session lives in `lifecycle.rs`; nothing here decides that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::input::{LifecycleOptions, SessionInput};
use super::lifecycle::Session;
use super::state::{Refused, Transition};
use crate::model::SessionId;

/// What a tracker is told at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackerOptions {
    /// The most sessions it holds, at least 1; 1024 unless told otherwise.
    pub capacity: usize,
    /// The time limits for sessions that are made for it.
    pub lifecycle: LifecycleOptions,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self { capacity: 1024, lifecycle: LifecycleOptions::default() }
    }
}

/// Sessions in the order in which they came, numbered; a number is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

/// The sessions that are followed. Each update costs O(log n), and none allocates when it changes nothing.
///
/// When it is full, the session that ended longest ago makes room, and if none has ended the one that came first.
#[derive(Clone, Debug)]
pub struct Tracker {
    options: TrackerOptions,
    clock: u64,
    last_key: Key,
    sessions: BTreeMap<Key, Session>,
    keys: BTreeMap<SessionId, Key>,
    /// When each session wants a tick.
    deadlines: BTreeSet<(u64, Key)>,
    /// The sessions that are over, by when.
    ended: BTreeSet<(u64, Key)>,
    /// In which sessions that are not over each player is.
    players: BTreeMap<Arc<str>, Vec<Key>>,
}

impl Tracker {
    /// An empty table. A capacity of 0 counts as 1.
    pub fn new(options: TrackerOptions) -> Self {
        let options = TrackerOptions { capacity: options.capacity.max(1), ..options };
        Self {
            options,
            clock: 0,
            last_key: Key(0),
            sessions: BTreeMap::new(),
            keys: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            ended: BTreeSet::new(),
            players: BTreeMap::new(),
        }
    }

    /// The options in force.
    pub fn options(&self) -> TrackerOptions {
        self.options
    }

    /// Follows a session from here on. Hands back the session that had to make room, if one had to.
    ///
    /// # Errors
    /// [`AlreadyTracked`] when its id is in the table: what is known of that one stays.
    pub fn track(&mut self, session: Session) -> Result<Option<Session>, AlreadyTracked> {
        if self.keys.contains_key(session.id()) {
            return Err(AlreadyTracked { session: Box::new(session) });
        }
        let evicted = if self.sessions.len() >= self.options.capacity { self.evict() } else { None };
        self.last_key = Key(self.last_key.0 + 1);
        let key = self.last_key;
        self.keys.insert(session.id().clone(), key);
        self.deadlines.extend(session.next_deadline().map(|at| (at, key)));
        if session.state().is_ended() {
            self.ended.insert((session.since(), key));
        } else {
            session.roster().shared_names().iter().for_each(|name| enter(&mut self.players, name, key));
        }
        self.sessions.insert(key, session);
        Ok(evicted)
    }

    /// The session with this id.
    pub fn get(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.get(self.keys.get(id)?)
    }

    /// Follows a session no longer, and hands it back.
    pub fn forget(&mut self, id: &SessionId) -> Option<Session> {
        let key = *self.keys.get(id)?;
        self.remove(key)
    }

    /// All sessions, in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Session> {
        self.sessions.values()
    }

    /// How many sessions there are, those that are over included.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Tells one session something; see [`Session::apply`].
    ///
    /// # Errors
    /// [`TrackerRefusal::NotTracked`], or what the session refused. Then nothing has changed.
    pub fn apply(
        &mut self,
        id: &SessionId,
        input: SessionInput<'_>,
        now: u64,
    ) -> Result<Option<Transition>, TrackerRefusal> {
        self.clock = self.clock.max(now);
        let key = *self.keys.get(id).ok_or(TrackerRefusal::NotTracked)?;
        self.update(key, input)
    }

    /// The service took these players out. Leave names no session, so each is taken out of every session that is not
    /// over and that it is known to be in. Returns how many places became free.
    pub fn players_left(&mut self, players: &[String], now: u64) -> usize {
        self.clock = self.clock.max(now);
        let mut freed = 0;
        for player in players {
            let left = SessionInput::Left { players: std::slice::from_ref(player), count: None };
            for key in self.players.remove(player.as_str()).unwrap_or_default() {
                // The index holds no session that is over, and no other refuses a leave.
                freed += usize::from(self.update(key, left).is_ok());
            }
        }
        freed
    }

    /// When [`Tracker::tick`] has something to do; `None` when it never will as things stand.
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Takes the next step that is due, of whichever session, the earliest first. Call it until it returns `None`.
    pub fn tick(&mut self, now: u64) -> Option<(&Session, Transition)> {
        self.clock = self.clock.max(now);
        let (at, key) = *self.deadlines.first()?;
        if at > self.clock {
            return None;
        }
        let transition = self.update(key, SessionInput::Tick).ok().flatten()?;
        self.sessions.get(&key).map(|session| (session, transition))
    }

    /// How many players the index holds.
    #[cfg(test)]
    pub(super) fn indexed_players(&self) -> usize {
        self.players.len()
    }

    fn update(&mut self, key: Key, input: SessionInput<'_>) -> Result<Option<Transition>, TrackerRefusal> {
        let session = self.sessions.get_mut(&key).ok_or(TrackerRefusal::NotTracked)?;
        let deadline = session.next_deadline();
        let names = replaced_names(session, input);
        let transition = session.apply(input, self.clock).map_err(TrackerRefusal::Session)?;

        if session.next_deadline() != deadline {
            deadline.map(|at| self.deadlines.remove(&(at, key)));
            self.deadlines.extend(session.next_deadline().map(|at| (at, key)));
        }
        if transition.is_some_and(|it| it.to.is_ended()) {
            self.ended.insert((session.since(), key));
            let names = names.as_ref().unwrap_or(session.roster().shared_names());
            names.iter().for_each(|name| leave(&mut self.players, name, key));
            return Ok(transition);
        }
        let known = session.roster().shared_names();
        match (input, names) {
            (_, Some(names)) => {
                names.difference(known).for_each(|name| leave(&mut self.players, name, key));
                known.difference(&names).for_each(|name| enter(&mut self.players, name, key));
            }
            (SessionInput::Joined { players, .. }, None) => {
                let joined = players.iter().filter_map(|player| known.get(player.as_str()));
                joined.for_each(|name| enter(&mut self.players, name, key));
            }
            (SessionInput::Left { players, .. }, None) => {
                players.iter().for_each(|player| leave(&mut self.players, player, key));
            }
            _ => {}
        }
        Ok(transition)
    }

    fn evict(&mut self) -> Option<Session> {
        let ended = self.ended.first().map(|(_, key)| *key);
        let key = ended.or_else(|| self.sessions.first_key_value().map(|(key, _)| *key))?;
        self.remove(key)
    }

    fn remove(&mut self, key: Key) -> Option<Session> {
        let session = self.sessions.remove(&key)?;
        self.keys.remove(session.id());
        session.next_deadline().map(|at| self.deadlines.remove(&(at, key)));
        self.ended.remove(&(session.since(), key));
        session.roster().shared_names().iter().for_each(|name| leave(&mut self.players, name, key));
        Some(session)
    }
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new(TrackerOptions::default())
    }
}

/// The names of a session before an input that may replace them as a whole; `None` (and nothing copied) before any
/// other.
fn replaced_names(session: &Session, input: SessionInput<'_>) -> Option<BTreeSet<Arc<str>>> {
    let roster = session.roster();
    let replaces = match input {
        SessionInput::Described(details) => !session.state().is_ended() && roster.is_renamed_by(&details.players),
        SessionInput::Listed(entry) => entry.player_count == Some(0) && roster.names().len() > 0,
        _ => false,
    };
    replaces.then(|| roster.shared_names().clone())
}

fn enter(index: &mut BTreeMap<Arc<str>, Vec<Key>>, player: &Arc<str>, key: Key) {
    match index.get_mut(player) {
        Some(keys) if keys.contains(&key) => {}
        Some(keys) => keys.push(key),
        None => {
            index.insert(Arc::clone(player), vec![key]);
        }
    }
}

fn leave(index: &mut BTreeMap<Arc<str>, Vec<Key>>, player: &str, key: Key) {
    let Some(keys) = index.get_mut(player) else { return };
    keys.retain(|held| *held != key);
    if keys.is_empty() {
        index.remove(player);
    }
}

/// A session with this id is in the table already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyTracked {
    /// The session that was not taken in.
    pub session: Box<Session>,
}

impl fmt::Display for AlreadyTracked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {} is followed already; tell it what is new instead", self.session.id())
    }
}

impl std::error::Error for AlreadyTracked {}

/// Why an update was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackerRefusal {
    /// No session with that id is in the table (any more).
    NotTracked,
    /// The session refused it.
    Session(Refused),
}

impl fmt::Display for TrackerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTracked => f.write_str("no session with that id is followed"),
            Self::Session(refused) => refused.fmt(f),
        }
    }
}

impl std::error::Error for TrackerRefusal {}
