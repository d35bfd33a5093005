//! An operation that is one request, tried again while that can help: list, describe, stop, join, leave,
//! locations, tag. All of them can be repeated without harm.

use crate::check::InvalidInput;
use crate::engine::context::{Context, Signal, Step};
use crate::engine::deadlines::Deadline;
use crate::engine::{Completion, Entropy, Operation, Stopped, TransportFailure, TransportFailureKind};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http::{self, Answer, RequestParts};
use crate::model::SessionId;
use crate::retry::Jitter;

/// Attempts in all, while the service can't be reached or fails.
const MAX_ATTEMPTS: u32 = 4;

/// One request and its retries.
pub(super) struct Call {
    kind: Kind,
    subject: Subject,
    parts: RequestParts,
    state: State,
    failures: u32,
    /// An earlier attempt may have changed something.
    in_doubt: bool,
    last_error: Option<Error>,
    jitter: Jitter,
}

/// Whom the call is about, as far as the engine's table of sessions wants to know.
pub(super) enum Subject {
    /// Describing this session.
    Session(SessionId),
    /// Stopping this session.
    Stop(SessionId),
    /// Players joining a session.
    Join {
        /// The session.
        session: SessionId,
        /// Who joins.
        players: Vec<String>,
    },
    /// Players leaving whatever session they are in.
    Leave {
        /// Who leaves.
        players: Vec<String>,
    },
    /// Nobody.
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Describe,
    Stop,
    Players,
    Locations,
    Tag,
}

#[derive(Clone, Copy)]
enum State {
    Sending,
    Pausing,
}

impl Call {
    /// Takes an operation that is one request.
    pub(super) fn new(operation: Operation, entropy: Entropy) -> Result<Self, Error> {
        let (kind, parts, subject) = match operation {
            Operation::List(filter) => (Kind::List, http::list::request(&filter)?, Subject::None),
            Operation::Describe(id) => (Kind::Describe, http::session::describe_request(&id), Subject::Session(id)),
            Operation::Stop(id) => (Kind::Stop, http::session::stop_request(&id), Subject::Stop(id)),
            Operation::Join { session, players } => {
                let parts = http::players::join_request(&session, &players)?;
                (Kind::Players, parts, Subject::Join { session, players })
            }
            Operation::Leave { players } => {
                (Kind::Players, http::players::leave_request(&players)?, Subject::Leave { players })
            }
            Operation::Locations { image } => (Kind::Locations, http::locations::request(&image)?, Subject::None),
            Operation::TagExists { location, image, version } => {
                (Kind::Tag, http::tag::request(&location, &image, &version)?, Subject::None)
            }
            Operation::Allocate(_) | Operation::Backfill(_) | Operation::Logs { .. } | Operation::Artifact { .. } => {
                return Err(InvalidInput::other("operation", "is more than one request").into());
            }
        };
        Ok(Self {
            kind,
            parts,
            subject,
            state: State::Sending,
            failures: 0,
            in_doubt: false,
            last_error: None,
            jitter: Jitter::new(entropy.seed()),
        })
    }

