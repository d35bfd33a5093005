//! An event as JSON, in the words that the command line uses too.

use matchport_core::engine::{Completion, Event, Stopped};
use serde_json::{Value, json};

use super::Happening;

/// One object.
pub(super) fn of(happening: &Happening) -> String {
    let event = match happening {
        Happening::Engine(event) => event,
        Happening::Pinged { measured, .. } => {
            let each = measured.iter().map(|measured| {
                json!({
                    "location": measured.location,
                    "samples": measured.samples,
                    "median_ms": measured.median_ms,
                    "method": if measured.by_icmp { "icmp" } else { "tcp_connect" },
                    "message": measured.message,
                })
            });
            return json!({ "pings": each.collect::<Vec<_>>() }).to_string();
        }
    };
    let text = match event {
        Event::Ticket { ticket, .. } => return ticket.to_json(),
        Event::Progress { progress, .. } => serde_json::to_string(progress),
        Event::LogLine { line, .. } => serde_json::to_string(&json!({ "line": line })),
        Event::Data { bytes, .. } => serde_json::to_string(&json!({ "bytes": bytes.len() })),
        Event::Failed { failure, .. } => serde_json::to_string(failure),
        Event::Completed { completion, .. } => match completion {
            Completion::Allocated(allocation) => serde_json::to_string(allocation),
            Completion::Backfilled(backfilled) => serde_json::to_string(backfilled),
            Completion::Sessions(sessions) => serde_json::to_string(&Wrapped("sessions", sessions)),
            Completion::Described(session) => serde_json::to_string(session),
            Completion::Stopped(stopped) => serde_json::to_string(&json!({ "stopped": words(*stopped) })),
            Completion::Players(count) => serde_json::to_string(count),
            Completion::Locations(locations) => serde_json::to_string(&Wrapped("locations", locations)),
            Completion::TagExists(exists) => serde_json::to_string(&json!({ "exists": exists })),
            Completion::Streamed { bytes } => serde_json::to_string(&json!({ "bytes": bytes })),
        },
    };
    text.unwrap_or_else(|error| Value::from(error.to_string()).to_string())
}

/// `{"name": content}`, without a copy of the content.
struct Wrapped<'a, T>(&'static str, &'a [T]);

impl<T: serde::Serialize> serde::Serialize for Wrapped<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}

fn words(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Stopping => "stopping",
        Stopped::AlreadyEnded => "already_ended",
    }
}
