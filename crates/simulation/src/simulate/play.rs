//! One world, played to its end: several allocations in one engine, a service, and whatever happens in between.

use std::collections::HashSet;

use matchport_core::allocation::{AllocateRequest, ResumeOptions, Ticket};
use matchport_core::engine::{
    Engine, EngineConfig, Entropy, Event, HttpRequest, Input, Operation, OperationId, Output, TransportFailure,
};
use matchport_core::http::Answer;
use matchport_core::retry::Jitter;
use matchport_testkit::Network;
use matchport_testkit::network::{Back, Delivery, Heard};

use super::element::Element;
use super::faults::{self, FaultKind};
use super::plan::{Deed, Plan, Wanted, mix, wanted};
use super::tally::Tally;
use crate::judge::{Breach, Judge, Kind, Life, Terms};

/// What all worlds share.
pub(crate) struct Stage {
    pub config: EngineConfig,
    pub usual: AllocateRequest,
}

/// Which parts of a world are played.
pub(crate) enum Cast<'a> {
    All,
    Only(&'a HashSet<Element>),
}

/// What came of a world.
pub(crate) struct Played {
    pub breaches: Vec<Breach>,
    /// The elements that were met, when that was asked for.
    pub met: Vec<Element>,
    /// What happened, when that was asked for.
    pub story: Vec<String>,
}

/// Plays a world. With `tell`, its elements and its story are kept.
pub(crate) fn play(stage: &Stage, seed: u64, cast: &Cast<'_>, tell: bool, tally: &mut Tally) -> Played {
    let mut world = World::new(stage, Plan::draw(seed), cast, tell, tally);
    world.run();
    world.settle_what_is_left();
    world.judge.at_the_end(&world.plan.service);
    if !world.jumped {
        world.judge.judge_times();
        world.tally.settled_within(world.judge.worst_settle_ms);
    }
    world.count_transitions();
    world.tally.worlds += 1;
    Played { breaches: world.judge.breaches, met: world.met, story: world.story }
}

struct World<'a> {
    stage: &'a Stage,
    cast: &'a Cast<'a>,
    tally: &'a mut Tally,
    plan: Plan,
    engine: Engine,
    network: Network,
    judge: Judge,
    now: u64,
    /// How far the caller's clock has been put back.
    behind: u64,
    /// The latest time that the engine has been told.
    latest: u64,
    /// Nothing is handed to the engine before this time.
    stalled_until: u64,
    jumped: bool,
    lives: u32,
    outputs: u32,
    next_deed: usize,
    /// When the engine wants to be woken, as of when it was last drained.
    wakes_at: Option<u64>,
    last_operation: u64,
    /// By allocation of the plan: which of the judge's, and requests so far.
    of_plan: Vec<Option<(usize, u16)>>,
    /// By allocation of the judge: which of the plan.
    plan_of: Vec<u16>,
    calm: bool,
    tell: bool,
    met: Vec<Element>,
    story: Vec<String>,
}

impl<'a> World<'a> {
    fn new(stage: &'a Stage, plan: Plan, cast: &'a Cast<'a>, tell: bool, tally: &'a mut Tally) -> Self {
        let timing = stage.config.timing;
        let terms =
            Terms { closed_location_ms: timing.closed_location_ms, settle_ms: timing.settle_ms, budget: plan.budget };
        let allocations = usize::from(plan.allocations);
        let engine = Self::engine(stage, &plan);
        Self {
            engine,
            network: Network::default(),
            judge: Judge::new(terms),
            now: 0,
            behind: 0,
            latest: 0,
            stalled_until: 0,
            jumped: false,
            lives: 0,
            outputs: 0,
            next_deed: 0,
            wakes_at: None,
            last_operation: 0,
            of_plan: vec![None; allocations],
            plan_of: Vec::with_capacity(allocations),
            calm: false,
            tell,
            met: Vec::new(),
            story: Vec::new(),
            stage,
            cast,
            tally,
            plan,
        }
    }

    fn engine(stage: &Stage, plan: &Plan) -> Engine {
        let config = EngineConfig { retry_budget: plan.budget, ..stage.config.clone() };
        Engine::new(config).expect("the simulation's own settings are valid")
    }

    /// Whether an element is played.
    fn plays(&mut self, element: Element) -> bool {
        let plays = match self.cast {
            Cast::All => true,
            Cast::Only(elements) => elements.contains(&element),
        };
        if plays && self.tell {
            self.met.push(element);
        }
        plays
    }

    fn say(&mut self, what: impl FnOnce() -> String) {
        if self.tell {
            self.story.push(format!("{:>8} {}", self.now, what()));
        }
    }

    /// What the caller's clock shows.
    fn clock(&mut self) -> u64 {
        let shown = self.now.saturating_sub(self.behind);
        self.latest = self.latest.max(shown);
        shown
    }

