//! The sessions of an emulator and how they act on each other: ids, capacity, quota, ports, statuses, times.
//!
//! Who is in a session is in `roster`, what a session looks like in `view`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::catalogue::{Catalogue, check_offer, choose_tag};
use super::fault::{Fault, FaultKind, quoted};
use super::history::{Happened, History};
use super::places::Place;
use super::ports::PortPool;
use super::session::{Exit, Facts, Millis, PortMapping, Session, Status};
use super::start_body::StartBody;
use super::view::{self, Snapshot};
use crate::config::{Backend, Config, Protocol};

/// Every session there is, running or ended and not yet forgotten.
pub(crate) struct Model {
    pub(super) catalogue: Arc<Catalogue>,
    backend: Backend,
    /// What each location says about its machine.
    hosts: Vec<Arc<str>>,
    organization: Arc<str>,
    quota: Option<usize>,
    retention: Millis,
    retained: usize,
    pub(super) sessions: HashMap<Arc<str>, Session>,
    /// Who is where: the session of each player.
    pub(super) whereabouts: HashMap<Arc<str>, Arc<str>>,
    pub(super) started: u64,
    /// How many sessions have ended, as one of the two.
    pub(super) exited: u64,
    pub(super) died: u64,
    alive: usize,
    pub(super) alive_in: Vec<usize>,
    /// The locations, as they are now.
    pub(super) places: Vec<Place>,
    ports: PortPool,
    /// What comes when, by time and number of the session.
    agenda: BTreeMap<(Millis, u64, Step), Arc<str>>,
    /// Ended sessions and when they are forgotten: in this order, as they are all kept equally long.
    ended: VecDeque<(Millis, Arc<str>)>,
    forgotten: Vec<Arc<Facts>>,
    is_closed: bool,
    /// When it began: tags reach locations from then on.
    began: Millis,
    /// The latest time that it was told.
    pub(super) now: Millis,
    pub(super) history: History,
}

/// What comes at a certain time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Run,
    End,
}

/// What is to be done now that a time has come.
#[derive(Debug)]
pub(crate) enum Due {
    /// End its process: its time to live is over.
    Stop(Arc<Facts>),
    /// Remove what was kept of it.
    Forgotten(Arc<Facts>),
}

/// What is to be done after a stop.
#[derive(Debug)]
pub(crate) enum AfterStop {
    /// End its process.
    EndProcess,
    /// Nothing: there is no process, or it is being ended already.
    Nothing,
}

/// What is to be done after the end of a process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterExit {
    /// Start another one.
    Restart,
    /// Nothing: the session has ended.
    Ended,
}

impl Model {
    /// A model of a checked configuration. `host` is what locations say that have nothing of their own to say, `turn` any number: see `PortPool::new`.
    pub(crate) fn new(config: &Config, catalogue: Arc<Catalogue>, host: &str, turn: u64) -> Self {
        Self {
            backend: config.backend,
            hosts: catalogue.locations().iter().map(|location| location.host(config.backend, host).into()).collect(),
            organization: config.organization.as_str().into(),
            quota: config.quota,
            retention: millis(config.retention),
            retained: config.retained_sessions,
            sessions: HashMap::new(),
            whereabouts: HashMap::new(),
            started: 0,
            exited: 0,
            died: 0,
            alive: 0,
            alive_in: vec![0; catalogue.locations().len()],
            ports: PortPool::new(config.port_range, config.backend != Backend::Null, turn),
            places: catalogue.locations().iter().map(|location| Place::new(location)).collect(),
            agenda: BTreeMap::new(),
            ended: VecDeque::new(),
            forgotten: Vec::new(),
            is_closed: false,
            began: 0,
            now: 0,
            history: History::default(),
            catalogue,
        }
    }

    /// Tells it when it begins.
    pub(crate) fn begin(&mut self, now: Millis) {
        self.began = now;
    }

    /// Tells it the time, for what is asked of it without one.
    pub(crate) fn tell(&mut self, now: Millis) {
        self.now = now;
    }

    /// The latest time that it was told.
    pub(crate) fn now(&self) -> Millis {
        self.now
    }

