//! A model of the Session API in memory and on virtual time: what the service would answer, written from the API
//! page and the guide, not from the client's types. It knows nothing of connections; faults live in `fault`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The service's answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes() }
    }

    /// The service's error body.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &json!({ "statusCode": status, "code": code, "message": message, "identifier": format!("trace-{status}") }),
        )
    }
}

/// One session of the model.
#[derive(Clone, Debug)]
pub struct ModelSession {
    /// The image it runs.
    pub image: String,
    /// Where it runs.
    pub location: String,
    /// Its status as the API spells it.
    pub status: String,
    /// When it was started, in milliseconds of virtual time.
    pub started_at: u64,
    /// From when on it is `running`.
    pub runs_at: u64,
    /// Who joined.
    pub players: BTreeSet<String>,
    /// The host port.
    pub port: u16,
    /// The `ttl` as it was sent.
    pub ttl: Value,
    /// The environment as it was sent.
    pub env: Value,
}

impl ModelSession {
    /// Whether it costs money.
    pub fn is_alive(&self) -> bool {
        !matches!(self.status.as_str(), "exited" | "dead")
    }
}

/// Which form of `ttl` a deployment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlStrictness {
    /// Both.
    Both,
    /// A number of seconds only.
    Seconds,
    /// A text such as `1h` only.
    Duration,
}

/// The model.
#[derive(Clone, Debug)]
pub struct Service {
    /// Sessions by id, ended ones included: an id stays used.
    pub sessions: BTreeMap<String, ModelSession>,
    /// Free slots by location; a location that is not listed does not exist.
    pub capacity: BTreeMap<String, u32>,
    /// The one image.
    pub image: String,
    /// How long a session takes from its start until it is running, in milliseconds.
    pub boot_ms: u64,
    /// Which form of `ttl` is taken.
    pub ttl: TtlStrictness,
    /// Starts that were carried out, by id.
    pub starts: BTreeMap<String, u32>,
    next_port: u16,
}

