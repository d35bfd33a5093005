//! Logs and artifacts: lines however the bytes are cut, refusals with their bodies, streams that break, cancels. The
//! test plays the transport. Each stream ends once, and one that broke never counts as complete.

mod support;

use matchport_core::engine::{
    Completion, Event, Input, Operation, OperationId, Refusal, RequestId, TransportFailure, TransportFailureKind,
};
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::http::Answer;
use matchport_core::model::SessionFilter;
use matchport_core::stream::MAX_LINE_BYTES;
use matchport_testkit::World;
use proptest::prelude::*;
use support::*;

fn logs(follow: bool) -> Operation {
    Operation::Logs { session: session(), follow }
}

fn artifact() -> Operation {
    Operation::Artifact { session: session(), path: "/srv/result.json".into() }
}

/// A world in which the test answers by hand, and one stream that has been asked for.
fn asked(operation: Operation) -> (World, OperationId) {
    let mut world = world();
    by_hand(&mut world);
    let id = world.submit(operation);
    assert_eq!(world.sent.len(), 1);
    (world, id)
}

/// The same, with its head received.
fn open(operation: Operation) -> (World, OperationId) {
    let (mut world, id) = asked(operation);
    head(&mut world, 200);
    (world, id)
}

fn newest(world: &World) -> RequestId {
    world.sent.last().expect("a request").request
}

fn head(world: &mut World, status: u16) {
    let answer = Answer { status, retry_after: None, body: b"" };
    let request = newest(world);
    world.input(Input::StreamStarted { request, answer });
}

fn data(world: &mut World, bytes: &[u8]) {
    let request = newest(world);
    world.input(Input::StreamData { request, bytes });
}

fn finish(world: &mut World) {
    let request = newest(world);
    world.input(Input::StreamEnded { request });
}

fn broken(world: &mut World, kind: TransportFailureKind) {
    let request = newest(world);
    let failure = TransportFailure { kind, message: "connection reset".into() };
    world.input(Input::TransportFailed { request, failure });
}

fn line_of((_, event): &(u64, Event)) -> Option<&str> {
    match event {
        Event::LogLine { line, .. } => Some(line),
        _ => None,
    }
}

fn bytes_of((_, event): &(u64, Event)) -> Option<&[u8]> {
    match event {
        Event::Data { bytes, .. } => Some(bytes),
        _ => None,
    }
}

fn lines(world: &World) -> Vec<&str> {
    world.events.iter().filter_map(line_of).collect()
}

/// The lines of a log that comes in these pieces.
fn log_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut world, id) = open(logs(false));
    let mut bytes = 0;
    for piece in pieces {
        bytes += piece.len() as u64;
        data(&mut world, piece);
    }
    finish(&mut world);
    assert!(matches!(completed(&world, id), Completion::Streamed { bytes: all } if *all == bytes));
    assert_eq!(world.breaches, Vec::<String>::new());
    lines(&world).into_iter().map(str::to_owned).collect()
}

#[test]
fn lines_come_whole_wherever_the_bytes_are_cut() {
    let text = "first\r\n\nünïcödé 𝄞\n\ttabs and \r inside\r\nlast without a break";
    let expected = ["first", "", "ünïcödé 𝄞", "\ttabs and \r inside", "last without a break"];
    for at in 0..=text.len() {
        let (head, tail) = text.as_bytes().split_at(at);
        assert_eq!(log_of([head, tail]), expected, "cut at {at}");
    }
    assert_eq!(log_of(text.as_bytes().chunks(1)), expected, "byte by byte");
}

#[test]
fn a_log_may_be_empty_or_end_with_a_break() {
    assert_eq!(log_of([]), Vec::<String>::new());
    assert_eq!(log_of([&b""[..]]), Vec::<String>::new());
    assert_eq!(log_of([&b"one\n"[..]]), ["one"]);
    assert_eq!(log_of([&b"\n\n"[..]]), ["", ""]);
}

