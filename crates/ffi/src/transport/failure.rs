//! What a failure of reqwest's means: whether the service may have seen the request.

use std::error::Error as _;

use matchport_core::engine::{TransportFailure, TransportFailureKind};

/// Not sent is what happened before there was a connection to write to. Everything else may have reached the service.
pub(super) fn judge(error: reqwest::Error) -> TransportFailure {
    let kind = if error.is_connect() || error.is_builder() {
        TransportFailureKind::NotSent
    } else if error.is_timeout() {
        TransportFailureKind::TimedOut
    } else {
        TransportFailureKind::Broken
    };
    // Without the address, whose query holds values of the caller's; with all causes, of which the last says most.
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = inner.source();
    }
    TransportFailure { kind, message }
}

pub(super) fn too_large(max_bytes: usize) -> TransportFailure {
    let message = format!("the answer is longer than {max_bytes} bytes");
    TransportFailure { kind: TransportFailureKind::TooLarge, message }
}

pub(super) fn not_sent(message: String) -> TransportFailure {
    TransportFailure { kind: TransportFailureKind::NotSent, message }
}
