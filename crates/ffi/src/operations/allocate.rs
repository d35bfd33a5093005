//! Getting a session for a match.

use std::collections::BTreeMap;

use matchport_core::allocation::{AllocateRequest, TtlPolicy, WaitFor, WhenFull};
use matchport_core::engine::Operation;
use matchport_core::model::Ttl;
use matchport_core::placement::{Figure, LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies, Samples};

use super::{begin, session_id};
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{MATCHPORT_MAX_ARRAY_LENGTH, array, matchport_pair, matchport_string, pairs, strings};

/// For ttl_seconds: the session has no end of its own. One that is forgotten lives (and costs) for ever.
pub const MATCHPORT_TTL_UNLIMITED: u64 = u64::MAX;

/// When an allocation is done.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_wait_for {
    /// When the session is running, so that players can join.
    Running = 0,
    /// As soon as the service has answered with an address.
    Allocated = 1,
}

/// What to do when every location is full.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_when_full {
    /// Wait for the first that re-opens, within the deadline.
    Wait = 0,
    /// Fail with NO_CAPACITY.
    Fail = 1,
}

/// Which number stands for several samples of one player for one location.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_figure {
    /// The middle one. A single spike changes nothing.
    Median = 0,
    /// The smallest.
    Min = 1,
}

/// What it means when a player has no sample for a location, but has one for another.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_missing {
    /// The location is left out.
    LeaveOut = 0,
    /// The player does not count for this location.
    Ignore = 1,
    /// The player counts with missing_ms.
    Assume = 2,
}

/// Whether the game server is restarted when it fails.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_restart {
    /// As the service has it.
    Default = 0,
    /// It is.
    Yes = 1,
    /// It is not.
    No = 2,
}

/// One sample. The same location may stand there several times: these are several samples. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_latency {
    /// The location.
    pub location: matchport_string,
    /// What was measured, 0 to 60,000 ms.
    pub milliseconds: f32,
}

/// A player. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_player {
    /// The player's id, 1 to 255 bytes; no two have the same.
    pub id: matchport_string,
    /// What the player measured.
    pub latencies: *const matchport_latency,
    /// How many samples.
    pub latency_count: usize,
}

/// A match that needs a server. Initialise it with matchport_allocate_options_init(), then set the image. All of it is
/// copied before matchport_client_allocate() returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_allocate_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// A matchport_wait_for; RUNNING by default.
    pub wait_for: i32,
    /// The application's name. Must be given.
    pub image: matchport_string,
    /// Locations to choose from, best first where latencies don't decide. Null asks the service for all that offer the
    /// image.
    pub locations: *const matchport_string,
    /// How many locations.
    pub location_count: usize,
    /// The players with their latencies. None: the order of the locations decides.
    pub players: *const matchport_player,
    /// How many players.
    pub player_count: usize,
    /// Latencies as numbers, in place of those of the players: latency_matrix[player * location_count + location], in
    /// milliseconds; NaN is "no sample". Needs players and locations.
    pub latency_matrix: *const f32,
    /// How many numbers: player_count * location_count.
    pub latency_matrix_length: usize,
    /// The match's id in the matchmaker: every matchmaker that allocates for it gets the same session. Must be unique
    /// within the account.
    pub match_id: matchport_string,
    /// The session's id, instead of one derived from the match id or a random one.
    pub session_id: matchport_string,
    /// Environment of the game server; no value may be empty.
    pub env: *const matchport_pair,
    /// How many variables.
    pub env_count: usize,
    /// Metadata, fixed for the session's life.
    pub labels: *const matchport_pair,
    /// How many labels.
    pub label_count: usize,
    /// Command line arguments of the game server; none may be empty.
    pub args: *const matchport_string,
    /// How many arguments.
    pub arg_count: usize,
    /// Image tag; not given, the service takes the one of highest priority.
    pub version: matchport_string,
    /// The caller's own reference.
    pub external_id: matchport_string,
    /// After so many seconds the service ends the session, 1 to 30 days; 3,600 by default. MATCHPORT_TTL_UNLIMITED.
    pub ttl_seconds: u64,
    /// How long the match has been waiting already, in milliseconds; a relaxing latency cap starts from here.
    pub waited_ms: u64,
    /// How long to try, in milliseconds, up to a day; 90,000 by default. Making sure that nothing is left may take
    /// the client's settle_ms more.
    pub deadline_ms: u64,
    /// A matchport_when_full; WAIT by default.
    pub when_full: i32,
    /// A matchport_restart.
    pub restart: i32,
    /// Not 0: put the environment into the ticket, so that it can be resumed without it. Environments hold secrets.
    pub env_in_ticket: i32,
    /// A matchport_figure; MEDIAN by default.
    pub figure: i32,
    /// A matchport_missing; LEAVE_OUT by default.
    pub missing: i32,
    /// For ASSUME.
    pub missing_ms: f32,
    /// How much the worst-off player weighs against the mean of all, 0 to 1; 0.5 by default.
    pub worst_weight: f32,
    /// The worst latency that a player may have; 0, the default, for any.
    pub max_latency_ms: f32,
    /// By how many milliseconds that grows each second that the match waits.
    pub max_latency_relax_ms_per_second: f32,
    /// Where it stops growing; 0, the default, for never.
    pub max_latency_ceiling_ms: f32,
}

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_allocate_options_init(
    options: *mut matchport_allocate_options,
    size: usize,
) -> matchport_status {
    options::init_status(options, size)
}

