//! The configuration: what is documented is read, and every mistake is told with its place.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::time::Duration;

use matchport_emulator::{
    Answer, Backend, Config, ConfigErrors, EngineAddress, Image, Permission, PortRange, Program, Protocol, TtlForm,
};

const DOCUMENTS: [&str; 3] = [
    include_str!("../../../docs/emulator-configuration.md"),
    include_str!("../../../docs/emulator-faults.md"),
    include_str!("../../../docs/containers.md"),
];

/// The TOML blocks of the documentation.
fn documented() -> Vec<&'static str> {
    let blocks =
        |document: &'static str| document.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    DOCUMENTS.into_iter().flat_map(blocks).collect()
}

fn errors(text: &str) -> Vec<(usize, usize, String)> {
    let errors = Config::parse(text).unwrap_err();
    errors.iter().map(|error| (error.line().unwrap(), error.column().unwrap(), error.key().to_owned())).collect()
}

fn places(text: &str) -> Vec<(usize, String)> {
    errors(text).into_iter().map(|(line, _, key)| (line, key)).collect()
}

#[test]
fn every_documented_example_is_read() {
    assert!(documented().len() >= 4);
    let whole = include_str!("../../../examples/emulator/containers.toml");
    for example in documented().into_iter().chain([whole]) {
        Config::parse(example).unwrap_or_else(|errors| panic!("{errors}\n{example}"));
    }
}

