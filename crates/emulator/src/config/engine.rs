//! Addresses of container engines. That something answers there is learned when the emulator starts.

use std::fmt;
use std::path::PathBuf;

/// Where a container engine listens: Docker's API, or Podman's service of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineAddress {
    /// A socket on this machine: `unix:///var/run/docker.sock`.
    Unix(PathBuf),
    /// Plain HTTP, for machines in a network that is trusted: `http://10.0.0.2:2375`. Whoever reaches an engine owns its
    /// machine.
    Http {
        /// Name or address; an IPv6 address in brackets.
        host: String,
        /// The port, at least 1.
        port: u16,
    },
}

/// The port that engines use for plain HTTP.
const HTTP_PORT: u16 = 2375;

impl EngineAddress {
    /// Reads `unix:///path`, `http://host:port` or `tcp://host:port`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix://") {
            let is_path = path.starts_with('/') && path.len() > 1 && !path.contains('\0');
            return is_path.then(|| Self::Unix(path.into()));
        }
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("tcp://"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok().filter(|port| *port != 0)?),
            _ => (rest, HTTP_PORT),
        };
        let name = match host.strip_prefix('[') {
            Some(address) => {
                address.strip_suffix(']').filter(|address| address.parse::<std::net::Ipv6Addr>().is_ok())?
            }
            None => host,
        };
        let fits = |character: char| character.is_ascii_alphanumeric() || ".-:".contains(character);
        let is_host = !name.is_empty() && name.chars().all(fits) && (host.starts_with('[') || !host.contains(':'));
        is_host.then(|| Self::Http { host: host.to_owned(), port })
    }

    /// The machine that it is on, when it is named; without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Unix(_) => None,
            Self::Http { host, .. } => Some(host.trim_start_matches('[').trim_end_matches(']')),
        }
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Http { host, port } => write!(f, "http://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
            ("http://10.0.0.2:2375", "http://10.0.0.2:2375"),
            ("tcp://host-1.example:9999/", "http://host-1.example:9999"),
            ("tcp://docker", "http://docker:2375"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("http://[fe80::2]", "http://[fe80::2]:2375"),
        ] {
            assert_eq!(EngineAddress::parse(text).map(|address| address.to_string()).as_deref(), Some(written));
        }
        let wrong = [
            "",
            "unix://",
            "unix://relative",
            "unix:///",
            "/var/run/docker.sock",
            "https://10.0.0.2:2376",
            "ssh://me@host",
            "http://",
            "http://:2375",
            "http://host:0",
            "http://host:99999",
            "http://a b",
            "http://host/path",
            "http://::1:80",
            "http://[nonsense]:80",
            "http://user@host:80",
        ];
        for text in wrong {
            assert_eq!(EngineAddress::parse(text), None, "{text}");
        }
        assert_eq!(EngineAddress::parse("http://[::1]:80").as_ref().and_then(EngineAddress::host), Some("::1"));
    }
}
