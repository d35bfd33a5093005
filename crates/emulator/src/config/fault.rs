//! Faults that an emulator plays on purpose: which calls are meant, and what is done to them. How that is carried out is
//! known in `faults` and `http`.

use std::time::Duration;

use utoipa::openapi::schema::{AdditionalProperties, KnownFormat};
use utoipa::openapi::{ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Something that goes wrong on purpose, so that a matchmaker can be tested with it.
///
/// The fields say which calls are meant (`operations`, `location`, `share`, `count`) and what becomes of them (`delay`,
/// and one of `status`, `cut`, `garbage`, `full`). The documented form in TOML and JSON is `docs/emulator-faults.md`.
///
/// ```
/// use matchport_emulator::{FaultRule, Operation};
///
/// // The first two starts are carried out, and their answers are lost.
/// let lost = FaultRule { cut: true, after: true, count: Some(2), ..FaultRule::of([Operation::Start]) };
/// # assert_eq!(lost.operations, [Operation::Start]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    /// The operations that are meant; empty: all of them.
    pub operations: Vec<Operation>,
    /// Only calls about this location or a session in it. `None`: all calls.
    pub location: Option<String>,
    /// The share of those calls that it happens to, above 0 and at most 1.
    pub share: f64,
    /// Decides which calls those are: with the same seed, the same ones, counted from the first that is meant.
    pub seed: u64,
    /// How often it happens at most. `None`: as long as it is there.
    pub count: Option<u64>,
    /// How long the call is held before anything else.
    pub delay: Duration,
    /// The status that is answered, 200-599. With `garbage` that of the unreadable answer, else that of an error, 400-599.
    pub status: Option<u16>,
    /// The connection is closed without an answer.
    pub cut: bool,
    /// The answer is a page of HTML.
    pub garbage: bool,
    /// The location has no room: a start that would have succeeded gets 420.
    pub full: bool,
    /// Whether the call takes effect first, and only its answer is replaced or lost.
    pub after: bool,
}

impl FaultRule {
    /// A rule for these operations, all when there are none, that does nothing yet.
    pub fn of(operations: impl IntoIterator<Item = Operation>) -> Self {
        Self {
            operations: operations.into_iter().collect(),
            location: None,
            share: 1.0,
            seed: 0,
            count: None,
            delay: Duration::ZERO,
            status: None,
            cut: false,
            garbage: false,
            full: false,
            after: false,
        }
    }
}

/// What a fault that comes as JSON may hold. What doesn't go together can't be said in a schema.
impl PartialSchema for FaultRule {
    fn schema() -> RefOr<Schema> {
        let operations = OneOfBuilder::new().item(operation_names()).item(ArrayBuilder::new().items(operation_names()));
        let operations = operations.description(Some("An operation, or several; left out, all of them."));
        schema_of_rule(operations).additional_properties(Some(AdditionalProperties::FreeForm(false))).into()
    }
}

impl ToSchema for FaultRule {}

/// A fault's own settings, with this form of `operation`.
pub(crate) fn schema_of_rule(operations: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    let of = |kind: Type, about: &str| ObjectBuilder::new().schema_type(kind).description(Some(about));
    let number =
        |about| of(Type::Integer, about).minimum(Some(0)).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let flag = |about| of(Type::Boolean, about);
    ObjectBuilder::new()
        .property("operation", operations)
        .property("location", of(Type::String, "Only calls about this location or a session in it."))
        .property("share", of(Type::Number, "The share of those calls.").exclusive_minimum(Some(0)).maximum(Some(1)))
        .property("seed", number("Decides which calls fall under the share."))
        .property("count", number("How often it happens at most."))
        .property(
            "delay",
            of(Type::String, "How long the call is held, an hour at most: `500ms`, `1m 30s`.")
                .pattern(Some("^([0-9]+ *[A-Za-z]+ *)+$")),
        )
        .property("status", of(Type::Integer, "What is answered.").minimum(Some(200)).maximum(Some(599)))
        .property("cut", flag("The connection is closed without an answer."))
        .property("garbage", flag("A page of HTML instead of JSON."))
        .property("full", flag("No room in the location, which is 420; for starts only."))
        .property(
            "when",
            of(Type::String, "Instead of what was asked for, or after it took effect.")
                .enum_values(Some(["before", "after"])),
        )
}

/// The name of an operation.
pub(crate) fn operation_names() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Operation::ALL.map(Operation::name))).build()
}

/// An operation of the Session API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `POST /session`
    Start,
    /// `GET /session`
    List,
    /// `GET /session/{id}`
    Describe,
    /// `DELETE /session/{id}`
    Stop,
    /// `PUT /session/player/join`
    Join,
    /// `DELETE /session/player/leave`
    Leave,
    /// `GET /available-location/{image}`
    Locations,
    /// `GET /tag/{region}/{image}/{version}`
    Tag,
    /// `GET /logs`
    Logs,
    /// `GET /artifacts`
    Artifacts,
}

impl Operation {
    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::Start,
        Self::List,
        Self::Describe,
        Self::Stop,
        Self::Join,
        Self::Leave,
        Self::Locations,
        Self::Tag,
        Self::Logs,
        Self::Artifacts,
    ];

    /// As a fault names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::List => "list",
            Self::Describe => "describe",
            Self::Stop => "stop",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Locations => "locations",
            Self::Tag => "tag",
            Self::Logs => "logs",
            Self::Artifacts => "artifacts",
        }
    }
}
