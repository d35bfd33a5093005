//! Locations that are closed for a while because they were full. One table for all allocations of an engine, so
//! that a full location is not hammered by everybody who would like it best.

use crate::engine::{Millis, OperationId};

/// The locations that are not simply open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Circuits {
    /// By name.
    pub(super) closed: Vec<(String, Circuit)>,
}

#[derive(Clone, Debug)]
pub(super) struct Circuit {
    pub(super) until: Millis,
    /// After `until`, one allocation tries whether there is room again.
    pub(super) probe: Option<OperationId>,
    pub(super) waiting: Vec<OperationId>,
}

/// Whether an allocation may start a session in a location now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may.
    Open,
    /// It may, and what comes of it decides for all.
    Probe,
    /// Not before this time.
    ClosedUntil(Millis),
    /// Another allocation is trying; whoever waits is woken when that is decided.
    BeingProbed,
}

impl Circuits {
    /// Where a location is, or would be.
    fn find(&self, location: &str) -> Result<usize, usize> {
        self.closed.binary_search_by(|(name, _)| name.as_str().cmp(location))
    }

    fn circuit(&mut self, location: &str) -> Option<&mut Circuit> {
        self.find(location).ok().map(|at| &mut self.closed[at].1)
    }

    pub(crate) fn admit(&mut self, location: &str, operation: OperationId, now: Millis) -> Admission {
        let Some(circuit) = self.circuit(location) else { return Admission::Open };
        if circuit.until > now {
            return Admission::ClosedUntil(circuit.until);
        }
        match circuit.probe {
            Some(probe) if probe != operation => Admission::BeingProbed,
            _ => {
                circuit.probe = Some(operation);
                Admission::Probe
            }
        }
    }

    /// Registers an allocation to be woken when the probe of a location is decided.
    pub(crate) fn wait_for_probe(&mut self, location: &str, operation: OperationId) {
        if let Some(circuit) = self.circuit(location)
            && !circuit.waiting.contains(&operation)
        {
            circuit.waiting.push(operation);
        }
    }

    /// The location is full. Returns who is to be told.
    pub(crate) fn close(&mut self, location: &str, until: Millis) -> Vec<OperationId> {
        let at = self.find(location).unwrap_or_else(|at| {
            let circuit = Circuit { until, probe: None, waiting: Vec::new() };
            self.closed.insert(at, (location.to_owned(), circuit));
            at
        });
        let circuit = &mut self.closed[at].1;
        circuit.until = circuit.until.max(until);
        circuit.probe = None;
        std::mem::take(&mut circuit.waiting)
    }

    /// A probe found room: the location is open for all. Returns who is to be told.
    pub(crate) fn opened_by_probe(&mut self, location: &str, operation: OperationId) -> Vec<OperationId> {
        match self.find(location) {
            Ok(at) if self.closed[at].1.probe == Some(operation) => self.closed.remove(at).1.waiting,
            _ => Vec::new(),
        }
    }

    /// A probe ended without saying whether there is room: the next one may try. Returns who is to be told.
    pub(crate) fn probe_abandoned(&mut self, location: &str, operation: OperationId) -> Vec<OperationId> {
        match self.circuit(location) {
            Some(circuit) if circuit.probe == Some(operation) => {
                circuit.probe = None;
                std::mem::take(&mut circuit.waiting)
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: OperationId = OperationId(1);
    const B: OperationId = OperationId(2);

    #[test]
    fn one_probe_re_opens_a_location() {
        let mut circuits = Circuits::default();
        assert_eq!(circuits.admit("x", A, 0), Admission::Open);
        circuits.close("x", 60_000);
        assert_eq!(circuits.admit("x", A, 59_999), Admission::ClosedUntil(60_000));
        assert_eq!(circuits.admit("x", A, 60_000), Admission::Probe);
        assert_eq!(circuits.admit("x", B, 60_000), Admission::BeingProbed);
        circuits.wait_for_probe("x", B);
        assert_eq!(circuits.opened_by_probe("x", B), [], "only the probe decides");
        assert_eq!(circuits.opened_by_probe("x", A), [B]);
        assert_eq!(circuits.admit("x", B, 60_000), Admission::Open);
    }

    #[test]
    fn a_failed_probe_closes_again_and_tells_who_waits() {
        let mut circuits = Circuits::default();
        circuits.close("x", 10);
        assert_eq!(circuits.admit("x", A, 10), Admission::Probe);
        circuits.wait_for_probe("x", B);
        assert_eq!(circuits.close("x", 70), [B]);
        assert_eq!(circuits.admit("x", B, 20), Admission::ClosedUntil(70));
    }

    #[test]
    fn an_abandoned_probe_lets_the_next_one_try() {
        let mut circuits = Circuits::default();
        circuits.close("x", 10);
        assert_eq!(circuits.admit("x", A, 10), Admission::Probe);
        circuits.wait_for_probe("x", B);
        assert_eq!(circuits.probe_abandoned("x", A), [B]);
        assert_eq!(circuits.admit("x", B, 10), Admission::Probe);
    }

    #[test]
    fn a_later_refusal_never_opens_earlier() {
        let mut circuits = Circuits::default();
        circuits.close("x", 100);
        circuits.close("x", 50);
        assert_eq!(circuits.admit("x", A, 60), Admission::ClosedUntil(100));
    }
}
