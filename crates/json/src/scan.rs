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

/// Where the first byte is that stands in a text only when it is escaped. Eight bytes are looked at together.
#[inline]
pub(crate) fn first_special(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = special(u64::from_le_bytes(*eight));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')).map(|within| at + within)
}

/// The end of a text whose first byte after the quotation mark is at `at`. Eight bytes are looked at together.
#[inline]
pub(crate) fn text(text: &[u8], mut at: usize) -> Result<TextEnd, usize> {
    let mut has_escapes = false;
    'eight: while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let mut found = special(u64::from_le_bytes(*eight));
        while found != 0 {
            let within = (found.trailing_zeros() / 8) as usize;
            match (eight[within], eight.get(within + 1)) {
                (b'"', _) => return Ok(TextEnd { at: at + within, has_escapes }),
                (b'\\', Some(next)) if is_short_escape(*next) => {
                    has_escapes = true;
                    // Both of its bytes are done.
                    found &= u64::MAX.checked_shl(8 * (within as u32 + 2)).unwrap_or(0);
                }
                _ => {
                    at = escape(text, at + within)?;
                    has_escapes = true;
                    continue 'eight;
                }
            }
        }
        at += 8;
    }
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(TextEnd { at, has_escapes }),
            Some(b'\\') => {
                at = escape(text, at)?;
                has_escapes = true;
            }
            Some(0..0x20) => return Err(at),
            Some(_) => at += 1,
            None => return Err(text.len()),
        }
    }
}

/// The high bit of each of eight bytes that can't just be passed over: a quotation mark, a backslash, a control
/// character.
#[inline]
fn special(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    const LOW: u64 = 0x7f * ONES;
    // Adding to the lower seven bits carries into the eighth, and never further.
    let at_least = |word: u64, least: u64| ((word & LOW) + (0x80 - least) * ONES) | word;
    let passes = at_least(eight, 0x20) & at_least(eight ^ (0x22 * ONES), 1) & at_least(eight ^ (0x5c * ONES), 1);
    !passes & HIGH
}

fn is_short_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
}

/// The end of the escape at `at`. A control character there is none.
fn escape(text: &[u8], at: usize) -> Result<usize, usize> {
    match text.get(at + 1) {
        Some(next) if text[at] == b'\\' && is_short_escape(*next) => Ok(at + 2),
        _ => match crate::text::escape(text, at) {
            Ok((_, end)) => Ok(end),
            // Twelve bytes are the longest: a surrogate pair.
            Err(_) if text[at] == b'\\' && text.len() - at < 12 && !text[at..].contains(&b'"') => Err(text.len()),
            Err(at) => Err(at),
        },
    }
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

/// A text with its quotation marks.
#[inline]
fn quoted(whole: &[u8], at: usize) -> Result<usize, usize> {
    Ok(text(whole, at + 1)?.at + 1)
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
    // What a reader has open has a limit; what is deeper was passed over, and is closed again before the target.
    let mut deeper = 0_usize;
    let mut at = 0;
    let mut key_next = false;
    while at < target.min(whole.len()) {
        match whole[at] {
            b'{' | b'[' if open.len() >= usize::from(crate::MAX_DEPTH) => deeper += 1,
            b'{' => open.push(Open::Object { key: 0..0 }),
            b'[' => open.push(Open::List(0)),
            b'}' | b']' if deeper > 0 => deeper -= 1,
            b'}' | b']' => {
                open.pop();
            }
            b',' if deeper == 0 => {
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
                if let (true, Some(Open::Object { key })) = (key_next && deeper == 0, open.last_mut()) {
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
