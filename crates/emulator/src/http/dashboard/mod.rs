//! The dashboard: its page and what that shows. It does nothing that the operations of the service and
//! `/_emulator/faults` don't do: the page calls those.

mod events;
mod files;
mod look;

pub(super) use events::events;
pub(super) use files::{file, page};
pub(super) use look::{logs, session, state};
