//! What a caller should not do: whatever is passed is looked at before it is followed, and nothing is handed out twice.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::host::*;
use crate::client::api::*;
use crate::client::options::*;
use crate::events::*;
use crate::host_http::*;
use crate::operations::allocate::*;
use crate::operations::calls::*;
use crate::slots::matchport_client;
use crate::status::matchport_status as Status;
use crate::text::*;

#[test]
fn handles_that_are_none_are_looked_up_and_not_followed() {
    let host = Host::new();
    let freed = Host::new();
    let freed_handle = freed.0;
    drop(freed);
    let number = 7_u64;
    let inside: *const u64 = &raw const number;
    let garbage = [1, 2048, usize::MAX, freed_handle.addr() + 1024].map(std::ptr::without_provenance_mut);
    for handle in [freed_handle, inside.cast_mut().cast::<matchport_client>()].into_iter().chain(garbage) {
        let (mut event, mut operation) = (null(), 0);
        assert_eq!(matchport_client_next_event(handle, &raw mut event), Status::InvalidHandle);
        assert_eq!(matchport_client_stop(handle, text("a"), &raw mut operation), Status::InvalidHandle);
        assert_eq!(matchport_client_free(handle), Status::InvalidHandle);
        assert_eq!(read(matchport_client_last_message(handle)).as_deref(), Some(""));
    }
    assert_eq!(matchport_client_free(null_mut()), Status::Ok);
    assert_eq!(matchport_client_tick_at(null_mut(), 1), Status::NullArgument);
    assert_eq!(matchport_client_tick_at(host.0, 1), Status::Ok);
}

#[test]
fn pointers_that_lead_nowhere_are_not_followed() {
    let host = Host::new();
    let mut operation = 0;
    let out = &raw mut operation;
    assert_eq!(matchport_client_describe(host.0, text("a"), null_mut()), Status::NullArgument);
    assert_eq!(matchport_client_describe(host.0, matchport_string::ABSENT, out), Status::NullArgument);
    assert_eq!(matchport_client_allocate(host.0, null(), out), Status::NullArgument);
    assert_eq!(matchport_client_next_event(host.0, null_mut()), Status::NullArgument);
    assert_eq!(matchport_client_http_response(host.0, 1, null()), Status::NullArgument);
    // Dangling, but never looked at: too long, or not aligned.
    let nowhere = std::ptr::without_provenance(0x1001);
    let absurd = matchport_string { data: nowhere, length: usize::MAX };
    assert_eq!(matchport_client_stop(host.0, absurd, out), Status::ArgumentTooLarge);
    let odd = std::ptr::without_provenance(0x1001);
    assert_eq!(matchport_client_leave(host.0, odd, 1, out), Status::InvalidArgument);
    assert_eq!(matchport_client_leave(host.0, odd, usize::MAX, out), Status::ArgumentTooLarge);
    assert_eq!(matchport_client_allocate(host.0, std::ptr::without_provenance(0x1001), out), Status::InvalidArgument);
    assert_eq!(
        matchport_client_describe(host.0, text("a"), std::ptr::without_provenance_mut(0x1001)),
        Status::InvalidArgument
    );
    let not_utf8 = matchport_string { data: b"\xff\xfe".as_ptr().cast(), length: 2 };
    assert_eq!(matchport_client_stop(host.0, not_utf8, out), Status::InvalidUtf8);
    assert!(host.message().contains("session"));
}

#[test]
fn a_message_is_cut_to_the_room_that_there_is() {
    for room in 0..24 {
        let mut client = null_mut();
        let mut words = [7; 24];
        let mut options = options();
        options.token = text("");
        let made = matchport_client_new(&raw const options, &raw mut client, words.as_mut_ptr(), room);
        assert_eq!((made, client), (Status::InvalidArgument, null_mut()));
        assert!(words[room..].iter().all(|byte| *byte == 7), "{room}");
        assert!(room == 0 || words[room - 1] == 0, "{room}");
    }
}

#[test]
fn structs_of_other_versions_are_read_as_far_as_they_go() {
    let full = size_of::<matchport_client_options>();
    for size in (8..=full).step_by(8) {
        // Exactly as much memory as the caller has: reading or writing one byte more is a fault.
        let mut older = vec![u64::MAX; size / 8];
        let pointer = older.as_mut_ptr().cast::<matchport_client_options>();
        assert_eq!(matchport_client_options_init(pointer, size), Status::Ok);
        let mut client = null_mut();
        let made = matchport_client_new(pointer, &raw mut client, null_mut(), 0);
        assert_eq!((made, client), (Status::NullArgument, null_mut()), "{size}");
    }
    let mut newer = vec![u64::MAX; full / 8 + 3];
    let pointer = newer.as_mut_ptr().cast::<matchport_client_options>();
    assert_eq!(matchport_client_options_init(pointer, full + 24), Status::Ok);
    newer[full / 8 + 2] = 1;
    let mut client = null_mut();
    let made = matchport_client_new(newer.as_ptr().cast(), &raw mut client, null_mut(), 0);
    assert_eq!((made, client), (Status::InvalidStructSize, null_mut()));
}

