//! Labels of a session. The service packs the caller's labels, the environment and its own facts into three
//! JSON texts; they can be read as maps here.

use std::collections::BTreeMap;
use std::fmt;

use matchport_json::{Error, Kind, Reader};
use serde::Serialize;

/// The labels of a session as they came. `Debug` shows only their names, since `env` holds the environment.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// One label, by name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All labels, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The labels that the caller gave at the start, from the packed `tags`. Empty when there are none.
    ///
    /// # Errors
    /// [`PackedLabelError`] when the text is not a JSON object.
    pub fn tags(&self) -> Result<BTreeMap<String, String>, PackedLabelError> {
        self.packed("tags")
    }

    /// The environment of the game server, from the packed `env`. Empty when there is none.
    ///
    /// # Errors
    /// [`PackedLabelError`] when the text is not a JSON object.
    pub fn env(&self) -> Result<BTreeMap<String, String>, PackedLabelError> {
        self.packed("env")
    }

    /// Organization, session, image, region and tag, from the packed `gameye`. Empty when there are none.
    ///
    /// # Errors
    /// [`PackedLabelError`] when the text is not a JSON object.
    pub fn gameye(&self) -> Result<BTreeMap<String, String>, PackedLabelError> {
        self.packed("gameye")
    }

    fn packed(&self, name: &'static str) -> Result<BTreeMap<String, String>, PackedLabelError> {
        let Some(text) = self.get(name) else { return Ok(BTreeMap::new()) };
        let mut reader = Reader::new(text.as_bytes());
        let map = read_texts(&mut reader).and_then(|map| reader.end().map(|()| map));
        map.map_err(|_| PackedLabelError { label: name })
    }

    /// Values that are not texts are kept as their JSON; `null` is no labels.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(if reader.null()? { Self::default() } else { Self(read_texts(reader)?) })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(labels: I) -> Self {
        Self(labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A packed label that is not a JSON object. Its text is not repeated: it may hold the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedLabelError {
    /// The label: `tags`, `env` or `gameye`.
    pub label: &'static str,
}

impl fmt::Display for PackedLabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the label {:?} is not a JSON object", self.label)
    }
}

impl std::error::Error for PackedLabelError {}

fn read_texts(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut map = BTreeMap::new();
    reader.begin_object()?;
    while let Some(name) = reader.key()? {
        let value = any_text(reader)?;
        map.insert(name.into_owned(), value);
    }
    Ok(map)
}

/// A text, or the JSON of what is none.
pub(super) fn any_text(reader: &mut Reader<'_>) -> Result<String, Error> {
    match reader.kind()? {
        Kind::Text => Ok(reader.text()?.into_owned()),
        _ => Ok(String::from_utf8_lossy(reader.raw()?).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Labels {
        Labels::read(&mut Reader::new(json.as_bytes())).expect(json)
    }

    const PACKED: &str = r#"{
        "tags": "{\"mode\":\"ranked\"}",
        "env": "{\"MAP\":\"dust2\",\"MAX\":8}",
        "gameye": "{\"organization\":\"o\",\"session\":\"s\",\"image\":\"i\",\"region\":\"eu-west-1\",\"tag\":\"1\"}",
        "maintainer": "me",
        "odd": 3
    }"#;

    #[test]
    fn packed_labels_are_maps() {
        let labels = read(PACKED);
        assert_eq!(labels.tags().expect("packed")["mode"], "ranked");
        assert_eq!(labels.env().expect("packed")["MAX"], "8");
        assert_eq!(labels.gameye().expect("packed")["region"], "eu-west-1");
        assert_eq!(labels.get("maintainer"), Some("me"));
        assert_eq!(labels.get("odd"), Some("3"));
    }

    #[test]
    fn missing_and_broken_packs() {
        let labels = read(r#"{"tags":"not json"}"#);
        assert_eq!(labels.tags(), Err(PackedLabelError { label: "tags" }));
        assert_eq!(labels.env(), Ok(BTreeMap::new()));
        assert_eq!(read("null"), Labels::default());
    }

    #[test]
    fn debug_hides_the_environment() {
        let labels = read(PACKED);
        assert!(!format!("{labels:?}").contains("dust2"));
    }
}
