//! What each move does to a state.

use matchport_core::allocation::{ResumeOptions, Ticket};
use matchport_core::engine::{
    Engine, Entropy, HttpRequest, Input, Operation, OperationId, Output, RequestId, TransportFailure,
    TransportFailureKind,
};
use matchport_core::http::Answer;
use matchport_testkit::network::{Back, Delivery};

use super::moves::{Fault, Instead, Move};
use super::scenario::{ATTEMPT, DEADLINE, LATE, QUANTUM, Scenario};
use super::state::{Message, Stage, State};
use crate::judge::{Judge, Life, Request};

/// How long a machine is suspended.
const STALL: u64 = 40 * QUANTUM;

impl State {
    /// Takes a step.
    pub(crate) fn take(&mut self, step: Move, scenario: &Scenario) {
        self.say(|| format!("{step:?}"));
        match step {
            Move::Submit => self.submit(scenario),
            Move::Tick => {
                self.now = self.wakes_at().unwrap_or(self.now);
                self.drain();
            }
            Move::Arrive(index) => self.arrive(index),
            Move::Return(index) => {
                let message = self.wire.remove(usize::from(index));
                if let Stage::Back(reply) = message.stage {
                    self.hear(&message.delivery, Back::Reply(reply));
                }
            }
            Move::Land(index) => {
                let message = self.wire.remove(usize::from(index));
                message.delivery.deliver(&mut self.service, self.now);
            }
            Move::Vanish(index) => drop(self.wire.remove(usize::from(index))),
            Move::Settle => self.settle(scenario),
            Move::Fault(fault) => {
                self.faults += 1;
                self.suffer(fault, scenario);
            }
        }
    }

    fn suffer(&mut self, fault: Fault, scenario: &Scenario) {
        use TransportFailureKind::{Broken, NotSent};
        match fault {
            Fault::Cancel(index) => {
                self.cancelled |= 1 << index;
                let id = self.judge.tracks[usize::from(index)].operation;
                self.engine.handle(Input::Cancel { id }, self.now).expect("it is under way");
                self.drain();
            }
            Fault::Shutdown { at_once } => {
                self.shut_down = true;
                let within_ms = if at_once { 0 } else { 100 * QUANTUM };
                self.engine.handle(Input::Shutdown { within_ms }, self.now).expect("a shutdown is always taken");
                self.drain();
            }
            Fault::Die { settle } => self.die(settle, scenario),
            Fault::Stall => self.stall(),
            Fault::NotSent(index) => self.fails(index, NotSent),
            Fault::Lost(index) | Fault::ReplyLost(index) => self.fails(index, Broken),
            Fault::Silent(index) | Fault::ReplySilent(index) => drop(self.wire.remove(usize::from(index))),
            Fault::SilentLate(index) => {
                let message = &mut self.wire[usize::from(index)];
                message.stage = Stage::Late { lands: true };
                message.until += LATE;
            }
            Fault::BrokenLate(index) => {
                let message = &mut self.wire[usize::from(index)];
                message.stage = Stage::Late { lands: true };
                message.until = self.now + LATE;
                let delivery = message.delivery.clone();
                self.hear(&delivery, Back::Broken(Broken));
            }
            Fault::Twice(index) => {
                self.arrive(index);
                let message = &self.wire[usize::from(index)];
                // Nobody repeats what was refused.
                if matches!(&message.stage, Stage::Back(reply) if reply.status < 400) {
                    let late = Message { stage: Stage::Late { lands: true }, ..message.clone() };
                    self.wire.push(late);
                }
            }
            Fault::SecondAnswers(index) => {
                self.arrive(index);
                let message = &mut self.wire[usize::from(index)];
                if matches!(&message.stage, Stage::Back(reply) if reply.status < 400) {
                    message.stage = Stage::Out;
                    self.arrive(index);
                }
            }
            Fault::Instead(index, instead) => {
                let message = self.wire.remove(usize::from(index));
                self.hear(&message.delivery, Back::Reply(instead.reply()));
            }
            Fault::ReplyCut(index) => {
                let message = self.wire.remove(usize::from(index));
                if let Stage::Back(mut reply) = message.stage {
                    reply.body.truncate(reply.body.len() / 2);
                    self.hear(&message.delivery, Back::Reply(reply));
                }
            }
            Fault::FailsAfter(index) => {
                let message = self.wire.remove(usize::from(index));
                self.hear(&message.delivery, Back::Reply(Instead::Fault500.reply()));
            }
            Fault::WithoutId(index) => {
                let message = self.wire.remove(usize::from(index));
                if let Stage::Back(reply) = message.stage {
                    self.hear(&message.delivery, Back::Reply(reply.without_id()));
                }
            }
        }
    }

    fn fails(&mut self, index: u8, kind: TransportFailureKind) {
        let message = self.wire.remove(usize::from(index));
        self.hear(&message.delivery, Back::Broken(kind));
    }

    fn arrive(&mut self, index: u8) {
        let message = &mut self.wire[usize::from(index)];
        message.stage = Stage::Back(message.delivery.deliver(&mut self.service, self.now));
    }

    fn next_operation(&mut self, index: usize) -> (OperationId, Entropy) {
        self.last_operation += 1;
        // The same for an allocation whatever happened before, so that states meet again.
        (OperationId(self.last_operation), Entropy([index as u8 + 1; 24]))
    }

