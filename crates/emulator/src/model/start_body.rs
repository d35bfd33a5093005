//! The body of a start: its fields and their rules. What is done with it is in `sessions`.

use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::body::{Fields, closed, name_schema, text_schema};
use super::fault::Fault;
use super::json::{Json, Texts};
use crate::config::TtlForm;

/// The longest that one argument or variable may be, in bytes: the most that Linux passes to a process.
const LONGEST_STRING: usize = 128 * 1024 - 1;
/// The longest time to live: a year, in seconds. Longer is a mistake.
const LONGEST_TTL: u64 = 365 * 24 * 3600;

/// A valid body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartBody {
    pub(crate) location: String,
    pub(crate) image: String,
    pub(crate) id: Option<String>,
    pub(crate) env: Texts,
    pub(crate) args: Option<Vec<String>>,
    pub(crate) restart: bool,
    pub(crate) labels: Texts,
    pub(crate) version: Option<String>,
    /// In seconds.
    pub(crate) ttl: Option<u64>,
    pub(crate) external_id: Option<String>,
}

impl StartBody {
    /// Reads a body; `form` says which forms of `ttl` pass.
    ///
    /// # Errors
    /// A 422 with every violation.
    pub(crate) fn parse(body: &[u8], form: TtlForm) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body)?;
        let parsed = Self {
            location: fields.required_name("location"),
            image: fields.required_name("image"),
            id: fields.segment("id"),
            env: fields.map("env", variable_problem).unwrap_or_default(),
            args: fields.texts("args", arg_problem),
            restart: fields.boolean("restart").unwrap_or(false),
            labels: fields.map("labels", label_problem).unwrap_or_default(),
            version: fields.name("version"),
            ttl: ttl(&mut fields, form),
            external_id: fields.text("external_id"),
        };
        fields.finish()?;
        Ok(parsed)
    }
}

/// What [`StartBody::parse`] takes with both forms of `ttl`; a test holds the two against each other. Sums of bytes
/// can't be said in a schema.
impl PartialSchema for StartBody {
    fn schema() -> RefOr<Schema> {
        let map = |values, about: &str| {
            ObjectBuilder::new().additional_properties(Some(Schema::Object(values))).description(Some(about))
        };
        let filled = || text_schema("").min_length(Some(1)).pattern(Some("^[^\\u0000]+$"));
        let names = text_schema("").min_length(Some(1)).pattern(Some("^[^=\\u0000]+$")).build();
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(LONGEST_TTL));
        let duration = text_schema("").pattern(Some("^([0-9]{1,3}h([0-9]{1,4}m)?|[0-9]{1,4}m)$"));
        let ttl = OneOfBuilder::new()
            .item(seconds.description(Some("In seconds.")))
            .item(duration.description(Some("In hours and minutes; under a minute is rounded up to one.")));
        let ttl = ttl.description(Some("The session is ended after this time, at most a year."));
        let object = ObjectBuilder::new()
            .property("location", name_schema("Where, as `/available-location/{image}` names it."))
            .property("image", name_schema("What: the application's name."))
            .property(
                "id",
                name_schema(
                    "The caller's own id, best a UUID of version 4; made up when left out. `.` and `..` are none.",
                ),
            )
            .property("env", map(filled().build(), "Environment of the game server.").property_names(Some(names)))
            .property("args", ArrayBuilder::new().items(filled()).description(Some("Arguments of the game server.")))
            .property(
                "restart",
                ObjectBuilder::new()
                    .schema_type(Type::Boolean)
                    .default(Some(false.into()))
                    .description(Some("Started again after a failure, never after a stop.")),
            )
            .property(
                "labels",
                map(text_schema("").build(), "Fixed for the session's life; lists are filtered by them.")
                    .property_names(Some(text_schema("").min_length(Some(1)).build())),
            )
            .property("version", name_schema("Which tag of the image; left out, the one of the highest priority."))
            .property("ttl", ttl)
            .property("external_id", text_schema("The customer's own reference."))
            .required("location")
            .required("image");
        closed(object).into()
    }
}

