//! The places of the clients. A handle is the number of a place together with the number of its tenant and never an
//! address, so that whatever a caller passes, freed handles and garbage too, is looked up and not followed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::client::Client;
use crate::status::matchport_status as Status;
use crate::wait::WaitPlace;

/// The most clients that there can be at once.
pub const MATCHPORT_MAX_CLIENTS: usize = 1024;

/// A client: its own settings, operations and events. Opaque; a handle is a number in the shape of a pointer.
pub struct matchport_client {
    _private: [u8; 0],
}

/// A place, with its tenant if there is one.
pub(crate) struct Slot {
    /// Odd while there is a tenant. Goes up with each move in or out.
    tenancy: AtomicUsize,
    /// Whether taking events needs more than a look: something is there, or somebody is in a call.
    attention: AtomicBool,
    /// The thread that is in the tenant's log hook, as [`this_thread`] names it; 0 when none is.
    hook_thread: AtomicUsize,
    client: Mutex<Option<Box<Client>>>,
    /// Apart from the client, since waiting and waking go on while somebody is in a call.
    pub(crate) wait: WaitPlace,
}

static SLOTS: [Slot; MATCHPORT_MAX_CLIENTS] = [const { Slot::new() }; MATCHPORT_MAX_CLIENTS];

/// Whether there is certainly nothing to take from a client: looks at its place, and enters nothing.
#[inline(always)]
pub(crate) fn has_nothing(handle: *const matchport_client) -> bool {
    let number = handle.addr();
    let slot = &SLOTS[number % MATCHPORT_MAX_CLIENTS];
    let tenancy = number / MATCHPORT_MAX_CLIENTS;
    tenancy % 2 == 1 && slot.tenancy.load(Ordering::Acquire) == tenancy && !slot.attention.load(Ordering::Acquire)
}

/// The place that a handle belongs to.
pub(crate) fn find(handle: *const matchport_client) -> Result<&'static Slot, Status> {
    let number = handle.addr();
    let slot = &SLOTS[number % MATCHPORT_MAX_CLIENTS];
    let tenancy = number / MATCHPORT_MAX_CLIENTS;
    if tenancy % 2 == 1 && slot.tenancy.load(Ordering::Acquire) == tenancy {
        return Ok(slot);
    }
    Err(if handle.is_null() { Status::NullArgument } else { Status::InvalidHandle })
}

/// Gives a client a place, and the caller its handle.
pub(crate) fn move_in(client: Box<Client>) -> Result<*mut matchport_client, Status> {
    for (index, slot) in SLOTS.iter().enumerate() {
        let Ok(mut place) = slot.client.try_lock() else { continue };
        if place.is_some() {
            continue;
        }
        slot.wait.open(client.signal());
        *place = Some(client);
        slot.attention.store(false, Ordering::Release);
        let tenancy = slot.tenancy.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let number = tenancy.wrapping_mul(MATCHPORT_MAX_CLIENTS).wrapping_add(index);
        return Ok(std::ptr::without_provenance_mut(number));
    }
    Err(Status::TooManyClients)
}

/// Takes a client out of its place. From then on its handle is invalid.
pub(crate) fn move_out(handle: *const matchport_client) -> Result<Box<Client>, Status> {
    let slot = find(handle)?;
    let mut place = match slot.enter(handle) {
        Ok(place) => place,
        Err(Status::Poisoned) => {
            slot.client.clear_poison();
            slot.enter(handle)?
        }
        Err(status) => return Err(status),
    };
    let client = place.take().ok_or(Status::InvalidHandle)?;
    slot.tenancy.fetch_add(1, Ordering::AcqRel);
    slot.wait.close();
    Ok(client)
}

impl Slot {
    const fn new() -> Self {
        Self {
            tenancy: AtomicUsize::new(0),
            attention: AtomicBool::new(false),
            hook_thread: AtomicUsize::new(0),
            client: Mutex::new(None),
            wait: WaitPlace::new(),
        }
    }

    /// Enters a call, unless somebody is in one.
    pub(crate) fn enter(
        &'static self,
        handle: *const matchport_client,
    ) -> Result<MutexGuard<'static, Option<Box<Client>>>, Status> {
        match self.client.try_lock() {
            // It may have been freed between the look and now.
            Ok(place) => find(handle).map(|_| place),
            Err(TryLockError::Poisoned(_)) => Err(Status::Poisoned),
            Err(TryLockError::WouldBlock) if self.hook_thread.load(Ordering::Acquire) == this_thread() => {
                Err(Status::Reentered)
            }
            Err(TryLockError::WouldBlock) => Err(Status::Busy),
        }
    }

    /// Enters a client that a fault has put out of use, to look at it or to leave a message.
    pub(crate) fn enter_poisoned(&'static self) -> Option<MutexGuard<'static, Option<Box<Client>>>> {
        match self.client.try_lock() {
            Err(TryLockError::Poisoned(poisoned)) => Some(PoisonError::into_inner(poisoned)),
            Ok(_) | Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(crate) fn set_attention(&self, wanted: bool) {
        self.attention.store(wanted, Ordering::Release);
    }

    /// Runs a piece of the caller's code that must not call back.
    pub(crate) fn in_hook(&self, hook: impl FnOnce()) {
        self.hook_thread.store(this_thread(), Ordering::Release);
        hook();
        self.hook_thread.store(0, Ordering::Release);
    }
}

/// A number that no two running threads share. The variable needs no clean-up, which would keep the library from being
/// unloaded.
fn this_thread() -> usize {
    thread_local! {
        static PLACE: u8 = const { 0 };
    }
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}
