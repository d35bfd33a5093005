//! Where output goes and how: stdout for results, stderr for everything else, colour where there is a terminal.
//! Nothing here knows what is printed; `table`, `explain`, `session` and `ping` make the texts.
//!
//! Texts are made with colour always; the streams take it out where it doesn't belong.

pub(crate) mod explain;
pub(crate) mod ping;
pub(crate) mod session;
mod table;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::args::{ColorWhen, Display, Format};

pub(crate) use table::Table;

/// The two streams of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
    is_verbose: bool,
}

impl Output {
    /// Takes the options; the choice of colour holds for the whole program.
    pub(crate) fn new(display: &Display) -> Self {
        match display.color {
            ColorWhen::Auto => {}
            ColorWhen::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
            ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self { format: display.output, is_verbose: display.verbose > 0 }
    }

    /// Whether stdout gets JSON.
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Whether a line that changes in place can be shown: on a terminal, and with nothing else on stderr.
    pub(crate) fn shows_progress(self) -> bool {
        io::stderr().is_terminal() && !self.is_verbose
    }

    /// Writes one JSON document to stdout.
    ///
    /// # Errors
    /// When stdout can't be written to.
    pub(crate) fn json(self, document: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(document)?;
        text.push('\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    /// Writes a text and a line break to stdout.
    ///
    /// # Errors
    /// When stdout can't be written to.
    pub(crate) fn text(self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Writes to stderr. That nobody reads it is no reason to stop.
    pub(crate) fn note(self, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

/// A text from outside without what would make a terminal do things.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// A line of a game server's log as a terminal may have it: tabs and colours stay, what moves the cursor or sets a title
/// doesn't. Lines of logs hold no line break.
pub(crate) fn printable_line(line: &str) -> Cow<'_, str> {
    if !line.chars().any(|char| char.is_control() && char != '\t') {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(char) = rest.chars().next() {
        let colour = colour_sequence(rest);
        let length = colour.unwrap_or(char.len_utf8());
        if colour.is_some() || char == '\t' || !char.is_control() {
            clean.push_str(&rest[..length]);
        } else {
            clean.push(char::REPLACEMENT_CHARACTER);
        }
        rest = &rest[length..];
    }
    Cow::Owned(clean)
}

/// The length of `ESC [ digits ; digits m` at the beginning of a text.
fn colour_sequence(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.bytes().position(|byte| !byte.is_ascii_digit() && byte != b';')?;
    (parameters.as_bytes()[end] == b'm').then_some(end + 3)
}

/// Milliseconds as people read them.
pub(crate) fn milliseconds(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_drive_a_terminal() {
        assert_eq!(printable("eu-west-1"), "eu-west-1");
        assert_eq!(printable("a\u{1b}[2Jb\r\n\u{9b}c"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c");
    }

    #[test]
    fn log_lines_keep_tabs_and_colours() {
        assert_eq!(printable_line("a\tb"), "a\tb");
        assert_eq!(printable_line("\u{1b}[1;31mred\u{1b}[0m ü"), "\u{1b}[1;31mred\u{1b}[0m ü");
        assert_eq!(printable_line("\u{1b}[2J\u{1b}]0;title\u{7}x"), "\u{fffd}[2J\u{fffd}]0;title\u{fffd}x");
        assert_eq!(printable_line("\u{1b}["), "\u{fffd}[");
        assert_eq!(printable_line("\u{9b}31mü"), "\u{fffd}31mü");
    }

    #[test]
    fn times() {
        assert_eq!(milliseconds(9_999), "9999 ms");
        assert_eq!(milliseconds(90_350), "90.3 s");
    }
}
