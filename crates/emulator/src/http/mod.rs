//! The service over HTTP: paths and methods, reading requests, writing answers. What is answered is decided in `model`
//! and `service`.

mod again;
mod answer;
mod connections;
mod control;
mod dashboard;
mod fault;
mod guard;
mod operations;
mod request;
mod serve;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use axum::{BoxError, Router};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use fault::Cut;
pub(crate) use serve::{Limits, Server};

use crate::config::Operation;
use crate::model::{Fault, FaultKind};
use crate::observe::{Observation, Trace};
use crate::service::Service;

/// What operations need.
struct Front {
    service: Arc<Service>,
    observation: Arc<Observation>,
    /// How long the body of a request may take to come.
    longest_body: Duration,
}

/// The service as a function from requests to answers.
#[derive(Clone)]
pub(crate) struct Api {
    front: Arc<Front>,
    paths: TowerToHyperService<Router>,
}

impl Api {
    pub(crate) fn new(service: Arc<Service>, observation: Arc<Observation>, limits: Limits) -> Self {
        // In time for an answer, before the whole connection is cut off.
        let front = Arc::new(Front { service, observation, longest_body: limits.patience / 2 });
        Self { paths: TowerToHyperService::new(router(Arc::clone(&front))), front }
    }

    /// Answers a request. `is_local`: it comes from this machine.
    ///
    /// # Errors
    /// When a fault wants the connection closed without an answer.
    pub(crate) async fn answer<B>(&self, request: Request<B>, is_local: bool) -> Result<Response, Cut>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        // Load is made of starts. What the router does for one costs as much as the start itself.
        let is_start = request.method() == Method::POST && request.uri().path() == "/session";
        let (mut head, body) = request.into_parts();
        let body = Body::new(body);
        // Whoever looks on is not looked at.
        let is_of_service = !matches!(head.uri.path().split('/').nth(1), Some("" | "_emulator" | "health"));
        let watched = is_of_service.then(|| self.front.observation.begin(&head.method, &head.uri));
        if let Some(watched) = &watched {
            head.extensions.insert(Arc::clone(watched.trace()));
        }
        let answer = if is_start && !self.front.service.faults.any() {
            trace(&head, |trace| trace.operation(Operation::Start));
            let result = operations::start(&self.front, &head, body).await;
            Ok(answer::settle(&self.front, &head, result))
        } else {
            head.extensions.insert(guard::IsLocal(is_local));
            let Ok(response) = self.paths.call(Request::from_parts(head, body)).await;
            response.extensions().get::<Cut>().copied().map_or(Ok(response), Err)
        };
        if let Some(watched) = watched {
            watched.ends(answer.as_ref().ok().map(|response| response.status().as_u16()));
        }
        answer
    }
}

fn router(front: Arc<Front>) -> Router {
    // Each handler is an async function from the service, the head and the body to an answer or a fault.
    macro_rules! handler {
        ($answer:path) => {
            |State(front): State<Arc<Front>>, request: Request<Body>| async move {
                let (head, body) = request.into_parts();
                let result = $answer(&front, &head, body).await;
                answer::settle(&front, &head, result)
            }
        };
    }
    // One of the ten operations: what the configuration or `/_emulator/faults` does on purpose happens to these.
    macro_rules! operation {
        ($operation:ident, $answer:path) => {
            |State(front): State<Arc<Front>>, request: Request<Body>| async move {
                let (head, body) = request.into_parts();
                trace(&head, |trace| trace.operation(Operation::$operation));
                let (body, met) = match fault::before(&front, Operation::$operation, &head, body).await {
                    ControlFlow::Continue(go_on) => go_on,
                    ControlFlow::Break(response) => return response,
                };
                let result = $answer(&front, &head, body).await;
                let response = answer::settle(&front, &head, result);
                match met {
                    Some(met) => met.instead_of(&front, &head, &response),
                    None => response,
                }
            }
        };
    }
    Router::new()
        .route("/session", post(operation!(Start, operations::start)).get(operation!(List, operations::list)))
        .route(
            "/session/{id}",
            get(operation!(Describe, operations::describe)).delete(operation!(Stop, operations::stop)),
        )
        .route("/session/player/join", put(operation!(Join, operations::join)))
        .route("/session/player/leave", delete(operation!(Leave, operations::leave)))
        .route("/available-location/{image}", get(operation!(Locations, operations::locations)))
        .route("/tag/{region}/{image}/{version}", get(operation!(Tag, operations::tag)))
        .route("/logs", get(operation!(Logs, operations::logs)))
        .route("/artifacts", get(operation!(Artifacts, operations::artifacts)))
        .route("/health", get(handler!(operations::health)))
        .route(
            "/_emulator/faults",
            post(handler!(control::add_fault))
                .get(handler!(control::list_faults))
                .delete(handler!(control::remove_faults)),
        )
        .route("/_emulator/faults/{id}", delete(handler!(control::remove_fault)))
        .route("/_emulator/state", get(handler!(dashboard::state)))
        .route("/_emulator/events", get(handler!(dashboard::events)))
        .route("/_emulator/sessions/{id}", get(handler!(dashboard::session)))
        .route("/", get(handler!(dashboard::page)))
        .route("/_emulator/page/{file}", get(handler!(dashboard::file)))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(front)
}

/// Notes something of a request, if that is looked at.
fn trace(head: &Parts, note: impl FnOnce(&Trace)) {
    if let Some(trace) = head.extensions.get::<Arc<Trace>>() {
        note(trace);
    }
}

async fn no_such_path(State(front): State<Arc<Front>>, request: Request<Body>) -> Response {
    let fault = Fault::new(FaultKind::NotFound, "no such path", "see the list of operations of the Session API");
    answer::settle(&front, &request.into_parts().0, Err(fault))
}

async fn no_such_method(State(front): State<Arc<Front>>, request: Request<Body>) -> Response {
    let details = "the header `allow` of this answer has the methods of this path";
    let fault = Fault::new(FaultKind::MethodNotAllowed, "no such method here", details);
    answer::settle(&front, &request.into_parts().0, Err(fault))
}
