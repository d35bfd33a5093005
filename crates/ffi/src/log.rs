//! What is told to the log hook: which operation began and ended how, which request was sent and answered. Never headers,
//! bodies or queries, so that neither the token nor the environment can be among it.

use std::ffi::c_void;
use std::fmt;

use matchport_core::engine::{Event, HttpRequest, RequestId, TransportFailureKind};

use crate::slots::Slot;
use crate::text::matchport_string;

/// How loud a line of the log is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum matchport_log_level {
    /// Nothing is logged.
    Off = 0,
    /// Something is left that somebody has to see to.
    Error = 1,
    /// Something failed.
    Warn = 2,
    /// Operations begin and end.
    Info = 3,
    /// Requests are sent and answered.
    Debug = 4,
}

use matchport_log_level as Level;

/// Takes one line of a log. Called only within a call of the client's, on the thread of that call; it must not call
/// back (REENTERED), not throw and not jump. The text is gone when it returns. `level` is a matchport_log_level.
pub type matchport_log_hook = Option<extern "C" fn(user: *mut c_void, level: i32, text: matchport_string)>;

/// The lines of a call, until its end.
pub(crate) struct Log {
    hook: matchport_log_hook,
    user: *mut c_void,
    most: i32,
    lines: Vec<(Level, String)>,
}

// SAFETY: the pointer is the caller's and only handed back to it; the caller promises that its hook may be called on
// each thread that it calls the client from.
unsafe impl Send for Log {}

impl Log {
    pub(crate) fn new(hook: matchport_log_hook, user: *mut c_void, most: i32) -> Self {
        Self { hook, user, most, lines: Vec::new() }
    }

    /// Hands the lines of a call to the hook.
    pub(crate) fn flush(&mut self, slot: &Slot) {
        let Some(hook) = self.hook.filter(|_| !self.lines.is_empty()) else { return };
        let lines = std::mem::take(&mut self.lines);
        slot.in_hook(|| {
            lines.iter().for_each(|(level, text)| hook(self.user, *level as i32, matchport_string::view(text)))
        });
    }

    pub(crate) fn began(&mut self, operation: u64, what: &str) {
        self.line(Level::Info, format_args!("operation {operation} begins: {what}"));
    }

    pub(crate) fn event(&mut self, event: &Event) {
        let operation = event.operation().0;
        match event {
            Event::Completed { .. } => self.line(Level::Info, format_args!("operation {operation} is done")),
            Event::Failed { failure, .. } => {
                let error = &failure.error;
                let outcome = error.outcome.as_str();
                self.line(
                    Level::Warn,
                    format_args!("operation {operation} failed: {} ({outcome}): {error}", error.code),
                );
                if let Some(ticket) = &failure.ticket {
                    let session = ticket.session();
                    self.line(
                        Level::Error,
                        format_args!("operation {operation}: session {session} may be left running"),
                    );
                }
            }
            _ => {}
        }
    }

    pub(crate) fn sent(&mut self, request: &HttpRequest) {
        if !self.wants(Level::Debug) {
            return;
        }
        let (id, operation, method) = (request.id.0, request.operation.0, request.method.as_str());
        let path = path(&request.url);
        self.line(Level::Debug, format_args!("operation {operation}: request {id} is {method} {path}"));
    }

    pub(crate) fn aborted(&mut self, request: RequestId) {
        self.line(Level::Debug, format_args!("request {} is aborted", request.0));
    }

    pub(crate) fn answered(&mut self, request: RequestId, status: u16) {
        self.line(Level::Debug, format_args!("request {} is answered: {status}", request.0));
    }

    /// Without the words of the failure, which may be the host's and are not cleaned yet.
    pub(crate) fn failed(&mut self, request: RequestId, kind: TransportFailureKind) {
        self.line(Level::Debug, format_args!("request {} has no answer: {kind:?}", request.0));
    }

    #[inline]
    fn wants(&self, level: Level) -> bool {
        self.hook.is_some() && level as i32 <= self.most
    }

    fn line(&mut self, level: Level, text: fmt::Arguments<'_>) {
        if self.wants(level) {
            self.lines.push((level, text.to_string()));
        }
    }
}

/// The path alone: the query of a list holds values of the caller's.
fn path(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find('/').map_or("/", |at| &url[host + at..]);
    path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_an_address_is_told() {
        assert_eq!(path("https://api.example.com/session?filter[x]=secret"), "/session");
        assert_eq!(path("https://api.example.com"), "/");
    }
}
