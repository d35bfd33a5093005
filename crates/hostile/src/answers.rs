//! Every reader of answers. The first byte says which, the next two the status; the rest is the body.

use matchport_core::backfill::{BackfillRequest, Prefer, best_sessions};
use matchport_core::http::{self, Answer};

use crate::choices::Choices;

/// Those of the API, and some that no service should send.
const STATUSES: &[u16] = &[
    200, 201, 204, 400, 401, 402, 403, 404, 408, 409, 413, 420, 422, 429, 500, 502, 503, 504, 0, 100, 199, 202, 301,
    304, 418, 599, 600, 999, 65535,
];
const LETTERS: &[u8] = b"sldxpctabm";
/// No error is a place for a whole page.
const LONGEST_ERROR: usize = 1_000_000;

pub(crate) fn run(input: &[u8]) {
    let mut choices = Choices::new(input);
    let (reader, status) = (choices.letter(LETTERS), choices.one_of(STATUSES));
    let retry_after =
        choices.one_of(&[None, Some("1"), Some(" 99999999999999999999 "), Some("-1"), Some("Wed, 21 Oct")]);
    let body = input.get(3..).unwrap_or_default();
    let answer = Answer { status, retry_after, body };
    let error = match reader {
        b's' => http::start::read(&answer).err(),
        b'l' => http::list::read(&answer).err(),
        b'd' => match http::session::read_description(&answer) {
            Ok(session) => {
                let _ = (session.labels.tags(), session.labels.env());
                None
            }
            Err(error) => Some(error),
        },
        b'x' => http::session::read_stop(&answer).err(),
        b'p' => http::players::read(&answer).err(),
        b'c' => http::locations::read(&answer).err(),
        b't' => http::tag::read(&answer).err(),
        b'a' => {
            let _ = http::says_absent(&answer);
            None
        }
        _ => {
            let mut request = BackfillRequest::new("game", 8, vec!["ada".into(), "bob".into()]);
            if reader == b'm' {
                request.prefer = Prefer::Emptiest;
                request.locations = Some(vec!["eu-west-1".into()]);
                request.version = Some("v1".into());
                request.having.insert("mode".into(), "duo".into());
            }
            match best_sessions(&answer, &request, 3) {
                Ok(sessions) => {
                    assert!(sessions.len() <= 3, "more than asked for");
                    None
                }
                Err(error) => Some(error),
            }
        }
    };
    for error in error.into_iter().chain([answer.failure()]) {
        let words = format!("{error} {error:?}");
        assert!(words.len() < LONGEST_ERROR, "an error of {} bytes", words.len());
    }
}
