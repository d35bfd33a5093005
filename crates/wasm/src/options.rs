//! What JavaScript hands over, in its spelling, and what the engine takes for it. Everything that may be left out may
//! also be `null` or `undefined`.

use std::collections::BTreeMap;

use matchport_core::allocation::{AllocateRequest, ResumeOptions, TtlPolicy, WaitFor, WhenFull};
use matchport_core::backfill::{BackfillRequest, Prefer};
use matchport_core::check::InvalidInput;
use matchport_core::engine::{EngineConfig, Operation};
use matchport_core::environment::Environment;
use matchport_core::model::{SessionFilter, SessionId};
use matchport_core::placement::{Figure, LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies};
use matchport_core::secret::Token;
use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::read::{Duration, read, whole};

/// What a client is made with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientOptions {
    token: String,
    environment: Option<String>,
    base_url: Option<String>,
    allow_plain_http: Option<bool>,
    times: Option<Times>,
}

/// Times of the rules, in milliseconds.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Times {
    attempt: Option<f64>,
    operation: Option<f64>,
    closed_location: Option<f64>,
    late_start: Option<f64>,
    settle: Option<f64>,
    poll: Option<f64>,
    visible: Option<f64>,
}

impl ClientOptions {
    pub(crate) fn config(self) -> Result<EngineConfig, InvalidInput> {
        let environment = match (self.environment.as_deref(), self.base_url) {
            (Some(_), Some(_)) => {
                return Err(InvalidInput::other("baseUrl", "must not be given together with environment"));
            }
            (None, Some(address)) => Environment::Address(address.parse()?),
            (Some("sandbox") | None, None) => Environment::Sandbox,
            (Some("production"), None) => Environment::Production,
            (Some("local"), None) => Environment::Local,
            (Some(_), None) => {
                return Err(InvalidInput::other("environment", "must be sandbox, production or local"));
            }
        };
        let mut config = EngineConfig::new(environment, Token::new(&self.token)?);
        config.allow_plain_http = self.allow_plain_http.unwrap_or(false);
        let times = self.times.unwrap_or_default();
        let timing = &mut config.timing;
        let given = [
            ("times.attempt", times.attempt, &mut timing.attempt_ms),
            ("times.operation", times.operation, &mut timing.operation_ms),
            ("times.closedLocation", times.closed_location, &mut timing.closed_location_ms),
            ("times.lateStart", times.late_start, &mut timing.late_start_ms),
            ("times.settle", times.settle, &mut timing.settle_ms),
            ("times.poll", times.poll, &mut timing.poll_ms),
            ("times.visible", times.visible, &mut timing.visible_ms),
        ];
        for (field, time, setting) in given {
            if let Some(time) = time {
                *setting = whole(field, time)?;
            }
        }
        Ok(config)
    }
}

/// The operations, as numbers that `bindings/npm/src/core.ts` repeats.
pub(crate) fn operation(kind: u8, options: JsValue) -> Result<Operation, InvalidInput> {
    Ok(match kind {
        0 => Operation::Allocate(Box::new(read::<Allocate>(options)?.request()?)),
        1 => Operation::Backfill(Box::new(read::<Backfill>(options)?.request()?)),
        2 => Operation::List(read::<Filter>(options)?.filter()),
        3 => Operation::Describe(read::<Session>(options)?.id()?),
        4 => Operation::Stop(read::<Session>(options)?.id()?),
        5 => {
            let Join { id, players } = read(options)?;
            Operation::Join { session: SessionId::new(id)?, players }
        }
        6 => Operation::Leave { players: read::<Leave>(options)?.players },
        7 => Operation::Locations { image: read::<Image>(options)?.image },
        8 => {
            let Tag { location, image, version } = read(options)?;
            Operation::TagExists { location, image, version }
        }
        9 => {
            let Logs { id, follow } = read(options)?;
            Operation::Logs { session: SessionId::new(id)?, follow: follow.unwrap_or(false) }
        }
        10 => {
            let Artifact { id, path } = read(options)?;
            Operation::Artifact { session: SessionId::new(id)?, path }
        }
        _ => return Err(InvalidInput::other("operation", "is not known")),
    })
}

/// A match that needs a server.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allocate {
    image: String,
    players: Option<Vec<PlayerLatencies>>,
    locations: Option<Vec<String>>,
    match_id: Option<String>,
    id: Option<String>,
    env: Option<BTreeMap<String, String>>,
    args: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    version: Option<String>,
    restart: Option<bool>,
    external_id: Option<String>,
    ttl: Option<Duration>,
    max_latency: Option<MaxLatency>,
    placement: Option<Policy>,
    waited: Option<f64>,
    deadline: Option<Duration>,
    wait_for: Option<WaitFor>,
    when_full: Option<Full>,
    env_in_ticket: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Full {
    Wait,
    Fail,
}

