//! What JavaScript hands over, in its spelling, and what the engine takes for it. Everything that may be left out may
//! also be `null`; names that nobody knows are passed over.

use matchport_core::allocation::{AllocateRequest, ResumeOptions, TtlPolicy, WaitFor, WhenFull};
use matchport_core::backfill::{BackfillRequest, Prefer};
use matchport_core::check::InvalidInput;
use matchport_core::engine::{EngineConfig, Operation};
use matchport_core::environment::Environment;
use matchport_core::model::{SessionFilter, SessionId, Ttl};
use matchport_core::placement::{Figure, LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies};
use matchport_core::secret::Token;
use matchport_json::{Kind, Reader};

use crate::read::{Refused, fields, float, milliseconds, names};

/// What a client is made with.
pub(crate) fn config(reader: &mut Reader<'_>) -> Result<EngineConfig, Refused> {
    let (mut token, mut environment, mut base_url, mut allow_plain_http) = (None, None, None, false);
    let mut times = Vec::new();
    fields(reader, &mut |reader, key| {
        match key {
            "token" => token = Some(reader.text()?.into_owned()),
            "environment" => environment = Some(reader.text()?.into_owned()),
            "baseUrl" => base_url = Some(reader.text()?.into_owned()),
            "allowPlainHttp" => allow_plain_http = reader.bool()?,
            "times" => fields(reader, &mut |reader, key| {
                times.push((key.to_owned(), milliseconds(reader)?));
                Ok(())
            })?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let environment = match (environment.as_deref(), base_url) {
        (Some(_), Some(_)) => {
            return Err(InvalidInput::other("baseUrl", "must not be given together with environment").into());
        }
        (None, Some(address)) => Environment::Address(address.parse()?),
        (Some("sandbox") | None, None) => Environment::Sandbox,
        (Some("production"), None) => Environment::Production,
        (Some("local"), None) => Environment::Local,
        (Some(_), None) => {
            return Err(InvalidInput::other("environment", "must be sandbox, production or local").into());
        }
    };
    let token = Token::new(&token.ok_or_else(|| reader.missing("token"))?)?;
    let mut config = EngineConfig::new(environment, token);
    config.allow_plain_http = allow_plain_http;
    for (name, time) in times {
        let setting = match name.as_str() {
            "attempt" => &mut config.timing.attempt_ms,
            "operation" => &mut config.timing.operation_ms,
            "closedLocation" => &mut config.timing.closed_location_ms,
            "lateStart" => &mut config.timing.late_start_ms,
            "settle" => &mut config.timing.settle_ms,
            "poll" => &mut config.timing.poll_ms,
            "visible" => &mut config.timing.visible_ms,
            _ => continue,
        };
        *setting = time;
    }
    Ok(config)
}

/// The operations, as numbers that `bindings/npm/src/driver.ts` repeats.
pub(crate) fn operation(kind: u8, reader: &mut Reader<'_>) -> Result<Operation, Refused> {
    Ok(match kind {
        0 => Operation::Allocate(Box::new(allocate(reader)?)),
        1 => Operation::Backfill(Box::new(backfill(reader)?)),
        2 => Operation::List(filter(reader)?),
        kind => call(kind, reader)?,
    })
}

/// An operation that is one request.
fn call(kind: u8, reader: &mut Reader<'_>) -> Result<Operation, Refused> {
    let [mut id, mut image, mut location, mut version, mut path] = [const { None }; 5];
    let (mut players, mut follow) = (None, false);
    fields(reader, &mut |reader, key| {
        let text = match key {
            "id" => &mut id,
            "image" => &mut image,
            "location" => &mut location,
            "version" => &mut version,
            "path" => &mut path,
            "players" => {
                players = Some(reader.texts()?);
                return Ok(());
            }
            "follow" => {
                follow = reader.bool()?;
                return Ok(());
            }
            _ => return Ok(reader.skip()?),
        };
        *text = Some(reader.text()?.into_owned());
        Ok(())
    })?;
    let needed = |text: Option<String>, name| text.ok_or_else(|| Refused::from(reader.missing(name)));
    let session = || SessionId::new(needed(id, "id")?).map_err(Refused::from);
    let everyone = || players.ok_or_else(|| Refused::from(reader.missing("players")));
    Ok(match kind {
        3 => Operation::Describe(session()?),
        4 => Operation::Stop(session()?),
        5 => Operation::Join { session: session()?, players: everyone()? },
        6 => Operation::Leave { players: everyone()? },
        7 => Operation::Locations { image: needed(image, "image")? },
        8 => Operation::TagExists {
            location: needed(location, "location")?,
            image: needed(image, "image")?,
            version: needed(version, "version")?,
        },
        9 => Operation::Logs { session: session()?, follow },
        10 => Operation::Artifact { session: session()?, path: needed(path, "path")? },
        _ => return Err(InvalidInput::other("operation", "is not known").into()),
    })
}

/// A match that needs a server.
fn allocate(reader: &mut Reader<'_>) -> Result<AllocateRequest, Refused> {
    let mut request = AllocateRequest::new(String::new());
    let (mut image, mut cap) = (None, None);
    fields(reader, &mut |reader, key| {
        match key {
            "image" => image = Some(reader.text()?.into_owned()),
            "players" => request.players = players(reader)?,
            "locations" => request.locations = Some(reader.texts()?),
            "matchId" => request.match_id = Some(reader.text()?.into_owned()),
            "id" => request.session_id = Some(SessionId::new(&*reader.text()?)?),
            "env" => request.env = names(reader)?,
            "args" => request.args = reader.texts()?,
            "labels" => request.labels = names(reader)?,
            "version" => request.version = Some(reader.text()?.into_owned()),
            "restart" => request.restart = Some(reader.bool()?),
            "externalId" => request.external_id = Some(reader.text()?.into_owned()),
            "ttl" => request.ttl = ttl(reader)?,
            "maxLatency" => cap = Some(max_latency(reader)?),
            "placement" => request.placement = policy(reader)?,
            "waited" => request.waited_ms = milliseconds(reader)?,
            "deadline" => request.deadline_ms = milliseconds(reader)?,
            "waitFor" => request.wait_for = WaitFor::read(reader)?,
            "whenFull" => request.when_full = when_full(reader)?,
            "envInTicket" => request.env_in_ticket = reader.bool()?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    request.image = image.ok_or_else(|| reader.missing("image"))?;
    request.placement.cap = cap.or(request.placement.cap);
    Ok(request)
}

fn players(reader: &mut Reader<'_>) -> Result<Vec<PlayerLatencies>, Refused> {
    let mut players = Vec::new();
    reader.begin_list()?;
    while reader.item()? {
        players.push(PlayerLatencies::read(reader)?);
    }
    Ok(players)
}

fn ttl(reader: &mut Reader<'_>) -> Result<TtlPolicy, Refused> {
    let mut ahead = reader.clone();
    if ahead.kind()? == Kind::Text && ahead.text()? == "unlimited" {
        *reader = ahead;
        return Ok(TtlPolicy::Unlimited);
    }
    Ok(TtlPolicy::EndAfter(Ttl::read(reader)?))
}

fn when_full(reader: &mut Reader<'_>) -> Result<WhenFull, Refused> {
    let before = reader.position();
    match &*reader.text()? {
        "wait" => Ok(WhenFull::Wait),
        "fail" => Ok(WhenFull::Fail),
        _ => Err(reader.must_be(before, "wait or fail").into()),
    }
}

/// How locations are judged.
fn policy(reader: &mut Reader<'_>) -> Result<PlacementPolicy, Refused> {
    rank(reader).map(|(policy, _)| policy)
}

/// How locations are judged, and how long the match has waited, in milliseconds.
pub(crate) fn rank(reader: &mut Reader<'_>) -> Result<(PlacementPolicy, u64), Refused> {
    let (mut policy, mut waited_ms) = (PlacementPolicy::default(), 0);
    fields(reader, &mut |reader, key| {
        match key {
            "waited" => waited_ms = milliseconds(reader)?,
            "maxLatency" => policy.cap = Some(max_latency(reader)?),
            "figure" => policy.figure = Figure::read(reader)?,
            "missing" => policy.missing = MissingSample::read(reader)?,
            "worstWeight" => policy.worst_weight = float(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok((policy, waited_ms))
}

/// A number of milliseconds, or a cap that relaxes with waiting time.
fn max_latency(reader: &mut Reader<'_>) -> Result<LatencyCap, Refused> {
    let mut cap = LatencyCap { limit_ms: 0.0, relax_ms_per_second: 0.0, ceiling_ms: None };
    match reader.kind()? {
        Kind::Number => {
            cap.limit_ms = float(reader)?;
            return Ok(cap);
        }
        Kind::Object => {}
        _ => {
            return Err(reader
                .must_be(reader.position(), "a number of milliseconds, or an object with a limit")
                .into());
        }
    }
    let mut limit = None;
    fields(reader, &mut |reader, key| {
        match key {
            "limit" => limit = Some(float(reader)?),
            "relaxPerSecond" => cap.relax_ms_per_second = float(reader)?,
            "ceiling" => cap.ceiling_ms = Some(float(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    cap.limit_ms = limit.ok_or_else(|| reader.missing("limit"))?;
    Ok(cap)
}

/// Players who want into a running session.
fn backfill(reader: &mut Reader<'_>) -> Result<BackfillRequest, Refused> {
    let mut request = BackfillRequest::new(String::new(), 0, Vec::new());
    let (mut image, mut players, mut capacity) = (None, None, None);
    fields(reader, &mut |reader, key| {
        match key {
            "image" => image = Some(reader.text()?.into_owned()),
            "players" => players = Some(reader.texts()?),
            "capacity" => capacity = Some(reader.whole()?),
            "locations" => request.locations = Some(reader.texts()?),
            "version" => request.version = Some(reader.text()?.into_owned()),
            "having" => request.having = names(reader)?,
            "notHaving" => request.not_having = names(reader)?,
            "prefer" => request.prefer = prefer(reader)?,
            "deadline" => request.deadline_ms = milliseconds(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    request.image = image.ok_or_else(|| reader.missing("image"))?;
    request.players = players.ok_or_else(|| reader.missing("players"))?;
    request.capacity = capacity.ok_or_else(|| reader.missing("capacity"))?;
    Ok(request)
}

fn prefer(reader: &mut Reader<'_>) -> Result<Prefer, Refused> {
    let before = reader.position();
    match &*reader.text()? {
        "fullest" => Ok(Prefer::Fullest),
        "emptiest" => Ok(Prefer::Emptiest),
        _ => Err(reader.must_be(before, "fullest or emptiest").into()),
    }
}

/// What a list is narrowed to.
fn filter(reader: &mut Reader<'_>) -> Result<SessionFilter, Refused> {
    let mut filter = SessionFilter::default();
    fields(reader, &mut |reader, key| {
        match key {
            "all" => filter.all = reader.bool()?,
            "location" => filter.location = Some(reader.text()?.into_owned()),
            "image" => filter.image = Some(reader.text()?.into_owned()),
            "tag" => filter.tag = Some(reader.text()?.into_owned()),
            "host" => filter.host = Some(reader.text()?.into_owned()),
            "playersBelow" => filter.players_below = Some(reader.whole()?),
            "playersAbove" => filter.players_above = Some(reader.whole()?),
            "having" => filter.having = names(reader)?,
            "notHaving" => filter.not_having = names(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(filter)
}

/// What resuming takes besides the ticket.
pub(crate) fn resume(reader: &mut Reader<'_>) -> Result<ResumeOptions, Refused> {
    let mut options = ResumeOptions::default();
    fields(reader, &mut |reader, key| {
        match key {
            "env" => options.env = Some(names(reader)?),
            "deadline" => options.deadline_ms = Some(milliseconds(reader)?),
            "settle" => options.settle = reader.bool()?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(options)
}
