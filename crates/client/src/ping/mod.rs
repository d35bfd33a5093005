//! Measuring the latency from here to locations: ICMP echo where the system allows it, else the time that a TCP
//! connection takes, marked as such. No request goes to the API, and no token is needed.

mod icmp;
mod tcp;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use matchport_core::model::LocationInfo;
use matchport_core::placement::{MAX_SAMPLES, PlayerLatencies, Samples};
use tokio::task::JoinSet;

use icmp::Icmp;

/// How to ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingOptions {
    /// Samples for each address, 1 to 100. 5 unless told otherwise.
    pub samples: u32,
    /// How long one sample may take. One second unless told otherwise.
    pub timeout: Duration,
    /// The time from one sample of an address to its next. 200 ms unless told otherwise.
    pub interval: Duration,
    /// The port that a TCP connection is tried with when the system forbids ICMP; `None` for no fallback. 443 unless
    /// told otherwise. A connection that is refused has made its way there and back as well.
    pub tcp_port: Option<u16>,
}

impl Default for PingOptions {
    fn default() -> Self {
        Self { samples: 5, timeout: Duration::from_secs(1), interval: Duration::from_millis(200), tcp_port: Some(443) }
    }
}

/// What was measured for one location.
#[derive(Clone, Debug, PartialEq)]
pub struct LocationPing {
    /// The location's name.
    pub location: String,
    /// What its addresses answered, in their order, or why nothing could be measured at all.
    pub outcome: Result<Vec<AddressPing>, PingError>,
    /// Why ICMP was not used, when it was not.
    pub icmp_refused: Option<PingError>,
}

/// What was measured for one address.
#[derive(Clone, Debug, PartialEq)]
pub struct AddressPing {
    /// The address.
    pub address: IpAddr,
    /// How it was measured.
    pub method: PingMethod,
    /// Times there and back in milliseconds, in the order in which they were taken; those that got no answer are
    /// missing.
    pub samples: Vec<f32>,
    /// How many got no answer.
    pub lost: u32,
    /// Why the last of those got none.
    pub last_error: Option<PingError>,
}

/// How a latency was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PingMethod {
    /// ICMP echo.
    Icmp,
    /// The time until a TCP connection was there or refused. It is one round trip as well, but a firewall may treat it
    /// otherwise.
    TcpConnect,
}

/// Why a latency could not be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PingError {
    /// The system does not let this process send ICMP.
    Forbidden {
        /// What can be done about it.
        hint: String,
    },
    /// The location has no address.
    NoAddress,
    /// No answer came in time.
    TimedOut,
    /// Something on the way said that it can't be reached, in words.
    Unreachable(String),
}

impl LocationPing {
    /// The samples of the address that answered fastest (by the median), for a placement. `None` when none answered.
    pub fn samples(&self) -> Option<Samples> {
        Some(Samples(self.fastest()?.samples.iter().copied().take(MAX_SAMPLES).collect()))
    }

    /// The median of [`samples`](Self::samples), in milliseconds.
    pub fn median_ms(&self) -> Option<f32> {
        self.fastest()?.median_ms()
    }

    /// How the address that answered fastest was measured; when none answered, how it was tried.
    pub fn method(&self) -> PingMethod {
        let untried = if self.icmp_refused.is_some() { PingMethod::TcpConnect } else { PingMethod::Icmp };
        self.fastest().map_or(untried, |address| address.method)
    }

    fn fastest(&self) -> Option<&AddressPing> {
        let addresses = self.outcome.as_ref().ok()?;
        let measured = addresses.iter().filter_map(|address| Some((address.median_ms()?, address)));
        measured.min_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, address)| address)
    }

    /// A player with what was measured here: for a matchmaker that pings on behalf of its players, or a game client
    /// that reports. Locations that did not answer are left out.
    pub fn player(id: impl Into<String>, pings: &[Self]) -> PlayerLatencies {
        let measured = pings.iter().filter_map(|ping| Some((ping.location.clone(), ping.samples()?)));
        PlayerLatencies { id: id.into(), latencies: measured.collect() }
    }
}

impl AddressPing {
    /// The median of the samples, in milliseconds. `None` when there are none.
    pub fn median_ms(&self) -> Option<f32> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f32::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            length if length % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }
}

impl fmt::Display for PingMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Icmp => "ICMP",
            Self::TcpConnect => "TCP connect",
        })
    }
}

