//! Operations whose answer is a stream: logs, cut into lines, and artifacts, as bytes. Opening one is tried again like
//! a call, within [`Timing::operation_ms`](crate::engine::Timing::operation_ms); once it is open, it goes on until it
//! ends or breaks.

use crate::engine::{
    Completion, Context, Deadline, Entropy, Event, Signal, Step, TransportFailure, TransportFailureKind, words_for,
};
use crate::error::{Error, ErrorCode};
use crate::http::{Answer, RequestParts};
use crate::retry::Jitter;

/// The longest line of a log that comes in one piece, in bytes.
pub const MAX_LINE_BYTES: usize = 64 * 1024;
/// The most of an error body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Attempts to open the stream. Once it is open nothing is tried again: what came can't be taken back.
const MAX_ATTEMPTS: u32 = 4;

/// One stream.
pub(crate) struct Stream {
    parts: RequestParts,
    state: State,
    content: Content,
    failures: u32,
    last_error: Option<Error>,
    received: u64,
    jitter: Jitter,
}

enum State {
    Opening,
    Pausing,
    Open,
    /// The answer is an error; its body is being read.
    Refused {
        status: u16,
        retry_after: Option<String>,
        body: Vec<u8>,
    },
}

/// What the bytes of a stream become.
pub(crate) enum Content {
    /// Lines of a log.
    Lines {
        cutter: LineCutter,
        /// The log goes on while the session runs.
        follow: bool,
    },
    /// Bytes of a file.
    Bytes,
}

impl Content {
    pub(crate) fn lines(follow: bool) -> Self {
        Self::Lines { cutter: LineCutter::default(), follow }
    }

    /// A followed log may be silent for hours; a file, or a log so far, is not.
    fn may_be_silent(&self) -> bool {
        matches!(self, Self::Lines { follow: true, .. })
    }
}

impl Stream {
    pub(crate) fn new(parts: RequestParts, content: Content, entropy: Entropy) -> Self {
        let jitter = Jitter::new(entropy.seed());
        Self { parts, state: State::Opening, content, failures: 0, last_error: None, received: 0, jitter }
    }

    pub(crate) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        match (&mut self.state, signal) {
            (_, Signal::Begin) => {
                context.set_in(Deadline::GiveUp, context.timing().operation_ms);
                self.open(context)
            }
            (State::Opening, Signal::StreamStarted(answer)) => self.started(&answer, context),
            (State::Opening, Signal::StreamData(_) | Signal::StreamEnded) => self.headless(context),
            (State::Open, Signal::StreamData(bytes)) => self.data(bytes, context),
            (State::Open, Signal::StreamEnded) => self.ended(context),
            (State::Refused { body, .. }, Signal::StreamData(bytes)) => {
                let room = MAX_ERROR_BYTES.saturating_sub(body.len());
                body.extend_from_slice(&bytes[..bytes.len().min(room)]);
                Step::Continue
            }
            // The status says enough, though the body may be cut.
            (State::Refused { status, retry_after, body }, Signal::StreamEnded | Signal::Failed(_)) => {
                let answer = Answer { status: *status, retry_after: retry_after.as_deref(), body };
                let error = answer.failure();
                self.refused(error, context)
            }
            (State::Opening, Signal::Failed(failure)) => self.pause(failure.into(), context),
            (State::Open, Signal::Failed(failure)) => self.broke(failure),
            (State::Pausing, Signal::Due(Deadline::Retry)) => {
                if context.may_retry(&mut self.jitter) {
                    self.open(context)
                } else {
                    Step::Continue
                }
            }
            (_, Signal::Due(Deadline::GiveUp)) => self.give_up(ErrorCode::DeadlineExceeded, context),
            (_, Signal::Cancel(code)) => self.give_up(code, context),
            (State::Opening | State::Pausing | State::Open | State::Refused { .. }, _) => Step::Continue,
        }
    }

    fn open(&mut self, context: &mut Context<'_>) -> Step {
        self.state = State::Opening;
        context.send(self.parts.clone());
        Step::Continue
    }

    fn started(&mut self, answer: &Answer<'_>, context: &mut Context<'_>) -> Step {
        if answer.status != 200 {
            let retry_after = answer.retry_after.map(str::to_owned);
            self.state = State::Refused { status: answer.status, retry_after, body: Vec::new() };
            return Step::Continue;
        }
        context.clear(Deadline::GiveUp);
        self.state = State::Open;
        self.wait_for_more(context);
        Step::Continue
    }

    /// From now on the next bytes are due.
    fn wait_for_more(&self, context: &mut Context<'_>) {
        if self.content.may_be_silent() {
            context.clear(Deadline::Attempt);
        } else {
            context.set_in(Deadline::Attempt, context.timing().attempt_ms);
        }
    }

    /// The driver handed over a stream without its head: what it is, nobody knows.
    fn headless(&mut self, context: &mut Context<'_>) -> Step {
        context.abort();
        let message = "the stream came without its head".to_owned();
        self.pause(TransportFailure { kind: TransportFailureKind::Broken, message }.into(), context)
    }

    fn data(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        self.received = self.received.saturating_add(bytes.len() as u64);
        self.wait_for_more(context);
        let operation = context.operation();
        match &mut self.content {
            Content::Lines { cutter, .. } => {
                cutter.push(bytes, |line| context.event(Event::LogLine { operation, line }));
            }
            Content::Bytes => context.event(Event::Data { operation, bytes: bytes.to_vec() }),
        }
        Step::Continue
    }

    fn ended(&mut self, context: &mut Context<'_>) -> Step {
        if let Content::Lines { cutter, .. } = &mut self.content {
            let operation = context.operation();
            if let Some(line) = cutter.finish() {
                context.event(Event::LogLine { operation, line });
            }
        }
        Step::completed(Completion::Streamed { bytes: self.received })
    }

    fn broke(&mut self, failure: TransportFailure) -> Step {
        let received = self.received;
        Step::failed(Error::from(failure).during(format_args!("the stream broke after {received} bytes")))
    }

    fn refused(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        match error.code {
            ErrorCode::ServiceFault | ErrorCode::RateLimited | ErrorCode::Timeout => self.pause(error, context),
            _ => Step::failed(error),
        }
    }

    fn pause(&mut self, error: Error, context: &mut Context<'_>) -> Step {
        self.failures += 1;
        if self.failures >= MAX_ATTEMPTS {
            return Step::failed(error);
        }
        let delay = context.backoff().delay(self.failures, error.retry_after_ms, &mut self.jitter);
        self.last_error = Some(error);
        self.state = State::Pausing;
        context.set_in(Deadline::Retry, delay);
        Step::Continue
    }

    fn give_up(&mut self, code: ErrorCode, context: &Context<'_>) -> Step {
        Step::failed(Error::ended_early(code, words_for(code), self.last_error.take(), context.in_flight()))
    }
}