#[test]
fn damaged_utf_8_is_replaced_and_harms_no_other_line() {
    assert_eq!(log_of([&b"a\xff\xfeb\nfine\n\xc3"[..]]), ["a\u{fffd}\u{fffd}b", "fine", "\u{fffd}"]);
    assert_eq!(log_of([&b"\xf0\x9d"[..], &b"\x84\x9e\n"[..]]), ["𝄞"], "cut within a character");
}

#[test]
fn a_line_without_end_comes_in_pieces_of_bounded_size() {
    let (mut world, _) = open(logs(true));
    let piece = vec![b'x'; 1024 * 1024];
    for _ in 0..64 {
        data(&mut world, &piece);
    }
    let lines = lines(&world);
    assert!(lines.iter().all(|line| line.len() == MAX_LINE_BYTES));
    // All but what may still be the end of a piece has been handed out.
    assert!(lines.len() >= 64 * piece.len() / MAX_LINE_BYTES - 1);
}

#[test]
fn a_line_of_the_longest_length_is_one_line() {
    let longest = vec![b'x'; MAX_LINE_BYTES];
    for line_break in [&b"\n"[..], b"\r\n"] {
        for at in [0, 1, 2] {
            let at = at.min(line_break.len());
            let pieces = [&longest[..], &line_break[..at], &line_break[at..], b"next\n"];
            let lengths: Vec<_> = log_of(pieces).iter().map(String::len).collect();
            assert_eq!(lengths, [MAX_LINE_BYTES, 4], "{line_break:?} cut at {at}: no empty line after it");
        }
    }
}

