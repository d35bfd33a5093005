//! Each operation from its call to its last event, with every view followed to its end.

use std::ptr::null;

use super::host::*;
use crate::client::api::*;
use crate::events::error::matchport_error;
use crate::events::report::{matchport_outcome, matchport_report};
use crate::events::results::{matchport_port, matchport_session};
use crate::events::*;
use crate::host_http::*;
use crate::operations::allocate::*;
use crate::operations::backfill::*;
use crate::operations::calls::*;
use crate::operations::list::*;
use crate::operations::resume::*;
use crate::sessions::*;
use crate::status::matchport_status as Status;
use crate::text::*;

#[test]
fn an_allocation() {
    let host = Host::new();
    let operation = host.allocate();
    let ticket = host.event().expect("a ticket");
    assert_eq!((ticket.kind, ticket.operation), (matchport_event_kind::Ticket, operation));
    assert!(read(ticket.text).is_some_and(|ticket| ticket.contains("\"matchport_ticket\":1")));
    let request = host.request();
    assert_eq!(request.operation, operation);
    assert_eq!(host.answer(request.id, 201, STARTED), Status::Ok);
    let mut event = null();
    assert_eq!(matchport_client_next_event(host.0, &raw mut event), Status::Ok);
    let allocation = follow(follow(event).allocation);
    assert_eq!(read(allocation.endpoint).as_deref(), Some("185.12.34.56:27015"));
    assert_eq!(read(allocation.id).map(|id| id.len()), Some(36));
    assert_eq!(ports(allocation.ports, allocation.port_count), [("udp".to_owned(), 7777, 27015)]);
    read_report(&follow(allocation.report));
    assert!(host.json(event).is_ok_and(|json| json.contains("\"endpoint\":\"185.12.34.56:27015\"")));
    // Read after more has happened, as it may be until the next event is taken.
    host.allocate();
    assert_eq!(read(allocation.location).as_deref(), Some("eu-west-1"));
}

#[test]
fn an_allocation_with_players_whose_answer_is_lost_and_whose_session_is_adopted() {
    let host = Host::new();
    let near = [matchport_latency { location: text("eu"), milliseconds: 20.0 }, latency("us", 90.0)];
    let far = [latency("eu", 30.0)];
    let players = [player("ada", &near), player("bo", &far)];
    let labels = [matchport_pair { name: text("mode"), value: text("ranked") }];
    let arguments = [text("-x"), text("1")];
    let mut options = allocate_options();
    let locations = [text("us"), text("eu")];
    (options.locations, options.location_count) = (locations.as_ptr(), 2);
    (options.players, options.player_count) = (players.as_ptr(), 2);
    (options.labels, options.label_count) = (labels.as_ptr(), 1);
    (options.args, options.arg_count) = (arguments.as_ptr(), 2);
    options.match_id = text("match-1");
    host.begin(|client, operation| matchport_client_allocate(client, &options, operation));
    let request = host.request();
    let failed = matchport_client_http_failed(host.0, request.id, 2, text("reset"));
    assert_eq!(failed, Status::Ok);
    let progress = std::iter::from_fn(|| host.event()).find(|event| event.kind == matchport_event_kind::Progress);
    let progress = follow(progress.expect("some progress").progress);
    let _ = (read(progress.location), read(progress.reason), read(progress.session_status));
    let request = host.request();
    let session = r#"{"id":"x","image":"demo","location":"eu","host":"10.0.0.1","created":1,"port":{"7777/udp":27015},"status":"running"}"#;
    assert_eq!(host.answer(request.id, 200, session), Status::Ok);
    let report = follow(follow(host.end().allocation).report);
    assert_eq!(report.adopted, 1);
    read_report(&report);
}

#[test]
fn a_refusal_with_all_that_belongs_to_it() {
    let host = Host::new();
    let players = [text("ada")];
    host.begin(|client, operation| matchport_client_join(client, text("s-1"), players.as_ptr(), 1, operation));
    let refusal = r#"{"statusCode":422,"code":"INVALID_REQUEST","message":"bad s3cret-token","identifier":"trace-1","violations":[{"field":"players","description":"no"}]}"#;
    let mut response = response(422, refusal);
    response.retry_after = text("7");
    let request = host.request();
    assert_eq!(matchport_client_http_response(host.0, request.id, &response), Status::Ok);
    let event = host.end();
    assert_eq!((event.kind, event.status), (matchport_event_kind::Failed, Status::InvalidRequest));
    let error = follow(event.error);
    assert_eq!((error.outcome, error.http_status), (matchport_outcome::Refused, 422));
    assert_eq!(read_error(&error), [("players".to_owned(), "no".to_owned())]);
    assert!(read(error.message).is_some_and(|message| !message.contains("s3cret")));
}