impl ToSchema for StartBody {}

fn variable_problem(name: &str, value: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        Some("must be named without `=` and NUL, and not be empty".to_owned())
    } else if value.is_empty() {
        Some("must not be empty".to_owned())
    } else if value.contains('\0') {
        Some("must not hold a NUL".to_owned())
    } else if name.len() + value.len() + 1 > LONGEST_STRING {
        Some(format!("must have at most {LONGEST_STRING} bytes, name and value together"))
    } else {
        None
    }
}

fn arg_problem(arg: &str) -> Option<String> {
    if arg.is_empty() {
        Some("must not be empty".to_owned())
    } else if arg.contains('\0') {
        Some("must not hold a NUL".to_owned())
    } else if arg.len() > LONGEST_STRING {
        Some(format!("must have at most {LONGEST_STRING} bytes"))
    } else {
        None
    }
}

fn label_problem(name: &str, _value: &str) -> Option<String> {
    name.is_empty().then(|| "must have a name".to_owned())
}

/// The time to live in seconds, if there is one that is right.
fn ttl(fields: &mut Fields<'_>, form: TtlForm) -> Option<u64> {
    const SECONDS: &str = "a whole number of seconds from 1 to 31536000";
    const DURATION: &str = "a string of hours and minutes such as \"1h\", \"2h30m\" or \"1m\", at most a year";
    let value = fields.take("ttl")?;
    let expected = || match form {
        TtlForm::Seconds => SECONDS.to_owned(),
        TtlForm::Duration => DURATION.to_owned(),
        TtlForm::Both => format!("{SECONDS}, or {DURATION}"),
    };
    let seconds = match (&value, form) {
        (Json::Whole(seconds), TtlForm::Seconds | TtlForm::Both) => Some(*seconds),
        (Json::Number, TtlForm::Seconds | TtlForm::Both) => None,
        (Json::Text(text), TtlForm::Duration | TtlForm::Both) => hours_and_minutes(text),
        (other, _) => {
            fields.note("ttl", format!("must be {}, not {}", expected(), other.kind()));
            return None;
        }
    };
    let seconds = seconds.filter(|seconds| (1..=LONGEST_TTL).contains(seconds));
    if seconds.is_none() {
        fields.note("ttl", format!("must be {}", expected()));
    }
    seconds
}

