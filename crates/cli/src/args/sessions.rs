//! The commands about sessions that are there: list, describe, backfill, roster, log, artifacts, stop.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Connection;

/// `sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArgs {
    /// Also those that are not running
    #[arg(long)]
    pub(crate) all: bool,
    /// Of this image
    #[arg(long)]
    pub(crate) image: Option<String>,
    /// In this location
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// Of this image tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// On this host
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// With fewer players than this
    #[arg(long, value_name = "N")]
    pub(crate) players_below: Option<u32>,
    /// With more players than this
    #[arg(long, value_name = "N")]
    pub(crate) players_above: Option<u32>,
    /// Whose label or field has this value; repeat it, and all must hold
    #[arg(long, value_name = "K=V", allow_hyphen_values = true)]
    pub(crate) having: Vec<String>,
    /// Whose label or field has another value
    #[arg(long, value_name = "K=V", allow_hyphen_values = true)]
    pub(crate) not_having: Vec<String>,
    /// Show the values of the game servers' environments too
    #[arg(long)]
    pub(crate) show_env: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `describe`.
#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// Session id
    pub(crate) id: String,
    /// Show the values of the game server's environment too
    #[arg(long)]
    pub(crate) show_env: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `backfill`.
#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// Application name of the game server
    #[arg(long)]
    pub(crate) image: String,
    /// How many players one session takes
    #[arg(long, value_name = "N")]
    pub(crate) capacity: u32,
    /// A player; repeat it for several, who stay together
    #[arg(long = "player", value_name = "ID", required = true, allow_hyphen_values = true)]
    pub(crate) players: Vec<String>,
    /// Location to choose from, best first; repeat it for several [default: any]
    #[arg(long = "location", value_name = "LOCATION")]
    pub(crate) locations: Vec<String>,
    /// Image tag that the session must have
    #[arg(long, value_name = "TAG")]
    pub(crate) version: Option<String>,
    /// Label or field that the session must have; repeat it, and all must hold
    #[arg(long, value_name = "K=V", allow_hyphen_values = true)]
    pub(crate) having: Vec<String>,
    /// Label or field that the session must not have
    #[arg(long, value_name = "K=V", allow_hyphen_values = true)]
    pub(crate) not_having: Vec<String>,
    /// Which of several sessions is best
    #[arg(long, value_enum, default_value_t = PreferChoice::Fullest)]
    pub(crate) prefer: PreferChoice,
    /// How long to try
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(crate) deadline: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Which of several sessions is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreferChoice {
    Fullest,
    Emptiest,
}

/// `join`.
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// Session id
    pub(crate) id: String,
    /// Player ids
    #[arg(required = true, value_name = "PLAYER")]
    pub(crate) players: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `leave`.
#[derive(Debug, Args)]
pub(crate) struct LeaveArgs {
    /// Player ids
    #[arg(required = true, value_name = "PLAYER")]
    pub(crate) players: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Session id
    pub(crate) id: String,
    /// Stay until the session ends
    #[arg(long, short)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `artifacts`.
#[derive(Debug, Args)]
pub(crate) struct ArtifactsArgs {
    /// Session id
    pub(crate) id: String,
    /// Absolute path inside the container; a folder comes whole
    pub(crate) path: String,
    /// Where the .tar.gz goes; - is stdout
    #[arg(long = "out", short = 'o', value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `stop`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// Session id
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
