//! The judge: sees what an engine is asked, sends, hears and says, knows what the service really did, and finds every
//! breach of what is promised. The [crate's page](crate) says what each of the counts means.

mod end;
mod track;

use matchport_core::allocation::{Phase, Progress, Ticket};
use matchport_core::engine::{Completion, Event, HttpRequest, OperationId};
use matchport_core::model::SessionId;
use matchport_core::retry::BudgetLimits;
use matchport_testkit::network::Back;
use matchport_testkit::service::{Service, StartBody};

pub(crate) use track::{Asked, Breach, Kind, Life, Request, Terms, Track};

use crate::said::{Said, contains};
use track::Start;

/// The locations of all worlds.
pub(crate) const LOCATIONS: [&str; 4] = ["eu-west-1", "us-east-1", "ap-southeast-1", "nowhere"];

/// See the [module](self).
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub tracks: Vec<Track>,
    /// By operation number, which count up from 1: whose it is.
    by_operation: Vec<u16>,
    terms: Terms,
    /// Until when each location is closed, and whether it has to be re-opened by a probe.
    closed: [(u64, bool); LOCATIONS.len()],
    /// Retries that are left, in thousandths, and as of when.
    budget: (u64, u64),
    pub breaches: Vec<Breach>,
    /// The longest time that giving up took.
    pub worst_settle_ms: u64,
}

impl Judge {
    pub(crate) fn new(terms: Terms) -> Self {
        let budget = (u64::from(terms.budget.capacity) * 1000, 0);
        Self {
            tracks: Vec::new(),
            by_operation: vec![u16::MAX],
            terms,
            closed: [(0, false); LOCATIONS.len()],
            budget,
            breaches: Vec::new(),
            worst_settle_ms: 0,
        }
    }

    pub(super) fn breach(&mut self, kind: Kind, what: impl FnOnce() -> String) {
        self.breaches.push(Breach { kind, what: what() });
    }

    /// The allocation that an operation works on.
    pub(crate) fn index(&self, operation: OperationId) -> usize {
        usize::from(self.by_operation[operation.0 as usize])
    }

    fn belongs(&mut self, operation: OperationId, index: usize) {
        self.by_operation.resize(operation.0 as usize + 1, u16::MAX);
        self.by_operation[operation.0 as usize] = index as u16;
    }

    /// An allocation was accepted.
    pub(crate) fn submitted(&mut self, operation: OperationId, asked: Asked) {
        self.belongs(operation, self.tracks.len());
        self.tracks.push(Track {
            asked,
            operation,
            phase: Life::Open,
            resumed: false,
            ticket: None,
            last_start: None,
            last_form: None,
            ttl_refused: false,
            last: None,
            in_flight: false,
            own: false,
            found: false,
            looked_absent: false,
            running_seen: false,
            never: [false; 4],
            settling_since: None,
        });
    }

    /// Another process, or the same one later, goes on with a ticket of an allocation.
    pub(crate) fn resumed(&mut self, operation: OperationId, index: usize, ticket: &Ticket) {
        self.belongs(operation, index);
        let track = &mut self.tracks[index];
        let fresh = Start { location: 0, said: Some(Said::Nothing), probe: false };
        *track = Track {
            asked: track.asked.clone(),
            operation,
            phase: Life::Open,
            resumed: true,
            ticket: Some(Box::new(ticket.clone())),
            last_start: ticket.location().map(|location| Start { location: location_index(location), ..fresh }),
            last_form: None,
            ttl_refused: false,
            last: None,
            in_flight: false,
            own: true,
            found: false,
            looked_absent: false,
            running_seen: false,
            never: [false; 4],
            settling_since: None,
        };
    }

    /// The process died, and with it what its engine knew.
    pub(crate) fn died(&mut self) {
        for track in self.tracks.iter_mut().filter(|track| track.phase == Life::Open) {
            track.phase = Life::Dead;
        }
        self.new_engine();
    }

    /// Another engine takes over: its budget is full and no location is closed.
    pub(crate) fn new_engine(&mut self) {
        self.closed = [(0, false); LOCATIONS.len()];
        self.budget = (u64::from(self.terms.budget.capacity) * 1000, 0);
    }

