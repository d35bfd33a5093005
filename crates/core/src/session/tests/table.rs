//! The table of legal transitions, taken exhaustively: each pair through the public inputs, and the documented table
//! against the one that decides.

use super::*;

/// Every way to stand somewhere: how to get there, and the row of the table that then holds. An unreachable session
/// has the row of the state before.
const ORIGINS: [(&[&str], &str); 12] = [
    (&[], "created"),
    (&["running"], "running"),
    (&["running", "restarting"], "restarting"),
    (&["draining"], "draining"),
    (&["shuttingdown"], "shutting_down"),
    (&["server_unreachable"], "created"),
    (&["running", "server_unreachable"], "running"),
    (&["restarting", "server_unreachable"], "restarting"),
    (&["draining", "server_unreachable"], "draining"),
    (&["shuttingdown", "server_unreachable"], "shutting_down"),
    (&["exited"], "ended"),
    (&["running", "dead"], "ended"),
];

/// The columns, each with the statuses that report it.
const REPORTS: [(&str, &[&str]); 7] = [
    ("created", &["created"]),
    ("running", &["running"]),
    ("restarting", &["restarting"]),
    ("draining", &["draining"]),
    ("shutting_down", &["shuttingdown"]),
    ("unreachable", &["server_unreachable"]),
    ("ended", &["exited", "dead"]),
];

/// The table as the module's documentation prints it: row, column, cell.
fn documented() -> Vec<(String, String, String)> {
    let text = include_str!("../mod.rs");
    let cells = |line: &str| -> Vec<String> {
        line.split('|').skip(1).map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    let mut lines = text.lines().skip_while(|line| !line.contains(r"| from \ to")).take_while(|line| line.len() > 4);
    let columns = cells(lines.next().expect("the table's head"));
    let mut table = Vec::new();
    for row in lines.skip(1).map(cells) {
        for (column, cell) in columns.iter().zip(&row).skip(1).filter(|(column, _)| !column.is_empty()) {
            table.push((row[0].clone(), column.clone(), cell.clone()));
        }
    }
    assert_eq!(table.len(), 6 * 7, "six rows and seven columns: {table:?}");
    table
}

fn cell<'a>(table: &'a [(String, String, String)], row: &str, column: &str) -> &'a str {
    let found = table.iter().find(|(from, to, _)| from == row && to == column);
    &found.expect("a cell for each pair").2
}

#[test]
fn every_legal_transition_is_taken_and_every_other_is_refused() {
    let table = documented();
    let mut taken = std::collections::BTreeSet::new();
    for (way, row) in ORIGINS {
        for (column, status) in REPORTS.iter().flat_map(|(to, by)| by.iter().map(move |status| (*to, *status))) {
            let mut session = session(way);
            let before = session.clone();
            let from = session.state();
            let is_unreachable = from == SessionState::Unreachable;
            let result = session.observe(&SessionStatus::from(status), 100);
            let told = format!("{way:?}, then {status}: {result:?}");

            let refused_for = match cell(&table, row, column) {
                // The way back, and staying unreachable.
                "same" | "yes" if is_unreachable => {
                    let is_step = result.expect(&told).is_some();
                    assert_eq!((session.state().as_str(), is_step), (column, column != "unreachable"), "{told}");
                    taken.extend(is_step.then_some((from.as_str(), column)));
                    continue;
                }
                "same" => {
                    assert_eq!(result, Ok(None), "{told}");
                    assert_eq!((session.state(), session.since()), (from, before.since()), "{told}");
                    continue;
                }
                "yes" => {
                    let transition = result.expect(&told).expect(&told);
                    assert_eq!(transition, Transition { from, to: session.state(), at: 100 }, "{told}");
                    assert_eq!((session.state().as_str(), session.since()), (column, 100), "{told}");
                    taken.insert((from.as_str(), column));
                    continue;
                }
                "already ran" => RefusalReason::AlreadyRan,
                "closing" => RefusalReason::Closing,
                "ended" => RefusalReason::Ended,
                other => panic!("the table says {other:?}"),
            };
            let reported = Some(SessionStatus::from(status));
            assert_eq!(result, Err(Refused { state: from, reported, reason: refused_for }), "{told}");
            assert_eq!(session, before, "{told}");
        }
    }
    // 6 + 5 + 5 + 3 + 2 from the five rows, and 6 from unreachable.
    assert_eq!(taken.len(), 27, "{taken:?}");
}

#[test]
fn each_input_but_a_report_takes_its_step_from_every_state() {
    type Step = fn(&mut Session) -> Result<Option<Transition>, Refused>;
    let steps: [(&str, Step, &str); 4] = [
        ("stop accepted", |session| session.stop_answered(StopAnswer::Accepted, 100), "shutting_down"),
        ("stop not found", |session| session.stop_answered(StopAnswer::NotFound, 100), "ended"),
        ("stop after the end", |session| session.stop_answered(StopAnswer::AlreadyEnded, 100), "ended"),
        ("absent", |session| session.absent(100), "ended"),
    ];
    for (way, _) in ORIGINS {
        for (name, step, to) in steps {
            let mut session = session(way);
            let from = session.state();
            let result = step(&mut session);
            let stays = from.is_ended() || from.as_str() == to;
            assert_eq!(result.clone().expect("never refused").is_none(), stays, "{way:?}, {name}: {result:?}");
            assert_eq!(session.state().as_str(), if from.is_ended() { "ended" } else { to }, "{way:?}, {name}");
            if from.is_ended() {
                assert_eq!(session.state(), from, "the first reason stays");
            }
        }
    }
}

#[test]
fn what_is_no_report_is_refused_after_the_end() {
    for way in [&["exited"][..], &["dead"], &["running", "exited"]] {
        let ended = session(way);
        for input in [
            SessionInput::StopRequested,
            SessionInput::Joined { players: &names(&["a"]), count: 1 },
            SessionInput::Left { players: &names(&["a"]), count: Some(0) },
        ] {
            let mut session = ended.clone();
            let refused = session.apply(input, 100).expect_err("over");
            assert_eq!(refused, Refused { state: ended.state(), reported: None, reason: RefusalReason::Ended });
            assert_eq!(session, ended);
        }
    }
}

#[test]
fn a_refusal_says_what_and_why() {
    let said = |way: &[&str], status: &str| {
        session(way).observe(&SessionStatus::from(status), 9).expect_err("refused").to_string()
    };
    assert_eq!(
        said(&["exited"], "running"),
        "the session is ended (exited) and was reported as running: what has ended stays ended"
    );
    assert!(said(&["draining"], "running").contains("is draining and was reported as running: what is closing"));
    assert!(said(&["running"], "created").contains("is not created again"));
    let other = session(&[]).observe_details(&details("t", None, &[]), 9).expect_err("another session");
    assert_eq!(other.to_string(), "the report is about another session: t");
}
