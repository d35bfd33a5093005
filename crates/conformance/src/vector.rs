//! The format of the vectors. Names that nobody knows are refused: a typing error must not pass as "nothing expected".

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

/// One file of vectors.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// What its vectors have in common, for people.
    pub about: String,
    /// How all addresses begin; the vectors leave it out.
    pub base: String,
    /// What the client is made with, unless a vector says otherwise.
    pub client: Value,
    /// Answers that steps call by name.
    #[serde(default)]
    pub answers: BTreeMap<String, Answer>,
    /// The vectors.
    pub vectors: Vec<Vector>,
}

/// An input trace, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vector {
    /// One sentence that no other vector has.
    pub name: String,
    /// Where it stands that it must be so.
    pub by: String,
    /// What the client is made with.
    pub client: Option<Value>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Time passes, then at most one thing happens; and what came of both.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The time, in milliseconds.
    pub at: u64,
    /// Begins an operation of this kind. The n-th that is begun has the number n.
    pub begin: Option<String>,
    /// What it is asked.
    #[serde(default)]
    pub options: Value,
    /// Its random bytes in hexadecimal.
    pub entropy: Option<String>,
    /// For `resume`: the ticket, as an object or as text.
    pub ticket: Option<Value>,
    /// False: its first ticket can't be kept.
    pub keep_ticket: Option<bool>,
    /// Which request is meant, counted from 1; the newest by default.
    pub to: Option<usize>,
    /// The whole answer to a request.
    pub answer: Option<AnswerOrName>,
    /// The head of an answer that streams.
    pub head: Option<Answer>,
    /// The next piece of it.
    pub data: Option<String>,
    /// True: it ended in good order.
    pub end: Option<bool>,
    /// No answer comes: `not_sent`, `broken`, `timed_out` or `too_large`.
    pub fail: Option<String>,
    /// Cancels the operation with this number.
    pub cancel: Option<usize>,
    /// Shuts the client down, within so many milliseconds.
    pub shutdown: Option<u64>,
    /// The requests and aborts that must come, in order.
    #[serde(default)]
    pub requests: Vec<Value>,
    /// The events that must come, in order, but for progress.
    #[serde(default)]
    pub events: Vec<Value>,
    /// The progress that must come, in order; not looked at when it is missing.
    pub progress: Option<Vec<Value>>,
}

/// An answer of the service's.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// The body, as JSON.
    pub json: Option<Value>,
    /// The body, when it is no JSON.
    pub text: Option<String>,
}

/// An answer, or the name of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum AnswerOrName {
    /// One of [`File::answers`].
    Name(String),
    /// The answer.
    Answer(Answer),
}

impl Answer {
    /// The body as bytes.
    pub fn body(&self) -> String {
        match (&self.json, &self.text) {
            (Some(json), _) => json.to_string(),
            (None, text) => text.clone().unwrap_or_default(),
        }
    }
}

impl File {
    /// The answer that a step means.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn answer<'a>(&'a self, meant: &'a AnswerOrName) -> Result<&'a Answer> {
        match meant {
            AnswerOrName::Answer(answer) => Ok(answer),
            AnswerOrName::Name(name) => self.answers.get(name).with_context(|| format!("no answer is called {name:?}")),
        }
    }
}

/// Where the vectors are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Where the vectors are that are wrong.
pub fn faulty() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faulty")
}

/// Reads all files, in the order of their names.
///
/// # Errors
/// A file can't be read, or isn't of the format; two vectors have one name.
pub fn read_all(folder: &Path) -> Result<Vec<(String, File)>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut names = std::collections::BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: File =
            serde_json::from_str(&text).with_context(|| format!("{} is of another form", path.display()))?;
        for vector in &file.vectors {
            ensure!(names.insert(vector.name.clone()), "two vectors are called {:?}", vector.name);
            ensure!(!vector.steps.is_empty(), "{:?} has no steps", vector.name);
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        files.push((name, file));
    }
    if files.is_empty() {
        bail!("{} holds no vectors", folder.display());
    }
    Ok(files)
}
