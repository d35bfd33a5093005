//! The place of one operation in an engine: its state machine, whichever kind it is, and what it waits for.

use crate::allocation::{self, Failure, ResumeOptions, Ticket};
use crate::backfill;
use crate::engine::call::Call;
use crate::engine::context::{Context, Signal, Step, Wait};
use crate::engine::{Entropy, Millis, Operation, words_for};
use crate::error::{Error, ErrorCode, Outcome};
use crate::http;
use crate::stream::{Content, Stream};

/// One operation.
pub(super) struct Slot {
    pub machine: Machine,
    pub wait: Wait,
}

impl Slot {
    pub(super) fn new(machine: Machine) -> Self {
        Self { machine, wait: Wait::new() }
    }
}

/// The state machine of an operation.
pub(super) enum Machine {
    Allocation(Box<allocation::Machine>),
    Backfill(Box<backfill::Machine>),
    Call(Box<Call>),
    Stream(Box<Stream>),
}

impl Machine {
    pub(super) fn new(operation: Operation, entropy: Entropy, now: Millis) -> Result<Self, Error> {
        Ok(match operation {
            Operation::Allocate(request) => {
                Self::Allocation(Box::new(allocation::Machine::new(*request, entropy, now)?))
            }
            Operation::Backfill(request) => Self::Backfill(Box::new(backfill::Machine::new(*request, entropy)?)),
            Operation::Logs { session, follow } => {
                let parts = http::logs::request(&session, follow);
                Self::Stream(Box::new(Stream::new(parts, Content::lines(follow), entropy)))
            }
            Operation::Artifact { session, path } => {
                let parts = http::artifacts::request(&session, &path)?;
                Self::Stream(Box::new(Stream::new(parts, Content::Bytes, entropy)))
            }
            call => Self::Call(Box::new(Call::new(call, entropy)?)),
        })
    }

    pub(super) fn resume(
        ticket: Ticket,
        options: ResumeOptions,
        base_url: &str,
        entropy: Entropy,
        now: Millis,
    ) -> Result<Self, Error> {
        let machine = allocation::Machine::resume(ticket, options, base_url, entropy, now)?;
        Ok(Self::Allocation(Box::new(machine)))
    }

    pub(super) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        match self {
            Self::Allocation(machine) => machine.signal(signal, context),
            Self::Backfill(machine) => machine.signal(signal, context),
            Self::Call(machine) => machine.signal(signal, context),
            Self::Stream(machine) => machine.signal(signal, context),
        }
    }

    /// Ends at once.
    pub(super) fn abandon(&mut self, context: &mut Context<'_>) -> Failure {
        match self {
            Self::Allocation(machine) => machine.abandon(context),
            Self::Backfill(machine) => machine.abandon(),
            Self::Call(_) | Self::Stream(_) => {
                let code = ErrorCode::ShutDown;
                Error::new(code, Outcome::Unknown, words_for(code)).into()
            }
        }
    }

    /// Removes what this operation knows to be secret from a text of the service's.
    pub(super) fn hide_secrets(&self, error: &mut Error) {
        if let Self::Allocation(machine) = self {
            machine.hide_env(error);
        }
    }
}
