//! The reader of tickets: what is read can be written, and is read again as the same.

use matchport_core::allocation::Ticket;

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Ticket::from_json(text) {
        Ok(ticket) => {
            let written = ticket.to_json();
            match Ticket::from_json(&written) {
                Ok(again) => assert!(again == ticket, "read as another: {written}"),
                Err(error) => panic!("what was written can't be read: {error}: {written}"),
            }
            let _ = format!("{ticket:?}");
        }
        Err(error) => assert!(error.to_string().len() < 2_000, "a long error: {error}"),
    }
}
