//! Ctrl-C and SIGTERM: as something to wait for, and for operations that must not be left half done.

use std::io;
use std::time::Duration;

use matchport::Client;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::fault::Fault;
use crate::output::Output;
use crate::progress::ProgressLine;

/// How long the first signal lets an operation take to make sure that nothing is left. The core's own limit for that is
/// 30 seconds; a second signal ends it at once.
const SETTLE_WITHIN: Duration = Duration::from_secs(40);

/// From its making on, neither signal ends the program by itself.
#[derive(Debug)]
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Begins to listen. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// When the system allows no handler.
    pub(crate) fn listen() -> Result<Self, Fault> {
        let listen = || io::Result::Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?));
        let (interrupt, terminate) = listen().map_err(|error| Fault::system("can't listen for signals", &error))?;
        Ok(Self { interrupt, terminate })
    }

    /// Waits for the next one. Can be dropped without losing any.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// How an operation ended.
pub(crate) enum Ended<T> {
    /// By itself.
    Undisturbed(T),
    /// After a first signal, which made it give up and clean up.
    Interrupted(T),
    /// By a second signal, in the middle of cleaning up.
    Abandoned,
}

/// Does what must not be left half done. The first signal shuts the client down, which makes the operation give up and
/// settle what there is to settle; the second one ends it at once.
///
/// # Errors
/// When the system allows no handler; nothing has been done then.
pub(crate) async fn until_settled<T>(
    client: &Client,
    work: impl Future<Output = T>,
    line: &ProgressLine,
    output: Output,
) -> Result<Ended<T>, Fault> {
    let mut interrupts = Interrupts::listen()?;
    let mut work = std::pin::pin!(work);
    tokio::select! {
        result = &mut work => return Ok(Ended::Undisturbed(result)),
        () = interrupts.next() => {}
    }
    line.tell(output, "giving up and making sure that nothing is left; Ctrl-C once more ends at once");
    // The operation is still polled: it carries its own requests, and an allocation keeps its ticket up to date.
    let settled = async { tokio::join!(&mut work, client.shutdown(SETTLE_WITHIN)).0 };
    tokio::select! {
        result = settled => Ok(Ended::Interrupted(result)),
        () = interrupts.next() => Ok(Ended::Abandoned),
    }
}
