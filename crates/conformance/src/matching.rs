//! Whether what came out is what was expected.

use serde_json::Value;

/// How much of an object has to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All of it: bodies and tickets.
    Whole,
    /// Only what matters: events.
    Named,
}

/// What is wrong, with where it is; `None` when all is well.
///
/// Numbers are compared as numbers, and may differ by a millionth of their size, since some languages hold them in 32
/// bits. `null` is the same as missing. `{"$between": [low, high]}` and `{"$contains": "text"}` stand for many values.
pub fn difference(expected: &Value, found: &Value, rule: Rule) -> Option<String> {
    differ(expected, found, rule, "")
}

fn differ(expected: &Value, found: &Value, rule: Rule, path: &str) -> Option<String> {
    let unlike = || Some(format!("{}: expected {expected}, found {found}", if path.is_empty() { "it" } else { path }));
    match (expected, found) {
        (Value::Object(wanted), _) if wanted.contains_key("$between") => {
            let bounds = wanted["$between"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_within = match (bounds, found.as_f64()) {
                ([low, high], Some(found)) => low.as_f64() <= Some(found) && Some(found) <= high.as_f64(),
                _ => false,
            };
            if is_within { None } else { unlike() }
        }
        (Value::Object(wanted), _) if wanted.contains_key("$contains") => {
            let part = wanted["$contains"].as_str().unwrap_or("\u{0}");
            if found.as_str().is_some_and(|found| found.contains(part)) { None } else { unlike() }
        }
        (Value::Object(expected), Value::Object(found)) => {
            let unnamed = found.iter().find(|(name, value)| !value.is_null() && !expected.contains_key(*name));
            if let (Rule::Whole, Some((name, value))) = (rule, unnamed) {
                return Some(format!("{path}.{name}: expected nothing, found {value}"));
            }
            expected.iter().find_map(|(name, expected)| {
                // A ticket is whole wherever it stands.
                let rule = if name == "ticket" { Rule::Whole } else { rule };
                differ(expected, found.get(name).unwrap_or(&Value::Null), rule, &format!("{path}.{name}"))
            })
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return unlike();
            }
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| differ(expected, found, rule, &format!("{path}[{index}]")))
        }
        (Value::Number(expected), Value::Number(found)) => {
            let (expected, found) = (expected.as_f64()?, found.as_f64()?);
            if (expected - found).abs() <= expected.abs() * 1e-6 { None } else { unlike() }
        }
        _ if expected == found => None,
        _ => unlike(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_unlike_is_named() {
        let differs = |expected: Value, found: Value, rule| difference(&expected, &found, rule);
        assert_eq!(differs(json!({"a": 1}), json!({"a": 1.0, "b": 2}), Rule::Named), None);
        assert_eq!(
            differs(json!({"a": 1}), json!({"a": 1, "b": 2}), Rule::Whole).as_deref(),
            Some(".b: expected nothing, found 2")
        );
        assert_eq!(differs(json!({"a": null}), json!({}), Rule::Whole), None);
        assert_eq!(differs(json!({}), json!({"a": null}), Rule::Whole), None);
        assert!(differs(json!({"a": null}), json!({"a": 0}), Rule::Named).is_some());
        assert!(differs(json!([1]), json!([1, 2]), Rule::Named).is_some());
        assert!(differs(json!(true), json!(1), Rule::Named).is_some());
        assert!(differs(json!("1"), json!(1), Rule::Named).is_some());
        assert_eq!(differs(json!({"$between": [0, 200]}), json!(200), Rule::Whole), None);
        assert!(differs(json!({"$between": [0, 200]}), json!(201), Rule::Whole).is_some());
        assert!(differs(json!({"$between": [0, 200]}), json!("1"), Rule::Whole).is_some());
        assert_eq!(differs(json!({"$contains": "b"}), json!("abc"), Rule::Whole), None);
        assert!(differs(json!({"$contains": "d"}), json!("abc"), Rule::Whole).is_some());
        let ticket = |fields: Value| json!({"failed": {"ticket": fields, "more": 1}});
        let found = ticket(json!({"session": "s", "location": "x"}));
        assert!(differs(ticket(json!({"session": "s"})), found, Rule::Named).is_some(), "tickets are whole");
    }
}