impl Allocate {
    fn request(self) -> Result<AllocateRequest, InvalidInput> {
        let mut request = AllocateRequest::new(self.image);
        request.players = self.players.unwrap_or_default();
        request.locations = self.locations;
        request.match_id = self.match_id;
        request.session_id = self.id.map(SessionId::new).transpose()?;
        request.env = self.env.unwrap_or_default();
        request.args = self.args.unwrap_or_default();
        request.labels = self.labels.unwrap_or_default();
        request.version = self.version;
        request.restart = self.restart;
        request.external_id = self.external_id;
        let mut placement = self.placement.unwrap_or_default();
        placement.max_latency = self.max_latency.or(placement.max_latency);
        request.placement = placement.policy();
        request.wait_for = self.wait_for.unwrap_or_default();
        request.env_in_ticket = self.env_in_ticket.unwrap_or(false);
        match self.ttl {
            None => {}
            Some(Duration::Text(text)) if text == "unlimited" => request.ttl = TtlPolicy::Unlimited,
            Some(ttl) => request.ttl = TtlPolicy::EndAfter(ttl.ttl()?),
        }
        if let Some(waited) = self.waited {
            request.waited_ms = whole("waited", waited)?;
        }
        if let Some(deadline) = self.deadline {
            request.deadline_ms = deadline.milliseconds("deadline")?;
        }
        request.when_full = match self.when_full {
            Some(Full::Fail) => WhenFull::Fail,
            Some(Full::Wait) | None => WhenFull::Wait,
        };
        Ok(request)
    }
}

/// How locations are judged.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    max_latency: Option<MaxLatency>,
    figure: Option<Figure>,
    missing: Option<MissingSample>,
    worst_weight: Option<f32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MaxLatency {
    Fixed(f32),
    Relaxing(Relaxing),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relaxing {
    limit: f32,
    relax_per_second: Option<f32>,
    ceiling: Option<f32>,
}

impl Policy {
    pub(crate) fn policy(self) -> PlacementPolicy {
        let cap = self.max_latency.map(|cap| match cap {
            MaxLatency::Fixed(limit_ms) => LatencyCap { limit_ms, relax_ms_per_second: 0.0, ceiling_ms: None },
            MaxLatency::Relaxing(cap) => LatencyCap {
                limit_ms: cap.limit,
                relax_ms_per_second: cap.relax_per_second.unwrap_or(0.0),
                ceiling_ms: cap.ceiling,
            },
        });
        let default = PlacementPolicy::default();
        PlacementPolicy {
            figure: self.figure.unwrap_or(default.figure),
            missing: self.missing.unwrap_or(default.missing),
            cap,
            worst_weight: self.worst_weight.unwrap_or(default.worst_weight),
        }
    }
}

/// Players who want into a running session.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backfill {
    image: String,
    players: Vec<String>,
    capacity: u32,
    locations: Option<Vec<String>>,
    version: Option<String>,
    having: Option<BTreeMap<String, String>>,
    not_having: Option<BTreeMap<String, String>>,
    prefer: Option<Preference>,
    deadline: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Preference {
    Fullest,
    Emptiest,
}

impl Backfill {
    fn request(self) -> Result<BackfillRequest, InvalidInput> {
        let mut request = BackfillRequest::new(self.image, self.capacity, self.players);
        request.locations = self.locations;
        request.version = self.version;
        request.having = self.having.unwrap_or_default();
        request.not_having = self.not_having.unwrap_or_default();
        if let Some(Preference::Emptiest) = self.prefer {
            request.prefer = Prefer::Emptiest;
        }
        if let Some(deadline) = self.deadline {
            request.deadline_ms = deadline.milliseconds("deadline")?;
        }
        Ok(request)
    }
}

/// What a list is narrowed to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    all: Option<bool>,
    location: Option<String>,
    image: Option<String>,
    tag: Option<String>,
    host: Option<String>,
    players_below: Option<u32>,
    players_above: Option<u32>,
    having: Option<BTreeMap<String, String>>,
    not_having: Option<BTreeMap<String, String>>,
}

impl Filter {
    fn filter(self) -> SessionFilter {
        SessionFilter {
            all: self.all.unwrap_or(false),
            location: self.location,
            image: self.image,
            tag: self.tag,
            host: self.host,
            players_below: self.players_below,
            players_above: self.players_above,
            having: self.having.unwrap_or_default(),
            not_having: self.not_having.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct Session {
    id: String,
}

impl Session {
    fn id(self) -> Result<SessionId, InvalidInput> {
        SessionId::new(self.id)
    }
}

#[derive(Deserialize)]
struct Join {
    id: String,
    players: Vec<String>,
}

#[derive(Deserialize)]
struct Leave {
    players: Vec<String>,
}

#[derive(Deserialize)]
struct Image {
    image: String,
}

#[derive(Deserialize)]
struct Tag {
    location: String,
    image: String,
    version: String,
}

#[derive(Deserialize)]
struct Logs {
    id: String,
    follow: Option<bool>,
}

#[derive(Deserialize)]
struct Artifact {
    id: String,
    path: String,
}

/// What resuming takes besides the ticket.
#[derive(Deserialize)]
pub(crate) struct Resume {
    env: Option<BTreeMap<String, String>>,
    deadline: Option<Duration>,
    settle: Option<bool>,
}

impl Resume {
    pub(crate) fn options(self) -> Result<ResumeOptions, InvalidInput> {
        Ok(ResumeOptions {
            env: self.env,
            deadline_ms: self.deadline.map(|deadline| deadline.milliseconds("deadline")).transpose()?,
            settle: self.settle.unwrap_or(false),
        })
    }
}