/// Gets a session for a match, once and only once, whatever fails in between; ends with ALLOCATED. Before anything is sent
/// comes a TICKET event.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_allocate(
    client: *mut matchport_client,
    options: *const matchport_allocate_options,
    operation: *mut u64,
) -> matchport_status {
    begin(client, operation, |client| {
        let request = request(&options::read(options, "options")?)?;
        client.submit("allocate", Operation::Allocate(Box::new(request)))
    })
}

fn request(options: &matchport_allocate_options) -> Result<AllocateRequest, Refused> {
    let mut request = AllocateRequest::new(options.image.require("options.image")?);
    request.locations = strings(options.locations, options.location_count, "options.locations")?;
    request.players = players(options, request.locations.as_deref())?;
    request.match_id = options.match_id.read("options.match_id")?;
    if !options.session_id.data.is_null() {
        request.session_id = Some(session_id(options.session_id, "options.session_id")?);
    }
    request.env = pairs(options.env, options.env_count, "options.env")?;
    request.labels = pairs(options.labels, options.label_count, "options.labels")?;
    request.args = strings(options.args, options.arg_count, "options.args")?.unwrap_or_default();
    request.version = options.version.read("options.version")?;
    request.external_id = options.external_id.read("options.external_id")?;
    request.ttl = match options.ttl_seconds {
        MATCHPORT_TTL_UNLIMITED => TtlPolicy::Unlimited,
        seconds => TtlPolicy::EndAfter(Ttl::from_seconds(seconds).map_err(|error| {
            Refused::new(Status::InvalidArgument, format!("options.ttl_seconds: {error} (seconds)"))
        })?),
    };
    request.waited_ms = options.waited_ms;
    request.deadline_ms = options.deadline_ms;
    request.env_in_ticket = options.env_in_ticket != 0;
    request.placement = placement(options)?;
    request.wait_for = choice(options.wait_for, "wait_for", &[WaitFor::Running, WaitFor::Allocated])?;
    request.when_full = choice(options.when_full, "when_full", &[WhenFull::Wait, WhenFull::Fail])?;
    request.restart = choice(options.restart, "restart", &[None, Some(true), Some(false)])?;
    Ok(request)
}

fn placement(options: &matchport_allocate_options) -> Result<PlacementPolicy, Refused> {
    let missing = [MissingSample::LeaveOut, MissingSample::Ignore, MissingSample::Assume(options.missing_ms)];
    Ok(PlacementPolicy {
        figure: choice(options.figure, "figure", &[Figure::Median, Figure::Min])?,
        missing: choice(options.missing, "missing", &missing)?,
        cap: (options.max_latency_ms != 0.0).then_some(LatencyCap {
            limit_ms: options.max_latency_ms,
            relax_ms_per_second: options.max_latency_relax_ms_per_second,
            ceiling_ms: (options.max_latency_ceiling_ms != 0.0).then_some(options.max_latency_ceiling_ms),
        }),
        worst_weight: options.worst_weight,
    })
}

