//! What the engine says, in the vectors' spelling, which is the npm package's.

use matchport_core::engine::{Completion, Event, Stopped};
use serde::Serialize;
use serde_json::{Value, json};

/// An event, but for the number of its operation.
pub(crate) fn event(event: &Event) -> Value {
    match event {
        Event::Ticket { ticket, .. } => json!({ "ticket": parsed(&ticket.to_json()) }),
        Event::Progress { progress, .. } => json!({ "progress": spelled(plain(progress)) }),
        Event::LogLine { line, .. } => json!({ "line": line }),
        Event::Data { bytes, .. } => json!({ "data": String::from_utf8_lossy(bytes) }),
        Event::Completed { completion, .. } => json!({ "completed": completed(completion) }),
        Event::Failed { failure, .. } => {
            let mut error = spelled(plain(&failure.error));
            if let Some(field) = &failure.error.field {
                error["field"] = spelled_field(field).into();
            }
            json!({ "failed": {
                "error": error,
                "ticket": failure.ticket.as_ref().map(|ticket| parsed(&ticket.to_json())),
                "report": failure.report.as_ref().map(|report| spelled(plain(report))),
            } })
        }
    }
}

fn completed(completion: &Completion) -> Value {
    match completion {
        Completion::Allocated(allocation) => spelled(plain(allocation)),
        Completion::Backfilled(backfilled) => spelled(plain(backfilled)),
        Completion::Sessions(sessions) => spelled(plain(sessions)),
        Completion::Described(session) => spelled(plain(session)),
        Completion::Stopped(stopped) => json!(*stopped == Stopped::Stopping),
        Completion::Players(count) => spelled(plain(count)),
        Completion::Locations(locations) => spelled(plain(locations)),
        Completion::TagExists(exists) => json!(exists),
        Completion::Streamed { bytes } => json!(bytes),
    }
}

/// The engine's types can all be written; one that could not would match nothing.
fn plain(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| json!({ "unwritable": error.to_string() }))
}

fn parsed(ticket: &str) -> Value {
    serde_json::from_str(ticket).unwrap_or_else(|error| json!({ "unreadable": error.to_string() }))
}

/// Names of fields in camel case. Labels are the caller's names, and stay.
fn spelled(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let each = fields.into_iter().map(|(name, value)| match name.as_str() {
                "labels" => (name, value),
                _ => (camel_case(&name), spelled(value)),
            });
            Value::Object(each.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(spelled).collect()),
        other => other,
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, rest) = word.split_at(word.len().min(1));
        name + &head.to_uppercase() + rest
    })
}

/// A refused field as the npm package calls it.
fn spelled_field(field: &str) -> String {
    match field {
        "session_id" => "id",
        "deadline_ms" => "deadline",
        "waited_ms" => "waited",
        "match_id" => "matchId",
        "external_id" => "externalId",
        other => other,
    }
    .to_owned()
}
