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
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        let path_at = self.url[after_scheme..].find('/').map_or(self.url.len(), |at| after_scheme + at);
        &self.url[path_at..]
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
    /// To which request.
    pub request: RequestId,
    /// What.
    pub back: Back,
}

/// What becomes of the service's answer.
#[derive(Debug)]
enum Then {
    Return { at: u64 },
    ReturnCut { at: u64, percent: u8 },
    ReturnInstead { at: u64, reply: Reply },
    Break { at: u64 },
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
        let (life, request) = (delivery.life, delivery.request);
        let back = |back| Coming::Returns(Heard { life, request, back });
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
            Fault::CutBody { arrives, returns, percent } => (arrives, Then::ReturnCut { at: now + returns, percent }),
            Fault::Duplicated { arrives, again, returns } => {
                self.schedule(now + again, Coming::Arrives(Box::new(delivery.clone()), Then::Nothing));
                (arrives, Then::Return { at: now + returns })
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
                Coming::Arrives(delivery, then) => self.arrive(&delivery, then, service, at),
            }
        }
    }

    fn arrive(&mut self, delivery: &Delivery, then: Then, service: &mut Service, at: u64) {
        let mut reply = delivery.deliver(service, at);
        let (life, request) = (delivery.life, delivery.request);
        let (at, back) = match then {
            Then::Return { at } => (at, Back::Reply(reply)),
            Then::ReturnCut { at, percent } => {
                reply.body.truncate(reply.body.len() * usize::from(percent) / 100);
                (at, Back::Reply(reply))
            }
            Then::ReturnInstead { at, reply } => (at, Back::Reply(reply)),
            Then::Break { at } => (at, Back::Broken(TransportFailureKind::Broken)),
            Then::Nothing => return,
        };
        self.schedule(at, Coming::Returns(Heard { life, request, back }));
    }

    fn schedule(&mut self, at: u64, coming: Coming) {
        self.scheduled += 1;
        self.coming.push(Reverse(Entry { key: (at, self.scheduled), coming }));
    }
}
