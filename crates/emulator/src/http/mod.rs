//! The service over HTTP: paths and methods, reading requests, writing answers. What is answered is decided in `model`
//! and `service`.

mod again;
mod answer;
mod connections;
mod control;
mod fault;
mod operations;
mod request;
mod serve;

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

use crate::model::{Fault, FaultKind};
use crate::service::Service;

/// What operations need.
struct Front {
    service: Arc<Service>,
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
    pub(crate) fn new(service: Arc<Service>, limits: Limits) -> Self {
        // In time for an answer, before the whole connection is cut off.
        let front = Arc::new(Front { service, longest_body: limits.patience / 2 });
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
        if self.front.service.faults.any() && !request.uri().path().starts_with(control::PREFIX) {
            let (head, body) = request.into_parts();
            return fault::answer(self, head, Body::new(body)).await;
        }
        // Load is made of starts. What the router does for one costs as much as the start itself.
        if request.method() == Method::POST && request.uri().path() == "/session" {
            let (head, body) = request.into_parts();
            let result = operations::start(&self.front, &head, Body::new(body)).await;
            return Ok(answer::settle(&self.front, &head, result));
        }
        let (mut head, body) = request.into_parts();
        head.extensions.insert(control::IsLocal(is_local));
        Ok(self.route(head, Body::new(body)).await)
    }

    async fn route(&self, head: Parts, body: Body) -> Response {
        let Ok(response) = self.paths.call(Request::from_parts(head, body)).await;
        response
    }
}

fn router(front: Arc<Front>) -> Router {
    // Each operation is an async function from the service, the head and the body to an answer or a fault.
    macro_rules! handler {
        ($operation:path) => {
            |State(front): State<Arc<Front>>, request: Request<Body>| async move {
                let (head, body) = request.into_parts();
                let result = $operation(&front, &head, body).await;
                answer::settle(&front, &head, result)
            }
        };
    }
    Router::new()
        .route("/session", post(handler!(operations::start)).get(handler!(operations::list)))
        .route("/session/{id}", get(handler!(operations::describe)).delete(handler!(operations::stop)))
        .route("/session/player/join", put(handler!(operations::join)))
        .route("/session/player/leave", delete(handler!(operations::leave)))
        .route("/available-location/{image}", get(handler!(operations::locations)))
        .route("/tag/{region}/{image}/{version}", get(handler!(operations::tag)))
        .route("/logs", get(handler!(operations::logs)))
        .route("/artifacts", get(handler!(operations::artifacts)))
        .route("/health", get(handler!(operations::health)))
        .route(
            "/_emulator/faults",
            post(handler!(control::add_fault))
                .get(handler!(control::list_faults))
                .delete(handler!(control::remove_faults)),
        )
        .route("/_emulator/faults/{id}", delete(handler!(control::remove_fault)))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(front)
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