    /// Lets time pass until nothing is left to happen.
    fn run(&mut self) {
        self.drain();
        loop {
            let wanted = self.wakes_at.map(|at| at + self.behind);
            let deed = self.plan.deeds.get(self.next_deed).map(|(at, ..)| *at);
            let next = [wanted, deed, self.network.next_at()].into_iter().flatten().min();
            let Some(next) = next else { return };
            self.now = next.max(self.now).max(self.stalled_until);
            self.deeds();
            if self.now < self.stalled_until {
                self.drain();
                continue;
            }
            while let Some(heard) = self.network.hear(&mut self.plan.service, self.now) {
                self.hear(heard);
            }
            self.clock();
            self.drain();
        }
    }

    fn deeds(&mut self) {
        while let Some((at, element, deed)) = self.plan.deeds.get(self.next_deed).cloned() {
            if at > self.now {
                return;
            }
            self.next_deed += 1;
            if !self.plays(element) {
                continue;
            }
            self.say(|| format!("{element}: {deed:?}"));
            match deed {
                Deed::Submit { allocation } => self.submit(allocation),
                Deed::Cancel { allocation } => self.cancel(allocation),
                Deed::Shutdown { within_ms } => {
                    let now = self.clock();
                    let taken = self.engine.handle(Input::Shutdown { within_ms }, now);
                    taken.expect("a shutdown is always taken");
                    self.tally.shutdowns += 1;
                    self.drain();
                }
                Deed::Full { location, full } => {
                    let name = crate::judge::LOCATIONS[usize::from(location)];
                    if full {
                        self.plan.service.full.insert(name.to_owned());
                    } else {
                        self.plan.service.full.remove(name);
                    }
                    self.tally.bursts += u64::from(full);
                }
                Deed::Vanish { location } => {
                    self.plan.service.capacity.remove(crate::judge::LOCATIONS[usize::from(location)]);
                    self.tally.vanished += 1;
                }
                Deed::Stall { for_ms } => {
                    self.stalled_until = self.now + for_ms;
                    self.jumped = true;
                    self.tally.jumps += 1;
                    return;
                }
                Deed::PutBack { by_ms } => {
                    self.behind += by_ms;
                    self.jumped = true;
                    self.tally.jumps += 1;
                }
            }
        }
    }

