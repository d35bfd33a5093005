//! Checks that hold for a configuration from TOML and for one made in code alike: what the types can't say.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::time::Duration;

use super::{Backend, Config, ConfigError, FaultRule, Image, Location, Operation, Program, Token};

/// The longest name of anything, in bytes.
const LONGEST_NAME: usize = 255;
/// The longest of the times; sums of them must not overflow.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// The least memory that container engines take for a limit, in bytes.
const LEAST_MEMORY: u64 = 6 << 20;

/// The longest time that a fault holds a call.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// A mistake, at the key that it would have in TOML.
pub(super) struct Problem {
    pub(super) key: String,
    pub(super) problem: String,
    pub(super) help: String,
}

impl Problem {
    pub(super) fn without_position(self) -> ConfigError {
        ConfigError { position: None, key: self.key, problem: self.problem, help: self.help }
    }
}

/// Every mistake there is.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    top(config, &mut found);
    for (index, token) in config.tokens.iter().enumerate() {
        check_token(token, &format!("token[{index}]"), &mut found);
    }
    for (index, location) in config.locations.iter().enumerate() {
        check_location(location, config, &format!("location[{index}]"), &mut found);
    }
    for (index, image) in config.images.iter().enumerate() {
        check_image(image, config, &format!("image[{index}]"), &mut found);
    }
    let names = |prefix: &str, names: Vec<&str>, field: &str, found: &mut Found| {
        for (index, _) in repeated(&names) {
            found.add(format!("{prefix}[{index}].{field}"), "this one was there before", "give each its own");
        }
    };
    names("token", config.tokens.iter().map(|token| token.value.expose()).collect(), "value", &mut found);
    names("location", config.locations.iter().map(|location| location.id.as_str()).collect(), "id", &mut found);
    names("image", config.images.iter().map(|image| image.name.as_str()).collect(), "name", &mut found);
    found.0.extend(fault_problems(&config.faults, config));
    found.0
}

/// Every mistake in faults, whose locations are those of the configuration.
pub(super) fn fault_problems(faults: &[FaultRule], config: &Config) -> Vec<Problem> {
    let mut found = Found(Vec::new());
    for (index, fault) in faults.iter().enumerate() {
        check_fault(fault, config, &format!("faults[{index}]"), &mut found);
    }
    found.0
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, key: impl Into<String>, problem: impl Into<String>, help: impl Into<String>) {
        self.0.push(Problem { key: key.into(), problem: problem.into(), help: help.into() });
    }

    /// Names: not empty, not long, one line.
    fn check_name(&mut self, key: String, name: &str) {
        if name.is_empty() {
            self.add(key, "it is empty", "give it a name");
        } else if name.len() > LONGEST_NAME {
            self.add(key, format!("it has {} bytes", name.len()), format!("use at most {LONGEST_NAME}"));
        } else if name.chars().any(char::is_control) {
            self.add(key, "it holds a control character", "use printable characters only");
        }
    }
}

impl Found {
    fn check_host(&mut self, key: String, host: &str) {
        let fits = |character: char| character.is_ascii_alphanumeric() || ".-:".contains(character);
        if host.is_empty() || host.len() > LONGEST_NAME || !host.chars().all(fits) {
            self.add(key, "this is neither an address nor a host name", "write for example `host = \"127.0.0.1\"`");
        }
    }
}

fn top(config: &Config, found: &mut Found) {
    if let Some(host) = &config.host {
        found.check_host("host".to_owned(), host);
    }
    if config.engine_timeout.is_zero() {
        found.add("engine_timeout", "no engine is that quick", "leave it out for 20 seconds");
    }
    let range = config.port_range;
    if range.first == 0 || range.first > range.last {
        let help = "write the lower port first, both from 1 to 65535: `port_range = [20000, 30000]`";
        found.add("port_range", "the range holds no port", help);
    }
    if config.log_limit < 4096 {
        found.add("log_limit", "fewer than 4096 bytes hold no log worth reading", "use at least 4096");
    }
    let times = [
        ("grace", config.grace),
        ("retention", config.retention),
        ("bind_timeout", config.bind_timeout),
        ("engine_timeout", config.engine_timeout),
    ];
    for (key, time) in times {
        check_time(key.to_owned(), time, found);
    }
    if config.organization.is_empty() {
        found.add("organization", "it is empty", "leave it out for `local`");
    }
    if config.locations.is_empty() {
        found.add(
            "location",
            "there is no location",
            "add one with `[[location]]`, or leave it out for the built-in ones",
        );
    }
    if config.images.is_empty() {
        found.add("image", "there is no image", "add one with `[[image]]`, or leave it out for the built-in one");
    }
}

