//! Placement without an engine: for browsers, which have no token, and for matchmakers that only want the order.

use matchport_core::placement::{LatencyMatrix, LeaveOutIndexReason, Ranking, rank_matrix};
use wasm_bindgen::prelude::*;

use crate::options;
use crate::read::read;
use crate::view;

/// Ranks the columns of a matrix with one row a player. `figures` are whole milliseconds, 65535 for "not measured".
/// `policy` is JSON text, with `waited` beside the fields of a policy.
///
/// Five numbers a column come back, cheapest column first and then those left out: the column; its cost, the worst and
/// the mean latency in milliseconds, or NaN, NaN, NaN when it was left out; and for a column that is in, from which
/// waiting time in milliseconds it is admitted, for one left out why: -1 over the cap, -2 a player has no sample, -3
/// nobody has.
///
/// # Errors
/// What was refused, as a failure that names the field.
#[wasm_bindgen]
pub fn rank(figures: &[u16], locations: usize, policy: &str) -> Result<Vec<f64>, JsValue> {
    let (policy, waited_ms) = read(policy, options::rank).map_err(view::refused)?;
    let players = figures.len().checked_div(locations).unwrap_or(0);
    let mut ranking = Ranking::new();
    LatencyMatrix::whole(figures, players, locations)
        .and_then(|matrix| rank_matrix(matrix, &policy, waited_ms, &mut ranking))
        .map_err(|refused| view::refused(refused.into()))?;
    let mut columns = Vec::with_capacity(5 * locations);
    for ranked in ranking.ranked() {
        let figures = [ranked.cost_ms, ranked.worst_ms, ranked.mean_ms].map(f64::from);
        columns.push(ranked.location as f64);
        columns.extend(figures);
        columns.push(ranked.admitted_after_ms as f64);
    }
    for left_out in ranking.left_out() {
        let reason = match left_out.reason {
            LeaveOutIndexReason::OverCap { .. } => -1.0,
            LeaveOutIndexReason::MissingSample { .. } => -2.0,
            _ => -3.0,
        };
        columns.extend([left_out.location as f64, f64::NAN, f64::NAN, f64::NAN, reason]);
    }
    Ok(columns)
}