    fn submit(&mut self, scenario: &Scenario) {
        let (request, asked) = scenario.request(self.submitted);
        let (id, entropy) = self.next_operation(self.submitted);
        self.submitted += 1;
        let operation = Operation::Allocate(Box::new(request));
        self.engine.handle(Input::Submit { id, operation, entropy }, self.now).expect("accepted");
        self.judge.submitted(id, asked);
        self.drain();
    }

    fn hear(&mut self, delivery: &Delivery, back: Back) {
        if delivery.life != self.life {
            return;
        }
        let request = delivery.request;
        let taken = match &back {
            Back::Reply(reply) => {
                let answer = Answer { status: reply.status, retry_after: None, body: &reply.body };
                self.engine.handle(Input::Response { request, answer }, self.now)
            }
            Back::Broken(kind) => {
                let failure = TransportFailure { kind: *kind, message: String::new() };
                self.engine.handle(Input::TransportFailed { request, failure }, self.now)
            }
        };
        if taken.is_ok() {
            self.say(|| match &back {
                Back::Reply(reply) => format!("  hears {} {}", reply.status, String::from_utf8_lossy(&reply.body)),
                Back::Broken(kind) => format!("  hears {kind:?}"),
            });
            self.judge.heard(delivery.operation, Some(&back), self.now);
            self.drain();
        }
    }

    fn drain(&mut self) {
        loop {
            match self.engine.poll(self.now) {
                Output::WaitUntil(_) | Output::Idle => break,
                Output::Send(request) => self.send(*request),
                Output::Abort { operation, request } => {
                    self.say(|| format!("  calls off {request:?}"));
                    self.called_off(request);
                    self.judge.heard(operation, None, self.now);
                }
                Output::Event(event) => {
                    self.say(|| format!("  {event:?}").chars().take(200).collect());
                    self.judge.event(event, &self.service, self.now);
                }
            }
        }
        if !self.stalled {
            self.judge.judge_times();
        }
        self.wire.sort_by_key(|message| self.judge.index(message.delivery.operation));
    }

    fn send(&mut self, request: HttpRequest) {
        let kind = self.judge.sent(&request, self.now);
        self.say(|| format!("  sends {request:?}"));
        let delivery = Delivery::of(self.life, request);
        self.wire.push(Message { delivery, kind, stage: Stage::Out, until: self.now + ATTEMPT });
    }

    /// Its connection is closed. What it changes may have got through already.
    fn called_off(&mut self, request: RequestId) {
        let (life, now) = (self.life, self.now);
        let mine = |message: &Message| message.delivery.life == life && message.delivery.request == request;
        self.wire.retain_mut(|message| {
            if !mine(message) {
                return true;
            }
            if let Stage::Late { .. } = message.stage {
                message.until = message.until.min(now + LATE);
                return true;
            }
            message.until = now + LATE;
            let on_its_way = matches!(message.stage, Stage::Out);
            message.stage = Stage::Late { lands: false };
            on_its_way && matches!(message.kind, Request::Start | Request::Stop)
        });
    }

    fn die(&mut self, settle: bool, scenario: &Scenario) {
        self.judge.died();
        let requests: Vec<_> = self.wire.iter().map(|message| message.delivery.request).collect();
        requests.into_iter().for_each(|request| self.called_off(request));
        let dead = |judge: &Judge, index: usize| {
            let track = &judge.tracks[index];
            track.ticket.clone().filter(|_| track.phase == Life::Dead)
        };
        self.another_engine(scenario);
        for index in 0..self.judge.tracks.len() {
            if let Some(ticket) = dead(&self.judge, index) {
                self.resume(index, &ticket, settle);
            }
        }
        self.drain();
    }

    fn another_engine(&mut self, scenario: &Scenario) {
        self.life += 1;
        self.shut_down = false;
        self.engine = Engine::new(scenario.config()).expect("the settings of the search are valid");
        // Its clock is the same.
        self.engine.poll(self.now);
        self.judge.new_engine();
    }

    fn resume(&mut self, index: usize, ticket: &Ticket, settle: bool) {
        let (id, entropy) = self.next_operation(index);
        let options = ResumeOptions { settle, deadline_ms: Some(DEADLINE), ..ResumeOptions::default() };
        self.judge.resumed(id, index, ticket);
        let input = Input::Resume { id, ticket: Box::new(ticket.clone()), options, entropy };
        self.engine.handle(input, self.now).expect("accepted");
    }

    fn settle(&mut self, scenario: &Scenario) {
        let left: Vec<_> = self.unsettled().collect();
        self.another_engine(scenario);
        for index in left {
            if let Some(ticket) = self.judge.tracks[index].ticket.clone() {
                self.resume(index, &ticket, true);
            }
        }
        self.drain();
    }

    /// The machine is suspended. Everything goes on meanwhile, and is heard afterwards, before any deadline is looked at.
    fn stall(&mut self) {
        for index in 0..self.wire.len() {
            match self.wire[index].stage {
                Stage::Out => self.arrive(index as u8),
                Stage::Late { .. } => drop(self.wire[index].delivery.deliver(&mut self.service, self.now)),
                Stage::Back(_) => {}
            }
        }
        self.now += STALL;
        self.stalled = true;
        for message in std::mem::take(&mut self.wire) {
            if let Stage::Back(reply) = message.stage {
                self.hear(&message.delivery, Back::Reply(reply));
            }
        }
        self.drain();
    }
}
