//! The `matchport` program: `args` reads the command line, `commands` does what it says, `demo` is the one that shows
//! everything, `output` prints, `fault` and `exit` say how it ended. No decision about sessions is made here: that is
//! the core's, by way of the client.

mod args;
mod commands;
mod connect;
mod demo;
mod exit;
mod fault;
mod interrupt;
mod log;
mod output;
mod progress;
mod ticket_file;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::fault::Fault;
use crate::output::Output;

fn main() -> ExitCode {
    // The emulator starts this program as its built-in game server: quickly, and with arguments that are none of ours.
    if std::env::args_os().nth(1).is_some_and(|first| first == commands::GAME_SERVER) {
        return commands::game_server();
    }
    let cli = Cli::parse();
    let output = Output::new(&cli.display);
    log::begin(cli.display.verbose, cli.command.log_format());
    match run(cli, output) {
        Ok(code) => code,
        Err(fault) => {
            fault.print(output);
            fault.exit().into()
        }
    }
}

fn run(cli: Cli, output: Output) -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::system("can't start threads", &error))?;
    runtime.block_on(commands::run(cli, output))
}
