//! What is on its way between engines and the service: requests to be delivered, answers to be handed back,
//! connections to break, each at its time. Time itself is the caller's.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use matchport_core::engine::{HttpRequest, OperationId, RequestId, TransportFailureKind};
use matchport_core::http::Method;

use crate::fault::Fault;
use crate::service::{Reply, Service};

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Of the how manieth engine of a world, from 0: an answer for an earlier one is not handed to a later one.
    pub life: u32,
    /// Its number.
    pub request: RequestId,
    /// Who sent it.
    pub operation: OperationId,
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Delivery {
    /// Takes what the service will see of a request.
    pub fn of(life: u32, request: HttpRequest) -> Self {
        let HttpRequest { id, operation, method, url, body, .. } = request;
        Self { life, request: id, operation, method, url, body }
    }

    /// Path and query.
    pub fn target(&self) -> &str {
        // Behind the two slashes of the scheme, the next one.
        let mut slashes = self.url.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
        let path_at = if self.url.contains("://") { slashes.nth(2) } else { slashes.next() };
        &self.url[path_at.unwrap_or(self.url.len())..]
    }

    /// The service gets it.
    pub fn deliver(&self, service: &mut Service, now: u64) -> Reply {
        service.answer(self.method.as_str(), self.target(), self.body.as_deref(), now)
    }
}

/// What comes back for a request.
#[derive(Clone, Debug)]
pub enum Back {
    /// An answer.
    Reply(Reply),
    /// It is known that no answer will come.
    Broken(TransportFailureKind),
}

/// Something that comes back to an engine.
#[derive(Debug)]
pub struct Heard {
    /// To which engine.
    pub life: u32,
    /// Who asked.
    pub operation: OperationId,
    /// To which request.
    pub request: RequestId,
    /// What.
    pub back: Back,
}

/// What becomes of the service's answer.
#[derive(Debug)]
enum Then {
    Return { at: u64 },
    ReturnCut { at: u64, permille: u16 },
    ReturnWithoutId { at: u64 },
    ReturnInstead { at: u64, reply: Reply },
    Break { at: u64 },
    Again { again: u64, at: u64, second_answers: bool },
    Nothing,
}

#[derive(Debug)]
enum Coming {
    Arrives(Box<Delivery>, Then),
    Returns(Heard),
}

#[derive(Debug)]
struct Entry {
    /// When, and the how manieth that was scheduled: what comes at the same time comes in that order.
    key: (u64, u64),
    coming: Coming,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// Everything that is on its way.
#[derive(Debug, Default)]
pub struct Network {
    coming: BinaryHeap<Reverse<Entry>>,
    scheduled: u64,
}

impl Network {
    /// Sends a request, which meets a fault.
    pub fn send(&mut self, now: u64, delivery: Delivery, fault: Fault) {
        let Delivery { life, operation, request, .. } = delivery;
        let back = |back| Coming::Returns(Heard { life, operation, request, back });
        let broken = |kind| back(Back::Broken(kind));
        let (arrival, then) = match fault {
            Fault::NotSent { known } => return self.schedule(now + known, broken(TransportFailureKind::NotSent)),
            Fault::RequestLost { known } => return self.schedule(now + known, broken(TransportFailureKind::Broken)),
            Fault::Gateway { returns, reply } => return self.schedule(now + returns, back(Back::Reply(reply))),
            Fault::Silence { arrives: None } => return,
            Fault::Silence { arrives: Some(arrives) } => (arrives, Then::Nothing),
            Fault::None { arrives, returns } => (arrives, Then::Return { at: now + returns }),
            Fault::ReplyLost { arrives, known } => (arrives, Then::Break { at: now + known }),
            Fault::Late { arrives, known } => {
                self.schedule(now + known, broken(TransportFailureKind::Broken));
                (arrives, Then::Nothing)
            }
            Fault::Replaced { arrives, returns, reply } => (arrives, Then::ReturnInstead { at: now + returns, reply }),
            Fault::CutBody { arrives, returns, permille } => (arrives, Then::ReturnCut { at: now + returns, permille }),
            Fault::WithoutId { arrives, returns } => (arrives, Then::ReturnWithoutId { at: now + returns }),
            Fault::Duplicated { arrives, again, returns, second_answers } => {
                (arrives, Then::Again { again: now + again, at: now + returns, second_answers })
            }
        };
        self.schedule(now + arrival, Coming::Arrives(Box::new(delivery), then));
    }

    /// When something happens next.
    pub fn next_at(&self) -> Option<u64> {
        self.coming.peek().map(|Reverse(entry)| entry.key.0)
    }

    /// Delivers what has come by now, until something comes back.
    pub fn hear(&mut self, service: &mut Service, now: u64) -> Option<Heard> {
        loop {
            let first = self.coming.peek_mut()?;
            let at = first.0.key.0;
            if at > now {
                return None;
            }
            match PeekMut::pop(first).0.coming {
                Coming::Returns(heard) => return Some(heard),
                Coming::Arrives(delivery, then) => self.arrive(delivery, then, service, at),
            }
        }
    }

    /// The process of this life has died, and its connections with it: what it sent and has not landed
    /// lands at the latest by `latest`.
    pub fn cut_off(&mut self, life: u32, latest: u64) {
        let mut coming = std::mem::take(&mut self.coming).into_vec();
        for Reverse(entry) in &mut coming {
            if matches!(&entry.coming, Coming::Arrives(delivery, _) if delivery.life == life) {
                entry.key.0 = entry.key.0.min(latest);
            }
        }
        self.coming = coming.into();
    }

    fn arrive(&mut self, delivery: Box<Delivery>, then: Then, service: &mut Service, at: u64) {
        let mut reply = delivery.deliver(service, at);
        let Delivery { life, operation, request, .. } = *delivery;
        let (at, back) = match then {
            Then::Return { at } => (at, Back::Reply(reply)),
            Then::ReturnCut { at, permille } => {
                reply.body.truncate(reply.body.len() * usize::from(permille) / 1000);
                (at, Back::Reply(reply))
            }
            Then::ReturnWithoutId { at } => (at, Back::Reply(reply.without_id())),
            Then::ReturnInstead { at, reply } => (at, Back::Reply(reply)),
            Then::Break { at } => (at, Back::Broken(TransportFailureKind::Broken)),
            // A refusal is handed on; nobody repeats a request that has been answered with one.
            Then::Again { at, .. } if reply.status >= 400 => (at, Back::Reply(reply)),
            Then::Again { again, at, second_answers: true } => {
                return self.schedule(again, Coming::Arrives(delivery, Then::Return { at: at.max(again) }));
            }
            Then::Again { again, at, second_answers: false } => {
                self.schedule(again, Coming::Arrives(delivery, Then::Nothing));
                (at, Back::Reply(reply))
            }
            Then::Nothing => return,
        };
        self.schedule(at, Coming::Returns(Heard { life, operation, request, back }));
    }

    fn schedule(&mut self, at: u64, coming: Coming) {
        self.scheduled += 1;
        self.coming.push(Reverse(Entry { key: (at, self.scheduled), coming }));
    }
}
