//! The service over HTTP: paths and methods, reading requests, writing answers. What is answered is decided in `model`
//! and `service`.

mod again;
mod answer;
mod connections;
mod control;
mod dashboard;
mod fault;
mod guard;
mod metrics;
mod openapi;
mod operations;
mod request;
mod routes;
mod serve;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::{BoxError, Router};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use fault::Cut;
pub(crate) use request::decode_form;
pub(crate) use serve::{Limits, Server};

use crate::config::Operation;
use crate::model::{Fault, FaultKind};
use crate::observe::{Observation, OpenConnection, Trace};
use crate::service::Service;

/// What operations need.
struct Front {
    service: Arc<Service>,
    observation: Arc<Observation>,
    /// Whether somebody may be let in whose token is no secret.
    is_guessable: bool,
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
    /// `is_guessable`: a token is no secret, and only this machine can reach it.
    pub(crate) fn new(
        service: Arc<Service>,
        observation: Arc<Observation>,
        limits: Limits,
        is_guessable: bool,
    ) -> Self {
        // In time for an answer, before the whole connection is cut off.
        let front = Arc::new(Front { service, observation, is_guessable, longest_body: limits.patience / 2 });
        Self { paths: TowerToHyperService::new(router(Arc::clone(&front))), front }
    }

    /// Counts a connection as long as what it gives is kept.
    fn connection_opened(&self) -> OpenConnection {
        OpenConnection::count(&self.front.observation.connections)
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
        // A start with nothing behind it is only counted, until somebody looks: load is made of those.
        let (is_direct, observation) = (is_start && !self.front.service.faults.any(), &self.front.observation);
        if is_direct && !observation.is_on() {
            let began = Instant::now();
            let result = operations::start(&self.front, &head, body).await;
            let response = answer::settle(&self.front, &head, result);
            observation.count_start(response.status().as_u16(), began.elapsed());
            return Ok(response);
        }
        let watched = is_of_service(head.uri.path()).then(|| observation.begin(&head.method, &head.uri));
        if let Some(watched) = &watched {
            head.extensions.insert(Arc::clone(watched.trace()));
        }
        let answer = if is_direct {
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
    let routes = routes::all().into_iter();
    routes
        .fold(Router::new(), |router, route| router.route(route.path, route.handler))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(front)
}

/// Whether a request is for the service: whoever looks on is not looked at.
fn is_of_service(path: &str) -> bool {
    !matches!(path.split('/').nth(1), Some("" | "_emulator" | "health" | "metrics" | "openapi.json"))
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
