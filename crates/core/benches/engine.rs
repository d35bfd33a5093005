//! What one allocation costs in an engine that has 100,000 of them in flight, beside one that has 1,000: the tables
//! and timers must not make a busy matchmaker slower for each match.
//!
//! Both engines stay at their number: each turn submits one allocation and answers the one that has waited longest,
//! so that time moves on, deadlines are set and cleared, and memory is as scattered as in a long run.

use std::collections::VecDeque;
use std::hint::black_box;

use matchport_core::allocation::{AllocateRequest, WaitFor};
use matchport_core::engine::{Engine, EngineConfig, Entropy, Event, Input, Operation, OperationId, Output, RequestId};
use matchport_core::environment::Environment;
use matchport_core::http::Answer;
use matchport_core::secret::Token;
use matchport_testkit::measure::{Plan, Report, is_quick, is_wanted};

const NAME: &str = "allocation_with_100k_vs_1k_in_flight";
const FEW: usize = 1_000;
const MANY: usize = 100_000;
const STARTED: &[u8] = br#"{"host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]}"#;

fn main() {
    if !is_wanted(NAME) {
        return;
    }
    let turns = if is_quick() { 500 } else { 5_000 };
    let (mut few, mut many) = (Busy::with(FEW, Order::Waited), Busy::with(MANY, Order::Waited));
    let (mut few_any, mut many_any) = (Busy::with(FEW, Order::Any), Busy::with(MANY, Order::Any));
    let comparison = Plan::new()
        .rounds(61)
        .variant("few", || few.turns(turns))
        .variant("many", || many.turns(turns))
        .variant("few_any", || few_any.turns(turns))
        .variant("many_any", || many_any.turns(turns))
        .run();
    let microseconds = |variant| comparison.median_time(variant).as_secs_f64() * 1e6 / turns as f64;
    Report::at_most(1.3, "engine", NAME, comparison.time_ratio("many", "few"))
        .samples(comparison.rounds())
        .detail("with_1k_us", microseconds("few"))
        .detail("with_100k_us", microseconds("many"))
        // The worst that can be: answers come back in no order at all, and every one misses the caches.
        .detail("ratio_answered_in_random_order", comparison.time_ratio("many_any", "few_any"))
        .detail("with_100k_in_random_order_us", microseconds("many_any"))
        .print();
}

/// An engine that always has the same number of allocations in flight.
struct Busy {
    engine: Engine,
    in_flight: VecDeque<RequestId>,
    order: Order,
    random: u64,
    submitted: u64,
    ended: usize,
}

/// Which allocation is answered next.
#[derive(Clone, Copy)]
enum Order {
    /// The one that has waited longest, as a service with steady answer times does.
    Waited,
    /// Any.
    Any,
}

impl Busy {
    fn with(in_flight: usize, order: Order) -> Self {
        let config = EngineConfig::new(Environment::Local, Token::new("local").expect("valid"));
        let engine = Engine::new(config).expect("valid");
        let mut busy = Self { engine, in_flight: VecDeque::new(), order, random: 1, submitted: 0, ended: 0 };
        for _ in 0..in_flight {
            busy.submit();
        }
        assert_eq!(busy.in_flight.len(), in_flight);
        busy
    }

    /// Many allocations begin each millisecond of the engine's time, so that none of 100,000 times out.
    fn now(&self) -> u64 {
        self.submitted / 1_000
    }

    fn turns(&mut self, turns: usize) {
        let before = self.ended;
        for _ in 0..turns {
            self.submit();
            let request = self.answered_next();
            let answer = Answer { status: 201, retry_after: None, body: STARTED };
            self.engine.handle(Input::Response { request, answer }, self.now()).expect("in flight");
            self.drain();
        }
        assert_eq!(self.ended - before, turns);
    }

    fn answered_next(&mut self) -> RequestId {
        if let Order::Any = self.order {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let any = (self.random >> 33) as usize % self.in_flight.len();
            self.in_flight.swap(0, any);
        }
        self.in_flight.pop_front().expect("many are in flight")
    }

    fn submit(&mut self) {
        self.submitted += 1;
        let mut request = AllocateRequest::new("my-game");
        request.locations = Some(vec!["eu-west-1".into(), "us-east-1".into()]);
        request.wait_for = WaitFor::Allocated;
        let operation = Operation::Allocate(Box::new(request));
        let mut bytes = [7; 24];
        bytes[..8].copy_from_slice(&self.submitted.to_le_bytes());
        let input = Input::Submit { id: OperationId(self.submitted), operation, entropy: Entropy(bytes) };
        self.engine.handle(input, self.now()).expect("accepted");
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.engine.poll(self.now()) {
                Output::Send(request) => self.in_flight.push_back(black_box(&request).id),
                Output::Event(Event::Completed { completion, .. }) => {
                    black_box(completion);
                    self.ended += 1;
                }
                Output::Event(Event::Failed { failure, .. }) => panic!("{failure:?}"),
                Output::Event(_) | Output::Abort { .. } => {}
                Output::WaitUntil(_) | Output::Idle => return,
            }
        }
    }
}
