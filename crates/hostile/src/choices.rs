//! Bytes read as choices. When they run out, every choice is the first.

/// What is left of an input.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Below `count`, which is not 0. Digits stand for themselves.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let byte = self.byte();
        let number = if byte.is_ascii_digit() { byte - b'0' } else { byte };
        usize::from(number) % count
    }

    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Which of the letters; any byte that is none of them stands for one.
    pub(crate) fn letter(&mut self, letters: &'static [u8]) -> u8 {
        let byte = self.byte();
        if letters.contains(&byte) { byte } else { letters[usize::from(byte) % letters.len()] }
    }

    /// A length, and as many bytes, as far as there are any.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// A usual word, or any text.
    pub(crate) fn text(&mut self, usual: &[&str]) -> String {
        match self.below(usual.len() + 1) {
            at if at < usual.len() => usual[at].to_owned(),
            _ => String::from_utf8_lossy(self.bytes()).into_owned(),
        }
    }

    /// Small numbers as a rule, and those at the edges.
    pub(crate) fn number(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => u64::from(self.byte()),
            3 => u64::from(self.byte()) * 1_000,
            4 => u64::from(self.byte()) * 1_000_000,
            5 => u64::from(u32::MAX) + u64::from(self.byte()),
            6 => u64::MAX - u64::from(self.byte()),
            _ => u64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }
}
