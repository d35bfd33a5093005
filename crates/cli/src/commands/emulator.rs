//! `matchport emulator`: the local Session API in the foreground, until Ctrl-C or SIGTERM.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use matchport_emulator::{Config, Emulator, StartError};
use owo_colors::OwoColorize;
use serde_json::json;

use super::configuration::{read, with_mistakes};
use crate::args::EmulatorArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::interrupt::Interrupts;
use crate::output::Output;

/// Where `--environment local` looks.
const DEFAULT_PORT: u16 = 4242;

/// Runs it until a signal comes; a second one ends it at once.
pub(crate) async fn run(args: EmulatorArgs, output: Output) -> Result<ExitCode, Fault> {
    let mut interrupts = Interrupts::listen()?;
    if let Err(error) = matchport_emulator::allow_many_files() {
        output.note(&format!("the limit of open files stays as it is, and with it that of connections: {error}"));
    }
    let config = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
    let summary = Summary::of(&config, &args);
    let mut builder = Emulator::builder(config).listen(args.listen).tokens(args.token);
    if let Some(folder) = args.data_dir {
        builder = builder.data_dir(folder);
    }
    if let Some(file) = args.ready_file {
        builder = builder.ready_file(file);
    }
    let emulator = builder.demo_server(game_server()?).start().await.map_err(not_started)?;
    // Whoever started it may read the ready file alone: that is no reason not to serve.
    let _ = summary.print(&emulator, output);
    interrupts.next().await;
    output.note("ending all game servers; once more to end at once");
    tokio::select! {
        () = emulator.shutdown() => Ok(ExitCode::SUCCESS),
        () = interrupts.next() => Ok(Exit::Interrupted.into()),
    }
}

/// The command line of the built-in game server: this program.
pub(crate) fn game_server() -> Result<Vec<OsString>, Fault> {
    let program = std::env::current_exe()
        .map_err(|error| Fault::system("can't find this program, which is the game server too", &error))?;
    Ok(vec![program.into_os_string(), super::GAME_SERVER.into()])
}

/// Why there is no emulator, and what to do.
pub(crate) fn not_started(error: StartError) -> Fault {
    match error {
        StartError::AddressNeedsToken(_) => Fault::wrong_use(error.to_string()),
        // Mistakes that show only together with the options, such as a token that can't be one.
        StartError::Config(errors) => with_mistakes(&errors, "the options"),
        error => Fault::local("emulator", "can't start the emulator", error.to_string()),
    }
}

/// What there is to say about an emulator once it listens.
struct Summary {
    locations: Vec<String>,
    images: Vec<String>,
    has_default_token: bool,
    data: Option<String>,
}

impl Summary {
    fn of(config: &Config, args: &EmulatorArgs) -> Self {
        let locations = config.locations.iter().map(|location| match location.capacity {
            None => location.id.clone(),
            Some(0) => format!("{} (always full)", location.id),
            Some(capacity) => format!("{} (up to {capacity})", location.id),
        });
        let images = config.images.iter().map(|image| {
            let ports = image.ports.iter().map(|port| format!("{}/{}", port.container, port.protocol.name()));
            format!("{} ({})", image.name, ports.collect::<Vec<_>>().join(", "))
        });
        Self {
            locations: locations.collect(),
            images: images.collect(),
            has_default_token: config.tokens.is_empty() && args.token.is_empty(),
            data: args.data_dir.as_ref().map(|folder| folder.display().to_string()),
        }
    }

    fn print(&self, emulator: &Emulator, output: Output) -> io::Result<()> {
        let base_url = emulator.base_url();
        if output.is_json() {
            let token = if self.has_default_token { "local" } else { "as given" };
            let document =
                json!({ "base_url": base_url, "token": token, "locations": self.locations, "images": self.images });
            return output.json(&document);
        }
        let token = match self.has_default_token {
            true => "local: the default, since only this machine can reach the address",
            false => "as given with --token or in the configuration",
        };
        let dashboard = format!("{}/ (in a browser on this machine)", reachable(emulator));
        let data = self.data.as_deref().unwrap_or("a temporary folder, removed at the end");
        let mut text = format!("{} {}\n\n", "The emulator is listening on".bold(), base_url.green().bold());
        for (name, value) in [
            ("dashboard", dashboard.as_str()),
            ("token", token),
            ("locations", &self.locations.join(", ")),
            ("images", &self.images.join(", ")),
            ("data", data),
        ] {
            text.push_str(&format!("  {}{value}\n", format!("{name:<11}").dimmed()));
        }
        text.push_str(&format!("\n{}\n", "Try it from another terminal".bold()));
        for command in self.commands(emulator) {
            text.push_str(&format!("  {command}\n"));
        }
        text.push_str("\nCtrl-C ends all game servers and the emulator.");
        output.text(&text)
    }

    /// Commands to copy that work as they stand.
    fn commands(&self, emulator: &Emulator) -> Vec<String> {
        let address = emulator.address();
        let is_default = address.ip().is_loopback() && address.port() == DEFAULT_PORT;
        let base_url = reachable(emulator);
        let to = if is_default { String::new() } else { format!(" --base-url {base_url}") };
        let (set, token) = match self.has_default_token {
            true => (None, "local"),
            false => (Some("export MATCHPORT_TOKEN=...   # the token".to_owned()), "$MATCHPORT_TOKEN"),
        };
        let image = self.images.first().and_then(|image| image.split(' ').next()).unwrap_or("demo");
        let api = [
            format!("matchport allocate --image {image}{to}"),
            format!("matchport sessions{to}"),
            format!("curl -H \"Authorization: Bearer {token}\" {base_url}/available-location/{image}"),
        ];
        set.into_iter().chain(api).collect()
    }
}

/// The base address, where one can connect to it: an address that means all of them is none.
fn reachable(emulator: &Emulator) -> String {
    let address = emulator.address();
    match address.ip().is_unspecified() {
        true => format!("http://127.0.0.1:{}", address.port()),
        false => emulator.base_url(),
    }
}
