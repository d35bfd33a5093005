//! What libmatchport costs a C program: an empty call, the size of its files, its memory. Measured on the library as it is
//! installed (`cargo xtask dist`), which is built first.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a bench that calls what it has compiled itself")]

use std::ffi::{CString, OsStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

use matchport_testkit::measure::{Plan, Report, is_wanted};

/// Calls in one sample.
const CALLS: usize = 1_000_000;
const KB: f64 = 1000.0;
/// How many operations `memory.c` has in flight.
const OPERATIONS: f64 = 1000.0;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let whole = dist(&root, &[]);
    let host_only = dist(&root, &["--host-transport-only"]);
    sizes(&host_only, &whole);
    let folder = whole.join("bench");
    std::fs::create_dir_all(&folder).expect("a folder for the bench");
    empty_call(&root, &whole.join("lib/libmatchport.so"), &folder);
    memory(&root, &host_only, &whole, &folder);
}

/// Builds the library as it is installed.
fn dist(root: &Path, options: &[&str]) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--package", "xtask", "--", "dist"]).args(options).current_dir(root);
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let folder = text.lines().find_map(|line| line.strip_prefix("dist: ")).expect("dist names its folder");
    PathBuf::from(folder)
}

fn sizes(host_only: &Path, whole: &Path) {
    for (name, folder, limit_kb) in [
        ("shared library without the built-in transport, kB of 450", host_only, 450.0),
        ("shared library with the built-in transport, kB of 2700", whole, 2700.0),
    ] {
        if is_wanted(name) {
            let size = std::fs::metadata(folder.join("lib/libmatchport.so")).expect("the library").len() as f64 / KB;
            Report::at_most(1.0, "c_abi", name, size / limit_kb).samples(1).detail("kb", size).print();
        }
    }
}

fn empty_call(root: &Path, library: &Path, folder: &Path) {
    let name = "empty next_event from C against an empty call into a shared library";
    if !is_wanted(name) {
        return;
    }
    let benches = root.join("crates/ffi/benches");
    let empty = folder.join("libmatchport_bench_empty.so");
    let calls = folder.join("libmatchport_bench_calls.so");
    compile(&[
        benches.join("empty.c").as_os_str(),
        "-shared".as_ref(),
        "-fPIC".as_ref(),
        "-o".as_ref(),
        empty.as_ref(),
    ]);
    let include = root.join("include");
    compile(&[
        benches.join("calls.c").as_os_str(),
        "-shared".as_ref(),
        "-fPIC".as_ref(),
        "-I".as_ref(),
        include.as_ref(),
        "-o".as_ref(),
        calls.as_ref(),
        empty.as_ref(),
        library.as_os_str(),
        format!("-Wl,-rpath,{}:{}", folder.display(), library.parent().expect("a folder").display()).as_ref(),
    ]);
    let calls = Library::open(&calls);
    let library = Library::open(library);
    let client = client(&library);
    let loop_empty: extern "C" fn(usize) = unsafe { calls.function("loop_empty") };
    let loop_next_event: extern "C" fn(*mut c_void, usize) = unsafe { calls.function("loop_next_event") };
    let comparison = Plan::new()
        .variant("empty", || loop_empty(CALLS))
        .variant("next_event", || loop_next_event(client, CALLS))
        .run();
    let nanoseconds = |variant| comparison.median_time(variant).as_secs_f64() * 1e9 / CALLS as f64;
    Report::at_most(2.5, "c_abi", name, comparison.time_ratio("next_event", "empty"))
        .samples(comparison.rounds())
        .detail("empty_ns", nanoseconds("empty"))
        .detail("next_event_ns", nanoseconds("next_event"))
        .print();
}

fn memory(root: &Path, host_only: &Path, whole: &Path, folder: &Path) {
    let program = folder.join("memory");
    let include = root.join("include");
    compile(&[
        root.join("crates/ffi/benches/memory.c").as_os_str(),
        "-D_GNU_SOURCE".as_ref(),
        "-I".as_ref(),
        include.as_ref(),
        "-o".as_ref(),
        program.as_ref(),
        "-ldl".as_ref(),
    ]);
    for (transport, folder) in [("host", host_only), ("built-in", whole)] {
        let name = format!("idle client with the {transport} transport, kB of 2500");
        let output = Command::new(&program).arg(folder.join("lib/libmatchport.so")).arg(transport).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [before, idle, busy] = numbers[..] else { panic!("memory printed {text:?}") };
        if is_wanted(&name) {
            let report = Report::at_most(1.0, "c_abi", &name, idle / 2500.0).samples(1);
            report.detail("kb", idle).detail("without_kb", before).print();
        }
        let name = "operation in flight, kB of 4";
        if transport == "host" && is_wanted(name) {
            let each = busy / OPERATIONS;
            Report::at_most(1.0, "c_abi", name, each / 4.0).samples(1).detail("kb", each).print();
        }
    }
}

fn compile(arguments: &[&OsStr]) {
    let status = Command::new("gcc").args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]).args(arguments).status();
    assert!(status.expect("gcc starts").success());
}

/// A client with the host transport, which has nothing to say.
fn client(library: &Library) -> *mut c_void {
    let str_of: extern "C" fn(*const c_char) -> Text = unsafe { library.function("matchport_str") };
    let init: extern "C" fn(*mut u64, usize) -> c_int = unsafe { library.function("matchport_client_options_init") };
    let new: extern "C" fn(*const u64, *mut *mut c_void, *mut c_char, usize) -> c_int =
        unsafe { library.function("matchport_client_new") };
    // The members up to the token are all that an older program would have: size, transport, environment, token.
    let mut options = [0_u64; 5];
    assert_eq!(init(options.as_mut_ptr(), size_of_val(&options)), 0);
    for (at, text) in [(1, c"sandbox"), (3, c"t")] {
        let view = str_of(text.as_ptr());
        (options[at], options[at + 1]) = (view.data.addr() as u64, view.length as u64);
    }
    let mut client = std::ptr::null_mut();
    assert_eq!(new(options.as_ptr(), &raw mut client, std::ptr::null_mut(), 0), 0);
    client
}

/// A `matchport_string`.
#[repr(C)]
struct Text {
    data: *const c_char,
    length: usize,
}

struct Library(*mut c_void);

impl Library {
    fn open(path: &Path) -> Self {
        let name = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        assert!(!library.is_null(), "cannot load {}", path.display());
        Self(library)
    }

    /// The function of that name, which must be of the type that is asked for.
    unsafe fn function<T: Copy>(&self, name: &str) -> T {
        let name = CString::new(name).expect("no NUL");
        let symbol = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!symbol.is_null(), "{name:?} is missing");
        unsafe { std::mem::transmute_copy(&symbol) }
    }
}
