//! That a library exports exactly the functions of the header.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};

pub(in crate::runners) fn compare(workspace: &Workspace, library: &Path) -> Result<()> {
    let header = workspace.path("include/matchport.h");
    let header = fs::read_to_string(&header).with_context(|| format!("cannot read {}", header.display()))?;
    let mut list = Command::new("nm");
    let exported = process::capture(list.args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library))?;
    let (declared, exported) = (declared(&header), exported.lines().map(str::trim).collect::<BTreeSet<_>>());
    let missing: Vec<_> = declared.difference(&exported).collect();
    let undeclared: Vec<_> = exported.difference(&declared).collect();
    if !missing.is_empty() || !undeclared.is_empty() {
        bail!("not exported: {missing:?}; not in the header: {undeclared:?}");
    }
    if declared.is_empty() {
        bail!("the header declares nothing");
    }
    Ok(())
}

/// The names of the functions that a header declares: a declaration starts in the first column.
fn declared(header: &str) -> BTreeSet<&str> {
    let declarations = header.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let names = declarations.filter_map(|line| {
        let (head, _) = line.split_once('(')?;
        let name = head.rsplit([' ', '*']).next()?;
        name.starts_with("matchport_").then_some(name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_found_and_nothing_else() {
        let header = "\
/// See matchport_other().
typedef void (*matchport_hook)(void *user);
struct matchport_string matchport_version(void);
matchport_status matchport_client_new(const struct matchport_options *options,
                                      struct matchport_client **client);
    int32_t not_in_the_first_column(void);
";
        let found: Vec<_> = declared(header).into_iter().collect();
        assert_eq!(found, ["matchport_client_new", "matchport_version"]);
    }
}