    /// Starts a session: from here on its id, its place and its ports are taken. With a process behind it, the caller
    /// starts that and tells of it with [`Self::process_runs`], [`Self::process_exited`] or [`Self::withdraw`].
    ///
    /// `fresh_id` is used when the body brings none. `is_full`: there is no room, whatever the capacity. `is_free` is asked
    /// whether another program holds a host port.
    ///
    /// # Errors
    /// 503 when closed, 404, 409, 402 and 420, looked for in this order.
    pub(crate) fn start(
        &mut self,
        body: StartBody,
        now: Millis,
        fresh_id: impl FnOnce() -> Arc<str>,
        is_full: bool,
        is_free: &mut dyn FnMut(Protocol, u16) -> bool,
    ) -> Result<Arc<Facts>, Fault> {
        if self.is_closed {
            let details = "the emulator is shutting down; nothing was started";
            return Err(Fault::new(FaultKind::ServiceUnavailable, "shutting down", details));
        }
        let image = Arc::clone(self.catalogue.image(&body.image)?);
        let location_index = self.catalogue.location_index(&body.location)?;
        let location = Arc::clone(&self.catalogue.locations()[location_index]);
        check_offer(&location, &image)?;
        let warm = image.warm_pool;
        let arrived = self.catalogue.arrived_tags(location_index, &image, now.saturating_sub(self.began));
        let tag_index = choose_tag(&image, arrived, body.version.as_deref().filter(|_| !warm))?;

        let id = body.id.map_or_else(fresh_id, Arc::from);
        let place = match self.sessions.entry(Arc::clone(&id)) {
            Entry::Vacant(place) => place,
            Entry::Occupied(_) => {
                let details = format!("the id {} is used already; describe it to see by what", quoted(&id));
                return Err(Fault::new(FaultKind::Conflict, "duplicate session id", details));
            }
        };
        if let Some(quota) = self.quota.filter(|quota| self.alive >= *quota) {
            let details = format!("{} sessions are alive, and the quota is {quota}; stop one", self.alive);
            return Err(Fault::new(FaultKind::QuotaExceeded, "quota used up", details));
        }
        self.places[location_index].check_room(&location.id, self.alive_in[location_index])?;
        if is_full {
            return Err(no_capacity(format!("a fault says that {} is full", location.id)));
        }
        let mut ports = Vec::with_capacity(image.ports.len());
        for port in &image.ports {
            match self.ports.take(port.protocol, is_free) {
                Some(host) => ports.push(PortMapping { protocol: port.protocol, container: port.container, host }),
                None => {
                    self.ports.give_back(&ports);
                    return Err(no_capacity("no host port is free; widen `port_range`".to_owned()));
                }
            }
        }

        self.started += 1;
        let facts = Arc::new(Facts {
            number: self.started,
            id: Arc::clone(&id),
            tag_index,
            location,
            location_index,
            host: Arc::clone(&self.hosts[location_index]),
            organization: Arc::clone(&self.organization),
            created: now,
            ends_at: body.ttl.map(|seconds| now + seconds * 1000),
            ports: ports.into(),
            labels: if warm { Default::default() } else { body.labels },
            env: if warm { Default::default() } else { body.env },
            args: body.args.filter(|_| !warm),
            restart: body.restart && !warm,
            external_id: body.external_id,
            image,
        });
        self.alive += 1;
        self.alive_in[location_index] += 1;
        let mut status = Status::Created;
        if self.backend == Backend::Null {
            match millis(facts.image.ready_delay) {
                0 => status = Status::Running,
                delay => {
                    self.agenda.insert((now + delay, facts.number, Step::Run), Arc::clone(&id));
                }
            }
        }
        if let Some(ends_at) = facts.ends_at {
            self.agenda.insert((ends_at, facts.number, Step::End), Arc::clone(&id));
        }
        place.insert(Session::new(Arc::clone(&facts), status));
        self.history.changed(&id);
        Ok(facts)
    }

    /// Takes a start back whose process could not be started: the id is free again.
    pub(crate) fn withdraw(&mut self, facts: &Facts) {
        if let Some(session) = self.sessions.remove(&facts.id) {
            for player in session.joined {
                self.whereabouts.remove(&player);
            }
            self.release(facts);
            self.history.changed(&facts.id);
        }
    }

