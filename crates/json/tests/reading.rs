//! What is read, compared with serde_json, and what is refused, with its place.

use matchport_json::{Error, Kind, MAX_DEPTH, Problem, Reader};
use proptest::prelude::*;
use serde_json::Value;

/// Reads a whole text the long way, through every method of the reader.
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
        Kind::Number => match reader.number()? {
            number if number.whole().is_some() => number.whole().into(),
            number => number.float().into(),
        },
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

fn skips(text: &[u8]) -> bool {
    let mut reader = Reader::new(text);
    reader.skip().and_then(|()| reader.end()).is_ok()
}

/// Numbers as doubles: how a whole number is kept is no matter of JSON.
fn as_doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(list) => list.into_iter().map(as_doubles).collect(),
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, as_doubles(value))).collect(),
        other => other,
    }
}

#[test]
fn what_is_json_and_what_is_not() {
    let good = [
        "null",
        " true ",
        "false",
        "0",
        "-0",
        "1.5e+3",
        "\"\"",
        "[]",
        "{}",
        "[1,2]",
        "{\"a\":{\"b\":[null]}}",
        r#""\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#,
        "\"ü😀\"",
        "\r\n\t [ ] ",
    ];
    for text in good {
        let expected: Value = serde_json::from_str(text).expect(text);
        assert_eq!(read(text.as_bytes()).map(as_doubles), Ok(as_doubles(expected)), "{text}");
        assert!(skips(text.as_bytes()), "{text}");
    }
    let bad = [
        "",
        " ",
        "nul",
        "nulL",
        "tru",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\u{1}\"",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "[1 2]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{,}",
        "[}",
        "{]",
        "null null",
        "[] ,",
        "// x",
        "'a'",
    ];
    for text in bad {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        assert!(read(text.as_bytes()).is_err(), "{text}");
        assert!(!skips(text.as_bytes()), "{text}");
    }
    assert!(read(b"\"\xff\"").is_err(), "no Unicode");
}

