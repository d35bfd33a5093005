//! A JSON value that borrows from the body it was read from, and a small sorted map of texts. What fields mean is not
//! known here.
//!
//! `serde_json::Value` would do, but copies every string and gives every object a tree; a start is mostly that.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Json<'b> {
    Null,
    Bool(bool),
    /// A whole number that is not negative.
    Whole(u64),
    /// Any other number.
    Number,
    Text(Cow<'b, str>),
    Array(Vec<Json<'b>>),
    /// In the order of the text; a name may be there twice.
    Object(Members<'b>),
}

/// The members of an object.
pub(super) type Members<'b> = Vec<(Cow<'b, str>, Json<'b>)>;

impl Json<'_> {
    /// What it is, without the value itself.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Whole(_) | Self::Number => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(boolean))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        // `60.0` and `6e1` are as whole as `60`, to most who write JSON. Above 2^53 a float has no one number.
        let is_whole = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
        Ok(if is_whole { Json::Whole(number as u64) } else { Json::Number })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = entries.next_key()? {
            members.push((name, entries.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// The name of a member; `Cow` by itself never borrows.
struct Name<'b>(Cow<'b, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(JsonVisitor)? {
            Json::Text(name) => Ok(Self(name)),
            _ => Err(serde::de::Error::custom("a name must be a string")),
        }
    }
}

/// The members of an object that is a whole body.
pub(super) struct Whole<'b>(pub(super) Members<'b>);

impl<'de> Deserialize<'de> for Whole<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;

        impl<'de> Visitor<'de> for WholeVisitor {
            type Value = Whole<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Whole<'de>, A::Error> {
                // As many as any body of the service has.
                let mut members = Vec::with_capacity(10);
                while let Some(Name(name)) = entries.next_key()? {
                    members.push((name, entries.next_value()?));
                }
                Ok(Whole(members))
            }
        }

        deserializer.deserialize_map(WholeVisitor)
    }
}

/// Texts by name, sorted, each name once. `Debug` shows the names only, as the texts may be an environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    /// All names and texts, in turn and without anything between them: two allocations hold any number of them.
    all: Box<str>,
    /// Where each name and each text ends.
    ends: Box<[u32]>,
}

impl Texts {
    /// Sorts them; of those with one name, the last stays.
    pub(super) fn new(mut texts: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> Self {
        // Stable, so that equal names keep their order.
        texts.sort_by(|one, other| one.0.cmp(&other.0));
        let mut all = String::with_capacity(texts.iter().map(|(name, text)| name.len() + text.len()).sum());
        let mut ends = Vec::with_capacity(texts.len() * 2);
        for (index, (name, text)) in texts.iter().enumerate() {
            if texts.get(index + 1).is_none_or(|(next, _)| next != name) {
                for part in [name, text] {
                    all.push_str(part);
                    // A body is far smaller than that.
                    ends.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
                }
            }
        }
        Self { all: all.into(), ends: ends.into() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, text)| text)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.chunks_exact(2).map(move |ends| {
            let (name_end, text_end) = (ends[0] as usize, ends[1] as usize);
            let pair = (&self.all[begin..name_end], &self.all[name_end..text_end]);
            begin = text_end;
            pair
        })
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_plain_strings_are_borrowed() {
        let body = r#"{"a":[null,true,1,-1,1.5,"x"],"b\n":"\u0041"}"#;
        let Json::Object(members) = serde_json::from_str(body).unwrap() else { panic!("an object") };
        assert!(matches!(members[0].0, Cow::Borrowed("a")));
        let array = [Json::Null, Json::Bool(true), Json::Whole(1), Json::Number, Json::Number, Json::Text("x".into())];
        assert_eq!(members[0].1, Json::Array(array.into()));
        assert_eq!(members[1], ("b\n".into(), Json::Text("A".into())));
        assert!(serde_json::from_str::<Json<'_>>(&"[".repeat(200)).unwrap_err().to_string().contains("recursion"));
    }

    #[test]
    fn texts_are_found_by_name_and_the_last_of_a_name_stays() {
        let pair = |name, text| (Cow::Borrowed(name), Cow::Borrowed(text));
        let texts = Texts::new(vec![pair("b", "1"), pair("a", "2"), pair("b", "3")]);
        assert_eq!((texts.get("a"), texts.get("b"), texts.get("c")), (Some("2"), Some("3"), None));
        assert_eq!(serde_json::to_string(&texts).unwrap(), r#"{"a":"2","b":"3"}"#);
        assert_eq!(format!("{texts:?}"), r#"{"a", "b"}"#);
    }
}
