//! What an allocation is asked to do.

use std::collections::BTreeMap;
use std::fmt;

use matchport_json::{Error as JsonError, Reader, Writer};
use serde::Serialize;

use crate::check::{self, InvalidInput, InvalidReason};
use crate::engine::Millis;
use crate::http;
use crate::model::{SessionId, StartSession, Ttl, TtlForm};
use crate::placement::{self, InvalidPlacement, PlacementPolicy, PlayerLatencies};

/// The longest deadline: one day, in milliseconds.
pub const MAX_DEADLINE_MS: Millis = 24 * 3600 * 1000;

/// A match that needs a server. `Debug` hides the values of `env`.
#[derive(Clone)]
pub struct AllocateRequest {
    /// The application's name.
    pub image: String,
    /// The players with their latencies, by location. May be empty: then the caller's order of locations decides.
    pub players: Vec<PlayerLatencies>,
    /// Locations to choose from, best first where latencies don't decide. `None` asks the service for all that
    /// offer the image. An empty list is refused.
    pub locations: Option<Vec<String>>,
    /// The match's id in the matchmaker: every matchmaker that allocates for it gets the same session.
    pub match_id: Option<String>,
    /// The session's id, instead of one derived from the match id or a random one.
    pub session_id: Option<SessionId>,
    /// Environment of the game server.
    pub env: BTreeMap<String, String>,
    /// Its command line arguments.
    pub args: Vec<String>,
    /// Metadata, fixed for the session's life.
    pub labels: BTreeMap<String, String>,
    /// Image tag; left out, the service takes the one of highest priority.
    pub version: Option<String>,
    /// Restart the game server on failure.
    pub restart: Option<bool>,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// After this time the service ends the session.
    pub ttl: TtlPolicy,
    /// How locations are ordered and left out.
    pub placement: PlacementPolicy,
    /// How long the match has been waiting already, in milliseconds; a relaxing latency cap starts from here.
    pub waited_ms: Millis,
    /// How long to try, in milliseconds, 1 to [`MAX_DEADLINE_MS`]. Making sure that nothing is left may take
    /// [`crate::engine::Timing::settle_ms`] more.
    pub deadline_ms: Millis,
    /// When the allocation is done.
    pub wait_for: WaitFor,
    /// What to do when every location is full.
    pub when_full: WhenFull,
    /// Put the environment into the ticket, so that it can be resumed without it. Off by default: a ticket is
    /// stored somewhere, and environments hold secrets.
    pub env_in_ticket: bool,
}

/// How long the session may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlPolicy {
    /// Ends after this time. [`Ttl::DEFAULT`] by default.
    EndAfter(Ttl),
    /// No `ttl` is sent: a session that is forgotten lives (and costs) for ever.
    Unlimited,
}

/// When an allocation is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// When the session is running, so that players can join.
    #[default]
    Running,
    /// As soon as the service has answered with an address.
    Allocated,
}

/// What to do when every location is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Wait for the first that re-opens, within the deadline.
    #[default]
    Wait,
    /// Fail with `no_capacity`.
    Fail,
}

impl WaitFor {
    /// `"running"` or `"allocated"`.
    ///
    /// # Errors
    /// Neither stands there.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let before = reader.position();
        match &*reader.text()? {
            "running" => Ok(Self::Running),
            "allocated" => Ok(Self::Allocated),
            _ => Err(reader.must_be(before, "running or allocated")),
        }
    }

    /// As [`WaitFor::read`] reads it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Allocated => "allocated",
        }
    }
}

impl AllocateRequest {
    /// A request with the documented defaults: any location that offers the image, a random id, one hour of life,
    /// 90 seconds to try, done when running.
    pub fn new(image: impl Into<String>) -> Self {
        Self {
            image: image.into(),
            players: Vec::new(),
            locations: None,
            match_id: None,
            session_id: None,
            env: BTreeMap::new(),
            args: Vec::new(),
            labels: BTreeMap::new(),
            version: None,
            restart: None,
            external_id: None,
            ttl: TtlPolicy::EndAfter(Ttl::DEFAULT),
            placement: PlacementPolicy::default(),
            waited_ms: 0,
            deadline_ms: 90_000,
            wait_for: WaitFor::default(),
            when_full: WhenFull::default(),
            env_in_ticket: false,
        }
    }

