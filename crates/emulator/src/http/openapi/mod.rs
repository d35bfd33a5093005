//! `/openapi.json`: the document, put together from the table of routes and from the types that serve the requests. What
//! is said about each operation is in `operations` and `control`.

pub(super) mod control;
pub(super) mod operations;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
};

use super::Front;
use super::answer::{ErrorBody, json_bytes};
use super::routes::{self, Route};
use crate::config::Permission;
use crate::model::{Fault, FaultKind, text_schema};

const JSON: &str = "application/json";
/// The name of the only security scheme.
const TOKEN: &str = "token";

/// `GET /openapi.json`, without a token.
pub(super) async fn answer(_: &Front, _: &Parts, _: Body) -> Result<Response, Fault> {
    static DOCUMENT: LazyLock<Result<Bytes, String>> = LazyLock::new(|| {
        let text = document(routes::all()).to_pretty_json();
        text.map(Bytes::from).map_err(|error| error.to_string())
    });

    let failed = |error: &String| Fault::new(FaultKind::InternalError, "the document could not be written", error);
    Ok(json_bytes(StatusCode::OK, DOCUMENT.clone().map_err(|error| failed(&error))?))
}

/// The document of these routes.
fn document(routes: Vec<Route>) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut schemas = BTreeMap::new();
    for route in routes {
        let Some(description) = route.description else { continue };
        schemas.extend(description.schemas);
        paths = paths.path(route.path, PathItem::new(method(&route.method), description.operation));
    }
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let scheme = scheme.description(Some("A token and its permissions; `local` when the emulator was given none."));
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Session API, as the matchport emulator answers it")
                .version(env!("CARGO_PKG_VERSION"))
                .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
                .description(Some(
                    "The ten operations of the Session API on this machine. Faults that were asked for (`/_emulator/faults`, \
                     or the configuration) may answer any of them with any status, with HTML, or not at all: they are not \
                     a part of this description.",
                )),
        )
        .tags(Some([
            tag(operations::TAG, "What the service has."),
            tag(control::TAG, "What only the emulator has."),
        ]))
        .paths(paths)
        .components(Some(
            ComponentsBuilder::new()
                .schemas_from_iter(schemas)
                .security_scheme(TOKEN, SecurityScheme::Http(scheme.build()))
                .build(),
        ))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// What the document says about an operation, and the schemas that it needs.
pub(super) struct Description {
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    /// An operation that needs no token.
    fn new(tag: &str, id: &str, summary: &str) -> Self {
        let operation = OperationBuilder::new().tag(tag).operation_id(Some(id)).summary(Some(summary));
        Self { operation, schemas: Vec::new() }
    }

    /// Needs a token with this permission.
    fn needs(self, permission: Permission) -> Self {
        let mut this = self.refuses([FaultKind::Unauthorized, FaultKind::Forbidden]);
        this.operation = this.operation.security(SecurityRequirement::new(TOKEN, [permission.name()]));
        this
    }

    /// Needs one only when asked from elsewhere.
    fn may_need(self, permission: Permission) -> Self {
        let mut this = self.needs(permission);
        this.operation = this.operation.security(SecurityRequirement::default());
        this
    }

    fn about(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    fn parameter(mut self, parameter: impl Into<Parameter>) -> Self {
        self.operation = self.operation.parameter(parameter);
        self
    }

    /// A segment of the path: any text, percent-encoded.
    fn segment(self, name: &str, about: &str, example: &str) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        let schema = text_schema("").min_length(Some(1)).pattern(Some("^[^\\u0000]+$"));
        self.parameter(parameter.description(Some(about)).schema(Some(schema)).example(Some(example.into())))
            .refuses([FaultKind::BadRequest])
    }

