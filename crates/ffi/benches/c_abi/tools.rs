//! Compiling C beside the bench, loading what came of it, and running programs.

use std::ffi::{CString, OsStr, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things come from and where they go.
pub(crate) struct Folders {
    pub(crate) root: PathBuf,
    whole: PathBuf,
    host_only: PathBuf,
    /// For what the bench makes.
    pub(crate) made: PathBuf,
}

impl Folders {
    pub(crate) fn new(root: PathBuf, whole: PathBuf, host_only: PathBuf) -> Self {
        let made = whole.join("bench");
        std::fs::create_dir_all(&made).expect("a folder for the bench");
        Self { root, whole, host_only, made }
    }

    /// The library with both transports.
    pub(crate) fn whole(&self) -> PathBuf {
        self.whole.join("lib/libmatchport.so")
    }

    /// The library without the built-in transport.
    pub(crate) fn host_only(&self) -> PathBuf {
        self.host_only.join("lib/libmatchport.so")
    }

    pub(crate) fn source(&self, name: &str) -> PathBuf {
        self.root.join("crates/ffi/benches/c_abi").join(name)
    }

    /// Compiles a program that loads the library by itself.
    pub(crate) fn program(&self, name: &str, sources: &[&str], flags: &[&str]) -> PathBuf {
        let program = self.made.join(name);
        self.compile(sources, flags, &[], &program);
        program
    }

    /// Compiles a shared library that is linked with others.
    pub(crate) fn library(&self, name: &str, sources: &[&str], flags: &[&str], libraries: &[&Path]) -> PathBuf {
        let library = self.made.join(format!("lib{name}.so"));
        self.compile(sources, &[&["-shared", "-fPIC"], flags].concat(), libraries, &library);
        library
    }

    fn compile(&self, sources: &[&str], flags: &[&str], libraries: &[&Path], output: &Path) {
        let mut gcc = Command::new("gcc");
        gcc.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"]).arg(self.root.join("include"));
        gcc.args(sources.iter().map(|source| self.source(source))).args(libraries).arg("-o").arg(output).args(flags);
        for folder in libraries.iter().filter_map(|library| library.parent()) {
            gcc.arg(format!("-Wl,-rpath,{}", folder.display()));
        }
        assert!(gcc.status().expect("gcc starts").success());
    }
}

pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs a program that must go well, and gives what it printed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether there is such a program.
pub(crate) fn is_there(program: impl AsRef<OsStr>) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

pub(crate) struct Library(*mut c_void);

impl Library {
    pub(crate) fn open(path: &Path) -> Self {
        let name = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        assert!(!library.is_null(), "cannot load {}", path.display());
        Self(library)
    }

    /// The function of that name, which must be of the type that is asked for.
    pub(crate) unsafe fn function<T: Copy>(&self, name: &str) -> T {
        let name = CString::new(name).expect("no NUL");
        let symbol = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!symbol.is_null(), "{name:?} is missing");
        unsafe { std::mem::transmute_copy(&symbol) }
    }
}
