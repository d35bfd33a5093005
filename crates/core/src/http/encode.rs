//! Percent-encoding of path segments and query values (RFC 3986): everything but unreserved characters.

/// Appends `text` so that it stays one path segment or one query value.
pub(super) fn push(target: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_unreserved(byte)) {
        target.push_str(&rest[..at]);
        // What has to be encoded may be a part of a character, and that is encoded byte by byte.
        let after = rest[at..].chars().next().map_or(rest.len(), |character| at + character.len_utf8());
        for byte in rest[at..after].bytes() {
            target.push('%');
            target.push(HEX[usize::from(byte >> 4)] as char);
            target.push(HEX[usize::from(byte & 15)] as char);
        }
        rest = &rest[after..];
    }
    target.push_str(rest);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A path of fixed text and encoded segments: `path("/tag", ["a", "b"])` is `/tag/a/b`.
pub(super) fn path<'a>(fixed: &str, segments: impl IntoIterator<Item = &'a str>) -> String {
    /// Room for an id.
    const USUAL_SEGMENTS: usize = 48;
    let mut path = String::with_capacity(fixed.len() + USUAL_SEGMENTS);
    path.push_str(fixed);
    for segment in segments {
        path.push('/');
        push(&mut path, segment);
    }
    path
}

/// Appends query pairs to a path. Keys are fixed text of the API; values are encoded.
pub(super) struct Query<'a> {
    path: &'a mut String,
    separator: char,
}

impl<'a> Query<'a> {
    pub(super) fn on(path: &'a mut String) -> Self {
        Self { path, separator: '?' }
    }

    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.path.push(self.separator);
        self.separator = '&';
        self.path.push_str(key);
        self.path.push('=');
        push(self.path, value);
    }

    /// `name[key]=value`, with the key encoded inside its brackets.
    pub(super) fn keyed_pair(&mut self, name: &str, key: &str, value: &str) {
        let mut full = format!("{name}[");
        push(&mut full, key);
        full.push(']');
        self.pair(&full, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(path("/x", ["a-._~Z9", "org/app?#%&+ ü"]), "/x/a-._~Z9/org%2Fapp%3F%23%25%26%2B%20%C3%BC");
    }

    #[test]
    fn keys_keep_their_brackets() {
        let mut text = "/session".to_owned();
        let mut query = Query::on(&mut text);
        query.pair("playerCount[lt]", "8");
        query.keyed_pair("filter", "a]b", "c&d");
        assert_eq!(text, "/session?playerCount[lt]=8&filter[a%5Db]=c%26d");
    }
}