/// Cuts bytes into lines with bounded memory.
#[derive(Debug, Default)]
pub(crate) struct LineCutter {
    open: Vec<u8>,
    /// A piece of the open line has been handed out already.
    in_pieces: bool,
}

impl LineCutter {
    /// Takes bytes and hands out each line that they complete.
    fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(String)) {
        while !bytes.is_empty() {
            // One byte more than fits, so that a line of just the longest length ends with its break.
            let room = MAX_LINE_BYTES - self.open.len();
            let window = &bytes[..bytes.len().min(room + 1)];
            let line_break = window.iter().position(|byte| *byte == b'\n');
            let taken = line_break.unwrap_or(window.len().min(room));
            self.open.extend_from_slice(&window[..taken]);
            bytes = &bytes[taken..];
            if line_break.is_some() {
                bytes = &bytes[1..];
                self.end().into_iter().for_each(&mut line);
            } else if !bytes.is_empty() {
                line(self.cut());
            }
        }
    }

    /// Hands out a last line that has no line break.
    fn finish(&mut self) -> Option<String> {
        if self.open.is_empty() { None } else { self.end() }
    }

    /// The open line, without the carriage return of its break. `None` when all of it has been handed out.
    fn end(&mut self) -> Option<String> {
        if self.open.last() == Some(&b'\r') {
            self.open.pop();
        }
        let handed_out = std::mem::take(&mut self.in_pieces) && self.open.is_empty();
        (!handed_out).then(|| self.take(self.open.len()))
    }

    /// As much of a line that is too long as makes whole characters.
    fn cut(&mut self) -> String {
        self.in_pieces = true;
        self.take(self.open.len() - begun_character(&self.open))
    }

    fn take(&mut self, length: usize) -> String {
        let line = String::from_utf8_lossy(&self.open[..length]).into_owned();
        self.open.drain(..length);
        line
    }
}

/// How many bytes at the end begin a character of UTF-8 that goes on.
fn begun_character(bytes: &[u8]) -> usize {
    for (before_it, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if length > before_it + 1 { before_it + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> Vec<String> {
        let mut cutter = LineCutter::default();
        let mut lines = Vec::new();
        for piece in pieces {
            cutter.push(piece, |line| lines.push(line));
        }
        lines.extend(cutter.finish());
        lines
    }

    #[test]
    fn lines_come_whole_however_the_bytes_are_cut() {
        let whole = b"one\r\n\ntwo \xff\nthree";
        let expected = ["one", "", "two \u{fffd}", "three"];
        for at in 0..whole.len() {
            let (head, tail) = whole.split_at(at);
            assert_eq!(cut(&[head, tail]), expected, "cut at {at}");
        }
    }

    #[test]
    fn a_line_without_end_comes_in_pieces() {
        let long = vec![b'x'; MAX_LINE_BYTES * 2 + 5];
        let lengths: Vec<_> = cut(&[&long]).iter().map(String::len).collect();
        assert_eq!(lengths, [MAX_LINE_BYTES, MAX_LINE_BYTES, 5]);
    }
}
