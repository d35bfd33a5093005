//! Replays a corpus, and mutations of it that are drawn from a seed: the same seed gives the same inputs. A fuzzer finds
//! more, and needs a nightly toolchain; this runs wherever the tests run.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Target;

/// An input that takes longer is taken for one that never ends.
const LONGEST_INPUT: Duration = Duration::from_secs(20);
/// The most that an input is made longer to, in bytes.
const LARGEST_INPUT: usize = 16 * 1024;
/// Pieces that change the meaning of what they get into.
const PIECES: &[&str] = &[
    "null",
    "-1",
    "1e400",
    "0.5",
    "[",
    "]",
    "{",
    "}",
    "[[[[",
    "\"",
    "\\ud800",
    "\\u0000",
    ",",
    ":",
    "\u{0}",
    "\r\n",
    "%2f",
    "..",
    "18446744073709551616",
    "\u{ff}",
    "ü",
    "//",
    "=",
    "\n\n",
    "9",
    "a",
    "o",
    "h",
    "n",
];

/// What came of a target.
#[derive(Debug)]
pub struct Outcome {
    /// Inputs of the corpus.
    pub corpus: usize,
    /// Inputs that were run, those of the corpus included.
    pub runs: u64,
    /// How long it took.
    pub took: Duration,
    /// The input that broke a promise, in a file.
    pub crash: Option<PathBuf>,
}

/// Replays a folder of inputs, and `mutations` more. An input that breaks a promise is written into `crashes`.
///
/// # Errors
/// When files can't be read or written, or there is no corpus.
pub fn replay(target: Target, corpus: &Path, mutations: u64, seed: u64, crashes: &Path) -> Result<Outcome> {
    let inputs = read_corpus(corpus)?;
    let (start, mut runs) = (Instant::now(), 0);
    let watch = Watch::begin(target, crashes);
    let mut random = Random(seed);
    let mutated = (0..mutations).map(|_| mutate(&inputs, &mut random));
    for input in inputs.iter().cloned().chain(mutated) {
        runs += 1;
        watch.begins(&input);
        if catch_unwind(|| (target.run)(&input)).is_err() {
            let crash = keep(target, crashes, "crash", &input)?;
            return Ok(Outcome { corpus: inputs.len(), runs, took: start.elapsed(), crash: Some(crash) });
        }
    }
    Ok(Outcome { corpus: inputs.len(), runs, took: start.elapsed(), crash: None })
}

/// All files of a folder, by name, so that the order is the same everywhere.
fn read_corpus(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder).with_context(|| format!("there is no corpus in {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    anyhow::ensure!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| fs::read(path).with_context(|| format!("cannot read {}", path.display()))).collect()
}

fn keep(target: Target, folder: &Path, kind: &str, input: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("{}-{kind}-{:016x}", target.name, digest(input)));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, input))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// FNV-1a: names a file.
fn digest(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Ends the process when an input takes too long: nothing else can end it.
struct Watch {
    current: Arc<Mutex<(Instant, Vec<u8>)>>,
}

impl Watch {
    fn begin(target: Target, crashes: &Path) -> Self {
        let current = Arc::new(Mutex::new((Instant::now(), Vec::new())));
        let (watched, crashes) = (Arc::downgrade(&current), crashes.to_owned());
        std::thread::spawn(move || {
            while let Some(current) = watched.upgrade() {
                {
                    let (since, input) = &*current.lock().unwrap_or_else(PoisonError::into_inner);
                    if since.elapsed() > LONGEST_INPUT {
                        let path = keep(target, &crashes, "hang", input);
                        eprintln!("error: {}: an input takes more than {LONGEST_INPUT:?}: {path:?}", target.name);
                        std::process::exit(1);
                    }
                }
                drop(current);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Self { current }
    }

    fn begins(&self, input: &[u8]) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.0 = Instant::now();
        current.1.clear();
        current.1.extend_from_slice(input);
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `count`; 0 when that is 0.
    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// One of the inputs, changed in one to six places.
fn mutate(inputs: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = inputs[random.below(inputs.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(input.len() + 1);
        let end = at + random.below(input.len() - at + 1).min(random.below(64));
        match random.below(7) {
            0 if at < input.len() => input[at] = random.next() as u8,
            1 if at < input.len() => input[at] ^= 1 << random.below(8),
            2 => drop(input.drain(at..end)),
            3 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let piece = PIECES[random.below(PIECES.len())];
                input.splice(at..end, piece.bytes());
            }
            5 => {
                let other = &inputs[random.below(inputs.len())];
                let from = random.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let bytes: Vec<u8> = (0..random.below(8)).map(|_| random.next() as u8).collect();
                input.splice(at..at, bytes);
            }
        }
        input.truncate(LARGEST_INPUT);
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaks(input: &[u8]) {
        assert!(!input.contains(&b'!'), "a promise is broken");
    }

    #[test]
    fn an_input_that_breaks_a_promise_is_found_and_kept_and_a_seed_repeats_it() {
        let folder = std::env::temp_dir().join(format!("matchport-hostile-{}", std::process::id()));
        let (corpus, crashes) = (folder.join("corpus"), folder.join("crashes"));
        fs::create_dir_all(&corpus).expect("a folder");
        fs::write(corpus.join("seed"), b"\"hello").expect("a file");
        let target = Target { name: "planted", run: breaks };
        let [first, second] = [1, 1].map(|seed| replay(target, &corpus, 100_000, seed, &crashes).expect("a corpus"));
        let crash = first.crash.expect("found");
        assert_eq!((first.runs, Some(&crash)), (second.runs, second.crash.as_ref()));
        assert!(fs::read(&crash).expect("kept").contains(&b'!'));
        let well = replay(Target { run: |_| {}, ..target }, &corpus, 10, 1, &crashes).expect("a corpus");
        assert_eq!((well.corpus, well.runs, well.crash), (1, 11, None));
        assert!(replay(target, &folder.join("none"), 0, 1, &crashes).is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }
}
