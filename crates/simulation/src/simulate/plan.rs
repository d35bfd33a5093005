//! What a world is asked to do, drawn from its seed. Each part is drawn on its own, so that leaving one out changes no
//! other.

use matchport_core::allocation::{AllocateRequest, WaitFor};
use matchport_core::placement::{MissingSample, PlayerLatencies};
use matchport_core::retry::{BudgetLimits, Jitter};
use matchport_testkit::Service;
use matchport_testkit::service::TtlStrictness;

use super::element::Element;
use crate::judge::{Asked, LOCATIONS};

/// Something that is done at its time.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Submit {
        allocation: u16,
    },
    Cancel {
        allocation: u16,
    },
    Shutdown {
        within_ms: u64,
    },
    /// The location has no room until another deed says so.
    Full {
        location: u8,
        full: bool,
    },
    Vanish {
        location: u8,
    },
    /// The machine was suspended: this long nothing is handed to the engine, while the world goes on.
    Stall {
        for_ms: u64,
    },
    /// The clock that the caller reads is put back.
    PutBack {
        by_ms: u64,
    },
}

/// The chance of a fault in a world, in thousandths. Most allocations meet none, as in life; that leaves room for the
/// many in which one meets several.
const TROUBLE: [u64; 16] = [0, 5, 10, 10, 20, 20, 20, 50, 50, 50, 50, 100, 100, 100, 200, 600];

/// A world before it is played.
pub(crate) struct Plan {
    pub service: Service,
    pub budget: BudgetLimits,
    /// The chance of a fault, in thousandths.
    pub trouble: u64,
    /// At which of its outputs each process dies.
    pub deaths: Vec<(u16, u32)>,
    pub deeds: Vec<(u64, Element, Deed)>,
    /// The seed of what happens to requests.
    pub luck: u64,
    pub allocations: u16,
}

/// Numbers that have nothing to do with each other, for each part of a world.
pub(crate) fn mix(seed: u64, part: u64) -> u64 {
    Jitter::new(seed ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93)).up_to(u64::MAX)
}

fn dice(jitter: &mut Jitter, sides: u64) -> u64 {
    jitter.up_to(sides - 1)
}

impl Plan {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut jitter = Jitter::new(seed);
        let mut service = Service::new(LOCATIONS[..3].iter().copied());
        let rough = dice(&mut jitter, 4) == 0;
        if rough {
            for free in service.capacity.values_mut() {
                *free = [0, 1, 2, 1000][dice(&mut jitter, 4) as usize];
            }
        }
        service.boot_ms = match dice(&mut jitter, 16) {
            0 => [100, 3_000][dice(&mut jitter, 2) as usize],
            1 if rough => [20_000, 200_000][dice(&mut jitter, 2) as usize],
            _ => 0,
        };
        service.ttl = match dice(&mut jitter, 8) {
            0 => TtlStrictness::Seconds,
            1 => TtlStrictness::Duration,
            _ => TtlStrictness::Both,
        };
        let budget = match dice(&mut jitter, 6) {
            0 => BudgetLimits { capacity: 2, per_second: 1 },
            _ => BudgetLimits::default(),
        };
        let trouble = TROUBLE[dice(&mut jitter, TROUBLE.len() as u64) as usize];
        let mut plan = Self {
            service,
            budget,
            trouble,
            deaths: Vec::new(),
            deeds: Vec::new(),
            luck: mix(seed, 1),
            allocations: 8 + dice(&mut jitter, 17) as u16,
        };
        plan.submits(mix(seed, 2));
        plan.disturbances(mix(seed, 3));
        plan.deeds.sort_by_key(|(at, element, _)| (*at, *element));
        plan
    }

    fn submits(&mut self, seed: u64) {
        let mut at = 0;
        for allocation in 0..self.allocations {
            let mut jitter = Jitter::new(mix(seed, u64::from(allocation)));
            at += dice(&mut jitter, 400);
            self.deeds.push((at, Element::Allocation(allocation), Deed::Submit { allocation }));
            if dice(&mut jitter, 16) == 0 {
                let longest = [1_000, 25_000][dice(&mut jitter, 2) as usize];
                let when = at + dice(&mut jitter, longest);
                self.deeds.push((when, Element::Cancel(allocation), Deed::Cancel { allocation }));
            }
        }
    }

    fn disturbances(&mut self, seed: u64) {
        let mut jitter = Jitter::new(seed);
        let most_outputs = u64::from(self.allocations) * 8;
        match dice(&mut jitter, 16) {
            0 => self.deaths.push((0, 1 + dice(&mut jitter, most_outputs) as u32)),
            1 => {
                let first = 1 + dice(&mut jitter, most_outputs) as u32;
                self.deaths.push((0, first));
                self.deaths.push((1, first + 1 + dice(&mut jitter, most_outputs) as u32));
            }
            2 => {
                let within_ms = [0, 100, 5_000, 60_000][dice(&mut jitter, 4) as usize];
                let at = dice(&mut jitter, 10_000);
                self.deeds.push((at, Element::Shutdown(0), Deed::Shutdown { within_ms }));
            }
            3 => {
                let at = dice(&mut jitter, 10_000);
                let for_ms = [50, 5_000, 30_000, 3_600_000][dice(&mut jitter, 4) as usize];
                self.deeds.push((at, Element::Jump(0), Deed::Stall { for_ms }));
            }
            4 => {
                let (at, by_ms) = (dice(&mut jitter, 10_000), dice(&mut jitter, 20_000));
                self.deeds.push((at, Element::Jump(0), Deed::PutBack { by_ms }));
            }
            5 => {
                let at = dice(&mut jitter, 5_000);
                let location = dice(&mut jitter, 3) as u8;
                self.deeds.push((at, Element::Weather(0), Deed::Vanish { location }));
            }
            6 => {
                // A burst of 420.
                for location in 0..3 {
                    let at = dice(&mut jitter, 4_000);
                    let until = at + dice(&mut jitter, 90_000);
                    let element = Element::Weather(u16::from(location));
                    self.deeds.push((at, element, Deed::Full { location, full: true }));
                    self.deeds.push((until, element, Deed::Full { location, full: false }));
                }
            }
            _ => {}
        }
    }
}

