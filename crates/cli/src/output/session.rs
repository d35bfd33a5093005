//! Sessions as tables and as JSON. The service packs the environment of a game server into its labels; its values are
//! hidden here unless they are asked for, since what is printed ends up in terminals and build logs.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use matchport_core::model::{Labels, Ports, SessionDetails, SessionStatus, SessionSummary};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use super::{Table, explain, printable};

/// A list of sessions.
pub(crate) fn list(sessions: &[SessionSummary]) -> String {
    if sessions.is_empty() {
        return "no sessions".dimmed().to_string();
    }
    let mut table = Table::new(&["SESSION", "IMAGE", "LOCATION", "ENDPOINT", "STATUS", ">PLAYERS", "CREATED"]);
    for session in sessions {
        table.row([
            printable(session.id.as_str()).into_owned(),
            image(&session.image, session.tag.as_deref()),
            printable(&session.location).into_owned(),
            plain_endpoint(&session.host, &session.ports),
            session.status.as_ref().map(status).unwrap_or_default(),
            session.player_count.map(|count| count.to_string()).unwrap_or_default(),
            created(session.created),
        ]);
    }
    table.text(0)
}

/// One session.
pub(crate) fn details(session: &SessionDetails, shows_env: bool) -> String {
    let joined = &session.players.joined;
    let names = joined.iter().map(|player| printable(player)).collect::<Vec<_>>().join(", ");
    let players = match session.players.joined_count {
        0 => "none".to_owned(),
        count => format!("{count}: {names}"),
    };
    let mut rows = vec![
        ("session", printable(session.id.as_str()).into_owned()),
        ("image", image(&session.image, session.tag.as_deref())),
        ("location", printable(&session.location).into_owned()),
        ("endpoint", plain_endpoint(&session.host, &session.ports)),
        ("ports", explain::ports(&session.ports)),
        ("status", session.status.as_ref().map(status).unwrap_or_default()),
        ("created", created(session.created)),
        ("players", players),
    ];
    for (name, value) in shown_labels(&session.labels, shows_env) {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        rows.push(("label", printable(&format!("{name} = {text}")).into_owned()));
    }
    explain::connection(&rows)
}

/// A session of a list for programs.
pub(crate) fn summary_json(session: &SessionSummary, shows_env: bool) -> Value {
    let document = json!(session);
    with_labels(document, &session.labels, shows_env)
}

/// A described session for programs.
pub(crate) fn details_json(session: &SessionDetails, shows_env: bool) -> Value {
    let document = json!(session);
    with_labels(document, &session.labels, shows_env)
}

fn with_labels(mut document: Value, labels: &Labels, shows_env: bool) -> Value {
    document["labels"] = Value::Object(shown_labels(labels, shows_env));
    document
}

/// The labels with the packed ones unpacked.
fn shown_labels(labels: &Labels, shows_env: bool) -> serde_json::Map<String, Value> {
    let shown = labels.iter().map(|(name, value)| {
        let value = match name {
            "tags" => unpacked(labels.tags().ok(), value),
            "gameye" => unpacked(labels.gameye().ok(), value),
            "env" if shows_env => unpacked(labels.env().ok(), value),
            "env" => hidden(labels.env().ok()),
            _ => json!(value),
        };
        (name.to_owned(), value)
    });
    shown.collect()
}

fn unpacked(map: Option<BTreeMap<String, String>>, text: &str) -> Value {
    map.map_or_else(|| json!(text), |map| json!(map))
}

fn hidden(map: Option<BTreeMap<String, String>>) -> Value {
    const HIDDEN: &str = "[hidden]";
    map.map_or_else(|| json!(HIDDEN), |map| map.into_keys().map(|name| (name, json!(HIDDEN))).collect())
}

fn plain_endpoint(host: &str, ports: &Ports) -> String {
    let host = printable(host);
    match ports.only() {
        Ok(port) if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{}", port.host),
        Ok(port) => format!("{host}:{}", port.host),
        Err(_) => host.into_owned(),
    }
}

fn image(image: &str, tag: Option<&str>) -> String {
    match tag {
        Some(tag) => printable(&format!("{image}:{tag}")).into_owned(),
        None => printable(image).into_owned(),
    }
}

fn status(status: &SessionStatus) -> String {
    let text = printable(status.as_str());
    match status {
        SessionStatus::Running => text.green().to_string(),
        SessionStatus::Dead | SessionStatus::ServerUnreachable => text.red().to_string(),
        SessionStatus::Exited => text.dimmed().to_string(),
        _ => text.yellow().to_string(),
    }
}

fn created(ms: u64) -> String {
    // The year 9999 ends here; humantime goes no further.
    const LAST_MS: u64 = 253_402_300_799_999;
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(ms.min(LAST_MS));
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use matchport_core::http::{Answer, session::read_description};

    use super::*;

    fn described() -> SessionDetails {
        let json = r#"{"id":"s","image":"i","location":"eu","host":"10.0.0.1","created":1712345678901,"tag":"v1",
            "port":{"7777/udp":27015},"status":"running","players":{"joined":["a","b"],"joinedCount":2},
            "labels":{"tags":"{\"mode\":\"ranked\"}","env":"{\"KEY\":\"s3cret\"}","maintainer":"me"}}"#;
        read(json)
    }

    fn read(json: &str) -> SessionDetails {
        read_description(&Answer { status: 200, retry_after: None, body: json.as_bytes() }).unwrap()
    }

    #[test]
    fn values_of_the_environment_are_hidden_unless_asked_for() {
        let session = described();
        assert!(!details(&session, false).contains("s3cret"));
        assert_eq!(details_json(&session, false)["labels"]["env"]["KEY"], "[hidden]");
        assert!(details(&session, true).contains("s3cret"));
        assert_eq!(details_json(&session, true)["labels"]["env"]["KEY"], "s3cret");
        let broken = read(r#"{"id":"s","image":"i","location":"l","labels":{"env":"s3cret"}}"#);
        assert!(!details_json(&broken, false).to_string().contains("s3cret"));
    }

    #[test]
    fn a_session_reads_as_names_and_values() {
        let text = anstream::adapter::strip_str(&details(&described(), false)).to_string();
        for part in
            ["endpoint  10.0.0.1:27015", "image     i:v1", "players   2: a, b", "created   2024-04-05T19:34:38Z"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(details_json(&described(), false)["labels"]["tags"]["mode"], "ranked");
    }

    #[test]
    fn no_time_is_too_late_to_print() {
        assert_eq!(created(u64::MAX), "9999-12-31T23:59:59Z");
    }
}
