//! One file a command, or a few that belong together. Each takes its arguments, does one thing, prints it and says how it
//! ended.

mod allocate;
mod configuration;
pub(crate) mod emulator;
mod faults;
mod locations;
mod sessions;
mod streams;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Cli, Command, EmulatorCommand};
use crate::demo;
use crate::fault::Fault;
use crate::output::Output;

/// The first argument with which this program is the built-in game server.
pub(crate) const GAME_SERVER: &str = "game-server";

/// Runs a command in a tokio runtime.
pub(crate) async fn run(cli: Cli, output: Output) -> Result<ExitCode, Fault> {
    match cli.into_command() {
        Command::Demo => demo::run(output).await,
        Command::Emulator(mut args) => match args.command.take() {
            None => emulator::run(*args, output).await,
            Some(EmulatorCommand::Init { file, force }) => configuration::init(&file, force, output),
            Some(EmulatorCommand::Check { file }) => configuration::check(&file, output),
            Some(EmulatorCommand::Fault { command }) => faults::run(command, output).await,
        },
        Command::Locations(args) => locations::locations(args, output).await,
        Command::Ping(args) => locations::ping(args, output).await,
        Command::Allocate(args) => allocate::allocate(*args, output).await,
        Command::Resume(args) => allocate::resume(args, output).await,
        Command::Sessions(args) => sessions::list(args, output).await,
        Command::Describe(args) => sessions::describe(args, output).await,
        Command::Backfill(args) => sessions::backfill(args, output).await,
        Command::Join(args) => sessions::join(args, output).await,
        Command::Leave(args) => sessions::leave(args, output).await,
        Command::Logs(args) => streams::logs(args, output).await,
        Command::Artifacts(args) => streams::artifacts(args, output).await,
        Command::Tag(args) => locations::tag(args, output).await,
        Command::Stop(args) => sessions::stop(args, output).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "matchport", &mut script);
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&script).and_then(|()| stdout.flush())?;
    Ok(ExitCode::SUCCESS)
}

/// Is the built-in game server until SIGTERM. Its first line says which process it is, for whoever wants to see that it
/// is a real one and that it is gone afterwards.
pub(crate) fn game_server() -> ExitCode {
    // Nobody may be reading it, and the game goes on then.
    let _ = writeln!(std::io::stdout(), "game server: process {}", std::process::id());
    matchport_emulator::demo_server::run()
}
