//! Bad input from the caller: each a typed error that names the field, and nothing is sent. What the service may do
//! wrong is in `answers.rs` and `properties.rs`; secrets are in `secrets.rs`.

mod support;

use std::collections::BTreeMap;

use matchport_core::allocation::AllocateRequest;
use matchport_core::backfill::BackfillRequest;
use matchport_core::check::{InvalidInput, MAX_ENTRIES, MAX_VALUE_BYTES};
use matchport_core::engine::{Engine, EngineConfig, Operation};
use matchport_core::environment::{BaseUrl, Environment};
use matchport_core::error::{ErrorCode, Outcome};
use matchport_core::model::{SessionFilter, SessionId, Ttl};
use matchport_core::placement::{LatencyCap, MissingSample, PlacementPolicy, PlayerLatencies};
use matchport_core::retry::Backoff;
use matchport_core::secret::Token;
use support::*;

/// Names that no name may be, whatever it names.
fn bad_names() -> Vec<String> {
    let control = ["a\r\nb", "\n", "a\0", "a\u{7f}", "a\u{85}b"].map(str::to_owned);
    [String::new(), "x".repeat(256), "ü".repeat(128)].into_iter().chain(control).collect()
}

/// Submits an operation that is to be refused. Returns the field.
fn refused(operation: Operation) -> String {
    let mut world = world();
    let what: String = format!("{operation:?}").chars().take(300).collect();
    let id = world.submit(operation);
    world.run();
    assert_eq!(world.lines(), Vec::<&str>::new(), "nothing is sent: {what}");
    assert_eq!(world.events.len(), 1, "its end alone: {what}");
    assert_eq!(world.breaches, Vec::<String>::new());
    let error = &failure(&world, id).error;
    assert_eq!(
        (error.code, error.outcome, error.retryable),
        (ErrorCode::InvalidInput, Outcome::NotSent, false),
        "{what}"
    );
    assert!(failure(&world, id).ticket.is_none(), "{what}");
    let field = error.field.as_deref().expect("a field").to_owned();
    assert!(error.message.starts_with(&field), "the message names it: {}", error.message);
    assert!(error.message.len() < 400, "a long name is not repeated: {} bytes", error.message.len());
    field
}

fn refused_allocation(change: impl FnOnce(&mut AllocateRequest)) -> String {
    let mut request = request();
    change(&mut request);
    refused(Operation::Allocate(Box::new(request)))
}

fn refused_backfill(change: impl FnOnce(&mut BackfillRequest)) -> String {
    let mut request = BackfillRequest::new("game", 8, vec!["ada".into()]);
    change(&mut request);
    refused(Operation::Backfill(Box::new(request)))
}

fn refused_filter(change: impl FnOnce(&mut SessionFilter)) -> String {
    let mut filter = SessionFilter::default();
    change(&mut filter);
    refused(Operation::List(filter))
}

fn one(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.to_owned())])
}

fn many() -> BTreeMap<String, String> {
    (0..=MAX_ENTRIES).map(|number| (format!("k{number}"), "v".to_owned())).collect()
}

#[test]
fn names_of_an_allocation() {
    for bad in bad_names() {
        assert_eq!(refused_allocation(|it| it.image = bad.clone()), "image");
        assert_eq!(refused_allocation(|it| it.match_id = Some(bad.clone())), "match_id");
        assert_eq!(refused_allocation(|it| it.version = Some(bad.clone())), "version");
        assert_eq!(refused_allocation(|it| it.external_id = Some(bad.clone())), "external_id");
        assert_eq!(refused_allocation(|it| it.locations = Some(vec![EU.into(), bad.clone()])), "locations[1]");
        assert!(refused_allocation(|it| it.env = one(&bad, "v")).starts_with("env["));
        assert!(refused_allocation(|it| it.labels = one(&bad, "v")).starts_with("labels["));
        assert_eq!(refused_allocation(|it| it.players = vec![PlayerLatencies::new(&*bad)]), "players[0].id");
    }
    for climbing in [".", ".."] {
        assert_eq!(refused_allocation(|it| it.image = climbing.into()), "image");
    }
}

