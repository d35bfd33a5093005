//! A host that plays the service: one client on a clock that stands still unless it is moved, and readers of all that the
//! library hands out.

use std::ptr::{null, null_mut};

use crate::client::api::*;
use crate::client::options::*;
use crate::events::*;
use crate::host_http::*;
use crate::operations::allocate::*;
use crate::slots::matchport_client;
use crate::status::matchport_status as Status;
use crate::text::*;

/// The answer to a start.
pub(super) const STARTED: &str = r#"{"host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]}"#;

/// A text of the caller's. What it was made of has to live longer.
pub(super) fn text(text: &str) -> matchport_string {
    matchport_string { data: text.as_ptr().cast(), length: text.len() }
}

/// Reads a text that was handed out; null is `None`.
pub(super) fn read(text: matchport_string) -> Option<String> {
    if text.data.is_null() {
        assert_eq!(text.length, 0);
        return None;
    }
    // SAFETY: views of texts are valid for their length until the next call of the same kind.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) };
    Some(std::str::from_utf8(bytes).expect("texts are UTF-8").to_owned())
}

/// Reads an array that was handed out.
pub(super) fn read_all<T: Copy>(first: *const T, count: usize) -> Vec<T> {
    if count == 0 {
        return Vec::new();
    }
    // SAFETY: as for texts.
    unsafe { std::slice::from_raw_parts(first, count) }.to_vec()
}

/// Reads a struct that was handed out.
pub(super) fn follow<T: Copy>(pointer: *const T) -> T {
    assert!(!pointer.is_null() && pointer.is_aligned());
    // SAFETY: as for texts.
    unsafe { *pointer }
}

pub(super) fn options() -> matchport_client_options {
    let mut options = std::mem::MaybeUninit::uninit();
    assert_eq!(matchport_client_options_init(options.as_mut_ptr(), size_of::<matchport_client_options>()), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut options = unsafe { options.assume_init() };
    (options.environment, options.token) = (text("https://api.example.com"), text("s3cret-token"));
    options
}

/// A client with its host; freed when dropped.
pub(super) struct Host(pub(super) *mut matchport_client);

impl Host {
    pub(super) fn new() -> Self {
        Self::with(&options())
    }

    pub(super) fn with(options: &matchport_client_options) -> Self {
        let mut client = null_mut();
        let mut words = [0; 64];
        let made = matchport_client_new(options, &raw mut client, words.as_mut_ptr(), words.len());
        assert_eq!((made, words[0]), (Status::Ok, 0));
        let random: Vec<u8> = (0..24 * 20).map(|number: u32| (number * 31 + number / 256) as u8).collect();
        let bytes = matchport_bytes { data: random.as_ptr(), length: random.len() };
        assert_eq!(matchport_client_add_entropy(client, bytes), Status::Ok);
        assert_eq!(matchport_client_tick_at(client, 0), Status::Ok);
        Self(client)
    }

    /// Begins an operation.
    pub(super) fn begin(&self, call: impl FnOnce(*mut matchport_client, *mut u64) -> Status) -> u64 {
        let mut operation = 0;
        assert_eq!(call(self.0, &raw mut operation), Status::Ok, "{}", self.message());
        assert_ne!(operation, 0);
        operation
    }

    /// Begins an allocation in one location.
    pub(super) fn allocate(&self) -> u64 {
        let locations = [text("eu-west-1")];
        let env = [matchport_pair { name: text("MAP"), value: text("dust2") }];
        let mut options = allocate_options();
        (options.locations, options.location_count) = (locations.as_ptr(), 1);
        (options.env, options.env_count) = (env.as_ptr(), 1);
        self.begin(|client, operation| matchport_client_allocate(client, &options, operation))
    }

    /// The next event, or `None`.
    pub(super) fn event(&self) -> Option<matchport_event> {
        let mut event = null();
        match matchport_client_next_event(self.0, &raw mut event) {
            Status::Ok => Some(follow(event)),
            Status::Empty => {
                assert!(event.is_null());
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// The next event that ends an operation.
    pub(super) fn end(&self) -> matchport_event {
        std::iter::from_fn(|| self.event()).find(|event| event.kind as i32 >= 100).expect("an event that ends one")
    }

    /// The next request, after all events, read to its end.
    pub(super) fn request(&self) -> matchport_http_request {
        while self.event().is_some() {}
        let mut request = null();
        assert_eq!(matchport_client_next_http_request(self.0, &raw mut request), Status::Ok);
        let request = follow(request);
        if request.action == matchport_http_action::Send {
            assert!(read(request.url).is_some_and(|url| url.starts_with("https://api.example.com/")));
            assert!(read(request.method).is_some());
            let headers = read_all(request.headers, request.header_count);
            let headers: Vec<_> = headers.iter().map(|header| (read(header.name), read(header.value))).collect();
            assert!(headers.contains(&(Some("authorization".to_owned()), Some("Bearer s3cret-token".to_owned()))));
            let _ = read_all(request.body.data, request.body.length);
        }
        request
    }

    /// Answers a request with a whole answer.
    pub(super) fn answer(&self, request: u64, status: i32, body: &str) -> Status {
        matchport_client_http_response(self.0, request, &response(status, body))
    }

    pub(super) fn message(&self) -> String {
        read(matchport_client_last_message(self.0)).unwrap_or_default()
    }

    /// The event that was taken last, as JSON.
    pub(super) fn json(&self, event: *const matchport_event) -> Result<String, Status> {
        let mut json = matchport_string::ABSENT;
        match matchport_client_event_json(self.0, event, &raw mut json) {
            Status::Ok => Ok(read(json).expect("some JSON")),
            other => Err(other),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let freed = matchport_client_free(self.0);
        assert!(std::thread::panicking() || freed == Status::Ok);
    }
}

pub(super) fn allocate_options() -> matchport_allocate_options {
    let mut options = std::mem::MaybeUninit::uninit();
    let size = size_of::<matchport_allocate_options>();
    assert_eq!(matchport_allocate_options_init(options.as_mut_ptr(), size), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut options = unsafe { options.assume_init() };
    options.image = text("demo");
    options.wait_for = matchport_wait_for::Allocated as i32;
    options
}

pub(super) fn response(status: i32, body: &str) -> matchport_http_response {
    let mut response = std::mem::MaybeUninit::uninit();
    let size = size_of::<matchport_http_response>();
    assert_eq!(matchport_http_response_init(response.as_mut_ptr(), size), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut response = unsafe { response.assume_init() };
    response.status = status;
    response.body = bytes(body.as_bytes());
    response
}

pub(super) fn bytes(bytes: &[u8]) -> matchport_bytes {
    matchport_bytes { data: bytes.as_ptr(), length: bytes.len() }
}
