//! What the document says about the emulator's own paths.

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::control::{FaultList, LocationList};
use super::Description;
use crate::config::{FaultRule, Permission};
use crate::faults::Fault;
use crate::model::{FaultKind, PlaceChange, Room};

pub(super) const TAG: &str = "emulator";

pub(in crate::http) fn document() -> Description {
    Description::new(TAG, "openapi", "This document").answers::<Document>(
        StatusCode::OK,
        "OpenAPI 3.1.",
        json!({ "openapi": "3.1.0" }),
    )
}

pub(in crate::http) fn metrics() -> Description {
    Description::new(TAG, "metrics", "Numbers for Prometheus")
        .about("Without a token from this machine; from elsewhere with one that may read sessions.")
        .may_need(Permission::SessionRead)
        .answers_with("text/plain", "The text format, version 0.0.4.")
}

pub(in crate::http) fn add_fault() -> Description {
    Description::new(TAG, "addFault", "Add a fault that happens on purpose")
        .about("Only from this machine. See docs/emulator-faults.md.")
        .needs(Permission::SessionStart)
        .body::<FaultRule>(json!({ "operation": "start", "status": 500, "when": "after", "count": 1 }))
        .answers::<Fault>(StatusCode::CREATED, "The fault, with its id.", fault())
        .refuses([FaultKind::Conflict])
}

pub(in crate::http) fn list_faults() -> Description {
    Description::new(TAG, "listFaults", "List the faults, and how often each happened")
        .needs(Permission::SessionStart)
        .answers::<FaultList>(StatusCode::OK, "In the order in which they are looked at.", json!({ "faults": [fault()] }))
}

pub(in crate::http) fn remove_faults() -> Description {
    Description::new(TAG, "removeFaults", "Remove all faults")
        .needs(Permission::SessionStart)
        .answers_nothing("There is none any more.")
}

pub(in crate::http) fn remove_fault() -> Description {
    Description::new(TAG, "removeFault", "Remove a fault")
        .needs(Permission::SessionStart)
        .segment("id", "Its number.", "1")
        .answers_nothing("It is gone.")
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn list_locations() -> Description {
    Description::new(TAG, "listPlaces", "List the locations, their room, their state and how much of it is in use")
        .needs(Permission::SessionStart)
        .answers::<LocationList>(StatusCode::OK, "In the order of the configuration.", json!({ "locations": [room()] }))
}

pub(in crate::http) fn change_location() -> Description {
    Description::new(TAG, "changePlace", "Change the capacity or the state of a location")
        .about("Only from this machine. What is left out stays; a capacity of `null` is no limit.")
        .needs(Permission::SessionStart)
        .segment("id", "Its name.", "eu-west-1")
        .body::<PlaceChange>(json!({ "capacity": 2, "state": "draining" }))
        .answers::<Room>(StatusCode::OK, "The location as it is now.", room())
        .refuses([FaultKind::ResourceNotFound])
}

fn room() -> Value {
    json!({ "id": "eu-west-1", "capacity": 2, "state": "draining", "alive": 0, "images": null })
}

fn fault() -> Value {
    json!({
        "id": 1, "operation": ["start"], "share": 1.0, "seed": 0, "count": 1, "status": 500, "when": "after",
        "matched": 0, "happened": 0,
    })
}

/// The document itself.
struct Document;

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("openapi", ObjectBuilder::new().schema_type(Type::String))
            .required("openapi")
            .into()
    }
}

impl ToSchema for Document {}