fn check_time(key: String, time: Duration, found: &mut Found) {
    if time > LONGEST_TIME {
        found.add(key, "it is longer than a year", "use a shorter time");
    }
}

fn check_token(token: &Token, path: &str, found: &mut Found) {
    let value = token.value.expose();
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        let help = "use visible ASCII characters without spaces, at least one";
        found.add(format!("{path}.value"), "this can't stand in an Authorization header", help);
    }
    if token.permissions.is_empty() {
        found.add(
            format!("{path}.permissions"),
            "the token may do nothing",
            "name a permission, or leave it out for all",
        );
    }
}

fn check_fault(fault: &FaultRule, config: &Config, path: &str, found: &mut Found) {
    if let Some(id) = &fault.location
        && !config.locations.iter().any(|location| location.id == *id)
    {
        let help = "use the id of a location, or leave it out for all";
        found.add(format!("{path}.location"), "there is no location of this id", help);
    }
    if !(fault.share > 0.0 && fault.share <= 1.0) {
        found.add(format!("{path}.share"), "this is no share", "use a number above 0 and at most 1");
    }
    if fault.delay > LONGEST_DELAY {
        found.add(format!("{path}.delay"), "it is longer than an hour", "use a shorter time");
    }
    if fault.delay.is_zero() && fault.status.is_none() && !fault.cut && !fault.garbage && !fault.full {
        found.add(path, "nothing would happen", "add one of delay, status, cut, garbage and full");
    }
    if fault.status.is_some_and(|status| !(200..=599).contains(&status) || (status < 400 && !fault.garbage)) {
        let help = "use 400 to 599, or 200 to 599 together with `garbage = true`";
        found.add(format!("{path}.status"), "an error has no such status", help);
    }
    if fault.cut && (fault.status.is_some() || fault.garbage) {
        found.add(format!("{path}.cut"), "without an answer there is neither status nor garbage", "remove one");
    }
    if fault.full && (fault.cut || fault.status.is_some() || fault.garbage || fault.after) {
        found.add(
            format!("{path}.full"),
            "the answer is 420, and nothing is started",
            "use another fault for the rest",
        );
    }
    if fault.full && fault.operations != [Operation::Start] {
        let help = "add `operation = \"start\"`";
        found.add(format!("{path}.full"), "only starts need room", help);
    }
}

fn check_location(location: &Location, config: &Config, path: &str, found: &mut Found) {
    found.check_name(format!("{path}.id"), &location.id);
    if let Some(host) = &location.host {
        found.check_host(format!("{path}.host"), host);
    }
    for (index, name) in location.images.iter().flatten().enumerate() {
        if !config.images.iter().any(|image| image.name == *name) {
            let help = "use the name of an image, or add one of this name with `[[image]]`";
            found.add(format!("{path}.images[{index}]"), "there is no image of this name", help);
        }
    }
}

