//! The one table of numbers that calls return and failed operations end with. A number is never given another meaning;
//! new ones are added behind. What leads to which number is decided where it happens.

use matchport_core::engine::Refusal;
use matchport_core::error::ErrorCode;

use crate::text::matchport_string;

/// What a call returns, and why an operation failed. Numbers keep their meaning for ever; more may be added, so
/// treat an unknown one like the first of its hundred.
///
/// 0 is success and 1 is "nothing there". From 100 on a call was refused and changed nothing. From 200 on an operation
/// has failed; these stand in events and not in return values.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_status {
    /// Done.
    Ok = 0,
    /// Nothing there: no event, no request, no deadline, no such session.
    Empty = 1,

    /// The call was refused for a reason that this version of the header does not know.
    CallRefused = 100,
    /// A pointer that must not be null is null.
    NullArgument = 101,
    /// The client has been freed, or never was one.
    InvalidHandle = 102,
    /// An argument is out of its range; see matchport_client_last_message().
    InvalidArgument = 103,
    /// The member struct_size is too small, no multiple of a pointer's size, absurdly large, or members that this library does not
    /// know are not zero.
    InvalidStructSize = 104,
    /// A text is not valid UTF-8.
    InvalidUtf8 = 105,
    /// A text or an array is longer than MATCHPORT_MAX_STRING_BYTES or MATCHPORT_MAX_ARRAY_LENGTH.
    ArgumentTooLarge = 106,
    /// Another thread is in a call with this client.
    Busy = 107,
    /// The log hook called back into its client.
    Reentered = 108,
    /// A fault inside of the library has put this client out of use: free it. Other clients are not affected.
    Poisoned = 109,
    /// The client has been shut down and takes no further operation.
    ClosedClient = 110,
    /// No such operation is under way (any more).
    UnknownOperation = 111,
    /// No such HTTP request is in flight (any more). An answer that comes after its request was aborted gets this,
    /// and needs no further care.
    UnknownRequest = 112,
    /// A whole answer for a request that asks for a stream, or the other way round.
    WrongResponseMode = 113,
    /// The call belongs to the other transport.
    WrongTransport = 114,
    /// This build of the library has no built-in transport.
    NoBuiltInTransport = 115,
    /// There are not enough random bytes left: call matchport_client_add_entropy(), then repeat the call.
    NeedsEntropy = 116,
    /// There are MATCHPORT_MAX_CLIENTS clients already.
    TooManyClients = 117,
    /// The system refused something that is needed: a thread, a pipe, random bytes.
    SystemRefused = 118,
    /// The event is not (any more) one of those that were taken last.
    StaleEvent = 119,

    /// The operation failed for a reason that this version of the header does not know; see the error's name.
    Failed = 200,
    /// The input was refused before anything was sent; the error's field names it.
    InvalidInput = 201,
    /// 400.
    BadRequest = 202,
    /// 401: the token is missing or wrong.
    Unauthorized = 203,
    /// 402, or 403 with that code: the quota is used up.
    QuotaExceeded = 204,
    /// 403: the token lacks the permission.
    Forbidden = 205,
    /// 404: image, location, tag or session unknown.
    NotFound = 206,
    /// 409: the id is used by something else, or the session has already ended.
    Conflict = 207,
    /// 420 everywhere, until the deadline.
    NoCapacity = 208,
    /// 422: the service found the body invalid; the error's violations name the fields.
    InvalidRequest = 209,
    /// 429.
    RateLimited = 210,
    /// A status that the API does not document.
    UnexpectedStatus = 211,
    /// 5xx, or a gateway's page with a status that would otherwise be the service's word.
    ServiceFault = 212,
    /// The answer could not be read.
    UnreadableResponse = 213,
    /// The answer, or what was to be sent, is larger than the documented limit.
    TooLarge = 214,
    /// The connection failed.
    Transport = 215,
    /// No answer came in time.
    Timeout = 216,
    /// The operation's deadline passed.
    DeadlineExceeded = 217,
    /// The caller cancelled.
    Cancelled = 218,
    /// The client was shut down.
    ShutDown = 219,
    /// The session ended before it could be joined.
    SessionEnded = 220,
    /// Placement left no location.
    NoLocation = 221,
    /// No running session has enough open slots.
    NoOpenSession = 222,
    /// The caller could not keep the ticket, so nothing was sent.
    TicketNotKept = 223,
    /// The ticket can't be read or does not hold what is needed.
    InvalidTicket = 224,
}

