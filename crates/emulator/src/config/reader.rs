//! Reads typed values out of a TOML tree and notes every mistake with its place. Which keys there are is not known here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;

/// The longest duration that a setting may have, so that no sum of times overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Collects mistakes, and where each key stands.
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) errors: Vec<ConfigError>,
    spans: HashMap<String, Range<usize>>,
    failed: HashSet<String>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, errors: Vec::new(), spans: HashMap::new(), failed: HashSet::new() }
    }

    /// Whether the key, a list that it is in, or a key of this table could not be read. Nothing further is worth saying
    /// about it then.
    pub(super) fn is_failed(&self, key: &str) -> bool {
        let is_within = |failed: &String| failed.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        ancestors(key).any(|key| self.failed.contains(key)) || self.failed.iter().any(is_within)
    }

    /// Notes a mistake at a place of the text.
    pub(super) fn note(&mut self, span: Range<usize>, key: &str, problem: impl Into<String>, help: impl Into<String>) {
        let position = Some(self.position(span.start));
        self.failed.insert(key.to_owned());
        self.errors.push(ConfigError { position, key: key.to_owned(), problem: problem.into(), help: help.into() });
    }

    /// Where a key was written, or the nearest thing around it, or the start of the text.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        ancestors(key).find_map(|key| self.spans.get(key)).cloned().unwrap_or(0..0)
    }

    /// Line and column, both from 1, of a byte offset.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// A key and what it stands in: `image[0].ports[1]`, `image[0].ports`, `image[0]`, `image`.
fn ancestors(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |key| key.rfind(['.', '[']).map(|end| &key[..end]))
}

/// One table, and the path that leads to it.
pub(super) struct Section<'a, 'i> {
    pub(super) path: String,
    table: &'a DeTable<'i>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// The whole document. `keys` are all it may hold.
    pub(super) fn root(table: &'a DeTable<'i>, keys: &[&str], reader: &mut Reader<'_>) -> Self {
        let section = Self { path: String::new(), table };
        section.refuse_others(keys, reader);
        section
    }

    /// The value of a key, or `None` when it is missing or wrong; wrong is noted, with `expects` and `example`.
    pub(super) fn read<T>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        expects: &str,
        example: &str,
        parse: impl Fn(&DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let value = self.table.get(key)?;
        let path = self.child(key);
        reader.spans.insert(path.clone(), value.span());
        let parsed = parse(value.get_ref());
        if parsed.is_none() {
            let problem = format!("{expects} belongs here, not {}", describe(value.get_ref()));
            reader.note(value.span(), &path, problem, format!("write for example `{key} = {example}`"));
        }
        parsed
    }

