//! Asks the Linux kernel whether a socket is bound to a port: one exact lookup, without binding anything. About two
//! microseconds each.
//!
//! Linux only. Who asks, how often and what else there is when this is not allowed: see `ports`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::OwnedFd;

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use crate::config::Protocol;

/// Any cookie will do (`INET_DIAG_NOCOOKIE`).
const ANY_COOKIE: [u8; 8] = [0xff; 8];
/// An answer holds a socket and its attributes; only its type and error code are read.
const ANSWER: usize = 4096;
/// `NLMSG_ERROR`, and what the kernel answers with instead when it found a socket (`SOCK_DIAG_BY_FAMILY`).
const TYPE_ERROR: u16 = 2;
const TYPE_FOUND: u16 = 20;

/// A netlink socket for lookups.
pub(super) struct SockDiag {
    socket: OwnedFd,
    /// Where packets could be sent to.
    addresses: Vec<IpAddr>,
}

impl SockDiag {
    /// Opens one and makes sure that it answers truly. Ports are looked up on loopback, and on `host` besides.
    ///
    /// # Errors
    /// When the kernel, or a sandbox, doesn't have it.
    pub(super) fn open(host: Option<IpAddr>) -> io::Result<Self> {
        let protocol = Some(rustix::net::netlink::SOCK_DIAG);
        let socket =
            rustix::net::socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, protocol)?;
        rustix::net::connect(&socket, &rustix::net::netlink::SocketAddrNetlink::new(0, 0))?;
        let mut addresses: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        addresses.extend(host.filter(|host| !host.is_loopback() && !host.is_unspecified()));
        let diag = Self { socket, addresses };
        // Without the module, the kernel answers every lookup as if nothing were bound.
        let witness = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        match diag.is_bound(Protocol::Udp, witness.local_addr()?.port())? {
            true => Ok(diag),
            false => Err(io::Error::new(io::ErrorKind::Unsupported, "sock_diag doesn't see a socket that is bound")),
        }
    }

    /// Whether a packet or connection to this port would reach a socket. TCP must be listening.
    pub(super) fn is_bound(&self, protocol: Protocol, port: u16) -> io::Result<bool> {
        for address in &self.addresses {
            if self.look(protocol, port, *address)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn look(&self, protocol: Protocol, port: u16, address: IpAddr) -> io::Result<bool> {
        let request = request(protocol, port, address);
        rustix::net::send(&self.socket, &request, SendFlags::empty())?;
        let mut answer = [0u8; ANSWER];
        let (length, _) = rustix::net::recv(&self.socket, &mut answer, RecvFlags::empty())?;
        let header = answer.get(..length).and_then(|answer| answer.get(4..6));
        match header.map(|kind| u16::from_ne_bytes([kind[0], kind[1]])) {
            Some(TYPE_FOUND) => Ok(true),
            Some(TYPE_ERROR) => {
                match answer.get(16..20).map(|code| i32::from_ne_bytes([code[0], code[1], code[2], code[3]])) {
                    Some(code) if -code == rustix::io::Errno::NOENT.raw_os_error() => Ok(false),
                    Some(code) => Err(io::Error::from_raw_os_error(-code)),
                    None => Err(io::ErrorKind::InvalidData.into()),
                }
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn request(protocol: Protocol, port: u16, address: IpAddr) -> Vec<u8> {
    let mut socket_id = if address.is_ipv4() { SocketId::new_v4() } else { SocketId::new_v6() };
    socket_id.cookie = ANY_COOKIE;
    // "Source" is the side that is asked about, but for UDP, where the kernel has it the other way round.
    match protocol {
        Protocol::Tcp => (socket_id.source_port, socket_id.source_address) = (port, address),
        Protocol::Udp => (socket_id.destination_port, socket_id.destination_address) = (port, address),
    }
    let request = InetRequest {
        family: if address.is_ipv4() { AF_INET } else { AF_INET6 },
        protocol: if protocol == Protocol::Udp { IPPROTO_UDP } else { IPPROTO_TCP },
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        socket_id,
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(SockDiagMessage::InetRequest(request)));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Binds to `address`, looks the port up, and looks again after the socket is gone.
    fn seen_and_gone(protocol: Protocol, address: &str) -> (bool, bool) {
        let diag = SockDiag::open(None).unwrap();
        let socket: (Box<dyn std::any::Any>, u16) = match protocol {
            Protocol::Udp => {
                let socket = UdpSocket::bind(address).unwrap();
                let port = socket.local_addr().unwrap().port();
                (Box::new(socket), port)
            }
            Protocol::Tcp => {
                let socket = TcpListener::bind(address).unwrap();
                let port = socket.local_addr().unwrap().port();
                (Box::new(socket), port)
            }
        };
        let seen = diag.is_bound(protocol, socket.1).unwrap();
        drop(socket.0);
        (seen, diag.is_bound(protocol, socket.1).unwrap())
    }

    #[test]
    fn a_bound_port_is_seen_whatever_the_address() {
        for protocol in [Protocol::Udp, Protocol::Tcp] {
            for address in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0", "[::1]:0"] {
                assert_eq!(seen_and_gone(protocol, address), (true, false), "{protocol:?} {address}");
            }
        }
    }

    #[test]
    fn protocols_are_kept_apart_and_a_connection_is_no_listener() {
        let diag = SockDiag::open(None).unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(!diag.is_bound(Protocol::Tcp, udp.local_addr().unwrap().port()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(!diag.is_bound(Protocol::Tcp, stream.local_addr().unwrap().port()).unwrap());
    }
}
