//! Planted mistakes: a copy of the core with the patches of `crates/simulation/planted` applied, each of which breaks one
//! rule when it is switched on. The search must find every one of them, and nothing when none is switched on. The
//! product's own source has none of this in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};

use crate::process::{self, Workspace};

/// What the program stands on, and nothing else.
const COPIED: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "crates/core",
    "crates/json",
    "crates/testkit",
    "crates/simulation",
];
/// The patches, one for each mistake, named after the rule that it breaks.
const PATCHES: &str = "crates/simulation/planted";
/// How many rules there are; each has at least one mistake.
const RULES: usize = 10;

/// The switch, which stands only in the copy.
const SWITCH: &str = r#"//! Which planted mistake is made.

use std::sync::OnceLock;

/// Whether it is this one.
pub fn is(name: &str) -> bool {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| std::env::var("MATCHPORT_PLANTED").unwrap_or_default()) == name
}
"#;

/// What the search said of one mistake, or of none.
pub(crate) struct Verdict {
    /// `None` when nothing was planted.
    mistake: Option<String>,
    found: Option<String>,
    time: Duration,
}

impl Verdict {
    /// A mistake was found, or nothing where none was.
    pub(crate) fn is_good(&self) -> bool {
        self.mistake.is_some() == self.found.is_some()
    }
}

/// Plants every mistake, one after the other, and searches.
pub(crate) fn find_planted(workspace: &Workspace) -> Result<Vec<Verdict>> {
    let patches = patches(workspace)?;
    let copy = copy(workspace, &patches)?;
    let target = workspace.target()?;
    // Not optimised: every mistake is found within milliseconds, and the tests have built all that it stands on.
    let mut build = workspace.cargo(["build", "--package", "matchport-simulation"]);
    process::run(build.current_dir(&copy).env("CARGO_TARGET_DIR", &target))
        .context("the core with planted mistakes does not build: mend the patches")?;
    let program = target.join("debug").join(format!("simulation-planted{}", std::env::consts::EXE_SUFFIX));
    let names = patches.iter().map(|patch| name(patch).map(Some));
    std::iter::once(Ok(None)).chain(names).map(|mistake| search(&program, mistake?)).collect()
}

/// The table of all verdicts.
pub(crate) fn table(verdicts: &[Verdict]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["planted", "found by the search", "time"]);
    for Verdict { mistake, found, time } in verdicts {
        let found = found.as_deref().unwrap_or(if mistake.is_some() { "NOT FOUND" } else { "nothing" });
        let time = format!("{:.2} s", time.as_secs_f64());
        table.add_row([mistake.as_deref().unwrap_or("nothing"), found, &time]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The patches in their order. A rule without one is an error.
fn patches(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.path(PATCHES);
    let mut patches = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        patches.push(entry?.path());
    }
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    let names: Vec<_> = patches.iter().map(|patch| name(patch)).collect::<Result<_>>()?;
    for rule in 1..=RULES {
        let prefix = format!("rule-{rule:02}-");
        if !names.iter().any(|name| name.starts_with(&prefix)) {
            bail!("{PATCHES} has no mistake for rule {rule} ({prefix}*.patch)");
        }
    }
    Ok(patches)
}

fn name(patch: &Path) -> Result<String> {
    let name = patch.file_stem().and_then(|name| name.to_str());
    Ok(name.with_context(|| format!("the name of {} is no text", patch.display()))?.to_owned())
}

/// Brings the copy up to date. Only files that differ are written, so that cargo builds nothing twice.
fn copy(workspace: &Workspace, patches: &[PathBuf]) -> Result<PathBuf> {
    let target = workspace.target()?;
    let (fresh, copy) = (target.join("planted-fresh"), target.join("planted"));
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("cannot clear {}", fresh.display()))?;
    }
    for part in COPIED {
        copy_over(&workspace.path(part), &fresh.join(part))?;
    }
    for patch in patches {
        // Not as a part of the checkout around it, whose ignored folders git would silently pass over.
        let mut apply = Command::new("git");
        apply.args(["apply", "--whitespace=nowarn"]).arg(patch).current_dir(&fresh);
        process::capture(apply.env("GIT_CEILING_DIRECTORIES", &target)).with_context(|| {
            format!("{} no longer applies: the code that it breaks has changed, so change it as well", patch.display())
        })?;
    }
    edit(&fresh.join("crates/core/src/lib.rs"), |text| Ok(format!("{text}pub mod planted;\n")))?;
    fs::write(fresh.join("crates/core/src/planted.rs"), SWITCH)?;
    // Another name, since both programs are built into the same folder.
    edit(&fresh.join("crates/simulation/Cargo.toml"), |text| {
        let named = text.replace("name = \"simulation\"", "name = \"simulation-planted\"");
        if named == text { bail!("the program is not called simulation any more") } else { Ok(named) }
    })?;
    copy_over(&fresh, &copy)?;
    fs::remove_dir_all(&fresh).with_context(|| format!("cannot clear {}", fresh.display()))?;
    Ok(copy)
}

fn edit(path: &Path, change: impl FnOnce(String) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(path, change(text)?).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes `to` the same as `from`, touching only what differs.
fn copy_over(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(to).is_ok_and(|present| present == bytes) {
            return Ok(());
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        return fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()));
    }
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let name = entry?.file_name();
        copy_over(&from.join(&name), &to.join(&name))?;
        names.insert(name);
    }
    for entry in fs::read_dir(to).into_iter().flatten() {
        let entry = entry?;
        if !names.contains(&entry.file_name()) {
            let path = entry.path();
            if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
        }
    }
    Ok(())
}

/// Searches with one mistake. The program says by its exit code that it has found something.
fn search(program: &Path, mistake: Option<String>) -> Result<Verdict> {
    let mut command = Command::new(program);
    command.args(["search", "--faults", "1"]).env("MATCHPORT_PLANTED", mistake.as_deref().unwrap_or_default());
    let began = Instant::now();
    let output = command.output().with_context(|| format!("cannot start {}", program.display()))?;
    let time = began.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let found = match output.status.code() {
        // With one fault, not every transition is taken; that alone is no find.
        Some(0 | 1) => text.lines().find_map(|line| line.strip_prefix("found: ")).map(str::to_owned),
        _ => bail!("the search with {mistake:?} ended with {}: {text}", output.status),
    };
    Ok(Verdict { mistake, found, time })
}
