//! Operations whose answer is a stream: logs, cut into lines, and artifacts, as bytes.

use crate::engine::{
    Completion, Context, Deadline, Entropy, Event, OperationId, Signal, Step, TransportFailure, words_for,
};
use crate::error::{Error, ErrorCode, Outcome};
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
    Lines(LineCutter),
    /// Bytes of a file.
    Bytes,
}

impl Stream {
    pub(crate) fn new(parts: RequestParts, content: Content, entropy: Entropy) -> Self {
        let jitter = Jitter::new(entropy.seed());
        Self { parts, state: State::Opening, content, failures: 0, received: 0, jitter }
    }

    pub(crate) fn signal(&mut self, signal: Signal<'_>, context: &mut Context<'_>) -> Step {
        match (&mut self.state, signal) {
            (_, Signal::Begin) => self.open(context),
            (State::Opening, Signal::StreamStarted(answer)) => self.started(&answer, context),
            (State::Open, Signal::StreamData(bytes)) => self.data(bytes, context),
            (State::Open, Signal::StreamEnded) => self.ended(context),
            (State::Refused { body, .. }, Signal::StreamData(bytes)) => {
                let room = MAX_ERROR_BYTES.saturating_sub(body.len());
                body.extend_from_slice(&bytes[..bytes.len().min(room)]);
                Step::Continue
            }
            (State::Refused { status, retry_after, body }, Signal::StreamEnded) => {
                let answer = Answer { status: *status, retry_after: retry_after.as_deref(), body };
                let error = answer.failure();
                self.refused(error, context)
            }
            (State::Opening | State::Refused { .. }, Signal::Failed(failure)) => {
                let error = Error::from(failure);
                self.pause(error, context)
            }
            (State::Open, Signal::Failed(failure)) => self.broke(failure),
            (State::Pausing, Signal::Due(Deadline::Retry)) => {
                if context.may_retry(&mut self.jitter) {
                    self.open(context)
                } else {
                    Step::Continue
                }
            }
            (_, Signal::Cancel(code)) => Step::failed(Error::new(code, Outcome::Unknown, words_for(code))),
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
        // A followed log may be silent for hours; a file is not.
        match self.content {
            Content::Lines(_) => context.clear(Deadline::Attempt),
            Content::Bytes => context.set_in(Deadline::Attempt, context.timing().attempt_ms),
        }
        self.state = State::Open;
        Step::Continue
    }

    fn data(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        self.received += bytes.len() as u64;
        let operation = context.operation();
        match &mut self.content {
            Content::Lines(cutter) => cutter.push(bytes, |line| context.event(Event::LogLine { operation, line })),
            Content::Bytes => {
                context.set_in(Deadline::Attempt, context.timing().attempt_ms);
                context.event(Event::Data { operation, bytes: bytes.to_vec() });
            }
        }
        Step::Continue
    }

    fn ended(&mut self, context: &mut Context<'_>) -> Step {
        if let Content::Lines(cutter) = &mut self.content {
            let operation: OperationId = context.operation();
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
        self.state = State::Pausing;
        context.set_in(Deadline::Retry, delay);
        Step::Continue
    }
}

/// Cuts bytes into lines with bounded memory.
#[derive(Debug, Default)]
pub(crate) struct LineCutter {
    open: Vec<u8>,
}

impl LineCutter {
    /// Takes bytes and hands out each line that they complete.
    fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(String)) {
        while !bytes.is_empty() {
            let room = MAX_LINE_BYTES - self.open.len();
            let window = &bytes[..bytes.len().min(room)];
            match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    self.open.extend_from_slice(&window[..end]);
                    bytes = &bytes[end + 1..];
                    line(self.take());
                }
                None => {
                    self.open.extend_from_slice(window);
                    bytes = &bytes[window.len()..];
                    if self.open.len() == MAX_LINE_BYTES {
                        line(self.take());
                    }
                }
            }
        }
    }

    /// Hands out a last line that has no line break.
    fn finish(&mut self) -> Option<String> {
        (!self.open.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> String {
        if self.open.last() == Some(&b'\r') {
            self.open.pop();
        }
        let line = String::from_utf8_lossy(&self.open).into_owned();
        self.open.clear();
        line
    }
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
