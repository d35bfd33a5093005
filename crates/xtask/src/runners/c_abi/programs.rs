//! Compiles the programs of `crates/ffi/tests/c`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};
use crate::setup;

pub(super) const CLANG: &str = setup::CLANG;
pub(super) const CLANGXX: &str = "clang++-16";
const STRICT: &[&str] = &["-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const SUPPORT: &[&str] = &["harness.c", "support.c"];

/// Where they come from and where they go.
pub(in crate::runners) struct Programs {
    include: PathBuf,
    sources: PathBuf,
    pub(super) folder: PathBuf,
}

/// Whether clang finds its sanitizers, which are a package of their own.
pub(super) fn has_sanitizers() -> bool {
    let mut ask = Command::new(CLANG);
    let file = process::capture(ask.args(["-print-file-name=libclang_rt.asan-x86_64.a"])).unwrap_or_default();
    let here = process::capture(Command::new(CLANG).args(["-print-file-name=libclang_rt.asan.a"])).unwrap_or_default();
    [file, here].iter().any(|file| Path::new(file.trim()).is_absolute())
}

impl Programs {
    pub(super) fn new(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target()?.join("c-abi");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { include: workspace.path("include"), sources: workspace.path("crates/ffi/tests/c"), folder })
    }

    /// Programs that see the header as it is installed.
    pub(in crate::runners) fn of_package(workspace: &Workspace, package: &Path, folder: &Path) -> Self {
        let sources = workspace.path("crates/ffi/tests/c");
        Self { include: package.join("include"), sources, folder: folder.to_owned() }
    }

    /// Puts a library under the name that programs look for, in a folder of its own.
    pub(super) fn take_library(&self, built: &Path, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let library = folder.join("libmatchport.so");
        fs::copy(built, &library).with_context(|| format!("cannot copy {}", built.display()))?;
        Ok(library)
    }

    /// Compiles a file that holds nothing but the header.
    pub(super) fn header(&self, compiler: &str, language: &str, standard: &str) -> Result<()> {
        let file = self.folder.join(format!("header.{}", language.replace('+', "p")));
        fs::write(&file, "#include <matchport.h>\n#include <matchport.h>\nint main(void) { return 0; }\n")?;
        let mut command = Command::new(compiler);
        command.args(STRICT).args([format!("-std={standard}"), format!("-x{language}"), "-fsyntax-only".to_owned()]);
        process::run(command.arg("-I").arg(&self.include).arg(&file))
    }

    pub(in crate::runners) fn suite(&self, compiler: &str, flags: &[&str], library: &Path) -> Result<PathBuf> {
        let files = ["host.c", "hostile.c", "texts.c", "built_in.c", "sockets.c", "suite.c"];
        self.compile("suite", compiler, flags, &[SUPPORT, &files].concat(), Some(library))
    }

    pub(super) fn planted(&self, compiler: &str, flags: &[&str], library: &Path) -> Result<PathBuf> {
        self.compile("planted", compiler, flags, &[SUPPORT, &["planted.c"]].concat(), Some(library))
    }

    /// Compiles the inside of a main function.
    pub(super) fn example(&self, compiler: &str, body: &str, library: &Path) -> Result<PathBuf> {
        let file = self.folder.join("readme.c");
        let program = format!("#include <matchport.h>\n#include <stdio.h>\n\nint main(void) {{\n{body}}}\n");
        fs::write(&file, program).with_context(|| format!("cannot write {}", file.display()))?;
        let file = file.to_str().context("the target folder's name is not UTF-8")?;
        self.compile("readme", compiler, &[], &[file], Some(library))
    }

    /// Loads the library itself, and so is linked with nothing.
    pub(in crate::runners) fn loader(&self, compiler: &str) -> Result<PathBuf> {
        self.compile("loader", compiler, &[], &["loader.c"], None)
    }

    fn compile(
        &self,
        name: &str,
        compiler: &str,
        flags: &[&str],
        files: &[&str],
        library: Option<&Path>,
    ) -> Result<PathBuf> {
        let is_sanitized = flags.iter().any(|flag| flag.starts_with("-fsanitize"));
        let program = self.folder.join(format!("{name}-{compiler}{}", if is_sanitized { "-sanitized" } else { "" }));
        let mut command = Command::new(compiler);
        command.args(["-std=c11", "-D_GNU_SOURCE", "-pthread"]).args(STRICT);
        command.arg("-I").arg(&self.include).arg("-I").arg(&self.sources).arg("-o").arg(&program);
        command.args(files.iter().map(|file| self.sources.join(file)));
        match library.map(|library| (library, library.parent())) {
            Some((library, Some(folder))) => {
                command.arg(library).arg(format!("-Wl,-rpath,{}", folder.display()));
            }
            Some((library, None)) => bail!("{} is in no folder", library.display()),
            None => {
                command.arg("-ldl");
            }
        }
        process::run(command.args(flags))?;
        Ok(program)
    }
}