#[test]
fn the_last_of_two_counts() {
    assert_eq!(read(br#"{"a":1,"a":2}"#).expect("JSON")["a"], 2);
}

#[test]
fn depth_has_a_limit_and_no_stack_runs_over() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let most = usize::from(MAX_DEPTH);
    assert!(read(nested(most).as_bytes()).is_ok());
    for deeper in [most + 1, 1_000_000] {
        assert!(read(nested(deeper).as_bytes()).is_err());
    }
    for depth in [1, 63, 64, 65, 128, 129, 1_000_000] {
        assert!(skips(nested(depth).as_bytes()), "{depth}");
        assert!(!skips(&nested(depth).as_bytes()[1..]), "{depth}");
        let mixed = format!("{}1{}", "[{\"a\":".repeat(depth), "}]".repeat(depth));
        assert!(skips(mixed.as_bytes()), "{depth}");
        assert!(!skips(mixed.replacen("}]", "]}", 1).as_bytes()), "{depth}");
    }
}

#[test]
fn an_error_names_its_place() {
    let text = br#"{"players": [{"id": "a"}, {"id": 5, "x": ","}], "env": {"A.B": "c", "\u0044": [1, {}]}}"#;
    let mut reader = Reader::new(text);
    let mut found = Vec::new();
    reader.begin_object().expect("an object");
    while let Some(key) = reader.key().expect("a key") {
        match &*key {
            "players" => {
                reader.begin_list().expect("a list");
                while reader.item().expect("an item") {
                    reader.begin_object().expect("an object");
                    while let Some(key) = reader.key().expect("a key") {
                        if key == "id" && reader.kind() == Ok(Kind::Number) {
                            found.push(reader.text().expect_err("a number"));
                        }
                        reader.skip().expect("a value");
                    }
                    found.push(reader.missing("name"));
                }
            }
            _ => {
                reader.begin_object().expect("an object");
                while let Some(key) = reader.key().expect("a key") {
                    if key == "D" {
                        reader.begin_list().expect("a list");
                        reader.item().expect("an item");
                        reader.skip().expect("a number");
                        reader.item().expect("an item");
                        found.push(reader.bool().expect_err("an object"));
                        reader.skip().expect("an object");
                        reader.item().expect("the end");
                    } else {
                        found.push(reader.unknown());
                        reader.skip().expect("a value");
                    }
                }
            }
        }
    }
    let named: Vec<_> = found.iter().map(|error| format!("{} {}", error.path(text), error.problem)).collect();
    assert_eq!(
        named,
        [
            "players[0].name is missing",
            "players[1].id must be a text",
            "players[1].name is missing",
            "env.A.B is not known",
            "env.D[1] must be true or false",
        ]
    );
}

#[test]
fn a_place_behind_what_is_nested_deeply_is_named_all_the_same() {
    for depth in [1, 100, 127, 128, 129, 1_000_000] {
        let deep = format!("{}1{}", "[0,{\"a\":".repeat(depth), "}]".repeat(depth));
        let text = format!("{{\"list\":[{deep},{{\"id\":5}}]}}");
        let mut reader = Reader::new(text.as_bytes());
        reader.begin_object().expect("an object");
        reader.key().expect("a key");
        reader.begin_list().expect("a list");
        assert!(reader.item().expect("an item"));
        reader.skip().expect("a value");
        assert!(reader.item().expect("an item"));
        reader.begin_object().expect("an object");
        reader.key().expect("a key");
        assert_eq!(reader.text().expect_err("a number").path(text.as_bytes()), "list[1].id", "{depth}");
    }
}

#[test]
fn whole_numbers_must_fit() {
    let text = br#"{"a": 70000}"#;
    let mut reader = Reader::new(text);
    reader.begin_object().expect("an object");
    reader.key().expect("a key");
    let error = reader.whole::<u16>().expect_err("too large");
    assert_eq!((error.path(text).as_str(), error.line_and_column(text)), ("a", (1, 7)));
    assert_eq!(error.problem, Problem::MustBe("a whole number in range"));
}

#[test]
fn a_text_that_is_cut_ends_too_early() {
    let text = r#"{"id":"s-1","list":[1,-2.5e3,true],"t":"\u00e9\n"}"#;
    for length in 0..text.len() {
        let error = read(&text.as_bytes()[..length]).expect_err("cut");
        assert_eq!(error.problem, Problem::EndsEarly, "after {length} bytes");
    }
}

#[test]
fn raw_values_are_the_bytes_between() {
    let mut reader = Reader::new(br#"[ {"a": [1]} , 2]"#);
    reader.begin_list().expect("a list");
    assert!(reader.item().expect("an item"));
    assert_eq!(reader.raw(), Ok(&br#"{"a": [1]}"#[..]));
    assert!(reader.item().expect("an item"));
    assert_eq!(reader.whole::<u8>(), Ok(2));
    assert!(!reader.item().expect("the end"));
    assert_eq!(reader.end(), Ok(()));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e6_f64..1e6).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..8).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("JSON");
        let back = read(text.as_bytes());
        prop_assert!(back.is_ok(), "{:?} in {}", back, text);
        prop_assert!(skips(text.as_bytes()));
    }

    /// JSON with one byte changed, cut out or put in: both readers agree, and neither the value nor skipping it
    /// panics.
    #[test]
    fn agrees_with_serde_json_on_what_is_damaged(
        value in any_json(),
        at in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\",:\\u0-+.eE \n"[..])],
        how in 0..3,
    ) {
        let mut text = value.to_string().into_bytes();
        let at = at.index(text.len());
        match how {
            0 => text[at] = byte,
            1 => drop(text.remove(at)),
            _ => text.insert(at, byte),
        }
        let theirs = serde_json::from_slice::<Value>(&text);
        // Numbers beyond double precision are refused there, and infinite here.
        prop_assume!(!theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range")));
        let ours = read(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} and {:?} on {}", ours, theirs, String::from_utf8_lossy(&text));
        if let Err(error) = ours {
            error.path(&text);
            error.line_and_column(&text);
        }
        prop_assert!(skips(&text) || theirs.is_err());
    }

    #[test]
    fn nothing_panics(text in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Err(error) = read(&text) {
            error.path(&text);
            error.line_and_column(&text);
        }
        skips(&text);
    }
}
