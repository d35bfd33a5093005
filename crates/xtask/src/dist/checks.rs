//! What is promised of each package, held against the library in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::library::Library;
use super::platform::{GLIBC_FLOOR, Platform, System};
use crate::process::Workspace;

/// Every check of a package, with what it looks at.
pub(crate) fn all(workspace: &Workspace, platform: &Platform, package: &Path) -> Vec<(&'static str, Result<()>)> {
    let path = package.join(platform.shared());
    let library = match Library::read(&path) {
        Ok(library) => library,
        Err(error) => return vec![("the library can be read", Err(error))],
    };
    let mut checks = vec![
        ("exported symbols are those of the header", compare_exports(workspace, &path)),
        ("nothing is needed but what each system has", needs(&library.needs, platform.may_need())),
    ];
    if platform.system == System::Linux {
        checks.push(("glibc is no newer than promised", floor(library.glibc, GLIBC_FLOOR)));
    }
    checks
}

/// That a library exports exactly the functions of the header.
pub(crate) fn compare_exports(workspace: &Workspace, library: &Path) -> Result<()> {
    let header = workspace.path("include/matchport.h");
    let header = fs::read_to_string(&header).with_context(|| format!("cannot read {}", header.display()))?;
    same(&declared(&header), &Library::read(library)?.exports)
}

fn same(declared: &BTreeSet<String>, exported: &BTreeSet<String>) -> Result<()> {
    let missing: Vec<_> = declared.difference(exported).collect();
    let undeclared: Vec<_> = exported.difference(declared).collect();
    if !missing.is_empty() || !undeclared.is_empty() {
        bail!("not exported: {missing:?}; not in the header: {undeclared:?}");
    }
    if declared.is_empty() {
        bail!("the header declares nothing");
    }
    Ok(())
}

fn needs(found: &BTreeSet<String>, allowed: &[&str]) -> Result<()> {
    let unknown: Vec<_> = found.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
    if !unknown.is_empty() {
        bail!("it needs {unknown:?}");
    }
    if found.is_empty() {
        bail!("it needs no library at all, which can't be");
    }
    Ok(())
}

fn floor(found: Option<(u32, u32)>, floor: (u32, u32)) -> Result<()> {
    match found {
        None => bail!("it asks nothing of glibc, which can't be"),
        Some(found) if found > floor => {
            bail!("it asks for glibc {}.{}, and {}.{} is promised", found.0, found.1, floor.0, floor.1)
        }
        Some(_) => Ok(()),
    }
}

/// The names of the functions that a header declares: a declaration starts in the first column.
fn declared(header: &str) -> BTreeSet<String> {
    let declarations = header.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let names = declarations.filter_map(|line| {
        let (head, _) = line.split_once('(')?;
        let name = head.rsplit([' ', '*']).next()?;
        name.starts_with("matchport_").then(|| name.to_owned())
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

    #[test]
    fn a_symbol_too_many_or_too_few_is_found() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert!(same(&names(&["a", "b"]), &names(&["a", "b"])).is_ok());
        assert!(same(&names(&["a", "b"]), &names(&["a"])).is_err());
        assert!(same(&names(&["a"]), &names(&["a", "b"])).is_err());
        assert!(same(&names(&[]), &names(&[])).is_err());
    }

    #[test]
    fn a_library_above_the_floor_is_refused() {
        assert!(floor(Some((2, 17)), (2, 17)).is_ok());
        assert!(floor(Some((2, 9)), (2, 17)).is_ok());
        assert!(floor(Some((2, 18)), (2, 17)).is_err());
        assert!(floor(Some((3, 0)), (2, 17)).is_err());
        assert!(floor(None, (2, 17)).is_err());
    }

    #[test]
    fn a_library_that_needs_something_else_is_refused() {
        let found = |name: &str| BTreeSet::from([name.to_owned()]);
        assert!(needs(&found("libc.so.6"), &["libc.so.6"]).is_ok());
        assert!(needs(&found("libssl.so.3"), &["libc.so.6"]).is_err());
        assert!(needs(&BTreeSet::new(), &["libc.so.6"]).is_err());
    }

    /// It is linked with this machine's own glibc, which is newer on whatever builds this.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn what_is_linked_as_usual_is_above_the_floor() {
        let library = Library::read(&std::env::current_exe().expect("a program")).expect("it can be read");
        assert!(library.needs.contains("libc.so.6"), "{:?}", library.needs);
        assert!(floor(library.glibc, GLIBC_FLOOR).is_err(), "{:?}", library.glibc);
    }
}
