//! Judging an answer: what a status means, and whether the request took effect.

use matchport_json::{Problem as JsonProblem, Reader};

use crate::error::{Error, ErrorCode, Outcome};
use crate::model::Problem;

/// An answer of the service, or of a gateway before it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The value of the `Retry-After` header, as it came. Only whole seconds are understood.
    pub retry_after: Option<&'a str>,
    /// The body, in one piece.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Reads the body when the status is `expected`.
    pub(crate) fn read<T>(&self, expected: u16, read: ReadFrom<T>) -> Result<T, Error> {
        if self.status != expected {
            return Err(self.failure());
        }
        let mut reader = Reader::new(self.body);
        let value = read(&mut reader).and_then(|value| reader.end().map(|()| value));
        value.map_err(|error| self.unreadable(error))
    }

    /// A body that is not what was expected.
    pub(crate) fn unreadable(&self, error: matchport_json::Error) -> Error {
        let (line, column) = error.line_and_column(self.body);
        let path = match error.problem {
            // The path would lead into what nobody can say the structure of.
            JsonProblem::EndsEarly | JsonProblem::Syntax => String::new(),
            _ => error.path(self.body),
        };
        let what = if path.is_empty() { "it" } else { &path };
        unreadable(self.status, &format!("{what} {} (line {line}, column {column})", error.problem))
    }

    /// The failure that a status stands for, with what the service said. A 404 or 409 that is a gateway's page counts
    /// as a fault of the service.
    pub fn failure(&self) -> Error {
        use ErrorCode::*;
        let problem = Problem::read(self.body);
        let quota = problem.as_ref().is_some_and(|problem| problem.code.as_deref() == Some("QUOTA_EXCEEDED"));
        let (code, outcome) = match self.status {
            400 => (BadRequest, Outcome::Refused),
            401 => (Unauthorized, Outcome::Refused),
            402 => (QuotaExceeded, Outcome::Refused),
            403 if quota => (QuotaExceeded, Outcome::Refused),
            403 => (Forbidden, Outcome::Refused),
            // Nothing is known of what was asked for: a caller that took this for the service's word would start
            // elsewhere, or forget a session that runs.
            404 | 409 if !is_the_services(self.body, problem.as_ref()) => (ServiceFault, Outcome::Unknown),
            404 => (NotFound, Outcome::Refused),
            // A gateway's own time-out says nothing about what the service did.
            408 => (Timeout, Outcome::Unknown),
            409 => (Conflict, Outcome::Refused),
            413 => (TooLarge, Outcome::Refused),
            420 => (NoCapacity, Outcome::Refused),
            422 => (InvalidRequest, Outcome::Refused),
            429 => (RateLimited, Outcome::Refused),
            300..=499 => (UnexpectedStatus, Outcome::Refused),
            500..=599 => (ServiceFault, Outcome::Unknown),
            _ => (UnexpectedStatus, Outcome::Unknown),
        };
        let mut error = Error::answered(code, outcome, self.status, problem);
        error.retry_after_ms = self.retry_after_ms();
        error
    }

    fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.retry_after?.trim().parse().ok()?;
        Some(seconds.saturating_mul(1000))
    }
}

/// Reads one value.
pub(crate) type ReadFrom<T> = fn(&mut Reader<'_>) -> Result<T, matchport_json::Error>;

/// A success whose body can't be read: the request took effect, but nobody knows how.
pub(crate) fn unreadable(status: u16, why: &str) -> Error {
    let message = format!("the service answered {status} with a body that can't be read: {why}");
    let mut error = Error::new(ErrorCode::UnreadableResponse, Outcome::Unknown, message);
    error.status = Some(status);
    error
}

/// Whether a 404 or 409 is the service's own word. A gateway's page with the same status, or a gateway's JSON that
/// has none of the service's fields, proves nothing about the session; an empty body is taken as the service's.
pub fn says_absent(answer: &Answer<'_>) -> bool {
    is_the_services(answer.body, Problem::read(answer.body).as_ref())
}

fn is_the_services(body: &[u8], problem: Option<&Problem>) -> bool {
    body.iter().all(u8::is_ascii_whitespace) || problem.is_some_and(Problem::is_the_services)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &[u8]) -> Error {
        Answer { status, retry_after: None, body }.failure()
    }

    #[test]
    fn every_documented_status_has_its_code() {
        use ErrorCode::*;
        let table = [
            (400, BadRequest, Outcome::Refused),
            (401, Unauthorized, Outcome::Refused),
            (402, QuotaExceeded, Outcome::Refused),
            (403, Forbidden, Outcome::Refused),
            (404, NotFound, Outcome::Refused),
            (409, Conflict, Outcome::Refused),
            (420, NoCapacity, Outcome::Refused),
            (422, InvalidRequest, Outcome::Refused),
            (500, ServiceFault, Outcome::Unknown),
            (503, ServiceFault, Outcome::Unknown),
            (504, ServiceFault, Outcome::Unknown),
            (302, UnexpectedStatus, Outcome::Refused),
            (202, UnexpectedStatus, Outcome::Unknown),
        ];
        for (status, code, outcome) in table {
            let error = failure(status, b"");
            assert_eq!((error.code, error.outcome, error.status), (code, outcome, Some(status)));
        }
    }

    #[test]
    fn a_quota_by_another_status() {
        assert_eq!(failure(403, br#"{"code":"QUOTA_EXCEEDED"}"#).code, ErrorCode::QuotaExceeded);
    }

    #[test]
    fn a_gateways_page_is_not_the_services_word() {
        let page = |status| Answer { status, retry_after: None, body: b"<html>not found</html>" };
        assert!(!says_absent(&page(404)));
        assert!(says_absent(&Answer { status: 404, retry_after: None, body: b"" }));
        assert!(says_absent(&Answer { status: 404, retry_after: None, body: br#"{"statusCode":404}"# }));
        assert!(failure(503, b"<html>").message.contains("503"));
    }

    #[test]
    fn retry_after_in_seconds() {
        let with = |text| Answer { status: 420, retry_after: Some(text), body: b"" }.failure().retry_after_ms;
        assert_eq!(with("5"), Some(5000));
        assert_eq!(with("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(with("-1"), None);
    }

    #[test]
    fn a_message_never_repeats_the_body() {
        let answer = Answer { status: 200, retry_after: None, body: br#"{"count":"s3cret","players":[]}"# };
        let error = answer.read(200, crate::model::PlayerCount::read).expect_err("count is no number");
        assert_eq!(error.outcome, Outcome::Unknown);
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
}
