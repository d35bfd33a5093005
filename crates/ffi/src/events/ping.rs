//! What a ping measured, as structs that a C program reads.

use bumpalo::Bump;

use super::results::array;
use crate::text::matchport_string;

/// How a latency was measured.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum matchport_ping_method {
    /// ICMP echo.
    Icmp = 1,
    /// The time that a TCP connection takes, since the system does not let this process send ICMP.
    TcpConnect = 2,
}

/// What was measured for one location. Never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_ping {
    /// The location.
    pub location: matchport_string,
    /// Samples of its fastest address, in milliseconds; null when nothing answered.
    pub samples: *const f32,
    /// How many samples.
    pub sample_count: usize,
    /// Why nothing answered, or why not ICMP; not given when there is nothing to say.
    pub message: matchport_string,
    /// The median of the samples; NaN when there are none.
    pub median_ms: f32,
    /// How it was measured.
    pub method: matchport_ping_method,
}

/// The answer to a ping.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_ping_list {
    /// One entry a location, in the order in which they were given.
    pub pings: *const matchport_ping,
    /// How many.
    pub ping_count: usize,
}

/// What was measured for one location.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) location: String,
    pub(crate) samples: Vec<f32>,
    pub(crate) median_ms: Option<f32>,
    pub(crate) by_icmp: bool,
    pub(crate) message: Option<String>,
}

pub(crate) fn ping_list(memory: &Bump, measured: &[Measured]) -> matchport_ping_list {
    let each = measured.iter().map(|measured| {
        let (samples, sample_count) = array(memory, measured.samples.iter().copied());
        matchport_ping {
            location: matchport_string::view(&measured.location),
            samples,
            sample_count,
            message: matchport_string::optional(measured.message.as_deref()),
            median_ms: measured.median_ms.unwrap_or(f32::NAN),
            method: if measured.by_icmp { matchport_ping_method::Icmp } else { matchport_ping_method::TcpConnect },
        }
    });
    let (pings, ping_count) = array(memory, each);
    matchport_ping_list { pings, ping_count }
}
