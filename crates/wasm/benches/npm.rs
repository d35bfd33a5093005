//! The npm package's limits: builds the package, and lets `bindings/npm/tests/bench.mjs` measure it in Node. That prints
//! a line a measurement, as all benches do.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    // Only `cargo bench` measures: cargo starts benches for tests too, without this option.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let steps =
        [(cargo, vec!["xtask", "npm"]), ("node".into(), vec!["bindings/npm/tests/bench.mjs", "target/npm/package"])];
    for (program, arguments) in steps {
        match Command::new(&program).args(&arguments).current_dir(root).status() {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!("{} {} ended with {status}", program.display(), arguments.join(" "));
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("cannot start {}: {error}", program.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