    /// Checks everything that can be checked before a location is chosen, and fixes the session's id.
    pub(super) fn plan(self, random_id: [u8; 16]) -> Result<(Plan, Candidates, Option<Vec<String>>), InvalidInput> {
        let id = match (&self.session_id, &self.match_id) {
            (Some(_), Some(_)) => {
                return Err(InvalidInput::other("match_id", "must not be given together with session_id"));
            }
            (Some(id), None) => id.clone(),
            (None, Some(match_id)) => SessionId::from_match(match_id)?,
            (None, None) => SessionId::from_entropy(random_id),
        };
        check::range("deadline_ms", self.deadline_ms, 1, MAX_DEADLINE_MS)?;
        if self.locations.as_ref().is_some_and(Vec::is_empty) {
            return Err(InvalidInput::new("locations", InvalidReason::Empty));
        }
        let start = StartSession {
            location: String::new(),
            image: self.image,
            id: Some(id),
            env: self.env,
            args: self.args,
            restart: self.restart,
            labels: self.labels,
            version: self.version,
            ttl: match self.ttl {
                TtlPolicy::EndAfter(ttl) => Some(ttl),
                TtlPolicy::Unlimited => None,
            },
            ttl_form: TtlForm::default(),
            external_id: self.external_id,
        };
        http::start::check_all_but_location(&start)?;
        let plan = Plan {
            start,
            wait_for: self.wait_for,
            when_full: self.when_full,
            deadline_ms: self.deadline_ms,
            env_in_ticket: self.env_in_ticket,
        };
        let candidates = Candidates { players: self.players, placement: self.placement, waited_ms: self.waited_ms };
        Ok((plan, candidates, self.locations))
    }
}

impl fmt::Debug for AllocateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllocateRequest")
            .field("image", &self.image)
            .field("players", &self.players.len())
            .field("locations", &self.locations)
            .field("match_id", &self.match_id)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .field("deadline_ms", &self.deadline_ms)
            .finish_non_exhaustive()
    }
}

/// What stays the same for the whole allocation. The location in `start` is empty; it is filled for each start.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub start: StartSession,
    pub wait_for: WaitFor,
    pub when_full: WhenFull,
    pub deadline_ms: Millis,
    pub env_in_ticket: bool,
}

/// What placement needs; dropped once the locations are ordered.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Candidates {
    pub players: Vec<PlayerLatencies>,
    pub placement: PlacementPolicy,
    pub waited_ms: Millis,
}

impl Candidates {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let (mut players, mut placement, mut waited_ms) = (None, None, None);
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "players" => {
                    let players = players.insert(Vec::new());
                    reader.begin_list()?;
                    while reader.item()? {
                        players.push(PlayerLatencies::read(reader)?);
                    }
                }
                "placement" => placement = Some(PlacementPolicy::read(reader)?),
                "waited_ms" => waited_ms = Some(reader.whole()?),
                _ => return Err(reader.unknown()),
            }
        }
        Ok(Self {
            players: players.ok_or_else(|| reader.missing("players"))?,
            placement: placement.ok_or_else(|| reader.missing("placement"))?,
            waited_ms: waited_ms.ok_or_else(|| reader.missing("waited_ms"))?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("players");
        writer.begin_list();
        self.players.iter().for_each(|player| player.write(writer));
        writer.end_list();
        writer.key("placement");
        self.placement.write(writer);
        writer.key("waited_ms");
        writer.whole(self.waited_ms);
        writer.end_object();
    }

    /// Checks players and policy before it is known which locations there are.
    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        placement::check_players(&self.players)?;
        self.placement.check().map_err(in_request)
    }

    /// Makes them small, for they may go into a ticket: one figure for each player and location.
    pub(super) fn keep_figures(&mut self) {
        let figure = self.placement.figure;
        self.players.iter_mut().for_each(|player| player.keep_figures(figure));
    }
}

/// What placement refuses, with the field as the request calls it.
pub(super) fn in_request(refused: InvalidPlacement) -> InvalidInput {
    let InvalidInput { field, reason } = refused.into();
    match field.strip_prefix("policy.") {
        Some(rest) => InvalidInput::new(format!("placement.{rest}"), reason),
        None => InvalidInput::new(field, reason),
    }
}