/// An allocation of a world, and what it can be judged by.
pub(crate) struct Wanted {
    pub request: AllocateRequest,
    pub asked: Asked,
}

/// Draws an allocation; another time with the same numbers it is the same.
pub(crate) fn wanted(luck: u64, allocation: u16, usual: &AllocateRequest) -> Wanted {
    const ASKED: [&[u8]; 3] = [&[0, 1], &[2, 3, 1], &[1]];
    let mut jitter = Jitter::new(mix(luck, 0x1_0000 + u64::from(allocation)));
    let mut request = usual.clone();
    // Now and then two matchmakers allocate for the same match: this one and the one before.
    let shared = |allocation: u16| allocation % 8 == 7;
    let match_number = if shared(allocation) { allocation - 1 } else { allocation };
    let own_id = !shared(allocation) && !shared(allocation + 1);
    if !own_id {
        request.match_id = Some(format!("match-{match_number}"));
    }
    request.external_id = Some(format!("m{match_number}"));
    let locations = match dice(&mut jitter, 16) {
        0 => None,
        drawn => Some(ASKED[if drawn > 3 { 0 } else { drawn as usize - 1 }]),
    };
    request.locations =
        locations.map(|places| places.iter().map(|place| LOCATIONS[usize::from(*place)].to_owned()).collect());
    if dice(&mut jitter, 16) == 0 {
        let latencies = PlayerLatencies::new("ada").with(LOCATIONS[0], 90.0).with(LOCATIONS[1], 20.0);
        request.players = vec![latencies];
        request.placement.missing = MissingSample::Assume(60.0);
    }
    if dice(&mut jitter, 16) == 0 {
        request.env.insert("SECRET".into(), "value-of-the-environment".into());
        request.env_in_ticket = true;
    }
    let wait_until_running = dice(&mut jitter, 4) == 0;
    request.wait_for = if wait_until_running { WaitFor::Running } else { WaitFor::Allocated };
    request.deadline_ms = [5_000, 30_000, 90_000][dice(&mut jitter, 3) as usize];
    Wanted {
        request,
        asked: Asked { match_number: match_number.into(), locations, wait_until_running, has_ttl: true, own_id },
    }
}
