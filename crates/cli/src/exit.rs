//! What the exit codes mean. They are part of the interface: `matchport --help` lists them.

use std::process::ExitCode;

use matchport_core::error::{Error, ErrorCode, Outcome};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The service can't be reached or fails, a file can't be written, or anything else that has no code of its own.
    Other = 1,
    /// Wrong use or invalid input; nothing was sent. Also what clap ends with.
    WrongUse = 2,
    /// The service answered that it won't.
    Refused = 3,
    /// No location has capacity, or no session has open slots.
    NoCapacity = 4,
    /// It is not known what happened: something may be left.
    UnknownOutcome = 5,
    /// The image, location, version or session is not there.
    NotFound = 6,
    /// Ctrl-C or SIGTERM, and nothing is left. 128 and the number of SIGINT, as a shell has it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code for a failed operation. `changes_something` says that the operation is no mere question, so that an
    /// unknown outcome matters; `is_unsettled` that there is a ticket for what may be left.
    pub(crate) fn of(error: &Error, changes_something: bool, is_unsettled: bool) -> Self {
        if is_unsettled {
            return Self::UnknownOutcome;
        }
        match error.code {
            ErrorCode::InvalidInput | ErrorCode::InvalidTicket => Self::WrongUse,
            ErrorCode::NoCapacity | ErrorCode::NoOpenSession => Self::NoCapacity,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::BadRequest
            | ErrorCode::Unauthorized
            | ErrorCode::QuotaExceeded
            | ErrorCode::Forbidden
            | ErrorCode::Conflict
            | ErrorCode::InvalidRequest
            | ErrorCode::RateLimited => Self::Refused,
            ErrorCode::UnexpectedStatus if error.outcome == Outcome::Refused => Self::Refused,
            ErrorCode::TooLarge if error.outcome == Outcome::NotSent => Self::WrongUse,
            _ if changes_something && error.outcome == Outcome::Unknown => Self::UnknownOutcome,
            ErrorCode::Cancelled | ErrorCode::ShutDown => Self::Interrupted,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let of = |code, outcome| Exit::of(&Error::new(code, outcome, ""), true, false);
        assert_eq!(of(ErrorCode::InvalidInput, Outcome::NotSent), Exit::WrongUse);
        assert_eq!(of(ErrorCode::Unauthorized, Outcome::Refused), Exit::Refused);
        assert_eq!(of(ErrorCode::NoCapacity, Outcome::Refused), Exit::NoCapacity);
        assert_eq!(of(ErrorCode::NoOpenSession, Outcome::NotSent), Exit::NoCapacity);
        assert_eq!(of(ErrorCode::ServiceFault, Outcome::Unknown), Exit::UnknownOutcome);
        assert_eq!(of(ErrorCode::Transport, Outcome::NotSent), Exit::Other);
        assert_eq!(of(ErrorCode::NotFound, Outcome::Refused), Exit::NotFound);
        assert_eq!(of(ErrorCode::Cancelled, Outcome::NotSent), Exit::Interrupted);
        assert_eq!(of(ErrorCode::Cancelled, Outcome::Unknown), Exit::UnknownOutcome);
    }

    #[test]
    fn a_question_without_an_answer_leaves_nothing() {
        let error = Error::new(ErrorCode::ServiceFault, Outcome::Unknown, "");
        assert_eq!(Exit::of(&error, false, false), Exit::Other);
    }

    #[test]
    fn a_ticket_outweighs_the_reason() {
        let error = Error::new(ErrorCode::NoCapacity, Outcome::Refused, "");
        assert_eq!(Exit::of(&error, true, true), Exit::UnknownOutcome);
    }
}
