//! What stands between quotation marks: escapes and Unicode.

use std::borrow::Cow;

/// A text as it stands between its quotation marks. Its escapes are known to stand for something; whether it is
/// Unicode is only looked at when it is asked for as a `str`.
#[derive(Clone, Copy, Debug)]
pub struct RawText<'a> {
    inner: &'a [u8],
    has_escapes: bool,
}

impl<'a> RawText<'a> {
    pub(crate) fn new(inner: &'a [u8], has_escapes: bool) -> Self {
        Self { inner, has_escapes }
    }

    /// The text, unless it is no Unicode: then the error is the place within it.
    pub(crate) fn unescaped(self) -> Result<Cow<'a, str>, usize> {
        unescaped(self.inner, self.has_escapes)
    }

    /// The text, `None` when it is no Unicode.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.unescaped().ok()
    }

    /// Its bytes, escapes resolved.
    #[inline]
    pub fn bytes(self) -> Cow<'a, [u8]> {
        if self.has_escapes { self.resolved() } else { Cow::Borrowed(self.inner) }
    }

    #[cold]
    fn resolved(self) -> Cow<'a, [u8]> {
        match self.unescaped() {
            Ok(text) => Cow::Owned(text.into_owned().into_bytes()),
            Err(_) => Cow::Borrowed(self.inner),
        }
    }
}

impl PartialEq<&str> for RawText<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self.bytes() == *other.as_bytes()
    }
}

/// The text itself. An error is the place within `inner`.
pub(crate) fn unescaped(inner: &[u8], has_escapes: bool) -> Result<Cow<'_, str>, usize> {
    let plain = std::str::from_utf8(inner).map_err(|error| error.valid_up_to())?;
    if !has_escapes {
        return Ok(Cow::Borrowed(plain));
    }
    let mut text = String::with_capacity(plain.len());
    let mut rest = plain;
    while let Some(length) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(&rest[..length]);
        let at = plain.len() - rest.len() + length;
        let (character, next) = escape(inner, at)?;
        text.push(character);
        rest = &plain[next..];
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

/// The character of the escape whose backslash is at `at`, and where it ends.
pub(crate) fn escape(inner: &[u8], at: usize) -> Result<(char, usize), usize> {
    if inner.get(at) != Some(&b'\\') {
        return Err(at);
    }
    let character = match inner.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(inner, at),
        _ => return Err(at),
    };
    Ok((character, at + 2))
}

/// `\u` and four digits; two of them for what lies beyond the first plane.
fn unicode(inner: &[u8], at: usize) -> Result<(char, usize), usize> {
    let unit = |at: usize| {
        let digits = inner.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"));
        digits.and_then(|escape| escape[2..].iter().try_fold(0, |unit, byte| Some(unit << 4 | hexadecimal(*byte)?)))
    };
    let first = unit(at).ok_or(at)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).map(|character| (character, at + 6)).ok_or(at);
    }
    let second = unit(at + 6).filter(|unit| (0xdc00..0xe000).contains(unit)).ok_or(at)?;
    let character = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    character.map(|character| (character, at + 12)).ok_or(at)
}

fn hexadecimal(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => return None,
    };
    Some(u32::from(digit))
}