#[test]
fn the_same_without_locations() {
    // The service would be asked for them first; what can be checked before is.
    let without = |change: fn(&mut AllocateRequest)| {
        refused_allocation(|it| {
            it.locations = None;
            change(it);
        })
    };
    assert_eq!(without(|it| it.image = String::new()), "image");
    assert_eq!(without(|it| it.env = one("A", "")), "env[\"A\"]");
    assert_eq!(without(|it| it.players = vec![PlayerLatencies::new("a"), PlayerLatencies::new("a")]), "players[1].id");
    assert!(without(|it| it.placement.worst_weight = 2.0).ends_with("worst_weight"));
    assert_eq!(without(|it| it.env = huge()), "body");
    assert_eq!(without(|it| it.args = vec!["\u{1}".repeat(32_000); 6]), "body");
}

#[test]
fn values_of_an_allocation() {
    let long = "x".repeat(MAX_VALUE_BYTES + 1);
    assert_eq!(refused_allocation(|it| it.env = one("A=B", "v")), "env[\"A=B\"]");
    for bad in ["", "a\0b", &long] {
        assert_eq!(refused_allocation(|it| it.env = one("MAP", bad)), "env[\"MAP\"]");
        assert_eq!(refused_allocation(|it| it.args = vec!["-x".into(), bad.into()]), "args[1]");
    }
    for bad in ["a\0b", &long] {
        assert_eq!(refused_allocation(|it| it.labels = one("mode", bad)), "labels[\"mode\"]");
    }
    assert_eq!(refused_allocation(|it| it.env = many()), "env");
    assert_eq!(refused_allocation(|it| it.labels = many()), "labels");
    assert_eq!(refused_allocation(|it| it.args = vec!["a".into(); MAX_ENTRIES + 1]), "args");
}

/// Each value is fine, all together are more than a body may hold.
fn huge() -> BTreeMap<String, String> {
    (0..64).map(|number| (format!("K{number}"), "x".repeat(MAX_VALUE_BYTES))).collect()
}

#[test]
fn a_body_that_is_too_large() {
    assert_eq!(refused_allocation(|it| it.env = huge()), "body");
    // Small enough, until it is escaped.
    assert_eq!(refused_allocation(|it| it.args = vec!["\u{1}".repeat(32_000); 6]), "body");
}

#[test]
fn locations_and_ids() {
    assert_eq!(refused_allocation(|it| it.locations = Some(vec![])), "locations");
    let many = (0..=MAX_ENTRIES).map(|number| format!("l{number}")).collect();
    assert_eq!(refused_allocation(|it| it.locations = Some(many)), "locations");
    let both = refused_allocation(|it| {
        it.match_id = Some("m".into());
        it.session_id = Some(session());
    });
    assert_eq!(both, "match_id");
    for bad in bad_names().iter().map(String::as_str).chain([".", ".."]) {
        assert_eq!(SessionId::new(bad).expect_err(bad).field, "id");
        assert!(serde_json::from_value::<SessionId>(bad.into()).is_err(), "nor from JSON: {bad:?}");
    }
}

#[test]
fn players_and_latencies() {
    let ada = || PlayerLatencies::new("ada").with(EU, 20.0);
    assert_eq!(refused_allocation(|it| it.players = vec![ada(), ada()]), "players[1].id");
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 60_001.0] {
        let field = refused_allocation(|it| it.players = vec![ada().with(US, vec![5.0, bad])]);
        assert_eq!(field, "players[0].latencies[\"us-east-1\"][1]", "{bad}");
    }
    let none: Vec<f32> = vec![];
    assert!(refused_allocation(|it| it.players = vec![ada().with(US, none)]).starts_with("players[0]"));
    assert!(refused_allocation(|it| it.players = vec![ada().with("", 1.0)]).starts_with("players[0]"));
}

#[test]
fn policies() {
    let refused_policy = |policy: PlacementPolicy| refused_allocation(|it| it.placement = policy);
    for bad in [f32::NAN, -0.1, 1.1, f32::INFINITY] {
        let policy = PlacementPolicy { worst_weight: bad, ..PlacementPolicy::default() };
        assert!(refused_policy(policy).ends_with("worst_weight"), "{bad}");
        let missing = MissingSample::Assume(if bad > 1.0 { f32::INFINITY } else { -1.0 });
        assert!(refused_policy(PlacementPolicy { missing, ..PlacementPolicy::default() }).ends_with("missing.assume"));
    }
    let cap = LatencyCap { limit_ms: f32::NAN, relax_ms_per_second: 0.0, ceiling_ms: None };
    assert!(refused_policy(PlacementPolicy { cap: Some(cap), ..PlacementPolicy::default() }).ends_with("cap.limit_ms"));
}

