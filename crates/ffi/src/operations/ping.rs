//! Measuring the latency from this machine to locations. It asks the network and not the service, and so is no business of
//! the engine's: the built-in transport does it.

use crate::events::matchport_location;
use crate::options::{self, Options};
use crate::slots::matchport_client;
use crate::status::{Refused, matchport_status, matchport_status as Status};
use crate::text::{MATCHPORT_MAX_ARRAY_LENGTH, array, strings};

/// What is pinged, and how. Initialise it with matchport_ping_options_init(), then set the locations: those of a LOCATIONS
/// event can be passed as they are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct matchport_ping_options {
    /// Set by the init function.
    pub struct_size: u32,
    /// How often each address is asked, 1 to 100; 5 by default.
    pub samples: u32,
    /// The locations with their addresses. Must be given.
    pub locations: *const matchport_location,
    /// How many locations.
    pub location_count: usize,
    /// How long one answer may take, in milliseconds, 1 to 60,000; 1,000 by default.
    pub timeout_ms: u64,
    /// The pause between two questions to one address, in milliseconds, up to 60,000; 200 by default.
    pub interval_ms: u64,
    /// The TCP port that is tried where ICMP is forbidden; 443 by default, 0 for none.
    pub tcp_port: u32,
    /// Zero.
    pub reserved: u32,
}

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_ping_options_init(options: *mut matchport_ping_options, size: usize) -> matchport_status {
    options::init_status(options, size)
}

/// Measures the latency from this machine to locations; ends with PINGED. Only with the built-in transport: a host that
/// carries the bytes itself measures itself. What players measured counts more than this: it is for game clients that
/// embed the library, and for trying out.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_client_ping(
    client: *mut matchport_client,
    options: *const matchport_ping_options,
    operation: *mut u64,
) -> matchport_status {
    super::begin(client, operation, |client| {
        let options = options::read(options, "options")?;
        client.ping(Question::read(&options)?)
    })
}

/// What is asked of the transport.
#[cfg_attr(not(feature = "transport"), expect(dead_code, reason = "nobody there to answer it"))]
pub(crate) struct Question {
    pub(crate) locations: Vec<(String, Vec<std::net::IpAddr>)>,
    pub(crate) samples: u32,
    pub(crate) timeout_ms: u64,
    pub(crate) interval_ms: u64,
    pub(crate) tcp_port: Option<u16>,
}

impl Question {
    fn read(options: &matchport_ping_options) -> Result<Self, Refused> {
        let refuse = |words: String| Refused::new(Status::InvalidArgument, format!("options.{words}"));
        let longest = MATCHPORT_MAX_ARRAY_LENGTH;
        let locations = array(options.locations, options.location_count, longest, "options.locations")?;
        let locations = locations.ok_or_else(|| Refused::argument(Status::NullArgument, "options.locations"))?;
        let read = locations.iter().enumerate().map(|(index, location)| {
            let field = format!("options.locations[{index}]");
            let addresses = strings(location.addresses, location.address_count, &format!("{field}.addresses"))?;
            let parse = |text: &String| {
                text.parse().map_err(|_| refuse(format!("locations[{index}].addresses: {text:?} is no IP address")))
            };
            let addresses = addresses.unwrap_or_default().iter().map(parse).collect::<Result<_, _>>()?;
            Ok((location.id.require(&format!("{field}.id"))?, addresses))
        });
        let range = |name: &str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                return Ok(value);
            }
            Err(refuse(format!("{name}: must be between {least} and {most}")))
        };
        Ok(Self {
            locations: read.collect::<Result<_, Refused>>()?,
            samples: range("samples", u64::from(options.samples), 1, 100)? as u32,
            timeout_ms: range("timeout_ms", options.timeout_ms, 1, 60_000)?,
            interval_ms: range("interval_ms", options.interval_ms, 0, 60_000)?,
            tcp_port: match range("tcp_port", u64::from(options.tcp_port), 0, 65_535)? as u16 {
                0 => None,
                port => Some(port),
            },
        })
    }
}

impl Options for matchport_ping_options {
    fn defaults() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            samples: 5,
            locations: std::ptr::null(),
            location_count: 0,
            timeout_ms: 1000,
            interval_ms: 200,
            tcp_port: 443,
            reserved: 0,
        }
    }
}
