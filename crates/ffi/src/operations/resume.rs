//! Going on with an allocation from its ticket.

use matchport_core::allocation::{ResumeOptions, Ticket};

use super::begin;
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{matchport_pair, matchport_string, pairs};

/// An allocation that was begun elsewhere. Initialise it with matchport_resume_options_init(), then set the ticket.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_resume_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// Not 0: settle instead of allocate, which makes sure that no server is left.
    pub settle: i32,
    /// The ticket, as JSON. Must be given.
    pub ticket: matchport_string,
    /// The environment, when the ticket holds only its names.
    pub env: *const matchport_pair,
    /// How many variables.
    pub env_count: usize,
    /// How long to try, in milliseconds; 0, the default, takes what the ticket had left.
    pub deadline_ms: u64,
}

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_resume_options_init(
    options: *mut matchport_resume_options,
    size: usize,
) -> matchport_status {
    options::init_status(options, size)
}

/// Goes on with an allocation from its ticket, in any process, on any machine; ends as an allocation does. A text that is no
/// ticket gets INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_resume(
    client: *mut matchport_client,
    options: *const matchport_resume_options,
    operation: *mut u64,
) -> matchport_status {
    begin(client, operation, |client| {
        let options = options::read(options, "options")?;
        let ticket = Ticket::from_json(&options.ticket.require("options.ticket")?)
            .map_err(|error| Refused::new(Status::InvalidArgument, format!("options.{error}")))?;
        let env = pairs(options.env, options.env_count, "options.env")?;
        let resume = ResumeOptions {
            env: (!options.env.is_null()).then_some(env),
            deadline_ms: (options.deadline_ms != 0).then_some(options.deadline_ms),
            settle: options.settle != 0,
        };
        client.resume(Box::new(ticket), resume)
    })
}

impl Options for matchport_resume_options {
    fn defaults() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            settle: 0,
            ticket: matchport_string::ABSENT,
            env: std::ptr::null(),
            env_count: 0,
            deadline_ms: 0,
        }
    }
}