    /// The items of an array; each wrong one is noted at its own place.
    pub(super) fn list<T>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        expects: &str,
        example: &str,
        parse: impl Fn(&DeValue<'i>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let expects_list = format!("a list, each item {expects},");
        self.read(reader, key, &expects_list, example, |value| value.is_array().then_some(()))?;
        let items = self.table.get(key)?.get_ref().as_array()?;
        let mut parsed = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.child(key));
            reader.spans.insert(path.clone(), item.span());
            match parse(item.get_ref()) {
                Some(item) => parsed.push(item),
                None => {
                    let problem = format!("{expects} belongs here, not {}", describe(item.get_ref()));
                    reader.note(item.span(), &path, problem, format!("write for example `{key} = {example}`"));
                    // The items behind this one would be looked for under the wrong index.
                    reader.failed.insert(self.child(key));
                }
            }
        }
        Some(parsed)
    }

    /// A table of texts.
    pub(super) fn texts(&self, reader: &mut Reader<'_>, key: &str, example: &str) -> Option<BTreeMap<String, String>> {
        self.read(reader, key, "a table of texts", example, |value| value.is_table().then_some(()))?;
        let table = self.table.get(key)?.get_ref().as_table()?;
        let mut texts = BTreeMap::new();
        for (name, value) in table.iter() {
            let path = format!("{}.{}", self.child(key), name.get_ref());
            reader.spans.insert(path.clone(), name.span());
            match value.get_ref().as_str() {
                Some(text) => {
                    texts.insert(name.get_ref().to_string(), text.to_owned());
                }
                None => {
                    let problem = format!("a text belongs here, not {}", describe(value.get_ref()));
                    reader.note(value.span(), &path, problem, "put the value in quotes");
                }
            }
        }
        Some(texts)
    }

    /// An array of tables, as `[[key]]` writes it; `None` when there is none.
    pub(super) fn sections(&self, reader: &mut Reader<'_>, key: &str, keys: &[&str]) -> Option<Vec<Section<'a, 'i>>> {
        let help = format!("begin each one with a line `[[{key}]]`");
        let value = self.table.get(key)?;
        reader.spans.insert(self.child(key), value.span());
        let Some(items) = value.get_ref().as_array() else {
            let problem = format!("a list of tables belongs here, not {}", describe(value.get_ref()));
            reader.note(value.span(), &self.child(key), problem, help);
            return None;
        };
        let mut sections = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.child(key));
            reader.spans.insert(path.clone(), item.span());
            match item.get_ref().as_table() {
                Some(table) => {
                    let section = Section { path, table };
                    section.refuse_others(keys, reader);
                    sections.push(section);
                }
                None => {
                    let problem = format!("a table belongs here, not {}", describe(item.get_ref()));
                    reader.note(item.span(), &path, problem, help.as_str());
                    // The ones behind it would be looked for under the wrong index.
                    reader.failed.insert(self.child(key));
                }
            }
        }
        Some(sections)
    }

    /// The text of a key that must be there.
    pub(super) fn required_text(&self, reader: &mut Reader<'_>, key: &str, example: &str) -> String {
        if !self.table.contains_key(key) {
            let span = reader.span(&self.path);
            reader.note(span, &self.child(key), "this is missing", format!("add for example `{key} = {example}`"));
        }
        self.read(reader, key, "a text", example, text).unwrap_or_default()
    }

    fn child(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn refuse_others(&self, keys: &[&str], reader: &mut Reader<'_>) {
        for (name, _) in self.table.iter() {
            let key: &str = name.get_ref();
            if !keys.contains(&key) {
                let help = format!("remove it, or use one of {}", keys.join(", "));
                reader.note(name.span(), &self.child(key), "there is no such setting", help);
            }
        }
    }
}

/// Any text.
pub(super) fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A whole number within bounds.
pub(super) fn whole(range: std::ops::RangeInclusive<i64>) -> impl Fn(&DeValue<'_>) -> Option<i64> {
    move |value| {
        let integer = value.as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| range.contains(number))
    }
}

/// A duration such as `10s` or `1m 30s`.
pub(super) fn duration(value: &DeValue<'_>) -> Option<Duration> {
    humantime::parse_duration(value.as_str()?).ok().filter(|duration| *duration <= LONGEST)
}

/// One of a few words.
pub(super) fn word<T: Copy>(words: &[(&str, T)]) -> impl Fn(&DeValue<'_>) -> Option<T> {
    move |value| words.iter().find(|(word, _)| Some(*word) == value.as_str()).map(|(_, meaning)| *meaning)
}

/// Members of an inline table, for values that are one.
pub(super) fn member<'v, 'i>(value: &'v DeValue<'i>, key: &str) -> Option<&'v DeValue<'i>> {
    value.as_table()?.get(key).map(Spanned::get_ref)
}

/// What was found, without quoting texts: one might be a secret.
fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(integer) => format!("the number {}", integer.as_str()),
        DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
        DeValue::String(_) => "this text".to_owned(),
        DeValue::Float(float) => format!("the number {}", float.as_str()),
        DeValue::Boolean(boolean) => format!("`{boolean}`"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
