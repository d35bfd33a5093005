//! The states of an allocation, and their names in the table of transitions. What leads from one to another stands
//! in `machine.rs`.

/// The states of an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Accepted, nothing done yet.
    New,
    /// Asking which locations offer the image.
    Locating,
    /// Waiting before asking again.
    LocatePause,
    /// Every location is closed, or not yet within the latency cap.
    WaitingForLocation,
    /// A start is in flight.
    Starting,
    /// Waiting before starting again, in the same location with the same id.
    StartPause,
    /// A description is in flight.
    Looking(Look),
    /// Waiting before looking again.
    LookPause(Look),
    /// Giving up: a stop is in flight.
    Stopping,
    /// Giving up: waiting before stopping again.
    StopPause,
    /// Giving up: nothing was there; waiting for a late start before looking again.
    LateStartPause,
}

/// Why the session is being described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The outcome of a start is not known.
    InDoubt,
    /// The service says that the id is used.
    Conflict,
    /// It exists; waiting until it is running.
    Readiness,
}

impl State {
    /// Every state.
    pub(crate) const ALL: [Self; 15] = [
        Self::New,
        Self::Locating,
        Self::LocatePause,
        Self::WaitingForLocation,
        Self::Starting,
        Self::StartPause,
        Self::Looking(Look::InDoubt),
        Self::Looking(Look::Conflict),
        Self::Looking(Look::Readiness),
        Self::LookPause(Look::InDoubt),
        Self::LookPause(Look::Conflict),
        Self::LookPause(Look::Readiness),
        Self::Stopping,
        Self::StopPause,
        Self::LateStartPause,
    ];
    /// How many there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// The place of this state in the table of transitions.
    pub(crate) fn index(self) -> usize {
        Self::ALL.iter().position(|state| *state == self).unwrap_or_default()
    }

    /// The name of this state in the table of transitions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Locating => "locating",
            Self::LocatePause => "locate_pause",
            Self::WaitingForLocation => "waiting_for_location",
            Self::Starting => "starting",
            Self::StartPause => "start_pause",
            Self::Looking(Look::InDoubt) => "looking_in_doubt",
            Self::Looking(Look::Conflict) => "looking_conflict",
            Self::Looking(Look::Readiness) => "looking_readiness",
            Self::LookPause(Look::InDoubt) => "look_pause_in_doubt",
            Self::LookPause(Look::Conflict) => "look_pause_conflict",
            Self::LookPause(Look::Readiness) => "look_pause_readiness",
            Self::Stopping => "stopping",
            Self::StopPause => "stop_pause",
            Self::LateStartPause => "late_start_pause",
        }
    }
}
