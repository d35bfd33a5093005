//! Driving one operation: whoever polls it carries its requests, and the engine decides. Dropping an allocation or
//! backfill that is under way hands it to the background, where it is brought to its end.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use matchport_core::allocation::{Failure, ResumeOptions, Ticket};
use matchport_core::engine::{Completion, Event, Input, Operation, OperationId, Output, RequestId};
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::http::Answer;
use tokio::runtime::Handle;
use tracing::Span;

use crate::background;
use crate::settled::SettledKind;
use crate::shared::Shared;
use crate::transport::{Exchange, Progress};

/// What is submitted once the operation is polled for the first time.
pub(crate) enum Submission {
    Operation(Operation),
    Resume(Box<Ticket>, Box<ResumeOptions>),
}

impl Submission {
    fn name(&self) -> &'static str {
        match self {
            Self::Resume(..) => "resume",
            Self::Operation(operation) => match operation {
                Operation::Allocate(_) => "allocate",
                Operation::Backfill(_) => "backfill",
                Operation::List(_) => "sessions",
                Operation::Describe(_) => "session",
                Operation::Stop(_) => "stop",
                Operation::Join { .. } => "join",
                Operation::Leave { .. } => "leave",
                Operation::Locations { .. } => "locations",
                Operation::TagExists { .. } => "tag_exists",
                Operation::Logs { .. } => "logs",
                Operation::Artifact { .. } => "artifact",
            },
        }
    }

    /// Whether it goes on in the background when nobody waits for it any more: only then is something left to settle.
    fn settles(&self) -> Option<SettledKind> {
        match self {
            Self::Resume(..) | Self::Operation(Operation::Allocate(_)) => Some(SettledKind::Allocation),
            Self::Operation(Operation::Backfill(_)) => Some(SettledKind::Backfill),
            Self::Operation(_) => None,
        }
    }
}

/// An operation and whoever waits for it. Dropping it cancels the operation.
pub(crate) struct Running {
    shared: Arc<Shared>,
    stage: Stage,
}

#[expect(clippy::large_enum_variant, reason = "it stays where it is, and nearly all of its time it is `Under`")]
enum Stage {
    New(Option<Submission>),
    Under(Drive),
    Over,
}

impl Running {
    /// An operation that begins when it is polled.
    pub(crate) fn new(shared: &Arc<Shared>, submission: Submission) -> Self {
        Self { shared: Arc::clone(shared), stage: Stage::New(Some(submission)) }
    }

    pub(crate) fn operation(shared: &Arc<Shared>, operation: Operation) -> Self {
        Self::new(shared, Submission::Operation(operation))
    }

    /// Waits for the end of an operation that has no events on its way.
    pub(crate) async fn completion(mut self) -> Result<Completion, Error> {
        loop {
            match std::future::poll_fn(|context| self.poll_event(context)).await {
                Event::Completed { completion, .. } => return Ok(completion),
                Event::Failed { failure, .. } => return Err(failure.error),
                _ => {}
            }
        }
    }

    /// The next event. After the terminal one there is none, and this stays pending.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Stage::New(submission) = &mut self.stage
            && let Some(submission) = submission.take()
        {
            match Drive::begin(&self.shared, submission, context) {
                Ok(drive) => self.stage = Stage::Under(drive),
                Err(error) => {
                    self.stage = Stage::Over;
                    let failure = Box::new(Failure::from(error));
                    return Poll::Ready(Event::Failed { operation: OperationId(0), failure });
                }
            }
        }
        let Stage::Under(drive) = &mut self.stage else { return Poll::Pending };
        let event = ready!(drive.poll_event(context));
        if event.is_terminal() {
            self.stage = Stage::Over;
        }
        Poll::Ready(event)
    }

    /// Keeps the newest ticket, for when even the background can't go on.
    pub(crate) fn keep(&mut self, ticket: Box<Ticket>) {
        if let Stage::Under(drive) = &mut self.stage {
            drive.ticket = Some(ticket);
        }
    }

    /// The caller could not keep a ticket: what waits to be sent is not sent.
    pub(crate) fn ticket_not_kept(&mut self) {
        if let Stage::Under(drive) = &mut self.stage {
            drive.stop_short(|id| Input::TicketNotKept { id });
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Stage::Under(mut drive) = mem::replace(&mut self.stage, Stage::Over) else { return };
        drive.stop_short(|id| Input::Cancel { id });
        match drive.settles {
            Some(kind) => background::go_on(drive, kind),
            // A read has ended with its cancel, and its connection with its exchange.
            None => drop(drive),
        }
    }
}

/// An operation that has been submitted, with the request that it has on its way.
pub(crate) struct Drive {
    pub(crate) shared: Arc<Shared>,
    id: OperationId,
    outputs: VecDeque<Output>,
    exchange: Option<Exchange>,
    /// A piece of a stream has been handed out, and no more is asked for yet.
    resting: bool,
    settles: Option<SettledKind>,
    /// The newest ticket, for when even the background can't go on.
    pub(crate) ticket: Option<Box<Ticket>>,
    pub(crate) runtime: Handle,
    span: Span,
}

