//! `cargo xtask cut`, `kill` and `soak`: the proofs with real sockets and real processes. They are a program of their own
//! (`crates/proof`); this file builds it, and for the cut a program in each language that calls as it is told. Linux only,
//! as the bindings' tests are.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};
use crate::{artifact, npm, setup};

/// The languages besides Rust that connections are cut for.
pub(crate) const LANGUAGES: [&str; 5] = ["c", "c-host", "csharp", "node", "workerd"];

/// Cuts after every so many bytes, for these languages or all.
pub(crate) fn cut(workspace: &Workspace, every: u64, languages: &[String]) -> Result<()> {
    let wanted: Vec<&str> = match languages.is_empty() {
        true => LANGUAGES.to_vec(),
        false => languages.iter().map(String::as_str).collect(),
    };
    process::run(&mut cut_command(workspace, every, &wanted, true)?)
}

/// The command that cuts, with what it needs built.
pub(crate) fn cut_command(workspace: &Workspace, every: u64, languages: &[&str], may_install: bool) -> Result<Command> {
    let mut command = proof(workspace)?;
    command.args(["cut", "--every", &every.to_string()]);
    with_callers(&mut command, workspace, languages, may_install)?;
    Ok(command)
}

/// Builds the programs that call, and names them to a proof.
fn with_callers(command: &mut Command, workspace: &Workspace, languages: &[&str], may_install: bool) -> Result<()> {
    let callers = Callers::new(workspace, may_install)?;
    for language in languages {
        command.arg("--caller").arg(format!("{language}={}", callers.build(language)?));
    }
    // Names of programs are relative, since a word of theirs holds no space.
    command.current_dir(&callers.folder).env("LD_LIBRARY_PATH", &callers.folder);
    Ok(())
}

/// The languages besides the command line that matchmakers are killed in. A Worker has no file to keep a ticket in.
pub(crate) const KILLED: [&str; 4] = ["c", "c-host", "csharp", "node"];

/// Kills the command line and a matchmaker in each of these languages, or all, at every step.
pub(crate) fn kill(workspace: &Workspace, twice: bool, languages: &[String]) -> Result<()> {
    let wanted: Vec<&str> = match languages.is_empty() {
        true => KILLED.to_vec(),
        false => languages.iter().map(String::as_str).collect(),
    };
    let options: &[&str] = if twice { &["--twice"] } else { &[] };
    let both = [kill_command(workspace, options), kill_languages_command(workspace, &wanted, options, true)];
    both.into_iter().try_for_each(|command| process::run(&mut command?))
}

/// The command that kills the command line, with what it needs built.
pub(crate) fn kill_command(workspace: &Workspace, options: &[&str]) -> Result<Command> {
    let mut command = proof(workspace)?;
    command.arg("kill").arg("--matchport").arg(matchport(workspace)?).args(options);
    Ok(command)
}

/// The command that kills matchmakers in these languages, with what it needs built.
pub(crate) fn kill_languages_command(
    workspace: &Workspace,
    languages: &[&str],
    options: &[&str],
    may_install: bool,
) -> Result<Command> {
    let mut command = proof(workspace)?;
    command.arg("kill").args(options);
    with_callers(&mut command, workspace, languages, may_install)?;
    Ok(command)
}

/// Loads the emulator.
pub(crate) fn soak(workspace: &Workspace, minutes: u64, kills: u32) -> Result<()> {
    let (seconds, kills) = ((minutes * 60).to_string(), kills.to_string());
    process::run(&mut soak_command(workspace, &["--seconds", &seconds, "--kills", &kills])?)
}

/// The command that loads the emulator, with what it needs built.
pub(crate) fn soak_command(workspace: &Workspace, options: &[&str]) -> Result<Command> {
    let mut command = proof(workspace)?;
    command.arg("soak").arg("--matchport").arg(matchport(workspace)?).args(options);
    Ok(command)
}

fn proof(workspace: &Workspace) -> Result<Command> {
    Ok(Command::new(artifact::build(workspace, &["--package", "matchport-proof"], "matchport-proof", "")?))
}

fn matchport(workspace: &Workspace) -> Result<PathBuf> {
    artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")
}

