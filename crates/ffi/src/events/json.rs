//! An event as JSON, in the words that the command line uses too.

use matchport_core::engine::{Completion, Event, Stopped};
use matchport_json::{Writer, text_of};
use serde::Serialize;

use super::Happening;
use super::ping::Measured;

/// One object.
pub(super) fn of(happening: &Happening) -> String {
    let event = match happening {
        Happening::Engine(event) => event,
        Happening::Pinged { measured, .. } => return pings(measured),
    };
    match event {
        Event::Ticket { ticket, .. } => ticket.to_json(),
        Event::Progress { progress, .. } => text(progress),
        Event::LogLine { line, .. } => object("line", |writer| writer.text(line)),
        Event::Data { bytes, .. } => object("bytes", |writer| writer.whole(bytes.len() as u64)),
        Event::Failed { failure, .. } => text(failure),
        Event::Completed { completion, .. } => match completion {
            Completion::Allocated(allocation) => text(allocation),
            Completion::Backfilled(backfilled) => text(backfilled),
            Completion::Sessions(sessions) => text(&Wrapped("sessions", sessions)),
            Completion::Described(session) => text(session),
            Completion::Stopped(stopped) => object("stopped", |writer| writer.text(words(*stopped))),
            Completion::Players(count) => text(count),
            Completion::Locations(locations) => text(&Wrapped("locations", locations)),
            Completion::TagExists(exists) => object("exists", |writer| writer.bool(*exists)),
            Completion::Streamed { bytes } => object("bytes", |writer| writer.whole(*bytes)),
        },
    }
}

fn pings(measured: &[Measured]) -> String {
    object("pings", |writer| {
        writer.begin_list();
        for measured in measured {
            writer.begin_object();
            writer.key("location");
            writer.text(&measured.location);
            writer.key("samples");
            writer.begin_list();
            measured.samples.iter().for_each(|sample| writer.float(*sample));
            writer.end_list();
            writer.key("median_ms");
            writer.float(measured.median_ms.unwrap_or(f32::NAN));
            writer.key("method");
            writer.text(if measured.by_icmp { "icmp" } else { "tcp_connect" });
            writer.key("message");
            match &measured.message {
                Some(message) => writer.text(message),
                None => writer.null(),
            }
            writer.end_object();
        }
        writer.end_list();
    })
}

/// What the core shows has nothing in it that JSON has no form for; if it had, the object says so.
fn text(value: &impl Serialize) -> String {
    text_of(value).unwrap_or_else(|error| object("error", |writer| writer.text(&error.to_string())))
}

/// An object with one field.
fn object(name: &str, write: impl FnOnce(&mut Writer)) -> String {
    let mut writer = Writer::new();
    writer.begin_object();
    writer.key(name);
    write(&mut writer);
    writer.end_object();
    writer.into_text()
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