#[test]
fn a_cut_loses_no_byte_and_splits_no_character() {
    for before in 0..8 {
        // A carriage return, and characters of 2, 3 and 4 bytes, at every place around the cut.
        for around in ["\r\r\r\r\r\r\r\r\rx", "üüüüüüüü", "€€€€€€", "𝄞𝄞𝄞𝄞"] {
            let long = format!("{}{around}{}", "x".repeat(MAX_LINE_BYTES - 8 + before), "y".repeat(100));
            let pieces = log_of([long.as_bytes(), b"\nnext"]);
            assert_eq!(pieces.len(), 3, "{before} {around:?}");
            assert!(format!("{}{}", pieces[0], pieces[1]) == long, "{before} {around:?}");
            assert!(pieces[0].len() <= MAX_LINE_BYTES && pieces[0].len() > MAX_LINE_BYTES - 4, "{before} {around:?}");
            assert_eq!(pieces[2], "next");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_in_any_pieces_comes_as_its_lines(text in "[a-zü€𝄞\\n\\r ]{0,200}", size in 1_usize..20) {
        let mut expected: Vec<_> = text.split('\n').collect();
        if expected.last() == Some(&"") {
            expected.pop();
        }
        let expected: Vec<_> = expected.into_iter().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        prop_assume!(!text.ends_with('\r'));
        prop_assert_eq!(log_of(text.as_bytes().chunks(size)), expected);
    }
}

#[test]
fn an_artifact_comes_as_its_bytes() {
    let (mut world, id) = open(artifact());
    for piece in [&b"\x1f\x8b\r\n\0"[..], b"", b"\xff\xfe"] {
        data(&mut world, piece);
    }
    finish(&mut world);
    let pieces: Vec<_> = world.events.iter().filter_map(bytes_of).collect();
    assert_eq!(pieces.concat(), b"\x1f\x8b\r\n\0\xff\xfe");
    assert!(matches!(completed(&world, id), Completion::Streamed { bytes: 7 }));
}

#[test]
fn a_break_in_the_middle_is_never_complete() {
    for operation in [logs(false), logs(true), artifact()] {
        for kind in [TransportFailureKind::Broken, TransportFailureKind::TimedOut, TransportFailureKind::TooLarge] {
            let (mut world, id) = open(operation.clone());
            data(&mut world, b"half a li");
            broken(&mut world, kind);
            let error = &failure(&world, id).error;
            assert_eq!(error.outcome, Outcome::Unknown);
            assert!(error.message.contains("broke after 9 bytes"), "{}", error.message);
            world.run();
            assert_eq!(world.sent.len(), 1, "what came can't be taken back");
            assert_eq!(world.breaches, Vec::<String>::new());
        }
    }
}

#[test]
fn a_file_or_a_log_that_stands_still_breaks() {
    for operation in [artifact(), logs(false)] {
        let (mut world, id) = open(operation.clone());
        world.run_until(9_000);
        data(&mut world, b"still coming\n");
        world.run_until(18_000);
        data(&mut world, b"slowly\n");
        world.run();
        assert_eq!((failure(&world, id).error.code, world.now), (ErrorCode::Timeout, 28_000), "{operation:?}");
        assert_eq!(world.aborted.len(), 1);
    }
}

#[test]
fn a_followed_log_may_be_silent_for_hours() {
    let (mut world, id) = open(logs(true));
    world.run_until(10 * 3600 * 1000);
    data(&mut world, b"still here\n");
    finish(&mut world);
    assert!(matches!(completed(&world, id), Completion::Streamed { bytes: 11 }));
    assert_eq!(lines(&world), ["still here"]);
}

#[test]
fn a_refusal_is_read_with_its_body() {
    let table = [
        (401, ErrorCode::Unauthorized),
        (403, ErrorCode::Forbidden),
        (404, ErrorCode::NotFound),
        (204, ErrorCode::UnexpectedStatus),
    ];
    let body = br#"{"statusCode":404,"code":"NOT_FOUND","message":"no such session","identifier":"trace-9"}"#;
    for operation in [logs(true), artifact()] {
        for (status, code) in table {
            let (mut world, id) = asked(operation.clone());
            head(&mut world, status);
            body.chunks(10).for_each(|piece| data(&mut world, piece));
            assert_eq!(world.engine.operations(), 1, "the body is not whole yet");
            finish(&mut world);
            let error = &failure(&world, id).error;
            assert_eq!((error.code, error.status), (code, Some(status)));
            assert_eq!(error.identifier.as_deref(), Some("trace-9"));
            assert!(error.message.contains("no such session"), "{}", error.message);
            assert!(!world.events.iter().any(|(_, event)| matches!(event, Event::LogLine { .. } | Event::Data { .. })));
            world.run();
            assert_eq!(world.sent.len(), 1, "{status} is final");
        }
    }
}

#[test]
fn a_refusal_counts_though_its_body_breaks() {
    for (status, code) in [(401, ErrorCode::Unauthorized), (403, ErrorCode::Forbidden), (404, ErrorCode::NotFound)] {
        for late in [false, true] {
            let (mut world, id) = asked(artifact());
            head(&mut world, status);
            if late {
                world.run(); // The body never ends.
            } else {
                broken(&mut world, TransportFailureKind::Broken);
            }
            assert_eq!(failure(&world, id).error.code, code, "{status}");
            assert_eq!(world.sent.len(), 1, "{status}");
        }
    }
}

#[test]
fn the_body_of_a_refusal_is_bounded() {
    let (mut world, id) = asked(logs(false));
    head(&mut world, 401);
    let piece = vec![b' '; 1024 * 1024];
    (0..100).for_each(|_| data(&mut world, &piece));
    finish(&mut world);
    assert_eq!(failure(&world, id).error.code, ErrorCode::Unauthorized);
}

#[test]
fn opening_is_tried_four_times() {
    type Refuse = fn(&mut World);
    let ways: [Refuse; 5] = [
        |world| broken(world, TransportFailureKind::NotSent),
        |world| broken(world, TransportFailureKind::Broken),
        |world| (head(world, 503), finish(world)).1,
        |world| (head(world, 429), finish(world)).1,
        |world| (head(world, 404), data(world, b"<html>"), finish(world)).2,
    ];
    for (index, refuse) in ways.into_iter().enumerate() {
        let (mut world, id) = asked(logs(false));
        for attempt in 1..=4 {
            assert_eq!(world.sent.len(), attempt, "way {index}");
            refuse(&mut world);
            world.run_until(world.now + 1_000);
        }
        let error = &failure(&world, id).error;
        assert!(error.retryable, "way {index}: {error:?}");
        world.run();
        assert_eq!(world.sent.len(), 4, "way {index}");
    }
    let (mut world, id) = asked(logs(false));
    broken(&mut world, TransportFailureKind::Broken);
    world.run_until(1_000);
    head(&mut world, 200);
    finish(&mut world);
    assert!(matches!(completed(&world, id), Completion::Streamed { bytes: 0 }));
}

#[test]
fn opening_ends_at_its_deadline() {
    let (mut world, id) = asked(logs(true));
    let answer = Answer { status: 429, retry_after: Some("86400"), body: b"" };
    let request = newest(&world);
    world.input(Input::StreamStarted { request, answer });
    finish(&mut world);
    world.run();
    let error = &failure(&world, id).error;
    assert_eq!((error.code, error.status, world.now), (ErrorCode::DeadlineExceeded, Some(429), 30_000));
    assert_eq!(error.outcome, Outcome::Refused);
}

#[test]
fn a_cancel_ends_a_stream_in_each_state() {
    type Reach = fn(&mut World);
    let states: [Reach; 4] = [
        |_| {},
        |world| head(world, 200),
        |world| (head(world, 503), data(world, b"{")).1,
        |world| broken(world, TransportFailureKind::NotSent),
    ];
    for (index, reach) in states.into_iter().enumerate() {
        for operation in [logs(true), artifact()] {
            let (mut world, id) = asked(operation);
            reach(&mut world);
            let request = newest(&world);
            let in_flight = index != 3;
            world.input(Input::Cancel { id });
            assert_eq!(failure(&world, id).error.code, ErrorCode::Cancelled);
            assert_eq!(world.aborted.len(), usize::from(in_flight), "state {index}");
            assert_eq!(world.offer(Input::StreamData { request, bytes: b"late" }), Err(Refusal::UnknownRequest));
            assert_eq!(world.offer(Input::StreamEnded { request }), Err(Refusal::UnknownRequest));
            world.run();
            assert_eq!((world.sent.len(), world.engine.operations()), (1, 0), "state {index}");
            assert_eq!(world.breaches, Vec::<String>::new());
        }
    }
}

#[test]
fn a_shutdown_ends_streams_at_once() {
    let (mut world, followed) = open(logs(true));
    world.input(Input::Shutdown { within_ms: 60_000 });
    assert_eq!(failure(&world, followed).error.code, ErrorCode::ShutDown);
    assert_eq!(world.engine.operations(), 0);
}

#[test]
fn inputs_of_the_other_mode_are_refused() {
    let (mut world, _) = asked(logs(false));
    let answer = || Answer { status: 200, retry_after: None, body: b"text" };
    let request = newest(&world);
    assert_eq!(world.offer(Input::Response { request, answer: answer() }), Err(Refusal::WrongResponseMode));
    world.submit(Operation::List(SessionFilter::default()));
    let request = newest(&world);
    let wrong = Err(Refusal::WrongResponseMode);
    assert_eq!(world.offer(Input::StreamStarted { request, answer: answer() }), wrong);
    assert_eq!(world.offer(Input::StreamData { request, bytes: b"x" }), wrong);
    assert_eq!(world.offer(Input::StreamEnded { request }), wrong);
    // Neither has been harmed.
    assert_eq!(world.engine.operations(), 2);
    answer_list(&mut world);
    assert_eq!(world.engine.operations(), 1);
}

fn answer_list(world: &mut World) {
    answer(world, 1, 200, br#"{"sessions":[]}"#);
}

#[test]
fn a_stream_without_a_head_is_no_answer() {
    // A driver that forgets the head: nothing may be lost silently, and nothing may hang.
    for forget in [|world: &mut World| data(world, b"no head"), |world: &mut World| finish(world)] {
        let (mut world, id) = asked(logs(false));
        for attempt in 1..=4 {
            assert_eq!(world.sent.len(), attempt);
            forget(&mut world);
            world.run_until(world.now + 1_000);
        }
        let error = &failure(&world, id).error;
        assert!(error.message.contains("head"), "{}", error.message);
        assert_eq!(world.engine.operations(), 0);
    }
}
