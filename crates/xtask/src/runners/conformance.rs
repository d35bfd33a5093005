//! The programs that play the vectors of `crates/conformance` to a library: compiled here, run by the runner of their
//! language, which adds up what they count. Rust's is among the unit tests, JavaScript's among those of `npm`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Workspace};
use crate::{counts, setup};

const STRICT: &[&str] = &["-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const CJSON_HEADER: &str = "/usr/include/cjson/cJSON.h";

/// Where the vectors are: what each program is told.
pub(super) fn vectors(workspace: &Workspace) -> PathBuf {
    workspace.path("crates/conformance/vectors")
}

/// That a player finds each of the vectors that are wrong. `player` is run without an argument yet.
pub(super) fn finds_mistakes(workspace: &Workspace, player: &mut Command) -> Result<()> {
    let output = player.arg(workspace.path("crates/conformance/faulty")).output().context("cannot start the player")?;
    // What it says is full of failures, which nobody is to take for ours.
    let said = String::from_utf8_lossy(&output.stdout);
    let taken: Vec<&str> = said.lines().filter(|line| line.starts_with("PASS")).collect();
    let counted = counts::of_closing_line(&said).context("it did not count")?;
    if output.status.success() || !taken.is_empty() || counted.passed > 0 || counted.failed == 0 {
        bail!("it ended with {} and took for right: {taken:?}", output.status);
    }
    Ok(())
}

/// The player in C, linked with a library that it finds where it is.
pub(super) fn in_c(
    workspace: &Workspace,
    compiler: &str,
    flags: &[&str],
    library: &Path,
    may_install: bool,
) -> Result<PathBuf> {
    cjson(may_install)?;
    let folder = library.with_file_name("");
    let name = format!("vectors-{compiler}{}", if flags.is_empty() { "" } else { "-sanitized" });
    let program = folder.join(name);
    let sources = workspace.path("crates/conformance/runners/c");
    let files = ["matching.c", "files.c", "options.c", "show.c", "play.c"];
    let mut command = Command::new(compiler);
    command.args(["-std=c11", "-D_GNU_SOURCE"]).args(STRICT).args(flags);
    command.arg("-I").arg(workspace.path("include")).args(files.map(|file| sources.join(file))).arg(library);
    command.arg(format!("-Wl,-rpath,{}", folder.display())).args(["-lcjson", "-lm", "-o"]).arg(&program);
    process::run(&mut command)?;
    Ok(program)
}

/// The player in C++, which reads and compares with what the one in C has for that.
pub(super) fn in_cpp(workspace: &Workspace, library: &Path, may_install: bool) -> Result<PathBuf> {
    cjson(may_install)?;
    let folder = library.with_file_name("");
    let (program, runners) = (folder.join("vectors"), workspace.path("crates/conformance/runners"));
    let includes = ["bindings/cpp", "include"].map(|path| format!("-I{}", workspace.path(path).display()));
    let mut shared = Vec::new();
    for name in ["matching", "files"] {
        let object = folder.join(format!("{name}.o"));
        let mut command = Command::new("gcc");
        command.args(["-std=c11", "-D_GNU_SOURCE"]).args(STRICT).args(&includes).arg("-c");
        process::run(command.arg(runners.join(format!("c/{name}.c"))).arg("-o").arg(&object))?;
        shared.push(object);
    }
    let mut command = Command::new("g++");
    command.args(["-std=c++17", "-pthread", "-Wshadow"]).args(STRICT).args(&includes);
    command.args(["options", "show", "play"].map(|name| runners.join(format!("cpp/{name}.cpp"))));
    command.args(shared).arg(library).arg(format!("-Wl,-rpath,{}", folder.display()));
    process::run(command.args(["-lcjson", "-o"]).arg(&program))?;
    Ok(program)
}

/// The JSON library of the players in C and C++.
fn cjson(may_install: bool) -> Result<()> {
    if Path::new(CJSON_HEADER).exists() { Ok(()) } else { setup::debian_packages(&["libcjson-dev"], may_install) }
}
