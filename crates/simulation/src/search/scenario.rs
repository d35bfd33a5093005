//! What is searched: small worlds, each with one or two allocations.

use matchport_core::allocation::{AllocateRequest, WaitFor};
use matchport_core::engine::{EngineConfig, Timing};
use matchport_core::environment::Environment;
use matchport_core::model::SessionId;
use matchport_core::retry::{Backoff, BudgetLimits};
use matchport_core::secret::Token;
use matchport_testkit::Service;
use matchport_testkit::service::TtlStrictness;

use crate::judge::{Asked, LOCATIONS};

/// The clock is looked at once in so many milliseconds: all times of the search are multiples of it.
pub(crate) const QUANTUM: u64 = 1_000;
pub(crate) const ATTEMPT: u64 = 2 * QUANTUM;
/// A request lands before so much time has passed since its connection was given up.
pub(crate) const LATE: u64 = 2 * QUANTUM;
/// How long an allocation tries; a resumed one, too.
pub(crate) const DEADLINE: u64 = 5 * QUANTUM;

/// A small world.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub name: &'static str,
    pub allocations: Vec<Wants>,
    /// Free slots in the first two locations.
    pub room: [u32; 2],
    /// A started session runs after this time.
    pub boot_ms: u64,
    pub ttl: TtlStrictness,
    pub budget: BudgetLimits,
    /// The id of match 0 is used by a session of another image.
    pub taken: bool,
}

/// One allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    pub match_number: u32,
    /// Asks the service for its locations.
    pub asks: bool,
    pub wait_until_running: bool,
    /// Under an id that others may use, too.
    pub shared_id: bool,
}

const PLAIN: Wants = Wants { match_number: 0, asks: false, wait_until_running: true, shared_id: false };

impl Scenario {
    fn new(name: &'static str, allocations: &[Wants]) -> Self {
        Self {
            name,
            allocations: allocations.to_vec(),
            room: [5, 5],
            boot_ms: 0,
            ttl: TtlStrictness::Both,
            budget: BudgetLimits::default(),
            taken: false,
        }
    }

    /// All of them, those with one allocation first.
    pub(crate) fn all() -> Vec<Self> {
        let other = Wants { match_number: 1, ..PLAIN };
        let shared = Wants { shared_id: true, ..PLAIN };
        let early = |wants| Wants { wait_until_running: false, ..wants };
        let asks = |wants| Wants { asks: true, ..wants };
        let small = BudgetLimits { capacity: 1, per_second: 1 };
        vec![
            Self::new("one", &[PLAIN]),
            Self::new("one, not waiting until it runs", &[early(PLAIN)]),
            Self::new("one, asking for locations", &[asks(PLAIN)]),
            Self { boot_ms: QUANTUM, ..Self::new("one, slow to run", &[PLAIN]) },
            Self { boot_ms: 100 * QUANTUM, ..Self::new("one, never running", &[PLAIN]) },
            Self { room: [0, 5], ..Self::new("one, best location full", &[early(PLAIN)]) },
            Self { room: [0, 0], ..Self::new("one, all full", &[early(PLAIN)]) },
            Self { ttl: TtlStrictness::Duration, ..Self::new("one, ttl only as a duration", &[early(PLAIN)]) },
            Self { budget: small, ..Self::new("one, one retry a second", &[early(PLAIN)]) },
            Self { taken: true, ..Self::new("one, its id taken by another image", &[early(shared)]) },
            Self::new("two", &[early(PLAIN), early(other)]),
            Self::new("two, waiting until they run", &[PLAIN, other]),
            Self::new("two for one match", &[early(shared), early(shared)]),
            Self { room: [1, 0], ..Self::new("two, room for one", &[early(PLAIN), early(other)]) },
            Self { room: [0, 5], ..Self::new("two, best location full", &[early(PLAIN), early(other)]) },
            Self { budget: small, ..Self::new("two, one retry a second", &[early(PLAIN), early(other)]) },
            Self::new("two, asking for locations", &[asks(early(PLAIN)), asks(early(other))]),
        ]
    }

    pub(crate) fn config(&self) -> EngineConfig {
        let token = Token::new("token-of-the-search").expect("a token of visible ASCII");
        let mut config = EngineConfig::new(Environment::Sandbox, token);
        config.timing = Timing {
            attempt_ms: ATTEMPT,
            operation_ms: DEADLINE,
            closed_location_ms: 2 * QUANTUM,
            late_start_ms: LATE,
            settle_ms: 7 * QUANTUM,
            poll_ms: QUANTUM,
            visible_ms: QUANTUM,
        };
        config.backoff = Backoff { first_ms: 1, longest_ms: 1 };
        config.retry_budget = self.budget;
        config
    }

    pub(crate) fn service(&self) -> Service {
        let mut service = Service::new(LOCATIONS[..2].iter().copied());
        for (free, location) in self.room.iter().zip(LOCATIONS) {
            service.capacity.insert(location.to_owned(), *free);
        }
        service.boot_ms = self.boot_ms;
        service.ttl = self.ttl;
        if self.taken {
            let body = format!(r#"{{"image":"game","location":"{}","id":"{}"}}"#, LOCATIONS[0], id(0));
            service.answer("POST", "/session", Some(body.as_bytes()), 0);
            for session in service.sessions.values_mut() {
                session.image = "another-game".into();
            }
        }
        service
    }

    pub(crate) fn request(&self, index: usize) -> (AllocateRequest, Asked) {
        let wants = self.allocations[index];
        let mut request = AllocateRequest::new("game");
        if wants.shared_id {
            request.session_id = SessionId::new(id(wants.match_number)).ok();
        }
        request.external_id = Some(format!("m{}", wants.match_number));
        request.locations = (!wants.asks).then(|| LOCATIONS[..2].iter().map(|name| (*name).to_owned()).collect());
        request.deadline_ms = DEADLINE;
        request.wait_for = if wants.wait_until_running { WaitFor::Running } else { WaitFor::Allocated };
        let asked = Asked {
            match_number: wants.match_number,
            locations: (!wants.asks).then_some(&[0, 1]),
            wait_until_running: wants.wait_until_running,
            has_ttl: true,
            own_id: !wants.shared_id,
        };
        (request, asked)
    }
}

fn id(match_number: u32) -> String {
    format!("match-{match_number}")
}
