//! The host transport: requests that the host pulls, and the answers that it pushes. What an answer means is decided in
//! the core; what is not a possible answer is refused here.

use std::collections::VecDeque;

use bumpalo::Bump;
use matchport_core::engine::{HttpRequest, Input, RequestId, TransportFailure, TransportFailureKind};
use matchport_core::http::{Answer, ResponseMode};

use crate::boundary::{with_client, write};
use crate::carrier::Carrier;
use crate::client::Client;
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{matchport_bytes, matchport_pair, matchport_string};

/// What the host is to do.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_http_action {
    /// Send this request, once, and say what becomes of it.
    Send = 1,
    /// Close the connection of this request: nothing that comes of it is wanted any more. Only its id is given. No
    /// answer is due; one that comes all the same gets UNKNOWN_REQUEST.
    Abort = 2,
}

/// How the answer to a request is wanted.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_response_mode {
    /// In one piece: matchport_client_http_response().
    Whole = 1,
    /// Piece by piece as it comes: matchport_client_http_stream_begin(), _data(), _end().
    Stream = 2,
}

/// Why no answer, or no whole one, came.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_http_failure {
    /// Not one byte of the request can have reached the service: name not found, connection refused, TLS refused.
    /// When in doubt it is BROKEN: a start that is wrongly called not sent may leave a second server.
    NotSent = 1,
    /// The service may have seen the request: reset, cut.
    Broken = 2,
    /// The host gave up waiting. It need not: requests that take too long are aborted.
    TimedOut = 3,
    /// The answer is larger than the request allowed.
    TooLarge = 4,
}

/// One HTTP request for the host to send: with exactly these headers (and those that HTTP itself needs), without
/// following redirects, without trying again.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_http_request {
    /// Its number.
    pub id: u64,
    /// The operation it belongs to; 0 for ABORT.
    pub operation: u64,
    /// What to do.
    pub action: matchport_http_action,
    /// How the answer is wanted.
    pub response_mode: matchport_response_mode,
    /// "GET", "POST", "PUT" or "DELETE".
    pub method: matchport_string,
    /// The whole address.
    pub url: matchport_string,
    /// The headers, names in lower case. They hold the token: never log them.
    pub headers: *const matchport_pair,
    /// How many headers.
    pub header_count: usize,
    /// A JSON body; not given when there is none. A DELETE may have one.
    pub body: matchport_bytes,
    /// The most bytes of a WHOLE answer that are wanted.
    pub max_response_bytes: usize,
}

/// The answer to a request. Initialise it with matchport_http_response_init().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_http_response {
    /// Set by the init function.
    pub struct_size: u32,
    /// The HTTP status, 100 to 999.
    pub status: i32,
    /// The value of the header Retry-After, if there is one.
    pub retry_after: matchport_string,
    /// The body, without transfer or content encoding. Ignored at the begin of a stream.
    pub body: matchport_bytes,
}

/// Fills the struct, of which the caller's version has `size` bytes, with "no header, no body".
#[unsafe(no_mangle)]
pub extern "C" fn matchport_http_response_init(
    response: *mut matchport_http_response,
    size: usize,
) -> matchport_status {
    options::init_status(response, size)
}

/// Takes the next request or abort: OK, or EMPTY with null when there is none. Take the events first: a request waits until
/// the ticket of its allocation is kept. What it points to stays until this function is called again, or the client is
/// freed.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_next_http_request(
    client: *mut matchport_client,
    request: *mut *const matchport_http_request,
) -> matchport_status {
    with_client(client, |client| {
        write(request, std::ptr::null(), "request")?;
        match queue(client)?.take() {
            Some(view) => write(request, view, "request").map(|()| Status::Ok),
            None => Ok(Status::Empty),
        }
    })
}

