//! Where values end. The loops that every byte goes through. Each takes the text and where to begin, and gives where
//! the value ends, or where the text stops being JSON (its length, when it ends too early).

/// The end of a text, and whether there is something to unescape.
pub(crate) struct TextEnd {
    /// Where its closing quotation mark is.
    pub at: usize,
    /// It holds a backslash.
    pub has_escapes: bool,
}

/// The first byte from `at` that is no blank.
#[inline]
pub(crate) fn blanks(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// `true`, `false` or `null`.
pub(crate) fn word(text: &[u8], at: usize, word: &[u8]) -> Result<usize, usize> {
    let rest = text.get(at..).unwrap_or_default();
    match rest.iter().zip(word).position(|(found, wanted)| found != wanted) {
        Some(wrong) => Err(at + wrong),
        None if rest.len() < word.len() => Err(text.len()),
        None => Ok(at + word.len()),
    }
}

/// A number: `-`, digits without a needless zero, a fraction, an exponent.
pub(crate) fn number(text: &[u8], mut at: usize) -> Result<usize, usize> {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    if byte(at) == b'-' {
        at += 1;
    }
    at = if byte(at) == b'0' { at + 1 } else { digits(text, at)? };
    if byte(at) == b'.' {
        at = digits(text, at + 1)?;
    }
    if matches!(byte(at), b'e' | b'E') {
        let sign = usize::from(matches!(byte(at + 1), b'+' | b'-'));
        at = digits(text, at + 1 + sign)?;
    }
    Ok(at)
}

/// At least one digit.
fn digits(text: &[u8], from: usize) -> Result<usize, usize> {
    let mut at = from;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at == from { Err(at) } else { Ok(at) }
}

/// The end of a text whose first byte after the quotation mark is at `at`. Escapes are not looked into.
#[inline]
pub(crate) fn text(text: &[u8], mut at: usize) -> Result<TextEnd, usize> {
    let mut has_escapes = false;
    loop {
        at = plain(text, at);
        match text.get(at) {
            Some(b'"') => return Ok(TextEnd { at, has_escapes }),
            Some(b'\\') => {
                has_escapes = true;
                if at + 1 >= text.len() {
                    return Err(text.len());
                }
                at += 2;
            }
            // A control character.
            Some(_) => return Err(at),
            None => return Err(text.len()),
        }
    }
}

/// The first byte from `at` that ends a run of plain characters: a quotation mark, a backslash or a control
/// character. Eight bytes are looked at together.
#[inline]
fn plain(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let eight = u64::from_le_bytes(*eight);
        let zero_in = |word: u64| word.wrapping_sub(ONES) & !word;
        // A byte below 32 borrows from its high bit, unless that is set.
        let control = eight.wrapping_sub(ONES * 0x20) & !eight;
        let found = (zero_in(eight ^ (ONES * 0x22)) | zero_in(eight ^ (ONES * 0x5c)) | control) & HIGH;
        // Only the lowest bit that is set is certain: a borrow may go on upwards from it, never downwards.
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while text.get(at).is_some_and(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\') {
        at += 1;
    }
    at
}

/// A whole value. However deep it is nested, no stack is spent.
pub(crate) fn value(whole: &[u8], mut at: usize) -> Result<usize, usize> {
    let mut open = Brackets::default();
    loop {
        at = match whole.get(at) {
            Some(bracket @ (b'{' | b'[')) => {
                let is_object = *bracket == b'{';
                at = blanks(whole, at + 1);
                if whole.get(at) != Some(&closing(is_object)) {
                    open.push(is_object);
                    at = if is_object { key(whole, at)? } else { at };
                    continue;
                }
                at + 1
            }
            Some(b'"') => quoted(whole, at)?,
            Some(b'-' | b'0'..=b'9') => number(whole, at)?,
            Some(b't') => word(whole, at, b"true")?,
            Some(b'f') => word(whole, at, b"false")?,
            Some(b'n') => word(whole, at, b"null")?,
            _ => return Err(at),
        };
        // A value has ended, and with it perhaps what it stands in.
        while let Some(is_object) = open.innermost() {
            at = blanks(whole, at);
            match whole.get(at) {
                Some(b',') => {
                    at = blanks(whole, at + 1);
                    at = if is_object { key(whole, at)? } else { at };
                    break;
                }
                Some(byte) if *byte == closing(is_object) => {
                    open.pop();
                    at += 1;
                }
                _ => return Err(at),
            }
        }
        if open.depth == 0 {
            return Ok(at);
        }
    }
}

fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// A key with its colon, up to the value.
fn key(whole: &[u8], at: usize) -> Result<usize, usize> {
    if whole.get(at) != Some(&b'"') {
        return Err(at);
    }
    let colon = blanks(whole, quoted(whole, at)?);
    if whole.get(colon) == Some(&b':') { Ok(blanks(whole, colon + 1)) } else { Err(colon) }
}

/// Which brackets are open, a bit each: set for an object. Sixty-four of them need no memory.
#[derive(Default)]
struct Brackets {
    depth: usize,
    innermost: u64,
    outer: Vec<u64>,
}

impl Brackets {
    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.innermost & 1 == 1)
    }

    fn push(&mut self, is_object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.innermost);
        }
        self.innermost = self.innermost << 1 | u64::from(is_object);
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth -= 1;
        self.innermost >>= 1;
        if self.depth.is_multiple_of(64) {
            self.innermost = self.outer.pop().unwrap_or(0);
        }
    }
}

