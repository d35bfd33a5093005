//! A state of a small world: the engine, the service, the judge, and what is on its way; and which moves there are
//! from here. What a move does stands in `steps`.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use matchport_core::engine::{Engine, Output};
use matchport_testkit::Service;
use matchport_testkit::network::{Back, Delivery};
use matchport_testkit::service::Reply;

use super::moves::{Fault, Instead, Move};
use super::scenario::{QUANTUM, Scenario};
use crate::judge::{Breach, Judge, Kind, Life, Request, Terms};
use crate::said::{Said, contains};

/// Something on its way.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub delivery: Delivery,
    pub kind: Request,
    pub stage: Stage,
    /// On time it is before this; late, it lands before this.
    pub until: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// To the service.
    Out,
    /// Back from it.
    Back(Reply),
    /// To the service, and nobody waits for an answer. It `lands` for sure, or may vanish.
    Late { lands: bool },
}

pub(crate) struct State {
    pub(super) engine: Engine,
    pub(super) service: Service,
    pub(super) judge: Judge,
    pub(super) wire: Vec<Message>,
    pub(super) now: u64,
    pub(super) submitted: usize,
    pub(super) shut_down: bool,
    pub(super) life: u32,
    pub(super) last_operation: u64,
    pub(super) cancelled: u8,
    /// The machine has been suspended, which no promise about times holds for.
    pub(super) stalled: bool,
    pub faults: u8,
    /// Lines of the story, when it is told.
    pub story: Option<Vec<String>>,
}