    fn next_operation(&mut self, luck: u64) -> (OperationId, Entropy) {
        self.last_operation += 1;
        let mut jitter = Jitter::new(luck);
        let mut bytes = [0; 24];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&jitter.up_to(u64::MAX).to_le_bytes());
        }
        (OperationId(self.last_operation), Entropy(bytes))
    }

    fn submit(&mut self, allocation: u16) {
        let Wanted { request, asked } = wanted(self.plan.luck, allocation, &self.stage.usual);
        let (id, entropy) = self.next_operation(mix(self.plan.luck, 0x2_0000 + u64::from(allocation)));
        let operation = Operation::Allocate(Box::new(request));
        let now = self.clock();
        // After a shutdown nothing is accepted any more, and so nothing is promised.
        if self.engine.handle(Input::Submit { id, operation, entropy }, now).is_ok() {
            self.of_plan[usize::from(allocation)] = Some((self.judge.tracks.len(), 0));
            self.plan_of.push(allocation);
            self.judge.submitted(id, asked);
            self.tally.allocations += 1;
            self.drain();
        }
    }

    fn cancel(&mut self, allocation: u16) {
        let Some((index, _)) = self.of_plan[usize::from(allocation)] else { return };
        let id = self.judge.tracks[index].operation;
        let now = self.clock();
        // One that has ended, or died, is not known any more.
        if self.engine.handle(Input::Cancel { id }, now).is_ok() {
            self.tally.cancels += 1;
            self.drain();
        }
    }

    fn hear(&mut self, heard: Heard) {
        let Heard { life, operation, request, back } = heard;
        if life != self.lives {
            return;
        }
        let now = self.clock();
        let taken = match &back {
            Back::Reply(reply) => {
                let answer = Answer { status: reply.status, retry_after: None, body: &reply.body };
                self.engine.handle(Input::Response { request, answer }, now)
            }
            Back::Broken(kind) => {
                let failure = TransportFailure { kind: *kind, message: String::new() };
                self.engine.handle(Input::TransportFailed { request, failure }, now)
            }
        };
        // An answer to a request that was called off comes too late.
        if taken.is_ok() {
            self.say(|| match &back {
                Back::Reply(reply) => {
                    format!("{operation:?} hears {} {}", reply.status, String::from_utf8_lossy(&reply.body))
                }
                Back::Broken(kind) => format!("{operation:?} hears {kind:?}"),
            });
            self.judge.heard(operation, Some(&back), self.latest);
            self.drain();
        }
    }

    fn drain(&mut self) {
        loop {
            match self.engine.poll(self.latest) {
                Output::WaitUntil(at) => {
                    self.wakes_at = Some(at);
                    return;
                }
                Output::Idle => {
                    self.wakes_at = None;
                    return;
                }
                output => {
                    // The next process has been drained by then.
                    if !self.take(output) {
                        return;
                    }
                }
            }
        }
    }

    /// Does what the engine wants; false when the process died of it.
    fn take(&mut self, output: Output) -> bool {
        self.outputs += 1;
        let dies = self.plan.deaths.iter().position(|(_, at)| *at == self.outputs);
        match output {
            Output::Send(request) => self.send(*request),
            Output::Abort { operation, request } => {
                self.say(|| format!("{operation:?} calls off {request:?}"));
                self.judge.heard(operation, None, self.latest);
            }
            Output::Event(event) => {
                if self.tell {
                    self.say(|| format!("{event:?}").chars().take(240).collect());
                }
                if let Event::Failed { failure, .. } = &event {
                    self.tally.failed += 1;
                    // Texts are costly: one in 64 is looked through for secrets.
                    if self.tally.failed.is_multiple_of(64) && format!("{failure:?}").contains("value-of-the") {
                        let what = format!("a secret in {failure:?}");
                        self.judge.breaches.push(Breach { kind: Kind::Rule(1), what });
                    }
                }
                self.judge.event(event, &self.plan.service, self.latest);
            }
            Output::WaitUntil(_) | Output::Idle => {}
        }
        if let Some(death) = dies {
            let (number, _) = self.plan.deaths.remove(death);
            if self.plays(Element::Death(number)) {
                self.die();
                return false;
            }
        }
        true
    }

    fn send(&mut self, request: HttpRequest) {
        let kind = self.judge.sent(&request, self.latest);
        let index = self.judge.index(request.operation);
        let allocation = self.plan_of[index];
        let number = match &mut self.of_plan[usize::from(allocation)] {
            Some((_, requests)) => {
                *requests += 1;
                *requests - 1
            }
            None => 0,
        };
        self.say(|| {
            let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            format!("{:?} sends f{allocation}.{number} {request:?} {body}", request.operation)
        });
        self.tally.requests += 1;
        let luck = u64::from(allocation) << 16 | u64::from(number);
        let mut jitter = Jitter::new(self.plan.luck ^ luck.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut fault = faults::calm(&mut jitter);
        if !self.calm && jitter.up_to(999) < self.plan.trouble && self.plays(Element::Fault(allocation, number)) {
            let (kind, drawn) = faults::draw(kind, self.judge.tracks[index].id_is_its_own(), &mut jitter);
            self.say(|| format!("    meets {}: {drawn:?}", FaultKind::NAMES[kind as usize]));
            self.tally.faults[kind as usize] += 1;
            fault = drawn;
        }
        let delivery = Delivery::of(self.lives, request);
        self.network.send(self.now, delivery, fault);
    }

    /// The process dies with everything but the tickets it has handed out; another resumes each of them.
    fn die(&mut self) {
        self.say(|| "the process dies".to_owned());
        self.tally.deaths += 1;
        self.count_transitions();
        self.judge.died();
        self.network.cut_off(self.lives, self.now + faults::LATEST_MS);
        self.lives += 1;
        self.engine = Self::engine(self.stage, &self.plan);
        let mut jitter = Jitter::new(mix(self.plan.luck, 0x3_0000 + u64::from(self.lives)));
        for index in 0..self.judge.tracks.len() {
            let track = &self.judge.tracks[index];
            let Some(ticket) = track.ticket.clone().filter(|_| track.phase == Life::Dead) else { continue };
            let settle = jitter.up_to(7) == 0;
            self.resume(index, &ticket, settle);
        }
        self.drain();
    }

    fn resume(&mut self, index: usize, ticket: &Ticket, settle: bool) {
        let (id, entropy) = self.next_operation(mix(self.plan.luck, 0x4_0000 + self.last_operation));
        // As another process would read it.
        let read = Ticket::from_json(&ticket.to_json()).expect("a ticket of the engine's own can be read");
        let allocation = self.plan_of[index];
        self.say(|| format!("{id:?} resumes the ticket of a{allocation}, {read:?}"));
        self.judge.resumed(id, index, &read);
        let options = ResumeOptions { settle, ..ResumeOptions::default() };
        let now = self.clock();
        let resumed = self.engine.handle(Input::Resume { id, ticket: Box::new(read), options, entropy }, now);
        resumed.expect("a new engine accepts operations");
        self.tally.resumes += 1;
    }

    /// What ended unsettled is resumed once the network is well, as its caller would.
    fn settle_what_is_left(&mut self) {
        let unsettled = |judge: &Judge| {
            let left = judge.tracks.iter().enumerate().filter(|(_, track)| track.phase == Life::Failed);
            left.filter_map(|(index, track)| Some((index, track.ticket.clone()?))).collect::<Vec<_>>()
        };
        let left = unsettled(&self.judge);
        if left.is_empty() {
            return;
        }
        self.count_transitions();
        self.lives += 1;
        self.engine = Self::engine(self.stage, &self.plan);
        self.judge.new_engine();
        self.calm = true;
        // A machine that is still suspended wakes up first.
        self.now = self.now.max(self.stalled_until);
        self.tally.unsettled += left.len() as u64;
        for (index, ticket) in left {
            self.resume(index, &ticket, true);
        }
        self.drain();
        self.run();
        for (index, ticket) in unsettled(&self.judge) {
            let what = format!("allocation {index} can't be settled with {ticket:?}");
            self.judge.breaches.push(Breach { kind: Kind::Rule(6), what });
        }
    }

    fn count_transitions(&mut self) {
        self.tally.transitions(&self.engine.transitions());
    }
}
