//! The locations of one allocation in their order, and what has become of each. Names are kept once: an engine may
//! have very many allocations in flight.

use std::sync::Arc;

use super::report::LocationReport;
use crate::engine::Millis;
use crate::placement::{LeftOut, Placement};

/// The locations that were asked for, best first, and those that were left out.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Shared with the tickets.
    pub(super) names: Arc<[String]>,
    pub(super) states: Vec<PlaceState>,
    pub(super) left_out: Vec<LeftOut>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PlaceState {
    /// From this time on the latency cap lets it in.
    pub(super) admitted_at: Millis,
    /// It does not have the image.
    pub(super) refused: bool,
    /// Cost, worst and mean latency in milliseconds; none after a resume.
    pub(super) figures: Option<[f32; 3]>,
}

impl Places {
    /// No locations yet.
    pub(super) fn unknown() -> Self {
        Self { names: Arc::new([]), states: Vec::new(), left_out: Vec::new() }
    }

    /// As placement ordered them, for a match that had waited `waited_ms` at the time `now`.
    pub(super) fn of(placement: Placement, waited_ms: Millis, now: Millis) -> Self {
        let mut states = Vec::with_capacity(placement.ranked.len());
        let names = placement
            .ranked
            .into_iter()
            .map(|ranked| {
                states.push(PlaceState {
                    admitted_at: now.saturating_add(ranked.admitted_after_ms.saturating_sub(waited_ms)),
                    refused: false,
                    figures: Some([ranked.cost_ms, ranked.worst_ms, ranked.mean_ms]),
                });
                ranked.location
            })
            .collect();
        Self { names, states, left_out: placement.left_out }
    }

    /// As a ticket holds them, with how long the latency cap keeps each out yet.
    pub(super) fn of_ticket(names: Arc<[String]>, admitted_in_ms: &[Millis], now: Millis) -> Self {
        let admitted_in = admitted_in_ms.iter().copied().chain(std::iter::repeat(0));
        let state =
            |admitted_in| PlaceState { admitted_at: now.saturating_add(admitted_in), refused: false, figures: None };
        Self { states: admitted_in.map(state).take(names.len()).collect(), names, left_out: Vec::new() }
    }

    /// How long the latency cap keeps each location out yet, in milliseconds; empty when it keeps out none.
    pub(super) fn admitted_in(&self, now: Millis) -> Vec<Millis> {
        if self.states.iter().all(|state| state.admitted_at <= now) {
            return Vec::new();
        }
        self.states.iter().map(|state| state.admitted_at.saturating_sub(now)).collect()
    }

    pub(super) fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    pub(super) fn name(&self, place: usize) -> &str {
        &self.names[place]
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(super) fn are_unknown(&self) -> bool {
        self.names.is_empty()
    }

    /// The locations that have not refused, best first, each with the time from which the cap lets it in.
    pub(super) fn open(&self) -> impl Iterator<Item = (usize, Millis)> {
        let open = self.states.iter().enumerate().filter(|(_, state)| !state.refused);
        open.map(|(place, state)| (place, state.admitted_at))
    }

    /// The location does not have the image: it is not tried again.
    pub(super) fn refuse(&mut self, place: usize) {
        self.states[place].refused = true;
    }

    /// Why locations were left out, in words, for an error.
    pub(super) fn why_left_out(&self) -> String {
        /// More would make no message that anybody reads; the report has them all.
        const MOST: usize = 3;
        let reasons: Vec<_> = self.left_out.iter().take(MOST).map(ToString::to_string).collect();
        reasons.join("; ")
    }

    pub(super) fn report(&self) -> Vec<LocationReport> {
        let ranked = self.names.iter().zip(&self.states).map(|(name, state)| LocationReport {
            location: name.clone(),
            cost_ms: state.figures.map(|[cost, _, _]| cost),
            worst_ms: state.figures.map(|[_, worst, _]| worst),
            mean_ms: state.figures.map(|[_, _, mean]| mean),
            left_out: None,
        });
        let left_out = self.left_out.iter().map(|left_out| LocationReport {
            location: left_out.location.clone(),
            cost_ms: None,
            worst_ms: None,
            mean_ms: None,
            left_out: Some(left_out.reason.to_string()),
        });
        ranked.chain(left_out).collect()
    }
}
