//! Which keys the TOML has, and what each becomes. How a value is read is in `reader`, cross-checks are in `check`.

use std::net::Ipv4Addr;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Section, duration, member, text, whole, word};
use super::{
    Answer, Backend, Config, ConfigError, ConfigErrors, ContainerPort, EngineAddress, Env, FaultRule, Image, Location,
    LocationState, Operation, Permission, PortRange, Program, Protocol, Secret, Tag, Token, TtlForm, check,
};

const TOP: &[&str] = &[
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
    "quota",
    "organization",
    "token",
    "location",
    "image",
    "faults",
];
const TOKEN: &[&str] = &["value", "permissions"];
const LOCATION: &[&str] = &["id", "capacity", "ips", "images", "host", "engine", "state"];
const IMAGE: &[&str] = &[
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
    "repository",
    "memory",
    "cpus",
];
const FAULT: &[&str] =
    &["operation", "location", "share", "seed", "count", "delay", "status", "cut", "garbage", "full", "when"];

/// Reads a whole configuration; every mistake is in the error.
pub(super) fn parse(source: &str) -> Result<Config, ConfigErrors> {
    let mut reader = Reader::new(source);
    let (document, syntax) = DeTable::parse_recoverable(source);
    for error in &syntax {
        reader.note(
            error.span().unwrap_or(0..0),
            "",
            error.message(),
            "this is not TOML; see https://toml.io/en/v1.0.0",
        );
    }
    if !syntax.is_empty() {
        // What a recovered tree holds is a guess, and mistakes found in it would be noise.
        return Err(finish(reader).expect_err("a syntax error was noted"));
    }

    let root = Section::root(document.get_ref(), TOP, &mut reader);
    let config = top(&root, &mut reader);
    for problem in check::problems(&config) {
        if !reader.is_failed(&problem.key) {
            let span = reader.span(&problem.key);
            reader.note(span, &problem.key, problem.problem, problem.help);
        }
    }
    finish(reader).map(|()| config)
}

fn finish(reader: Reader<'_>) -> Result<(), ConfigErrors> {
    ConfigErrors::from_list(reader.errors)
}

fn top(root: &Section<'_, '_>, r: &mut Reader<'_>) -> Config {
    let default = Config::default();
    let span = "a duration of at most a year";
    Config {
        host: root.read(r, "host", "a text", "\"127.0.0.1\"", text),
        port_range: root
            .read(r, "port_range", "a list of two ports from 1 to 65535", "[20000, 30000]", port_range)
            .unwrap_or(default.port_range),
        grace: root.read(r, "grace", span, "\"10s\"", duration).unwrap_or(default.grace),
        retention: root.read(r, "retention", span, "\"10m\"", duration).unwrap_or(default.retention),
        retained_sessions: count(root, r, "retained_sessions", "1000").unwrap_or(default.retained_sessions),
        log_limit: root
            .read(r, "log_limit", "a number of bytes from 4096 to 1073741824", "1048576", whole(4096..=1 << 30))
            .map_or(default.log_limit, |bytes| bytes as usize),
        bind_timeout: root.read(r, "bind_timeout", span, "\"5s\"", duration).unwrap_or(default.bind_timeout),
        ttl: root
            .read(
                r,
                "ttl",
                "\"seconds\", \"duration\" or \"both\"",
                "\"both\"",
                word(&[("seconds", TtlForm::Seconds), ("duration", TtlForm::Duration), ("both", TtlForm::Both)]),
            )
            .unwrap_or(default.ttl),
        backend: root
            .read(
                r,
                "backend",
                "\"process\", \"docker\" or \"null\"",
                "\"process\"",
                word(&[("process", Backend::Process), ("docker", Backend::Docker), ("null", Backend::Null)]),
            )
            .unwrap_or(default.backend),
        engine: engine(root, r),
        engine_timeout: root.read(r, "engine_timeout", span, "\"20s\"", duration).unwrap_or(default.engine_timeout),
        quota: count(root, r, "quota", "100"),
        organization: root.read(r, "organization", "a text", "\"local\"", text).unwrap_or(default.organization),
        tokens: each(root, r, "token", TOKEN, token).unwrap_or_default(),
        locations: each(root, r, "location", LOCATION, location).unwrap_or(default.locations),
        images: each(root, r, "image", IMAGE, image).unwrap_or(default.images),
        faults: each(root, r, "faults", FAULT, fault).unwrap_or_default(),
    }
}

