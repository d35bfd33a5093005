//! `cargo xtask abi`: keeps what a program looks like that was compiled with this version of the C header, so that later
//! versions of the library can be held against it: `bindings/abi/v<N>/` has the header and, compressed, a program for Linux
//! on x86_64 (`crates/ffi/tests/c/kept.c`). The runner `c-abi` runs the program with the library of today, and compares the
//! headers with [`missing`].

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::artifact;
use crate::process::{self, Workspace};

const HEADER: &str = "include/matchport.h";
const PROGRAM: &str = "kept-x86_64-linux.gz";
const SOURCES: [&str; 3] = ["harness.c", "support.c", "kept.c"];

/// What is kept of a version.
pub(crate) struct Kept {
    folder: PathBuf,
}

/// Compiles and keeps. What is kept already stays, unless `again`: it may be in use out there.
pub(crate) fn keep(workspace: &Workspace, again: bool) -> Result<()> {
    if !can_run() {
        bail!("the program that is kept is for Linux on x86_64: make it there");
    }
    let kept = Kept::of_today(workspace)?;
    if kept.folder.exists() && !again {
        bail!(
            "{} is there already; `cargo xtask abi --again` makes it anew, which is right only while no library of this \
             version has been given away",
            kept.folder.display()
        );
    }
    let options = ["--package", "matchport-ffi", "--no-default-features"];
    let library = artifact::build(workspace, &options, "matchport_ffi", ".so")?;
    let program = workspace.target()?.join("kept");
    let sources = workspace.path("crates/ffi/tests/c");
    let mut compile = Command::new("gcc");
    compile.args(["-std=c11", "-D_GNU_SOURCE", "-Os", "-s", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    compile.arg("-I").arg(workspace.path("include")).arg("-I").arg(&sources);
    // Assertions name their file: without the folder of this machine.
    compile.arg(format!("-ffile-prefix-map={}=.", workspace.path("").display().to_string().trim_end_matches('/')));
    compile.args(SOURCES.map(|file| sources.join(file))).arg(&library).arg("-o").arg(&program);
    process::run(&mut compile)?;
    fs::create_dir_all(&kept.folder).with_context(|| format!("cannot make {}", kept.folder.display()))?;
    // No name and no time in it, so that the same program makes the same file.
    let packed = Command::new("gzip").args(["-9", "-n", "-c"]).arg(&program).output().context("cannot start gzip")?;
    if !packed.status.success() {
        bail!("gzip ended with {}", packed.status);
    }
    write(&kept.folder.join(PROGRAM), &packed.stdout)?;
    write(&kept.folder.join("matchport.h"), &fs::read(workspace.path(HEADER))?)?;
    println!("abi: {}", kept.folder.display());
    Ok(())
}

/// Whether this machine can run what is kept.
pub(crate) fn can_run() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

impl Kept {
    /// Of the version that the header has today; whether something is kept shows when it is asked for.
    pub(crate) fn of_today(workspace: &Workspace) -> Result<Self> {
        let header = read(&workspace.path(HEADER))?;
        let version = header.lines().find_map(|line| line.strip_prefix("#define MATCHPORT_ABI_VERSION "));
        let version = version.with_context(|| format!("{HEADER} names no version"))?;
        Ok(Self { folder: workspace.path(&format!("bindings/abi/v{version}")) })
    }

    /// Unpacks the program.
    pub(crate) fn unpack(&self, program: &Path) -> Result<()> {
        let packed = self.folder.join(PROGRAM);
        if !packed.exists() {
            bail!("{} is missing: a new version of the ABI keeps its program with `cargo xtask abi`", packed.display());
        }
        let file = fs::File::create(program).with_context(|| format!("cannot write {}", program.display()))?;
        let mut unpack = Command::new("gzip");
        let status = unpack.args(["-d", "-c"]).arg(&packed).stdout(Stdio::from(file)).status();
        if !status.context("cannot start gzip")?.success() {
            bail!("cannot unpack {}", packed.display());
        }
        process::run(Command::new("chmod").arg("+x").arg(program))
    }

    /// That today's header has all that the kept one promises.
    pub(crate) fn compare_headers(&self, workspace: &Workspace) -> Result<()> {
        let missing = missing(&read(&self.folder.join("matchport.h"))?, &read(&workspace.path(HEADER))?);
        if !missing.is_empty() {
            bail!("programs out there rely on what is gone or different now: {missing:#?}");
        }
        Ok(())
    }
}

/// What a program may have taken from the old header and does not find in the new one: constants with their numbers,
/// functions with their types, members of structs with their types and in their order. More may follow.
fn missing(old: &str, new: &str) -> Vec<String> {
    let new = promises(new);
    let broken = promises(old).into_iter().filter(|(name, old)| match new.get(name) {
        Some(new) if name.starts_with("struct ") => !new.starts_with(old),
        Some(new) => new != old,
        None => true,
    });
    broken.map(|(name, promise)| format!("{name}: {promise}")).collect()
}

/// Each name with what is promised of it.
fn promises(header: &str) -> BTreeMap<String, String> {
    let is_code = |line: &&str| !["//", "/*", "*"].iter().any(|comment| line.trim_start().starts_with(comment));
    let code: Vec<&str> = header.lines().filter(is_code).collect();
    let mut promises = BTreeMap::new();
    for line in &code {
        let constant = line.strip_prefix("#define ").and_then(|rest| rest.split_once(' '));
        let variant = line.trim().strip_suffix(',').and_then(|rest| rest.split_once(" = "));
        if let Some((name, value)) = constant.or(variant) {
            promises.insert(name.to_owned(), value.to_owned());
        }
    }
    let statements = code.into_iter().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let text = statements.collect::<Vec<_>>().join(" ");
    for structure in text.split("typedef struct ").skip(1) {
        if let Some((name, rest)) = structure.split_once(" {")
            && let Some((members, _)) = rest.split_once('}')
            && !name.contains(';')
        {
            promises.insert(format!("struct {name}"), members.trim().to_owned());
        }
    }
    for statement in text.split(';') {
        if let Some((head, parameters)) = statement.split_once('(')
            && let Some(name) = head.rsplit([' ', '*']).next()
            && name.starts_with("matchport_")
        {
            promises.insert(format!("{name}()"), format!("{}({parameters}", head.trim()));
        }
    }
    promises
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
/*
 * matchport: typedef struct in_a_comment { int x; }
 */
#define MATCHPORT_MAX 10

/// Numbers = 5,
typedef int32_t matchport_status;
enum {
    /// Done.
    MATCHPORT_STATUS_OK = 0,
};

typedef struct matchport_options {
    /// Size.
    uint32_t struct_size;
    const char *name;
} matchport_options;

/// Does; see matchport_other().
matchport_status matchport_do(struct matchport_options *options,
                              size_t size);
";

    #[test]
    fn what_is_added_breaks_nothing() {
        let new = OLD
            .replace("    const char *name;\n", "    const char *name;\n    int64_t added;\n")
            .replace(" = 0,\n", " = 0,\n    MATCHPORT_STATUS_NEW = 1,\n")
            .replace("Done.", "Done, as ever.");
        assert_eq!(missing(OLD, &(new + "void matchport_new(void);\n")), Vec::<String>::new());
        assert_eq!(promises(OLD).len(), 4, "{:?}", promises(OLD));
    }

    #[test]
    fn what_is_changed_is_named() {
        for (old, new, name) in [
            ("_MAX 10", "_MAX 11", "MATCHPORT_MAX"),
            ("_OK = 0", "_OK = 2", "MATCHPORT_STATUS_OK"),
            ("const char *name;\n", "", "struct matchport_options"),
            ("    uint32_t struct_size;\n", "", "struct matchport_options"),
            ("size_t size", "uint32_t size", "matchport_do()"),
            ("matchport_do", "matchport_did", "matchport_do()"),
        ] {
            let found = missing(OLD, &OLD.replace(old, new));
            assert!(found.len() == 1 && found[0].starts_with(name), "{old}: {found:?}");
        }
    }
}