use matchport_status as Status;

/// The text of a status, in English, without a full stop. Of an unknown number "unknown status". Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_status_text(status: i32) -> matchport_string {
    let known = ALL.iter().find(|known| **known as i32 == status);
    matchport_string::of_static(known.map_or("unknown status", |known| known.text()))
}

/// All of them, in order.
pub(crate) const ALL: [Status; 47] = [
    Status::Ok,
    Status::Empty,
    Status::CallRefused,
    Status::NullArgument,
    Status::InvalidHandle,
    Status::InvalidArgument,
    Status::InvalidStructSize,
    Status::InvalidUtf8,
    Status::ArgumentTooLarge,
    Status::Busy,
    Status::Reentered,
    Status::Poisoned,
    Status::ClosedClient,
    Status::UnknownOperation,
    Status::UnknownRequest,
    Status::WrongResponseMode,
    Status::WrongTransport,
    Status::NoBuiltInTransport,
    Status::NeedsEntropy,
    Status::TooManyClients,
    Status::SystemRefused,
    Status::StaleEvent,
    Status::Failed,
    Status::InvalidInput,
    Status::BadRequest,
    Status::Unauthorized,
    Status::QuotaExceeded,
    Status::Forbidden,
    Status::NotFound,
    Status::Conflict,
    Status::NoCapacity,
    Status::InvalidRequest,
    Status::RateLimited,
    Status::UnexpectedStatus,
    Status::ServiceFault,
    Status::UnreadableResponse,
    Status::TooLarge,
    Status::Transport,
    Status::Timeout,
    Status::DeadlineExceeded,
    Status::Cancelled,
    Status::ShutDown,
    Status::SessionEnded,
    Status::NoLocation,
    Status::NoOpenSession,
    Status::TicketNotKept,
    Status::InvalidTicket,
];

impl Status {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Empty => "nothing there",
            Self::CallRefused => "the call was refused",
            Self::NullArgument => "a pointer that must not be null is null",
            Self::InvalidHandle => "the client has been freed, or never was one",
            Self::InvalidArgument => "an argument is out of its range",
            Self::InvalidStructSize => "struct_size is not the size of a version of the struct",
            Self::InvalidUtf8 => "a text is not valid UTF-8",
            Self::ArgumentTooLarge => "a text or an array is too long",
            Self::Busy => "another thread is in a call with this client",
            Self::Reentered => "the log hook called back into its client",
            Self::Poisoned => "a fault inside of the library has put this client out of use",
            Self::ClosedClient => "the client has been shut down",
            Self::UnknownOperation => "no such operation is under way",
            Self::UnknownRequest => "no such HTTP request is in flight",
            Self::WrongResponseMode => "the answer was handed over in the other response mode",
            Self::WrongTransport => "the call belongs to the other transport",
            Self::NoBuiltInTransport => "this build of the library has no built-in transport",
            Self::NeedsEntropy => "there are not enough random bytes left",
            Self::TooManyClients => "there are as many clients as there can be",
            Self::SystemRefused => "the system refused something that is needed",
            Self::StaleEvent => "the event is not one of those that were taken last",
            Self::Failed => "the operation failed",
            Self::InvalidInput => "the input was refused before anything was sent",
            Self::BadRequest => "the service found the request bad (400)",
            Self::Unauthorized => "the token is missing or wrong (401)",
            Self::QuotaExceeded => "the quota is used up (402)",
            Self::Forbidden => "the token lacks the permission (403)",
            Self::NotFound => "image, location, tag or session unknown (404)",
            Self::Conflict => "the id is used, or the session has ended (409)",
            Self::NoCapacity => "no capacity in any location (420)",
            Self::InvalidRequest => "the service found the body invalid (422)",
            Self::RateLimited => "too many requests (429)",
            Self::UnexpectedStatus => "the service answered with an undocumented status",
            Self::ServiceFault => "the service failed (5xx)",
            Self::UnreadableResponse => "the answer could not be read",
            Self::TooLarge => "the answer or the request is too large",
            Self::Transport => "the connection failed",
            Self::Timeout => "no answer came in time",
            Self::DeadlineExceeded => "the operation's deadline passed",
            Self::Cancelled => "the operation was cancelled",
            Self::ShutDown => "the client was shut down",
            Self::SessionEnded => "the session ended before it could be joined",
            Self::NoLocation => "placement left no location",
            Self::NoOpenSession => "no running session has enough open slots",
            Self::TicketNotKept => "the ticket could not be kept",
            Self::InvalidTicket => "the ticket can't be read",
        }
    }
}

