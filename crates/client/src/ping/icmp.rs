//! ICMP echo by surge-ping: sockets that need no privileges first, then raw ones.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, Pinger, SurgeError};

use super::PingError;

/// A socket for one family of addresses.
pub(super) struct Icmp(Client);

impl Icmp {
    /// Opens a socket for the family of an address.
    pub(super) fn open(address: IpAddr) -> Result<Self, PingError> {
        let kind = if address.is_ipv6() { ICMP::V6 } else { ICMP::V4 };
        // By default a datagram socket is tried, then a raw one.
        Client::new(&Config::builder().kind(kind).build()).map(Self).map_err(|error| refused(&error))
    }

    pub(super) async fn pinger(&self, address: IpAddr, timeout: Duration) -> Pinger {
        let mut identifier = [0; 2];
        // Only told apart from other processes by it; without random bytes the process's number will do.
        if getrandom::fill(&mut identifier).is_err() {
            identifier = (std::process::id() as u16).to_le_bytes();
        }
        let mut pinger = self.0.pinger(address, PingIdentifier(u16::from_le_bytes(identifier))).await;
        pinger.timeout(timeout);
        pinger
    }
}

/// One echo, and how long it took.
pub(super) async fn echo(pinger: &mut Pinger, number: u16) -> Result<Duration, PingError> {
    /// As long as that of the common `ping`.
    const PAYLOAD: [u8; 56] = [0x6d; 56];
    match pinger.ping(PingSequence(number), &PAYLOAD).await {
        Ok((packet, time)) if is_reply(&packet) => Ok(time),
        Ok((packet, _)) => Err(PingError::Unreachable(format!("the answer was {}", kind(&packet)))),
        Err(SurgeError::Timeout { .. }) => Err(PingError::TimedOut),
        Err(error) => Err(PingError::Unreachable(error.to_string())),
    }
}

fn is_reply(packet: &IcmpPacket) -> bool {
    match packet {
        IcmpPacket::V4(packet) => packet.get_icmp_type().0 == 0,
        IcmpPacket::V6(packet) => packet.get_icmpv6_type().0 == 129,
    }
}

fn kind(packet: &IcmpPacket) -> String {
    match packet {
        IcmpPacket::V4(packet) => format!("ICMP type {}", packet.get_icmp_type().0),
        IcmpPacket::V6(packet) => format!("ICMPv6 type {}", packet.get_icmpv6_type().0),
    }
}

fn refused(error: &io::Error) -> PingError {
    if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) {
        return PingError::Unreachable(format!("no ICMP socket could be opened: {error}"));
    }
    let hint = if cfg!(any(target_os = "linux", target_os = "android")) {
        "add the group of this process to the sysctl net.ipv4.ping_group_range, or give it the capability CAP_NET_RAW"
    } else if cfg!(windows) {
        "run it as an administrator, or let it through the firewall"
    } else {
        "run it with the right to open ICMP sockets"
    };
    PingError::Forbidden { hint: hint.to_owned() }
}
