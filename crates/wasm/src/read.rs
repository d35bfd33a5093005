//! From the JSON of JavaScript's options to Rust, or to an error that names the field: where it is, what was expected,
//! and never what was found, since that may be secret.

use std::collections::BTreeMap;

use matchport_core::check::InvalidInput;
use matchport_core::model::{Ttl, read_map};
use matchport_json::{Error, Kind, Problem, Reader};

/// Options that are refused: for their shape, or for what they say.
pub(crate) enum Refused {
    Shape(Error),
    Input(InvalidInput),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Shape(error)
    }
}

impl From<InvalidInput> for Refused {
    fn from(invalid: InvalidInput) -> Self {
        Self::Input(invalid)
    }
}

/// Reads the options of one kind.
pub(crate) fn read<T>(
    options: &str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Refused>,
) -> Result<T, InvalidInput> {
    let mut reader = Reader::new(options.as_bytes());
    read(&mut reader).map_err(|refused| match refused {
        Refused::Shape(error) => explain(error, options),
        Refused::Input(invalid) => invalid,
    })
}

fn explain(error: Error, options: &str) -> InvalidInput {
    let path = error.path(options.as_bytes());
    let field = if path.is_empty() { "options".to_owned() } else { path };
    match error.problem {
        // JavaScript's own writer made the text: only a lone surrogate can be in it that is no Unicode.
        Problem::Syntax | Problem::EndsEarly => InvalidInput::other(field, "is no Unicode text"),
        problem => InvalidInput::other(field, problem.to_string()),
    }
}

/// Goes over the fields of an object that are not `null`.
pub(crate) fn fields(
    reader: &mut Reader<'_>,
    field: &mut dyn FnMut(&mut Reader<'_>, &str) -> Result<(), Refused>,
) -> Result<(), Refused> {
    reader.begin_object()?;
    while let Some(key) = reader.key()? {
        if !reader.null()? {
            field(reader, &key)?;
        }
    }
    Ok(())
}

/// Names with their values.
pub(crate) fn names(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, Error> {
    read_map(reader)
}

/// A number with a fraction.
pub(crate) fn float(reader: &mut Reader<'_>) -> Result<f32, Error> {
    Ok(reader.number()?.float() as f32)
}

/// A whole number of milliseconds, or a text such as `90s`.
pub(crate) fn milliseconds(reader: &mut Reader<'_>) -> Result<u64, Error> {
    /// 2^53: above it numbers of JavaScript's are not exact.
    const LARGEST: u64 = 1 << 53;
    let before = reader.position();
    let time = match reader.kind()? {
        Kind::Text => reader.text()?.parse().ok().map(Ttl::milliseconds),
        Kind::Number => reader.number()?.whole().filter(|time| *time <= LARGEST),
        _ => None,
    };
    time.ok_or_else(|| {
        reader.must_be(before, "a whole number of milliseconds, or a duration such as 90s, 15m or 1h30m")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: &str) -> InvalidInput {
        let read = read(options, |reader| {
            fields(reader, &mut |reader, key| {
                match key {
                    "env" => drop(names(reader)?),
                    "deadline" => drop(milliseconds(reader)?),
                    _ => reader.skip()?,
                }
                Ok(())
            })?;
            Err::<(), _>(reader.missing("image").into())
        });
        read.expect_err("there is no image")
    }

    #[test]
    fn a_refusal_names_the_field_and_not_the_value() {
        assert_eq!(refused(r#"{"env":{"KEY":["s3cret"]}}"#).to_string(), "env.KEY must be a text");
        assert_eq!(refused(r#"{"env":null}"#).to_string(), "image is missing");
        assert_eq!(refused("5").to_string(), "options must be an object");
        assert_eq!(refused(r#"{"env":{"KEY":"\ud800"}}"#).to_string(), "env.KEY is no Unicode text");
    }

    #[test]
    fn times_are_whole_numbers_or_texts() {
        let read = |text: &str| milliseconds(&mut Reader::new(text.as_bytes())).ok();
        assert_eq!((read("90000"), read("\"90s\""), read("\"1h30m\"")), (Some(90_000), Some(90_000), Some(5_400_000)));
        for bad in ["-1", "1.5", "1e300", "9007199254740993", "\"soon\"", "true", "null"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