fn each<'a, 'i, T>(
    root: &Section<'a, 'i>,
    r: &mut Reader<'_>,
    key: &str,
    keys: &[&str],
    read: impl Fn(&Section<'a, 'i>, &mut Reader<'_>) -> T,
) -> Option<Vec<T>> {
    let sections = root.sections(r, key, keys)?;
    Some(sections.iter().map(|section| read(section, r)).collect())
}

fn count(section: &Section<'_, '_>, r: &mut Reader<'_>, key: &str, example: &str) -> Option<usize> {
    let expects = "a whole number from 0 to 4294967295";
    section.read(r, key, expects, example, whole(0..=i64::from(u32::MAX))).map(|number| number as usize)
}

fn token(section: &Section<'_, '_>, r: &mut Reader<'_>) -> Token {
    let words = Permission::ALL.map(|permission| (permission.name(), permission));
    let value = section.required_text(r, "value", "\"my-token\"");
    let expects = "a permission (session:start, session:read, session:stop, artifact:read, regions:read, logs:read)";
    let permissions = section.list(r, "permissions", expects, "[\"session:start\", \"session:read\"]", word(&words));
    Token { value: Secret::new(value), permissions: permissions.unwrap_or_else(|| Permission::ALL.to_vec()) }
}

fn location(section: &Section<'_, '_>, r: &mut Reader<'_>) -> Location {
    let new = Location::new(section.required_text(r, "id", "\"eu-west-1\""));
    let address = |value: &DeValue<'_>| value.as_str()?.parse::<Ipv4Addr>().ok();
    Location {
        capacity: count(section, r, "capacity", "10"),
        ips: section.list(r, "ips", "an IPv4 address", "[\"127.0.0.1\"]", address).unwrap_or(new.ips),
        images: section.list(r, "images", "the name of an image", "[\"demo\"]", text),
        host: section.read(r, "host", "a text", "\"10.0.0.2\"", text),
        engine: engine(section, r),
        state: section
            .read(r, "state", "\"open\", \"draining\" or \"unreachable\"", "\"draining\"", word(&LocationState::WORDS))
            .unwrap_or(new.state),
        id: new.id,
    }
}

fn image(section: &Section<'_, '_>, r: &mut Reader<'_>) -> Image {
    let new = Image::new(section.required_text(r, "name", "\"my-game\""));
    let boolean = DeValue::as_bool;
    Image {
        program: section
            .read(
                r,
                "command",
                "a program, or a list of it and its fixed arguments,",
                "[\"/srv/game\", \"-d\"]",
                command,
            )
            .map_or(new.program, |command| Program::Command(command.into_iter().map(Into::into).collect())),
        args: section.list(r, "args", "a text", "[\"-nographics\"]", text).unwrap_or(new.args),
        env: section.texts(r, "env", "{ REGION_NAME = \"home\" }").map_or(new.env, Env),
        ports: section
            .list(r, "ports", "a port and its protocol", "[\"7777/udp\", \"7778/tcp\"]", container_port)
            .unwrap_or(new.ports),
        tags: section
            .list(r, "tags", "a tag", "[\"latest\", { name = \"v2\", priority = 5 }]", tag)
            .unwrap_or(new.tags),
        labels: section.texts(r, "labels", "{ game = \"arena\" }").unwrap_or(new.labels),
        warm_pool: section.read(r, "warm_pool", "true or false", "true", boolean).unwrap_or(new.warm_pool),
        answer: section
            .read(
                r,
                "answer",
                "\"bound\" or \"spawned\"",
                "\"bound\"",
                word(&[("bound", Answer::Bound), ("spawned", Answer::Spawned)]),
            )
            .unwrap_or(new.answer),
        ready_delay: section
            .read(r, "ready_delay", "a duration of at most a year", "\"2s\"", duration)
            .unwrap_or(new.ready_delay),
        repository: section.read(r, "repository", "a text", "\"ghcr.io/studio/arena\"", text),
        memory: section.read(
            r,
            "memory",
            "a number of bytes, or a text such as \"512m\" or \"2g\",",
            "\"512m\"",
            bytes,
        ),
        cpus: section.read(r, "cpus", "a number of processors", "1.5", number),
        name: new.name,
    }
}

fn fault(section: &Section<'_, '_>, r: &mut Reader<'_>) -> FaultRule {
    let boolean = DeValue::as_bool;
    let words = Operation::ALL.map(|operation| (operation.name(), operation));
    let operations = |value: &DeValue<'_>| match value.as_array() {
        Some(list) => list.iter().map(|one| word(&words)(one.get_ref())).collect::<Option<Vec<_>>>(),
        None => Some(vec![word(&words)(value)?]),
    };
    let named = words.map(|(name, _)| name).join(", ");
    let expects = format!("an operation, or a list of them ({named}),");
    let number = "a whole number from 0 to 9223372036854775807";
    let operations = section.read(r, "operation", &expects, "\"start\"", operations);
    FaultRule {
        location: section.read(r, "location", "the id of a location", "\"eu-west-1\"", text),
        share: section.read(r, "share", "a number above 0 and at most 1", "0.1", share).unwrap_or(1.0),
        seed: section.read(r, "seed", number, "7", whole(0..=i64::MAX)).unwrap_or_default().unsigned_abs(),
        count: section.read(r, "count", number, "3", whole(0..=i64::MAX)).map(i64::unsigned_abs),
        delay: section.read(r, "delay", "a duration of at most an hour", "\"500ms\"", duration).unwrap_or_default(),
        status: section
            .read(r, "status", "a status from 200 to 599", "503", whole(200..=599))
            .and_then(|status| u16::try_from(status).ok()),
        cut: section.read(r, "cut", "true or false", "true", boolean).unwrap_or_default(),
        garbage: section.read(r, "garbage", "true or false", "true", boolean).unwrap_or_default(),
        full: section.read(r, "full", "true or false", "true", boolean).unwrap_or_default(),
        after: section
            .read(r, "when", "\"before\" or \"after\"", "\"after\"", word(&[("before", false), ("after", true)]))
            .unwrap_or_default(),
        ..FaultRule::of(operations.unwrap_or_default())
    }
}

