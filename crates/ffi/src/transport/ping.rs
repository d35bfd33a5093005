//! Measuring latencies with the ping of the Rust crate.

use std::sync::Arc;
use std::time::Duration;

use matchport::{LocationPing, PingMethod, PingOptions, ping};
use matchport_core::model::LocationInfo;

use super::Shared;
use crate::events::Measured;
use crate::operations::ping::Question;

/// Measures, and hands what was measured to the client.
pub(super) async fn measure(operation: u64, question: Question, shared: Arc<Shared>) {
    let options = PingOptions {
        samples: question.samples,
        timeout: Duration::from_millis(question.timeout_ms),
        interval: Duration::from_millis(question.interval_ms),
        tcp_port: question.tcp_port,
    };
    let locations: Vec<_> = question.locations.into_iter().map(|(id, ips)| LocationInfo { id, ips }).collect();
    let pings = ping(&locations, options).await;
    shared.pinged(operation, pings.iter().map(measured).collect());
}

fn measured(ping: &LocationPing) -> Measured {
    let samples = ping.samples().map(|samples| samples.0).unwrap_or_default();
    let why_nothing = match &ping.outcome {
        Err(error) => Some(error.to_string()),
        Ok(addresses) if samples.is_empty() => {
            addresses.iter().find_map(|address| address.last_error.as_ref()).map(ToString::to_string)
        }
        Ok(_) => None,
    };
    Measured {
        location: ping.location.clone(),
        median_ms: ping.median_ms(),
        by_icmp: ping.method() == PingMethod::Icmp,
        message: why_nothing.or_else(|| ping.icmp_refused.as_ref().map(ToString::to_string)),
        samples,
    }
}
