//! What can happen next in a small world.

use matchport_testkit::service::Reply;

use crate::judge::Request;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// The next allocation is submitted.
    Submit,
    /// Time passes until the engine wants to be woken.
    Tick,
    /// A request reaches the service.
    Arrive(u8),
    /// Its answer comes back.
    Return(u8),
    /// A request whose connection is gone lands.
    Land(u8),
    /// Or never does.
    Vanish(u8),
    /// What was left unsettled is resumed, to settle it.
    Settle,
    /// A fault.
    Fault(Fault),
}

/// One step that costs a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Cancel(u8),
    Shutdown {
        at_once: bool,
    },
    Die {
        settle: bool,
    },
    Stall,
    NotSent(u8),
    /// The connection breaks, and the request is lost.
    Lost(u8),
    /// Nothing is heard any more, and the request is lost.
    Silent(u8),
    /// Nothing is heard any more, and the request lands at any time.
    SilentLate(u8),
    /// The connection breaks, and the request lands at any time.
    BrokenLate(u8),
    /// It reaches the service, and once more at any time.
    Twice(u8),
    /// It reaches the service twice, and the second answer comes back.
    SecondAnswers(u8),
    /// Something else answers than the service.
    Instead(u8, Instead),
    /// The connection breaks before the answer is back.
    ReplyLost(u8),
    /// The answer never comes.
    ReplySilent(u8),
    /// The answer is cut.
    ReplyCut(u8),
    /// The service fails after it has acted.
    FailsAfter(u8),
    WithoutId(u8),
}

/// Answers that the service did not give, or gave without acting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Page503,
    Page404,
    Fault500,
    Busy429,
    Forbidden403,
    Full420,
    Conflict409,
    WrongTtl422,
    Invalid422,
}

impl Instead {
    pub(crate) const ALL: [Self; 9] = [
        Self::Page503,
        Self::Page404,
        Self::Fault500,
        Self::Busy429,
        Self::Forbidden403,
        Self::Full420,
        Self::Conflict409,
        Self::WrongTtl422,
        Self::Invalid422,
    ];

    pub(crate) fn fits(self, kind: Request, own_id: bool) -> bool {
        match self {
            Self::Page503 | Self::Page404 | Self::Fault500 | Self::Busy429 | Self::Forbidden403 => true,
            Self::Full420 | Self::WrongTtl422 | Self::Invalid422 => kind == Request::Start,
            // The id is in use elsewhere, in a start that nobody has seen land yet.
            Self::Conflict409 => kind == Request::Start && !own_id,
        }
    }

    pub(crate) fn reply(self) -> Reply {
        let page = |status| Reply { status, body: b"<html>upstream trouble</html>".to_vec() };
        match self {
            Self::Page503 => page(503),
            Self::Page404 => page(404),
            Self::Fault500 => Reply::error(500, "INTERNAL_ERROR", "no"),
            Self::Busy429 => Reply::error(429, "TOO_MANY", "no"),
            Self::Forbidden403 => Reply::error(403, "FORBIDDEN", "no"),
            Self::Full420 => Reply::error(420, "CAPACITY_UNAVAILABLE", "no"),
            Self::Conflict409 => Reply::error(409, "CONFLICT", "no"),
            Self::WrongTtl422 => Reply::error(422, "INVALID_REQUEST", "no"),
            Self::Invalid422 => {
                let violation = r#"{"field":"image","description":"no"}"#;
                let body = format!(r#"{{"statusCode":422,"code":"INVALID_REQUEST","violations":[{violation}]}}"#);
                Reply { status: 422, body: body.into_bytes() }
            }
        }
    }
}
