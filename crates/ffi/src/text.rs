//! Texts, bytes and arrays that cross the border, in both directions. All reading of the caller's memory happens here
//! and in `options.rs`.

use std::collections::BTreeMap;

use crate::status::{Refused, matchport_status as Status};

/// The longest text or block of bytes that a call takes, in bytes (an HTTP answer may be longer: up to what its
/// request allows).
pub const MATCHPORT_MAX_STRING_BYTES: usize = 4_194_304;
/// The longest array that a call takes, in entries.
pub const MATCHPORT_MAX_ARRAY_LENGTH: usize = 10_000_000;

/// A text in UTF-8 that is not terminated: `length` counts bytes. A null pointer with length 0 is "not given", which
/// differs from an empty text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct matchport_string {
    /// The first byte, or null.
    pub data: *const std::ffi::c_char,
    /// How many bytes.
    pub length: usize,
}

/// Bytes that are no text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct matchport_bytes {
    /// The first byte, or null.
    pub data: *const u8,
    /// How many bytes.
    pub length: usize,
}

/// A name and its value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct matchport_pair {
    /// The name.
    pub name: matchport_string,
    /// The value.
    pub value: matchport_string,
}

/// A view of a text that is terminated by a NUL; of null, the text that is "not given". Copies nothing.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_str(text: *const std::ffi::c_char) -> matchport_string {
    if text.is_null() {
        return matchport_string::ABSENT;
    }
    // SAFETY: the caller promises a text with a NUL at its end.
    let length = unsafe { std::ffi::CStr::from_ptr(text) }.count_bytes();
    matchport_string { data: text, length }
}

impl matchport_string {
    pub(crate) const ABSENT: Self = Self { data: std::ptr::null(), length: 0 };

    /// A view of a text that lives as long as the library.
    pub(crate) const fn of_static(text: &'static str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }

    /// A view of a text whose owner outlives it by contract.
    pub(crate) fn view(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), length: text.len() }
    }

    /// A view, or "not given".
    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::ABSENT, Self::view)
    }

    /// The text, or `None` when it is not given.
    pub(crate) fn read(&self, argument: &str) -> Result<Option<String>, Refused> {
        let bytes = matchport_bytes { data: self.data.cast(), length: self.length };
        let Some(bytes) = bytes.read(argument, MATCHPORT_MAX_STRING_BYTES)? else { return Ok(None) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(Refused::argument(Status::InvalidUtf8, argument)),
        }
    }

    /// The text, which must be given.
    pub(crate) fn require(&self, argument: &str) -> Result<String, Refused> {
        self.read(argument)?.ok_or_else(|| Refused::argument(Status::NullArgument, argument))
    }
}

impl matchport_bytes {
    pub(crate) const ABSENT: Self = Self { data: std::ptr::null(), length: 0 };

    pub(crate) fn view(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }

    /// The bytes, or `None` when they are not given.
    pub(crate) fn read(&self, argument: &str, longest: usize) -> Result<Option<&[u8]>, Refused> {
        array(self.data, self.length, longest, argument)
    }
}

/// The entries of an array of the caller's, or `None` when it is not given.
pub(crate) fn array<'a, T>(
    first: *const T,
    length: usize,
    longest: usize,
    argument: &str,
) -> Result<Option<&'a [T]>, Refused> {
    if length > longest {
        return Err(Refused::argument(Status::ArgumentTooLarge, argument));
    }
    if first.is_null() {
        return if length == 0 { Ok(None) } else { Err(Refused::argument(Status::NullArgument, argument)) };
    }
    if !first.is_aligned() {
        return Err(Refused::new(Status::InvalidArgument, format!("{argument}: the pointer is not aligned")));
    }
    // SAFETY: not null, aligned, of bounded length; the caller promises that so many entries stand there and stay as
    // they are until the call returns. Every bit pattern is a valid `T` of those that are read here.
    Ok(Some(unsafe { std::slice::from_raw_parts(first, length) }))
}

/// An array of texts, each of which must be given.
pub(crate) fn strings(
    first: *const matchport_string,
    length: usize,
    argument: &str,
) -> Result<Option<Vec<String>>, Refused> {
    let Some(entries) = array(first, length, MATCHPORT_MAX_ARRAY_LENGTH, argument)? else { return Ok(None) };
    let read = entries.iter().enumerate().map(|(index, entry)| entry.require(&format!("{argument}[{index}]")));
    read.collect::<Result<_, _>>().map(Some)
}

/// An array of names with values. A name that stands there twice is refused: nobody could tell which one is meant.
pub(crate) fn pairs(
    first: *const matchport_pair,
    length: usize,
    argument: &str,
) -> Result<BTreeMap<String, String>, Refused> {
    let entries = array(first, length, MATCHPORT_MAX_ARRAY_LENGTH, argument)?.unwrap_or_default();
    let mut map = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let name = entry.name.require(&format!("{argument}[{index}].name"))?;
        let value = entry.value.require(&format!("{argument}[{index}].value"))?;
        if map.insert(name, value).is_some() {
            let message = format!("{argument}[{index}].name: the same name stands there twice");
            return Err(Refused::new(Status::InvalidArgument, message));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_given_empty_or_not_given() {
        assert_eq!(matchport_string::ABSENT.read("x"), Ok(None));
        assert_eq!(matchport_string::view("").read("x"), Ok(Some(String::new())));
        assert_eq!(matchport_string::view("ü").read("x"), Ok(Some("ü".to_owned())));
    }

    #[test]
    fn texts_that_are_refused_name_their_argument_and_not_their_content() {
        let null = matchport_string { data: std::ptr::null(), length: 1 };
        assert_eq!(null.read("image").expect_err("null").status, Status::NullArgument);
        let absurd = matchport_string { data: c"x".as_ptr(), length: usize::MAX };
        assert_eq!(absurd.read("image").expect_err("too long").status, Status::ArgumentTooLarge);
        let broken = matchport_string { data: c"s3cret\xff".as_ptr(), length: 7 };
        let refused = broken.read("env[0].value").expect_err("no UTF-8");
        assert_eq!(refused.status, Status::InvalidUtf8);
        assert!(refused.message.contains("env[0].value") && !refused.message.contains("s3cret"));
    }

    #[test]
    fn an_array_that_is_not_aligned_is_refused() {
        let words = [0_u64; 4];
        let odd = words.as_ptr().cast::<u8>().wrapping_add(1).cast::<matchport_pair>();
        let refused = pairs(odd, 1, "labels").expect_err("not aligned");
        assert_eq!(refused.status, Status::InvalidArgument);
    }

    #[test]
    fn a_name_that_stands_there_twice_is_refused() {
        let pair = matchport_pair { name: matchport_string::view("A"), value: matchport_string::view("1") };
        let twice = [pair, pair];
        assert_eq!(pairs(twice.as_ptr(), 1, "env").expect("one").len(), 1);
        assert_eq!(pairs(twice.as_ptr(), 2, "env").expect_err("twice").status, Status::InvalidArgument);
    }
}
