//! From a JavaScript value to options, or to an error that names the field: where it is, what was expected, and never
//! what was found, since that may be secret.

use matchport_core::check::InvalidInput;
use matchport_core::model::Ttl;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// A number of milliseconds, or a text such as `90s`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Duration {
    /// Milliseconds, or for `ttl` seconds.
    Number(f64),
    /// `90s`, `15m`, `1h30m`.
    Text(String),
}

impl Duration {
    /// As milliseconds.
    pub(crate) fn milliseconds(&self, field: &'static str) -> Result<u64, InvalidInput> {
        match self {
            Self::Number(number) => whole(field, *number),
            Self::Text(text) => match text.parse::<Ttl>() {
                Ok(time) => Ok(time.seconds() * 1000),
                Err(refused) => Err(InvalidInput::new(field, refused.reason)),
            },
        }
    }

    /// As the life of a session, for which a number is seconds.
    pub(crate) fn ttl(&self) -> Result<Ttl, InvalidInput> {
        match self {
            Self::Number(number) => Ttl::from_seconds(whole("ttl", *number)?),
            Self::Text(text) => text.parse(),
        }
    }
}

/// A number of JavaScript's that must be whole and not negative.
pub(crate) fn whole(field: &'static str, number: f64) -> Result<u64, InvalidInput> {
    /// 2^53: above it numbers of JavaScript's are not exact.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    if number.trunc() == number && (0.0..=LARGEST).contains(&number) {
        Ok(number as u64)
    } else {
        Err(InvalidInput::other(field, "must be a whole number that is not negative"))
    }
}

/// Reads options of one kind.
pub(crate) fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, InvalidInput> {
    if !value.is_object() {
        return Err(InvalidInput::other("options", "must be an object"));
    }
    serde_path_to_error::deserialize(serde_wasm_bindgen::Deserializer::from(value)).map_err(|error| {
        let path = error.path().to_string();
        explain(path, &error.into_inner().to_string())
    })
}

/// Takes from serde's text what was expected, and leaves what was found.
fn explain(path: String, text: &str) -> InvalidInput {
    let path = if path == "." { "options".to_owned() } else { path };
    // "Error: missing field `image`": the path is that of the object around it.
    if let Some(name) = text.split_once("missing field `").and_then(|(_, rest)| rest.split('`').next()) {
        let field = if path == "options" { name.to_owned() } else { format!("{path}.{name}") };
        return InvalidInput::other(field, "is missing");
    }
    match text.rsplit_once("expected ") {
        Some((_, expected)) => InvalidInput::other(path, format!("must be {}", expected.trim_end())),
        None => InvalidInput::other(path, "has the wrong type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_field_and_not_the_value() {
        let refused = explain("env.KEY".into(), "Error: invalid type: string \"s3cret\", expected a map");
        assert_eq!(refused.to_string(), "env.KEY must be a map");
        assert_eq!(explain(".".into(), "Error: missing field `image`").to_string(), "image is missing");
        assert_eq!(explain("players[2]".into(), "missing field `id`").field, "players[2].id");
        assert_eq!(explain("ttl".into(), "s3cret").to_string(), "ttl has the wrong type");
    }

    #[test]
    fn numbers_are_whole_and_not_negative() {
        assert_eq!(whole("deadline", 90_000.0), Ok(90_000));
        for bad in [-1.0, 1.5, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(whole("deadline", bad).expect_err("refused").field, "deadline", "{bad}");
        }
    }

    #[test]
    fn durations_are_numbers_or_texts() {
        assert_eq!(Duration::Text("90s".into()).milliseconds("deadline"), Ok(90_000));
        assert_eq!(Duration::Number(5.0).milliseconds("deadline"), Ok(5));
        assert_eq!(Duration::Number(3600.0).ttl().map(Ttl::seconds), Ok(3600));
        assert_eq!(Duration::Text("soon".into()).milliseconds("deadline").expect_err("refused").field, "deadline");
    }
}
