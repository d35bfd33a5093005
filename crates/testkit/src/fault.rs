//! What can happen to one request on its way.

use crate::service::Reply;

/// What becomes of one request. Times are milliseconds after it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service gets it after `arrives`, and its answer is back after `returns`.
    None {
        /// When the service acts.
        arrives: u64,
        /// When the answer is back.
        returns: u64,
    },
    /// The connection can't be made: the service never sees it.
    NotSent {
        /// When that is known.
        known: u64,
    },
    /// It is lost on its way; the connection breaks.
    RequestLost {
        /// When that is known.
        known: u64,
    },
    /// The service acts, the answer is lost, and the connection breaks.
    ReplyLost {
        /// When the service acts.
        arrives: u64,
        /// When the connection breaks.
        known: u64,
    },
    /// The connection breaks, and the request lands nevertheless, later: a proxy in between had it already.
    Late {
        /// When the service acts.
        arrives: u64,
        /// When the connection breaks.
        known: u64,
    },
    /// Nobody ever says anything. The service acts after `arrives`, if ever.
    Silence {
        /// When the service acts.
        arrives: Option<u64>,
    },
    /// Something in between answers; the service never sees the request.
    Gateway {
        /// When the answer is back.
        returns: u64,
        /// The answer.
        reply: Reply,
    },
    /// The service acts, but its answer is replaced.
    Replaced {
        /// When the service acts.
        arrives: u64,
        /// When the answer is back.
        returns: u64,
        /// The answer.
        reply: Reply,
    },
    /// The service acts, and its answer is cut after this share of its bytes, in good order as far as HTTP goes.
    CutBody {
        /// When the service acts.
        arrives: u64,
        /// When the answer is back.
        returns: u64,
        /// The share of the body that comes, in thousandths.
        permille: u16,
    },
    /// All is well, but a 201 does not say its id.
    WithoutId {
        /// When the service acts.
        arrives: u64,
        /// When the answer is back.
        returns: u64,
    },
    /// The service gets the same request twice: a proxy repeats it, unless the first was refused.
    Duplicated {
        /// When the service acts first.
        arrives: u64,
        /// When it acts again.
        again: u64,
        /// When an answer is back.
        returns: u64,
        /// Which: the one to the second instead of the one to the first.
        second_answers: bool,
    },
}

impl Fault {
    /// All is well, and at once.
    pub const PROMPT: Self = Self::None { arrives: 1, returns: 2 };

    /// A gateway's page that is no JSON.
    pub fn gateway_page(status: u16) -> Self {
        let body = b"<html><body>upstream trouble</body></html>".to_vec();
        Self::Gateway { returns: 2, reply: Reply { status, body } }
    }
}
