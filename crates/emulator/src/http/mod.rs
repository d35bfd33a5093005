//! The service over HTTP: paths and methods, reading requests, writing answers. What is answered is decided in `model`
//! and `service`.

mod again;
mod answer;
mod connections;
mod operations;
mod request;
mod serve;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{delete, get, post, put};

pub(crate) use serve::{Limits, Server};

use crate::model::{Fault, FaultKind};
use crate::service::Service;

/// What operations need.
struct Front {
    service: Arc<Service>,
    /// How long the body of a request may take to come.
    longest_body: Duration,
}

/// All paths of the service.
pub(crate) fn router(service: Arc<Service>, limits: Limits) -> Router {
    // In time for an answer, before the whole connection is cut off.
    let front = Front { service, longest_body: limits.patience / 2 };
    // Each operation is an async function from the service, the head and the body to an answer or a fault.
    macro_rules! handler {
        ($operation:path) => {
            |State(front): State<Arc<Front>>, request: Request| async move {
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
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(Arc::new(front))
}

async fn no_such_path(State(front): State<Arc<Front>>, request: Request) -> Response {
    let fault = Fault::new(FaultKind::NotFound, "no such path", "see the list of operations of the Session API");
    answer::settle(&front, &request.into_parts().0, Err(fault))
}

async fn no_such_method(State(front): State<Arc<Front>>, request: Request) -> Response {
    let details = "the header `allow` of this answer has the methods of this path";
    let fault = Fault::new(FaultKind::MethodNotAllowed, "no such method here", details);
    answer::settle(&front, &request.into_parts().0, Err(fault))
}
