//! What steers the emulator itself, under `/_emulator`: faults. None of it exists at the service.
//!
//! Only this machine may, with a token that may start sessions, and no page of a browser that came from elsewhere.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;

use super::Front;
use super::answer::{empty, json};
use super::request::{authorize, body, segments};
use crate::config::Permission;
use crate::faults::{self, NotAdded};
use crate::model::{Fault, FaultKind, Violation, quoted};

type Answer = Result<Response, Fault>;

/// Whether a request comes from this machine, by its connection; noted by the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsLocal(pub(super) bool);

/// `POST /_emulator/faults`
pub(super) async fn add_fault(front: &Front, head: &Parts, content: Body) -> Answer {
    guard(front, head)?;
    let added = front.service.faults.add(&body(front, head, content).await?);
    let fault = added.map_err(|error| match error {
        NotAdded::TooMany => {
            let details = "remove some with `DELETE /_emulator/faults`";
            Fault::new(FaultKind::Conflict, "too many faults", details)
        }
        NotAdded::Invalid(errors) => Fault::invalid(
            errors
                .iter()
                .map(|error| Violation {
                    field: if error.key().is_empty() { "body".to_owned() } else { error.key().to_owned() },
                    description: format!("{}; {}", error.problem(), error.help()),
                })
                .collect(),
        ),
    })?;
    json(StatusCode::CREATED, &fault)
}

/// `GET /_emulator/faults`
pub(super) async fn list_faults(front: &Front, head: &Parts, _: Body) -> Answer {
    #[derive(Serialize)]
    struct List {
        faults: Vec<faults::Fault>,
    }

    guard(front, head)?;
    json(StatusCode::OK, &List { faults: front.service.faults.all() })
}

/// `DELETE /_emulator/faults`
pub(super) async fn remove_faults(front: &Front, head: &Parts, _: Body) -> Answer {
    guard(front, head)?;
    front.service.faults.remove(None);
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `DELETE /_emulator/faults/{id}`
pub(super) async fn remove_fault(front: &Front, head: &Parts, _: Body) -> Answer {
    guard(front, head)?;
    let [_, id] = segments(head)?;
    let is_removed = id.parse().is_ok_and(|number| front.service.faults.remove(Some(number)));
    if !is_removed {
        let details = format!("there is no fault {}; list them with `GET /_emulator/faults`", quoted(&id));
        return Err(Fault::new(FaultKind::ResourceNotFound, "fault not found", details));
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Whether the request may steer the emulator.
///
/// # Errors
/// 401 and 403.
fn guard(front: &Front, head: &Parts) -> Result<(), Fault> {
    let refused = |details: &str| Err(Fault::new(FaultKind::Forbidden, "not from there", details));
    if !head.extensions.get::<IsLocal>().is_some_and(|IsLocal(is_local)| *is_local) {
        return refused("only this machine may steer the emulator, over its loopback address");
    }
    // Browsers always send it, and a name of somebody else's that leads here is not ours.
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_loopback(host) {
        return refused("the header `host` must be localhost or a loopback address");
    }
    let is_elsewhere =
        head.headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() != format!("http://{host}").as_bytes());
    let site = head.headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if is_elsewhere || site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return refused("a page from elsewhere may not steer the emulator");
    }
    authorize(front, head, Permission::SessionStart)
}

/// Whether this is how a loopback address is written in `host`, with a port or without.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for host in ["localhost", "localhost:4242", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "example.com", "127.0.0.1.example.com", "localhost.example.com:80", "10.0.0.1", "[::2]:1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
