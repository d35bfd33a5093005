//! The query of a list: which sessions it keeps. How a query string becomes pairs is known in `http`.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{Schema, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Type};

use super::body::{closed, text_schema};
use super::fault::{Fault, FaultKind, quoted};
use super::view::Snapshot;

/// Which sessions a list keeps. All conditions must hold.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// Sessions that are not running too.
    pub(crate) all: bool,
    conditions: Vec<Condition>,
}

#[derive(Debug, PartialEq)]
enum Condition {
    Field(Field, String),
    PlayerCount(Comparison, u64),
    /// `filter[KEY]=VALUE`: a label or a field of this name equals the value.
    Named(String, String),
    /// `filterNot[KEY]=VALUE`: none does.
    NotNamed(String, String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Location,
    Image,
    Tag,
    Host,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    Greater,
}

impl Filter {
    /// Reads the pairs of a query. Unknown names are ignored, as they are for every query of this service.
    ///
    /// # Errors
    /// 400 when a value of a known name makes no sense.
    pub(crate) fn parse(pairs: Vec<(String, String)>) -> Result<Self, Fault> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let condition = match bracketed(&name) {
                ("all", None) => {
                    filter.all = flag("all", &value)?;
                    continue;
                }
                ("location", None) => Condition::Field(Field::Location, value),
                ("image", None) => Condition::Field(Field::Image, value),
                ("tag", None) => Condition::Field(Field::Tag, value),
                ("host", None) => Condition::Field(Field::Host, value),
                ("playerCount", comparison) => Condition::PlayerCount(
                    compare_by(comparison).ok_or_else(|| bad(&name, "use playerCount[lt] or playerCount[gt]"))?,
                    value.parse().map_err(|_| bad(&name, "the value must be a whole number"))?,
                ),
                ("filter", Some(key)) => Condition::Named(key.to_owned(), value),
                ("filterNot", Some(key)) => Condition::NotNamed(key.to_owned(), value),
                _ => continue,
            };
            filter.conditions.push(condition);
        }
        Ok(filter)
    }

    /// What [`Self::parse`] knows, as the published description has it.
    pub(crate) fn parameters() -> Vec<Parameter> {
        let count = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX)).build();
        let comparisons = ["lt", "lte", "eq", "gte", "gt"].into_iter();
        let counts = comparisons.fold(ObjectBuilder::new(), |all, name| all.property(name, count.clone()));
        let names = || Some(query_text().build());
        let texts = || {
            // Whatever a value is, it comes as a text.
            let any = query_text().schema_type(SchemaType::AnyValue).build();
            ObjectBuilder::new().property_names(names()).additional_properties(Some(Schema::Object(any)))
        };
        vec![
            flag_parameter("all", "Sessions that are not running, too."),
            query_parameter("location", "Only in this location.", query_text()),
            query_parameter("image", "Only of this image.", query_text()),
            query_parameter("tag", "Only of this tag.", query_text()),
            query_parameter("host", "Only on this host.", query_text()),
            bracketed_parameter(
                "playerCount",
                "Only with so many players: `playerCount[lt]=8`, `playerCount[gt]=0`.",
                closed(counts),
            ),
            bracketed_parameter(
                "filter",
                "Only sessions whose label or field equals the value, case-sensitive: `filter[mode]=ranked`. All must hold.",
                texts(),
            ),
            bracketed_parameter("filterNot", "Only sessions of which none does: `filterNot[mode]=ranked`.", texts()),
        ]
    }

    /// Whether a session stays in the list.
    pub(crate) fn keeps(&self, session: &Snapshot) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::Field(field, value) => {
                *value
                    == match field {
                        Field::Location => session.facts.location.id.as_str(),
                        Field::Image => session.facts.image.name.as_str(),
                        Field::Tag => session.facts.tag(),
                        Field::Host => &session.facts.host,
                    }
            }
            Condition::PlayerCount(comparison, than) => {
                let count = session.player_count as u64;
                match comparison {
                    Comparison::Less => count < *than,
                    Comparison::AtMost => count <= *than,
                    Comparison::Equal => count == *than,
                    Comparison::AtLeast => count >= *than,
                    Comparison::Greater => count > *than,
                }
            }
            Condition::Named(key, value) => session.has(key, value),
            Condition::NotNamed(key, value) => !session.has(key, value),
        })
    }
}

/// `all=true` and the like. A name without a value counts as true.
pub(crate) fn flag(name: &str, value: &str) -> Result<bool, Fault> {
    match value {
        "true" | "1" | "" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(bad(name, "the value must be true or false")),
    }
}

/// A text in a query, where no NUL passes.
fn query_text() -> ObjectBuilder {
    text_schema("").pattern(Some("^[^\\u0000]*$"))
}

/// A parameter that [`flag`] reads, as the published description has it.
pub(crate) fn flag_parameter(name: &str, about: &str) -> Parameter {
    query_parameter(name, about, ObjectBuilder::new().schema_type(Type::Boolean))
}

/// An optional parameter of a query, as the published description has it.
fn query_parameter(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, about, schema).build()
}

/// `name[key]=value`
fn bracketed_parameter(name: &str, about: &str, schema: ObjectBuilder) -> Parameter {
    parameter(name, about, schema).style(Some(ParameterStyle::DeepObject)).explode(Some(true)).build()
}

fn parameter(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    let place = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    place.required(utoipa::openapi::Required::False).description(Some(about)).schema(Some(schema))
}

/// Takes `name[key]` apart.
fn bracketed(name: &str) -> (&str, Option<&str>) {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, key)) => (name, Some(key)),
        None => (name, None),
    }
}

fn compare_by(operator: Option<&str>) -> Option<Comparison> {
    Some(match operator {
        Some("lt") => Comparison::Less,
        Some("lte") => Comparison::AtMost,
        Some("eq") | None => Comparison::Equal,
        Some("gte") => Comparison::AtLeast,
        Some("gt") => Comparison::Greater,
        Some(_) => return None,
    })
}

fn bad(name: &str, help: &str) -> Fault {
    Fault::new(
        FaultKind::BadRequest,
        "bad query",
        format!("the query parameter {} can't be used: {help}", quoted(name)),
    )
}
