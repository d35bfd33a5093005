//! Reading: the caller asks for the values in the order in which they stand.

use std::borrow::Cow;

use crate::error::{Error, Problem};
use crate::number::Number;
use crate::scan;
use crate::text::RawText;

/// The most lists and objects that can be open at once. What is passed over may be nested deeper.
pub const MAX_DEPTH: u8 = 128;

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

/// Reads one JSON text from its front.
///
/// ```
/// # fn main() -> Result<(), matchport_json::Error> {
/// let mut reader = matchport_json::Reader::new(br#"{"id": "s-1", "news": [1, 2], "count": 3}"#);
/// let (mut id, mut count) = (String::new(), 0);
/// reader.begin_object()?;
/// while let Some(key) = reader.key()? {
///     match &*key {
///         "id" => id = reader.text()?.into_owned(),
///         "count" => count = reader.whole()?,
///         _ => reader.skip()?,
///     }
/// }
/// reader.end()?;
/// assert_eq!((id.as_str(), count), ("s-1", 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// How many lists and objects are open.
    depth: u8,
    /// A list or object was just opened: no comma comes before its first entry.
    first: bool,
}

impl<'a> Reader<'a> {
    /// At the front of a text.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, first: false }
    }

    /// The kind of the next value.
    ///
    /// # Errors
    /// None comes.
    pub fn kind(&mut self) -> Result<Kind, Error> {
        Ok(match self.peek()? {
            b'"' => Kind::Text,
            b'{' => Kind::Object,
            b'[' => Kind::List,
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Bool,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => return Err(self.error(Problem::Syntax)),
        })
    }

    /// Takes a `null`, if that is what comes.
    ///
    /// # Errors
    /// Something begins like it.
    pub fn null(&mut self) -> Result<bool, Error> {
        let is_null = self.peek()? == b'n';
        if is_null {
            self.word(b"null")?;
        }
        Ok(is_null)
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// Neither comes.
    pub fn bool(&mut self) -> Result<bool, Error> {
        match self.peek()? {
            b't' => self.word(b"true").map(|()| true),
            b'f' => self.word(b"false").map(|()| false),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// Reads a number.
    ///
    /// # Errors
    /// None comes.
    pub fn number(&mut self) -> Result<Number<'a>, Error> {
        if !matches!(self.peek()?, b'-' | b'0'..=b'9') {
            return Err(self.unexpected("a number"));
        }
        let from = self.at;
        self.at = scan::number(self.text, from).map_err(|at| self.broken(at))?;
        Ok(Number::new(&self.text[from..self.at]))
    }

    /// Reads a number that is whole, not negative and fits.
    ///
    /// # Errors
    /// None such comes.
    pub fn whole<T: TryFrom<u64>>(&mut self) -> Result<T, Error> {
        let (before, number) = (self.at, self.number()?);
        let whole = number.whole().and_then(|number| T::try_from(number).ok());
        whole.ok_or(Error { at: self.value_at(before), problem: Problem::MustBe("a whole number in range") })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// None comes, or one that is no Unicode.
    pub fn text(&mut self) -> Result<Cow<'a, str>, Error> {
        let raw = self.raw_text()?;
        raw.unescaped().map_err(|_| Error { at: self.at - 1, problem: Problem::Syntax })
    }

    /// Reads a text without asking whether it is Unicode: for what is only compared.
    ///
    /// # Errors
    /// None comes.
    pub fn raw_text(&mut self) -> Result<RawText<'a>, Error> {
        if self.peek()? != b'"' {
            return Err(self.unexpected("a text"));
        }
        let from = self.at + 1;
        let end = scan::text(self.text, from).map_err(|at| self.broken(at))?;
        self.at = end.at + 1;
        Ok(RawText::new(&self.text[from..end.at], end.has_escapes))
    }

    /// Passes over the next value, whatever it is.
    ///
    /// # Errors
    /// None comes.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.peek()?;
        self.at = scan::value(self.text, self.at).map_err(|at| self.broken(at))?;
        Ok(())
    }

    /// Passes over the next value, and hands out the bytes that it is made of.
    ///
    /// # Errors
    /// None comes.
    pub fn raw(&mut self) -> Result<&'a [u8], Error> {
        self.peek()?;
        let from = self.at;
        self.skip()?;
        Ok(&self.text[from..self.at])
    }

    /// Opens an object; then [`Reader::key`], and a value after each key.
    ///
    /// # Errors
    /// None comes, or [`MAX_DEPTH`] are open.
    pub fn begin_object(&mut self) -> Result<(), Error> {
        self.open(b'{', "an object")
    }

    /// The next key of an object; `None` at its end.
    ///
    /// # Errors
    /// Neither comes.
    pub fn key(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        let Some(key) = self.raw_key()? else { return Ok(None) };
        key.unescaped().map(Some).map_err(|_| Error { at: self.at - 1, problem: Problem::Syntax })
    }

    /// The next key, as [`Reader::raw_text`] reads it.
    ///
    /// # Errors
    /// As [`Reader::key`].
    pub fn raw_key(&mut self) -> Result<Option<RawText<'a>>, Error> {
        if !self.next_entry(b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(self.error(Problem::Syntax));
        }
        let key = self.raw_text()?;
        if self.peek()? != b':' {
            return Err(self.error(Problem::Syntax));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Opens a list; then [`Reader::item`], and a value each time that it says so.
    ///
    /// # Errors
    /// None comes, or [`MAX_DEPTH`] are open.
    pub fn begin_list(&mut self) -> Result<(), Error> {
        self.open(b'[', "a list")
    }

    /// Whether another value of a list comes; `false` at its end.
    ///
    /// # Errors
    /// Neither comes.
    pub fn item(&mut self) -> Result<bool, Error> {
        self.next_entry(b']')
    }

    /// Nothing may come any more.
    ///
    /// # Errors
    /// Something does.
    pub fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            Err(_) => Ok(()),
            Ok(_) => Err(self.error(Problem::Syntax)),
        }
    }

    /// Reads a text, unless it is `null`.
    ///
    /// # Errors
    /// Neither comes.
    pub fn text_or_null(&mut self) -> Result<Option<String>, Error> {
        Ok(if self.null()? { None } else { Some(self.text()?.into_owned()) })
    }

    /// Reads a list of texts.
    ///
    /// # Errors
    /// None comes.
    pub fn texts(&mut self) -> Result<Vec<String>, Error> {
        let mut texts = Vec::new();
        self.begin_list()?;
        while self.item()? {
            texts.push(self.text()?.into_owned());
        }
        Ok(texts)
    }

    /// How many bytes have been read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// That the value which begins after `position`, where the reader once stood, should be something else.
    pub fn must_be(&self, position: usize, what: &'static str) -> Error {
        Error { at: self.value_at(position), problem: Problem::MustBe(what) }
    }

    /// That the object which has just been read lacks a field.
    pub fn missing(&self, name: &'static str) -> Error {
        Error { at: self.at.saturating_sub(1), problem: Problem::Missing(name) }
    }

    /// That nobody knows the key which has just been read.
    pub fn unknown(&self) -> Error {
        self.error(Problem::Unknown)
    }

    fn open(&mut self, bracket: u8, what: &'static str) -> Result<(), Error> {
        if self.peek()? != bracket {
            return Err(self.unexpected(what));
        }
        if self.depth == MAX_DEPTH {
            return Err(self.error(Problem::Syntax));
        }
        self.at += 1;
        self.depth += 1;
        self.first = true;
        Ok(())
    }

    fn next_entry(&mut self, end: u8) -> Result<bool, Error> {
        let next = self.peek()?;
        let first = std::mem::replace(&mut self.first, false);
        if next == end {
            self.at += 1;
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !first {
            if next != b',' {
                return Err(self.error(Problem::Syntax));
            }
            self.at += 1;
            if self.peek()? == end {
                return Err(self.error(Problem::Syntax));
            }
        }
        Ok(true)
    }

    /// The first byte that is no blank. Most texts have none.
    #[inline]
    fn peek(&mut self) -> Result<u8, Error> {
        match self.text.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => self.peek_after_blanks(),
        }
    }

    fn peek_after_blanks(&mut self) -> Result<u8, Error> {
        self.at = scan::blanks(self.text, self.at);
        self.text.get(self.at).copied().ok_or(Error { at: self.at, problem: Problem::EndsEarly })
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Error> {
        self.at = scan::word(self.text, self.at, word).map_err(|at| self.broken(at))?;
        Ok(())
    }

    /// Another kind of value than wanted, or none at all.
    fn unexpected(&mut self, wanted: &'static str) -> Error {
        match self.kind() {
            Ok(_) => self.error(Problem::MustBe(wanted)),
            Err(error) => error,
        }
    }

    /// Where a value begins, after the blanks and the colon or comma that stand before it.
    fn value_at(&self, position: usize) -> usize {
        scan::blanks(self.text, position)
    }

    /// The text stopped being JSON at `at`.
    fn broken(&self, at: usize) -> Error {
        let problem = if at >= self.text.len() { Problem::EndsEarly } else { Problem::Syntax };
        Error { at, problem }
    }

    fn error(&self, problem: Problem) -> Error {
        Error { at: self.at, problem }
    }
}
