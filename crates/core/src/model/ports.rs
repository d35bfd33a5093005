//! The ports of a session. The API writes them in two ways, an array in the answer to a start and an object in
//! lists and descriptions; here they are one type.

use std::fmt;

use matchport_json::{Error, Kind, Reader};
use serde::{Serialize, Serializer};

/// The transport protocol of a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Protocol {
    /// `udp`
    Udp,
    /// `tcp`
    Tcp,
    /// A protocol that this version does not know, lower case; empty when the service named none.
    Other(Box<str>),
}

impl Protocol {
    /// The protocol as the API spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Other(other) => other,
        }
    }
}

impl From<&str> for Protocol {
    fn from(protocol: &str) -> Self {
        if protocol.eq_ignore_ascii_case("udp") {
            Self::Udp
        } else if protocol.eq_ignore_ascii_case("tcp") {
            Self::Tcp
        } else {
            Self::Other(protocol.to_ascii_lowercase().into())
        }
    }
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One port: what the game server listens on in its container, and what players connect to on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// The protocol.
    #[serde(rename = "type")]
    pub protocol: Protocol,
    /// The port inside the container, 1 to 65535.
    pub container: u16,
    /// The port on the host that players use, 1 to 65535.
    pub host: u16,
}

/// All ports of a session, ordered by container port and protocol, whichever way the service wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(Vec<Port>);

impl Ports {
    /// Takes ports in any order.
    pub fn new(mut ports: Vec<Port>) -> Self {
        ports.sort_by(|a, b| (a.container, &a.protocol).cmp(&(b.container, &b.protocol)));
        Self(ports)
    }

    /// The port that belongs to a container port and protocol.
    pub fn by_container(&self, container: u16, protocol: Protocol) -> Option<&Port> {
        self.0.iter().find(|port| port.container == container && port.protocol == protocol)
    }

    /// The UDP port with the lowest container port. A game with several should name the one it means with
    /// [`Ports::by_container`]; [`Ports::only`] refuses to choose.
    pub fn first_udp(&self) -> Option<&Port> {
        self.0.iter().find(|port| port.protocol == Protocol::Udp)
    }

    /// The port players connect to when there is no doubt: the only one, or the only UDP port.
    ///
    /// # Errors
    /// [`AmbiguousPorts`] when there are none, or several to choose from.
    pub fn only(&self) -> Result<&Port, AmbiguousPorts> {
        if let [port] = &self.0[..] {
            return Ok(port);
        }
        let mut udp = self.0.iter().filter(|port| port.protocol == Protocol::Udp);
        match (udp.next(), udp.next()) {
            (Some(port), None) => Ok(port),
            _ => Err(AmbiguousPorts { ports: self.0.len() }),
        }
    }

    /// All ports, by container port.
    pub fn iter(&self) -> std::slice::Iter<'_, Port> {
        self.0.iter()
    }

    /// How many ports there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Ports {
    type Item = &'a Port;
    type IntoIter = std::slice::Iter<'a, Port>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// There is no single port to hand out: the caller has to name the container port it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmbiguousPorts {
    /// How many ports the session has.
    pub ports: usize,
}

impl fmt::Display for AmbiguousPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ports {
            0 => f.write_str("the session has no port"),
            ports => write!(f, "the session has {ports} ports; name the container port that players connect to"),
        }
    }
}

