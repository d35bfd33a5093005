//! Events: the queue of those that nobody has taken yet, the batch of those that were taken last, and the struct that a C
//! program reads. What an event means was decided in the core.

pub mod error;
mod json;
pub mod ping;
pub mod report;
pub mod results;

use std::collections::VecDeque;

use bumpalo::Bump;
use matchport_core::allocation::Ticket;
use matchport_core::engine::{Completion, Event, OperationId, Stopped};

use crate::boundary::{check_out, with_client, write, write_quickly};
use crate::slots::{self, matchport_client};
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{MATCHPORT_MAX_ARRAY_LENGTH, matchport_bytes, matchport_string};

pub(crate) use ping::Measured;
pub(crate) use results::{array, matchport_location, matchport_port, strings};

use error::matchport_error;
use ping::matchport_ping_list;
use report::matchport_progress;
use results::{
    matchport_allocation, matchport_backfilled, matchport_location_list, matchport_player_count, matchport_session,
    matchport_session_list,
};

/// What an event says. Every number from 100 on ends its operation, those that are added later too; ignore other
/// numbers that you don't know.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_event_kind {
    /// text is the ticket of an allocation, as JSON: keep it, so that the allocation can go on anywhere. Nothing of
    /// this allocation is sent before the next event is asked for.
    Ticket = 1,
    /// progress says what an allocation is doing.
    Progress = 2,
    /// text is one line of a log.
    LogLine = 3,
    /// data is a piece of an artifact.
    Data = 4,

    /// Of matchport_client_allocate() and matchport_client_resume(): allocation.
    Allocated = 100,
    /// Of matchport_client_backfill(): backfilled.
    Backfilled = 101,
    /// Of matchport_client_list(): session_list.
    Sessions = 102,
    /// Of matchport_client_describe(): session.
    Described = 103,
    /// Of matchport_client_stop(): number is 1 when the session was running, 0 when it had ended already.
    Stopped = 104,
    /// Of matchport_client_join() and matchport_client_leave(): player_count.
    Players = 105,
    /// Of matchport_client_locations(): location_list.
    Locations = 106,
    /// Of matchport_client_tag_exists(): number is 1 when the tag exists, else 0.
    TagExists = 107,
    /// Of matchport_client_logs() and matchport_client_artifact(): number is how many bytes came.
    Streamed = 108,
    /// Of matchport_client_ping(): ping_list.
    Pinged = 109,
    /// Of any operation: error.
    Failed = 199,
}

/// Something that happened to an operation. Pointers that do not belong to its kind are null.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_event {
    /// The operation.
    pub operation: u64,
    /// What it says.
    pub kind: matchport_event_kind,
    /// OK, or for FAILED the same as in the error.
    pub status: matchport_status,
    /// Of TICKET and LOG_LINE; for FAILED the message of the error.
    pub text: matchport_string,
    /// Of DATA.
    pub data: matchport_bytes,
    /// Of STOPPED, TAG_EXISTS, STREAMED.
    pub number: u64,
    /// Of FAILED.
    pub error: *const matchport_error,
    /// Of PROGRESS.
    pub progress: *const matchport_progress,
    /// Of ALLOCATED.
    pub allocation: *const matchport_allocation,
    /// Of BACKFILLED.
    pub backfilled: *const matchport_backfilled,
    /// Of SESSIONS.
    pub session_list: *const matchport_session_list,
    /// Of DESCRIBED.
    pub session: *const matchport_session,
    /// Of PLAYERS.
    pub player_count: *const matchport_player_count,
    /// Of LOCATIONS.
    pub location_list: *const matchport_location_list,
    /// Of PINGED.
    pub ping_list: *const matchport_ping_list,
}

/// Takes the next event: OK, or EMPTY with null when there is none. The event and all that it points to stay until
/// events are asked for again, or the client is freed.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_next_event(
    client: *mut matchport_client,
    event: *mut *const matchport_event,
) -> matchport_status {
    if write_quickly(event, std::ptr::null()) && slots::has_nothing(client) {
        return Status::Empty;
    }
    take_one(client, event)
}