fn check_image(image: &Image, config: &Config, path: &str, found: &mut Found) {
    found.check_name(format!("{path}.name"), &image.name);
    if let Program::Command(words) = &image.program {
        let holds_nul = |word: &OsStr| word.as_encoded_bytes().contains(&0);
        if words.first().is_none_or(|program| program.is_empty()) || words.iter().any(|word| holds_nul(word)) {
            found.add(
                format!("{path}.command"),
                "this names no program",
                "write for example `command = [\"/srv/game\"]`",
            );
        }
    }
    for (index, arg) in image.args.iter().enumerate() {
        if arg.is_empty() || arg.contains('\0') {
            found.add(format!("{path}.args[{index}]"), "an argument is empty or holds a NUL", "remove it");
        }
    }
    for (name, value) in &image.env.0 {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            let help = "use a name without `=`, and no NUL in either";
            found.add(format!("{path}.env.{name}"), "this can't be a variable of an environment", help);
        }
    }
    for (index, port) in image.ports.iter().enumerate() {
        if port.container == 0 {
            found.add(format!("{path}.ports[{index}]"), "a port is 0", "use 1 to 65535");
        }
    }
    for (index, _) in repeated(&image.ports) {
        found.add(format!("{path}.ports[{index}]"), "this port was there before", "remove it");
    }
    let available = usize::from(config.port_range.last.saturating_sub(config.port_range.first)) + 1;
    if image.ports.len() > available {
        found.add(format!("{path}.ports"), "there are more ports than `port_range` has", "widen `port_range`");
    }
    if image.tags.is_empty() {
        found.add(format!("{path}.tags"), "the image has no version", "name one, or leave it out for `latest`");
    }
    for (index, tag) in image.tags.iter().enumerate() {
        found.check_name(format!("{path}.tags[{index}]"), &tag.name);
        check_time(format!("{path}.tags[{index}].spread"), tag.spread, found);
    }
    for (index, _) in repeated(&image.tags.iter().map(|tag| &tag.name).collect::<Vec<_>>()) {
        found.add(format!("{path}.tags[{index}]"), "this tag was there before", "remove it");
    }
    check_time(format!("{path}.ready_delay"), image.ready_delay, found);
    check_container(image, config, path, found);
}

/// What matters only when its game servers are containers.
fn check_container(image: &Image, config: &Config, path: &str, found: &mut Found) {
    if image.memory.is_some_and(|bytes| bytes < LEAST_MEMORY) {
        found.add(format!("{path}.memory"), "container engines refuse less than 6 MiB", "use for example \"64m\"");
    }
    if image.cpus.is_some_and(|cpus| !(0.01..=1024.0).contains(&cpus)) {
        found.add(format!("{path}.cpus"), "this is no number of processors", "use 0.01 to 1024");
    }
    if let Some(repository) = &image.repository
        && !is_repository(repository)
    {
        let help = "use small letters, digits and `.-_/`, and put versions into `tags`";
        found.add(format!("{path}.repository"), "this names no repository of images", help);
    }
    if config.backend != Backend::Docker {
        return;
    }
    if image.repository.is_none() && !is_repository(&image.name) {
        let help = "add `repository` with the name that the container engine knows it by";
        found.add(format!("{path}.name"), "no container image can have this name", help);
    }
    let fits = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    for (index, tag) in image.tags.iter().enumerate() {
        if tag.name.len() > 128 || tag.name.starts_with(['.', '-']) || !tag.name.chars().all(fits) {
            let help = "use at most 128 letters, digits and `._-`, and begin with none of `.-`";
            found.add(format!("{path}.tags[{index}]"), "no container image can have this tag", help);
        }
    }
    if let Program::Command(words) = &image.program
        && words.iter().any(|word| word.to_str().is_none())
    {
        found.add(format!("{path}.command"), "it is not UTF-8", "container engines take nothing else");
    }
}

/// Whether an engine takes it for a repository: parts between slashes, the first of which may be a registry with a port.
fn is_repository(name: &str) -> bool {
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let is_part = |part: &str| {
        part.chars().all(|character| plain(character) || "._-".contains(character))
            && part.starts_with(plain)
            && part.ends_with(plain)
    };
    let is_registry = |part: &str| {
        let (host, port) = part.split_once(':').unwrap_or((part, "1"));
        let fits = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
        !host.is_empty() && host.chars().all(fits) && port.parse::<u16>().is_ok()
    };
    let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
    match rest {
        None => is_part(first),
        Some(rest) => (is_part(first) || is_registry(first)) && rest.split('/').all(is_part),
    }
}

/// The items that equal an earlier one, with their index.
fn repeated<T: Eq + std::hash::Hash>(items: &[T]) -> Vec<(usize, &T)> {
    let mut seen = HashSet::new();
    items.iter().enumerate().filter(|(_, item)| !seen.insert(*item)).collect()
}