    /// A parameter of the query that has to be there.
    fn required_query(self, name: &str, about: &str, example: &str) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::True);
        let schema = text_schema("").min_length(Some(1)).pattern(Some("^[^\\u0000]+$"));
        self.parameter(parameter.description(Some(about)).schema(Some(schema)).example(Some(example.into())))
            .refuses([FaultKind::BadRequest])
    }

    /// A body that has to be there.
    fn body<T: ToSchema>(mut self, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(self.schema::<T>())).example(Some(example)).build();
        let body = RequestBodyBuilder::new().required(Some(Required::True)).content(JSON, content).build();
        self.operation = self.operation.request_body(Some(body));
        self.refuses([
            FaultKind::BadRequest,
            FaultKind::RequestTimeout,
            FaultKind::PayloadTooLarge,
            FaultKind::InvalidRequest,
        ])
    }

    /// The answer when all went well.
    fn answers<T: ToSchema>(mut self, status: StatusCode, about: &str, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(self.schema::<T>())).example(Some(example)).build();
        let response = ResponseBuilder::new().description(about).content(JSON, content).build();
        self.operation = self.operation.response(status.as_str(), response);
        self
    }

    /// The answer when all went well, which is no JSON.
    fn answers_with(mut self, content_type: &str, about: &str) -> Self {
        let content =
            ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(utoipa::openapi::Type::String)));
        let response = ResponseBuilder::new().description(about).content(content_type, content.build()).build();
        self.operation = self.operation.response("200", response);
        self
    }

    /// 204, without a body.
    fn answers_nothing(mut self, about: &str) -> Self {
        self.operation = self.operation.response("204", ResponseBuilder::new().description(about).build());
        self
    }

    /// The refusals that there may be, of those that the operation has not named.
    fn refuses(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        let schema = self.schema::<ErrorBody<'static>>();
        for kind in kinds {
            let mut example = json!({
                "statusCode": kind.status(),
                "code": kind.code(),
                "message": "what happened",
                "details": "where, and what to do",
                "path": "/session",
                "identifier": "6e2b7c2c-3f0e-4c1d-9a53-0d6f3a1c9e11",
                "timestamp": "2026-11-24T12:00:00.000Z",
            });
            if kind == FaultKind::InvalidRequest {
                example["violations"] = json!([{ "field": "image", "description": "is required" }]);
            }
            let content = ContentBuilder::new().schema(Some(schema.clone())).example(Some(example)).build();
            let response = ResponseBuilder::new().description(meaning(kind)).content(JSON, content).build();
            self.operation = self.operation.response(kind.status().to_string(), response);
        }
        self
    }

    /// A reference to the schema of a type, which goes into the document together with those that it refers to.
    fn schema<T: ToSchema>(&mut self) -> Ref {
        let name = T::name();
        T::schemas(&mut self.schemas);
        self.schemas.push((name.to_string(), T::schema()));
        Ref::from_schema_name(name)
    }
}

/// What a refusal means, whatever the operation.
fn meaning(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::BadRequest => "The path, the query or the transfer of the body makes no sense.",
        FaultKind::Unauthorized => "The token is missing or wrong.",
        FaultKind::QuotaExceeded => "The quota is used up.",
        FaultKind::Forbidden => "The token lacks the permission.",
        FaultKind::ResourceNotFound | FaultKind::NotFound => "What is asked for is not there.",
        FaultKind::MethodNotAllowed => "The path has no such method.",
        FaultKind::RequestTimeout => "The body took too long to come.",
        FaultKind::Conflict => "It is there already, or has ended already.",
        FaultKind::PayloadTooLarge => "The body is larger than 1 MiB.",
        FaultKind::CapacityUnavailable => {
            "There is no room right now; try another location, or again in about 60 seconds."
        }
        FaultKind::InvalidRequest => "The body is not valid; `violations` says why.",
        FaultKind::InternalError => "A fault of the emulator's.",
        FaultKind::ServiceUnavailable => {
            "Nothing was started: the emulator is shutting down, or the program can't be run."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the dashboard consists of.
    const PAGES: [&str; 6] = [
        "/",
        "/_emulator/page/{file}",
        "/_emulator/state",
        "/_emulator/events",
        "/_emulator/sessions/{id}",
        "/_emulator/logs",
    ];

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let of_routes: Vec<_> = routes::all()
            .into_iter()
            .filter(|route| !PAGES.contains(&route.path))
            .map(|route| (route.path.to_owned(), route.method.as_str().to_lowercase()))
            .collect();
        let document = serde_json::to_value(document(routes::all())).unwrap();
        let described: Vec<_> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
            .collect();
        let sorted = |mut list: Vec<(String, String)>| {
            list.sort();
            list
        };
        assert_eq!(sorted(described), sorted(of_routes));
    }

    #[test]
    fn ids_of_operations_differ_and_every_reference_leads_somewhere() {
        let text = document(routes::all()).to_json().unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let ids: Vec<_> = text.split("\"operationId\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
