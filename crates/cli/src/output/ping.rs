//! Measured latencies as a table, as JSON, and in words: how they were measured, and why not otherwise.

use matchport::{AddressPing, LocationPing, PingMethod};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use super::{Table, printable};

/// A row for each address.
pub(crate) fn table(pings: &[LocationPing]) -> Table {
    let mut table = Table::new(&["LOCATION", "ADDRESS", ">MEDIAN", ">LEAST", ">MOST", ">LOST", "METHOD"]);
    for ping in pings {
        let location = printable(&ping.location).into_owned();
        match &ping.outcome {
            Err(error) => table.row([location, printable(&error.to_string()).red().to_string()]),
            Ok(addresses) => addresses.iter().for_each(|address| table.row(row(&location, address))),
        }
    }
    table
}

fn row(location: &str, ping: &AddressPing) -> [String; 7] {
    let ms = |ms: Option<f32>| ms.map(|ms| format!("{ms:.2} ms")).unwrap_or_default();
    let total = ping.lost as usize + ping.samples.len();
    let lost = match (ping.lost, &ping.last_error) {
        (0, _) => format!("0 of {total}"),
        (lost, None) => format!("{lost} of {total}").yellow().to_string(),
        (lost, Some(error)) => format!("{lost} of {total}: {}", printable(&error.to_string())).yellow().to_string(),
    };
    [
        location.to_owned(),
        ping.address.to_string(),
        ms(ping.median_ms()),
        ms(ping.samples.iter().copied().reduce(f32::min)),
        ms(ping.samples.iter().copied().reduce(f32::max)),
        lost,
        ping.method.to_string(),
    ]
}

/// How the latencies were measured. Plainly, when it was not by ICMP.
pub(crate) fn method(pings: &[LocationPing]) -> String {
    match pings.iter().find_map(|ping| ping.icmp_refused.as_ref()) {
        None => "measured with ICMP echo".to_owned(),
        Some(error) => {
            let reason = printable(&error.to_string()).into_owned();
            format!("not ICMP, but the time that a TCP connection takes: {reason}").yellow().to_string()
        }
    }
}

/// An entry for each location.
pub(crate) fn json(pings: &[LocationPing]) -> Vec<Value> {
    pings.iter().map(location).collect()
}

fn location(ping: &LocationPing) -> Value {
    let (addresses, error) = match &ping.outcome {
        Ok(addresses) => (addresses.iter().map(address).collect(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    json!({
        "location": ping.location,
        "median_ms": ping.median_ms(),
        "method": name(ping.method()),
        "icmp_refused": ping.icmp_refused.as_ref().map(ToString::to_string),
        "addresses": addresses,
        "error": error,
    })
}

fn address(ping: &AddressPing) -> Value {
    json!({
        "address": ping.address,
        "method": name(ping.method),
        "median_ms": ping.median_ms(),
        "samples_ms": ping.samples,
        "lost": ping.lost,
        "last_error": ping.last_error.as_ref().map(ToString::to_string),
    })
}

fn name(method: PingMethod) -> &'static str {
    match method {
        PingMethod::Icmp => "icmp",
        PingMethod::TcpConnect => "tcp_connect",
    }
}

/// The latencies as `--player` of `allocate` takes them; `None` when no location answered.
pub(crate) fn player_option(pings: &[LocationPing]) -> Option<String> {
    let measured = pings.iter().filter_map(|ping| Some(format!("{}={:.1}", ping.location, ping.median_ms()?)));
    let measured: Vec<_> = measured.collect();
    (!measured.is_empty()).then(|| format!("--player 'ID:{}'", printable(&measured.join(","))))
}
