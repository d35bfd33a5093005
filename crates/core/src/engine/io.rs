//! What goes into an engine and what comes out of it.

use std::fmt;
use std::sync::Arc;

use crate::allocation::{Allocation, Failure, Progress, ResumeOptions, Ticket};
use crate::backfill::Backfilled;
use crate::engine::Operation;
use crate::http::{Answer, Method, RequestParts, ResponseMode};
use crate::model::{LocationInfo, PlayerCount, SessionDetails, SessionSummary};
use crate::secret::Token;

/// Milliseconds on a clock of the caller's that does not go backwards. Where it starts does not matter.
pub type Millis = u64;

/// The number of an operation, chosen by the caller: each larger than all before it in this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u64);

/// The number of a request, chosen by the engine, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Random bytes of the caller's, from a generator fit for secrets: half of them become a session id.
#[derive(Clone, Copy)]
pub struct Entropy(pub [u8; 24]);

impl Entropy {
    pub(crate) fn id_bytes(&self) -> [u8; 16] {
        std::array::from_fn(|index| self.0[index])
    }

    pub(crate) fn seed(&self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|index| self.0[16 + index]))
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

/// One change to an engine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Begin an operation.
    Submit {
        /// Its number, larger than all before.
        id: OperationId,
        /// What to do.
        operation: Operation,
        /// Random bytes, fresh for each operation.
        entropy: Entropy,
    },
    /// Go on with an allocation that was begun elsewhere.
    Resume {
        /// Its number in this engine, larger than all before.
        id: OperationId,
        /// Where it stood.
        ticket: Box<Ticket>,
        /// What the ticket does not hold.
        options: ResumeOptions,
        /// Random bytes, fresh for each operation.
        entropy: Entropy,
    },
    /// The whole answer to a request with [`ResponseMode::Whole`].
    Response {
        /// Which request.
        request: RequestId,
        /// The answer.
        answer: Answer<'a>,
    },
    /// The head of an answer to a request with [`ResponseMode::Stream`]; its `body` is ignored.
    StreamStarted {
        /// Which request.
        request: RequestId,
        /// Status and headers.
        answer: Answer<'a>,
    },
    /// The next bytes of a stream.
    StreamData {
        /// Which request.
        request: RequestId,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// The stream ended in good order.
    StreamEnded {
        /// Which request.
        request: RequestId,
    },
    /// No (whole) answer will come.
    TransportFailed {
        /// Which request.
        request: RequestId,
        /// Why, and whether the service may have seen the request.
        failure: TransportFailure,
    },
    /// End an operation. It still ends with one terminal event; an allocation first makes sure that no server is
    /// left.
    Cancel {
        /// Which operation.
        id: OperationId,
    },
    /// The caller could not keep the ticket of an allocation that has not sent anything yet: end it.
    TicketNotKept {
        /// Which operation.
        id: OperationId,
    },
    /// Accept no further operation and cancel all that are under way.
    Shutdown {
        /// After this time whatever is left ends at once, with a ticket for what is not settled.
        within_ms: Millis,
    },
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportFailure {
    /// The kind of failure.
    pub kind: TransportFailureKind,
    /// What happened, in words, without secrets.
    pub message: String,
}

/// The kinds of failure that make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportFailureKind {
    /// Not one byte of the request can have reached the service (name not found, connection refused).
    NotSent,
    /// The service may have seen the request (reset, cut).
    Broken,
    /// No answer came in time. The engine keeps the time of each request itself; a transport with a shorter
    /// limit of its own may report this too.
    TimedOut,
    /// The answer is larger than the request allowed.
    TooLarge,
}

/// What an engine wants, or says. Poll until [`Output::WaitUntil`] or [`Output::Idle`].
#[derive(Debug)]
pub enum Output {
    /// Send this request and hand back what becomes of it.
    Send(Box<HttpRequest>),
    /// Stop caring about a request: close its connection. Nothing that comes of it is wanted any more.
    Abort {
        /// The operation that sent it.
        operation: OperationId,
        /// The request.
        request: RequestId,
    },
    /// Tell the caller.
    Event(Event),
    /// Nothing to do before this time, unless an input comes.
    WaitUntil(Millis),
    /// Nothing to do until an input comes.
    Idle,
}

