//! The border that every call crosses: who may enter, and what becomes of a fault inside.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once, PoisonError};

use crate::client::Client;
use crate::slots::{self, matchport_client};
use crate::status::{Refused, matchport_status as Status};

/// Runs a call of one client. A panic ends as a status and puts that client, and no other, out of use.
pub(crate) fn with_client(
    handle: *const matchport_client,
    call: impl FnOnce(&mut Client) -> Result<Status, Refused>,
) -> Status {
    let slot = match slots::find(handle) {
        Ok(slot) => slot,
        Err(status) => return status,
    };
    let entered = match slot.enter(handle) {
        Ok(entered) => entered,
        Err(status) => return status,
    };
    slot.set_attention(true);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        // Moved in here, so that a panic poisons it.
        let mut entered = entered;
        let Some(client) = entered.as_mut() else { return Status::InvalidHandle };
        let status = match call(client) {
            Ok(status) => status,
            Err(refused) => client.refuse(refused),
        };
        client.log().flush(slot);
        slot.set_attention(client.wants_attention());
        status
    }));
    ended.unwrap_or_else(|panic| {
        if let Some(mut place) = slot.enter_poisoned()
            && let Some(client) = place.as_mut()
        {
            client.refuse(Refused::new(Status::Poisoned, words(&*panic)));
        }
        Status::Poisoned
    })
}

/// Runs a call that belongs to no client.
pub(crate) fn without_client(call: impl FnOnce() -> Result<Status, Refused>) -> Result<Status, Refused> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(Refused::new(Status::Poisoned, words(&*panic))))
}

/// Writes a value for the caller, who may have passed null.
pub(crate) fn write<T>(to: *mut T, value: T, argument: &str) -> Result<(), Refused> {
    check_out(to, argument)?;
    // SAFETY: not null and aligned; the caller promises that it may be written.
    unsafe { to.write(value) };
    Ok(())
}

/// Writes a value where that may be done; says whether it may. Without words, for calls that have to be quick.
#[inline(always)]
pub(crate) fn write_quickly<T>(to: *mut T, value: T) -> bool {
    let may_be_written = !to.is_null() && to.is_aligned();
    if may_be_written {
        // SAFETY: not null and aligned; the caller promises that it may be written.
        unsafe { to.write(value) };
    }
    may_be_written
}

/// Whether a value could be written there.
pub(crate) fn check_out<T>(to: *mut T, argument: &str) -> Result<(), Refused> {
    if to.is_null() {
        return Err(Refused::argument(Status::NullArgument, argument));
    }
    if !to.is_aligned() {
        return Err(Refused::new(Status::InvalidArgument, format!("{argument}: the pointer is not aligned")));
    }
    Ok(())
}

/// Where the last panic happened, until its words are made. A panic prints nothing: that is the caller's console.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Has panics note their place instead of printing. Done once; the library has a Rust runtime of its own, so that nobody
/// else's panics are meant.
pub(crate) fn quiet_panics() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string);
            *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
            // Tests of this crate share the hook with the library, and say why they fail.
            if cfg!(test) {
                before(info);
            }
        }));
    });
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| "?".to_owned());
    format!("{}: {} (at {place})", Status::Poisoned.text(), text.unwrap_or("no message"))
}