    /// A request goes out. Its kind.
    pub(crate) fn sent(&mut self, request: &HttpRequest, now: u64) -> Request {
        let kind = Request::of(request);
        let index = self.index(request.operation);
        let track = &self.tracks[index];
        if track.operation != request.operation || track.phase != Life::Open {
            self.breach(Kind::AfterTheEnd, || format!("{request:?} by {:?}", request.operation));
            return kind;
        }
        if track.in_flight {
            self.breach(Kind::Rule(8), || format!("two requests at once: {request:?}"));
        }
        if self.tracks[index].ticket.is_none() {
            self.breach(Kind::Rule(1), || format!("no ticket before {request:?}"));
        }
        if self.tracks[index].never[kind as usize] {
            self.breach(Kind::Rule(8), || format!("asked again after a final refusal: {request:?}"));
        }
        self.count_retry(index, kind, now);
        match kind {
            Request::Start => self.start_sent(index, request, now),
            Request::Stop => {
                let track = &self.tracks[index];
                if !track.own {
                    self.breach(Kind::Rule(4), || format!("stops what it has not started: {request:?}"));
                }
                let track = &self.tracks[index];
                let known = track.ticket.as_ref().map(|ticket| ticket.session().as_str());
                if known.is_some_and(|id| !request.url.ends_with(id)) {
                    self.breach(Kind::Rule(1), || format!("no ticket for the id of {request:?}"));
                }
            }
            Request::Locate | Request::Look => {}
        }
        let track = &mut self.tracks[index];
        track.in_flight = true;
        track.last = Some((kind, false));
        kind
    }

    fn count_retry(&mut self, index: usize, kind: Request, now: u64) {
        let track = &self.tracks[index];
        let is_retry = match track.last {
            Some((last, failed)) if last == kind => failed,
            Some((Request::Look, _)) if kind == Request::Start => track.looked_absent,
            _ => false,
        };
        if !is_retry {
            return;
        }
        let BudgetLimits { capacity, per_second } = self.terms.budget;
        let (left, as_of) = self.budget;
        let earned = now.saturating_sub(as_of) * u64::from(per_second);
        let left = (left + earned).min(u64::from(capacity) * 1000);
        if left < 1000 {
            self.breach(Kind::Rule(9), || format!("a retry beyond the budget at {now} ms"));
        }
        self.budget = (left.saturating_sub(1000), now.max(as_of));
    }

    fn start_sent(&mut self, index: usize, request: &HttpRequest, now: u64) {
        let Some(body) = request.body.as_deref().and_then(StartBody::read) else {
            return self.breach(Kind::Rule(1), || format!("a start without a body: {request:?}"));
        };
        let location = location_index(&body.location);
        let track = &self.tracks[index];
        let (before, form, last_form) = (track.last_start, body.ttl_form, track.last_form);
        let (ttl_was_refused, looked_absent) = (track.ttl_refused && !track.found, track.looked_absent);
        if let Some(ticket) = &track.ticket {
            if ticket.session().as_str() != body.id {
                let id = body.id.to_string();
                self.breach(Kind::Rule(4), || format!("started as {id}, which is not the id of its ticket"));
            } else if ticket.location() != Some(&*body.location) || ticket.phase() != Phase::Allocating {
                self.breach(Kind::Rule(1), || format!("the ticket does not say that it starts in {location}"));
            }
        }
        if self.tracks[index].asked.has_ttl && form.is_none() {
            self.breach(Kind::Rule(7), || "a start without ttl".to_owned());
        }
        let said = before.and_then(|start| start.said);
        if let Some(before) = before {
            let refused = matches!(said, Some(Said::Full | Said::Absent));
            if before.location != location && !refused {
                self.breach(Kind::Rule(5), || {
                    format!("went from {} to {location} after {:?}", before.location, before.said)
                });
            }
            match said {
                Some(Said::Nothing) if !looked_absent => {
                    self.breach(Kind::Rule(3), || "started again without having looked".to_owned());
                }
                Some(Said::Conflict) => self.breach(Kind::Rule(4), || "started again after a 409".to_owned()),
                Some(Said::WrongTtl) if ttl_was_refused && form == last_form => {
                    self.breach(Kind::Rule(8), || "sent the ttl again that was refused".to_owned());
                }
                _ => {}
            }
        }
        // Whoever is not bound to a location by an earlier start goes to none that is closed, nor beside its probe.
        let free = before.is_none_or(|start| matches!(start.said, Some(Said::Full | Said::Absent)));
        let (until, closed) = self.closed[usize::from(location)];
        if free && closed {
            if now < until {
                self.breach(Kind::Rule(5), || format!("starts in {location}, closed for {} ms", until - now));
            }
            let probed = self.tracks.iter().any(|track| {
                track.last_start.is_some_and(|start| start.probe && start.location == location && start.said.is_none())
            });
            if probed {
                self.breach(Kind::Rule(5), || format!("a second probe in {location}"));
            }
        }
        let track = &mut self.tracks[index];
        track.last_start = Some(Start { location, said: None, probe: free && closed });
        track.last_form = form;
        track.looked_absent = false;
    }

