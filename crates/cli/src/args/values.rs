//! What the text of an option means: pairs, times, missing samples. Errors name the option and never repeat a value.

use std::collections::BTreeMap;

use matchport_core::check::InvalidInput;
use matchport_core::placement::MissingSample;

/// `K=V` pairs. No key twice.
pub(crate) fn pairs(option: &'static str, texts: &[String]) -> Result<BTreeMap<String, String>, InvalidInput> {
    let mut map = BTreeMap::new();
    for (index, text) in texts.iter().enumerate() {
        let Some((key, value)) = text.split_once('=') else {
            return Err(refused(option, format!("number {} must be K=V; it has no '='", index + 1)));
        };
        insert(option, &mut map, key, value.to_owned())?;
    }
    Ok(map)
}

/// `K=V` pairs, or `K` alone for the value that `lookup` gives.
pub(crate) fn environment(
    texts: &[String],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, InvalidInput> {
    const OPTION: &str = "--env";
    let mut map = BTreeMap::new();
    for text in texts {
        match text.split_once('=') {
            Some((key, value)) => insert(OPTION, &mut map, key, value.to_owned())?,
            None => {
                let missing = || format!("names {text:?} without a value, and this command's environment has none");
                let value = lookup(text).ok_or_else(|| refused(OPTION, missing()))?;
                insert(OPTION, &mut map, text, value)?;
            }
        }
    }
    Ok(map)
}

/// A variable of this process that is text.
pub(crate) fn own_variable(name: &str) -> Option<String> {
    // `var_os` panics neither on an empty name nor on one with NUL or '=' only on some systems; such names aren't there.
    if name.is_empty() || name.contains(['\0', '=']) {
        return None;
    }
    std::env::var_os(name)?.into_string().ok()
}

/// A time: `500ms`, `90s`, `1h 30m`, or a number of seconds. In milliseconds.
pub(crate) fn milliseconds(option: &'static str, text: &str) -> Result<u64, InvalidInput> {
    let seconds = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let time = match seconds() {
        Some(seconds) => seconds.checked_mul(1000),
        None => humantime::parse_duration(text).ok().and_then(|time| u64::try_from(time.as_millis()).ok()),
    };
    time.ok_or_else(|| refused(option, "must be a time such as 500ms, 90s or 5m"))
}

/// `leave-out`, `ignore` or milliseconds.
pub(crate) fn missing_sample(text: &str) -> Result<MissingSample, InvalidInput> {
    match text {
        "leave-out" => Ok(MissingSample::LeaveOut),
        "ignore" => Ok(MissingSample::Ignore),
        number => match number.parse() {
            Ok(ms) => Ok(MissingSample::Assume(ms)),
            Err(_) => Err(refused("--missing-sample", "must be leave-out, ignore, or a number of milliseconds")),
        },
    }
}

/// Refuses an option, with a reason in words.
pub(crate) fn refused(option: &'static str, words: impl Into<std::borrow::Cow<'static, str>>) -> InvalidInput {
    InvalidInput::other(option, words)
}

fn insert(
    option: &'static str,
    map: &mut BTreeMap<String, String>,
    key: &str,
    value: String,
) -> Result<(), InvalidInput> {
    if key.is_empty() {
        return Err(refused(option, "must have a name before the '='"));
    }
    if map.insert(key.to_owned(), value).is_some() {
        return Err(refused(option, format!("gives {key:?} twice")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_pair_is_cut_at_its_first_equals_sign() {
        let map = pairs("--label", &texts(&["a=b=c", "d="])).unwrap();
        assert_eq!(map, BTreeMap::from([("a".to_owned(), "b=c".to_owned()), ("d".to_owned(), String::new())]));
    }

    #[test]
    fn pairs_that_are_refused_never_show_their_value() {
        for bad in [&["s3cret"][..], &["=s3cret"], &["k=1", "k=s3cret"]] {
            let error = pairs("--label", &texts(bad)).unwrap_err();
            assert_eq!(error.field, "--label", "{bad:?}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_name_alone_takes_the_value_from_outside() {
        let outside = |name: &str| (name == "MAP").then(|| "dust2".to_owned());
        let map = environment(&texts(&["MAP", "MODE=ranked"]), outside).unwrap();
        assert_eq!((map["MAP"].as_str(), map["MODE"].as_str()), ("dust2", "ranked"));
        let error = environment(&texts(&["OTHER"]), outside).unwrap_err();
        assert!(error.to_string().contains("OTHER"), "{error}");
        assert_eq!(own_variable(""), None);
        assert_eq!(own_variable("a=b"), None);
    }

    #[test]
    fn times_are_written_as_people_do() {
        let time = |text| milliseconds("--deadline", text).ok();
        assert_eq!(time("90"), Some(90_000));
        assert_eq!(time("90s"), Some(90_000));
        assert_eq!(time("500ms"), Some(500));
        assert_eq!(time("1h 30m"), Some(5_400_000));
        assert_eq!(time("0"), Some(0), "judged by the core");
        for bad in ["", "-1s", "1.5", "soon", "99999999999999999999", "18446744073709551615"] {
            assert_eq!(time(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn missing_samples() {
        assert_eq!(missing_sample("leave-out"), Ok(MissingSample::LeaveOut));
        assert_eq!(missing_sample("ignore"), Ok(MissingSample::Ignore));
        assert_eq!(missing_sample("120"), Ok(MissingSample::Assume(120.0)));
        assert!(missing_sample("often").is_err());
    }
}
