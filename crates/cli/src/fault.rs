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
pub(crate) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    /// What was to be done, and where: "can't list sessions at http://127.0.0.1:4242".
    what: String,
    error: ErrorDocument,
    /// More about it, one line each.
    details: Vec<String>,
    /// What to do next, one line each.
    next: Vec<String>,
    /// A line to copy, below everything else.
    attachment: Option<String>,
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
        next.into_iter().fold(Self::new(what, ErrorDocument::of(error), exit), Self::next)
    }

    /// Something was given that can't be used. Nothing was sent.
    pub(crate) fn wrong_use(message: impl Into<String>) -> Self {
        let error = Error::new(ErrorCode::InvalidInput, Outcome::NotSent, message);
        Self::new("wrong use", ErrorDocument::of(error), Exit::WrongUse)
    }

    /// The system said no: a file, a pipe, a socket.
    pub(crate) fn system(what: impl Into<String>, error: &io::Error) -> Self {
        let mut fault = Self::local("system", what, error.to_string());
        fault.0.is_quiet = error.kind() == io::ErrorKind::BrokenPipe;
        fault
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
        Self(Box::new(Parts {
            what: what.into(),
            error,
            details: Vec::new(),
            next: Vec::new(),
            attachment: None,
            exit,
            ticket: None,
            report: None,
            is_quiet: false,
            is_told: false,
        }))
    }

    /// Adds a mistake in a file: `place` is `file:line:column`, `field` what is wrong there. In the JSON it is one of
    /// the violations.
    #[must_use]
    pub(crate) fn mistake(mut self, place: &str, field: &str, description: String) -> Self {
        self.0.details.push(format!("{place}: {field}: {description}"));
        self.0.error.violations.push(Violation { field: format!("{place} {field}"), description });
        self
    }

    /// Says what to do next.
    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.0.next.push(next.into());
        self
    }

    /// Adds a line to copy.
    #[must_use]
    pub(crate) fn attach(mut self, line: String) -> Self {
        self.0.attachment = Some(line);
        self
    }

    /// Adds what an allocation leaves behind.
    #[must_use]
    pub(crate) fn with(mut self, ticket: Option<Box<Ticket>>, report: Option<Box<Report>>) -> Self {
        self.0.ticket = ticket;
        self.0.report = report;
        self
    }

    /// Ends with this code.
    #[must_use]
    pub(crate) fn exiting(mut self, exit: Exit) -> Self {
        self.0.exit = exit;
        self
    }

    /// Is said even when it is only that nobody reads any more.
    #[must_use]
    pub(crate) fn loud(mut self) -> Self {
        self.0.is_quiet = false;
        self
    }

    /// Stdout has it already, as a part of something else.
    #[must_use]
    pub(crate) fn told(mut self) -> Self {
        self.0.is_told = true;
        self
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        self.0.exit
    }

    /// The failure as JSON has it.
    pub(crate) fn document(&self) -> FailureDocument<'_> {
        FailureDocument { error: &self.0.error, ticket: &self.0.ticket, report: &self.0.report }
    }

    /// Says it: on stderr, and with `--output json` on stdout too.
    pub(crate) fn print(&self, output: Output) {
        if self.0.is_quiet {
            return;
        }
        if output.is_json() && !self.0.is_told {
            // Nobody may be reading it; stderr still says it.
            let _ = output.json(&self.document());
        }
        output.note(&self.text());
    }

    fn text(&self) -> String {
        let parts = &self.0;
        let mut lines =
            vec![format!("{} {}: {}", "error:".red().bold(), parts.what, printable(plain(&parts.error.message)))];
        lines.extend(parts.details.iter().map(|detail| format!("  {}", printable(detail))));
        let mut more = |name: &str, text: &str| lines.push(format!("  {} {text}", format!("{name}:").bold()));
        // Mistakes have been told already.
        let violations = parts.error.violations.iter().skip(parts.details.len());
        for violation in violations {
            more(&format!("field {}", printable(&violation.field)), &printable(&violation.description));
        }
        if let Some(identifier) = &parts.error.identifier {
            more("identifier", &format!("{} (quote it to the service's support)", printable(identifier)));
        }
        if parts.exit == Exit::UnknownOutcome && parts.ticket.is_none() {
            more("outcome", "unknown; it may or may not have taken effect");
        }
        for next in &parts.next {
            more("next", next);
        }
        lines.extend(parts.attachment.clone());
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
