//! Faults as clients see them: the call is held, answered with something else or not at all, before or after it took
//! effect. Which call meets which fault is decided in `faults`.

use std::ops::ControlFlow;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{empty, settle, settle_as, with_body};
use super::request::{body, optional, query, segments};
use super::{Front, operations, trace};
use crate::config::{FaultRule, Operation};
use crate::model::{Fault, FaultKind};

/// The connection is to be closed without an answer; an extension of a response that nobody gets to see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault says that the connection is cut here")
    }
}

impl std::error::Error for Cut {}

/// A fault that a call met, and that shows only when the call has taken effect.
pub(super) struct Met {
    rule: FaultRule,
    operation: Operation,
}

/// What happens to a call before it is answered: it goes on, with what is to happen afterwards, or it ends here.
pub(super) async fn before(
    front: &Front,
    operation: Operation,
    head: &Parts,
    content: Body,
) -> ControlFlow<Response, (Body, Option<Met>)> {
    if !front.service.faults.any() {
        return ControlFlow::Continue((content, None));
    }
    // The whole body first: a fault never meets half a request, and the location stands in it.
    let content = match body(front, head, content).await {
        Ok(content) => content,
        Err(fault) => return ControlFlow::Break(settle(front, head, Err(fault))),
    };
    let location = location(front, operation, head, &content);
    let Some((number, rule)) = front.service.faults.meet(operation, location.as_deref()) else {
        return ControlFlow::Continue((content.into(), None));
    };
    trace(head, |trace| trace.fault(number));
    tracing::debug!(operation = operation.name(), "a fault happens");
    if !rule.delay.is_zero() {
        tokio::time::sleep(rule.delay).await;
    }
    if rule.full {
        let result = operations::start_with(front, head, content.into(), true).await;
        return ControlFlow::Break(settle(front, head, result));
    }
    let is_delay_only = !rule.cut && !rule.garbage && rule.status.is_none();
    if is_delay_only {
        return ControlFlow::Continue((content.into(), None));
    }
    let met = Met { rule, operation };
    match met.rule.after {
        true => ControlFlow::Continue((content.into(), Some(met))),
        false => ControlFlow::Break(met.answer(front, head, None)),
    }
}

impl Met {
    /// The answer instead of the real one.
    pub(super) fn instead_of(&self, front: &Front, head: &Parts, real: &Response) -> Response {
        self.answer(front, head, Some(real))
    }

    fn answer(&self, front: &Front, head: &Parts, real: Option<&Response>) -> Response {
        let rule = &self.rule;
        if rule.cut {
            let mut response = empty(StatusCode::INTERNAL_SERVER_ERROR);
            response.extensions_mut().insert(Cut);
            return response;
        }
        let usual = match (real, self.operation) {
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
        settle_as(front, head, fault, status)
    }
}

/// The location that a call is about: the one it names, or that of the session it names. `None` when there is none.
fn location(front: &Front, operation: Operation, head: &Parts, content: &[u8]) -> Option<String> {
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
            let model = front.service.sessions.model();
            names()?.players?.iter().find_map(|player| model.session_of(player))?.to_string()
        }
        Operation::Logs => from_query("id")?,
        Operation::Artifacts => from_query("session")?,
    };
    let (facts, _) = front.service.sessions.model().facts(&session).ok()?;
    Some(facts.location.id.clone())
}
