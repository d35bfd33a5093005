//! What steers the emulator itself, under `/_emulator`: faults, and how locations are. None of it exists at the service.
//!
//! Who may is in `guard`.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Front;
use super::answer::{empty, json};
use super::guard::may_steer;
use super::request::{body, segments};
use crate::faults::{self, NotAdded};
use crate::model::{Fault, FaultKind, PlaceChange, Room, Violation, quoted};

type Answer = Result<Response, Fault>;

/// `POST /_emulator/faults`
pub(super) async fn add_fault(front: &Front, head: &Parts, content: Body) -> Answer {
    may_steer(front, head)?;
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

/// `GET /_emulator/locations`
pub(super) async fn list_locations(front: &Front, head: &Parts, _: Body) -> Answer {
    may_steer(front, head)?;
    json(StatusCode::OK, &LocationList { locations: front.service.sessions.model().rooms() })
}

/// `PUT /_emulator/locations/{id}`
pub(super) async fn change_location(front: &Front, head: &Parts, content: Body) -> Answer {
    may_steer(front, head)?;
    let [_, id] = segments(head)?;
    let change = PlaceChange::parse(&body(front, head, content).await?).map_err(|error| {
        let help = r#"send for example {"capacity": 2, "state": "draining"}"#;
        Fault::invalid(vec![Violation { field: "body".to_owned(), description: format!("{error}; {help}") }])
    })?;
    json(StatusCode::OK, &front.service.sessions.model().change_place(&id, change)?)
}

/// `GET /_emulator/faults`
pub(super) async fn list_faults(front: &Front, head: &Parts, _: Body) -> Answer {
    may_steer(front, head)?;
    json(StatusCode::OK, &FaultList { faults: front.service.faults.all() })
}

/// `DELETE /_emulator/faults`
pub(super) async fn remove_faults(front: &Front, head: &Parts, _: Body) -> Answer {
    may_steer(front, head)?;
    front.service.faults.remove(None);
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `DELETE /_emulator/faults/{id}`
pub(super) async fn remove_fault(front: &Front, head: &Parts, _: Body) -> Answer {
    may_steer(front, head)?;
    let [_, id] = segments(head)?;
    let is_removed = id.parse().is_ok_and(|number| front.service.faults.remove(Some(number)));
    if !is_removed {
        let details = format!("there is no fault {}; list them with `GET /_emulator/faults`", quoted(&id));
        return Err(Fault::new(FaultKind::ResourceNotFound, "fault not found", details));
    }
    Ok(empty(StatusCode::NO_CONTENT))
}

/// All locations.
#[derive(Serialize, ToSchema)]
pub(super) struct LocationList {
    locations: Vec<Room>,
}

/// All faults.
#[derive(Serialize, ToSchema)]
pub(super) struct FaultList {
    faults: Vec<faults::Fault>,
}
