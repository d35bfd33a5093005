//! What a container is made from: a session, as the engine's API puts it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::IpAddr;

use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, PortBinding};

use crate::backend::environment;
use crate::config::Program;
use crate::model::Facts;

/// The most that an engine keeps of a container's log, in bytes, beside what we keep: a game server that writes without end must not
/// fill its disk.
pub(super) const LOG_SIZE: u64 = 20 << 20;

/// The image with its tag, as engines name it.
pub(super) fn image(facts: &Facts) -> String {
    let repository = facts.image.repository.as_ref().unwrap_or(&facts.image.name);
    format!("{repository}:{}", facts.tag())
}

/// `labels` win over those of the session; `log_driver` is the engine's that keeps logs as they are.
pub(super) fn body(facts: &Facts, labels: [(String, String); 3], log_driver: &str) -> ContainerCreateBody {
    let image_config = &facts.image;
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let entrypoint = match &image_config.program {
        Program::Command(words) => Some(words.iter().map(text).collect()),
        Program::DemoServer => None,
    };
    let args = facts.args.as_ref().unwrap_or(&image_config.args);
    let env = environment(facts).into_iter().map(|(name, value)| format!("{name}={value}"));
    let mut all_labels: HashMap<_, _> = image_config.labels.clone().into_iter().collect();
    all_labels.extend(facts.labels.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    all_labels.extend(labels);

    // What only this machine is to reach is not offered to others.
    let host = if facts.host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { &*facts.host };
    let host_ip = host.parse::<IpAddr>().ok().filter(IpAddr::is_loopback).map(|address| address.to_string());
    let name = |port: &crate::model::PortMapping| format!("{}/{}", port.container, port.protocol.name());
    let bindings = facts.ports.iter().map(|port| {
        let binding = PortBinding { host_ip: host_ip.clone(), host_port: Some(port.host.to_string()) };
        (name(port), Some(vec![binding]))
    });
    let log_config = HostConfigLogConfig {
        typ: Some(log_driver.to_owned()),
        config: Some(HashMap::from([("max-size".to_owned(), LOG_SIZE.to_string())])),
    };
    ContainerCreateBody {
        image: Some(image(facts)),
        entrypoint,
        cmd: Some(args.clone()).filter(|args| !args.is_empty()),
        env: Some(env.collect()),
        labels: Some(all_labels),
        exposed_ports: Some(facts.ports.iter().map(name).collect()),
        host_config: Some(HostConfig {
            port_bindings: Some(bindings.collect()),
            memory: image_config.memory.and_then(|bytes| bytes.try_into().ok()),
            // Checked to be small.
            nano_cpus: image_config.cpus.map(|cpus| (cpus * 1e9) as i64),
            log_config: Some(log_config),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Takes values of the session's environment out of a text of the engine's: it may quote what it was sent.
pub(super) fn without_secrets(text: &str, facts: &Facts) -> String {
    let values = facts.image.env.0.values().map(String::as_str).chain(facts.env.iter().map(|(_, value)| value));
    // Shorter ones would tear holes into words that only look alike.
    values.filter(|value| value.len() >= 4).fold(text.to_owned(), |text, value| text.replace(value, "<hidden>"))
}