/// A text with its quotation marks, its escapes looked into.
#[inline]
fn quoted(whole: &[u8], at: usize) -> Result<usize, usize> {
    let end = text(whole, at + 1)?;
    if end.has_escapes {
        crate::text::check_escapes(&whole[at + 1..end.at]).map_err(|within| at + 1 + within)?;
    }
    Ok(end.at + 1)
}

/// The keys and positions that lead to the byte at `target`: `players[2].id`. All before it must be JSON. With `key`, to
/// that key of the innermost object, whatever stands at `target`.
pub(crate) fn path(whole: &[u8], target: usize, key: Option<&str>) -> String {
    /// A list that is open, with the position in it, or an object with the place of its key.
    enum Open {
        List(usize),
        Object { key: std::ops::Range<usize> },
    }
    let mut open = Vec::new();
    let mut at = 0;
    let mut key_next = false;
    while at < target.min(whole.len()) {
        match whole[at] {
            b'{' => open.push(Open::Object { key: 0..0 }),
            b'[' => open.push(Open::List(0)),
            b'}' | b']' => {
                open.pop();
            }
            b',' => {
                if let Some(Open::List(position)) = open.last_mut() {
                    *position += 1;
                }
            }
            _ => {}
        }
        match whole[at] {
            b'"' => {
                let Ok(end) = text(whole, at + 1) else { break };
                if end.at >= target {
                    break;
                }
                if let (true, Some(Open::Object { key })) = (key_next, open.last_mut()) {
                    *key = at + 1..end.at;
                }
                key_next = false;
                at = end.at + 1;
            }
            byte => {
                key_next = matches!(byte, b'{' | b',') || key_next && byte.is_ascii_whitespace();
                at += 1;
            }
        }
    }
    let mut path = String::new();
    let push_key = |path: &mut String, key: &str| {
        if !path.is_empty() && !key.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    };
    if key.is_some() {
        open.pop();
    }
    for open in open {
        match open {
            Open::List(position) => path.push_str(&format!("[{position}]")),
            Open::Object { key } => {
                push_key(&mut path, &crate::text::unescaped(&whole[key], true).unwrap_or_default());
            }
        }
    }
    if let Some(key) = key {
        push_key(&mut path, key);
    }
    path
}
