//! For the exhaustive search, which tries every continuation of a state: a copy of an engine, and a number that is the
//! same for states that go on alike. No product code calls any of this, and nothing of it is linked into one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::context::{Shared, Wait};
use super::slot::{Machine, Slot};
use super::{Engine, Millis};

/// A time as it is from now, in whole quanta, rounded up: whoever looks at the clock only once in a quantum can't tell
/// the difference.
pub(crate) struct Clock {
    pub(crate) now: Millis,
    pub(crate) quantum: Millis,
}

impl Clock {
    pub(crate) fn until(&self, at: Millis) -> Millis {
        at.saturating_sub(self.now).div_ceil(self.quantum)
    }
}

impl Engine {
    /// A copy that goes on from here on its own, with no transitions counted yet. Of what is under way it takes
    /// allocations alone; `None` when there is anything else, or something that was not polled yet.
    #[doc(hidden)]
    pub fn fork(&self) -> Option<Self> {
        let slots = self.slots.iter().map(|(id, slot)| match &slot.machine {
            Machine::Allocation(machine) => {
                Some((*id, Slot { machine: Machine::Allocation(machine.clone()), wait: slot.wait.clone() }))
            }
            Machine::Backfill(_) | Machine::Call(_) | Machine::Stream(_) => None,
        });
        Some(Self {
            slots: slots.collect::<Option<_>>()?,
            shared: self.shared.fork()?,
            timers: self.timers.clone(),
            #[cfg(feature = "tracking")]
            tracking: None,
            ..*self
        })
    }

    /// A number that is the same for engines that go on alike, as far as they are asked for allocations and the clock
    /// is looked at once in a `quantum`. Numbers of operations and requests don't count, nor do reports and whatever
    /// else only looks back; random delays count by the time that they led to.
    #[doc(hidden)]
    pub fn digest(&self, quantum: Millis) -> u64 {
        let clock = Clock { now: self.now, quantum };
        let mut hasher = DefaultHasher::new();
        let operations = self.ids();
        let place = |id| operations.iter().position(|known| *known == id);
        for slot in operations.iter().filter_map(|id| self.slots.get(id)) {
            let Slot { machine, wait } = slot;
            let Wait { deadlines, request, .. } = wait;
            if let Machine::Allocation(machine) = machine {
                machine.digest(&mut hasher, &clock);
            }
            request.is_some().hash(&mut hasher);
            deadlines.all().map(|at| at.map(|at| clock.until(at))).hash(&mut hasher);
        }
        let Shared { circuits, budget, ttl_form, .. } = &self.shared;
        circuits.digest(&mut hasher, &clock, place);
        (budget.saved_at(self.now), *ttl_form as u8).hash(&mut hasher);
        self.shutdown_at.map(|at| clock.until(at)).hash(&mut hasher);
        hasher.finish()
    }
}

impl Shared {
    fn fork(&self) -> Option<Self> {
        let Self { config, base_url, outputs, requests, last_request, woken, .. } = self;
        let Self { circuits, budget, ttl_form, .. } = self;
        if !outputs.is_empty() {
            return None;
        }
        Some(Self {
            config: config.clone(),
            base_url: Arc::clone(base_url),
            outputs: Default::default(),
            requests: requests.clone(),
            last_request: *last_request,
            woken: woken.clone(),
            transitions: Default::default(),
            circuits: circuits.clone(),
            budget: budget.clone(),
            ttl_form: *ttl_form,
        })
    }
}