    /// Its process is ready.
    pub(crate) fn process_runs(&mut self, facts: &Facts) {
        if let Some(session) = self.sessions.get_mut(&facts.id)
            && matches!(session.status, Status::Created | Status::Restarting)
        {
            session.becomes(Status::Running, self.now);
            self.history.changed(&facts.id);
        }
    }

    /// Its machine can't be reached, so that nothing is known of its process.
    pub(crate) fn machine_lost(&mut self, facts: &Facts) {
        if let Some(session) = self.sessions.get_mut(&facts.id)
            && matches!(session.status, Status::Created | Status::Running | Status::Restarting)
        {
            session.becomes(Status::ServerUnreachable, self.now);
            self.history.changed(&facts.id);
        }
    }

    /// Its machine can be reached again; `is_ready`: its process is.
    pub(crate) fn machine_found(&mut self, facts: &Facts, is_ready: bool) {
        if let Some(session) = self.sessions.get_mut(&facts.id)
            && session.status == Status::ServerUnreachable
        {
            session.becomes(if is_ready { Status::Running } else { Status::Created }, self.now);
            self.history.changed(&facts.id);
        }
    }

    /// Its process has ended.
    pub(crate) fn process_exited(&mut self, facts: &Facts, exit: Exit, now: Millis) -> AfterExit {
        let Some(session) = self.sessions.get_mut(&facts.id) else { return AfterExit::Ended };
        session.timeline.add(now, Happened::Exited(exit));
        if session.is_restarted_after(exit) {
            session.becomes(Status::Restarting, now);
            self.history.changed(&facts.id);
            return AfterExit::Restart;
        }
        let status = session.status_after(exit);
        self.end(facts, status, now);
        AfterExit::Ended
    }

    /// Begins the end of a session.
    ///
    /// # Errors
    /// 404 when there is none of this id, 409 when it has ended.
    pub(crate) fn stop(&mut self, id: &str, now: Millis) -> Result<(AfterStop, Arc<Facts>), Fault> {
        let session = self.sessions.get_mut(id).ok_or_else(|| Fault::no_session(id))?;
        let facts = Arc::clone(&session.facts);
        if session.status.is_ended() {
            let details = format!("the session {} has ended: {}", quoted(id), session.status.name());
            return Err(Fault::new(FaultKind::Conflict, "already terminated", details));
        }
        if self.backend == Backend::Null {
            self.end(&facts, Status::Exited, now);
            return Ok((AfterStop::Nothing, facts));
        }
        if session.status == Status::ShuttingDown {
            return Ok((AfterStop::Nothing, facts));
        }
        session.becomes(Status::ShuttingDown, now);
        self.history.changed(&facts.id);
        Ok((AfterStop::EndProcess, facts))
    }

