//! The bodies of join and leave. What is done with them is in `roster`.

use std::collections::HashSet;

use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::{Fields, closed, name_problem, name_schema};
use super::fault::Fault;

/// The body of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinBody {
    pub(crate) session: String,
    pub(crate) players: Vec<String>,
}

impl JoinBody {
    /// # Errors
    /// A 422 with every violation.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body)?;
        let parsed = Self { session: fields.required_name("session"), players: players(&mut fields) };
        fields.finish()?;
        Ok(parsed)
    }
}

/// The body of a leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaveBody {
    pub(crate) players: Vec<String>,
}

impl LeaveBody {
    /// # Errors
    /// A 422 with every violation.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body)?;
        let parsed = Self { players: players(&mut fields) };
        fields.finish()?;
        Ok(parsed)
    }
}

impl PartialSchema for JoinBody {
    fn schema() -> RefOr<Schema> {
        players_schema().property("session", name_schema("The id of the session.")).required("session").into()
    }
}

impl ToSchema for JoinBody {}

impl PartialSchema for LeaveBody {
    fn schema() -> RefOr<Schema> {
        players_schema().into()
    }
}

impl ToSchema for LeaveBody {}

/// A body with what [`players`] takes.
fn players_schema() -> ObjectBuilder {
    let list = ArrayBuilder::new().items(name_schema("")).min_items(Some(1)).unique_items(true);
    let list = list.description(Some("Ids of players, each once."));
    closed(ObjectBuilder::new().property("players", list).required("players"))
}

/// At least one player, each named once.
fn players(fields: &mut Fields<'_>) -> Vec<String> {
    let Some(players) = fields.texts("players", name_problem) else {
        if !fields.was_noted("players") {
            fields.note("players", "is required");
        }
        return Vec::new();
    };
    if players.is_empty() && !fields.was_noted("players") {
        fields.note("players", "must name at least one player");
    }
    let mut seen = HashSet::with_capacity(players.len());
    let repeated: Vec<usize> = players
        .iter()
        .enumerate()
        .filter(|(_, player)| !seen.insert(player.as_str()))
        .map(|(index, _)| index)
        .collect();
    for index in repeated {
        fields.note(format!("players[{index}]"), "is named twice");
    }
    players
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join_violations(body: &str) -> Vec<String> {
        match JoinBody::parse(body.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(fault) => fault.violations.into_iter().map(|violation| violation.field).collect(),
        }
    }

    #[test]
    fn the_bodies_of_the_guide_are_valid() {
        let join = JoinBody::parse(br#"{ "session": "550e8400-...", "players": ["player_a", "player_b"] }"#).unwrap();
        assert_eq!(
            join,
            JoinBody { session: "550e8400-...".into(), players: vec!["player_a".into(), "player_b".into()] }
        );
        let leave = LeaveBody::parse(br#"{ "players": ["player_a"] }"#).unwrap();
        assert_eq!(leave.players, ["player_a"]);
    }

    #[test]
    fn every_violation_is_named_by_its_field() {
        assert_eq!(join_violations("{}"), ["session", "players"]);
        assert_eq!(join_violations(r#"{"session":"s","players":[]}"#), ["players"]);
        assert_eq!(join_violations(r#"{"session":"s","players":"a"}"#), ["players"]);
        assert_eq!(
            join_violations(r#"{"session":"s","players":["a","","b\n",1]}"#),
            ["players[1]", "players[2]", "players[3]"]
        );
        assert_eq!(join_violations(r#"{"session":"s","players":[""]}"#), ["players[0]"]);
        assert_eq!(join_violations(r#"{"session":"s","players":["a","b","a"]}"#), ["players[2]"]);
        assert_eq!(join_violations(r#"{"session":"s","players":["a"],"team":1}"#), ["team"]);
    }

    #[test]
    fn leave_takes_players_alone() {
        let fault = LeaveBody::parse(br#"{"session":"s","players":["a"]}"#).unwrap_err();
        assert_eq!(fault.violations[0].field, "session");
    }
}
