//! One line of the log for each request: what it was, how it ended, and what it is about, without secrets and without its
//! body. When nobody reads the log, it costs a load.

use super::{Hidden, Record, Shown};

/// Whether anybody reads it.
pub(super) fn is_read() -> bool {
    tracing::enabled!(tracing::Level::INFO)
}

/// Writes the line of a request.
pub(super) fn write(record: &Record, hidden: &Hidden) {
    if !is_read() {
        return;
    }
    let shown = Shown::of(record, hidden);
    tracing::info!(
        number = shown.number,
        method = shown.method,
        path = shown.path,
        operation = shown.operation,
        status = shown.status,
        took_ms = shown.took,
        session = shown.session,
        identifier = shown.identifier,
        refusal = shown.refusal,
        fault = shown.fault,
        cut = shown.cut,
        "request"
    );
}