#[test]
fn times() {
    for bad in [0, 86_400_001, u64::MAX] {
        assert_eq!(refused_allocation(|it| it.deadline_ms = bad), "deadline_ms");
        assert_eq!(refused_backfill(|it| it.deadline_ms = bad), "deadline_ms");
    }
    for bad in [0, 2_592_001, u64::MAX] {
        assert_eq!(Ttl::from_seconds(bad).expect_err("absurd").field, "ttl");
    }
    for bad in
        ["", " ", "-1", "-1h", "0", "0h0m0s", "1.5h", "1d", "h", "1h-5m", "9".repeat(40).as_str(), "\u{661}h", "1h\n"]
    {
        assert_eq!(bad.parse::<Ttl>().expect_err(bad).field, "ttl");
    }
    for bad in ["0", "-5", "3600.5", "\"\"", "\"-1h\"", "1e99", "null", "true", "[]"] {
        assert!(serde_json::from_str::<Ttl>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_wait_without_end_overflows_nothing() {
    let mut world = world();
    let cap = Some(LatencyCap { limit_ms: 10.0, relax_ms_per_second: 0.001, ceiling_ms: Some(60_000.0) });
    let request = AllocateRequest {
        waited_ms: u64::MAX,
        placement: PlacementPolicy { cap, ..PlacementPolicy::default() },
        players: vec![PlayerLatencies::new("ada").with(EU, 50_000.0)],
        ..allocated_only()
    };
    world.now = u64::MAX - 1_000;
    let id = allocate(&mut world, request);
    world.run();
    assert!(end(&world, id).is_ok() || !failure(&world, id).error.message.is_empty(), "it ends");
}

#[test]
fn players_of_a_join_and_a_leave() {
    let join = |players: Vec<String>| refused(Operation::Join { session: session(), players });
    let leave = |players: Vec<String>| refused(Operation::Leave { players });
    let both = |players: &[&str]| {
        let players: Vec<_> = players.iter().map(|&player| player.to_owned()).collect();
        let field = join(players.clone());
        assert_eq!(leave(players.clone()), field);
        assert_eq!(refused_backfill(|it| (it.players, it.capacity) = (players, 100_000)), field);
        field
    };
    assert_eq!(both(&[]), "players");
    assert_eq!(both(&["a", "b", "a"]), "players[2]");
    for bad in bad_names() {
        assert_eq!(both(&["a", &bad]), "players[1]");
    }
    let many: Vec<_> = (0..=MAX_ENTRIES).map(|number| format!("p{number}")).collect();
    assert_eq!(both(&many.iter().map(String::as_str).collect::<Vec<_>>()), "players");
}

#[test]
fn fields_of_a_backfill() {
    for bad in bad_names() {
        assert_eq!(refused_backfill(|it| it.image = bad.clone()), "image");
        assert_eq!(refused_backfill(|it| it.version = Some(bad.clone())), "version");
        assert_eq!(refused_backfill(|it| it.locations = Some(vec![bad.clone()])), "locations[0]");
        assert!(refused_backfill(|it| it.having = one(&bad, "v")).starts_with("having["));
        assert!(refused_backfill(|it| it.not_having = one(&bad, "v")).starts_with("not_having["));
    }
    assert_eq!(refused_backfill(|it| it.locations = Some(vec![])), "locations");
    assert_eq!(refused_backfill(|it| it.locations = Some(vec!["l".into(); MAX_ENTRIES + 1])), "locations");
    for bad in [0, 100_001, u32::MAX] {
        assert_eq!(refused_backfill(|it| it.capacity = bad), "capacity");
    }
    let five = (0..5).map(|number| number.to_string()).collect::<Vec<_>>();
    assert_eq!(refused_backfill(|it| (it.capacity, it.players) = (4, five)), "players");
}

#[test]
fn parts_of_a_filter() {
    for bad in bad_names() {
        assert_eq!(refused_filter(|it| it.location = Some(bad.clone())), "location");
        assert_eq!(refused_filter(|it| it.image = Some(bad.clone())), "image");
        assert_eq!(refused_filter(|it| it.tag = Some(bad.clone())), "tag");
        assert_eq!(refused_filter(|it| it.host = Some(bad.clone())), "host");
        assert!(refused_filter(|it| it.having = one(&bad, "v")).starts_with("having["));
        assert!(refused_filter(|it| it.not_having = one(&bad, "v")).starts_with("not_having["));
    }
    assert_eq!(refused_filter(|it| it.having = one("mode", "a\0")), "having[\"mode\"]");
    assert_eq!(refused_filter(|it| it.not_having = many()), "not_having");
    // Each is fine, but no address takes all of them.
    let wide: BTreeMap<_, _> = (0..100).map(|number| (number.to_string(), "x".repeat(1000))).collect();
    assert_eq!(refused_filter(|it| it.having = wide), "filter");
}

#[test]
fn names_in_paths() {
    let path = |path: &str| refused(Operation::Artifact { session: session(), path: path.into() });
    let too_long = format!("/{}", "x".repeat(4096));
    for bad in ["", "relative", "./x", "/../etc/passwd", "/srv/..", "/srv/../../x", "/a\r\nb", "/\0", &too_long] {
        assert_eq!(path(bad), "path");
    }
    for bad in bad_names().iter().map(String::as_str).chain([".", ".."]) {
        assert_eq!(refused(Operation::Locations { image: bad.into() }), "image");
        let tag = |location: &str, image: &str, version: &str| {
            let (location, image, version) = (location.into(), image.into(), version.into());
            refused(Operation::TagExists { location, image, version })
        };
        assert_eq!(tag(bad, "i", "v"), "location");
        assert_eq!(tag("l", bad, "v"), "image");
        assert_eq!(tag("l", "i", bad), "version");
    }
}

#[test]
fn tokens() {
    let long = "x".repeat(8 * 1024 + 1);
    for bad in ["", " ", "a b", "a\r\nX-Evil: 1", "a\n", "\u{0}", "tökén", "a\u{7f}", "\u{feff}a", &long] {
        let error = Token::new(bad).expect_err(bad);
        assert_eq!(error.field, "token");
        assert!(bad.len() < 4 || !error.to_string().contains(bad), "{error}");
    }
    assert!(Token::new(&"x".repeat(8 * 1024)).is_ok());
}

#[test]
fn addresses() {
    let refused = [
        "https://api.gameye.io/v1",
        "https://api.gameye.io//",
        "https://api.gameye.io?x=1",
        "https://api.gameye.io#top",
        "https://user@api.gameye.io",
        "https://user:secret@api.gameye.io",
        "https://api.gameye.io:0",
        "https://api.gameye.io:65536",
        "https://api.gameye.io:80:80",
        "https://api.gameye.io:",
        "https://api.gameye.io\r\nHost: evil",
        "https://api gameye.io",
        "https://[::1",
        "https://",
        "api.gameye.io",
        "file:///etc/passwd",
        "",
    ];
    for address in refused {
        let error = address.parse::<Environment>().expect_err(address);
        assert_eq!(error.field, "base_url", "{address}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    for (written, read) in
        [("HTTPS://API.gameye.io/", "https://api.gameye.io"), ("http://[::1]:8080", "http://[::1]:8080")]
    {
        assert_eq!(written.parse::<BaseUrl>().expect(written).to_string(), read);
    }
}

#[test]
fn settings_of_an_engine() {
    let refused = |change: fn(&mut EngineConfig)| -> InvalidInput {
        let mut config = config();
        change(&mut config);
        Engine::new(config).expect_err("must be refused")
    };
    let fields = [
        refused(|it| it.environment = "http://example.com".parse().expect("an address")),
        refused(|it| it.timing.attempt_ms = 0),
        refused(|it| it.timing.operation_ms = u64::MAX),
        refused(|it| it.timing.closed_location_ms = 0),
        refused(|it| it.timing.late_start_ms = 0),
        refused(|it| it.timing.settle_ms = 0),
        refused(|it| it.timing.poll_ms = 86_400_001),
        refused(|it| it.timing.visible_ms = 0),
        refused(|it| it.backoff = Backoff { first_ms: 0, longest_ms: 1 }),
        refused(|it| it.backoff = Backoff { first_ms: 2, longest_ms: 1 }),
    ]
    .map(|invalid| invalid.field.into_owned());
    let expected = [
        "base_url",
        "timing.attempt_ms",
        "timing.operation_ms",
        "timing.closed_location_ms",
        "timing.late_start_ms",
        "timing.settle_ms",
        "timing.poll_ms",
        "timing.visible_ms",
        "backoff.first_ms",
        "backoff.longest_ms",
    ];
    assert_eq!(fields, expected);
    let allowed = EngineConfig {
        environment: "http://10.0.0.1:80".parse().expect("an address"),
        allow_plain_http: true,
        ..config()
    };
    assert!(Engine::new(allowed).is_ok(), "when it is allowed explicitly");
}
