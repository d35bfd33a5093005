//! What a client is made with.

use std::ffi::c_void;

use matchport_core::engine::{Engine, EngineConfig, Timing};
use matchport_core::environment::Environment;
use matchport_core::retry::{Backoff, BudgetLimits};
use matchport_core::secret::Token;

use super::Client;
use super::entropy::EntropySource;
use super::pings::Pings;
use super::tickets::Tickets;
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::events::Events;
use crate::host_http::HostQueue;
use crate::log::{Log, matchport_log_hook, matchport_log_level};
use crate::options::{self, Options};
use crate::sessions::Snapshots;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::matchport_string;

/// Who carries the requests.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_transport {
    /// The host does: it pulls them with matchport_client_next_http_request() and pushes what comes of them. The
    /// library then has no thread, no socket, no clock (matchport_client_tick_at()) and no random numbers of its own
    /// (matchport_client_add_entropy()).
    Host = 0,
    /// The library does, on one worker thread of this client that starts with it and is joined when it is freed. It
    /// uses the system's clock, random numbers, proxies (for https) and certificates. While the name of the service is
    /// looked up, the system's resolver has a thread too, and freeing the client waits for it.
    BuiltIn = 1,
}

/// What a client is made with. Initialise it with matchport_client_options_init(), then set environment and token.
/// All texts are copied before matchport_client_new() returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_client_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// A matchport_transport; HOST by default.
    pub transport: i32,
    /// "sandbox", "production", "local" (http://127.0.0.1:4242, where the emulator listens), or an address such as
    /// "https://api.example.com". Must be given.
    pub environment: matchport_string,
    /// The token of the Session API. Must be given.
    pub token: matchport_string,
    /// Not 0: the token may go over plain http to an address that is not loopback.
    pub allow_plain_http: i32,
    /// The most sessions that are followed for matchport_client_session(); 0, the default, follows none.
    pub tracked_sessions: u32,
    /// Kinds of events that are not wanted: MATCHPORT_SKIP_TICKETS, MATCHPORT_SKIP_PROGRESS. Without ticket events an
    /// allocation that was cut short by a crash of this process can't be found again by its ticket.
    pub skipped_events: u32,
    /// The loudest lines that log gets, a matchport_log_level; INFO by default.
    pub log_level: i32,
    /// Takes lines of the log; none by default.
    pub log: matchport_log_hook,
    /// Handed to log.
    pub log_user: *mut c_void,
    /// How long one request may take before its outcome counts as unknown, in milliseconds; 10,000 by default.
    pub attempt_ms: u64,
    /// How long an operation other than an allocation or a stream may take, retries included; 30,000 by default.
    pub operation_ms: u64,
    /// How long a location stays closed after a 420; 60,000 by default.
    pub closed_location_ms: u64,
    /// How long a start whose answer was lost may still land after a stop found nothing; 5,000 by default.
    pub late_start_ms: u64,
    /// How long giving up may take to make sure that nothing was left running; 30,000 by default. Giving up waits for the
    /// answer to a start that is on its way, up to attempt_ms: with less than that here, such an allocation may end
    /// unsettled, with a ticket for matchport_client_resume(), although a little later it would have been settled.
    pub settle_ms: u64,
    /// Longest pause between two looks at a session that is not running yet; 1,000 by default.
    pub poll_ms: u64,
    /// How long a session that was started may be missing from the service before it counts as gone; 5,000 by default.
    pub visible_ms: u64,
    /// Bound of the first delay between attempts; 200 by default. It doubles with each failure.
    pub backoff_first_ms: u64,
    /// The largest such bound; 10,000 by default.
    pub backoff_longest_ms: u64,
    /// The most retries that can be saved up, over all operations; 100 by default.
    pub retry_capacity: u32,
    /// Retries that come back each second; 10 by default.
    pub retries_per_second: u32,
}

/// For skipped_events: no TICKET events, and nothing waits for them.
pub const MATCHPORT_SKIP_TICKETS: u32 = 2;
/// For skipped_events: no PROGRESS events.
pub const MATCHPORT_SKIP_PROGRESS: u32 = 4;

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_options_init(
    options: *mut matchport_client_options,
    size: usize,
) -> matchport_status {
    options::init_status(options, size)
}