/// The longer way of `matchport_client_next_event`, apart from it so that the short one stays short.
#[inline(never)]
fn take_one(client: *mut matchport_client, event: *mut *const matchport_event) -> Status {
    with_client(client, |client| {
        check_out(event, "event")?;
        let taken = client.take_events(1);
        match taken.first() {
            Some(first) => write(event, *first, "event").map(|()| Status::Ok),
            None => Ok(Status::Empty),
        }
    })
}

/// Takes up to `capacity` events at once, in order: OK with their number in `count`, or EMPTY. They stay until events
/// are asked for again, or the client is freed.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_next_events(
    client: *mut matchport_client,
    events: *mut *const matchport_event,
    capacity: usize,
    count: *mut usize,
) -> matchport_status {
    if write_quickly(count, 0) && slots::has_nothing(client) {
        return Status::Empty;
    }
    with_client(client, |client| {
        check_out(count, "count")?;
        check_out(events, "events")?;
        if capacity == 0 || capacity > MATCHPORT_MAX_ARRAY_LENGTH {
            let message = format!("capacity must be between 1 and {MATCHPORT_MAX_ARRAY_LENGTH}");
            return Err(Refused::new(Status::InvalidArgument, message));
        }
        let taken = client.take_events(capacity);
        // SAFETY: not null and aligned; the caller promises room for `capacity` pointers, and no more are taken.
        unsafe { std::ptr::copy_nonoverlapping(taken.as_ptr(), events, taken.len()) };
        write(count, taken.len(), "count")?;
        Ok(if taken.is_empty() { Status::Empty } else { Status::Ok })
    })
}

/// The whole of an event as one JSON object, for programs that would rather read that, or keep it. `event` must be one
/// of those that were taken last. The text stays as long as the event.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_event_json(
    client: *mut matchport_client,
    event: *const matchport_event,
    json: *mut matchport_string,
) -> matchport_status {
    with_client(client, |client| {
        write(json, matchport_string::ABSENT, "json")?;
        let text = client.events().json(event).ok_or(Status::StaleEvent)?;
        write(json, text, "json").map(|()| Status::Ok)
    })
}

/// What there is to tell.
#[derive(Debug)]
pub(crate) enum Happening {
    /// Of an operation of the engine's.
    Engine(Event),
    /// Of a ping, which the transport does by itself.
    #[cfg_attr(not(feature = "transport"), expect(dead_code, reason = "nobody there to ping"))]
    Pinged { operation: u64, measured: Vec<Measured> },
}

/// Queue and batch of a client.
#[derive(Default)]
pub(crate) struct Events {
    waiting: VecDeque<Happening>,
    batch: Batch,
}

// SAFETY: the pointers of a batch lead into what the batch owns, and are followed by nobody but the caller.
unsafe impl Send for Batch {}

/// The events that were taken last. The views point into the events, which are not touched until the next batch.
#[derive(Default)]
struct Batch {
    events: Vec<Happening>,
    views: Vec<*const matchport_event>,
    /// Where the views live, and what of them is not a part of an event.
    memory: Bump,
}

/// A batch that was larger gives its memory back.
const KEPT_BYTES: usize = 64 * 1024;

