//! What a failure of the built-in transport means: whether the service may have seen the request.

use std::error::Error as _;
use std::fmt::Write as _;

use super::{TransportFailure, TransportFailureKind};

/// Judges an error of reqwest's.
///
/// `NotSent` is said for what happens before a connection is there to be written to: name not found, refused,
/// unreachable, TLS refused, too slow to connect, an address that makes no request. Everything else may have reached
/// the service. A kept connection that had died before the first byte was written is no failure at all: hyper gets
/// the request back unwritten and writes it to another connection (`retry_canceled_requests` of hyper-util's client),
/// so that it still travels once.
pub(super) fn judge(error: reqwest::Error) -> TransportFailure {
    let kind = if error.is_connect() || error.is_builder() {
        TransportFailureKind::NotSent
    } else if error.is_timeout() {
        TransportFailureKind::TimedOut
    } else {
        TransportFailureKind::Broken
    };
    TransportFailure { kind, message: words(error) }
}

/// The whole chain of causes in one line. The address is left out: it is the same for every request, and the query
/// of a list holds values of the caller's.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
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
