//! `GET /metrics`: how much has happened and how things stand, as text for Prometheus. Labels are operations, statuses and
//! locations, of which there are few, and never sessions or players.
//!
//! This machine needs no token: there is nothing in it but counts and names of locations, and whoever scrapes should not
//! have to keep a secret for that. From elsewhere it takes one that may read sessions.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE, encode};
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::Front;
use super::answer::with_body;
use super::guard::from_here;
use super::request::authorize;
use crate::config::Permission;
use crate::model::{Fault, FaultKind, Standing};
use crate::observe::{BOUNDS, Counts};

/// `GET /metrics`
///
/// # Errors
/// 401 and 403 when it comes from elsewhere.
pub(super) async fn metrics(front: &Front, head: &Parts, _: Body) -> Result<Response, Fault> {
    if from_here(head).is_err() {
        authorize(front, head, Permission::SessionRead)?;
    }
    let sessions = &front.service.sessions;
    let standing = sessions.model().standing();
    let log_bytes = front.service.log_bytes();
    let moment = Moment {
        standing,
        log_bytes,
        counts: front.observation.counts(),
        connections: front.observation.connections.load(std::sync::atomic::Ordering::Relaxed),
        started: sessions.clock.started().as_secs_f64(),
    };
    let mut registry = Registry::with_prefix("matchport_emulator");
    registry.register_collector(Box::new(moment));
    let mut text = String::new();
    encode(&mut text, &registry)
        .map_err(|error| Fault::new(FaultKind::InternalError, "the metrics could not be written", error.to_string()))?;
    let mut response = with_body(CONTENT_TYPE, Body::from(text));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

/// How things stand when somebody asks.
#[derive(Debug)]
struct Moment {
    counts: Counts,
    standing: Standing,
    log_bytes: u64,
    connections: usize,
    /// Unix time in seconds.
    started: f64,
}

impl Collector for Moment {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let encoder = &mut encoder;
        let requests = self
            .counts
            .requests()
            .map(|(operation, status, count)| ([("operation", operation.to_owned()), ("status", status)], count));
        counters(encoder, "requests", "Requests that were answered, or not (status none)", requests)?;
        let faults = self.counts.faults().map(|(operation, count)| ([("operation", operation.to_owned())], count));
        counters(encoder, "faults", "Faults that happened on purpose", faults)?;
        let ended = self.standing.ended.iter().map(|(status, count)| ([("status", (*status).to_owned())], *count));
        counters(encoder, "sessions_ended", "Sessions that have ended", ended)?;
        counter(encoder, "sessions_started", "Sessions that were started", self.standing.started)?;

        let mut times = encoder.encode_descriptor(
            "request_duration",
            "Until the answer was there",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (operation, of) in self.counts.times() {
            let labels = [("operation", operation)];
            // The last bucket, without a bound, is made of the count.
            let buckets: Vec<_> = BOUNDS.iter().copied().zip(of.buckets).collect();
            let count = of.buckets.iter().sum();
            times.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
                of.sum.as_secs_f64(),
                count,
                &buckets,
                None,
            )?;
        }

        let sessions = self.standing.sessions.iter().map(|(location, status, count)| {
            ([("location", location.clone()), ("status", (*status).to_owned())], *count as f64)
        });
        gauges(encoder, "sessions", "Sessions that are known, ended ones for a while", sessions)?;
        let capacity =
            self.standing.capacity.iter().map(|(location, most)| ([("location", location.clone())], *most as f64));
        gauges(encoder, "capacity", "Sessions that may be alive at once, where there is a limit", capacity)?;
        let alive =
            self.standing.alive.iter().map(|(location, count)| ([("location", location.clone())], *count as f64));
        gauges(encoder, "sessions_alive", "Sessions that are alive", alive)?;
        gauge(encoder, "players", "Players in sessions", self.standing.players as f64)?;
        gauge(encoder, "connections", "Connections that are open", self.connections as f64)?;
        gauge(encoder, "log_bytes", "What is kept of the logs of game servers", self.log_bytes as f64)?;
        gauge(encoder, "start_time_seconds", "When the emulator was started, in unix time", self.started)
    }
}

fn counters<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (L, u64)>,
) -> Result<(), std::fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in values {
        family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
    }
    Ok(())
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> Result<(), std::fmt::Error> {
    encoder.encode_descriptor(name, help, None, MetricType::Counter)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn gauges<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = (L, f64)>,
) -> Result<(), std::fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        family.encode_family(&labels)?.encode_gauge(&value)?;
    }
    Ok(())
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> Result<(), std::fmt::Error> {
    encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
}