/// A request, complete with address and authorization. `Debug` hides the authorization and the body.
pub struct HttpRequest {
    /// Its number.
    pub id: RequestId,
    /// The operation it belongs to.
    pub operation: OperationId,
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// A JSON body.
    pub body: Option<Vec<u8>>,
    /// How the answer is wanted.
    pub response: ResponseMode,
    accept: &'static str,
    token: Token,
}

impl HttpRequest {
    pub(crate) fn new(
        id: RequestId,
        operation: OperationId,
        base: &Arc<str>,
        token: &Token,
        parts: RequestParts,
    ) -> Self {
        let mut url = String::with_capacity(base.len() + parts.path.len());
        url.push_str(base);
        url.push_str(&parts.path);
        Self {
            id,
            operation,
            method: parts.method,
            url,
            body: parts.body,
            response: parts.response,
            accept: parts.accept,
            token: token.clone(),
        }
    }

    /// The headers to send, names in lower case: `authorization`, `accept`, and `content-type` with a body.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content_type = self.body.is_some().then_some(("content-type", "application/json"));
        [("authorization", self.token.authorization()), ("accept", self.accept)].into_iter().chain(content_type)
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.id, self.method.as_str(), self.url)
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// What becomes of an operation. The last two kinds are terminal: each operation ends with exactly one of them.
#[derive(Debug)]
pub enum Event {
    /// Keep this before the next request is sent: with it the allocation can go on anywhere.
    Ticket {
        /// The allocation.
        operation: OperationId,
        /// Where it stands.
        ticket: Box<Ticket>,
    },
    /// Something for a progress line.
    Progress {
        /// The operation.
        operation: OperationId,
        /// What it is doing.
        progress: Progress,
    },
    /// One line of a log, without its line break.
    LogLine {
        /// The operation.
        operation: OperationId,
        /// The line; bytes that are no UTF-8 are replaced, and a line longer than
        /// [`crate::stream::MAX_LINE_BYTES`] comes in pieces.
        line: String,
    },
    /// Bytes of an artifact.
    Data {
        /// The operation.
        operation: OperationId,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The operation did what was asked. Terminal.
    Completed {
        /// The operation.
        operation: OperationId,
        /// What came of it.
        completion: Completion,
    },
    /// The operation failed. Terminal.
    Failed {
        /// The operation.
        operation: OperationId,
        /// What went wrong, and what may be left.
        failure: Box<Failure>,
    },
}

impl Event {
    /// The operation this event is about.
    pub fn operation(&self) -> OperationId {
        match self {
            Self::Ticket { operation, .. }
            | Self::Progress { operation, .. }
            | Self::LogLine { operation, .. }
            | Self::Data { operation, .. }
            | Self::Completed { operation, .. }
            | Self::Failed { operation, .. } => *operation,
        }
    }

    /// Whether the operation has ended with this event.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed { .. } | Self::Failed { .. })
    }
}

/// What came of an operation, by its kind.
#[derive(Debug)]
pub enum Completion {
    /// Of an allocation.
    Allocated(Box<Allocation>),
    /// Of a backfill.
    Backfilled(Box<Backfilled>),
    /// Of a list.
    Sessions(Vec<SessionSummary>),
    /// Of a describe.
    Described(Box<SessionDetails>),
    /// Of a stop.
    Stopped(Stopped),
    /// Of a join or leave.
    Players(PlayerCount),
    /// Of a list of locations.
    Locations(Vec<LocationInfo>),
    /// Whether a tag exists.
    TagExists(bool),
    /// Of a log or an artifact: the stream ended in good order.
    Streamed {
        /// Bytes received.
        bytes: u64,
    },
}

/// How a stop found the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was running and is being stopped.
    Stopping,
    /// It had already ended.
    AlreadyEnded,
}

/// Why an input was not taken. The engine is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The number of an operation is not larger than all before it.
    OperationIdNotAscending,
    /// No such operation is under way (any more).
    UnknownOperation,
    /// No such request is in flight (any more): its answer comes too late.
    UnknownRequest,
    /// A whole answer for a stream, or the other way round.
    WrongResponseMode,
    /// The engine has been shut down.
    ShutDown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OperationIdNotAscending => "the operation's number must be larger than all before it",
            Self::UnknownOperation => "no such operation is under way",
            Self::UnknownRequest => "no such request is in flight",
            Self::WrongResponseMode => "the answer was handed over in the other response mode",
            Self::ShutDown => "the engine has been shut down",
        })
    }
}

impl std::error::Error for Refusal {}
