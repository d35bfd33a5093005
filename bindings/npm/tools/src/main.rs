//! The two steps between rustc and JavaScript: `bind IN.wasm OUT_DIR` writes the module and its glue, and as cargo's
//! runner for wasm32 (`test-runner TEST.wasm [FILTER]`) it runs tests in Node. Nothing is decided here.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args: Vec<OsString> = env::args_os().collect();
    if args.len() < 2 {
        bail!("usage: bind IN.wasm OUT_DIR | test-runner TEST.wasm [FILTER]...");
    }
    match args.remove(1).to_str() {
        Some("bind") => match &args[1..] {
            [input, output] => bind(input.into(), output.into()),
            _ => bail!("usage: bind IN.wasm OUT_DIR"),
        },
        Some("test-runner") => wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args),
        _ => bail!("the first argument is `bind` or `test-runner`"),
    }
}

/// The glue for bundlers: a module of functions that are given the instance, and never ask for one.
fn bind(input: PathBuf, output: PathBuf) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&input).out_name("matchport").bundler(true).context("the bundler's glue")?;
    bindgen.typescript(false).remove_producers_section(true).remove_name_section(true);
    bindgen.generate(&output).with_context(|| format!("cannot bind {}", input.display()))
}
