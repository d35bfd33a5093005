//! The line that says what an operation waits for. On a terminal only; a pipe gets none.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use matchport_core::allocation::Progress;

use crate::output::{Output, milliseconds, printable};

/// A line on stderr that changes in place, and is gone when dropped.
#[derive(Clone, Debug)]
pub(crate) struct ProgressLine(Option<ProgressBar>);

impl ProgressLine {
    /// A line that begins with `message`.
    pub(crate) fn begin(output: Output, message: &str) -> Self {
        if !output.shows_progress() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner().with_message(message.to_owned());
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} ({elapsed})").expect("the template is a constant and valid"),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// Shows another message.
    pub(crate) fn say(&self, message: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(message);
        }
    }

    /// Says something that must be seen: in the line if there is one, else on stderr.
    pub(crate) fn tell(&self, output: Output, message: &str) {
        match &self.0 {
            Some(bar) => bar.set_message(message.to_owned()),
            None => output.note(message),
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.end();
    }
}

/// What an allocation is doing, in words.
pub(crate) fn words(progress: &Progress) -> String {
    match progress {
        Progress::Locating => "asking which locations offer the image".to_owned(),
        Progress::Starting { location, attempt: 1 } => format!("starting in {}", printable(location)),
        Progress::Starting { location, attempt } => format!("starting in {} (start {attempt})", printable(location)),
        Progress::LocationRefused { location, code } => format!("{} refused: {code}", printable(location)),
        Progress::WaitingForCapacity { for_ms: Some(ms) } => {
            format!("every location is full; the first re-opens in {}", milliseconds(*ms))
        }
        Progress::WaitingForCapacity { for_ms: None } => "every location is full; one is being tried".to_owned(),
        Progress::LookingUp => "the answer was lost; looking whether the session is there".to_owned(),
        Progress::Pausing { for_ms, reason, .. } => {
            format!("{}; trying again in {}", printable(reason), milliseconds(*for_ms))
        }
        Progress::WaitingUntilRunning { status: Some(status) } => {
            format!("started; waiting until it is running (it is {})", printable(status.as_str()))
        }
        Progress::WaitingUntilRunning { status: None } => "started; waiting until it is running".to_owned(),
        Progress::Settling => "making sure that no server is left".to_owned(),
    }
}
