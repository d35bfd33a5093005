//! The faults of a running emulator: which there are, and which one a call meets. What it does to the call is known in
//! `http`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::ser::SerializeMap;

use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::config::{Config, ConfigErrors, FaultRule, Operation, operation_names, schema_of_rule};

/// More would only make every call slow.
const MOST: usize = 1000;

/// All faults, in the order in which they are looked at.
pub(crate) struct Faults {
    /// For the checks of those that are added.
    config: Config,
    list: Mutex<List>,
    /// Whether there is any, so that without one a call costs no lock.
    any: AtomicBool,
}

#[derive(Default)]
struct List {
    added: u64,
    faults: Vec<Fault>,
}

/// One fault, and what it has done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    number: u64,
    rule: FaultRule,
    matched: u64,
    happened: u64,
}

/// Why a fault was not added.
pub(crate) enum NotAdded {
    /// It can't be one.
    Invalid(ConfigErrors),
    /// There are [`MOST`] already.
    TooMany,
}

impl Faults {
    /// Those of a checked configuration.
    pub(crate) fn new(config: Config) -> Self {
        let faults = Self { list: Mutex::default(), any: AtomicBool::new(false), config };
        let mut list = faults.list();
        for rule in &faults.config.faults {
            list.add(rule.clone());
        }
        faults.any.store(!list.faults.is_empty(), Ordering::Relaxed);
        drop(list);
        faults
    }

    /// Whether there is any.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Adds one that came as JSON, behind all others.
    ///
    /// # Errors
    /// Every mistake in it, by its field.
    pub(crate) fn add(&self, json: &[u8]) -> Result<Fault, NotAdded> {
        let rule = self.config.parse_fault(json).map_err(NotAdded::Invalid)?;
        let mut list = self.list();
        if list.faults.len() >= MOST {
            return Err(NotAdded::TooMany);
        }
        let added = list.add(rule);
        self.any.store(true, Ordering::Relaxed);
        Ok(added)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Fault> {
        self.list().faults.clone()
    }

    /// Removes the one of this number, or all; `false` when there was none of this number.
    pub(crate) fn remove(&self, number: Option<u64>) -> bool {
        let mut list = self.list();
        let before = list.faults.len();
        list.faults.retain(|fault| number.is_some_and(|number| fault.number != number));
        self.any.store(!list.faults.is_empty(), Ordering::Relaxed);
        number.is_none() || list.faults.len() < before
    }

    /// What happens to a call, with its number: the first fault that is meant for it, and whose share and count it falls under.
    pub(crate) fn meet(&self, operation: Operation, location: Option<&str>) -> Option<(u64, FaultRule)> {
        let mut list = self.list();
        list.faults
            .iter_mut()
            .find_map(|fault| fault.meets(operation, location).then(|| (fault.number, fault.rule.clone())))
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn add(&mut self, rule: FaultRule) -> Fault {
        self.added += 1;
        let fault = Fault { number: self.added, rule, matched: 0, happened: 0 };
        self.faults.push(fault.clone());
        fault
    }
}

impl Fault {
    fn meets(&mut self, operation: Operation, location: Option<&str>) -> bool {
        let rule = &self.rule;
        let is_meant = (rule.operations.is_empty() || rule.operations.contains(&operation))
            && (rule.location.is_none() || rule.location.as_deref() == location);
        if !is_meant || rule.count.is_some_and(|count| self.happened >= count) {
            return false;
        }
        let happens = fraction(rule.seed, self.matched) < rule.share;
        self.matched += 1;
        self.happened += u64::from(happens);
        happens
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rule = &self.rule;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.number)?;
        if !rule.operations.is_empty() {
            map.serialize_entry("operation", &rule.operations.iter().map(|one| one.name()).collect::<Vec<_>>())?;
        }
        if let Some(location) = &rule.location {
            map.serialize_entry("location", location)?;
        }
        map.serialize_entry("share", &rule.share)?;
        map.serialize_entry("seed", &rule.seed)?;
        if let Some(count) = rule.count {
            map.serialize_entry("count", &count)?;
        }
        if !rule.delay.is_zero() {
            map.serialize_entry("delay", &humantime::format_duration(rule.delay).to_string())?;
        }
        if let Some(status) = rule.status {
            map.serialize_entry("status", &status)?;
        }
        for (name, is_set) in [("cut", rule.cut), ("garbage", rule.garbage), ("full", rule.full)] {
            if is_set {
                map.serialize_entry(name, &true)?;
            }
        }
        map.serialize_entry("when", if rule.after { "after" } else { "before" })?;
        map.serialize_entry("matched", &self.matched)?;
        map.serialize_entry("happened", &self.happened)?;
        map.end()
    }
}

impl PartialSchema for Fault {
    fn schema() -> RefOr<Schema> {
        let number =
            |about: &str| ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).description(Some(about));
        schema_of_rule(ArrayBuilder::new().items(operation_names()))
            .property("id", number("Its number, to remove it by."))
            .property("matched", number("How many calls it was meant for."))
            .property("happened", number("How often it happened."))
            .required("id")
            .required("share")
            .required("seed")
            .required("when")
            .required("matched")
            .required("happened")
            .into()
    }
}

impl ToSchema for Fault {}

/// A number from 0 to below 1 that depends on nothing but these two: the mixing step of SplitMix64.
fn fraction(seed: u64, call: u64) -> f64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut mixed = seed.wrapping_add(call.wrapping_add(1).wrapping_mul(STEP));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // The 53 bits that a float holds exactly.
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_kept_and_repeatable_and_a_seed_chooses_which() {
        let pattern = |seed| (0..10_000).map(|call| fraction(seed, call) < 0.2).collect::<Vec<_>>();
        let count = pattern(7).iter().filter(|happens| **happens).count();
        assert!((1850..2150).contains(&count), "{count}");
        assert_eq!(pattern(7), pattern(7));
        assert_ne!(pattern(7), pattern(8));
    }

    #[test]
    fn operation_location_and_count_choose_the_calls() {
        let rule = FaultRule {
            location: Some("eu-west-1".into()),
            count: Some(2),
            cut: true,
            ..FaultRule::of([Operation::Start])
        };
        let faults = Faults::new(Config { faults: vec![rule], ..Config::default() });
        let meets = |operation, location| faults.meet(operation, location).is_some();
        assert!(!meets(Operation::Stop, Some("eu-west-1")));
        assert!(!meets(Operation::Start, Some("us-east-1")));
        assert!(!meets(Operation::Start, None));
        let starts: Vec<_> = (0..4).map(|_| meets(Operation::Start, Some("eu-west-1"))).collect();
        assert_eq!(starts, [true, true, false, false]);
    }
}
