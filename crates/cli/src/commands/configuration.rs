//! `matchport emulator init` and `check`: a configuration in a file.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use matchport_emulator::{Config, ConfigErrors};
use serde_json::json;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::Output;

/// `matchport emulator init`.
pub(super) fn init(file: &Path, force: bool, output: Output) -> Result<ExitCode, Fault> {
    let shown = file.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(!force).create(force).truncate(force);
    let written = options.open(file).and_then(|mut file| file.write_all(Config::TEMPLATE.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::wrong_use(format!("{shown} is there already"))
            .next("name another file, or overwrite it with --force"),
        _ => Fault::system(format!("can't write {shown}"), &error),
    })?;
    match output.is_json() {
        true => output.json(&json!({ "file": shown.to_string() }))?,
        false => output.text(&format!("{shown} is written; run it with: matchport emulator --config {shown}"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `matchport emulator check`.
pub(super) fn check(file: &Path, output: Output) -> Result<ExitCode, Fault> {
    let config = read(file)?;
    let (locations, images) = (config.locations.len(), config.images.len());
    match output.is_json() {
        true => output.json(&json!({
            "file": file.display().to_string(),
            "locations": locations,
            "images": images,
            "tokens": config.tokens.len(),
            "faults": config.faults.len(),
        }))?,
        false => output.text(&format!("{}: no mistakes; locations: {locations}, images: {images}", file.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a configuration.
pub(super) fn read(path: &Path) -> Result<Config, Fault> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::system(format!("can't read the configuration {shown}"), &error).exiting(Exit::WrongUse)
    })?;
    Config::parse(&text).map_err(|errors| with_mistakes(&errors, &shown.to_string()))
}

/// Each mistake with `file:line:column`, as editors find them.
pub(super) fn with_mistakes(errors: &ConfigErrors, file: &str) -> Fault {
    errors.iter().fold(Fault::wrong_use("the configuration has mistakes"), |fault, error| {
        let place = match (error.line(), error.column()) {
            (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
            _ => file.to_owned(),
        };
        fault.mistake(&place, error.key(), format!("{}; {}", error.problem(), error.help()))
    })
}
