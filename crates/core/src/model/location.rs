//! A location that offers an image, with the addresses that can be pinged.

use std::net::IpAddr;

use serde::Serialize;

/// One location of `GET /available-location/{image}`. Not to be cached: it may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocationInfo {
    /// The location's name, as a start request takes it.
    pub id: String,
    /// Addresses that answer ICMP echo. The API promises IPv4.
    pub ips: Vec<IpAddr>,
}