impl State {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let config = scenario.config();
        let terms = Terms {
            closed_location_ms: config.timing.closed_location_ms,
            settle_ms: config.timing.settle_ms,
            budget: scenario.budget,
        };
        Self {
            engine: Engine::new(config).expect("the settings of the search are valid"),
            service: scenario.service(),
            judge: Judge::new(terms),
            wire: Vec::new(),
            now: 0,
            submitted: 0,
            shut_down: false,
            life: 0,
            last_operation: 0,
            cancelled: 0,
            stalled: false,
            faults: 0,
            story: None,
        }
    }

    pub(crate) fn fork(&self) -> Self {
        Self {
            engine: self.engine.fork().expect("allocations alone, and polled"),
            service: self.service.clone(),
            judge: self.judge.clone(),
            wire: self.wire.clone(),
            story: self.story.clone(),
            ..*self
        }
    }

    pub(crate) fn breaches(&self) -> &[Breach] {
        &self.judge.breaches
    }

    pub(crate) fn transitions(&self) -> Vec<(&'static str, &'static str, u32)> {
        self.engine.transitions()
    }

    pub(super) fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(format!("{:>4} s   {}", self.now / QUANTUM, what()));
        }
    }

    /// A number that is the same for states that go on alike. Faults don't count.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.engine.digest(QUANTUM).hash(&mut hasher);
        self.judge.digest(&mut hasher, self.now);
        (self.submitted, self.shut_down, self.cancelled, self.stalled).hash(&mut hasher);
        for (id, session) in &self.service.sessions {
            let boots = session.runs_at.saturating_sub(self.now);
            (id, session.is_alive(), &session.image, &session.location, boots).hash(&mut hasher);
        }
        for free in self.service.capacity.values() {
            free.hash(&mut hasher);
        }
        for Message { delivery, kind, stage, until } in &self.wire {
            (kind, &delivery.url, &delivery.body, delivery.life == self.life, until - self.now).hash(&mut hasher);
            match stage {
                Stage::Out => 0.hash(&mut hasher),
                Stage::Late { lands } => (1, lands).hash(&mut hasher),
                Stage::Back(reply) => {
                    let said = Said::of(&Back::Reply(reply.clone()), *kind == Request::Stop);
                    let runs = contains(&reply.body, r#""status":"running""#);
                    let closing = contains(&reply.body, r#""status":"exited""#);
                    (2, reply.status, said, runs, closing).hash(&mut hasher);
                }
            }
        }
        hasher.finish()
    }

    /// When the engine wants to be woken, in whole quanta.
    pub(super) fn wakes_at(&mut self) -> Option<u64> {
        match self.engine.poll(self.now) {
            Output::WaitUntil(at) => Some(at.div_ceil(QUANTUM) * QUANTUM),
            _ => None,
        }
    }

    /// Everything that can happen next; faults only when `with_faults`. Nothing when the world has come to its end.
    pub(crate) fn moves(&mut self, scenario: &Scenario, with_faults: bool, moves: &mut Vec<Move>) {
        moves.clear();
        if self.submitted < scenario.allocations.len() && !self.shut_down {
            moves.push(Move::Submit);
        }
        for (index, message) in self.wire.iter().enumerate() {
            let index = index as u8;
            match &message.stage {
                Stage::Out => moves.push(Move::Arrive(index)),
                Stage::Back(_) => moves.push(Move::Return(index)),
                Stage::Late { lands } => {
                    moves.push(Move::Land(index));
                    if !lands {
                        moves.push(Move::Vanish(index));
                    }
                }
            }
        }
        let wakes_at = self.wakes_at();
        // What is on time arrives before its time is up; what is late, before its own.
        if wakes_at.is_some_and(|at| self.wire.iter().all(|message| at < message.until)) {
            moves.push(Move::Tick);
        }
        if moves.is_empty() && self.unsettled().next().is_some() {
            moves.push(Move::Settle);
        }
        if with_faults {
            self.faults(wakes_at, moves);
        }
    }

    fn faults(&self, wakes_at: Option<u64>, moves: &mut Vec<Move>) {
        let mut fault = |fault| moves.push(Move::Fault(fault));
        for (index, message) in self.wire.iter().enumerate() {
            let index = index as u8;
            let own_id = self.judge.tracks[self.judge.index(message.delivery.operation)].id_is_its_own();
            let start = message.kind == Request::Start;
            let changes = matches!(message.kind, Request::Start | Request::Stop);
            match &message.stage {
                Stage::Out => {
                    fault(Fault::NotSent(index));
                    fault(Fault::Lost(index));
                    fault(Fault::Silent(index));
                    if changes {
                        fault(Fault::SilentLate(index));
                        fault(Fault::BrokenLate(index));
                        fault(Fault::Twice(index));
                    }
                    if start && own_id {
                        fault(Fault::SecondAnswers(index));
                    }
                    for instead in Instead::ALL.into_iter().filter(|instead| instead.fits(message.kind, own_id)) {
                        fault(Fault::Instead(index, instead));
                    }
                }
                Stage::Back(reply) => {
                    fault(Fault::ReplyLost(index));
                    fault(Fault::ReplySilent(index));
                    fault(Fault::FailsAfter(index));
                    if !reply.body.is_empty() {
                        fault(Fault::ReplyCut(index));
                    }
                    if reply.status == 201 {
                        fault(Fault::WithoutId(index));
                    }
                }
                Stage::Late { .. } => {}
            }
        }
        let open = |life| self.judge.tracks.iter().enumerate().filter(move |(_, track)| track.phase == life);
        for (index, _) in open(Life::Open).filter(|(index, _)| self.cancelled & (1 << index) == 0) {
            fault(Fault::Cancel(index as u8));
        }
        if open(Life::Open).next().is_some() {
            if !self.shut_down {
                fault(Fault::Shutdown { at_once: true });
                fault(Fault::Shutdown { at_once: false });
            }
            fault(Fault::Die { settle: false });
            fault(Fault::Die { settle: true });
            if wakes_at.is_some() {
                fault(Fault::Stall);
            }
        }
    }

    /// The allocations that ended with a ticket.
    pub(super) fn unsettled(&self) -> impl Iterator<Item = usize> {
        let left = self.judge.tracks.iter().enumerate();
        left.filter(|(_, track)| track.phase == Life::Failed && track.ticket.is_some()).map(|(index, _)| index)
    }

    /// The world has come to its end.
    pub(crate) fn end(&mut self) {
        self.judge.at_the_end(&self.service);
        if self.engine.operations() > 0 {
            let what = "operations are under way that wait for nothing".to_owned();
            self.judge.breaches.push(Breach { kind: Kind::LostEvent, what });
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {} ms, {:?}", self.judge.tracks, self.now, self.wire)
    }
}
