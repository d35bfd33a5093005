//! What libmatchport costs a C program, and a C# one: empty calls, an allocation, the first request, the size of its files, its
//! memory. Measured on the library as it is installed (`cargo xtask dist`), which is built first.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a bench that calls what it has compiled itself")]

mod calls;
mod requests;
mod tools;

use std::path::Path;
use std::process::Command;

use matchport_testkit::measure::{Report, is_wanted};
use tools::{Folders, cargo};

const KB: f64 = 1000.0;
/// How many operations `memory.c` has in flight.
const OPERATIONS: f64 = 1000.0;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let whole = dist(&root, &[]);
    let host_only = dist(&root, &["--host-transport-only"]);
    let folders = Folders::new(root, whole, host_only);
    sizes(&folders);
    calls::from_c(&folders);
    calls::from_mono(&folders);
    requests::allocations(&folders);
    requests::first(&folders);
    memory(&folders);
}

/// Builds the library as it is installed.
fn dist(root: &Path, options: &[&str]) -> std::path::PathBuf {
    let mut command = cargo(root);
    command.args(["run", "--quiet", "--package", "xtask", "--", "dist"]).args(options);
    let text = tools::output(&mut command);
    let folder = text.lines().find_map(|line| line.strip_prefix("dist: ")).expect("dist names its folder");
    folder.into()
}

fn sizes(folders: &Folders) {
    for (name, library, limit_kb) in [
        ("shared library without the built-in transport, kB of 450", folders.host_only(), 450.0),
        ("shared library with the built-in transport, kB of 2700", folders.whole(), 2700.0),
    ] {
        if is_wanted(name) {
            let size = std::fs::metadata(library).expect("the library").len() as f64 / KB;
            Report::at_most(1.0, "c_abi", name, size / limit_kb).samples(1).detail("kb", size).print();
        }
    }
}

fn memory(folders: &Folders) {
    let program = folders.program("memory", &["memory.c"], &["-D_GNU_SOURCE", "-ldl"]);
    for (transport, library) in [("host", folders.host_only()), ("built-in", folders.whole())] {
        let name = format!("idle client with the {transport} transport, kB of 2500");
        let text = tools::output(Command::new(&program).arg(library).arg(transport));
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
