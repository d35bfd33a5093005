//! From the vectors' spelling of options, which is the npm package's, to what the engine takes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use matchport_core::allocation::{AllocateRequest, ResumeOptions, TtlPolicy, WaitFor, WhenFull};
use matchport_core::backfill::{BackfillRequest, Prefer};
use matchport_core::check::InvalidInput;
use matchport_core::engine::{EngineConfig, Operation};
use matchport_core::environment::Environment;
use matchport_core::model::{SessionFilter, SessionId, Ttl};
use matchport_core::placement::{Figure, LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies};
use matchport_core::secret::Token;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

type Names = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Client {
    token: String,
    environment: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    allow_plain_http: bool,
    #[serde(default)]
    times: BTreeMap<String, u64>,
}

/// What a client is made with.
pub(crate) fn config(options: &Value) -> Result<EngineConfig> {
    let client: Client = read(options)?;
    let environment: Environment = client.base_url.or(client.environment).as_deref().unwrap_or("sandbox").parse()?;
    let mut config = EngineConfig::new(environment, Token::new(&client.token)?);
    config.allow_plain_http = client.allow_plain_http;
    for (name, time) in client.times {
        let timing = &mut config.timing;
        *match name.as_str() {
            "attempt" => &mut timing.attempt_ms,
            "operation" => &mut timing.operation_ms,
            "closedLocation" => &mut timing.closed_location_ms,
            "lateStart" => &mut timing.late_start_ms,
            "settle" => &mut timing.settle_ms,
            "poll" => &mut timing.poll_ms,
            "visible" => &mut timing.visible_ms,
            other => bail!("no time is called {other:?}"),
        } = time;
    }
    Ok(config)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Call {
    id: String,
    image: String,
    location: String,
    version: String,
    path: String,
    players: Vec<String>,
    follow: bool,
}

/// What an operation of this kind is asked. Inside, what the engine's types refuse.
pub(crate) fn operation(kind: &str, options: &Value) -> Result<Result<Operation, InvalidInput>> {
    match kind {
        "allocate" => return allocate(options),
        "backfill" => return backfill(options),
        "list" => return filter(options).map(|filter| Ok(Operation::List(filter))),
        _ => {}
    }
    let Call { id, image, location, version, path, players, follow } = read(options)?;
    if kind == "leave" {
        return Ok(Ok(Operation::Leave { players }));
    }
    if kind == "locations" {
        return Ok(Ok(Operation::Locations { image }));
    }
    if kind == "tagExists" {
        return Ok(Ok(Operation::TagExists { location, image, version }));
    }
    let session = match SessionId::new(id) {
        Ok(session) => session,
        Err(invalid) => return Ok(Err(invalid)),
    };
    Ok(Ok(match kind {
        "describe" => Operation::Describe(session),
        "stop" => Operation::Stop(session),
        "join" => Operation::Join { session, players },
        "logs" => Operation::Logs { session, follow },
        "artifact" => Operation::Artifact { session, path },
        _ => bail!("no operation is called {kind:?}"),
    }))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Allocate {
    image: String,
    players: Vec<PlayerLatencies>,
    locations: Option<Vec<String>>,
    match_id: Option<String>,
    id: Option<String>,
    env: Names,
    args: Vec<String>,
    labels: Names,
    version: Option<String>,
    restart: Option<bool>,
    external_id: Option<String>,
    ttl: Option<Value>,
    max_latency: Option<MaxLatency>,
    placement: Policy,
    waited: u64,
    deadline: Option<u64>,
    wait_for: Option<String>,
    when_full: Option<String>,
    env_in_ticket: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Policy {
    figure: Option<Figure>,
    missing: Option<MissingSample>,
    worst_weight: Option<f32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MaxLatency {
    Fixed(f32),
    #[serde(rename_all = "camelCase")]
    Relaxing {
        limit: f32,
        #[serde(default)]
        relax_per_second: f32,
        ceiling: Option<f32>,
    },
}

fn allocate(options: &Value) -> Result<Result<Operation, InvalidInput>> {
    let given: Allocate = read(options)?;
    let mut request = AllocateRequest::new(given.image);
    request.players = given.players;
    request.locations = given.locations;
    request.match_id = given.match_id;
    request.session_id = match given.id.map(SessionId::new).transpose() {
        Ok(id) => id,
        Err(invalid) => return Ok(Err(invalid)),
    };
    (request.env, request.args, request.labels) = (given.env, given.args, given.labels);
    (request.version, request.restart, request.external_id) = (given.version, given.restart, given.external_id);
    match given.ttl {
        None => {}
        Some(Value::String(text)) if text == "unlimited" => request.ttl = TtlPolicy::Unlimited,
        Some(ttl) => request.ttl = TtlPolicy::EndAfter(read::<Ttl>(&ttl)?),
    }
    let default = PlacementPolicy::default();
    request.placement = PlacementPolicy {
        figure: given.placement.figure.unwrap_or(default.figure),
        missing: given.placement.missing.unwrap_or(default.missing),
        worst_weight: given.placement.worst_weight.unwrap_or(default.worst_weight),
        cap: given.max_latency.map(|cap| match cap {
            MaxLatency::Fixed(limit_ms) => LatencyCap { limit_ms, relax_ms_per_second: 0.0, ceiling_ms: None },
            MaxLatency::Relaxing { limit, relax_per_second, ceiling } => {
                LatencyCap { limit_ms: limit, relax_ms_per_second: relax_per_second, ceiling_ms: ceiling }
            }
        }),
    };
    request.waited_ms = given.waited;
    request.deadline_ms = given.deadline.unwrap_or(request.deadline_ms);
    request.wait_for = match given.wait_for.as_deref() {
        None | Some("running") => WaitFor::Running,
        Some("allocated") => WaitFor::Allocated,
        Some(other) => bail!("waitFor can't be {other:?}"),
    };
    request.when_full = match given.when_full.as_deref() {
        None | Some("wait") => WhenFull::Wait,
        Some("fail") => WhenFull::Fail,
        Some(other) => bail!("whenFull can't be {other:?}"),
    };
    request.env_in_ticket = given.env_in_ticket;
    Ok(Ok(Operation::Allocate(Box::new(request))))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Backfill {
    image: String,
    players: Vec<String>,
    capacity: u32,
    locations: Option<Vec<String>>,
    version: Option<String>,
    having: Names,
    not_having: Names,
    prefer: Option<String>,
    deadline: Option<u64>,
}

fn backfill(options: &Value) -> Result<Result<Operation, InvalidInput>> {
    let given: Backfill = read(options)?;
    let mut request = BackfillRequest::new(given.image, given.capacity, given.players);
    (request.locations, request.version) = (given.locations, given.version);
    (request.having, request.not_having) = (given.having, given.not_having);
    request.prefer = match given.prefer.as_deref() {
        None | Some("fullest") => Prefer::Fullest,
        Some("emptiest") => Prefer::Emptiest,
        Some(other) => bail!("prefer can't be {other:?}"),
    };
    request.deadline_ms = given.deadline.unwrap_or(request.deadline_ms);
    Ok(Ok(Operation::Backfill(Box::new(request))))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Filter {
    all: bool,
    location: Option<String>,
    image: Option<String>,
    tag: Option<String>,
    host: Option<String>,
    players_below: Option<u32>,
    players_above: Option<u32>,
    having: Names,
    not_having: Names,
}

fn filter(options: &Value) -> Result<SessionFilter> {
    let given: Filter = read(options)?;
    Ok(SessionFilter {
        all: given.all,
        location: given.location,
        image: given.image,
        tag: given.tag,
        host: given.host,
        players_below: given.players_below,
        players_above: given.players_above,
        having: given.having,
        not_having: given.not_having,
    })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Resume {
    env: Option<Names>,
    deadline: Option<u64>,
    settle: bool,
}

/// What resuming takes besides the ticket.
pub(crate) fn resume(options: &Value) -> Result<ResumeOptions> {
    let Resume { env, deadline, settle } = read(options)?;
    Ok(ResumeOptions { env, deadline_ms: deadline, settle })
}

fn read<T: DeserializeOwned>(options: &Value) -> Result<T> {
    let options = if options.is_null() { &Value::Object(Default::default()) } else { options };
    T::deserialize(options).with_context(|| format!("options of another form: {options}"))
}