#[test]
fn every_setting_is_documented() {
    for key in [
        "host",
        "port_range",
        "grace",
        "retention",
        "retained_sessions",
        "log_limit",
        "bind_timeout",
        "ttl",
        "backend",
        "engine",
        "engine_timeout",
        "repository",
        "memory",
        "cpus",
        "quota",
        "organization",
        "value",
        "permissions",
        "id",
        "capacity",
        "ips",
        "images",
        "name",
        "command",
        "args",
        "env",
        "ports",
        "tags",
        "labels",
        "warm_pool",
        "answer",
        "ready_delay",
        "operation",
        "location",
        "share",
        "seed",
        "count",
        "delay",
        "status",
        "cut",
        "garbage",
        "full",
        "when",
    ] {
        assert!(DOCUMENTS.iter().any(|page| page.contains(&format!("| `{key}` |"))), "{key}");
    }
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    let defaults = documented()[0];
    assert_eq!(Config::parse(defaults).unwrap(), Config::default());
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn everything_that_can_be_set_is_set() {
    let config = Config::parse(
        r#"
        host = "192.0.2.7"
        port_range = [21000, 21100]
        grace = "1m 30s"
        retention = "1h"
        retained_sessions = 5
        log_limit = 4096
        bind_timeout = "250ms"
        ttl = "duration"
        backend = "null"
        quota = 7
        organization = "acme"

        [[token]]
        value = "t-1"
        permissions = ["session:read", "logs:read"]

        [[location]]
        id = "eu"
        capacity = 0
        ips = ["192.0.2.1"]
        images = ["arena"]

        [[image]]
        name = "arena"
        command = ["sh", "-c", "exit"]
        args = ["a"]
        env = { LEVEL = "1" }
        ports = ["7777/udp", "80/tcp"]
        tags = ["v1", { name = "v2", priority = 3 }]
        labels = { game = "arena" }
        warm_pool = true
        answer = "spawned"
        ready_delay = "2s"
        "#,
    )
    .unwrap();
    assert_eq!(config.host.as_deref(), Some("192.0.2.7"));
    assert_eq!(config.port_range, PortRange { first: 21_000, last: 21_100 });
    assert_eq!((config.grace, config.retention), (Duration::from_secs(90), Duration::from_secs(3600)));
    assert_eq!((config.retained_sessions, config.log_limit), (5, 4096));
    assert_eq!((config.bind_timeout, config.ttl), (Duration::from_millis(250), TtlForm::Duration));
    assert_eq!((config.backend, config.quota, config.organization.as_str()), (Backend::Null, Some(7), "acme"));
    assert_eq!(config.tokens[0].value.expose(), "t-1");
    assert_eq!(config.tokens[0].permissions, [Permission::SessionRead, Permission::LogsRead]);
    let location = &config.locations[0];
    assert_eq!((location.capacity, location.images.as_deref()), (Some(0), Some(["arena".to_owned()].as_slice())));
    assert_eq!(location.ips[0].to_string(), "192.0.2.1");
    let image = &config.images[0];
    assert_eq!(image.program, Program::Command(vec!["sh".into(), "-c".into(), "exit".into()]));
    assert_eq!((image.args.len(), image.env.0["LEVEL"].as_str(), image.labels["game"].as_str()), (1, "1", "arena"));
    assert_eq!(
        image.ports.iter().map(|port| (port.container, port.protocol)).collect::<Vec<_>>(),
        [(7777, Protocol::Udp), (80, Protocol::Tcp)]
    );
    assert_eq!(
        image.tags.iter().map(|tag| (tag.name.as_str(), tag.priority)).collect::<Vec<_>>(),
        [("v1", 0), ("v2", 3)]
    );
    assert_eq!((image.warm_pool, image.answer, image.ready_delay), (true, Answer::Spawned, Duration::from_secs(2)));
}

#[test]
fn every_mistake_is_told_with_its_line_and_column() {
    let text = "grace = 10\nttl = \"hours\"\nprot_range = [1, 2]\nport_range = [0, 70000]\nquota = -1\nlog_limit = 1\n\
        [[location]]\ncapacity = \"many\"\nips = [\"192.0.2.1\", \"here\"]\n\
        [[location]]\nid = \"eu\"\nimages = [\"nope\"]\n\
        [[image]]\nname = \"\"\nports = [\"7777\", \"0/udp\", \"70000/udp\", \"1/sctp\"]\ntags = []\n\
        [[token]]\nvalue = \"two words\"\npermissions = [\"session:fly\"]\n";
    let expected = [
        (1, 9, "grace"),
        (2, 7, "ttl"),
        (3, 1, "prot_range"),
        (4, 14, "port_range"),
        (5, 9, "quota"),
        (6, 13, "log_limit"),
        (7, 1, "location[0].id"),
        (8, 12, "location[0].capacity"),
        (9, 21, "location[0].ips[1]"),
        (12, 11, "location[1].images[0]"),
        (14, 8, "image[0].name"),
        (15, 10, "image[0].ports[0]"),
        (15, 18, "image[0].ports[1]"),
        (15, 27, "image[0].ports[2]"),
        (15, 40, "image[0].ports[3]"),
        (16, 8, "image[0].tags"),
        (18, 9, "token[0].value"),
        (19, 16, "token[0].permissions[0]"),
    ];
    assert_eq!(errors(text), expected.map(|(line, column, key)| (line, column, key.to_owned())));
}

#[test]
fn containers_have_settings_of_their_own() {
    let config = Config::parse(
        r#"
        backend = "docker"
        engine = "unix:///run/podman/podman.sock"
        engine_timeout = "5s"

        [[location]]
        id = "near"

        [[location]]
        id = "far"
        engine = "tcp://10.0.0.2:2375"
        host = "players.example"

        [[image]]
        name = "arena"
        repository = "ghcr.io/studio/arena"
        memory = "512m"
        cpus = 1.5
        "#,
    )
    .unwrap();
    let socket = EngineAddress::Unix("/run/podman/podman.sock".into());
    assert_eq!((config.backend, config.engine.as_ref()), (Backend::Docker, Some(&socket)));
    assert_eq!(config.engine_timeout, Duration::from_secs(5));
    let [near, far] = &config.locations[..] else { panic!("two locations") };
    assert_eq!((&near.engine, &near.host), (&None, &None));
    assert_eq!(far.engine.as_ref().map(ToString::to_string).as_deref(), Some("http://10.0.0.2:2375"));
    assert_eq!(far.host.as_deref(), Some("players.example"));
    let image = &config.images[0];
    assert_eq!((image.memory, image.cpus), (Some(512 << 20), Some(1.5)));
    assert_eq!(image.repository.as_deref(), Some("ghcr.io/studio/arena"));
    for (text, bytes) in
        [("\"2g\"", 2 << 30), ("\"65536K\"", 64 << 20), ("\"8388608\"", 8 << 20), ("16777216", 16 << 20)]
    {
        let config = Config::parse(&format!("[[image]]\nname = \"a\"\nmemory = {text}\n")).unwrap();
        assert_eq!(config.images[0].memory, Some(bytes), "{text}");
    }
}

#[test]
fn mistakes_in_settings_of_containers_are_told() {
    let text = "backend = \"docker\"\nengine = \"/var/run/docker.sock\"\nengine_timeout = \"0s\"\n\
        [[location]]\nid = \"a\"\nengine = \"https://10.0.0.2\"\nhost = \"no host\"\n\
        [[image]]\nname = \"Arena\"\nmemory = \"5m\"\ncpus = 0\ntags = [\"ok\", \"no tag\"]\n\
        [[image]]\nname = \"b\"\nrepository = \"arena:v1\"\nmemory = \"lots\"\ncpus = \"two\"\n\
        [[image]]\nname = \"Free Form\"\nrepository = \"localhost:5000/free/form\"\nmemory = \"99999999999999999999g\"\n";
    let expected = [
        (2, "engine"),
        (3, "engine_timeout"),
        (6, "location[0].engine"),
        (7, "location[0].host"),
        (9, "image[0].name"),
        (10, "image[0].memory"),
        (11, "image[0].cpus"),
        (12, "image[0].tags[1]"),
        (15, "image[1].repository"),
        (16, "image[1].memory"),
        (17, "image[1].cpus"),
        (21, "image[2].memory"),
    ];
    assert_eq!(places(text), expected.map(|(line, key)| (line, key.to_owned())));
    // What is a mistake for containers alone is none for processes.
    assert!(Config::parse("[[image]]\nname = \"Arena of Honour\"\ntags = [\"the first\"]\n").is_ok());
}

#[test]
fn names_are_there_once() {
    let text = "[[location]]\nid = \"a\"\n[[location]]\nid = \"a\"\n[[image]]\nname = \"b\"\nports = [\"1/udp\", \"1/tcp\", \"1/udp\"]\n\
        tags = [\"x\", \"x\"]\n[[image]]\nname = \"b\"\n[[token]]\nvalue = \"t\"\n[[token]]\nvalue = \"t\"\n";
    let expected = [
        (4, "location[1].id"),
        (7, "image[0].ports[2]"),
        (8, "image[0].tags[1]"),
        (10, "image[1].name"),
        (14, "token[1].value"),
    ];
    assert_eq!(places(text), expected.map(|(line, key)| (line, key.to_owned())));
}

#[test]
fn what_is_no_toml_is_told_too() {
    let found = errors("grace = \"10s\"\nquota = = 3\n[[image]\n");
    assert!(found.iter().any(|(line, _, _)| *line == 2) && found.iter().any(|(line, _, _)| *line == 3), "{found:?}");
    assert_eq!(errors("[location]\nid = \"a\"\n")[0].2, "location");
    assert_eq!(errors("image = 3\n")[0].2, "image");
}

#[test]
fn a_message_says_where_what_and_what_to_do() {
    let message = Config::parse("[[location]]\nid = \"eu\"\ncapacity = \"ten\"\n").unwrap_err().to_string();
    assert_eq!(
        message,
        "the configuration has a mistake: line 3, column 12: `location[0].capacity`: a whole number from 0 to 4294967295 \
         belongs here, not this text; write for example `capacity = 10`"
    );
}

#[test]
fn tokens_and_environments_are_not_shown() {
    let text = "[[token]]\nvalue = \"hunter2 hunter2\"\n[[token]]\nvalue = 12\n[[image]]\nname = \"a\"\nenv = { A = \"hunter2\", B = [\"hunter2\"] }\n";
    assert!(!Config::parse(text).unwrap_err().to_string().contains("hunter2"));
    let config =
        Config::parse("[[token]]\nvalue = \"hunter2\"\n[[image]]\nname = \"a\"\nenv = { A = \"hunter2\" }\n").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let builder = matchport_emulator::Emulator::builder(config).tokens(["hunter2"]);
    assert!(!format!("{builder:?}").contains("hunter2"));
}

#[test]
fn a_configuration_made_in_code_is_checked_alike() {
    let image = Image::new("a").port(1, Protocol::Udp).port(1, Protocol::Udp).command([""]);
    let config = Config { images: vec![image], port_range: PortRange { first: 5, last: 4 }, ..Config::default() };
    let errors: ConfigErrors = config.check().unwrap_err();
    let keys: Vec<_> = errors.iter().map(|error| error.key()).collect();
    assert_eq!(keys, ["port_range", "image[0].command", "image[0].ports[1]", "image[0].ports"]);
    assert!(errors.iter().all(|error| error.line().is_none()));
}
