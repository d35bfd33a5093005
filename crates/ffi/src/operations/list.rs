//! Listing sessions.

use matchport_core::engine::Operation;
use matchport_core::model::SessionFilter;

use super::begin;
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::matchport_status;
use crate::text::{matchport_pair, matchport_string, pairs};

/// What a list of sessions is narrowed to; what is not given does not narrow. Initialise it with
/// matchport_list_options_init().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_list_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// Not 0: also sessions that are not running.
    pub all: i32,
    /// Exact location.
    pub location: matchport_string,
    /// Exact image.
    pub image: matchport_string,
    /// Exact image tag.
    pub tag: matchport_string,
    /// Exact host address.
    pub host: matchport_string,
    /// Fewer players than this; -1, the default, for any number.
    pub players_below: i64,
    /// More players than this; -1, the default, for any number.
    pub players_above: i64,
    /// Labels or fields that a session must have, all of them. Case-sensitive.
    pub having: *const matchport_pair,
    /// How many of them.
    pub having_count: usize,
    /// Labels or fields that a session must not have.
    pub not_having: *const matchport_pair,
    /// How many of them.
    pub not_having_count: usize,
}

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_list_options_init(options: *mut matchport_list_options, size: usize) -> matchport_status {
    options::init_status(options, size)
}

/// Lists sessions; ends with SESSIONS. With `options` null it lists all that are running.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_list(
    client: *mut matchport_client,
    options: *const matchport_list_options,
    operation: *mut u64,
) -> matchport_status {
    begin(client, operation, |client| {
        let options =
            if options.is_null() { matchport_list_options::defaults() } else { options::read(options, "options")? };
        let limit = |limit: i64| u32::try_from(limit.min(i64::from(u32::MAX))).ok();
        let filter = SessionFilter {
            all: options.all != 0,
            location: options.location.read("options.location")?,
            image: options.image.read("options.image")?,
            tag: options.tag.read("options.tag")?,
            host: options.host.read("options.host")?,
            players_below: limit(options.players_below),
            players_above: limit(options.players_above),
            having: pairs(options.having, options.having_count, "options.having")?,
            not_having: pairs(options.not_having, options.not_having_count, "options.not_having")?,
        };
        client.submit("list", Operation::List(filter))
    })
}

impl Options for matchport_list_options {
    fn defaults() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            all: 0,
            location: matchport_string::ABSENT,
            image: matchport_string::ABSENT,
            tag: matchport_string::ABSENT,
            host: matchport_string::ABSENT,
            players_below: -1,
            players_above: -1,
            having: std::ptr::null(),
            having_count: 0,
            not_having: std::ptr::null(),
            not_having_count: 0,
        }
    }
}
