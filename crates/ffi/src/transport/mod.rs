//! The built-in transport: a worker thread that carries requests with the HTTP of the Rust crate, and the two queues between
//! it and the client. The caller's threads never enter the runtime, so that nothing of it stays behind on them when the
//! library is unloaded.

mod exchange;
mod ping;
mod thread;
mod wake;
mod worker;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use matchport::transport::HttpTransport;
use matchport_core::engine::{HttpRequest, Input, RequestId, TransportFailure};
use matchport_core::environment::BaseUrl;
use matchport_core::http::Answer;

use crate::carrier::Carrier;
use crate::client::Client;
use crate::events::Measured;
use crate::operations::ping::Question;
use crate::status::{Refused, matchport_status as Status};
use crate::wait::Signal;
use thread::Thread;
use wake::Waker;

/// So many bytes of streams may wait for the caller; then reading pauses.
const MOST_BYTES: usize = 1024 * 1024;

/// The client's end.
pub(crate) struct Transport {
    shared: Arc<Shared>,
    waker: Waker,
    /// Dropped, and so joined, after the command to stop.
    thread: Thread,
}

/// What both ends see.
struct Shared {
    commands: Mutex<Vec<Command>>,
    arrivals: Mutex<Arrivals>,
    signal: Arc<Signal>,
}

enum Command {
    Send(Box<HttpRequest>),
    Abort(RequestId),
    Ping {
        operation: u64,
        question: Question,
    },
    EndPing(u64),
    /// There is room for more bytes again.
    Room,
    Stop,
}

#[derive(Default)]
struct Arrivals {
    queue: VecDeque<(RequestId, Arrival)>,
    pinged: Vec<(u64, Vec<Measured>)>,
    /// Bytes of streams in the queue.
    bytes: usize,
    /// Somebody waits for room.
    full: bool,
}

/// What became of a request. All but `Started` and `Data` are the last.
enum Arrival {
    Answer { status: u16, retry_after: Option<String>, body: Vec<u8> },
    Started { status: u16, retry_after: Option<String> },
    Data(Vec<u8>),
    Ended,
    Failed(TransportFailure),
}

impl Transport {
    /// Starts the worker thread. Connects to nothing yet.
    pub(crate) fn start(base_url: &BaseUrl) -> Result<Self, Refused> {
        let http = HttpTransport::new(base_url)
            .map_err(|error| Refused::new(Status::InvalidArgument, format!("options.environment: {error}")))?;
        let refused = |what: &str, error: &dyn std::fmt::Display| {
            Refused::new(Status::SystemRefused, format!("the system gives no {what}: {error}"))
        };
        let (waker, woken) = wake::pair().map_err(|error| refused("pipe", &error))?;
        let shared =
            Arc::new(Shared { commands: Mutex::default(), arrivals: Mutex::default(), signal: Arc::default() });
        let of_worker = Arc::clone(&shared);
        let thread = Thread::start(move || worker::run(http, &of_worker, woken));
        let thread = thread.map_err(|error| refused("thread", &error))?;
        Ok(Self { shared, waker, thread })
    }

    pub(crate) fn send(&self, request: Box<HttpRequest>) {
        self.command(Command::Send(request));
    }

    pub(crate) fn abort(&self, request: RequestId) {
        self.command(Command::Abort(request));
    }

    pub(crate) fn ping(&self, operation: u64, question: Question) {
        self.command(Command::Ping { operation, question });
    }

    pub(crate) fn end_ping(&self, operation: u64) {
        self.command(Command::EndPing(operation));
    }

    pub(crate) fn settled(&self, attention: bool, due_in_ms: Option<u64>) {
        self.shared.signal.settled(attention, due_in_ms);
    }

    pub(crate) fn signal(&self) -> Arc<Signal> {
        Arc::clone(&self.shared.signal)
    }

    fn command(&self, command: Command) {
        let mut commands = locked(&self.shared.commands);
        let first = commands.is_empty();
        commands.push(command);
        drop(commands);
        // The worker takes all at once, so that one call for the first of them is enough.
        if first {
            self.waker.wake();
        }
    }

    fn arrivals(&self) -> Result<Arrivals, Refused> {
        if self.thread.has_ended() {
            return Err(Refused::new(Status::Poisoned, "the worker thread has ended by a fault"));
        }
        let mut arrivals = locked(&self.shared.arrivals);
        self.shared.signal.taken_in();
        let taken = std::mem::take(&mut *arrivals);
        drop(arrivals);
        if taken.full {
            self.command(Command::Room);
        }
        Ok(taken)
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.command(Command::Stop);
    }
}

/// Takes in what the worker has brought.
pub(crate) fn take_in(client: &mut Client) -> Result<(), Refused> {
    let Carrier::BuiltIn(transport) = client.carrier() else { return Ok(()) };
    let arrivals = transport.arrivals()?;
    for (operation, measured) in arrivals.pinged {
        client.pinged(operation, measured);
    }
    for (request, arrival) in arrivals.queue {
        let taken = match arrival {
            Arrival::Answer { status, retry_after, body } => {
                client.answered(request, Answer { status, retry_after: retry_after.as_deref(), body: &body })
            }
            Arrival::Started { status, retry_after } => {
                client.stream_started(request, Answer { status, retry_after: retry_after.as_deref(), body: &[] })
            }
            Arrival::Data(bytes) => client.change(Input::StreamData { request, bytes: &bytes }),
            Arrival::Ended => client.change(Input::StreamEnded { request }),
            Arrival::Failed(failure) => client.failed(request, failure),
        };
        match taken {
            // It was aborted meanwhile.
            Ok(_) | Err(Refused { status: Status::UnknownRequest, .. }) => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(())
}

impl Shared {
    fn commands(&self) -> Vec<Command> {
        std::mem::take(&mut *locked(&self.commands))
    }

    fn pinged(&self, operation: u64, measured: Vec<Measured>) {
        locked(&self.arrivals).pinged.push((operation, measured));
        self.signal.answered();
    }

    /// Hands something to the client; says whether there is room for more.
    fn arrived(&self, request: RequestId, arrival: Arrival) -> bool {
        let mut arrivals = locked(&self.arrivals);
        if let Arrival::Data(bytes) = &arrival {
            arrivals.bytes += bytes.len();
        }
        arrivals.queue.push_back((request, arrival));
        arrivals.full |= arrivals.bytes > MOST_BYTES;
        let room = !arrivals.full;
        drop(arrivals);
        self.signal.answered();
        room
    }
}

/// Nothing that holds these locks can panic half-way.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
