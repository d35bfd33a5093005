//! What an answer says, judged from its bytes by the API page alone. The engine's own judgement is under test and is
//! not used.

use matchport_core::engine::TransportFailureKind;
use matchport_testkit::network::Back;

/// What an engine has heard for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Said {
    /// It was done; for a look, the session exists.
    Done,
    /// The service's own 404.
    Absent,
    /// 420.
    Full,
    /// The service's own 409.
    Conflict,
    /// 401, 402, 403, or a 422 about something that is not `ttl`.
    Never,
    /// A 422 that may be about the form of `ttl`.
    WrongTtl,
    /// 429.
    Busy,
    /// Not one byte left.
    NotSent,
    /// Nothing that says what the service did.
    Nothing,
}

impl Said {
    /// `stop`: it was a stop, whose success has no body.
    pub(crate) fn of(back: &Back, stop: bool) -> Self {
        let reply = match back {
            Back::Reply(reply) => reply,
            Back::Broken(TransportFailureKind::NotSent) => return Self::NotSent,
            Back::Broken(_) => return Self::Nothing,
        };
        let whole = reply.body.first() == Some(&b'{') && reply.body.last() == Some(&b'}');
        // A 404 or 409 without any body is taken as the service's; a gateway's has a page.
        let own = whole || reply.body.is_empty();
        match reply.status {
            200..=299 if stop => Self::Done,
            200 | 201 if whole => Self::Done,
            404 if own => Self::Absent,
            409 if own => Self::Conflict,
            401..=403 => Self::Never,
            420 => Self::Full,
            // What is not said, or can't be read, may have been about ttl.
            422 if !whole || contains(&reply.body, r#""field":"ttl""#) || !contains(&reply.body, "violations") => {
                Self::WrongTtl
            }
            422 => Self::Never,
            429 => Self::Busy,
            _ => Self::Nothing,
        }
    }
}

/// Whether a body holds a text.
pub(crate) fn contains(body: &[u8], text: &str) -> bool {
    str::from_utf8(body).is_ok_and(|body| body.contains(text))
}
