//! Making, driving and freeing a client.

use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use matchport_core::engine::{Input, OperationId};

use super::options::{self, matchport_client_options};
use crate::boundary::{check_out, quiet_panics, with_client, without_client, write};
use crate::clock::Clock;
use crate::slots::{self, matchport_client};
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{matchport_bytes, matchport_string};

/// Makes a client, and writes its handle, or null when it is refused.
///
/// `message` may be null; else the words for a refusal go there, cut to `message_size` bytes and always terminated. Nothing
/// is connected yet.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_new(
    options: *const matchport_client_options,
    client: *mut *mut matchport_client,
    message: *mut c_char,
    message_size: usize,
) -> matchport_status {
    quiet_panics();
    let made = without_client(|| {
        write(client, std::ptr::null_mut(), "client")?;
        let made = slots::move_in(options::make(options)?)?;
        write(client, made, "client").map(|()| Status::Ok)
    });
    let (status, words) = match made {
        Ok(status) => (status, String::new()),
        Err(refused) => (refused.status, refused.message),
    };
    copy_words(&words, message, message_size);
    status
}

/// Frees a client with all that belongs to it: events, requests, texts. Joins its worker thread, if it has one.
///
/// Operations that are under way end without an event, and what they started is not settled: to leave nothing behind, call
/// matchport_client_shutdown() first and go on until matchport_client_operation_count() is 0. Null is fine. BUSY when
/// another thread is in a call: then nothing has been freed.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_free(client: *mut matchport_client) -> matchport_status {
    if client.is_null() {
        return Status::Ok;
    }
    let freed = without_client(|| {
        let client = slots::move_out(client)?;
        // A client that a fault has put out of use may be in any state; what can't be cleaned up is left.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(client)));
        Ok(Status::Ok)
    });
    freed.unwrap_or_else(|refused| refused.status)
}

/// Lets the time of the system pass, takes in what the worker thread has, and lets the engine decide. Call it once a
/// frame, or when matchport_client_wait() says so. Only with the built-in transport.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_tick(client: *mut matchport_client) -> matchport_status {
    with_client(client, |client| match client.clock() {
        Clock::Host(_) => Err(Refused::new(Status::WrongTransport, "with the host transport call tick_at")),
        #[cfg(feature = "transport")]
        Clock::System(_) => {
            crate::transport::take_in(client)?;
            client.tick();
            Ok(Status::Ok)
        }
    })
}

/// Tells the time, in milliseconds on a clock of the host's that does not go back, and lets the engine decide. A time
/// before the last one counts as the last one. Only with the host transport. Call it once before the first operation, then
/// once a frame, or when answers come and deadlines pass.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_tick_at(client: *mut matchport_client, now_ms: u64) -> matchport_status {
    with_client(client, |client| match client.clock() {
        Clock::Host(now) => {
            *now = now_ms.max(*now);
            client.tick();
            Ok(Status::Ok)
        }
        #[cfg(feature = "transport")]
        Clock::System(_) => Err(Refused::new(Status::WrongTransport, "with the built-in transport call tick")),
    })
}

/// How long the client can be left alone unless something comes, in milliseconds from the time of the last tick (with the
/// built-in transport: from now); 0 is "tick now". EMPTY when it waits for nothing but calls and answers.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_next_deadline(client: *mut matchport_client, in_ms: *mut u64) -> matchport_status {
    with_client(client, |client| {
        write(in_ms, u64::MAX, "in_ms")?;
        match client.due_in() {
            Some(due) => write(in_ms, due, "in_ms").map(|()| Status::Ok),
            None => Ok(Status::Empty),
        }
    })
}

/// Brings random bytes of the host's, from a generator fit for secrets: each operation uses up 24, half of which become
/// part of a session id. Up to 65,536 are kept; what is too much is dropped. Never the same bytes twice, also not in two
/// processes. Only with the host transport.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_add_entropy(
    client: *mut matchport_client,
    bytes: matchport_bytes,
) -> matchport_status {
    with_client(client, |client| {
        let bytes = bytes.read("bytes", crate::text::MATCHPORT_MAX_STRING_BYTES)?;
        client.entropy().add(bytes.ok_or_else(|| Refused::argument(Status::NullArgument, "bytes"))?)
    })
}

/// Ends an operation. It still ends with one terminal event; an allocation first makes sure that no server is left.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_cancel(client: *mut matchport_client, operation: u64) -> matchport_status {
    with_client(client, |client| {
        let id = OperationId(operation);
        if client.cancel_ping(operation) {
            return Ok(Status::Ok);
        }
        client.end(Input::Cancel { id }, Some(id))
    })
}

/// Says that the ticket of an allocation could not be kept: it then ends without having sent anything. Call it between
/// taking the TICKET event and asking for the next event.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_ticket_not_kept(client: *mut matchport_client, operation: u64) -> matchport_status {
    with_client(client, |client| {
        let id = OperationId(operation);
        client.end(Input::TicketNotKept { id }, Some(id))
    })
}

/// Takes no further operation and cancels all that are under way. Go on ticking, carrying and taking events: after
/// `within_ms` milliseconds at the latest each has ended with its event, with a ticket for what is not settled.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_shutdown(client: *mut matchport_client, within_ms: u64) -> matchport_status {
    with_client(client, |client| {
        client.close_pings();
        client.end(Input::Shutdown { within_ms }, None)
    })
}

/// How many operations are under way.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_operation_count(
    client: *mut matchport_client,
    count: *mut usize,
) -> matchport_status {
    with_client(client, |client| {
        check_out(count, "count")?;
        write(count, client.operations(), "count").map(|()| Status::Ok)
    })
}

/// The words for the last call with this client that was refused; empty when there was none, or for a handle that is no
/// client's. The text stays until the next call with this client.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_last_message(client: *mut matchport_client) -> matchport_string {
    let none = matchport_string::of_static("");
    let Ok(slot) = slots::find(client) else { return none };
    let entered = match slot.enter(client) {
        Ok(entered) => Some(entered),
        Err(Status::Poisoned) => slot.enter_poisoned(),
        Err(_) => None,
    };
    entered.as_ref().and_then(|place| place.as_ref()).map_or(none, |client| client.message())
}

/// Makes a fault inside of this client, for tests of what a program does then: POISONED, now and from every later call
/// but matchport_client_free() and matchport_client_last_message().
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_test_fault(client: *mut matchport_client) -> matchport_status {
    #[expect(clippy::panic, reason = "this is what it is for")]
    with_client(client, |_| panic!("a fault was asked for"))
}

fn copy_words(words: &str, to: *mut c_char, size: usize) {
    if to.is_null() || size == 0 {
        return;
    }
    let length = (0..=words.len().min(size - 1)).rev().find(|at| words.is_char_boundary(*at)).unwrap_or(0);
    // SAFETY: not null; the caller promises room for `size` bytes, and `length` is below that.
    unsafe {
        std::ptr::copy_nonoverlapping(words.as_ptr().cast(), to, length);
        to.add(length).write(0);
    }
}
