//! `allocate` and `resume`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Connection;

/// `allocate`.
#[derive(Debug, Args)]
pub(crate) struct AllocateArgs {
    /// Application name of the game server
    #[arg(long)]
    pub(crate) image: String,
    /// A player of the match with the latencies it measured in ms; repeat it for each player. The latencies follow the
    /// last colon, so an id may hold colons of its own. A location given twice has two samples. An id alone (without
    /// latencies) is fine; one that holds both ':' and '=' has to be written as
    /// '{"id": "...", "latencies": {"eu-west-1": [23]}}'
    #[arg(long = "player", value_name = "ID:LOCATION=MS,...", allow_hyphen_values = true)]
    pub(crate) players: Vec<String>,
    /// Location to choose from, best first; repeat it for several [default: all that offer the image]
    #[arg(long = "location", value_name = "LOCATION")]
    pub(crate) locations: Vec<String>,
    /// The match's own id: whoever allocates for the same one gets the same server
    #[arg(long, value_name = "ID", conflicts_with = "session_id")]
    pub(crate) match_id: Option<String>,
    /// Id of the session, instead of a random one
    #[arg(long, value_name = "ID")]
    pub(crate) session_id: Option<String>,

    /// Environment of the game server; K alone takes the value from the environment of this command
    #[arg(long, value_name = "K=V", allow_hyphen_values = true, help_heading = "Game server")]
    pub(crate) env: Vec<String>,
    /// Argument of the game server
    #[arg(long = "arg", value_name = "A", allow_hyphen_values = true, help_heading = "Game server")]
    pub(crate) args: Vec<String>,
    /// Metadata, fixed for the life of the session
    #[arg(long = "label", value_name = "K=V", allow_hyphen_values = true, help_heading = "Game server")]
    pub(crate) labels: Vec<String>,
    /// Image tag [default: the one of highest priority]
    #[arg(long, value_name = "TAG", help_heading = "Game server")]
    pub(crate) version: Option<String>,
    /// The service ends the session after this time, 1s to 720h: 3600, 90s, 1h, 2h30m
    #[arg(long, value_name = "TIME", default_value = "1h", help_heading = "Game server")]
    pub(crate) ttl: String,
    /// Send no ttl: a session that is forgotten lives, and costs, for ever
    #[arg(long, conflicts_with = "ttl", help_heading = "Game server")]
    pub(crate) no_ttl: bool,
    /// Restart the game server when it fails
    #[arg(long, help_heading = "Game server")]
    pub(crate) restart: bool,
    /// Your own reference
    #[arg(long, value_name = "REFERENCE", help_heading = "Game server")]
    pub(crate) external_id: Option<String>,

    /// Leave out locations where a player has more than this
    #[arg(long, allow_negative_numbers = true, value_name = "MS", help_heading = "Placement")]
    pub(crate) max_latency: Option<f32>,
    /// Let --max-latency grow by this much for each second of waiting
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "MS_PER_SECOND",
        requires = "max_latency",
        help_heading = "Placement"
    )]
    pub(crate) relax: Option<f32>,
    /// Where a growing --max-latency stops
    #[arg(long, allow_negative_numbers = true, value_name = "MS", requires = "relax", help_heading = "Placement")]
    pub(crate) relax_up_to: Option<f32>,
    /// How long the match has been waiting already, for --relax: 20s
    #[arg(long, value_name = "TIME", default_value = "0s", help_heading = "Placement")]
    pub(crate) waited: String,
    /// What a player without a sample for a location means: leave-out the location, ignore the player there, or assume
    /// this many ms
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "leave-out|ignore|MS",
        default_value = "leave-out",
        help_heading = "Placement"
    )]
    pub(crate) missing_sample: String,
    /// Which of several samples counts
    #[arg(long, value_enum, default_value_t = FigureChoice::Median, help_heading = "Placement")]
    pub(crate) figure: FigureChoice,
    /// Weight of the worst-off player against the mean of all, 0 to 1
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "WEIGHT",
        default_value_t = 0.5,
        help_heading = "Placement"
    )]
    pub(crate) worst_weight: f32,

    /// How long to try, up to 24h; making sure that nothing is left may take 30s more
    #[arg(long, value_name = "TIME", default_value = "90s", help_heading = "Waiting")]
    pub(crate) deadline: String,
    /// When it is done: as soon as players can join, or as soon as there is an address
    #[arg(long, value_enum, default_value_t = WaitChoice::Running, help_heading = "Waiting")]
    pub(crate) wait: WaitChoice,
    /// Fail at once when every location is full, instead of waiting for one
    #[arg(long, help_heading = "Waiting")]
    pub(crate) fail_when_full: bool,
    /// Keep the ticket in FILE from before the first request on, so that `matchport resume FILE` can go on whatever
    /// happens to this command. FILE must not be there yet; it is removed once nothing is left to settle
    #[arg(long, value_name = "FILE", help_heading = "Waiting")]
    pub(crate) ticket: Option<PathBuf>,
    /// Put the values of --env into the ticket, so that it can be resumed without them
    #[arg(long, help_heading = "Waiting")]
    pub(crate) env_in_ticket: bool,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// File with the ticket, or - for stdin
    #[arg(value_name = "TICKET")]
    pub(crate) ticket: PathBuf,
    /// Don't go on: make sure that no server is left
    #[arg(long)]
    pub(crate) settle: bool,
    /// Environment of the game server, the same as before; needed unless it is in the ticket. K alone takes the value
    /// from the environment of this command
    #[arg(long, value_name = "K=V", allow_hyphen_values = true)]
    pub(crate) env: Vec<String>,
    /// How long to try [default: what the ticket has left]
    #[arg(long, value_name = "TIME")]
    pub(crate) deadline: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Which of several samples counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureChoice {
    Median,
    Min,
}

/// When an allocation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitChoice {
    Running,
    Allocated,
}