impl std::error::Error for AmbiguousPorts {}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Ports {
    /// An array as in the answer to a start, an object as in lists and descriptions, or `null` for none.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.kind()? {
            Kind::Null => reader.null().map(|_| Self::default()),
            Kind::List => Self::read_list(reader),
            _ => Self::read_object(reader),
        }
    }

    fn read_list(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut ports = Vec::new();
        reader.begin_list()?;
        while reader.item()? {
            let (mut protocol, mut container, mut host) = (None, None, None);
            reader.begin_object()?;
            while let Some(key) = reader.key()? {
                match &*key {
                    "type" => protocol = Some(Protocol::from(&*reader.text()?)),
                    "container" => container = Some(port_number(reader)?),
                    "host" => host = Some(port_number(reader)?),
                    _ => reader.skip()?,
                }
            }
            ports.push(Port {
                protocol: protocol.ok_or_else(|| reader.missing("type"))?,
                container: container.ok_or_else(|| reader.missing("container"))?,
                host: host.ok_or_else(|| reader.missing("host"))?,
            });
        }
        Ok(Self::new(ports))
    }

    fn read_object(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut ports = Vec::new();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            let (container, protocol) = key.split_once('/').unwrap_or((&key, ""));
            let container = container.parse().ok().filter(|port| *port != 0);
            let container =
                container.ok_or_else(|| reader.must_be(reader.position(), "under a port from 1 to 65535"))?;
            // A container port that is not published has no host port.
            if !reader.null()? {
                ports.push(Port { protocol: Protocol::from(protocol), container, host: port_number(reader)? });
            }
        }
        Ok(Self::new(ports))
    }
}

fn port_number(reader: &mut Reader<'_>) -> Result<u16, Error> {
    let before = reader.position();
    match reader.whole() {
        Ok(0) => Err(reader.must_be(before, "a port from 1 to 65535")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Ports {
        Ports::read(&mut Reader::new(json.as_bytes())).expect(json)
    }

    #[test]
    fn array_and_object_are_one_type() {
        let array =
            read(r#"[{"type":"udp","container":7777,"host":27015},{"type":"tcp","container":80,"host":20001}]"#);
        let object = read(r#"{"7777/udp":27015,"80/tcp":20001}"#);
        assert_eq!(array, object);
        assert_eq!(array.by_container(7777, Protocol::Udp).expect("there").host, 27015);
        assert_eq!(array.by_container(7777, Protocol::Tcp), None);
    }

    /// The other way round, and as many as a whole list may hold: sorting must not take longer than reading.
    #[test]
    fn a_million_ports_are_put_into_order() {
        let port = |at: u32| Port { protocol: Protocol::Udp, container: 65_535 - (at % 65_535) as u16, host: 1 };
        let ports = Ports::new((0..1_000_000).map(port).collect());
        assert!(ports.0.is_sorted_by_key(|port| port.container));
    }

    #[test]
    fn several_ports_are_never_guessed() {
        let two = read(r#"{"7778/udp":20002,"7777/udp":20001}"#);
        assert_eq!(two.only(), Err(AmbiguousPorts { ports: 2 }));
        assert_eq!(two.first_udp().expect("there").container, 7777);
        let one_udp = read(r#"{"7777/udp":20001,"80/tcp":20002}"#);
        assert_eq!(one_udp.only().expect("one udp").host, 20001);
        assert_eq!(read("[]").only(), Err(AmbiguousPorts { ports: 0 }));
        assert_eq!(read(r#"{"80/tcp":20002}"#).only().expect("the only one").host, 20002);
    }

    #[test]
    fn ports_out_of_range_are_refused() {
        for bad in [
            r#"[{"type":"udp","container":7777,"host":0}]"#,
            r#"[{"type":"udp","container":70000,"host":1}]"#,
            r#"[{"type":"udp","container":7777}]"#,
            r#"{"0/udp":1}"#,
            r#"{"x/udp":1}"#,
            r#"{"7777/udp":-1}"#,
            r#""7777""#,
        ] {
            assert!(Ports::read(&mut Reader::new(bad.as_bytes())).is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_protocols_and_unpublished_ports_are_read() {
        let ports = read(r#"{"7777/sctp":20001,"9000/udp":null,"80":20002}"#);
        assert_eq!(ports.len(), 2);
        assert_eq!(ports.by_container(7777, Protocol::Other("sctp".into())).expect("kept").host, 20001);
        assert_eq!(read("null"), Ports::default());
    }
}
