//! What the model of the service answers, as bytes, in the forms that the API page documents.

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
        let mut body = Body::new();
        body.raw(r#"{"statusCode":"#).number(status).raw(r#","code":"#).text(code).raw(r#","message":"#).text(message);
        body.raw(r#","identifier":"trace-"#).number(status).raw(r#""}"#);
        body.reply(status)
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
}

pub(crate) fn started(id: &str, port: u16) -> Reply {
    let mut body = Body::new();
    body.raw(r#"{"id":"#).text(id).raw(r#","host":"#).text(HOST);
    body.raw(r#","ports":[{"type":"udp","container":7777,"host":"#).number(port).raw("}]}");
    body.reply(201)
}

pub(crate) fn described(id: &str, session: &ModelSession, now: u64) -> Reply {
    let mut body = Body::new();
    body.raw("{").entry(id, session, now).raw(r#","players":{"joined":"#);
    body.list(session.players.iter(), |body, player| body.text(player));
    body.raw(r#","joinedCount":"#).number(session.players.len() as u64).raw("}}");
    body.reply(200)
}

pub(crate) fn listed<'a>(sessions: impl Iterator<Item = (&'a String, &'a ModelSession)>, now: u64) -> Reply {
    let mut body = Body::new();
    body.raw(r#"{"sessions":"#);
    body.list(sessions, |body, (id, session)| {
        let players = session.players.len() as u64;
        body.raw("{").entry(id, session, now).raw(r#","playerCount":"#).number(players).raw("}")
    });
    body.raw("}");
    body.reply(200)
}

pub(crate) fn locations<'a>(names: impl Iterator<Item = &'a String>) -> Reply {
    let mut body = Body::new();
    body.raw(r#"{"locations":"#);
    body.list(names, |body, name| body.raw(r#"{"id":"#).text(name).raw(r#","ips":["127.0.0.1"]}"#));
    body.raw("}");
    body.reply(200)
}

pub(crate) fn counted<'a>(count: usize, players: impl Iterator<Item = &'a String>) -> Reply {
    let mut body = Body::new();
    body.raw(r#"{"count":"#).number(count as u64).raw(r#","players":"#);
    body.list(players, |body, player| body.text(player)).raw("}");
    body.reply(200)
}

/// A body that is being written. Formatting would take longer than all else that the model does.
struct Body(String);

impl Body {
    fn new() -> Self {
        Self(String::with_capacity(256))
    }

    fn reply(self, status: u16) -> Reply {
        Reply { status, body: self.0.into_bytes() }
    }

    /// As it is.
    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        let mut left = number.into();
        let mut digits = [0; 20];
        let mut from = digits.len();
        loop {
            from -= 1;
            digits[from] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.0.extend(digits[from..].iter().map(|digit| char::from(*digit)));
        self
    }

    /// A text as JSON.
    fn text(&mut self, text: &str) -> &mut Self {
        if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            return self.raw("\"").raw(text).raw("\"");
        }
        let quoted = serde_json::to_string(text).expect("any text can be written");
        self.raw(&quoted)
    }

    /// An array.
    fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl for<'a> FnMut(&'a mut Self, T) -> &'a mut Self,
    ) -> &mut Self {
        self.raw("[");
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]")
    }

    /// What a list entry and a described session have in common, without the braces.
    fn entry(&mut self, id: &str, session: &ModelSession, now: u64) -> &mut Self {
        self.raw(r#""id":"#).text(id).raw(r#","image":"#).text(&session.image);
        self.raw(r#","location":"#).text(&session.location).raw(r#","host":"#).text(HOST);
        self.raw(r#","created":"#).number(EPOCH_MS + session.started_at);
        self.raw(r#","port":{"7777/udp":"#).number(session.port);
        self.raw(r#"},"status":"#).text(session.status_at(now)).raw(r#","labels":{}"#)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_json_whatever_is_in_them() {
        for text in ["plain", "", "a\"b\\c", "line\nbreak", "größe"] {
            let mut body = Body::new();
            body.text(text);
            assert_eq!(body.0, serde_json::to_string(text).expect("text"), "{text:?}");
        }
        let bare = started("x", 7).without_id();
        assert!(bare.body.starts_with(br#"{"host":"#), "{:?}", String::from_utf8(bare.body));
        let list = |numbers: &[u64]| {
            let mut body = Body::new();
            body.list(numbers.iter(), |body, number| body.number(*number));
            body.0
        };
        assert_eq!(list(&[0, 10, 1_700_000_000_000, u64::MAX]), "[0,10,1700000000000,18446744073709551615]");
        assert_eq!(list(&[]), "[]");
    }
}