    /// Whom it is about.
    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(super) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        match (self.state, signal) {
            (_, Signal::Begin) => {
                context.set_in(Deadline::GiveUp, context.timing().operation_ms);
                self.send(context)
            }
            (State::Sending, Signal::Answer(answer)) => self.answered(&answer, context),
            (State::Sending, Signal::Failed(failure)) => self.failed(failure, context),
            (State::Pausing, Signal::Due(Deadline::Retry)) => {
                if context.may_retry(&mut self.jitter) {
                    self.send(context)
                } else {
                    Step::Continue
                }
            }
            (_, Signal::Due(Deadline::GiveUp)) => Step::failed(self.gave_up(ErrorCode::DeadlineExceeded, context)),
            (_, Signal::Cancel(code)) => Step::failed(self.gave_up(code, context)),
            (State::Sending | State::Pausing, _) => Step::Continue,
        }
    }

    fn send(&mut self, context: &mut Context<'_>) -> Step {
        self.state = State::Sending;
        context.send(self.parts.clone());
        Step::Continue
    }

    fn answered(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        let error = match self.read(answer) {
            Ok(completion) => return Step::completed(completion),
            Err(error) => error,
        };
        if self.kind == Kind::Stop && self.has_ended(answer) {
            return Step::completed(Completion::Stopped(Stopped::AlreadyEnded));
        }
        match error.code {
            ErrorCode::ServiceFault | ErrorCode::RateLimited | ErrorCode::Timeout => self.pause(error, context),
            _ => self.fail(error),
        }
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Completion, Error> {
        match self.kind {
            Kind::List => http::list::read(answer).map(Completion::Sessions),
            Kind::Describe => http::session::read_description(answer).map(|it| Completion::Described(Box::new(it))),
            Kind::Stop => http::session::read_stop(answer).map(|()| Completion::Stopped(Stopped::Stopping)),
            Kind::Players => http::players::read(answer).map(Completion::Players),
            Kind::Locations => http::locations::read(answer).map(Completion::Locations),
            Kind::Tag => http::tag::read(answer).map(Completion::TagExists),
        }
    }

    /// 409 says so; 404 does when an earlier stop, whose answer was lost, may have been the one that ended it.
    fn has_ended(&self, answer: &Answer<'_>) -> bool {
        http::says_absent(answer) && (answer.status == 409 || (answer.status == 404 && self.in_doubt))
    }

    fn failed(&mut self, failure: TransportFailure, context: &mut Context<'_>) -> Step {
        let error = Error::from(failure);
        if error.code == ErrorCode::TooLarge {
            return self.fail(error);
        }
        self.pause(error, context)
    }

    fn pause(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        self.in_doubt |= error.outcome == Outcome::Unknown && self.kind.changes_something();
        self.failures += 1;
        if self.failures >= MAX_ATTEMPTS {
            return self.fail(error);
        }
        let delay = context.backoff().delay(self.failures, error.retry_after_ms, &mut self.jitter);
        self.last_error = Some(error);
        self.state = State::Pausing;
        context.set_in(Deadline::Retry, delay);
        Step::Continue
    }

    /// Ends with the failure of the last attempt, which does not say what became of those before it.
    fn fail(&self, mut error: Error) -> Step {
        if self.in_doubt {
            error.outcome = Outcome::Unknown;
        }
        Step::failed(error)
    }

    fn gave_up(&mut self, code: ErrorCode, context: &Context<'_>) -> Error {
        let in_doubt = context.in_flight() || self.in_doubt;
        Error::ended_early(code, words_for(code), self.last_error.take(), in_doubt)
    }
}

impl Kind {
    /// Whether the service is another afterwards.
    fn changes_something(self) -> bool {
        match self {
            Self::Stop | Self::Players => true,
            Self::List | Self::Describe | Self::Locations | Self::Tag => false,
        }
    }
}

/// What is said of an operation that was ended from outside.
pub(crate) fn words_for(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Cancelled => "the operation was cancelled",
        ErrorCode::ShutDown => "the engine was shut down",
        ErrorCode::TicketNotKept => "the ticket could not be kept, so nothing was started",
        _ => "the operation did not finish in time",
    }
}

impl From<TransportFailure> for Error {
    fn from(failure: TransportFailure) -> Self {
        let (code, outcome) = match failure.kind {
            TransportFailureKind::NotSent => (ErrorCode::Transport, Outcome::NotSent),
            TransportFailureKind::Broken => (ErrorCode::Transport, Outcome::Unknown),
            TransportFailureKind::TimedOut => (ErrorCode::Timeout, Outcome::Unknown),
            TransportFailureKind::TooLarge => (ErrorCode::TooLarge, Outcome::Unknown),
        };
        Self::new(code, outcome, failure.message)
    }
}