/// The choice that a number stands for.
fn choice<T: Copy>(number: i32, name: &str, choices: &[T]) -> Result<T, Refused> {
    let chosen = usize::try_from(number).ok().and_then(|index| choices.get(index));
    chosen.copied().ok_or_else(|| {
        let message = format!("options.{name}: {number} is no matchport_{name}");
        Refused::new(Status::InvalidArgument, message)
    })
}

fn players(
    options: &matchport_allocate_options,
    locations: Option<&[String]>,
) -> Result<Vec<PlayerLatencies>, Refused> {
    let longest = MATCHPORT_MAX_ARRAY_LENGTH;
    let entries = array(options.players, options.player_count, longest, "options.players")?.unwrap_or_default();
    let matrix = array(options.latency_matrix, options.latency_matrix_length, longest, "options.latency_matrix")?;
    let Some(matrix) = matrix else {
        return entries.iter().enumerate().map(|(index, entry)| player(index, entry)).collect();
    };
    let refuse = |words: &str| Refused::new(Status::InvalidArgument, format!("options.latency_matrix: {words}"));
    let locations = locations.ok_or_else(|| refuse("needs locations"))?;
    if entries.len().checked_mul(locations.len()) != Some(matrix.len()) {
        return Err(refuse("must have player_count * location_count numbers"));
    }
    if entries.iter().any(|entry| entry.latency_count != 0) {
        return Err(refuse("can't be given together with latencies of the players"));
    }
    let mut players = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let mut player = player(index, entry)?;
        let row = &matrix[index * locations.len()..][..locations.len()];
        let measured = locations.iter().zip(row).filter(|(_, sample)| !sample.is_nan());
        player.latencies = measured.map(|(location, sample)| (location.clone(), Samples::from(*sample))).collect();
        players.push(player);
    }
    Ok(players)
}

fn player(index: usize, entry: &matchport_player) -> Result<PlayerLatencies, Refused> {
    let field = |name: &str| format!("options.players[{index}].{name}");
    let samples = array(entry.latencies, entry.latency_count, MATCHPORT_MAX_ARRAY_LENGTH, &field("latencies"))?;
    let mut latencies: BTreeMap<String, Samples> = BTreeMap::new();
    for (position, sample) in samples.unwrap_or_default().iter().enumerate() {
        let location = sample.location.require(&field(&format!("latencies[{position}].location")))?;
        latencies.entry(location).or_default().0.push(sample.milliseconds);
    }
    Ok(PlayerLatencies { id: entry.id.require(&field("id"))?, latencies })
}

impl Options for matchport_allocate_options {
    fn defaults() -> Self {
        let request = AllocateRequest::new("");
        Self {
            struct_size: size_of::<Self>() as u32,
            wait_for: matchport_wait_for::Running as i32,
            image: matchport_string::ABSENT,
            locations: std::ptr::null(),
            location_count: 0,
            players: std::ptr::null(),
            player_count: 0,
            latency_matrix: std::ptr::null(),
            latency_matrix_length: 0,
            match_id: matchport_string::ABSENT,
            session_id: matchport_string::ABSENT,
            env: std::ptr::null(),
            env_count: 0,
            labels: std::ptr::null(),
            label_count: 0,
            args: std::ptr::null(),
            arg_count: 0,
            version: matchport_string::ABSENT,
            external_id: matchport_string::ABSENT,
            ttl_seconds: Ttl::DEFAULT.seconds(),
            waited_ms: 0,
            deadline_ms: request.deadline_ms,
            when_full: matchport_when_full::Wait as i32,
            restart: matchport_restart::Default as i32,
            env_in_ticket: 0,
            figure: matchport_figure::Median as i32,
            missing: matchport_missing::LeaveOut as i32,
            missing_ms: 0.0,
            worst_weight: request.placement.worst_weight,
            max_latency_ms: 0.0,
            max_latency_relax_ms_per_second: 0.0,
            max_latency_ceiling_ms: 0.0,
        }
    }
}