impl From<ErrorCode> for Status {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::InvalidInput => Self::InvalidInput,
            ErrorCode::BadRequest => Self::BadRequest,
            ErrorCode::Unauthorized => Self::Unauthorized,
            ErrorCode::QuotaExceeded => Self::QuotaExceeded,
            ErrorCode::Forbidden => Self::Forbidden,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::Conflict => Self::Conflict,
            ErrorCode::NoCapacity => Self::NoCapacity,
            ErrorCode::InvalidRequest => Self::InvalidRequest,
            ErrorCode::RateLimited => Self::RateLimited,
            ErrorCode::UnexpectedStatus => Self::UnexpectedStatus,
            ErrorCode::ServiceFault => Self::ServiceFault,
            ErrorCode::UnreadableResponse => Self::UnreadableResponse,
            ErrorCode::TooLarge => Self::TooLarge,
            ErrorCode::Transport => Self::Transport,
            ErrorCode::Timeout => Self::Timeout,
            ErrorCode::DeadlineExceeded => Self::DeadlineExceeded,
            ErrorCode::Cancelled => Self::Cancelled,
            ErrorCode::ShutDown => Self::ShutDown,
            ErrorCode::SessionEnded => Self::SessionEnded,
            ErrorCode::NoLocation => Self::NoLocation,
            ErrorCode::NoOpenSession => Self::NoOpenSession,
            ErrorCode::TicketNotKept => Self::TicketNotKept,
            ErrorCode::InvalidTicket => Self::InvalidTicket,
            _ => Self::Failed,
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownOperation => Self::UnknownOperation,
            Refusal::UnknownRequest => Self::UnknownRequest,
            Refusal::WrongResponseMode => Self::WrongResponseMode,
            Refusal::ShutDown => Self::ClosedClient,
            _ => Self::CallRefused,
        }
    }
}

/// A call that was refused: the status to return, and the words for `matchport_client_last_message`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: Status,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Says that `argument` is refused.
    pub(crate) fn argument(status: Status, argument: &str) -> Self {
        Self::new(status, format!("{argument}: {}", status.text()))
    }
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self::new(status, status.text())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Status::from(refusal).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_ascending_and_every_entry_has_a_text_of_its_own() {
        assert!(ALL.windows(2).all(|pair| (pair[0] as i32) < pair[1] as i32));
        let texts: std::collections::BTreeSet<_> = ALL.iter().map(|status| status.text()).collect();
        assert_eq!(texts.len(), ALL.len());
        let declared = include_str!("status.rs").lines().filter(|line| line.trim_end().ends_with(','));
        let declared = declared.filter(|line| {
            line.strip_prefix("    ").and_then(|line| line.split_once(" = ")).is_some_and(|(name, number)| {
                name.chars().all(char::is_alphanumeric) && number.trim_end_matches(',').parse::<i32>().is_ok()
            })
        });
        assert_eq!(declared.count(), ALL.len());
    }

    #[test]
    fn the_header_and_the_documentation_say_the_same() {
        let header = include_str!("../../../include/matchport.h");
        let page = include_str!("../../../docs/status.md");
        let rows: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
            .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        assert_eq!(rows.len(), ALL.len());
        for (status, row) in ALL.iter().zip(rows) {
            let number = *status as i32;
            assert_eq!(row[0], number.to_string());
            assert!(header.contains(&format!("    MATCHPORT_STATUS_{} = {number},\n", row[1])), "{row:?}");
            assert_eq!(row[2], format!("{status:?}"));
            assert_eq!(row[3], status.text());
        }
    }

    #[test]
    fn every_code_of_the_core_has_a_status_of_its_own() {
        let source = include_str!("../../core/src/error.rs");
        let names = source.lines().filter_map(|line| {
            let (_, name) = line.strip_prefix("            Self::")?.split_once(" => \"")?;
            name.strip_suffix("\",")
        });
        let codes: Vec<ErrorCode> =
            names.filter_map(|name| serde_json::from_str(&format!("\"{name}\"")).ok()).collect();
        assert!(codes.len() >= 24, "{codes:?}");
        let statuses: Vec<_> = codes.iter().map(|code| Status::from(*code)).collect();
        assert!(!statuses.contains(&Status::Failed), "{codes:?}");
        for (index, status) in statuses.iter().enumerate() {
            assert!(!statuses[..index].contains(status), "{status:?} stands for two codes");
        }
    }
}
