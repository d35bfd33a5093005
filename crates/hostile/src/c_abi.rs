//! Sequences of calls to the C library, over the host transport, as a careless program makes them: handles that are none
//! or gone, pointers that are null, lengths that are absurd, struct sizes of other versions, answers to what nobody asked.
//! What the header makes the caller's duty is kept: where a length is taken at its word, so many bytes are there.
//!
//! No call may find the library at fault (POISONED), each accepted operation ends with one event, and what is handed out
//! can be read to its end.
#![allow(unsafe_code, reason = "views that the library hands out are read, as a C program would")]

use std::collections::BTreeMap;
use std::ptr::{null, null_mut};
use std::sync::Once;

use matchport_ffi_rlib::client::api::*;
use matchport_ffi_rlib::client::options::*;
use matchport_ffi_rlib::events::*;
use matchport_ffi_rlib::host_http::*;
use matchport_ffi_rlib::operations::allocate::*;
use matchport_ffi_rlib::operations::backfill::*;
use matchport_ffi_rlib::operations::calls::*;
use matchport_ffi_rlib::operations::list::*;
use matchport_ffi_rlib::operations::resume::*;
use matchport_ffi_rlib::sessions::*;
use matchport_ffi_rlib::slots::matchport_client;
use matchport_ffi_rlib::status::{matchport_status as Status, matchport_status_text};
use matchport_ffi_rlib::text::*;

use crate::bodies;
use crate::choices::Choices;

/// o(perate) n(ext event) h(ttp request) a(nswer) f(ailed) b(egin stream) d(ata) e(nd stream) t(ick) c(ancel) k(ept not)
/// j(son of an event) s(hutdown) g(arbage handle) w(hat is known of sessions) m(ake another client) r(andom bytes)
const ACTIONS: &[u8] = b"onhaftbdeckjsgwmr";
const NAMES: &[&str] = &["game", "eu-west-1", "us-east-1", "s-1", "ada", "bob", ""];
/// The most events that an input can lead to.
const MOST_EVENTS: usize = 100_000;

pub(crate) fn run(input: &[u8]) {
    static LOUD: Once = Once::new();
    LOUD.call_once(keep_panics_loud);
    let mut choices = Choices::new(input);
    let mut program = Program::default();
    program.make_client(&mut choices);
    while !choices.is_empty() && !program.clients.is_empty() {
        program.act(&mut choices);
    }
    for client in program.clients {
        client.finish();
    }
}

/// The library has panics print nothing, which is right where it has a runtime of its own. Here it has not.
fn keep_panics_loud() {
    let hook = std::panic::take_hook();
    let mut client = null_mut();
    assert_eq!(matchport_client_new(null(), &raw mut client, null_mut(), 0), Status::NullArgument);
    std::panic::set_hook(hook);
}

/// A struct of the caller's, with as much room behind it as any size that the library takes at its word.
#[repr(C)]
struct Roomy<T> {
    value: T,
    room: [u64; 512],
}

impl<T> Roomy<T> {
    /// As the init function makes it. Also tried with any size, which must stay within the room.
    fn new(init: extern "C" fn(*mut T, usize) -> Status, choices: &mut Choices<'_>) -> Self {
        // SAFETY: these structs are numbers and pointers, of which zeros are values.
        let mut made: Self = unsafe { std::mem::zeroed() };
        if choices.below(8) == 7 {
            fine(init(&raw mut made.value, any_size::<T>(choices)));
            fine(init(null_mut(), size_of::<T>()));
            made.room = [0; 512];
        }
        assert_eq!(init(&raw mut made.value, size_of::<T>()), Status::Ok);
        made
    }

    /// The pointer to pass, of the struct and all its room; null at times. The struct says any size at times.
    fn pointer(&mut self, choices: &mut Choices<'_>) -> *const T {
        if choices.below(8) == 7 {
            if choices.below(4) == 3 {
                return null();
            }
            let size = any_size::<T>(choices) as u32;
            self.room[0] = u64::from(choices.byte() % 2);
            // SAFETY: each of these structs starts with its size, a `u32`.
            unsafe { (&raw mut self.value).cast::<u32>().write(size) };
        }
        (&raw const *self).cast()
    }
}

