//! The built-in game server as a program of its own. All of it is in `matchport_emulator::demo_server`.

use std::process::ExitCode;

fn main() -> ExitCode {
    matchport_emulator::demo_server::run()
}