/// Hands over the whole answer to a request. Nothing of it is kept.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_http_response(
    client: *mut matchport_client,
    request: u64,
    response: *const matchport_http_response,
) -> matchport_status {
    with_client(client, |client| {
        queue(client)?;
        let response = Response::read(response)?;
        let most = queue(client)?.most_bytes(RequestId(request));
        // Only looked at when it is not too long.
        let body = response.body.read("response.body", isize::MAX as usize)?.unwrap_or_default();
        let ended = match most {
            Some(most) if body.len() > most => {
                let message = format!("the answer is longer than {most} bytes");
                client.failed(RequestId(request), TransportFailure { kind: TransportFailureKind::TooLarge, message })
            }
            _ => client.answered(RequestId(request), response.answer(body)),
        };
        ended.inspect(|_| queue_of(client, |queue| queue.ended(RequestId(request))))
    })
}

/// Hands over status and headers of an answer that comes piece by piece.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_http_stream_begin(
    client: *mut matchport_client,
    request: u64,
    response: *const matchport_http_response,
) -> matchport_status {
    with_client(client, |client| {
        queue(client)?;
        let response = Response::read(response)?;
        client.stream_started(RequestId(request), response.answer(&[]))
    })
}

/// Hands over the next bytes of a stream. Nothing of them is kept but what is handed out as events.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_http_stream_data(
    client: *mut matchport_client,
    request: u64,
    bytes: matchport_bytes,
) -> matchport_status {
    with_client(client, |client| {
        queue(client)?;
        let bytes = bytes.read("bytes", isize::MAX as usize)?.unwrap_or_default();
        client.change(Input::StreamData { request: RequestId(request), bytes })
    })
}

/// Says that a stream ended in good order.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_http_stream_end(client: *mut matchport_client, request: u64) -> matchport_status {
    with_client(client, |client| {
        queue(client)?;
        client.change(Input::StreamEnded { request: RequestId(request) })
    })
}

/// Says that no answer, or no whole one, will come. `failure` is a matchport_http_failure; `message` says in words what
/// happened, without secrets, and may be not given.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_http_failed(
    client: *mut matchport_client,
    request: u64,
    failure: i32,
    message: matchport_string,
) -> matchport_status {
    with_client(client, |client| {
        queue(client)?;
        let kind = match failure {
            1 => TransportFailureKind::NotSent,
            2 => TransportFailureKind::Broken,
            3 => TransportFailureKind::TimedOut,
            4 => TransportFailureKind::TooLarge,
            other => {
                let message = format!("failure: {other} is no matchport_http_failure");
                return Err(Refused::new(Status::InvalidArgument, message));
            }
        };
        let message = message.read("message")?.unwrap_or_else(|| "the host gave no reason".to_owned());
        let ended = client.failed(RequestId(request), TransportFailure { kind, message });
        ended.inspect(|_| queue_of(client, |queue| queue.ended(RequestId(request))))
    })
}

/// What the host has not taken yet, and the view of what it took last.
#[derive(Default)]
pub(crate) struct HostQueue {
    waiting: VecDeque<Item>,
    last: Option<Box<HttpRequest>>,
    memory: Bump,
    /// How long the answers to requests in flight may be; those that stream are not among them.
    most_bytes: std::collections::BTreeMap<RequestId, usize>,
}

// SAFETY: the memory holds views of what the queue owns, and is used by nobody else.
unsafe impl Send for HostQueue {}

enum Item {
    Send(Box<HttpRequest>),
    Abort(RequestId),
}

impl HostQueue {
    pub(crate) fn send(&mut self, request: Box<HttpRequest>) {
        if let ResponseMode::Whole { max_bytes } = request.response {
            self.most_bytes.insert(request.id, max_bytes);
        }
        self.waiting.push_back(Item::Send(request));
    }