impl fmt::Display for PingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden { hint } => write!(f, "the system does not let this process send ICMP: {hint}"),
            Self::NoAddress => f.write_str("the location has no address to ping"),
            Self::TimedOut => f.write_str("no answer came in time"),
            Self::Unreachable(reason) => write!(f, "can't be reached: {reason}"),
        }
    }
}

impl std::error::Error for PingError {}

/// Measures the latency from here to locations, all at once. The answers come in the order of the locations.
///
/// Each address is pinged once, however many locations share it. ICMP is tried without privileges first, then with a
/// raw socket. When the system forbids both, the time that a TCP connection takes is measured instead, and each
/// location says so ([`LocationPing::icmp_refused`], [`AddressPing::method`]).
///
/// Must be awaited inside of a tokio runtime with I/O and time. Dropping it ends it.
///
/// ```no_run
/// # async fn measure(client: matchport::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use matchport::{LocationPing, PingOptions};
///
/// let locations = client.locations("arena").await?;
/// let pings = matchport::ping(&locations, PingOptions::default()).await;
/// let allocation = client.allocate("arena").players([LocationPing::player("ada", &pings)]).await?;
/// # Ok(())
/// # }
/// ```
pub async fn ping(locations: &[LocationInfo], options: PingOptions) -> Vec<LocationPing> {
    ping_with(locations, options, Icmp::open).await
}

/// The same with the opening of ICMP sockets as an argument, so that a test can play a system that forbids them.
async fn ping_with<Open>(locations: &[LocationInfo], options: PingOptions, open: Open) -> Vec<LocationPing>
where
    Open: Fn(IpAddr) -> Result<Icmp, PingError>,
{
    let mut icmp = BTreeMap::new();
    let mut tasks = JoinSet::new();
    let mut measured: BTreeMap<IpAddr, Result<AddressPing, PingError>> = BTreeMap::new();
    let addresses = locations.iter().flat_map(|location| &location.ips);
    for address in addresses {
        if measured.contains_key(address) {
            continue;
        }
        let socket: &Result<Arc<Icmp>, PingError> =
            icmp.entry(address.is_ipv6()).or_insert_with(|| open(*address).map(Arc::new));
        // Replaced by what is measured; it stays for an address whose task panicked.
        let not_measured = PingError::Unreachable("the measurement failed".to_owned());
        measured.insert(*address, Err(not_measured));
        let address = *address;
        match (socket, options.tcp_port) {
            (Ok(socket), _) => {
                let socket = Arc::clone(socket);
                tasks.spawn(async move { sample(address, PingMethod::Icmp, options, Sampler::Icmp(socket)).await });
            }
            (Err(_), Some(port)) => {
                tasks.spawn(async move { sample(address, PingMethod::TcpConnect, options, Sampler::Tcp(port)).await });
            }
            (Err(error), None) => {
                measured.insert(address, Err(error.clone()));
            }
        }
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok(ping) = done {
            measured.insert(ping.address, Ok(ping));
        }
    }
    locations.iter().map(|location| collected(location, &measured, &icmp)).collect()
}

fn collected(
    location: &LocationInfo,
    measured: &BTreeMap<IpAddr, Result<AddressPing, PingError>>,
    icmp: &BTreeMap<bool, Result<Arc<Icmp>, PingError>>,
) -> LocationPing {
    let refused = |address: &IpAddr| icmp.get(&address.is_ipv6()).and_then(|socket| socket.as_ref().err()).cloned();
    let outcome = if location.ips.is_empty() {
        Err(PingError::NoAddress)
    } else {
        location.ips.iter().filter_map(|address| measured.get(address).cloned()).collect()
    };
    LocationPing { location: location.id.clone(), outcome, icmp_refused: location.ips.iter().find_map(refused) }
}

enum Sampler {
    Icmp(Arc<Icmp>),
    Tcp(u16),
}