#[test]
fn answers_and_events_that_are_over() {
    let host = Host::new();
    host.begin(|client, operation| matchport_client_locations(client, text("demo"), operation));
    let id = host.request().id;
    assert_eq!(host.answer(id + 1, 200, "{}"), Status::UnknownRequest);
    assert_eq!(host.answer(id, 99, "{}"), Status::InvalidArgument);
    assert_eq!(matchport_client_http_stream_begin(host.0, id, &response(200, "")), Status::WrongResponseMode);
    assert_eq!(host.answer(id, 200, r#"{"locations":[]}"#), Status::Ok);
    assert_eq!(host.answer(id, 200, r#"{"locations":[]}"#), Status::UnknownRequest);
    let mut event = null();
    assert_eq!(matchport_client_next_event(host.0, &raw mut event), Status::Ok);
    assert_eq!(host.json(event), host.json(event));
    assert_eq!(host.json(null()), Err(Status::StaleEvent));
    assert_eq!(host.json(event.wrapping_add(1)), Err(Status::StaleEvent));
    host.begin(|client, operation| matchport_client_locations(client, text(""), operation));
    assert_eq!(host.end().status, Status::InvalidInput);
    // The pointer dangles now. It is compared and not followed.
    assert_eq!(host.json(event), Err(Status::StaleEvent));
}

#[test]
fn a_fault_puts_one_client_out_of_use() {
    let (sick, well) = (Host::new(), Host::new());
    sick.allocate();
    assert_eq!(matchport_client_test_fault(sick.0), Status::Poisoned);
    assert!(sick.message().contains("a fault was asked for"));
    assert_eq!(matchport_client_tick_at(sick.0, 1), Status::Poisoned);
    well.allocate();
    drop(sick);
    assert_eq!(matchport_client_tick_at(well.0, 1), Status::Ok);
}

/// What a log hook finds, and whether it stays inside.
#[derive(Default)]
struct Hook {
    client: AtomicUsize,
    lines: AtomicUsize,
    reentered: AtomicUsize,
    stays: AtomicBool,
    is_inside: AtomicBool,
}

extern "C" fn on_log(user: *mut c_void, level: i32, line: matchport_string) {
    // SAFETY: the tests pass a hook that outlives the client.
    let hook = unsafe { &*user.cast::<Hook>() };
    assert!((1..=4).contains(&level) && read(line).is_some_and(|line| !line.contains("s3cret")));
    let client = std::ptr::without_provenance_mut(hook.client.load(Ordering::SeqCst));
    let again = [matchport_client_tick_at(client, 1), matchport_client_free(client)];
    hook.reentered.fetch_add(again.iter().filter(|status| **status == Status::Reentered).count(), Ordering::SeqCst);
    hook.lines.fetch_add(1, Ordering::SeqCst);
    hook.is_inside.store(true, Ordering::SeqCst);
    while hook.stays.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
}

fn with_hook(hook: &Hook) -> Host {
    let mut options = options();
    options.log = Some(on_log);
    options.log_user = std::ptr::from_ref(hook).cast_mut().cast();
    options.log_level = crate::log::matchport_log_level::Debug as i32;
    let host = Host::with(&options);
    hook.client.store(host.0.addr(), Ordering::SeqCst);
    host
}

#[test]
fn the_log_hook_may_not_call_back() {
    let hook = Hook::default();
    let host = with_hook(&hook);
    host.allocate();
    assert_eq!(host.answer(host.request().id, 201, STARTED), Status::Ok);
    let lines = hook.lines.load(Ordering::SeqCst);
    assert!(lines >= 4, "{lines}");
    assert_eq!(hook.reentered.load(Ordering::SeqCst), 2 * lines);
}

#[test]
fn a_second_thread_finds_the_client_busy() {
    let hook = Hook::default();
    let host = with_hook(&hook);
    hook.stays.store(true, Ordering::SeqCst);
    let handle = host.0.addr();
    std::thread::scope(|scope| {
        let inside = scope.spawn(move || {
            let mut operation = 0;
            matchport_client_locations(std::ptr::without_provenance_mut(handle), text("demo"), &raw mut operation)
        });
        while !hook.is_inside.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let mut event = null();
        let statuses = [
            matchport_client_tick_at(host.0, 1),
            matchport_client_next_event(host.0, &raw mut event),
            matchport_client_free(host.0),
        ];
        hook.stays.store(false, Ordering::SeqCst);
        assert_eq!(statuses, [Status::Busy; 3]);
        assert_eq!(inside.join().expect("no panic"), Status::Ok);
    });
}

#[test]
fn threads_that_pay_no_heed_race_for_nothing() {
    let host = Host::new();
    let handle = host.0.addr();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(move || {
                let client = std::ptr::without_provenance_mut(handle);
                for time in 0..15 {
                    let (mut event, mut operation) = (null(), 0);
                    let statuses = [
                        matchport_client_tick_at(client, time),
                        matchport_client_next_event(client, &raw mut event),
                        matchport_client_locations(client, text(""), &raw mut operation),
                    ];
                    let is_fine = |status: &Status| {
                        matches!(status, Status::Ok | Status::Empty | Status::Busy | Status::NeedsEntropy)
                    };
                    assert!(statuses.iter().all(is_fine), "{statuses:?}");
                }
            });
        }
    });
}
