//! Whether ports are bound: by whom doesn't matter, and nothing is bound to find out, as that would get in the way of
//! the game server that is about to.
//!
//! [`PortWatch`] waits for the ports of a game server with one thread for all of them. It looks every 40 microseconds
//! in the first 4 milliseconds, and from then on every hundredth of the time waited so far, 10 ms at most: what the
//! looking adds is 0.1 ms or 1 %. There is no event to wait for: the kernel tells nobody that a port was bound.
//!
//! [`PortLook`] is how one look is done: netlink on Linux, `/proc/net` where that is forbidden, `lsof` elsewhere.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

#[cfg(target_os = "linux")]
use super::sock_diag::SockDiag;
use crate::config::Protocol;
use crate::model::PortMapping;

const SHORTEST: Duration = Duration::from_micros(40);
const LONGEST: Duration = Duration::from_millis(10);

/// A thread that waits for ports to be bound.
pub(super) struct PortWatch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
}

#[derive(Default)]
struct Inbox {
    new: Vec<Waiting>,
    is_closed: bool,
}

struct Waiting {
    /// Those not seen yet.
    ports: Vec<(Protocol, u16)>,
    since: Instant,
    look_at: Instant,
    all_bound: oneshot::Sender<()>,
}

impl PortWatch {
    /// # Errors
    /// When there can be no thread.
    pub(super) fn start(look: PortLook) -> io::Result<Self> {
        let shared = Arc::new(Shared { inbox: Mutex::default(), arrived: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("port-watch".into()).spawn(move || of_thread.run(&look))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Is sent something when all these ports are bound; drop it to end the waiting.
    pub(super) fn all_bound(&self, ports: &[PortMapping]) -> oneshot::Receiver<()> {
        let (all_bound, receiver) = oneshot::channel();
        if ports.is_empty() {
            // The receiver is here, so this can't fail.
            let _ = all_bound.send(());
            return receiver;
        }
        let now = Instant::now();
        let ports = ports.iter().map(|port| (port.protocol, port.host)).collect();
        self.shared.inbox().new.push(Waiting { ports, since: now, look_at: now, all_bound });
        self.shared.arrived.notify_one();
        receiver
    }
}

impl Drop for PortWatch {
    fn drop(&mut self) {
        self.shared.inbox().is_closed = true;
        self.shared.arrived.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches ports panicked");
        }
    }
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, look: &PortLook) {
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1000)) {
            tracing::debug!(%error, "timers of the port watch stay coarse");
        }
        let mut waiting: Vec<Waiting> = Vec::new();
        while self.take_in(&mut waiting) {
            waiting.retain_mut(|one| !one.is_settled(look));
        }
    }

    /// Waits until a look is due, takes in what is new; `false` when it is time to end.
    fn take_in(&self, waiting: &mut Vec<Waiting>) -> bool {
        let mut inbox = self.inbox();
        loop {
            if inbox.is_closed {
                return false;
            }
            waiting.append(&mut inbox.new);
            let next = waiting.iter().map(|one| one.look_at).min();
            inbox = match next.map(|at| at.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return true,
                Some(wait) => self.arrived.wait_timeout(inbox, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.arrived.wait(inbox).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Waiting {
    /// Looks if it is time; whether there is nothing more to wait for.
    fn is_settled(&mut self, look: &PortLook) -> bool {
        if self.all_bound.is_closed() {
            return true;
        }
        let now = Instant::now();
        if self.look_at > now {
            return false;
        }
        self.ports.retain(|(protocol, port)| !look.is_bound(*protocol, *port));
        if self.ports.is_empty() {
            let (unused, _) = oneshot::channel();
            // The receiver may be gone, which is as good.
            let _ = std::mem::replace(&mut self.all_bound, unused).send(());
            return true;
        }
        self.look_at = now + (now.duration_since(self.since) / 100).clamp(SHORTEST, LONGEST);
        false
    }
}

/// How one look at a port is done.
pub(super) enum PortLook {
    /// Asks the kernel for that one socket.
    #[cfg(target_os = "linux")]
    SockDiag(SockDiag),
    /// Reads the kernel's list of all sockets: milliseconds when there are many.
    ProcNet,
    /// Asks another program: tens of milliseconds. For systems without `/proc`.
    Lsof,
}

impl PortLook {
    /// The best that works here. `host` is an address besides loopback that a server may bind to.
    pub(super) fn best(host: Option<IpAddr>) -> Self {
        #[cfg(target_os = "linux")]
        match SockDiag::open(host) {
            Ok(diag) => return Self::SockDiag(diag),
            Err(error) => tracing::warn!(%error, "netlink can't be used, so ports are looked up more slowly"),
        }
        #[cfg(not(target_os = "linux"))]
        let _ = host;
        if Path::new("/proc/net/udp").exists() { Self::ProcNet } else { Self::Lsof }
    }

    /// Whether a socket is bound to the port; for TCP, whether one listens. `false` when it can't be learned.
    pub(super) fn is_bound(&self, protocol: Protocol, port: u16) -> bool {
        let seen = match self {
            #[cfg(target_os = "linux")]
            Self::SockDiag(diag) => diag.is_bound(protocol, port),
            Self::ProcNet => proc_net(Path::new("/proc/net"), protocol, port),
            Self::Lsof => lsof(protocol, port),
        };
        seen.unwrap_or_else(|error| {
            tracing::warn!(%error, port, "it can't be learned whether a port is bound");
            false
        })
    }
}

/// Whether a socket is bound to a port, or listens there, in a network whose lists of sockets are in this folder.
///
/// # Errors
/// When they can't be read.
#[cfg(feature = "containers")]
pub(super) fn is_bound_in(network: &Path, protocol: Protocol, port: u16) -> io::Result<bool> {
    proc_net(network, protocol, port)
}

/// Lines read ` sl local_address rem_address st ...`, where an address is `0100007F:1F90` and `0A` is listening.
fn proc_net(network: &Path, protocol: Protocol, port: u16) -> io::Result<bool> {
    let ending = format!(":{port:04X}");
    let name = protocol.name();
    for list in [name.to_owned(), format!("{name}6")] {
        let list = match std::fs::read_to_string(network.join(list)) {
            Ok(list) => list,
            // Without IPv6 there is no list of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let is_it = |line: &str| {
            let mut words = line.split_ascii_whitespace().skip(1);
            let is_port = words.next().is_some_and(|local| local.ends_with(&ending));
            is_port && (protocol == Protocol::Udp || words.nth(1) == Some("0A"))
        };
        if list.lines().skip(1).any(is_it) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lsof(protocol: Protocol, port: u16) -> io::Result<bool> {
    let mut command = Command::new("lsof");
    command.args(["-nP", "-t"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match protocol {
        Protocol::Udp => command.arg(format!("-iUDP:{port}")),
        Protocol::Tcp => command.arg(format!("-iTCP:{port}")).arg("-sTCP:LISTEN"),
    };
    Ok(command.status()?.success())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    fn check(look: &PortLook) {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let udp_port = udp.local_addr().unwrap().port();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp_port = tcp.local_addr().unwrap().port();
        assert!(look.is_bound(Protocol::Udp, udp_port));
        assert!(look.is_bound(Protocol::Tcp, tcp_port));
        drop((udp, tcp));
        assert!(!look.is_bound(Protocol::Udp, udp_port));
        assert!(!look.is_bound(Protocol::Tcp, tcp_port));
    }

    #[test]
    fn all_ways_of_looking_agree() {
        check(&PortLook::best(None));
        if Path::new("/proc/net/udp").exists() {
            check(&PortLook::ProcNet);
        }
        if Command::new("lsof").arg("-v").output().is_ok() {
            check(&PortLook::Lsof);
        }
    }

    #[tokio::test]
    async fn the_watch_tells_when_the_last_port_is_bound() {
        let watch = PortWatch::start(PortLook::best(None)).unwrap();
        let first = UdpSocket::bind("127.0.0.1:0").unwrap();
        let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mapping = |port| PortMapping { protocol: Protocol::Udp, container: 1, host: port };
        let mut bound = watch.all_bound(&[mapping(first.local_addr().unwrap().port()), mapping(free.port())]);
        assert!(bound.try_recv().is_err());
        let _second = UdpSocket::bind(free).unwrap();
        bound.await.unwrap();
    }
}