impl Options for matchport_client_options {
    fn defaults() -> Self {
        let (timing, backoff, budget) = (Timing::default(), Backoff::default(), BudgetLimits::default());
        Self {
            struct_size: size_of::<Self>() as u32,
            transport: matchport_transport::Host as i32,
            environment: matchport_string::ABSENT,
            token: matchport_string::ABSENT,
            allow_plain_http: 0,
            tracked_sessions: 0,
            skipped_events: 0,
            log_level: matchport_log_level::Info as i32,
            log: None,
            log_user: std::ptr::null_mut(),
            attempt_ms: timing.attempt_ms,
            operation_ms: timing.operation_ms,
            closed_location_ms: timing.closed_location_ms,
            late_start_ms: timing.late_start_ms,
            settle_ms: timing.settle_ms,
            poll_ms: timing.poll_ms,
            visible_ms: timing.visible_ms,
            backoff_first_ms: backoff.first_ms,
            backoff_longest_ms: backoff.longest_ms,
            retry_capacity: budget.capacity,
            retries_per_second: budget.per_second,
        }
    }
}

/// Makes a client. Starts a thread only when the built-in transport is asked for.
pub(super) fn make(options: *const matchport_client_options) -> Result<Box<Client>, Refused> {
    let options = options::read(options, "options")?;
    let refuse = |invalid: matchport_core::check::InvalidInput| {
        Refused::new(Status::InvalidArgument, format!("options: {invalid}"))
    };
    let environment: Environment = options.environment.require("options.environment")?.parse().map_err(refuse)?;
    let token = Token::new(&options.token.require("options.token")?).map_err(refuse)?;
    let known = MATCHPORT_SKIP_TICKETS | MATCHPORT_SKIP_PROGRESS;
    if options.skipped_events & !known != 0 {
        let message = "options.skipped_events: holds a kind that can't be skipped";
        return Err(Refused::new(Status::InvalidArgument, message));
    }
    let config = EngineConfig {
        allow_plain_http: options.allow_plain_http != 0,
        timing: Timing {
            attempt_ms: options.attempt_ms,
            operation_ms: options.operation_ms,
            closed_location_ms: options.closed_location_ms,
            late_start_ms: options.late_start_ms,
            settle_ms: options.settle_ms,
            poll_ms: options.poll_ms,
            visible_ms: options.visible_ms,
        },
        backoff: Backoff { first_ms: options.backoff_first_ms, longest_ms: options.backoff_longest_ms },
        retry_budget: BudgetLimits { capacity: options.retry_capacity, per_second: options.retries_per_second },
        tracked_sessions: options.tracked_sessions as usize,
        ..EngineConfig::new(environment, token)
    };
    #[cfg(feature = "transport")]
    let base_url = config.environment.base_url();
    let engine = Engine::new(config).map_err(refuse)?;
    let (carrier, clock, entropy) = match options.transport {
        0 => (Carrier::Host(HostQueue::default()), Clock::Host(0), EntropySource::Host(Vec::new())),
        #[cfg(feature = "transport")]
        1 => (
            Carrier::BuiltIn(crate::transport::Transport::start(&base_url)?),
            Clock::System(std::time::Instant::now()),
            EntropySource::System,
        ),
        #[cfg(not(feature = "transport"))]
        1 => return Err(Status::NoBuiltInTransport.into()),
        other => {
            let message = format!("options.transport: {other} is no matchport_transport");
            return Err(Refused::new(Status::InvalidArgument, message));
        }
    };
    Ok(Box::new(Client {
        engine,
        last_operation: 0,
        clock,
        entropy,
        carrier,
        tickets: Tickets::default(),
        pings: Pings::default(),
        events: Events::default(),
        skipped: options.skipped_events,
        deadline: None,
        log: Log::new(options.log, options.log_user, options.log_level),
        snapshots: Snapshots::default(),
        message: String::new(),
    }))
}
