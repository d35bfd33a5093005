//! What may happen to a request on its way, drawn at random. The bounds are the assumptions of the crate's page: a
//! request lands at the latest 4.9 s after its connection was given up, which is within the grace time of 5 s.

use matchport_core::retry::Jitter;
use matchport_testkit::{Fault, Reply};

use crate::judge::Request;

/// How long an engine waits for an answer, by its default.
const ATTEMPT_MS: u64 = 10_000;
/// How much later than its connection a request may land.
pub(crate) const LATEST_MS: u64 = 4_900;

/// The kinds, as the table has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    NotSent,
    RequestCut,
    ReplyCut,
    BodyCut,
    Unreadable,
    NoId,
    ReplyLate,
    SilentLost,
    SilentDone,
    SilentLate,
    LateAfterBreak,
    Duplicate,
    DuplicateSecondAnswers,
    FaultBefore,
    FaultAfter,
    GatewayPage,
    GatewayNotFound,
    GatewayConflict,
    Full,
    Conflict,
    Busy,
    Forbidden,
    Invalid,
    TtlRefused,
}

impl FaultKind {
    pub(crate) const NAMES: [&str; 24] = [
        "not sent",
        "connection cut in the request",
        "connection cut in the reply",
        "reply cut at any byte",
        "unreadable reply",
        "201 without id",
        "reply after the deadline",
        "silence, request lost",
        "silence, request done",
        "silence, request done late",
        "connection cut, request done late",
        "delivered twice",
        "delivered twice, second answer",
        "500 before it took effect",
        "500 after it took effect",
        "503 page of a gateway",
        "404 page of a gateway",
        "409 page of a gateway",
        "420",
        "409 while in flight elsewhere",
        "429",
        "401, 402, 403",
        "422",
        "422 about ttl",
    ];
}

fn dice(jitter: &mut Jitter, sides: u64) -> u64 {
    jitter.up_to(sides - 1)
}

/// No fault: an answer within the time that the service usually takes.
pub(crate) fn calm(jitter: &mut Jitter) -> Fault {
    let random = jitter.up_to(u64::MAX);
    let arrives = random % 30;
    Fault::None { arrives, returns: arrives + (random >> 32) % 700 }
}

/// A fault. `own_id`: nobody else starts under the id, so that a 409 can only be about one's own start.
pub(crate) fn draw(kind: Request, own_id: bool, jitter: &mut Jitter) -> (FaultKind, Fault) {
    use FaultKind as K;
    let arrives = dice(jitter, 200);
    let known = arrives + 1 + dice(jitter, 300);
    let start = kind == Request::Start;
    let gateway = |reply| Fault::Gateway { returns: known, reply };
    let page = |status| gateway(Reply { status, body: b"<html><body>upstream trouble</body></html>".to_vec() });
    let error = |status, code| gateway(Reply::error(status, code, "no"));
    loop {
        return match dice(jitter, 24) {
            0 => (K::NotSent, Fault::NotSent { known }),
            1 => (K::RequestCut, Fault::RequestLost { known }),
            2 => (K::ReplyCut, Fault::ReplyLost { arrives, known }),
            3 => (K::BodyCut, Fault::CutBody { arrives, returns: known, permille: dice(jitter, 1000) as u16 }),
            4 => {
                const BODIES: [&[u8]; 4] = [b"", b"not json", b"{\"host\":\"", b"[1]"];
                let body = BODIES[dice(jitter, 4) as usize].to_vec();
                let status = if start { 201 } else { 200 };
                (K::Unreadable, Fault::Replaced { arrives, returns: known, reply: Reply { status, body } })
            }
            5 if start => (K::NoId, Fault::WithoutId { arrives, returns: known }),
            6 => (K::ReplyLate, Fault::None { arrives, returns: ATTEMPT_MS + dice(jitter, 10_000) }),
            7 => (K::SilentLost, Fault::Silence { arrives: None }),
            8 => (K::SilentDone, Fault::Silence { arrives: Some(dice(jitter, ATTEMPT_MS)) }),
            9 => (K::SilentLate, Fault::Silence { arrives: Some(ATTEMPT_MS + dice(jitter, LATEST_MS)) }),
            10 => (K::LateAfterBreak, Fault::Late { arrives: known + dice(jitter, LATEST_MS), known }),
            11 => {
                let again = arrives + dice(jitter, 4_000);
                (K::Duplicate, Fault::Duplicated { arrives, again, returns: known, second_answers: false })
            }
            12 if own_id || !start => {
                let again = arrives + dice(jitter, 4_000);
                (K::DuplicateSecondAnswers, Fault::Duplicated { arrives, again, returns: known, second_answers: true })
            }
            13 => (K::FaultBefore, error(500, "INTERNAL_ERROR")),
            14 => {
                let reply = Reply::error(500, "INTERNAL_ERROR", "after it took effect");
                (K::FaultAfter, Fault::Replaced { arrives, returns: known, reply })
            }
            15 => (K::GatewayPage, page(503)),
            16 => (K::GatewayNotFound, page(404)),
            17 => (K::GatewayConflict, page(409)),
            18 if start => (K::Full, error(420, "CAPACITY_UNAVAILABLE")),
            19 if start && !own_id => (K::Conflict, error(409, "CONFLICT")),
            20 => (K::Busy, error(429, "TOO_MANY")),
            // Rare: it ends an allocation at once.
            21 if dice(jitter, 4) == 0 => {
                const REFUSALS: [(u16, &str); 3] = [(401, "UNAUTHORIZED"), (402, "QUOTA_EXCEEDED"), (403, "FORBIDDEN")];
                let (status, code) = REFUSALS[dice(jitter, 3) as usize];
                (K::Forbidden, error(status, code))
            }
            22 if start => {
                let violation = r#"{"field":"image","description":"no"}"#;
                let body = format!(r#"{{"statusCode":422,"code":"INVALID_REQUEST","violations":[{violation}]}}"#);
                (K::Invalid, gateway(Reply { status: 422, body: body.into_bytes() }))
            }
            23 if start => {
                let body = br#"{"statusCode":422,"code":"INVALID_REQUEST"}"#.to_vec();
                (K::TtlRefused, gateway(Reply { status: 422, body }))
            }
            _ => continue,
        };
    }
}
