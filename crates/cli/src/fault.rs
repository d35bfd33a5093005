//! A failed command: what happened, where, what to do next, and how the program ends. Printed in one place, for people
//! on stderr and with `--output json` for programs on stdout.

use std::io;

use matchport_core::allocation::{Report, Ticket};
use matchport_core::check::InvalidInput;
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::Violation;
use owo_colors::OwoColorize;
use serde::Serialize;

use crate::exit::Exit;
use crate::output::{Output, printable};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What was to be done, and where: "can't list sessions at http://127.0.0.1:4242".
    what: String,
    error: ErrorDocument,
    /// What to do next, one line each.
    next: Vec<String>,
    exit: Exit,
    ticket: Option<Box<Ticket>>,
    report: Option<Box<Report>>,
    is_quiet: bool,
    /// Stdout has it already.
    is_told: bool,
}

/// The `error` of a failure's JSON.
#[derive(Debug, Serialize)]
struct ErrorDocument {
    code: &'static str,
    status: Option<u16>,
    identifier: Option<String>,
    violations: Vec<Violation>,
    outcome: &'static str,
    retryable: bool,
    message: String,
}

/// The whole document.
#[derive(Serialize)]
pub(crate) struct FailureDocument<'a> {
    error: &'a ErrorDocument,
    ticket: &'a Option<Box<Ticket>>,
    report: &'a Option<Box<Report>>,
}

impl Fault {
    /// An operation of the API failed.
    pub(crate) fn operation(what: impl Into<String>, error: Error, exit: Exit) -> Self {
        let next = error.retry_after_ms.map(|ms| format!("the service asks to wait {} s", ms.div_ceil(1000)));
        Self { next: next.into_iter().collect(), ..Self::new(what, ErrorDocument::of(error), exit) }
    }

    /// Something was given that can't be used. Nothing was sent.
    pub(crate) fn wrong_use(message: impl Into<String>) -> Self {
        let error = Error::new(ErrorCode::InvalidInput, Outcome::NotSent, message);
        Self::new("wrong use", ErrorDocument::of(error), Exit::WrongUse)
    }

    /// The system said no: a file, a pipe, a socket.
    pub(crate) fn system(what: impl Into<String>, error: &io::Error) -> Self {
        let is_quiet = error.kind() == io::ErrorKind::BrokenPipe;
        Self { is_quiet, ..Self::local("system", what, error.to_string()) }
    }

    /// Something on this side went wrong, under a code that is none of the core's.
    pub(crate) fn local(code: &'static str, what: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ErrorDocument {
            code,
            status: None,
            identifier: None,
            violations: Vec::new(),
            outcome: Outcome::NotSent.as_str(),
            retryable: false,
            message: message.into(),
        };
        Self::new(what, error, Exit::Other)
    }

    fn new(what: impl Into<String>, error: ErrorDocument, exit: Exit) -> Self {
        Self {
            what: what.into(),
            error,
            next: Vec::new(),
            exit,
            ticket: None,
            report: None,
            is_quiet: false,
            is_told: false,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next.push(next.into());
        self
    }

    /// Adds what an allocation leaves behind.
    #[must_use]
    pub(crate) fn with(mut self, ticket: Option<Box<Ticket>>, report: Option<Box<Report>>) -> Self {
        self.ticket = ticket;
        self.report = report;
        self
    }

    /// Ends with this code.
    #[must_use]
    pub(crate) fn exiting(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Is said even when it is only that nobody reads any more.
    #[must_use]
    pub(crate) fn loud(mut self) -> Self {
        self.is_quiet = false;
        self
    }

    /// Stdout has it already, as a part of something else.
    #[must_use]
    pub(crate) fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// The failure as JSON has it.
    pub(crate) fn document(&self) -> FailureDocument<'_> {
        FailureDocument { error: &self.error, ticket: &self.ticket, report: &self.report }
    }

    /// Says it: on stderr, and with `--output json` on stdout too.
    pub(crate) fn print(&self, output: Output) {
        if self.is_quiet {
            return;
        }
        if output.is_json() && !self.is_told {
            // Nobody may be reading it; stderr still says it.
            let _ = output.json(&self.document());
        }
        output.note(&self.text());
    }

    fn text(&self) -> String {
        let mut lines =
            vec![format!("{} {}: {}", "error:".red().bold(), self.what, printable(plain(&self.error.message)))];
        let mut more = |name: &str, text: &str| lines.push(format!("  {} {text}", format!("{name}:").bold()));
        for violation in &self.error.violations {
            more(&format!("field {}", printable(&violation.field)), &printable(&violation.description));
        }
        if let Some(identifier) = &self.error.identifier {
            more("identifier", &format!("{} (quote it to the service's support)", printable(identifier)));
        }
        if self.exit == Exit::UnknownOutcome && self.ticket.is_none() {
            more("outcome", "unknown; it may or may not have taken effect");
        }
        for next in &self.next {
            more("next", next);
        }
        lines.join("\n")
    }
}

/// The message of a connection that failed, without the layers of the HTTP library around it.
fn plain(message: &str) -> &str {
    const LAYERS: [&str; 3] = ["error sending request: ", "client error (Connect): ", "tcp connect error: "];
    LAYERS.iter().fold(message, |rest, layer| rest.strip_prefix(layer).unwrap_or(rest))
}

impl From<InvalidInput> for Fault {
    fn from(input: InvalidInput) -> Self {
        Self::wrong_use(input.to_string())
    }
}

/// Writing to stdout failed.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::system("can't write to stdout", &error)
    }
}

impl ErrorDocument {
    fn of(error: Error) -> Self {
        Self {
            code: error.code.as_str(),
            status: error.status,
            identifier: error.identifier,
            violations: error.violations,
            outcome: error.outcome.as_str(),
            retryable: error.retryable,
            message: error.message,
        }
    }
}