    pub(crate) fn abort(&mut self, request: RequestId) {
        self.ended(request);
        // What the host has not taken yet is not sent any more, so that nothing of it can land later.
        let is_it = |item: &Item| matches!(item, Item::Send(waiting) if waiting.id == request);
        match self.waiting.iter().position(is_it) {
            Some(at) => drop(self.waiting.remove(at)),
            None => self.waiting.push_back(Item::Abort(request)),
        }
    }

    fn ended(&mut self, request: RequestId) {
        self.most_bytes.remove(&request);
    }

    fn most_bytes(&self, request: RequestId) -> Option<usize> {
        self.most_bytes.get(&request).copied()
    }

    fn take(&mut self) -> Option<*const matchport_http_request> {
        let item = self.waiting.pop_front()?;
        self.memory.reset();
        self.last = None;
        let view = match item {
            Item::Send(request) => {
                let view = view(&self.memory, &request);
                self.last = Some(request);
                view
            }
            Item::Abort(request) => matchport_http_request {
                id: request.0,
                operation: 0,
                action: matchport_http_action::Abort,
                response_mode: matchport_response_mode::Whole,
                method: matchport_string::ABSENT,
                url: matchport_string::ABSENT,
                headers: std::ptr::null(),
                header_count: 0,
                body: matchport_bytes::ABSENT,
                max_response_bytes: 0,
            },
        };
        Some(self.memory.alloc(view))
    }
}

fn view(memory: &Bump, request: &HttpRequest) -> matchport_http_request {
    // The token is shared by all requests, but nobody promises that: its text is copied into the view's memory.
    let pair = |(name, value): (&'static str, &str)| matchport_pair {
        name: matchport_string::of_static(name),
        value: matchport_string::view(memory.alloc_str(value)),
    };
    let headers = memory.alloc_slice_fill_iter(request.headers().map(pair).collect::<Vec<_>>());
    let (response_mode, max_response_bytes) = match request.response {
        ResponseMode::Whole { max_bytes } => (matchport_response_mode::Whole, max_bytes),
        ResponseMode::Stream => (matchport_response_mode::Stream, usize::MAX),
    };
    matchport_http_request {
        id: request.id.0,
        operation: request.operation.0,
        action: matchport_http_action::Send,
        response_mode,
        method: matchport_string::of_static(request.method.as_str()),
        url: matchport_string::view(&request.url),
        headers: headers.as_ptr(),
        header_count: headers.len(),
        body: request.body.as_deref().map_or(matchport_bytes::ABSENT, matchport_bytes::view),
        max_response_bytes,
    }
}

/// An answer of the host's, checked.
struct Response {
    status: u16,
    retry_after: Option<String>,
    body: matchport_bytes,
}

impl Response {
    fn read(response: *const matchport_http_response) -> Result<Self, Refused> {
        let response = options::read(response, "response")?;
        let status = u16::try_from(response.status).ok().filter(|status| (100..=999).contains(status));
        let status = status.ok_or_else(|| {
            let message = format!("response.status: {} is no HTTP status", response.status);
            Refused::new(Status::InvalidArgument, message)
        })?;
        let retry_after = response.retry_after.read("response.retry_after")?;
        Ok(Self { status, retry_after, body: response.body })
    }

    fn answer<'a>(&'a self, body: &'a [u8]) -> Answer<'a> {
        Answer { status: self.status, retry_after: self.retry_after.as_deref(), body }
    }
}

impl Options for matchport_http_response {
    fn defaults() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            status: 0,
            retry_after: matchport_string::ABSENT,
            body: matchport_bytes::ABSENT,
        }
    }
}

fn queue(client: &mut Client) -> Result<&mut HostQueue, Refused> {
    match client.carrier() {
        Carrier::Host(queue) => Ok(queue),
        #[cfg(feature = "transport")]
        Carrier::BuiltIn(_) => Err(Status::WrongTransport.into()),
    }
}

fn queue_of(client: &mut Client, change: impl FnOnce(&mut HostQueue)) {
    if let Ok(queue) = queue(client) {
        change(queue);
    }
}