impl Events {
    pub(crate) fn push(&mut self, event: Happening) {
        self.waiting.push_back(event);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Replaces the batch by the next events.
    pub(crate) fn take(&mut self, most: usize) {
        let batch = &mut self.batch;
        batch.views.clear();
        batch.events.clear();
        if batch.memory.allocated_bytes() > KEPT_BYTES {
            batch.memory = Bump::new();
            batch.events = Vec::new();
        } else {
            batch.memory.reset();
        }
        let count = self.waiting.len().min(most);
        batch.events.extend(self.waiting.drain(..count));
        let memory = &batch.memory;
        batch.views.extend(batch.events.iter().map(|event| std::ptr::from_ref(&*memory.alloc(view(memory, event)))));
    }

    /// The batch.
    pub(crate) fn taken(&self) -> &[*const matchport_event] {
        &self.batch.views
    }

    /// The allocations whose tickets are in the batch.
    pub(crate) fn taken_tickets(&self) -> impl Iterator<Item = OperationId> {
        self.batch.events.iter().filter_map(|event| match event {
            Happening::Engine(Event::Ticket { operation, .. }) => Some(*operation),
            _ => None,
        })
    }

    fn json(&self, event: *const matchport_event) -> Option<matchport_string> {
        let index = self.batch.views.iter().position(|view| *view == event)?;
        let text = json::of(&self.batch.events[index]);
        Some(matchport_string::view(self.batch.memory.alloc_str(&text)))
    }
}

fn view(memory: &Bump, happening: &Happening) -> matchport_event {
    match happening {
        Happening::Engine(event) => engine_view(memory, event),
        Happening::Pinged { operation, measured } => {
            let mut view = empty(*operation, matchport_event_kind::Pinged);
            view.ping_list = memory.alloc(ping::ping_list(memory, measured));
            view
        }
    }
}

fn empty(operation: u64, kind: matchport_event_kind) -> matchport_event {
    matchport_event {
        operation,
        kind,
        status: Status::Ok,
        text: matchport_string::ABSENT,
        data: matchport_bytes::ABSENT,
        number: 0,
        error: std::ptr::null(),
        progress: std::ptr::null(),
        allocation: std::ptr::null(),
        backfilled: std::ptr::null(),
        session_list: std::ptr::null(),
        session: std::ptr::null(),
        player_count: std::ptr::null(),
        location_list: std::ptr::null(),
        ping_list: std::ptr::null(),
    }
}

fn engine_view(memory: &Bump, event: &Event) -> matchport_event {
    use matchport_event_kind as Kind;
    let mut view = empty(event.operation().0, Kind::Progress);
    view.kind = match event {
        Event::Ticket { ticket, .. } => {
            view.text = matchport_string::view(memory.alloc_str(&Ticket::to_json(ticket)));
            Kind::Ticket
        }
        Event::Progress { progress, .. } => {
            view.progress = memory.alloc(report::progress(progress));
            Kind::Progress
        }
        Event::LogLine { line, .. } => {
            view.text = matchport_string::view(line);
            Kind::LogLine
        }
        Event::Data { bytes, .. } => {
            view.data = matchport_bytes::view(bytes);
            Kind::Data
        }
        Event::Failed { failure, .. } => {
            let error = memory.alloc(error::error(memory, failure));
            view.status = error.status;
            view.text = error.message;
            view.error = error;
            Kind::Failed
        }
        Event::Completed { completion, .. } => match completion {
            Completion::Allocated(allocation) => {
                view.allocation = memory.alloc(results::allocation(memory, allocation));
                Kind::Allocated
            }
            Completion::Backfilled(backfilled) => {
                view.backfilled = memory.alloc(results::backfilled(memory, backfilled));
                Kind::Backfilled
            }
            Completion::Sessions(sessions) => {
                view.session_list = memory.alloc(results::session_list(memory, sessions));
                Kind::Sessions
            }
            Completion::Described(session) => {
                view.session = memory.alloc(results::details(memory, session));
                Kind::Described
            }
            Completion::Stopped(stopped) => {
                view.number = u64::from(*stopped == Stopped::Stopping);
                Kind::Stopped
            }
            Completion::Players(count) => {
                view.player_count = memory.alloc(results::player_count(memory, count));
                Kind::Players
            }
            Completion::Locations(locations) => {
                view.location_list = memory.alloc(results::location_list(memory, locations));
                Kind::Locations
            }
            Completion::TagExists(exists) => {
                view.number = u64::from(*exists);
                Kind::TagExists
            }
            Completion::Streamed { bytes } => {
                view.number = *bytes;
                Kind::Streamed
            }
        },
    };
    view
}
