//! `cargo xtask drift`: what is generated and committed. A generated file is a file of code beside this one with a
//! function that makes its text, and a line in [`ALL`]. Nothing generated is edited by hand.

mod cli_page;
mod header;
mod status_page;

use std::fmt::Write;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};

/// A generated file.
struct Generated {
    /// From the root of the checkout.
    path: &'static str,
    make: fn(&Workspace) -> Result<String>,
}

const ALL: &[Generated] = &[
    Generated { path: "docs/cli.md", make: cli_page::make },
    Generated { path: "docs/status.md", make: status_page::make },
    Generated { path: "include/matchport.h", make: header::make },
];

/// Makes everything again and compares it with what is committed. All differences are found before it fails.
pub(crate) fn compare(workspace: &Workspace) -> Result<()> {
    let mut differences = String::new();
    let mut check = |name: &str, result: Result<()>| match result {
        Ok(()) => println!("drift: {name} is up to date"),
        // Writing to a string cannot fail.
        Err(error) => drop(write!(differences, "\n- {name}: {error:#}")),
    };
    check("Cargo.lock", lock_file(workspace));
    for generated in ALL {
        check(generated.path, compare_one(workspace, generated));
    }
    if !differences.is_empty() {
        bail!("what is generated has drifted from what is committed{differences}");
    }
    Ok(())
}

/// Makes everything and writes it.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for generated in ALL {
        let text = (generated.make)(workspace).with_context(|| format!("cannot make {}", generated.path))?;
        let path = workspace.path(generated.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("drift: {} is written", generated.path);
    }
    Ok(())
}

/// That Cargo.lock is committed as the manifests need it. The cargo that started this task has brought the file up to
/// date already, so what would be missing from the commit shows as a change.
fn lock_file(workspace: &Workspace) -> Result<()> {
    let mut diff = Command::new("git");
    diff.args(["diff", "--stat", "HEAD", "--", "Cargo.lock"]).current_dir(workspace.path(""));
    let changes = process::capture(&mut diff).context("cannot ask git whether it has changed")?;
    if !changes.is_empty() {
        bail!("cargo has changed it to fit the manifests: commit it");
    }
    Ok(())
}

fn compare_one(workspace: &Workspace, generated: &Generated) -> Result<()> {
    let fresh = (generated.make)(workspace)?;
    let committed = match fs::read_to_string(workspace.path(generated.path)) {
        Ok(text) => text,
        Err(error) => bail!("cannot read it ({error}): run `cargo xtask drift --write` and commit it"),
    };
    match first_difference(&committed, &fresh) {
        None => Ok(()),
        Some(difference) => bail!("{difference}\n  run `cargo xtask drift --write` and commit the result"),
    }
}

/// The first line that differs, with both versions; line ends don't count, since git may change them.
fn first_difference(committed: &str, fresh: &str) -> Option<String> {
    let (mut committed, mut fresh) = (committed.lines(), fresh.lines());
    for number in 1.. {
        let show = |line: Option<&str>| line.map_or_else(|| "(the end)".to_owned(), |line| format!("{line:?}"));
        match (committed.next(), fresh.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                return Some(format!("line {number}\n  committed: {}\n  generated: {}", show(old), show(new)));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_equal_do_not_differ() {
        assert_eq!(first_difference("", ""), None);
        assert_eq!(first_difference("a\r\nb\r\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        let at = |committed, fresh| first_difference(committed, fresh).expect("they differ");
        assert_eq!(at("a\nb\nc", "a\nx\ny"), "line 2\n  committed: \"b\"\n  generated: \"x\"");
        assert_eq!(at("a\n", "a\nb\n"), "line 2\n  committed: (the end)\n  generated: \"b\"");
        assert_eq!(at("a\n \n", "a\n"), "line 2\n  committed: \" \"\n  generated: (the end)");
    }
}
