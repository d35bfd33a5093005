//! Requests and answers of the Session API as plain data: one file an operation, each with a builder that checks
//! its input and a reader that judges the answer. Nothing here sends, retries or waits.

pub mod artifacts;
pub mod list;
pub mod locations;
pub mod logs;
pub mod players;
pub mod session;
pub mod start;
pub mod tag;

mod answer;
mod encode;

pub use answer::{Answer, says_absent};

use matchport_json::Writer;

use crate::check::{InvalidInput, InvalidReason, MAX_REQUEST_BYTES};

/// An HTTP method that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// How the body of the answer is to be handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In one piece of at most this many bytes; a larger one is a failed transport.
    Whole {
        /// The most bytes to read.
        max_bytes: usize,
    },
    /// Piece by piece, as it comes, until the other side ends it.
    Stream,
}

/// Longest answer read for anything but a list, in bytes.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Longest list of sessions read, in bytes (about 100,000 sessions).
pub const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;

/// Room for the body of most requests, in bytes, so that it is not moved while it is written.
const USUAL_REQUEST_BYTES: usize = 512;

/// A request without its address and authorization.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestParts {
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, starting with `/`.
    pub path: String,
    /// A JSON body.
    pub body: Option<Vec<u8>>,
    /// The value of `Accept`.
    pub accept: &'static str,
    /// How the answer is wanted.
    pub response: ResponseMode,
}

impl RequestParts {
    fn json(method: Method, path: String) -> Self {
        let response = ResponseMode::Whole { max_bytes: MAX_ANSWER_BYTES };
        Self { method, path, body: None, accept: "application/json", response }
    }

    fn with_body(mut self, write: impl FnOnce(&mut Writer)) -> Result<Self, InvalidInput> {
        let mut body = Writer::with_capacity(USUAL_REQUEST_BYTES);
        write(&mut body);
        let json = body.into_text().into_bytes();
        if json.len() > MAX_REQUEST_BYTES {
            return Err(InvalidInput::new("body", InvalidReason::TooLong { max_bytes: MAX_REQUEST_BYTES }));
        }
        self.body = Some(json);
        Ok(self)
    }
}