impl Service {
    /// A service with one image, `game`, and room for 1,000 sessions in each location.
    pub fn new<'a>(locations: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            sessions: BTreeMap::new(),
            capacity: locations.into_iter().map(|location| (location.to_owned(), 1000)).collect(),
            image: "game".to_owned(),
            boot_ms: 0,
            ttl: TtlStrictness::Both,
            starts: BTreeMap::new(),
            next_port: 20_000,
        }
    }

    /// Sessions that are alive.
    pub fn alive(&self) -> impl Iterator<Item = (&String, &ModelSession)> {
        self.sessions.iter().filter(|(_, session)| session.is_alive())
    }

    /// Answers a request. `target` is path and query.
    pub fn answer(&mut self, method: &str, target: &str, body: Option<&[u8]>, now: u64) -> Reply {
        self.boot(now);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let body: Value = body.map_or(Value::Null, |body| serde_json::from_slice(body).unwrap_or(Value::Null));
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        match (method, &segments[..]) {
            ("POST", ["session"]) => self.start(&body, now),
            ("GET", ["session"]) => self.list(query),
            ("GET", ["session", id]) => self.describe(id),
            ("DELETE", ["session", "player", "leave"]) => self.leave(&body),
            ("PUT", ["session", "player", "join"]) => self.join(&body),
            ("DELETE", ["session", id]) => self.stop(id),
            ("GET", ["available-location", image]) => self.locations(image),
            ("GET", ["tag", location, image, version]) => {
                let exists = self.capacity.contains_key(*location) && *image == self.image && *version == "1";
                Reply::json(200, &json!({ "exists": exists }))
            }
            _ => Reply::error(404, "NOT_FOUND", "no such route"),
        }
    }

    fn boot(&mut self, now: u64) {
        for session in self.sessions.values_mut() {
            if session.status == "created" && session.runs_at <= now {
                session.status = "running".to_owned();
            }
        }
    }

    fn start(&mut self, body: &Value, now: u64) -> Reply {
        let (Some(image), Some(location)) = (body["image"].as_str(), body["location"].as_str()) else {
            return Reply::error(422, "INVALID_REQUEST", "image and location are required");
        };
        let ttl_fits = match self.ttl {
            TtlStrictness::Both => true,
            TtlStrictness::Seconds => !body["ttl"].is_string(),
            TtlStrictness::Duration => !body["ttl"].is_number(),
        };
        if !ttl_fits {
            let violations = json!([{ "field": "ttl", "description": "has the wrong form" }]);
            let body = json!({ "statusCode": 422, "code": "INVALID_REQUEST", "violations": violations });
            return Reply::json(422, &body);
        }
        if image != self.image || !self.capacity.contains_key(location) {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "image or location not found");
        }
        let id = body["id"].as_str().map_or_else(|| format!("made-{}", self.sessions.len()), str::to_owned);
        if self.sessions.contains_key(&id) {
            return Reply::error(409, "CONFLICT", "id already used");
        }
        match self.capacity.get_mut(location) {
            Some(free) if *free > 0 => *free -= 1,
            _ => return Reply::error(420, "CAPACITY_UNAVAILABLE", "no capacity"),
        }
        self.next_port += 1;
        let session = ModelSession {
            image: image.to_owned(),
            location: location.to_owned(),
            status: if self.boot_ms == 0 { "running" } else { "created" }.to_owned(),
            started_at: now,
            runs_at: now + self.boot_ms,
            players: BTreeSet::new(),
            port: self.next_port,
            ttl: body["ttl"].clone(),
            env: body["env"].clone(),
        };
        let ports = json!([{ "type": "udp", "container": 7777, "host": session.port }]);
        *self.starts.entry(id.clone()).or_default() += 1;
        self.sessions.insert(id.clone(), session);
        Reply::json(201, &json!({ "id": id, "host": "10.1.2.3", "ports": ports }))
    }

    fn describe(&self, id: &str) -> Reply {
        let Some(session) = self.sessions.get(id) else {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "session not found");
        };
        let joined: Vec<_> = session.players.iter().collect();
        let mut described = entry(id, session);
        described["players"] = json!({ "joined": joined, "joinedCount": joined.len() });
        Reply::json(200, &described)
    }

    fn list(&self, query: &str) -> Reply {
        let pairs: BTreeMap<_, _> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let below: Option<usize> = pairs.get("playerCount[lt]").and_then(|limit| limit.parse().ok());
        let entries: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, session)| pairs.contains_key("all") || session.is_alive())
            .filter(|(_, session)| below.is_none_or(|below| session.players.len() < below))
            .map(|(id, session)| {
                let mut entry = entry(id, session);
                entry["playerCount"] = json!(session.players.len());
                entry
            })
            .collect();
        Reply::json(200, &json!({ "sessions": entries }))
    }

    fn stop(&mut self, id: &str) -> Reply {
        match self.sessions.get_mut(id) {
            None => Reply::error(404, "RESOURCE_NOT_FOUND", "session not found"),
            Some(session) if !session.is_alive() => Reply::error(409, "CONFLICT", "already terminated"),
            Some(session) => {
                session.status = "exited".to_owned();
                *self.capacity.entry(session.location.clone()).or_default() += 1;
                Reply { status: 204, body: Vec::new() }
            }
        }
    }

    fn join(&mut self, body: &Value) -> Reply {
        let id = body["session"].as_str().unwrap_or_default();
        let Some(session) = self.sessions.get_mut(id).filter(|session| session.is_alive()) else {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "session not found");
        };
        session.players.extend(names(&body["players"]));
        let players: Vec<_> = session.players.iter().collect();
        Reply::json(200, &json!({ "count": players.len(), "players": players }))
    }

    fn leave(&mut self, body: &Value) -> Reply {
        let leaving: BTreeSet<_> = names(&body["players"]).collect();
        let mut count = 0;
        for session in self.sessions.values_mut() {
            if session.players.iter().any(|player| leaving.contains(player)) {
                session.players.retain(|player| !leaving.contains(player));
                count = session.players.len();
            }
        }
        Reply::json(200, &json!({ "count": count, "players": leaving }))
    }

    fn locations(&self, image: &str) -> Reply {
        if image != self.image {
            return Reply::error(404, "RESOURCE_NOT_FOUND", "image not found");
        }
        let locations: Vec<_> = self.capacity.keys().map(|id| json!({ "id": id, "ips": ["127.0.0.1"] })).collect();
        Reply::json(200, &json!({ "locations": locations }))
    }
}

fn entry(id: &str, session: &ModelSession) -> Value {
    json!({
        "id": id, "image": session.image, "location": session.location, "host": "10.1.2.3",
        "created": 1_700_000_000_000_u64 + session.started_at, "port": { "7777/udp": session.port },
        "status": session.status, "labels": {},
    })
}

fn names(players: &Value) -> impl Iterator<Item = String> {
    players.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}
