//! Every transition of the machine of an allocation. One that is never taken, or that is taken and does not stand
//! here, fails the search and a long simulation.

/// From which state to which.
pub(crate) const ALL: &[(&str, &str)] = &[
    ("late_start_pause", "stopping"),
    ("locate_pause", "locating"),
    ("locating", "locate_pause"),
    ("locating", "starting"),
    ("locating", "waiting_for_location"),
    ("look_pause_conflict", "looking_conflict"),
    ("look_pause_conflict", "stopping"),
    ("look_pause_in_doubt", "looking_in_doubt"),
    ("look_pause_in_doubt", "stopping"),
    ("look_pause_readiness", "looking_readiness"),
    ("look_pause_readiness", "stopping"),
    ("looking_conflict", "look_pause_conflict"),
    ("looking_conflict", "look_pause_readiness"),
    ("looking_conflict", "stopping"),
    ("looking_in_doubt", "locating"),
    ("looking_in_doubt", "look_pause_in_doubt"),
    ("looking_in_doubt", "look_pause_readiness"),
    ("looking_in_doubt", "start_pause"),
    ("looking_in_doubt", "stopping"),
    ("looking_readiness", "look_pause_readiness"),
    ("looking_readiness", "stopping"),
    ("new", "locating"),
    ("new", "looking_in_doubt"),
    ("new", "starting"),
    ("new", "stopping"),
    ("new", "waiting_for_location"),
    ("start_pause", "starting"),
    ("start_pause", "stopping"),
    ("starting", "looking_conflict"),
    ("starting", "looking_in_doubt"),
    ("starting", "looking_readiness"),
    ("starting", "start_pause"),
    ("starting", "starting"),
    ("starting", "stopping"),
    ("starting", "waiting_for_location"),
    ("stop_pause", "stopping"),
    ("stopping", "late_start_pause"),
    ("stopping", "stop_pause"),
    ("waiting_for_location", "starting"),
    ("waiting_for_location", "stopping"),
    ("waiting_for_location", "waiting_for_location"),
];

/// How many states there are.
pub(crate) fn states() -> usize {
    ALL.iter().flat_map(|(from, to)| [from, to]).collect::<std::collections::BTreeSet<_>>().len()
}