/// Programs that call, built into a folder.
struct Callers<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    may_install: bool,
}

impl<'a> Callers<'a> {
    fn new(workspace: &'a Workspace, may_install: bool) -> Result<Self> {
        let folder = workspace.target()?.join("proof");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { workspace, folder, may_install })
    }

    /// Builds a caller, and gives its command line.
    fn build(&self, language: &str) -> Result<String> {
        match language {
            "c" => self.c("caller-c", &[]),
            "c-host" => self.c("caller-c-host", &["-DHOST_TRANSPORT", "-lcurl"]),
            "csharp" => self.csharp(),
            "node" => self.node(),
            "workerd" => self.workerd(),
            other => bail!("there is no caller in {other}"),
        }
    }

    fn source(&self, name: &str) -> PathBuf {
        self.workspace.path("crates/proof/callers").join(name)
    }

    fn library(&self) -> Result<()> {
        let library = artifact::build(self.workspace, &["--package", "matchport-ffi"], "matchport_ffi", ".so")?;
        fs::copy(&library, self.folder.join("libmatchport.so")).context("cannot copy the library")?;
        Ok(())
    }

    fn c(&self, name: &str, options: &[&str]) -> Result<String> {
        setup::debian_program("gcc", "gcc", self.may_install)?;
        if options.contains(&"-lcurl") && !process::succeeds(Command::new("pkg-config").args(["--exists", "libcurl"])) {
            setup::debian_packages(&["pkg-config", "libcurl4-openssl-dev"], self.may_install)?;
        }
        self.library()?;
        let mut compile = Command::new("gcc");
        compile.args(["-g", "-Wall", "-Wextra", "-Werror", "-I"]).arg(self.workspace.path("include"));
        compile.arg("-o").arg(self.folder.join(name)).arg(self.source("caller.c"));
        process::run(compile.arg("-L").arg(&self.folder).arg("-lmatchport").args(options))?;
        Ok(format!("./{name}"))
    }

    fn csharp(&self) -> Result<String> {
        for (program, package) in [("mcs", "mono-mcs"), ("mono", "mono-runtime")] {
            setup::debian_program(program, package, self.may_install)?;
        }
        self.library()?;
        let mut compile = Command::new("mcs");
        compile.args(["-langversion:7", "-unsafe", "-out:caller.exe"]).arg(self.source("Caller.cs"));
        for folder in ["bindings/csharp/src", "bindings/csharp/src/Native"] {
            compile.arg(format!("-recurse:{}/*.cs", self.workspace.path(folder).display()));
        }
        process::run(compile.current_dir(&self.folder))?;
        Ok("mono caller.exe".to_owned())
    }

    /// The folder where the package as it is packed is installed.
    fn node(&self) -> Result<String> {
        let tarball = npm::pack(self.workspace, self.may_install)?;
        let folder = self.folder.join("node");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
        let mut install = Command::new("npm");
        install.args(["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
        process::run(install.arg(tarball).current_dir(&folder))?;
        for name in ["node.mjs", "calls.mjs"] {
            fs::copy(self.source(name), folder.join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
        Ok("node node/node.mjs".to_owned())
    }

    fn workerd(&self) -> Result<String> {
        npm::packages(self.workspace, "bindings/npm/tests", self.may_install)?;
        let tarball = npm::pack(self.workspace, self.may_install)?;
        let folder = self.folder.join("workerd");
        if folder.exists() {
            fs::remove_dir_all(&folder).context("the Workers of the last run can't be removed")?;
        }
        fs::create_dir_all(&folder)?;
        for name in ["workerd.mjs", "worker.mjs", "calls.mjs"] {
            fs::copy(self.source(name), folder.join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
        fs::copy(tarball, folder.join("matchport.tgz")).context("cannot copy the tarball")?;
        // Relative to where the callers run, which is two folders below the workspace.
        let runtimes = self.folder.join("runtimes");
        let _ = fs::remove_file(&runtimes);
        std::os::unix::fs::symlink(self.workspace.path("bindings/npm/tests"), &runtimes)?;
        Ok("node workerd/workerd.mjs workerd workerd/matchport.tgz runtimes/runtimes.mjs".to_owned())
    }
}
