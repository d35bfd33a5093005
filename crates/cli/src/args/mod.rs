//! The command line as clap reads it: every command, option and help text. What an option's text means is worked out
//! in `values` and `player`; nothing here does anything.
//!
//! Options whose value may be a secret (`--token`, `--env`, `--base-url` with a password in it) are taken as plain text:
//! a value parser of clap's would repeat the value in its error.

mod allocate;
mod emulator;
mod examples;
pub(crate) mod player;
mod sessions;
pub(crate) mod values;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use allocate::{AllocateArgs, FigureChoice, ResumeArgs, WaitChoice};
pub(crate) use emulator::{AddFaultArgs, EmulatorArgs, EmulatorCommand, FaultCommand, LogFormat};
pub(crate) use sessions::{
    ArtifactsArgs, BackfillArgs, DescribeArgs, JoinArgs, LeaveArgs, LogsArgs, PreferChoice, SessionsArgs, StopArgs,
};

/// Gets a match onto a dedicated game server, once and only once.
#[derive(Debug, Parser)]
#[command(
    name = "matchport",
    bin_name = "matchport",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = examples::PROGRAM
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) display: Display,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the API is, and who asks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of the API, such as https://api.example.com; no path
    #[arg(long, value_name = "URL", conflicts_with = "environment")]
    pub(crate) base_url: Option<String>,
    /// Published address of the API; local is http://127.0.0.1:4242, where `matchport emulator` listens [default: local]
    #[arg(long, value_enum, hide_possible_values = false)]
    pub(crate) environment: Option<EnvironmentName>,
    /// API token. Better given in the environment: others can see a command line [env: MATCHPORT_TOKEN, GAMEYE_API_TOKEN]
    /// [default: `local` for an address of this machine]
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
    /// Let the token go unencrypted to another machine
    #[arg(long)]
    pub(crate) allow_plain_http: bool,
}

/// The published addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvironmentName {
    Sandbox,
    Production,
    Local,
}

/// How things are shown.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Display {
    /// What stdout gets: text for people, or one JSON document for programs
    #[arg(long, value_enum, global = true, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Colour; auto is on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, global = true, default_value_t = ColorWhen::Auto)]
    pub(crate) color: ColorWhen,
    /// Say on stderr what goes on inside; twice for every detail
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What stdout gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
}

/// When there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole way of a match: emulator, placement, a real game server, players over UDP, the end
    #[command(after_help = examples::DEMO)]
    Demo,
    /// Run the local Session API, which starts real game server processes
    #[command(after_help = examples::EMULATOR)]
    Emulator(Box<EmulatorArgs>),
    /// List the locations that offer an image, with the addresses to ping
    #[command(after_help = examples::LOCATIONS)]
    Locations(ImageArgs),
    /// Measure the latency from here to each location
    #[command(after_help = examples::PING)]
    Ping(PingArgs),
    /// Get a game server for a match: choose the location, start it once, wait until it can be joined
    #[command(after_help = examples::ALLOCATE)]
    Allocate(Box<AllocateArgs>),
    /// Go on with an allocation from its ticket, or make sure that nothing of it is left
    #[command(after_help = examples::RESUME)]
    Resume(ResumeArgs),
    /// List sessions
    #[command(after_help = examples::SESSIONS)]
    Sessions(SessionsArgs),
    /// Show one session with its players
    #[command(after_help = examples::DESCRIBE)]
    Describe(DescribeArgs),
    /// Put players into a running session with open slots
    #[command(after_help = examples::BACKFILL)]
    Backfill(BackfillArgs),
    /// Add players to the roster of a session
    #[command(after_help = examples::JOIN)]
    Join(JoinArgs),
    /// Take players out of whatever session they are in
    #[command(after_help = examples::LEAVE)]
    Leave(LeaveArgs),
    /// Print what a game server has written
    #[command(after_help = examples::LOGS)]
    Logs(LogsArgs),
    /// Download a file or folder of a session that has ended, as .tar.gz
    #[command(after_help = examples::ARTIFACTS)]
    Artifacts(ArtifactsArgs),
    /// Ask whether a location has a version of an image
    #[command(after_help = examples::TAG)]
    Tag(TagArgs),
    /// End a session: its game server gets SIGTERM and some time to save its state
    #[command(after_help = examples::STOP)]
    Stop(StopArgs),
    /// Print completions for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `locations`.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// Application name of the game server
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `ping`.
#[derive(Debug, Args)]
pub(crate) struct PingArgs {
    /// Application name of the game server
    pub(crate) image: String,
    /// Echo requests to each location, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) samples: u32,
    /// How long to wait for each answer: 500ms, 2s
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) timeout: String,
    /// Time between two requests to the same location
    #[arg(long, value_name = "TIME", default_value = "200ms")]
    pub(crate) interval: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `tag`.