    /// Something came back for a request in flight, or (`None`) it was called off.
    pub(crate) fn heard(&mut self, operation: OperationId, back: Option<&Back>, now: u64) {
        let index = self.index(operation);
        let track = &mut self.tracks[index];
        let Some((kind, _)) = track.last.filter(|_| track.in_flight && track.operation == operation) else { return };
        track.in_flight = false;
        let said = back.map_or(Said::Nothing, |back| Said::of(back, kind == Request::Stop));
        let failed = matches!(said, Said::NotSent | Said::Nothing | Said::Busy);
        if said == Said::Never {
            track.never[kind as usize] = true;
        }
        match kind {
            Request::Locate | Request::Stop => track.last = Some((kind, failed)),
            Request::Look => {
                let absent = said == Said::Absent;
                track.last = Some((kind, failed || (absent && !track.found)));
                track.looked_absent = absent;
                track.found |= said == Said::Done;
                let runs = |body: &[u8]| contains(body, r#""status":"running""#);
                track.running_seen |=
                    said == Said::Done && matches!(back, Some(Back::Reply(reply)) if runs(&reply.body));
            }
            Request::Start => {
                track.last = Some((kind, matches!(said, Said::NotSent | Said::Busy)));
                track.own |=
                    matches!(said, Said::Done | Said::Nothing) || (said == Said::Conflict && track.asked.own_id);
                track.found |= said == Said::Done;
                if said == Said::WrongTtl && std::mem::replace(&mut track.ttl_refused, true) {
                    track.never[kind as usize] = true;
                }
                let Some(start) = &mut track.last_start else { return };
                start.said = Some(said);
                let Start { location, probe, .. } = *start;
                let closed = &mut self.closed[usize::from(location)];
                match said {
                    Said::Full => {
                        *closed = (closed.0.max(now + self.terms.closed_location_ms), true);
                        // Closed anew: the one probe of this time is still to come, and one under way decides nothing.
                        let starts = self.tracks.iter_mut().filter_map(|track| track.last_start.as_mut());
                        starts.filter(|start| start.location == location).for_each(|start| start.probe = false);
                    }
                    Said::Done if probe => closed.1 = false,
                    _ => {}
                }
            }
        }
    }

    /// The engine says something.
    pub(crate) fn event(&mut self, event: Event, service: &Service, now: u64) {
        let index = self.index(event.operation());
        let track = &mut self.tracks[index];
        if track.phase != Life::Open || track.operation != event.operation() {
            return self.breach(Kind::LostEvent, || format!("an event after the end: {event:?}"));
        }
        match event {
            Event::Ticket { ticket, .. } => {
                if let Some(before) = &track.ticket
                    && before.session() != ticket.session()
                {
                    let (before, now) = (before.session().clone(), ticket.session().clone());
                    self.breach(Kind::Rule(4), || format!("took another id: {now} instead of {before}"));
                }
                self.tracks[index].ticket = Some(ticket);
            }
            Event::Progress { progress: Progress::Settling, .. } => {
                track.settling_since.get_or_insert(now);
            }
            Event::Completed { completion: Completion::Allocated(allocation), .. } => {
                track.phase = Life::Completed;
                if track.asked.wait_until_running && !track.running_seen {
                    self.breach(Kind::Rule(10), || format!("{} is reported before it runs", allocation.id));
                }
                self.judge_allocation(
                    index,
                    &allocation.id,
                    &allocation.location,
                    allocation.endpoint.as_deref(),
                    service,
                );
            }
            Event::Failed { failure, .. } => {
                track.phase = Life::Failed;
                track.ticket = failure.ticket;
                if let Some(since) = track.settling_since {
                    self.worst_settle_ms = self.worst_settle_ms.max(now - since);
                }
            }
            Event::Completed { .. } | Event::Progress { .. } | Event::LogLine { .. } | Event::Data { .. } => {}
        }
    }

    /// What is reported must be what was asked for, and what the service has.
    fn judge_allocation(
        &mut self,
        index: usize,
        id: &SessionId,
        location: &str,
        endpoint: Option<&str>,
        service: &Service,
    ) {
        let Some(session) = service.sessions.get(id.as_str()) else {
            return self.breach(Kind::Rule(4), || format!("reported {id}, which does not exist"));
        };
        let asked = &self.tracks[index].asked;
        let at = location_index(location);
        let wanted = asked.locations.is_none_or(|locations| locations.contains(&at));
        let port = endpoint.and_then(|endpoint| endpoint.rsplit_once(':')).and_then(|(_, port)| port.parse().ok());
        if &*session.image != "game" || session.location != location || !wanted || port != Some(session.port) {
            let session = format!("{session:?}");
            self.breach(Kind::Rule(4), || format!("reported {id} in {location} at {endpoint:?}, which is {session}"));
        }
    }
}

pub(crate) fn location_index(name: &str) -> u8 {
    LOCATIONS.iter().position(|known| *known == name).unwrap_or(LOCATIONS.len() - 1) as u8
}
