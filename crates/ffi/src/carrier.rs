//! Who carries requests: the host, who pulls them, or the built-in transport.

use matchport_core::engine::{HttpRequest, Millis, RequestId};

use crate::host_http::HostQueue;
use crate::operations::ping::Question;
use crate::status::{Refused, matchport_status as Status};
use crate::wait::ClientSignal;

/// One of the two.
pub(crate) enum Carrier {
    Host(HostQueue),
    #[cfg(feature = "transport")]
    BuiltIn(crate::transport::Transport),
}

impl Carrier {
    pub(crate) fn send(&mut self, request: Box<HttpRequest>) {
        match self {
            Self::Host(queue) => queue.send(request),
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => transport.send(request),
        }
    }

    pub(crate) fn abort(&mut self, request: RequestId) {
        match self {
            Self::Host(queue) => queue.abort(request),
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => transport.abort(request),
        }
    }

    /// What a thread in a wait is woken by; `None` when nobody can wait for the host.
    pub(crate) fn signal(&self) -> ClientSignal {
        match self {
            Self::Host(_) => None,
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => Some(transport.signal()),
        }
    }

    /// Measures latencies, which only the built-in transport does.
    #[cfg_attr(not(feature = "transport"), expect(unused_variables, reason = "nobody there to ping"))]
    pub(crate) fn ping(&self, operation: u64, question: Question) -> Result<(), Refused> {
        match self {
            Self::Host(_) => Err(Refused::new(Status::WrongTransport, "with the host transport the host measures")),
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => {
                transport.ping(operation, question);
                Ok(())
            }
        }
    }

    /// Ends a ping.
    #[cfg_attr(not(feature = "transport"), expect(unused_variables, reason = "nobody there to ping"))]
    pub(crate) fn end_ping(&self, operation: u64) {
        match self {
            Self::Host(_) => {}
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => transport.end_ping(operation),
        }
    }

    /// The engine waits: for how long, and whether the caller has something to take.
    #[cfg_attr(not(feature = "transport"), expect(unused_variables, reason = "nobody waits for the host"))]
    pub(crate) fn settled(&mut self, attention: bool, due_in: Option<Millis>) {
        match self {
            Self::Host(_) => {}
            #[cfg(feature = "transport")]
            Self::BuiltIn(transport) => transport.settled(attention, due_in),
        }
    }
}