async fn sample(address: IpAddr, method: PingMethod, options: PingOptions, sampler: Sampler) -> AddressPing {
    let mut ping = AddressPing { address, method, samples: Vec::new(), lost: 0, last_error: None };
    let count = options.samples.clamp(1, MAX_SAMPLES as u32);
    let mut pinger = match &sampler {
        Sampler::Icmp(socket) => Some(socket.pinger(address, options.timeout).await),
        Sampler::Tcp(_) => None,
    };
    // An interval of nothing would panic.
    let mut rhythm = tokio::time::interval(options.interval.max(Duration::from_millis(1)));
    rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for number in 0..count {
        rhythm.tick().await;
        let measured = match (&mut pinger, &sampler) {
            (Some(pinger), _) => icmp::echo(pinger, number as u16).await,
            (None, Sampler::Tcp(port)) => tcp::connect(address, *port, options.timeout).await,
            (None, Sampler::Icmp(_)) => Err(PingError::Unreachable("no socket".to_owned())),
        };
        match measured {
            Ok(time) => ping.samples.push(time.as_secs_f32() * 1000.0),
            Err(error) => {
                ping.lost += 1;
                ping.last_error = Some(error);
            }
        }
    }
    ping
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locations() -> Vec<LocationInfo> {
        let location = |id: &str, ips: &[&str]| LocationInfo {
            id: id.to_owned(),
            ips: ips.iter().map(|ip| ip.parse().unwrap()).collect(),
        };
        vec![location("near", &["127.0.0.1", "127.0.0.2"]), location("also", &["127.0.0.1"]), location("none", &[])]
    }

    fn forbidden(_: IpAddr) -> Result<Icmp, PingError> {
        Err(PingError::Forbidden { hint: "ask".to_owned() })
    }

    fn quick(tcp_port: Option<u16>) -> PingOptions {
        PingOptions { samples: 3, timeout: Duration::from_secs(5), interval: Duration::from_millis(1), tcp_port }
    }

    #[tokio::test]
    async fn where_icmp_is_forbidden_connections_are_timed_and_it_says_so() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pings = ping_with(&locations(), quick(Some(port)), forbidden).await;
        for ping in &pings[..2] {
            assert_eq!(ping.icmp_refused, Some(PingError::Forbidden { hint: "ask".to_owned() }));
            assert_eq!(ping.method(), PingMethod::TcpConnect);
            let addresses = ping.outcome.as_ref().unwrap();
            assert!(addresses.iter().all(|address| address.method == PingMethod::TcpConnect));
            assert!(addresses.iter().all(|address| (address.samples.len(), address.lost) == (3, 0)), "{ping:?}");
            assert_eq!(ping.samples().map(|samples| samples.0.len()), Some(3));
        }
        assert_eq!(pings[2].outcome, Err(PingError::NoAddress));
        assert_eq!(pings[2].samples(), None);
        let player = LocationPing::player("ada", &pings);
        assert_eq!(player.latencies.keys().collect::<Vec<_>>(), ["also", "near"]);
    }

    #[tokio::test]
    async fn without_a_fallback_nothing_is_measured_and_it_says_why() {
        let pings = ping_with(&locations(), quick(None), forbidden).await;
        assert_eq!(pings[0].outcome, Err(PingError::Forbidden { hint: "ask".to_owned() }));
        let words = pings[0].outcome.as_ref().unwrap_err().to_string();
        assert!(words.contains("does not let this process send ICMP"), "{words}");
    }

    #[tokio::test]
    async fn icmp_or_the_reason_why_not() {
        let pings = ping(&locations()[1..2], quick(Some(1))).await;
        match &pings[0].icmp_refused {
            None => assert_eq!(pings[0].outcome.as_ref().unwrap()[0].method, PingMethod::Icmp),
            Some(PingError::Forbidden { hint }) => assert!(!hint.is_empty()),
            Some(other) => panic!("{other}"),
        }
        assert_eq!(pings[0].outcome.as_ref().unwrap()[0].samples.len(), 3, "{pings:?}");
    }

    #[test]
    fn the_fastest_address_stands_for_its_location() {
        let address = |samples: &[f32]| AddressPing {
            address: IpAddr::from([127, 0, 0, 1]),
            method: PingMethod::Icmp,
            samples: samples.to_vec(),
            lost: 0,
            last_error: None,
        };
        let ping = LocationPing {
            location: "x".to_owned(),
            outcome: Ok(vec![address(&[]), address(&[9.0, 50.0, 60.0]), address(&[20.0, 30.0])]),
            icmp_refused: None,
        };
        assert_eq!(ping.median_ms(), Some(25.0));
        assert_eq!(ping.samples(), Some(Samples(vec![20.0, 30.0])));
    }
}
