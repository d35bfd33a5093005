//! What the model of the service answers, as bytes, in the forms that the API page documents.

use std::fmt::Write;

use serde_json::Value;

use crate::service::ModelSession;

/// The host of every session.
const HOST: &str = "10.1.2.3";
/// Virtual time 0 as the service's clock has it, in milliseconds of unix time.
const EPOCH_MS: u64 = 1_700_000_000_000;

/// The service's answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes() }
    }

    /// The service's error body.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let (code, message) = (Quoted(code), Quoted(message));
        Self::text(
            status,
            format_args!(
                r#"{{"statusCode":{status},"code":{code},"message":{message},"identifier":"trace-{status}"}}"#
            ),
        )
    }

    /// The same without its id, which the API lets a 201 leave out.
    pub fn without_id(mut self) -> Self {
        if self.status == 201
            && let Some(id_ends) = self.body.iter().position(|byte| *byte == b',')
        {
            self.body.drain(1..=id_ends);
        }
        self
    }

    fn text(status: u16, text: std::fmt::Arguments<'_>) -> Self {
        let mut body = String::with_capacity(256);
        let _ = body.write_fmt(text);
        Self { status, body: body.into_bytes() }
    }
}

pub(crate) fn started(id: &str, port: u16) -> Reply {
    let ports = format_args!(r#"[{{"type":"udp","container":7777,"host":{port}}}]"#);
    Reply::text(201, format_args!(r#"{{"id":{},"host":"{HOST}","ports":{ports}}}"#, Quoted(id)))
}

pub(crate) fn described(id: &str, session: &ModelSession, now: u64) -> Reply {
    let joined = List(session.players.iter().map(|player| Quoted(player)));
    let count = session.players.len();
    let entry = Entry { id, session, now };
    Reply::text(200, format_args!(r#"{{{entry},"players":{{"joined":{joined},"joinedCount":{count}}}}}"#))
}

pub(crate) fn listed<'a>(sessions: impl Iterator<Item = (&'a String, &'a ModelSession)> + Clone, now: u64) -> Reply {
    let entries = sessions.map(|(id, session)| ListEntry(Entry { id, session, now }));
    Reply::text(200, format_args!(r#"{{"sessions":{}}}"#, List(entries)))
}

pub(crate) fn locations<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Reply {
    Reply::text(200, format_args!(r#"{{"locations":{}}}"#, List(names.map(|name| Location(name)))))
}

pub(crate) fn counted<'a>(count: usize, players: impl Iterator<Item = &'a String> + Clone) -> Reply {
    let players = List(players.map(|player| Quoted(player)));
    Reply::text(200, format_args!(r#"{{"count":{count},"players":{players}}}"#))
}

/// A text as JSON.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            f.write_char('"')?;
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        f.write_str(&serde_json::to_string(self.0).map_err(|_| std::fmt::Error)?)
    }
}

/// An array.
struct List<I>(I);

impl<I: Iterator<Item: std::fmt::Display> + Clone> std::fmt::Display for List<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('[')?;
        for (index, item) in self.0.clone().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            item.fmt(f)?;
        }
        f.write_char(']')
    }
}

/// What a list entry and a described session have in common, without the braces.
struct Entry<'a> {
    id: &'a str,
    session: &'a ModelSession,
    now: u64,
}

impl std::fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, session, now } = self;
        let (image, location) = (Quoted(&session.image), Quoted(&session.location));
        let (created, port, status) = (EPOCH_MS + session.started_at, session.port, Quoted(session.status_at(*now)));
        write!(f, r#""id":{},"image":{image},"location":{location},"host":"{HOST}","created":{created},"#, Quoted(id))?;
        write!(f, r#""port":{{"7777/udp":{port}}},"status":{status},"labels":{{}}"#)
    }
}

struct ListEntry<'a>(Entry<'a>);

impl std::fmt::Display for ListEntry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, r#"{{{},"playerCount":{}}}"#, self.0, self.0.session.players.len())
    }
}

struct Location<'a>(&'a str);

impl std::fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, r#"{{"id":{},"ips":["127.0.0.1"]}}"#, Quoted(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_json_whatever_is_in_them() {
        for text in ["plain", "", "a\"b\\c", "line\nbreak", "größe"] {
            assert_eq!(Quoted(text).to_string(), serde_json::to_string(text).expect("text"), "{text:?}");
        }
        let bare = started("x", 7).without_id();
        assert!(bare.body.starts_with(br#"{"host":"#), "{:?}", String::from_utf8(bare.body));
        assert_eq!(List([1, 2].iter()).to_string(), "[1,2]");
        assert_eq!(List([0; 0].iter()).to_string(), "[]");
    }
}