impl Drive {
    fn begin(shared: &Arc<Shared>, submission: Submission, context: &mut Context<'_>) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| {
            let message = "must be awaited inside of a tokio runtime with I/O and time enabled";
            Error::new(ErrorCode::Transport, Outcome::NotSent, message)
        })?;
        let (name, settles) = (submission.name(), submission.settles());
        let mut outputs = VecDeque::new();
        let input = |id, entropy| match submission {
            Submission::Operation(operation) => Input::Submit { id, operation, entropy },
            Submission::Resume(ticket, options) => Input::Resume { id, ticket, options: *options, entropy },
        };
        let id = shared.submit(input, context.waker(), &mut outputs)?;
        let span = tracing::info_span!("operation", name, number = id.0);
        let shared = Arc::clone(shared);
        Ok(Self { shared, id, outputs, exchange: None, resting: false, settles, ticket: None, runtime, span })
    }

    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        let span = self.span.clone();
        let _in_span = span.enter();
        if mem::take(&mut self.resting) {
            self.shared.rest_no_more(self.id, &mut self.outputs);
        }
        loop {
            if let Some(output) = self.outputs.pop_front() {
                match output {
                    Output::Send(request) => self.exchange = Some(self.shared.transport.begin(*request)),
                    Output::Abort { request, .. } => self.abort(request),
                    Output::Event(event) => return Poll::Ready(self.hand_out(event)),
                    // Handled where the engine is polled.
                    Output::WaitUntil(_) | Output::Idle => {}
                }
                continue;
            }
            if let Some(exchange) = &mut self.exchange
                && let Poll::Ready(progress) = exchange.poll(context)
            {
                self.hand_over(progress);
                continue;
            }
            if !self.shared.collect(self.id, context.waker(), &mut self.outputs) {
                return Poll::Pending;
            }
        }
    }

    /// Ends the operation by an input. What has not been sent yet never will be.
    fn stop_short(&mut self, input: impl FnOnce(OperationId) -> Input<'static>) {
        self.shared.stop_short(self.id, input(self.id), &mut self.outputs);
    }

    /// Nobody will drive it any more.
    pub(crate) fn forget(&self) {
        self.shared.forget(self.id);
    }

    /// The terminal event, if it is there without anything being done for it.
    pub(crate) fn take_end(&mut self) -> Option<Event> {
        self.shared.look(self.id, &mut self.outputs);
        while let Some(output) = self.outputs.pop_front() {
            match output {
                Output::Event(Event::Ticket { ticket, .. }) => self.ticket = Some(ticket),
                Output::Event(event) if event.is_terminal() => return Some(event),
                _ => {}
            }
        }
        None
    }

    /// Closes the connection of a request.
    fn abort(&mut self, request: RequestId) {
        self.exchange.take_if(|exchange| exchange.request() == request);
    }

    fn hand_out(&mut self, event: Event) -> Event {
        match &event {
            Event::Ticket { ticket, .. } => {
                tracing::debug!(session = %ticket.session(), phase = ?ticket.phase(), "ticket");
            }
            Event::Progress { progress, .. } => tracing::debug!(?progress, "progress"),
            Event::Data { .. } => {
                if let Some(exchange) = &self.exchange {
                    self.shared.rest(self.id, exchange.request());
                    self.resting = true;
                }
            }
            Event::Failed { failure, .. } => {
                let error = &failure.error;
                let unsettled = failure.ticket.is_some();
                tracing::debug!(code = error.code.as_str(), outcome = error.outcome.as_str(), unsettled, "failed");
            }
            Event::Completed { .. } => tracing::debug!("completed"),
            Event::LogLine { .. } => {}
        }
        event
    }

    /// Hands to the engine what came of the request.
    fn hand_over(&mut self, progress: Progress) {
        let Some(exchange) = &self.exchange else { return };
        let request = exchange.request();
        let streams = exchange.streams();
        let over = !matches!(progress, Progress::Started { .. } | Progress::Data(_));
        let input = match &progress {
            Progress::Answer { status, retry_after, body } => {
                let answer = Answer { status: *status, retry_after: retry_after.as_deref(), body };
                Input::Response { request, answer }
            }
            Progress::Started { status, retry_after } => {
                let answer = Answer { status: *status, retry_after: retry_after.as_deref(), body: &[] };
                Input::StreamStarted { request, answer }
            }
            Progress::Data(bytes) => Input::StreamData { request, bytes },
            Progress::Ended => Input::StreamEnded { request },
            Progress::Failed(failure) => Input::TransportFailed { request, failure: failure.clone() },
        };
        debug_assert!(streams || over, "a whole answer comes in one piece");
        if over {
            self.exchange = None;
        }
        self.shared.hand_over(self.id, input, &mut self.outputs);
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if self.resting {
            self.shared.rest_no_more(self.id, &mut self.outputs);
        }
    }
}