    /// When [`Self::due`] has something to say, if nothing else happens.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        if !self.forgotten.is_empty() {
            return Some(0);
        }
        let planned = self.agenda.keys().next().map(|(at, ..)| *at);
        let forgotten = self.ended.front().map(|(at, _)| *at);
        planned.into_iter().chain(forgotten).min()
    }

    /// The next thing whose time has come. Ask until it is `None`.
    pub(crate) fn due(&mut self, now: Millis) -> Option<Due> {
        loop {
            if let Some(facts) = self.forgotten.pop() {
                return Some(Due::Forgotten(facts));
            }
            if self.ended.front().is_some_and(|(at, _)| *at <= now)
                && let Some((_, id)) = self.ended.pop_front()
            {
                self.remove(&id);
                continue;
            }
            let first = self.agenda.first_entry().filter(|entry| entry.key().0 <= now)?;
            let ((_, number, step), id) = first.remove_entry();
            // The id may mean another session by now.
            let Some(session) = self.sessions.get(&id).filter(|session| session.facts.number == number) else {
                continue;
            };
            let facts = Arc::clone(&session.facts);
            match step {
                Step::Run => {
                    self.now = now;
                    self.process_runs(&facts);
                }
                Step::End => {
                    if let Ok((AfterStop::EndProcess, facts)) = self.stop(&id, now) {
                        return Some(Due::Stop(facts));
                    }
                }
            }
        }
    }

    /// Every session that `keep` wants, in the order of their starts.
    pub(crate) fn snapshots(&self, all: bool) -> Vec<Snapshot> {
        let with_status = self.sessions.values().map(|session| (session, self.status_of(session)));
        let wanted = with_status.filter(|(_, status)| all || *status == Status::Running);
        let snapshot = |(session, status): (&Session, Status)| Snapshot {
            facts: Arc::clone(&session.facts),
            status,
            player_count: session.joined.len(),
        };
        wanted.map(snapshot).collect()
    }

    /// Whether an image has a version, as a location sees it now.
    ///
    /// # Errors
    /// 404 when there is no such location, no such image, or not this image there.
    pub(crate) fn has_tag(&self, location: &str, image: &str, version: &str) -> Result<bool, Fault> {
        self.catalogue.has_tag(location, image, version, self.now.saturating_sub(self.began))
    }

    /// The body of a description.
    ///
    /// # Errors
    /// 404 when there is no session of this id.
    pub(crate) fn describe(&self, id: &str) -> Result<Vec<u8>, Fault> {
        let session = self.sessions.get(id).ok_or_else(|| Fault::no_session(id))?;
        let body = view::described(&session.facts, self.status_of(session), &session.joined);
        serde_json::to_vec(&body)
            .map_err(|error| Fault::new(FaultKind::InternalError, "the answer could not be written", error.to_string()))
    }

    /// The facts of a session, and whether it has ended.
    ///
    /// # Errors
    /// 404 when there is no session of this id.
    pub(crate) fn facts(&self, id: &str) -> Result<(Arc<Facts>, bool), Fault> {
        let session = self.sessions.get(id).ok_or_else(|| Fault::no_session(id))?;
        Ok((Arc::clone(&session.facts), session.status.is_ended()))
    }

    /// Whether the end of a session was asked for, or has come.
    pub(crate) fn is_stopping(&self, facts: &Facts) -> bool {
        let session = self.sessions.get(&facts.id).filter(|session| session.facts.number == facts.number);
        session.is_none_or(|session| session.status == Status::ShuttingDown || session.status.is_ended())
    }

    /// Starts no more sessions from here on. The ids of those that have not ended.
    pub(crate) fn close(&mut self) -> Vec<Arc<str>> {
        self.is_closed = true;
        self.sessions.iter().filter(|(_, session)| !session.status.is_ended()).map(|(id, _)| Arc::clone(id)).collect()
    }

    fn end(&mut self, facts: &Facts, status: Status, now: Millis) {
        let Some(session) = self.sessions.get_mut(&facts.id) else { return };
        match status {
            Status::Exited => self.exited += 1,
            _ => self.died += 1,
        }
        session.becomes(status, now);
        self.history.changed(&facts.id);
        for player in std::mem::take(&mut session.joined) {
            self.whereabouts.remove(&player);
        }
        self.release(facts);
        self.ended.push_back((now + self.retention, Arc::clone(&facts.id)));
        while self.ended.len() > self.retained {
            if let Some((_, oldest)) = self.ended.pop_front() {
                self.remove(&oldest);
            }
        }
    }

    /// Gives back what a session that is alive takes up.
    fn release(&mut self, facts: &Facts) {
        if let Some(ends_at) = facts.ends_at {
            self.agenda.remove(&(ends_at, facts.number, Step::End));
        }
        self.alive -= 1;
        self.alive_in[facts.location_index] -= 1;
        self.ports.give_back(&facts.ports);
    }

    fn remove(&mut self, id: &str) {
        let removed = self.sessions.remove(id);
        if let Some(session) = &removed {
            self.history.changed(&session.facts.id);
        }
        // Without a process, nothing was kept of it elsewhere.
        self.forgotten.extend(removed.filter(|_| self.backend != Backend::Null).map(|session| session.facts));
    }
}

pub(super) fn no_capacity(details: String) -> Fault {
    let details = format!("{details}; try another location, or again in about 60 seconds");
    Fault::new(FaultKind::CapacityUnavailable, "no capacity", details)
}

fn millis(duration: std::time::Duration) -> Millis {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
