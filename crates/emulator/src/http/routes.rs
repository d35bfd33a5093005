//! The table of routes: the path and method of each, what answers there, and how `/openapi.json` describes it. The router
//! and the document are both made of it.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request};
use axum::routing::{MethodFilter, MethodRouter, on};

use super::openapi::{self, Description};
use super::{Front, answer, control, dashboard, fault, metrics, operations, trace};
use crate::config::Operation;

/// One method of one path.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) handler: MethodRouter<Arc<Front>>,
    /// How the document describes it; `None` for pages, which are for people.
    pub(super) description: Option<Description>,
}

/// All there are.
pub(super) fn all() -> Vec<Route> {
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
    // Methods, path, handler, and the function that describes it.
    macro_rules! route {
        ($method:ident $path:literal, $handler:expr, $describe:path) => {
            Route {
                method: Method::$method,
                path: $path,
                handler: on(MethodFilter::$method, $handler),
                description: Some($describe()),
            }
        };
    }
    // What the dashboard consists of. Its form changes with the page, so that it is described nowhere.
    macro_rules! page {
        ($path:literal, $handler:expr) => {
            Route { method: Method::GET, path: $path, handler: on(MethodFilter::GET, $handler), description: None }
        };
    }
    vec![
        page!("/", handler!(dashboard::page)),
        page!("/_emulator/page/{file}", handler!(dashboard::file)),
        page!("/_emulator/state", handler!(dashboard::state)),
        page!("/_emulator/events", handler!(dashboard::events)),
        page!("/_emulator/sessions/{id}", handler!(dashboard::session)),
        page!("/_emulator/logs", handler!(dashboard::logs)),
        route!(POST "/session", operation!(Start, operations::start), openapi::operations::start),
        route!(GET "/session", operation!(List, operations::list), openapi::operations::list),
        route!(GET "/session/{id}", operation!(Describe, operations::describe), openapi::operations::describe),
        route!(DELETE "/session/{id}", operation!(Stop, operations::stop), openapi::operations::stop),
        route!(PUT "/session/player/join", operation!(Join, operations::join), openapi::operations::join),
        route!(DELETE "/session/player/leave", operation!(Leave, operations::leave), openapi::operations::leave),
        route!(
            GET "/available-location/{image}",
            operation!(Locations, operations::locations),
            openapi::operations::locations
        ),
        route!(GET "/tag/{region}/{image}/{version}", operation!(Tag, operations::tag), openapi::operations::tag),
        route!(GET "/logs", operation!(Logs, operations::logs), openapi::operations::logs),
        route!(GET "/artifacts", operation!(Artifacts, operations::artifacts), openapi::operations::artifacts),
        route!(GET "/health", handler!(operations::health), openapi::operations::health),
        route!(GET "/openapi.json", handler!(openapi::answer), openapi::control::document),
        route!(GET "/metrics", handler!(metrics::metrics), openapi::control::metrics),
        route!(GET "/_emulator/locations", handler!(control::list_locations), openapi::control::list_locations),
        route!(PUT "/_emulator/locations/{id}", handler!(control::change_location), openapi::control::change_location),
        route!(POST "/_emulator/faults", handler!(control::add_fault), openapi::control::add_fault),
        route!(GET "/_emulator/faults", handler!(control::list_faults), openapi::control::list_faults),
        route!(DELETE "/_emulator/faults", handler!(control::remove_faults), openapi::control::remove_faults),
        route!(DELETE "/_emulator/faults/{id}", handler!(control::remove_fault), openapi::control::remove_fault),
    ]
}
