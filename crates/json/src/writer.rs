//! Writing: the caller puts the values down in the order in which they are to stand.

use crate::number::power_of_ten;
use crate::scan;

/// Writes one JSON text, without blanks.
///
/// ```
/// let mut writer = matchport_json::Writer::new();
/// writer.begin_object();
/// writer.key("id");
/// writer.text("s-1");
/// writer.key("counts");
/// writer.begin_list();
/// writer.whole(3);
/// writer.end_list();
/// writer.end_object();
/// assert_eq!(writer.into_text(), r#"{"id":"s-1","counts":[3]}"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    text: String,
    /// A value stands before the next one, so that a comma comes between.
    follows: bool,
}

impl Writer {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), follows: false }
    }

    /// What has been written.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Opens an object; then [`Writer::key`] before each value.
    pub fn begin_object(&mut self) {
        self.open('{');
    }

    /// Closes an object.
    pub fn end_object(&mut self) {
        self.close('}');
    }

    /// Opens a list.
    pub fn begin_list(&mut self) {
        self.open('[');
    }

    /// Closes a list.
    pub fn end_list(&mut self) {
        self.close(']');
    }

    /// The key of the next value.
    pub fn key(&mut self, key: &str) {
        self.text(key);
        self.text.push(':');
        self.follows = false;
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        self.separate();
        self.text.push('"');
        let mut rest = text;
        while let Some(at) = scan::first_special(rest.as_bytes()) {
            self.text.push_str(&rest[..at]);
            self.escape(rest.as_bytes()[at]);
            rest = &rest[at + 1..];
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    /// Writes a whole number.
    pub fn whole(&mut self, number: u64) {
        self.separate();
        push_whole(&mut self.text, number, 1);
    }

    /// Writes a number without fraction.
    pub fn integer(&mut self, number: i64) {
        self.separate();
        if number < 0 {
            self.text.push('-');
        }
        push_whole(&mut self.text, number.unsigned_abs(), 1);
    }

    /// Writes a number of milliseconds or a weight so that it reads as the same one; `null` for what is no number or
    /// not finite.
    pub fn float(&mut self, number: f32) {
        self.separate();
        if number.is_finite() { push_decimal(&mut self.text, number) } else { self.text.push_str("null") }
    }

    /// Writes `true` or `false`.
    pub fn bool(&mut self, bool: bool) {
        self.separate();
        self.text.push_str(if bool { "true" } else { "false" });
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.separate();
        self.text.push_str("null");
    }

    /// Writes a list of texts.
    pub fn texts(&mut self, texts: &[String]) {
        self.begin_list();
        for text in texts {
            self.text(text);
        }
        self.end_list();
    }

    /// Makes a key of the text that was just written; `false` when it was none.
    #[cfg(feature = "serde")]
    pub(crate) fn make_key(&mut self) -> bool {
        let is_text = self.text.ends_with('"');
        self.text.push(':');
        self.follows = false;
        is_text
    }

    fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
        self.follows = false;
    }

    fn close(&mut self, bracket: char) {
        self.text.push(bracket);
        self.follows = true;
    }

    fn separate(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        self.follows = true;
    }

    fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            b'"' | b'\\' => byte as char,
            0x8 => 'b',
            0xc => 'f',
            b'\n' => 'n',
            b'\r' => 'r',
            b'\t' => 't',
            _ => {
                self.text.push_str("\\u00");
                self.text.push(HEX[usize::from(byte >> 4)] as char);
                self.text.push(HEX[usize::from(byte & 15)] as char);
                return;
            }
        };
        self.text.push('\\');
        self.text.push(short);
    }
}

/// A finite number as a decimal with as few places as tell it from its neighbours: `23.5`, `80`, `0.1`.
pub fn decimal(number: f32) -> String {
    let mut text = String::new();
    push_decimal(&mut text, number);
    text
}

/// At least `width` digits.
fn push_whole(text: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    while number > 0 || digits.len() - from < width {
        from -= 1;
        digits[from] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    text.extend(digits[from..].iter().map(|digit| *digit as char));
}

fn push_decimal(text: &mut String, number: f32) {
    /// Nine significant digits tell every number of single precision from its neighbours.
    const DIGITS: i32 = 9;
    if number < 0.0 {
        text.push('-');
    }
    let size = f64::from(number.abs());
    let mut scale = 1_u64;
    for places in 0..=DIGITS as usize {
        let scaled = size * scale as f64;
        // From here on the digits are not exact any more.
        if scaled >= 9e15 {
            break;
        }
        let digits = (scaled + 0.5) as u64;
        if (digits as f64 / scale as f64) as f32 == number.abs() {
            push_whole(text, digits / scale, 1);
            if places > 0 {
                text.push('.');
                push_whole(text, digits % scale, places);
            }
            return;
        }
        scale *= 10;
    }
    let mut exponent = 0_i32;
    let mut digits = size;
    while digits >= 1e9 {
        exponent += 1;
        digits = size / power_of_ten(exponent);
    }
    while digits < 1e8 && exponent > -60 {
        exponent -= 1;
        digits = size * power_of_ten(-exponent);
    }
    push_whole(text, (digits + 0.5) as u64, 1);
    text.push_str(if exponent < 0 { "e-" } else { "e" });
    push_whole(text, u64::from(exponent.unsigned_abs()), 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_short() {
        let cases = [(0.0, "0"), (23.0, "23"), (23.5, "23.5"), (0.1, "0.1"), (-1.25, "-1.25"), (60_000.0, "60000")];
        for (number, text) in cases {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(decimal(16_777_216.0), "16777216");
        assert_eq!(decimal(0.7), "0.7");
    }

    #[test]
    fn what_is_no_number_is_null() {
        let mut writer = Writer::new();
        writer.begin_list();
        for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            writer.float(number);
        }
        writer.end_list();
        assert_eq!(writer.into_text(), "[null,null,null]");
    }

    proptest! {
        #[test]
        fn what_has_to_be_escaped_is_found_wherever_it_stands(bytes in proptest::collection::vec(any::<u8>(), 0..40), plain in 0..24_usize) {
            let bytes = [vec![b'a'; plain], bytes].concat();
            let one_by_one = bytes.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\');
            prop_assert_eq!(scan::first_special(&bytes), one_by_one);
        }

        #[test]
        fn every_float_reads_as_itself(bits in any::<u32>()) {
            let number = f32::from_bits(bits);
            prop_assume!(number.is_finite());
            let text = decimal(number);
            prop_assert_eq!(text.parse::<f32>().expect("a number"), number, "{}", &text);
            let read = Reader::new(text.as_bytes()).number().expect("a number").float();
            prop_assert_eq!(read as f32, number, "{}", &text);
        }

        #[test]
        fn texts_are_written_as_serde_json_does(text in any::<String>(), number in any::<u64>(), bool in any::<bool>()) {
            let mut writer = Writer::new();
            writer.begin_object();
            writer.key(&text);
            writer.begin_list();
            writer.text(&text);
            writer.whole(number);
            writer.bool(bool);
            writer.null();
            writer.begin_object();
            writer.end_object();
            writer.texts(&[text.clone(), String::new()]);
            writer.end_list();
            writer.end_object();
            let value = serde_json::json!({ &text: [text, number, bool, null, {}, [text, ""]] });
            prop_assert_eq!(writer.into_text(), value.to_string());
        }
    }
}
