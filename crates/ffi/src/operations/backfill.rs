//! Putting players into a running session with open slots.

use matchport_core::backfill::{BackfillRequest, Prefer};
use matchport_core::engine::Operation;

use super::begin;
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{matchport_pair, matchport_string, pairs, strings};

/// Which of several sessions with enough open slots is best.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_prefer {
    /// The one with the most players: sessions fill up, others run empty and can end.
    Fullest = 0,
    /// The one with the fewest players.
    Emptiest = 1,
}

/// Players who want into a running session. Initialise it with matchport_backfill_options_init(), then set image, players
/// and capacity.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_backfill_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// A matchport_prefer; FULLEST by default.
    pub prefer: i32,
    /// The application's name. Must be given.
    pub image: matchport_string,
    /// The players, who stay together.
    pub players: *const matchport_string,
    /// How many players.
    pub player_count: usize,
    /// Locations to choose from, best first; null takes any.
    pub locations: *const matchport_string,
    /// How many locations.
    pub location_count: usize,
    /// Image tag that the session must have; any when not given.
    pub version: matchport_string,
    /// Labels or fields that the session must have.
    pub having: *const matchport_pair,
    /// How many of them.
    pub having_count: usize,
    /// Labels or fields that the session must not have.
    pub not_having: *const matchport_pair,
    /// How many of them.
    pub not_having_count: usize,
    /// How long to try, in milliseconds; 30,000 by default.
    pub deadline_ms: u64,
    /// How many players one session takes, 1 to 100,000.
    pub capacity: u32,
    /// Zero.
    pub reserved: u32,
}

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_backfill_options_init(
    options: *mut matchport_backfill_options,
    size: usize,
) -> matchport_status {
    options::init_status(options, size)
}

/// Puts players into the best running session with enough open slots; ends with BACKFILLED.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_backfill(
    client: *mut matchport_client,
    options: *const matchport_backfill_options,
    operation: *mut u64,
) -> matchport_status {
    begin(client, operation, |client| {
        let options = options::read(options, "options")?;
        let players = strings(options.players, options.player_count, "options.players")?.unwrap_or_default();
        let mut request = BackfillRequest::new(options.image.require("options.image")?, options.capacity, players);
        request.locations = strings(options.locations, options.location_count, "options.locations")?;
        request.version = options.version.read("options.version")?;
        request.having = pairs(options.having, options.having_count, "options.having")?;
        request.not_having = pairs(options.not_having, options.not_having_count, "options.not_having")?;
        request.deadline_ms = options.deadline_ms;
        request.prefer = match options.prefer {
            0 => Prefer::Fullest,
            1 => Prefer::Emptiest,
            other => {
                let message = format!("options.prefer: {other} is no matchport_prefer");
                return Err(Refused::new(Status::InvalidArgument, message));
            }
        };
        client.submit("backfill", Operation::Backfill(Box::new(request)))
    })
}

impl Options for matchport_backfill_options {
    fn defaults() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            prefer: matchport_prefer::Fullest as i32,
            image: matchport_string::ABSENT,
            players: std::ptr::null(),
            player_count: 0,
            locations: std::ptr::null(),
            location_count: 0,
            version: matchport_string::ABSENT,
            having: std::ptr::null(),
            having_count: 0,
            not_having: std::ptr::null(),
            not_having_count: 0,
            deadline_ms: BackfillRequest::new("", 1, Vec::new()).deadline_ms,
            capacity: 0,
            reserved: 0,
        }
    }
}
