//! What the document says about the ten operations and the health check.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::operations::{Health, Locations, Tag};
use super::Description;
use crate::config::Permission;
use crate::model::{
    Described, FaultKind, Filter, JoinBody, LeaveBody, List, Roster, StartBody, Started, flag_parameter,
};

pub(super) const TAG: &str = "sessions";

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

pub(in crate::http) fn start() -> Description {
    Description::new(TAG, "start", "Start a session")
        .about("Answered when the game server has bound its ports. Wherever the answer gets lost, the session may run.")
        .needs(Permission::SessionStart)
        .body::<StartBody>(json!({
            "image": "demo",
            "location": "eu-west-1",
            "env": { "MAP": "dust2", "GAME_MODE": "ranked", "MATCH_ID": "abc-123" },
            "ttl": 3600,
        }))
        .answers::<Started<'static>>(
            StatusCode::CREATED,
            "The session, and where players connect to.",
            json!({
                "id": ID,
                "host": "185.12.34.56",
                "ports": [{ "type": "udp", "container": 7777, "host": 27015 }],
            }),
        )
        .refuses([
            FaultKind::QuotaExceeded,
            FaultKind::ResourceNotFound,
            FaultKind::Conflict,
            FaultKind::CapacityUnavailable,
            FaultKind::ServiceUnavailable,
        ])
}

pub(in crate::http) fn list() -> Description {
    let description = Description::new(TAG, "list", "List sessions")
        .about("Those that are running, unless `all` is set; all conditions must hold. There is no paging.")
        .needs(Permission::SessionRead)
        .answers::<List<'static>>(
            StatusCode::OK,
            "The sessions.",
            json!({ "sessions": [session("playerCount", json!(2))] }),
        )
        .refuses([FaultKind::BadRequest]);
    Filter::parameters().into_iter().fold(description, Description::parameter)
}

pub(in crate::http) fn describe() -> Description {
    Description::new(TAG, "describe", "Describe a session")
        .needs(Permission::SessionRead)
        .segment("id", "The session.", ID)
        .answers::<Described<'static>>(
            StatusCode::OK,
            "The session.",
            session("players", json!({ "joined": ["ada", "bo"], "joinedCount": 2 })),
        )
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn stop() -> Description {
    Description::new(TAG, "stop", "Stop a session")
        .about("Its game server gets SIGTERM, and SIGKILL after the grace time.")
        .needs(Permission::SessionStop)
        .segment("id", "The session.", ID)
        .answers_nothing("It is being stopped.")
        .refuses([FaultKind::ResourceNotFound, FaultKind::Conflict])
}

pub(in crate::http) fn join() -> Description {
    Description::new(TAG, "join", "Put players into a session")
        .about("A player is in one session at most: one who is in another moves.")
        .needs(Permission::SessionStart)
        .body::<JoinBody>(json!({ "session": ID, "players": ["player_a", "player_b"] }))
        .answers::<Roster>(
            StatusCode::OK,
            "How many players the session has now, and those of the request.",
            json!({ "count": 2, "players": ["player_a", "player_b"] }),
        )
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn leave() -> Description {
    Description::new(TAG, "leave", "Take players out of whatever sessions they are in")
        .needs(Permission::SessionStart)
        .body::<LeaveBody>(json!({ "players": ["player_a"] }))
        .answers::<Roster>(
            StatusCode::OK,
            "How many players those sessions have now, and who has left.",
            json!({ "count": 1, "players": ["player_a"] }),
        )
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn locations() -> Description {
    Description::new(TAG, "locations", "List the locations that offer an image")
        .needs(Permission::RegionsRead)
        .segment("image", "The image.", "demo")
        .answers::<Locations<'static>>(
            StatusCode::OK,
            "The locations, with addresses to ping.",
            json!({ "locations": [{ "id": "eu-west-1", "ips": ["127.0.0.1"] }] }),
        )
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn tag() -> Description {
    Description::new(TAG, "tag", "Ask whether a location has a version of an image")
        .needs(Permission::RegionsRead)
        .segment("region", "The location.", "eu-west-1")
        .segment("image", "The image.", "demo")
        .segment("version", "The tag.", "latest")
        .answers::<Tag>(StatusCode::OK, "Whether it is there.", json!({ "exists": true }))
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn logs() -> Description {
    Description::new(TAG, "logs", "Read what a game server has written")
        .needs(Permission::LogsRead)
        .required_query("id", "The session.", ID)
        .parameter(flag_parameter("follow", "The answer goes on until the session has ended."))
        .answers_with("text/plain", "What it wrote to stdout and stderr, as it came: it need not be UTF-8.")
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn artifacts() -> Description {
    Description::new(TAG, "artifacts", "Download a file or a folder of a session that has ended")
        .needs(Permission::ArtifactRead)
        .required_query("session", "The session.", ID)
        .required_query("path", "Absolute, inside the session's folder.", "/result.json")
        .answers_with("application/x-tar", "A `.tar.gz`, 100 MB before compression at most.")
        .refuses([FaultKind::ResourceNotFound])
}

pub(in crate::http) fn health() -> Description {
    Description::new(TAG, "health", "Ask whether the service is there").answers::<Health>(
        StatusCode::OK,
        "It is.",
        json!({ "status": "ok" }),
    )
}

fn session(players: &str, value: Value) -> Value {
    let mut session = json!({
        "id": ID,
        "image": "demo",
        "tag": "latest",
        "location": "eu-west-1",
        "host": "185.12.34.56",
        "created": 1_795_521_600_000_u64,
        "port": { "7777/udp": 27015 },
        "status": "running",
        "labels": {
            "tags": "{\"mode\":\"ranked\"}",
            "env": "{\"MAP\":\"dust2\"}",
            "gameye": "{\"organization\":\"local\",\"session\":\"550e8400-e29b-41d4-a716-446655440000\",\"image\":\"demo\",\"region\":\"eu-west-1\",\"tag\":\"latest\"}",
        },
    });
    session[players] = value;
    session
}
