//! The session id: made before anything is sent, so that whatever fails can be looked up.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use matchport_json::{Error, Reader};
use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::{Builder, Uuid};

use crate::check::{self, InvalidInput};

/// The id of a session. The API recommends the form of a version 4 UUID; any id of the service is kept as it came.
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SessionId(Arc<str>);

/// Under this namespace match ids become session ids. Never changed: two versions of matchport that allocate for
/// one match must come to the same id.
const MATCH_NAMESPACE: Uuid = Uuid::from_u128(0x6d61_7463_6870_4f72_8474_6d61_7463_6801);

impl SessionId {
    /// Takes an id of the caller's: 1 to 255 bytes, no control characters, usable as one path segment.
    ///
    /// # Errors
    /// [`InvalidInput`] for the field `id`.
    pub fn new(id: impl Into<Arc<str>>) -> Result<Self, InvalidInput> {
        let id = id.into();
        check::segment("id", &id)?;
        Ok(Self(id))
    }

    /// The id that every matchmaker derives for the same match, so that together they get one server. It has the
    /// form of a version 4 UUID; its bits are the SHA-1 of the match id under a fixed namespace.
    ///
    /// Match ids must therefore be unique within the account whose token is used, over all images.
    ///
    /// # Errors
    /// [`InvalidInput`] for the field `match_id` when it is empty, too long or holds control characters.
    pub fn from_match(match_id: &str) -> Result<Self, InvalidInput> {
        check::name("match_id", match_id)?;
        Ok(Self::from_entropy(Uuid::new_v5(&MATCH_NAMESPACE, match_id.as_bytes()).into_bytes()))
    }

    /// A version 4 UUID of the caller's random bytes.
    pub fn from_entropy(bytes: [u8; 16]) -> Self {
        let mut text = Uuid::encode_buffer();
        Self(Arc::from(&*Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut text)))
    }

    /// The id as it stands in requests.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for SessionId {
    /// Meets the rules of [`SessionId::new`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Cow::<'de, str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl SessionId {
    /// An id of the service's goes into paths as well, and so meets the same rules.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let before = reader.position();
        let id = reader.text()?;
        Self::new(&*id).map_err(|_| reader.must_be(before, "an id that can stand in a path"))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_form_of_a_version_4_uuid() {
        for id in [SessionId::from_match("m-1").expect("valid"), SessionId::from_entropy([0xff; 16])] {
            let text = id.as_str().as_bytes();
            assert_eq!(text.len(), 36);
            assert_eq!(text[14], b'4', "{id}");
            assert!(b"89ab".contains(&text[19]), "{id}");
        }
    }

    #[test]
    fn the_same_match_gives_the_same_id_for_ever() {
        let id = SessionId::from_match("abc-123").expect("valid");
        assert_eq!(id, SessionId::from_match("abc-123").expect("valid"));
        assert_ne!(id, SessionId::from_match("abc-124").expect("valid"));
        // Written down: a change here would let two versions start two servers for one match.
        assert_eq!(id.as_str(), "1627f6fa-49ca-4c25-95f2-1dbae2fff141");
    }

    #[test]
    fn ids_that_could_change_the_path_are_refused() {
        for bad in ["", ".", "..", "a\nb"] {
            assert!(SessionId::new(bad).is_err(), "{bad:?}");
        }
        assert!(SessionId::new("a/b?c").is_ok(), "odd, but it can be encoded");
    }
}