/// Reads `1h`, `2h30m`, `1m` into seconds. Under a minute is rounded up to one.
fn hours_and_minutes(text: &str) -> Option<u64> {
    let number =
        |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten();
    let (hours, rest) = match text.split_once('h') {
        Some((hours, rest)) => (number(hours)?, rest),
        None => (0, text),
    };
    let minutes = match rest.strip_suffix('m') {
        Some(minutes) => number(minutes)?,
        None if rest.is_empty() && !text.is_empty() => 0,
        None => return None,
    };
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?.max(1);
    minutes.checked_mul(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(body: &str) -> Vec<String> {
        match StartBody::parse(body.as_bytes(), TtlForm::Both) {
            Ok(_) => Vec::new(),
            Err(fault) => fault.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }

    fn ttl_of(value: &str, form: TtlForm) -> Option<u64> {
        let body = format!(r#"{{"location":"l","image":"i","ttl":{value}}}"#);
        StartBody::parse(body.as_bytes(), form).ok().map(|body| body.ttl.expect("a ttl was given"))
    }

    #[test]
    fn the_body_of_the_guide_is_valid() {
        let body = br#"{ "image": "your-image", "location": "eu-west-1",
            "env": { "MAP": "dust2", "GAME_MODE": "ranked", "MATCH_ID": "abc-123" }, "ttl": 3600 }"#;
        let body = StartBody::parse(body, TtlForm::Both).unwrap();
        assert_eq!(body.image, "your-image");
        assert_eq!(body.ttl, Some(3600));
        assert_eq!(body.env.get("MAP"), Some("dust2"));
        assert_eq!(body.args, None);
    }

    #[test]
    fn an_id_that_no_address_can_hold_is_refused() {
        for id in [".", ".."] {
            let body = format!(r#"{{"location":"l","image":"i","id":"{id}"}}"#);
            assert!(StartBody::parse(body.as_bytes(), TtlForm::Both).is_err(), "{id}");
        }
    }

    #[test]
    fn every_violation_is_named_by_its_field() {
        let body = r#"{"image":"","env":{"A":"","B=":"x","C":1},"args":["ok","",3],"restart":"yes","labels":{"x":null},
            "version":7,"ttl":-1,"external_id":[],"id":"a\u0000b","prot":1}"#;
        let expected = [
            "location",
            "image",
            "id",
            "env.A",
            "env.B=",
            "env.C",
            "args[1]",
            "args[2]",
            "restart",
            "labels.x",
            "version",
            "ttl",
            "external_id",
            "prot",
        ];
        assert_eq!(violations(body), expected);
    }

    #[test]
    fn what_is_no_object_is_one_violation_of_the_body() {
        for body in ["", "null", "[]", "\"x\"", "{", "{\"location\":}", "\u{1}", &"[".repeat(10_000)] {
            assert_eq!(violations(body), ["body"], "{body:.20}");
        }
        assert_eq!(
            StartBody::parse(b"{\"location\":\"\xff\"}", TtlForm::Both).unwrap_err().violations[0].field,
            "body"
        );
    }

    #[test]
    fn a_name_may_be_as_long_as_a_folder_name_and_no_longer() {
        let body = |length: usize| format!(r#"{{"location":"l","image":"{}"}}"#, "a".repeat(length));
        assert_eq!(violations(&body(255)), [""; 0]);
        assert_eq!(violations(&body(256)), ["image"]);
    }

    #[test]
    fn violations_do_not_repeat_values() {
        let body = br#"{"location":"l","image":"i","env":{"SECRET":["hunter2"]},"id":"hunter2\n"}"#;
        let fault = StartBody::parse(body, TtlForm::Both).unwrap_err();
        assert!(!format!("{fault:?}").contains("hunter2"));
    }

    #[test]
    fn ttl_is_read_in_both_forms() {
        let both = |value| ttl_of(value, TtlForm::Both);
        assert_eq!(both("3600"), Some(3600));
        assert_eq!(both("1"), Some(1));
        assert_eq!(both("60.0"), Some(60), "as whole as 60");
        assert_eq!(both("6e1"), Some(60));
        assert_eq!(both("\"1h\""), Some(3600));
        assert_eq!(both("\"2h30m\""), Some(9000));
        assert_eq!(both("\"1m\""), Some(60));
        assert_eq!(both("\"90m\""), Some(5400));
        assert_eq!(both("\"0m\""), Some(60), "under a minute is rounded up to one");
        assert_eq!(both("\"8760h\""), Some(31_536_000));
    }

    #[test]
    fn a_ttl_that_is_neither_is_refused() {
        let wrong = [
            "0",
            "-1",
            "1.5",
            "1e99",
            "-60.0",
            "31536001",
            "18446744073709551616",
            "true",
            "null",
            "[]",
            "\"\"",
            "\"h\"",
            "\"m\"",
            "\"3600\"",
            "\"30s\"",
            "\"1m1h\"",
            "\"1h1h\"",
            "\" 1h\"",
            "\"1 h\"",
            "\"+1h\"",
            "\"-1h\"",
            "\"1H\"",
            "\"8761h\"",
            "\"99999999999999999999h\"",
            "\"307445734561825861h\"",
            "\"1h30\"",
            "\"\u{661}h\"",
        ];
        for value in wrong {
            assert_eq!(ttl_of(value, TtlForm::Both), None, "{value}");
        }
    }

    #[test]
    fn a_strict_service_takes_one_form_only() {
        assert_eq!(ttl_of("60", TtlForm::Seconds), Some(60));
        assert_eq!(ttl_of("\"1m\"", TtlForm::Seconds), None);
        assert_eq!(ttl_of("60", TtlForm::Duration), None);
        assert_eq!(ttl_of("\"1m\"", TtlForm::Duration), Some(60));
    }
}
