//! The service over HTTP: paths and methods, reading requests, writing answers. What is answered is decided in `model`
//! and `service`.

mod again;
mod answer;
mod connections;
mod operations;
mod request;
mod serve;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{delete, get, post, put};

pub(crate) use serve::{Limits, Server};

use crate::model::{Fault, FaultKind};
use crate::service::Service;

/// All paths of the service.
pub(crate) fn router(service: Arc<Service>) -> Router {
    // Each operation is an async function from the service, the head and the body to an answer or a fault.
    macro_rules! handler {
        ($operation:path) => {
            |State(service): State<Arc<Service>>, request: Request| async move {
                let (head, body) = request.into_parts();
                let result = $operation(&service, &head, body).await;
                answer::settle(&service, &head, result)
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
        .with_state(service)
}

async fn no_such_path(State(service): State<Arc<Service>>, request: Request) -> Response {
    let fault = Fault::new(FaultKind::NotFound, "no such path", "see the list of operations of the Session API");
    answer::settle(&service, &request.into_parts().0, Err(fault))
}

async fn no_such_method(State(service): State<Arc<Service>>, request: Request) -> Response {
    let details = "the header `allow` of this answer has the methods of this path";
    let fault = Fault::new(FaultKind::MethodNotAllowed, "no such method here", details);
    answer::settle(&service, &request.into_parts().0, Err(fault))
}
