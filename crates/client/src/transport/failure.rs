//! What a failure of the built-in transport means: whether the service may have seen the request.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use hyper_util::client::legacy;

use super::{TransportFailure, TransportFailureKind};

/// Judges an error of a request that got no answer.
///
/// `NotSent` is said for what happens before a connection is there to be written to: name not found, refused,
/// unreachable, proxy or TLS refused, too slow to connect. Everything else may have reached the service. A kept
/// connection that had died before the first byte was written is no failure at all: the client gets the request back
/// unwritten and writes it to another connection (`retry_canceled_requests` of hyper-util, on by default), so that it
/// still travels once.
pub(super) fn judge(error: &legacy::Error) -> TransportFailure {
    let kind = if error.is_connect() { TransportFailureKind::NotSent } else { kind(error) };
    TransportFailure { kind, message: words(error) }
}

/// Judges an error of an answer's body: the service has acted.
pub(super) fn judge_body(error: &hyper::Error) -> TransportFailure {
    TransportFailure { kind: kind(error), message: words(error) }
}

fn kind(error: &(dyn Error + 'static)) -> TransportFailureKind {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return TransportFailureKind::TimedOut;
        }
        cause = error.source();
    }
    TransportFailureKind::Broken
}

/// The whole chain of causes in one line.
fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.ends_with(&text) {
            // Writing to a string can't fail.
            let _ = write!(words, ": {text}");
        }
        cause = inner.source();
    }
    words
}

/// The answer is longer than the engine allowed.
pub(super) fn too_large(max_bytes: usize) -> TransportFailure {
    let message = format!("the answer is longer than {max_bytes} bytes");
    TransportFailure { kind: TransportFailureKind::TooLarge, message }
}