#[test]
fn lists_descriptions_and_counts() {
    let host = Host::new();
    let tags = [matchport_pair { name: text("mode"), value: text("ranked") }];
    let mut options = std::mem::MaybeUninit::uninit();
    assert_eq!(matchport_list_options_init(options.as_mut_ptr(), size_of::<matchport_list_options>()), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut options = unsafe { options.assume_init() };
    (options.having, options.having_count) = (tags.as_ptr(), 1);
    options.image = text("demo");
    host.begin(|client, operation| matchport_client_list(client, &options, operation));
    let sessions = r#"{"sessions":[{"id":"a","image":"demo","location":"eu","host":"h","created":5,"port":{"7777/udp":1,"80/tcp":2},"status":"odd","playerCount":3,"labels":{"tags":"{}"}},{"id":"b","image":"demo","location":"us","host":"i","created":6,"port":{},"status":"running"}]}"#;
    assert_eq!(host.answer(host.request().id, 200, sessions), Status::Ok);
    let mut event = null();
    assert_eq!(matchport_client_next_event(host.0, &raw mut event), Status::Ok);
    let list = follow(follow(event).session_list);
    let sessions: Vec<_> = read_all(list.sessions, list.session_count).into_iter().map(follow).collect();
    assert_eq!(
        sessions.iter().map(read_session).collect::<Vec<_>>(),
        ["a odd 2 ports 1 labels", "b running 0 ports 0 labels"]
    );
    assert!(host.json(event).is_ok_and(|json| json.starts_with("{\"sessions\":[{\"id\":\"a\"")));

    host.begin(|client, operation| matchport_client_describe(client, text("a"), operation));
    let session =
        r#"{"id":"a","image":"demo","location":"eu","status":"running","players":{"joined":["ada"],"joinedCount":1}}"#;
    assert_eq!(host.answer(host.request().id, 200, session), Status::Ok);
    let session = follow(host.end().session);
    assert_eq!(
        read_all(session.players, session.player_name_count).into_iter().map(read).collect::<Vec<_>>(),
        [Some("ada".to_owned())]
    );

    let players = [text("ada"), text("bo")];
    host.begin(|client, operation| matchport_client_leave(client, players.as_ptr(), 2, operation));
    assert_eq!(host.answer(host.request().id, 200, r#"{"count":1,"players":["cy"]}"#), Status::Ok);
    let count = follow(host.end().player_count);
    assert_eq!(
        read_all(count.players, count.player_name_count).into_iter().map(read).collect::<Vec<_>>(),
        [Some("cy".to_owned())]
    );

    host.begin(|client, operation| matchport_client_locations(client, text("demo"), operation));
    assert_eq!(
        host.answer(host.request().id, 200, r#"{"locations":[{"id":"eu","ips":["10.0.0.1","::1"]}]}"#),
        Status::Ok
    );
    let list = follow(host.end().location_list);
    let location = follow(list.locations);
    assert_eq!(
        read_all(location.addresses, location.address_count).into_iter().filter_map(read).collect::<Vec<_>>(),
        ["10.0.0.1", "::1"]
    );

    host.begin(|client, operation| matchport_client_tag_exists(client, text("eu"), text("demo"), text("1"), operation));
    assert_eq!(host.answer(host.request().id, 200, r#"{"exists":true}"#), Status::Ok);
    assert_eq!(host.end().number, 1);
    host.begin(|client, operation| matchport_client_stop(client, text("a"), operation));
    assert_eq!(host.answer(host.request().id, 204, ""), Status::Ok);
    assert_eq!(host.end().number, 1);
}

#[test]
fn a_backfill() {
    let host = Host::new();
    let players = [text("cy")];
    let mut options = std::mem::MaybeUninit::uninit();
    let size = size_of::<matchport_backfill_options>();
    assert_eq!(matchport_backfill_options_init(options.as_mut_ptr(), size), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut options = unsafe { options.assume_init() };
    (options.image, options.capacity) = (text("demo"), 8);
    (options.players, options.player_count) = (players.as_ptr(), 1);
    host.begin(|client, operation| matchport_client_backfill(client, &options, operation));
    let sessions = r#"{"sessions":[{"id":"b","image":"demo","location":"eu","host":"h","created":5,"port":{"7777/udp":9},"status":"running","playerCount":3}]}"#;
    assert_eq!(host.answer(host.request().id, 200, sessions), Status::Ok);
    assert_eq!(host.answer(host.request().id, 200, r#"{"count":4,"players":[]}"#), Status::Ok);
    let backfilled = follow(host.end().backfilled);
    assert_eq!(read(backfilled.endpoint).as_deref(), Some("h:9"));
    assert_eq!(ports(backfilled.ports, backfilled.port_count).len(), 1);
}

#[test]
fn streams() {
    let host = Host::new();
    host.begin(|client, operation| matchport_client_logs(client, text("s-1"), 1, operation));
    let id = host.request().id;
    assert_eq!(matchport_client_http_stream_begin(host.0, id, &response(200, "")), Status::Ok);
    for piece in [&b"one\ntw"[..], b"o\n\xff", b"", b"\nlast"] {
        assert_eq!(matchport_client_http_stream_data(host.0, id, bytes(piece)), Status::Ok);
    }
    assert_eq!(matchport_client_http_stream_end(host.0, id), Status::Ok);
    let mut events = [null(); 3];
    let mut count = 0;
    assert_eq!(matchport_client_next_events(host.0, events.as_mut_ptr(), 3, &raw mut count), Status::Ok);
    let lines: Vec<_> = events.iter().filter_map(|event| read(follow(*event).text)).collect();
    assert_eq!(lines, ["one", "two", "\u{fffd}"]);
    assert_eq!(matchport_client_next_events(host.0, events.as_mut_ptr(), 3, &raw mut count), Status::Ok);
    assert_eq!((count, follow(events[1]).number), (2, 14));

    host.begin(|client, operation| matchport_client_artifact(client, text("s-1"), text("/out"), operation));
    let id = host.request().id;
    assert_eq!(matchport_client_http_stream_begin(host.0, id, &response(200, "")), Status::Ok);
    assert_eq!(matchport_client_http_stream_data(host.0, id, bytes(&[0, 255, 0])), Status::Ok);
    let data = host.event().expect("a piece").data;
    assert_eq!(read_all(data.data, data.length), [0, 255, 0]);
    assert_eq!(matchport_client_http_stream_end(host.0, id), Status::Ok);
    assert_eq!(host.end().number, 3);
}

#[test]
fn a_ticket_goes_on_in_another_client_and_is_cancelled_there() {
    let first = Host::new();
    first.allocate();
    let ticket = read(first.event().expect("a ticket").text).expect("its text");
    drop(first);
    let second = Host::new();
    let mut options = std::mem::MaybeUninit::uninit();
    assert_eq!(matchport_resume_options_init(options.as_mut_ptr(), size_of::<matchport_resume_options>()), Status::Ok);
    // SAFETY: the call has written all of it.
    let mut options = unsafe { options.assume_init() };
    let env = [matchport_pair { name: text("MAP"), value: text("dust2") }];
    options.ticket = text(&ticket);
    (options.env, options.env_count) = (env.as_ptr(), 1);
    let operation = second.begin(|client, operation| matchport_client_resume(client, &options, operation));
    let request = second.request();
    assert_eq!(matchport_client_cancel(second.0, operation), Status::Ok);
    // Whatever was on its way is answered, and what is asked then is answered with "gone".
    let mut id = request.id;
    for round in 1..20 {
        let _ = second.answer(id, 404, r#"{"statusCode":404,"message":"no such session"}"#);
        assert_eq!(matchport_client_tick_at(second.0, round * 1000), Status::Ok);
        while let Some(event) = second.event() {
            if event.kind == matchport_event_kind::Failed {
                assert_eq!(event.status, Status::Cancelled);
                read_error(&follow(event.error));
                return;
            }
        }
        let mut next = null();
        if matchport_client_next_http_request(second.0, &raw mut next) == Status::Ok {
            id = follow(next).id;
        }
    }
    panic!("it never ended");
}

#[test]
fn a_shutdown_on_a_clock_that_is_moved() {
    let host = Host::new();
    host.allocate();
    host.begin(|client, operation| matchport_client_locations(client, text("demo"), operation));
    let _ = host.request();
    assert_eq!(matchport_client_shutdown(host.0, 1000), Status::Ok);
    let mut due = 0;
    assert_eq!(matchport_client_next_deadline(host.0, &raw mut due), Status::Ok);
    assert!(due <= 1000, "{due}");
    assert_eq!(matchport_client_tick_at(host.0, 1000), Status::Ok);
    let ended: Vec<_> = std::iter::from_fn(|| host.event()).filter(|event| event.kind as i32 >= 100).collect();
    assert_eq!(ended.iter().map(|event| event.status).collect::<Vec<_>>(), [Status::ShutDown; 2]);
    let mut count = 9;
    assert_eq!(matchport_client_operation_count(host.0, &raw mut count), Status::Ok);
    assert_eq!(count, 0);
}

#[test]
fn a_request_that_is_over_before_it_was_taken_is_never_sent() {
    let host = Host::new();
    let operation = host.begin(|client, operation| matchport_client_locations(client, text("demo"), operation));
    let other = host.begin(|client, operation| matchport_client_locations(client, text("other"), operation));
    assert_eq!(matchport_client_cancel(host.0, operation), Status::Ok);
    assert_eq!((host.end().operation, host.request().operation), (operation, other));
    let mut request = null();
    assert_eq!(matchport_client_next_http_request(host.0, &raw mut request), Status::Empty, "nor aborted");
}

#[test]
fn snapshots_of_sessions() {
    let mut options = options();
    options.tracked_sessions = 4;
    let host = Host::with(&options);
    host.allocate();
    assert_eq!(host.answer(host.request().id, 201, STARTED), Status::Ok);
    let id = read(follow(host.end().allocation).id).expect("an id");
    let mut snapshot = null();
    assert_eq!(matchport_client_session(host.0, text(&id), &raw mut snapshot), Status::Ok);
    assert_eq!(read(follow(snapshot).host).as_deref(), Some("185.12.34.56"));
    let (mut all, mut count) = (null(), 0);
    assert_eq!(matchport_client_sessions(host.0, &raw mut all, &raw mut count), Status::Ok);
    let snapshot = follow(read_all(all, count)[0]);
    assert_eq!(ports(snapshot.ports, snapshot.port_count), [("udp".to_owned(), 7777, 27015)]);
    let _ = (read(snapshot.image), read(snapshot.location), read(snapshot.last_reported));
}

fn latency(location: &str, milliseconds: f32) -> matchport_latency {
    matchport_latency { location: text(location), milliseconds }
}

fn player(id: &str, latencies: &[matchport_latency]) -> matchport_player {
    matchport_player { id: text(id), latencies: latencies.as_ptr(), latency_count: latencies.len() }
}

fn ports(first: *const matchport_port, count: usize) -> Vec<(String, u16, u16)> {
    let ports = read_all(first, count).into_iter();
    ports.map(|port| (read(port.protocol).expect("a protocol"), port.container, port.host)).collect()
}

fn read_report(report: &matchport_report) {
    assert_eq!(read(report.session).map(|id| id.len()), Some(36));
    for location in read_all(report.locations, report.location_count) {
        assert!(read(location.location).is_some());
        let _ = read(location.left_out);
    }
    let attempts = read_all(report.attempts, report.attempt_count);
    assert!(!attempts.is_empty());
    for attempt in attempts {
        let _ = (read(attempt.location), read(attempt.identifier), read(attempt.session_status));
    }
}

fn read_error(error: &matchport_error) -> Vec<(String, String)> {
    assert!(read(error.name).is_some() && read(error.message).is_some());
    let _ = (read(error.identifier), read(error.field), read(error.ticket));
    if !error.report.is_null() {
        let report = follow(error.report);
        let _ = read_all(report.attempts, report.attempt_count);
    }
    let violations = read_all(error.violations, error.violation_count).into_iter();
    violations
        .map(|violation| (read(violation.field).unwrap_or_default(), read(violation.description).unwrap_or_default()))
        .collect()
}

fn read_session(session: &matchport_session) -> String {
    let _ = (read(session.image), read(session.location), read(session.host), read(session.tag));
    let labels = read_all(session.labels, session.label_count);
    labels.iter().for_each(|label| assert!(read(label.name).is_some() && read(label.value).is_some()));
    let (id, status) = (read(session.id).expect("an id"), read(session.status_name).expect("a status"));
    format!("{id} {status} {} ports {} labels", ports(session.ports, session.port_count).len(), labels.len())
}
