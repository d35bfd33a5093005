//! Answers as the service writes them, to be given at the wrong time, cut, or replaced by any bytes.

use crate::choices::Choices;

const BODIES: &[(u16, &str)] = &[
    (201, r#"{"id":"s-1","host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]}"#),
    (
        200,
        r#"{"id":"s-1","image":"game","location":"eu-west-1","host":"h","created":1712345678901,"port":{"7777/udp":27015},"status":"running","players":{"joined":["ada"],"joinedCount":1},"labels":{}}"#,
    ),
    (
        200,
        r#"{"sessions":[{"id":"s-1","image":"game","location":"eu-west-1","host":"h","created":1712345678901,"port":{"7777/udp":27015},"status":"running","playerCount":3,"labels":{}}]}"#,
    ),
    (204, ""),
    (404, r#"{"statusCode":404,"code":"NOT_FOUND","message":"no such session","identifier":"t"}"#),
    (409, r#"{"statusCode":409,"code":"CONFLICT","message":"there is one","identifier":"t"}"#),
    (420, r#"{"statusCode":420,"code":"RESOURCE_LIMIT","message":"full","identifier":"t"}"#),
    (
        422,
        r#"{"statusCode":422,"code":"INVALID_REQUEST","message":"bad","identifier":"t","violations":[{"field":"ttl","description":"odd"}]}"#,
    ),
    (200, r#"{"locations":[{"id":"eu-west-1","ips":["185.12.34.56"]},{"id":"us-east-1","ips":[]}]}"#),
    (200, r#"{"count":2,"players":["ada","bob"]}"#),
    (200, r#"{"exists":true}"#),
    (
        200,
        r#"{"id":"s-1","image":"game","location":"us-east-1","host":"h","created":1,"port":{},"status":"exited","players":{"joined":[],"joinedCount":0},"labels":{}}"#,
    ),
    (503, "<html><body>Service Unavailable</body></html>"),
    (401, r#"{"statusCode":401,"code":"UNAUTHORIZED","message":"no","identifier":"t"}"#),
    (429, ""),
];

/// A status and a body: one of the service's, one that was cut, or any.
pub(crate) fn choose(choices: &mut Choices<'_>) -> (u16, Vec<u8>) {
    match choices.below(BODIES.len() + 2) {
        at if at < BODIES.len() => (BODIES[at].0, BODIES[at].1.into()),
        at if at == BODIES.len() => {
            let (status, body) = choices.one_of(BODIES);
            let length = usize::from(choices.byte()) % (body.len() + 1);
            (status, body.as_bytes()[..length].to_vec())
        }
        _ => {
            let status = u16::from_le_bytes([choices.byte(), choices.byte()]) % 1_000;
            (status, choices.bytes().to_vec())
        }
    }
}