fn engine(section: &Section<'_, '_>, r: &mut Reader<'_>) -> Option<EngineAddress> {
    let expects = "an address such as \"unix:///run/podman/podman.sock\" or \"http://10.0.0.2:2375\"";
    let address = |value: &DeValue<'_>| EngineAddress::parse(value.as_str()?);
    section.read(r, "engine", expects, "\"unix:///var/run/docker.sock\"", address)
}

fn share(value: &DeValue<'_>) -> Option<f64> {
    number(value).filter(|number| *number > 0.0 && *number <= 1.0)
}

/// A number with or without a fraction.
fn number(value: &DeValue<'_>) -> Option<f64> {
    match value.as_float() {
        Some(float) => float.as_str().replace('_', "").parse().ok().filter(|number: &f64| number.is_finite()),
        None => Some(f64::from(i32::try_from(whole(i64::from(i32::MIN)..=i64::from(i32::MAX))(value)?).ok()?)),
    }
}

/// A size as container engines write them: a number, or one with `k`, `m` or `g` behind it, which are powers of 1024.
fn bytes(value: &DeValue<'_>) -> Option<u64> {
    let Some(text) = value.as_str() else { return whole(0..=i64::MAX)(value)?.try_into().ok() };
    let (digits, unit) = match text.char_indices().last()? {
        (end, 'k' | 'K') => (&text[..end], 1 << 10),
        (end, 'm' | 'M') => (&text[..end], 1 << 20),
        (end, 'g' | 'G') => (&text[..end], 1 << 30),
        _ => (text, 1),
    };
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse::<u64>().ok()?.checked_mul(unit))?
}