#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// Location, as `matchport locations` names it
    pub(crate) location: String,
    /// Application name of the game server
    pub(crate) image: String,
    /// Image tag
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl Cli {
    /// The command with what was said before it: an address or a token counts there as well as behind it, where it
    /// counts first.
    pub(crate) fn into_command(mut self) -> Command {
        match &mut self.command {
            Command::Emulator(args) if args.command.is_none() => args.token.extend(self.connection.token),
            command => {
                if let Some(connection) = command.connection_mut() {
                    *connection = std::mem::take(connection).or(self.connection);
                }
            }
        }
        self.command
    }
}

impl Command {
    /// How the log is written, if one was asked for.
    pub(crate) fn log_format(&self) -> Option<LogFormat> {
        match self {
            Self::Emulator(args) => args.log_format,
            _ => None,
        }
    }

    fn connection_mut(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Demo | Self::Completions { .. } => None,
            Self::Emulator(args) => args.connection_mut(),
            Self::Locations(args) => Some(&mut args.connection),
            Self::Ping(args) => Some(&mut args.connection),
            Self::Allocate(args) => Some(&mut args.connection),
            Self::Resume(args) => Some(&mut args.connection),
            Self::Sessions(args) => Some(&mut args.connection),
            Self::Describe(args) => Some(&mut args.connection),
            Self::Backfill(args) => Some(&mut args.connection),
            Self::Join(args) => Some(&mut args.connection),
            Self::Leave(args) => Some(&mut args.connection),
            Self::Logs(args) => Some(&mut args.connection),
            Self::Artifacts(args) => Some(&mut args.connection),
            Self::Tag(args) => Some(&mut args.connection),
            Self::Stop(args) => Some(&mut args.connection),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        let program = Cli::command();
        let below = program.get_subcommands().flat_map(clap::Command::get_subcommands);
        for command in program.get_subcommands().chain(below) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:\n  "), "{}", command.get_name());
            // Wrapped by a terminal of 80 columns, a command can't be copied any more.
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{}: {help}", command.get_name());
        }
    }

    #[test]
    fn the_connection_may_stand_before_or_after_the_command() {
        for line in [["matchport", "--token", "t", "sessions"], ["matchport", "sessions", "--token", "t"]] {
            let Command::Sessions(args) = Cli::try_parse_from(line).unwrap().into_command() else { panic!("sessions") };
            assert_eq!(args.connection.token.as_deref(), Some("t"));
        }
        let line = ["matchport", "--token", "a", "emulator", "--token", "b"];
        let Command::Emulator(args) = Cli::try_parse_from(line).unwrap().into_command() else { panic!("emulator") };
        assert_eq!(args.token, ["b", "a"]);
    }

    #[test]
    fn values_that_begin_with_a_hyphen_are_values() {
        let line =
            ["matchport", "allocate", "--image", "i", "--arg", "-nographics", "--arg", "--port", "--env", "-A=-b"];
        let Command::Allocate(args) = Cli::try_parse_from(line).unwrap().command else { panic!("allocate") };
        assert_eq!(args.args, ["-nographics", "--port"]);
        assert_eq!(args.env, ["-A=-b"]);
    }
}
