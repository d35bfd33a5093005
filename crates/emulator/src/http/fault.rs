//! Faults as clients see them: the call is held, answered with something else or not at all, before or after it took
//! effect. Which call meets which fault is decided in `faults`.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::answer::{settle_as, with_body};
use super::request::{body, optional, query, segments};
use super::{Api, answer, operations};
use crate::config::{FaultRule, Operation};
use crate::model::{Fault, FaultKind};

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault says that the connection is cut here")
    }
}

impl std::error::Error for Cut {}

/// Answers a request while there are faults.
pub(super) async fn answer(api: &Api, head: Parts, content: Body) -> Result<Response, Cut> {
    let Some(operation) = operation(&head) else { return Ok(api.route(head, content).await) };
    // The whole body first: a fault never meets half a request, and the location stands in it.
    let content = match body(&api.front, &head, content).await {
        Ok(content) => content,
        Err(fault) => return Ok(answer::settle(&api.front, &head, Err(fault))),
    };
    let location = location(api, operation, &head, &content);
    let Some(rule) = api.front.service.faults.meet(operation, location.as_deref()) else {
        return Ok(api.route(head, content.into()).await);
    };
    tracing::debug!(operation = operation.name(), "a fault happens");
    if !rule.delay.is_zero() {
        tokio::time::sleep(rule.delay).await;
    }
    if rule.full {
        let result = operations::start_with(&api.front, &head, content.into(), true).await;
        return Ok(answer::settle(&api.front, &head, result));
    }
    let is_delay_only = !rule.cut && !rule.garbage && rule.status.is_none();
    if is_delay_only {
        return Ok(api.route(head, content.into()).await);
    }
    let real = match rule.after {
        true => Some(api.route(head.clone(), content.into()).await),
        false => None,
    };
    if rule.cut {
        return Err(Cut);
    }
    Ok(replaced(api, &rule, operation, &head, real.as_ref()))
}

/// The answer instead of the real one.
fn replaced(api: &Api, rule: &FaultRule, operation: Operation, head: &Parts, real: Option<&Response>) -> Response {
    let usual = match (real, operation) {
        (Some(real), _) => real.status(),
        (None, Operation::Start) => StatusCode::CREATED,
        // A page of HTML has to have a body, which 204 has not.
        (None, _) => StatusCode::OK,
    };
    let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(usual);
    if rule.garbage {
        let page = "<html><body><h1>This is not the Session API</h1></body></html>\n";
        let mut response = with_body("text/html", Body::from(page));
        *response.status_mut() = if status == StatusCode::NO_CONTENT { StatusCode::OK } else { status };
        return response;
    }
    let details =
        if rule.after { "a fault says so; the call took effect" } else { "a fault says so; nothing was done" };
    let fault = Fault::new(FaultKind::InternalError, "a fault happened on purpose", details);
    settle_as(&api.front, head, fault, status)
}

/// What a request asks for.
fn operation(head: &Parts) -> Option<Operation> {
    let mut path = head.uri.path().split('/').skip(1);
    let segments: [Option<&str>; 5] = std::array::from_fn(|_| path.next());
    let method = &head.method;
    let reads = method == Method::GET || method == Method::HEAD;
    match segments {
        [Some("session"), None, ..] if method == Method::POST => Some(Operation::Start),
        [Some("session"), None, ..] if reads => Some(Operation::List),
        [Some("session"), Some("player"), Some("join"), None, _] if method == Method::PUT => Some(Operation::Join),
        [Some("session"), Some("player"), Some("leave"), None, _] if method == Method::DELETE => Some(Operation::Leave),
        [Some("session"), Some(_), None, ..] if reads => Some(Operation::Describe),
        [Some("session"), Some(_), None, ..] if method == Method::DELETE => Some(Operation::Stop),
        [Some("available-location"), Some(_), None, ..] if reads => Some(Operation::Locations),
        [Some("tag"), Some(_), Some(_), Some(_), None] if reads => Some(Operation::Tag),
        [Some("logs"), None, ..] if reads => Some(Operation::Logs),
        [Some("artifacts"), None, ..] if reads => Some(Operation::Artifacts),
        _ => None,
    }
}

/// The location that a call is about: the one it names, or that of the session it names. `None` when there is none.
fn location(api: &Api, operation: Operation, head: &Parts, content: &[u8]) -> Option<String> {
    /// Lenient: whether the body is valid is said by the operation itself.
    #[derive(Deserialize)]
    struct Names {
        location: Option<String>,
        session: Option<String>,
        players: Option<Vec<String>>,
    }

    let names = || serde_json::from_slice::<Names>(content).ok();
    let from_query = |name: &str| Some(optional(&query(head).ok()?, name)?.to_owned());
    let session = match operation {
        Operation::Start => return names()?.location,
        Operation::Tag => return segments::<1>(head).ok().map(|[region]| region),
        Operation::List | Operation::Locations => return None,
        Operation::Describe | Operation::Stop => segments::<1>(head).ok().map(|[id]| id)?,
        Operation::Join => names()?.session?,
        Operation::Leave => {
            let model = api.front.service.sessions.model();
            names()?.players?.iter().find_map(|player| model.session_of(player))?.to_string()
        }
        Operation::Logs => from_query("id")?,
        Operation::Artifacts => from_query("session")?,
    };
    let (facts, _) = api.front.service.sessions.model().facts(&session).ok()?;
    Some(facts.location.id.clone())
}
