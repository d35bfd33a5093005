//! The reader of JSON against another one (serde_json): both agree on what is JSON and on what it says.

use matchport_json::{Error, Kind, MAX_DEPTH, Problem, Reader};
use serde_json::Value;

pub(crate) fn run(input: &[u8]) {
    let expected = serde_json::from_slice::<Value>(input).ok();
    match (read(input), expected) {
        (Ok(value), Some(expected)) => assert_eq!(as_doubles(value), as_doubles(expected), "another value"),
        (Ok(_), None) => assert!(is_out_of_range(input), "read, though it is no JSON"),
        (Err(error), expected) => {
            assert!(error.at <= input.len(), "a place outside: {error}");
            let _ = error.path(input);
            let (line, column) = error.line_and_column(input);
            assert!(line >= 1 && column >= 1);
            assert!(expected.is_none() || is_deep(input), "refused, though it is JSON: {error}");
        }
    }
    // What is passed over is checked for its shape, which a reader of all of it must agree with.
    let mut reader = Reader::new(input);
    let is_passed_over = reader.skip().and_then(|()| reader.end());
    if read(input).is_ok() {
        assert_eq!(is_passed_over, Ok(()), "read, but can't be passed over");
    }
    // Errors of a place that nobody made: any place, any text.
    for at in [0, input.len() / 2, input.len(), input.len() + 1, usize::MAX] {
        for problem in [Problem::Syntax, Problem::Missing("name")] {
            let error = Error { at, problem };
            let _ = (error.path(input), error.line_and_column(input));
        }
    }
}

fn read(text: &[u8]) -> Result<Value, Error> {
    let mut reader = Reader::new(text);
    let value = value(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, Error> {
    Ok(match reader.kind()? {
        Kind::Null => {
            assert!(reader.null()?);
            Value::Null
        }
        Kind::Bool => reader.bool()?.into(),
        Kind::Number => reader.number()?.float().into(),
        Kind::Text => reader.text()?.into_owned().into(),
        Kind::List => {
            let mut list = Vec::new();
            reader.begin_list()?;
            while reader.item()? {
                list.push(value(reader)?);
            }
            list.into()
        }
        Kind::Object => {
            let mut object = serde_json::Map::new();
            reader.begin_object()?;
            while let Some(key) = reader.key()? {
                object.insert(key.into_owned(), value(reader)?);
            }
            object.into()
        }
    })
}

/// Numbers as doubles: how a whole number is kept is no matter of JSON. serde_json may be off by the last digit.
fn as_doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map(|number| number as f32 as f64).into(),
        Value::Array(list) => list.into_iter().map(as_doubles).collect(),
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, as_doubles(value))).collect(),
        other => other,
    }
}

/// serde_json refuses numbers that no double holds.
fn is_out_of_range(input: &[u8]) -> bool {
    matches!(serde_json::from_slice::<Value>(input), Err(error) if error.to_string().contains("out of range"))
}

/// Where the two differ on purpose: how deep lists and objects may be nested.
fn is_deep(input: &[u8]) -> bool {
    input.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() >= usize::from(MAX_DEPTH)
}