fn any_size<T>(choices: &mut Choices<'_>) -> usize {
    match choices.below(4) {
        0 => size_of::<T>() - 8,
        1 => size_of::<T>() + 8,
        2 => usize::from(choices.byte()) * 17,
        _ => choices.number() as usize,
    }
}

/// Texts and arrays of the caller's, which live as long as a call.
#[derive(Default)]
struct Memory {
    texts: Vec<Box<[u8]>>,
    lists: Vec<Box<[matchport_string]>>,
    pairs: Vec<Box<[matchport_pair]>>,
}

impl Memory {
    fn text(&mut self, choices: &mut Choices<'_>) -> matchport_string {
        match choices.below(NAMES.len() + 4) {
            at if at < NAMES.len() => self.keep(NAMES[at].as_bytes()),
            at if at == NAMES.len() => matchport_string { data: null(), length: choices.below(2) },
            // Never looked at: it is too long to be a text.
            at if at == NAMES.len() + 1 => {
                let length = MATCHPORT_MAX_STRING_BYTES + 1 + usize::from(choices.byte());
                matchport_string { data: std::ptr::without_provenance(0x1001), length }
            }
            _ => self.keep(choices.bytes()),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> matchport_string {
        self.texts.push(bytes.into());
        let kept = self.texts.last().map_or(&[][..], |kept| kept);
        matchport_string { data: kept.as_ptr().cast(), length: kept.len() }
    }

    fn list(&mut self, choices: &mut Choices<'_>) -> (*const matchport_string, usize) {
        match choices.below(6) {
            4 => (null(), choices.below(2)),
            5 => {
                (std::ptr::without_provenance(0x1001), choices.one_of(&[1, MATCHPORT_MAX_ARRAY_LENGTH + 1, usize::MAX]))
            }
            count => {
                let list = (0..count).map(|_| self.text(choices)).collect();
                self.lists.push(list);
                self.lists.last().map_or((null(), 0), |list| (list.as_ptr(), list.len()))
            }
        }
    }

    fn pairs(&mut self, choices: &mut Choices<'_>) -> (*const matchport_pair, usize) {
        let count = choices.below(3);
        let pairs =
            (0..count).map(|_| matchport_pair { name: self.text(choices), value: self.text(choices) }).collect();
        self.pairs.push(pairs);
        self.pairs.last().map_or((null(), 0), |pairs| (pairs.as_ptr(), pairs.len()))
    }
}

#[derive(Default)]
struct Program {
    clients: Vec<Client>,
    /// Handles of clients that were freed.
    gone: Vec<*mut matchport_client>,
}

/// A client, and what its program knows of it.
struct Client {
    handle: *mut matchport_client,
    now: u64,
    /// Accepted operations, and whether they have ended.
    operations: BTreeMap<u64, bool>,
    requests: Vec<u64>,
    events: Vec<*const matchport_event>,
    ticket: Vec<u8>,
}

impl Program {
    fn make_client(&mut self, choices: &mut Choices<'_>) {
        if self.clients.len() >= 3 {
            let client = self.clients.remove(0);
            self.gone.push(client.handle);
            // With operations under way, too.
            fine(matchport_client_free(client.handle));
            return;
        }
        let mut memory = Memory::default();
        let mut options = Roomy::new(matchport_client_options_init, choices);
        options.value.environment = memory.keep(b"https://api.example.com");
        options.value.token = memory.keep(b"s3cret-token");
        if choices.below(4) == 3 {
            options.value.environment = memory.text(choices);
            options.value.token = memory.text(choices);
            options.value.transport = choices.one_of(&[0, 1, -1]);
            options.value.skipped_events = choices.number() as u32;
            options.value.attempt_ms = choices.number();
            options.value.backoff_first_ms = choices.number();
            options.value.retry_capacity = choices.number() as u32;
        }
        // Following is bounded by what the caller asks for, which is its own memory.
        options.value.tracked_sessions = choices.below(4) as u32;
        let (mut handle, mut words) = (null_mut(), [7; 64]);
        let room = choices.below(words.len() + 1);
        let pointer = options.pointer(choices);
        let made = fine(matchport_client_new(pointer, &raw mut handle, words.as_mut_ptr(), room));
        assert!(words[room..].iter().all(|byte| *byte == 7), "written behind the room for a message");
        assert_eq!(made == Status::Ok, !handle.is_null());
        if made == Status::Ok {
            let random = [5; 24 * 8];
            let bytes = matchport_bytes { data: random.as_ptr(), length: random.len() };
            assert_eq!(matchport_client_add_entropy(handle, bytes), Status::Ok);
            let (operations, requests) = (BTreeMap::new(), Vec::new());
            self.clients.push(Client { handle, now: 0, operations, requests, events: Vec::new(), ticket: Vec::new() });
        }
    }

    fn act(&mut self, choices: &mut Choices<'_>) {
        match choices.letter(ACTIONS) {
            b'm' => self.make_client(choices),
            b'g' => {
                let gone = self.gone.last().copied().unwrap_or(null_mut());
                let any = std::ptr::without_provenance_mut(choices.number() as usize);
                let handle = choices.one_of(&[null_mut(), gone, any]);
                if self.clients.iter().any(|client| client.handle == handle) {
                    return;
                }
                let (mut event, mut operation) = (null(), 0);
                let id = matchport_string { data: null(), length: 0 };
                for status in [
                    matchport_client_tick_at(handle, 1),
                    matchport_client_next_event(handle, &raw mut event),
                    matchport_client_stop(handle, id, &raw mut operation),
                    matchport_client_cancel(handle, 1),
                ] {
                    assert!(matches!(status, Status::NullArgument | Status::InvalidHandle), "{status:?}");
                }
                assert_eq!(
                    matchport_client_free(handle),
                    if handle.is_null() { Status::Ok } else { Status::InvalidHandle }
                );
                read(matchport_client_last_message(handle));
                read(matchport_status_text(choices.number() as i32));
            }
            action => {
                let index = usize::from(choices.byte()) % self.clients.len();
                if let Some(client) = self.clients.get_mut(index) {
                    client.act(action, choices);
                }
            }
        }
    }
}

impl Client {
    fn act(&mut self, action: u8, choices: &mut Choices<'_>) {
        let handle = self.handle;
        let mut memory = Memory::default();
        let status = match action {
            b'o' => self.operate(choices),
            b'n' => self.next_event(),
            b'h' => self.next_request(),
            b'a' | b'b' => {
                let (status, body) = bodies::choose(choices);
                let mut response = Roomy::new(matchport_http_response_init, choices);
                response.value.status = i32::from(status);
                response.value.body = matchport_bytes { data: body.as_ptr(), length: body.len() };
                if choices.below(4) == 3 {
                    response.value.retry_after = memory.text(choices);
                    response.value.status = choices.number() as i32;
                }
                let (request, pointer) = (self.request(choices), response.pointer(choices));
                match action {
                    b'a' => matchport_client_http_response(handle, request, pointer),
                    _ => matchport_client_http_stream_begin(handle, request, pointer),
                }
            }
            b'd' => {
                let (request, bytes) = (self.request(choices), choices.bytes());
                let bytes = matchport_bytes { data: bytes.as_ptr(), length: bytes.len() };
                matchport_client_http_stream_data(handle, request, bytes)
            }
            b'e' => matchport_client_http_stream_end(handle, self.request(choices)),
            b'f' => {
                let (request, failure) = (self.request(choices), choices.one_of(&[1, 2, 3, 4, 0, -1, 5]));
                matchport_client_http_failed(handle, request, failure, memory.text(choices))
            }
            b'c' => matchport_client_cancel(handle, self.operation(choices)),
            b'k' => matchport_client_ticket_not_kept(handle, self.operation(choices)),
            b'j' => self.json(choices),
            b's' => matchport_client_shutdown(handle, choices.number()),
            b'w' => self.look_at_sessions(choices),
            b'r' => {
                let bytes = choices.bytes();
                matchport_client_add_entropy(handle, matchport_bytes { data: bytes.as_ptr(), length: bytes.len() })
            }
            _ => {
                // No clock of milliseconds gets to half of its range.
                self.now = choices.one_of(&[self.now, 0]).saturating_add(choices.number()).min(u64::MAX / 2);
                let mut deadline = 0;
                fine(matchport_client_next_deadline(handle, choices.one_of(&[&raw mut deadline, null_mut()])));
                fine(matchport_client_tick(handle));
                matchport_client_tick_at(handle, self.now)
            }
        };
        fine(status);
        read(matchport_client_last_message(handle));
    }

    fn operate(&mut self, choices: &mut Choices<'_>) -> Status {
        let (handle, mut memory, mut number) = (self.handle, Memory::default(), 0);
        let out = if choices.below(16) == 15 { null_mut() } else { &raw mut number };
        let status = match choices.below(11) {
            0 => {
                let mut options = Roomy::new(matchport_allocate_options_init, choices);
                let it = &mut options.value;
                it.image = memory.text(choices);
                (it.locations, it.location_count) = memory.list(choices);
                if choices.below(3) == 2 {
                    (it.env, it.env_count) = memory.pairs(choices);
                    (it.labels, it.label_count) = memory.pairs(choices);
                    (it.args, it.arg_count) = memory.list(choices);
                    (it.match_id, it.version) = (memory.text(choices), memory.text(choices));
                    (it.ttl_seconds, it.deadline_ms) = (choices.number(), choices.number());
                    (it.wait_for, it.restart) = (choices.number() as i32, choices.number() as i32);
                    it.worst_weight = f32::from_bits(choices.number() as u32);
                    it.max_latency_ms = f32::from_bits(choices.number() as u32);
                }
                let near = [matchport_latency { location: memory.text(choices), milliseconds: 20.5 }];
                let players =
                    [matchport_player { id: memory.text(choices), latencies: near.as_ptr(), latency_count: 1 }];
                if choices.below(3) == 2 {
                    (it.players, it.player_count) = (players.as_ptr(), 1);
                }
                let matrix = [f32::NAN, 1.0, -1.0, f32::INFINITY];
                if choices.below(5) == 4 {
                    (it.latency_matrix, it.latency_matrix_length) = (matrix.as_ptr(), choices.below(5));
                }
                matchport_client_allocate(handle, options.pointer(choices), out)
            }
            1 => {
                let mut options = Roomy::new(matchport_backfill_options_init, choices);
                let it = &mut options.value;
                (it.image, it.version) = (memory.text(choices), memory.text(choices));
                (it.players, it.player_count) = memory.list(choices);
                (it.locations, it.location_count) = memory.list(choices);
                (it.having, it.having_count) = memory.pairs(choices);
                (it.capacity, it.prefer) = (choices.number() as u32, choices.below(3) as i32);
                matchport_client_backfill(handle, options.pointer(choices), out)
            }
            2 => {
                let mut options = Roomy::new(matchport_list_options_init, choices);
                let it = &mut options.value;
                (it.location, it.players_below) = (memory.text(choices), choices.number() as i64);
                (it.not_having, it.not_having_count) = memory.pairs(choices);
                matchport_client_list(handle, options.pointer(choices), out)
            }
            3 => matchport_client_describe(handle, memory.text(choices), out),
            4 => matchport_client_stop(handle, memory.text(choices), out),
            5 => {
                let (session, (players, count)) = (memory.text(choices), memory.list(choices));
                matchport_client_join(handle, session, players, count, out)
            }
            6 => {
                let (players, count) = memory.list(choices);
                matchport_client_leave(handle, players, count, out)
            }
            7 => matchport_client_locations(handle, memory.text(choices), out),
            8 => {
                let [location, image, version] = std::array::from_fn(|_| memory.text(choices));
                matchport_client_tag_exists(handle, location, image, version, out)
            }
            9 if choices.below(2) == 0 => {
                matchport_client_logs(handle, memory.text(choices), choices.below(2) as i32, out)
            }
            9 => matchport_client_artifact(handle, memory.text(choices), memory.text(choices), out),
            _ => {
                let mut options = Roomy::new(matchport_resume_options_init, choices);
                let it = &mut options.value;
                it.ticket = if choices.below(4) == 3 { memory.text(choices) } else { memory.keep(&self.ticket) };
                (it.env, it.env_count) = memory.pairs(choices);
                (it.settle, it.deadline_ms) = (choices.below(2) as i32, choices.number());
                matchport_client_resume(handle, options.pointer(choices), out)
            }
        };
        if status == Status::Ok {
            assert!(self.operations.insert(number, false).is_none(), "operation {number} is given out twice");
        }
        status
    }

    fn next_event(&mut self) -> Status {
        let mut pointer = null();
        let status = matchport_client_next_event(self.handle, &raw mut pointer);
        if status != Status::Ok {
            return status;
        }
        // SAFETY: an event is valid until the next one is taken.
        let event = unsafe { *pointer };
        let has_ended = self.operations.get_mut(&event.operation).expect("an event of an accepted operation");
        assert!(!*has_ended, "an event after the end");
        *has_ended = event.kind as i32 >= 100;
        let text = read(event.text).len();
        let data = read(matchport_string { data: event.data.data.cast(), length: event.data.length }).len();
        assert!(text < 1 << 20 && data < 1 << 20, "no action brings so much");
        if event.kind == matchport_event_kind::Ticket {
            self.ticket = read(event.text).to_vec();
        }
        self.events.push(pointer);
        status
    }

    fn next_request(&mut self) -> Status {
        let mut pointer = null();
        let status = matchport_client_next_http_request(self.handle, &raw mut pointer);
        if status == Status::Ok {
            // SAFETY: a request is valid until the next one is taken.
            let request = unsafe { *pointer };
            if request.action == matchport_http_action::Send {
                assert_eq!(self.operations.get(&request.operation).copied(), Some(false), "sent for what is over");
                assert!(read(request.url).starts_with(b"http"));
                let _ = (
                    read(request.method),
                    read(matchport_string { data: request.body.data.cast(), length: request.body.length }),
                );
                self.requests.push(request.id);
            }
        }
        status
    }

    /// Of the event that was taken last; of one that is over; of what never was one.
    fn json(&mut self, choices: &mut Choices<'_>) -> Status {
        let last = self.events.last().copied().unwrap_or(null());
        let older = self.events.first().copied().unwrap_or(null());
        let event = choices.one_of(&[last, older, null(), last.wrapping_add(1)]);
        let mut json = matchport_string { data: null(), length: 0 };
        let status = matchport_client_event_json(self.handle, event, &raw mut json);
        if status == Status::Ok {
            let text = read(json);
            assert!(serde_json::from_slice::<serde_json::Value>(text).is_ok(), "{}", String::from_utf8_lossy(text));
            assert!(!text.windows(6).any(|window| window == b"s3cret"), "the token is told");
        }
        status
    }

    fn look_at_sessions(&mut self, choices: &mut Choices<'_>) -> Status {
        let mut memory = Memory::default();
        let mut one = null();
        let status = matchport_client_session(self.handle, memory.text(choices), &raw mut one);
        if status == Status::Ok {
            // SAFETY: a snapshot is valid until the next call of its kind.
            read(unsafe { (*one).id });
        }
        fine(status);
        let (mut all, mut count) = (null(), 0);
        let status = matchport_client_sessions(self.handle, &raw mut all, &raw mut count);
        for index in 0..count {
            // SAFETY: as many pointers to snapshots were handed out.
            read(unsafe { (**all.add(index)).image });
        }
        status
    }

    fn request(&self, choices: &mut Choices<'_>) -> u64 {
        match choices.below(8) {
            7 => choices.number(),
            back => self.requests.iter().rev().nth(back).or(self.requests.last()).copied().unwrap_or(0),
        }
    }

    fn operation(&self, choices: &mut Choices<'_>) -> u64 {
        let back = choices.below(8);
        self.operations.keys().rev().nth(back).copied().unwrap_or_else(|| choices.number())
    }

    /// A shutdown ends all that is left; then nothing is handed out any more.
    fn finish(mut self) {
        fine(matchport_client_shutdown(self.handle, 0));
        fine(matchport_client_tick_at(self.handle, u64::MAX / 2 + 20));
        let taken = (0..MOST_EVENTS).take_while(|_| fine(self.next_event()) == Status::Ok).count();
        assert!(taken < MOST_EVENTS, "events do not come to an end");
        assert!(self.operations.values().all(|has_ended| *has_ended), "an operation never ended");
        let mut count = 1;
        assert_eq!(matchport_client_operation_count(self.handle, &raw mut count), Status::Ok);
        assert_eq!(count, 0);
        assert_eq!(matchport_client_free(self.handle), Status::Ok);
    }
}

/// Whatever a call says, it is not that the library was at fault.
#[track_caller]
fn fine(status: Status) -> Status {
    assert_ne!(status, Status::Poisoned, "a fault inside the library");
    status
}

/// A view that was handed out, every byte of it read.
fn read<'a>(text: matchport_string) -> &'a [u8] {
    if text.data.is_null() {
        assert_eq!(text.length, 0);
        return &[];
    }
    // SAFETY: views are valid for their length until the next call of the same kind, and are not kept longer here.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) };
    std::hint::black_box(bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    bytes
}