/// Reads one fault that came as JSON. It goes through the reader of the TOML, so that there is one set of names, values
/// and messages.
pub(super) fn parse_fault(json: &[u8], config: &Config) -> Result<FaultRule, ConfigErrors> {
    let wrong = |problem: String| {
        let help = "send one JSON object, for example {\"operation\":\"start\",\"status\":503}".to_owned();
        ConfigErrors::of(ConfigError { position: None, key: String::new(), problem, help })
    };
    let table: toml::Table =
        serde_json::from_slice(json).map_err(|error| wrong(format!("this is no object of a fault: {error}")))?;
    let document = toml::Table::from_iter([("faults".to_owned(), toml::Value::Array(vec![table.into()]))]);
    let source = document.to_string();
    let tree = DeTable::parse(&source).map_err(|error| wrong(error.message().to_owned()))?;
    let mut reader = Reader::new(&source);
    let root = Section::root(tree.get_ref(), &["faults"], &mut reader);
    let rules = each(&root, &mut reader, "faults", FAULT, fault).unwrap_or_default();
    for problem in check::fault_problems(&rules, config) {
        if !reader.is_failed(&problem.key) {
            reader.note(0..0, &problem.key, problem.problem, problem.help);
        }
    }
    for error in &mut reader.errors {
        // It is the only one, and has no place in a text that the caller knows.
        error.position = None;
        error.key = error.key.strip_prefix("faults[0]").unwrap_or_default().trim_start_matches('.').to_owned();
    }
    finish(reader)?;
    rules.into_iter().next().ok_or_else(|| wrong("there is no fault in it".to_owned()))
}

fn command(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value.as_array() {
        Some(words) => words.iter().map(|word| text(word.get_ref())).collect(),
        None => Some(vec![text(value)?]),
    }
}

fn port_range(value: &DeValue<'_>) -> Option<PortRange> {
    let [first, last] = value.as_array()?.iter().collect::<Vec<_>>()[..] else { return None };
    let port = |value: &DeValue<'_>| whole(1..=65535)(value).and_then(|port| u16::try_from(port).ok());
    Some(PortRange { first: port(first.get_ref())?, last: port(last.get_ref())? })
}

fn container_port(value: &DeValue<'_>) -> Option<ContainerPort> {
    let (number, protocol) = value.as_str()?.split_once('/')?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let protocol = match protocol {
        "udp" => Protocol::Udp,
        "tcp" => Protocol::Tcp,
        _ => return None,
    };
    Some(ContainerPort { container: number.parse().ok().filter(|port| *port != 0)?, protocol })
}

fn tag(value: &DeValue<'_>) -> Option<Tag> {
    if let Some(name) = value.as_str() {
        return Some(Tag::new(name, 0));
    }
    let only_known =
        value.as_table()?.iter().all(|(key, _)| matches!(key.get_ref().as_ref(), "name" | "priority" | "spread"));
    if !only_known {
        return None;
    }
    let priority = member(value, "priority").map_or(Some(0), whole(i64::MIN..=i64::MAX))?;
    let spread = member(value, "spread").map_or(Some(Duration::ZERO), duration)?;
    Some(Tag::new(text(member(value, "name")?)?, priority).spread(spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_default_and_holds_every_setting() {
        assert_eq!(parse(Config::TEMPLATE).unwrap(), Config::default());
        let uncommented: String = Config::TEMPLATE
            .lines()
            .map(|line| {
                line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line)
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        parse(&uncommented).unwrap_or_else(|errors| panic!("{errors}"));
        for key in [TOP, TOKEN, LOCATION, IMAGE, FAULT].concat() {
            let is_there = |line: &str| line.starts_with(&format!("{key} =")) || line == format!("[[{key}]]");
            assert!(uncommented.lines().any(is_there), "{key}");
        }
    }

    /// A date is nothing that any setting takes.
    #[test]
    fn a_value_of_a_wrong_kind_is_told_for_every_setting() {
        let sections = [
            ("", "", TOP),
            ("[[token]]\n", "value", TOKEN),
            ("[[location]]\n", "id", LOCATION),
            ("[[image]]\n", "name", IMAGE),
            ("[[faults]]\ncut = true\n", "cut", FAULT),
        ];
        for (head, needed, keys) in sections {
            for key in keys {
                let rest = if needed.is_empty() || needed == *key || needed == "cut" {
                    String::new()
                } else {
                    format!("{needed} = \"a\"\n")
                };
                let head = if *key == "cut" { "[[faults]]\n" } else { head };
                let text = format!("{head}{rest}{key} = 1979-05-27\n");
                let errors = parse(&text).expect_err(&text);
                let line = text.lines().count();
                let is_told = |error: &ConfigError| error.line() == Some(line) && error.key().ends_with(key);
                assert!(errors.iter().any(is_told), "{text}: {errors}");
                assert!(errors.iter().all(|error| !error.help().is_empty()), "{errors}");
            }
        }
    }
}
