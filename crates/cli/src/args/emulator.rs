//! `emulator` and what stands below it: its configuration, and faults of one that runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, examples};

/// `emulator`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_value_name = "COMMAND")]
pub(crate) struct EmulatorArgs {
    #[command(subcommand)]
    pub(crate) command: Option<EmulatorCommand>,
    /// Where to listen; port 0 is any that is free. An address that others can reach needs a --token
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4242")]
    pub(crate) listen: SocketAddr,
    /// Token that may do everything; repeat it for several [default: local]
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: Vec<String>,
    /// Configuration (TOML): locations with capacity, images, tokens with permissions, quota, port range
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the folders of sessions go and stay [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// File that holds the address as soon as requests are answered, and is gone before and after
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Write a line for each request to stderr, as text or as one JSON object a line
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What to do other than running it.
#[derive(Debug, Subcommand)]
pub(crate) enum EmulatorCommand {
    /// Write a configuration that holds every setting, with what it means
    #[command(after_help = examples::EMULATOR_INIT)]
    Init {
        /// The file
        #[arg(default_value = "emulator.toml")]
        file: PathBuf,
        /// Overwrite it if it is there
        #[arg(long)]
        force: bool,
    },
    /// Check a configuration: names every mistake with its line
    #[command(after_help = examples::EMULATOR_CHECK)]
    Check {
        /// The file
        file: PathBuf,
    },
    /// Make things go wrong on purpose in an emulator that runs
    #[command(after_help = examples::EMULATOR_FAULT)]
    Fault {
        #[command(subcommand)]
        command: FaultCommand,
    },
}

/// What to do with faults.
#[derive(Debug, Subcommand)]
pub(crate) enum FaultCommand {
    /// Add a fault behind all others, and print its id
    Add(Box<AddFaultArgs>),
    /// List the faults, and how often each happened
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Remove a fault, or all of them
    Remove {
        /// Id of the fault, as `list` prints it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<u64>,
        /// All of them
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

/// `emulator fault add`. What the values mean is judged by the emulator.
#[derive(Debug, Args)]
pub(crate) struct AddFaultArgs {
    /// Operation that is meant: start, list, describe, stop, join, leave, locations, tag, logs or artifacts; repeat it for
    /// several [default: all]
    #[arg(long = "operation", value_name = "OPERATION", help_heading = "Which calls")]
    pub(crate) operations: Vec<String>,
    /// Only calls about this location, or a session in it
    #[arg(long, help_heading = "Which calls")]
    pub(crate) location: Option<String>,
    /// The share of those calls, above 0 and at most 1
    #[arg(long, help_heading = "Which calls")]
    pub(crate) share: Option<f64>,
    /// Decides which calls fall under the share
    #[arg(long, value_name = "N", help_heading = "Which calls")]
    pub(crate) seed: Option<u64>,
    /// How often it happens at most [default: without end]
    #[arg(long, value_name = "N", help_heading = "Which calls")]
    pub(crate) count: Option<u64>,

    /// The call is held for so long before anything else: 500ms, 2s
    #[arg(long, value_name = "TIME", help_heading = "What happens")]
    pub(crate) delay: Option<String>,
    /// This status, with the usual body of an error; with --garbage, that of the page
    #[arg(long, help_heading = "What happens")]
    pub(crate) status: Option<u16>,
    /// The connection is closed without an answer
    #[arg(long, help_heading = "What happens")]
    pub(crate) cut: bool,
    /// A page of HTML instead of JSON
    #[arg(long, help_heading = "What happens")]
    pub(crate) garbage: bool,
    /// No room in the location: 420, for starts only
    #[arg(long, help_heading = "What happens")]
    pub(crate) full: bool,
    /// The call takes effect first, and only its answer is lost or replaced
    #[arg(long, help_heading = "What happens")]
    pub(crate) after: bool,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl EmulatorArgs {
    pub(super) fn connection_mut(&mut self) -> Option<&mut Connection> {
        match self.command.as_mut()? {
            EmulatorCommand::Init { .. } | EmulatorCommand::Check { .. } => None,
            EmulatorCommand::Fault { command } => Some(match command {
                FaultCommand::Add(args) => &mut args.connection,
                FaultCommand::List { connection } | FaultCommand::Remove { connection, .. } => connection,
            }),
        }
    }
}
