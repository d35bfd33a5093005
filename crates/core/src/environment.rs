//! Where the API is: the published environments or an address of the caller's, and the rule that a token is
//! not sent in the clear.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use crate::check::InvalidInput;

/// A deployment of the Session API. Addresses are those of the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// `https://api.sandbox-gameye.gameye.net`
    Sandbox,
    /// `https://api.gameye.io`
    Production,
    /// `http://127.0.0.1:4242`, where `matchport emulator` listens by default.
    Local,
    /// Any other address.
    Address(BaseUrl),
}

impl Environment {
    /// The base address of this environment.
    pub fn base_url(&self) -> BaseUrl {
        let known = |https, host, port| BaseUrl { https, host: Arc::from(host), port };
        match self {
            Self::Sandbox => known(true, "api.sandbox-gameye.gameye.net", None),
            Self::Production => known(true, "api.gameye.io", None),
            Self::Local => known(false, "127.0.0.1", Some(4242)),
            Self::Address(address) => address.clone(),
        }
    }
}

impl FromStr for Environment {
    type Err = InvalidInput;

    /// `sandbox`, `production`, `local`, or an address such as `https://api.example.com`.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            "local" => Ok(Self::Local),
            address => address.parse().map(Self::Address),
        }
    }
}

/// Scheme, host and port of the API. No path, query or user info: the API's paths start at the root.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    https: bool,
    /// Lower case; an IPv6 address with its brackets.
    host: Arc<str>,
    port: Option<u16>,
}

impl BaseUrl {
    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host, lower case; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, when the address names one; else it is the scheme's.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether the address is this machine: `localhost`, `127.0.0.0/8` or `[::1]`, by its spelling alone.
    pub fn is_loopback(&self) -> bool {
        let host = &*self.host;
        host == "localhost"
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || bracketed(host).and_then(|inner| inner.parse::<Ipv6Addr>().ok()).is_some_and(|a| a.is_loopback())
    }

    /// Refuses an address to which a token would go in the clear: plain `http` to anything but loopback.
    ///
    /// # Errors
    /// [`InvalidInput`] for `base_url`, unless `allow_plain_http`.
    pub fn check_token_may_go(&self, allow_plain_http: bool) -> Result<(), InvalidInput> {
        if self.https || self.is_loopback() || allow_plain_http {
            return Ok(());
        }
        Err(refused("would send the token over plain http; use https, or allow plain http explicitly"))
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let (https, rest) = if let Some(rest) = strip_scheme(text, "https://") {
            (true, rest)
        } else if let Some(rest) = strip_scheme(text, "http://") {
            (false, rest)
        } else {
            return Err(refused("must start with https:// or http://"));
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(refused("must not have a path, query or fragment"));
        }
        if authority.contains('@') {
            return Err(refused("must not hold a user name or password"));
        }
        let (host, port) = split_port(authority)?;
        Ok(Self { https, host: checked_host(host)?.into(), port })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.https { "https://" } else { "http://" })?;
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn refused(words: &'static str) -> InvalidInput {
    InvalidInput::other("base_url", words)
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
}

fn bracketed(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidInput> {
    // The colons of an IPv6 address stand within its brackets.
    let host_end = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[host_end..].find(':').map(|at| at + host_end) else {
        return Ok((authority, None));
    };
    let digits = &authority[colon + 1..];
    let port = digits.parse().ok().filter(|port| *port != 0 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    match port {
        Some(port) => Ok((&authority[..colon], Some(port))),
        None => Err(refused("must have a port between 1 and 65535")),
    }
}

fn checked_host(host: &str) -> Result<String, InvalidInput> {
    if host.is_empty() {
        return Err(refused("must name a host"));
    }
    let valid = match bracketed(host) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.len() <= 253 && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    if !valid {
        return Err(refused("must name a host by ASCII name, IPv4 address or [IPv6 address]"));
    }
    Ok(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BaseUrl, InvalidInput> {
        text.parse()
    }

    #[test]
    fn published_addresses() {
        let address = |name: &str| name.parse::<Environment>().expect("known").base_url().to_string();
        assert_eq!(address("sandbox"), "https://api.sandbox-gameye.gameye.net");
        assert_eq!(address("production"), "https://api.gameye.io");
        assert_eq!(address("local"), "http://127.0.0.1:4242");
        assert_eq!(address("https://API.Example.com:8443/"), "https://api.example.com:8443");
    }

    #[test]
    fn addresses_that_are_refused() {
        for bad in [
            "",
            "api.gameye.io",
            "ftp://a",
            "https://",
            "https://:80",
            "https://a/path",
            "https://a?x",
            "https://a#x",
            "https://user:pass@a",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://a b",
            "https://a\r\nb",
            "https://[::1",
            "https://[x]",
            "https://ü.example",
            "https://a\\b",
            "httpſ://a",
        ] {
            let error = parse(bad).expect_err(bad);
            assert_eq!(error.field, "base_url", "{bad}");
        }
    }

    #[test]
    fn a_token_goes_in_the_clear_to_loopback_only() {
        for fine in
            ["http://127.0.0.1:1", "http://127.9.9.9", "http://localhost:4242", "http://[::1]:80", "https://a.b"]
        {
            assert!(parse(fine).expect(fine).check_token_may_go(false).is_ok(), "{fine}");
        }
        for open in
            ["http://10.0.0.1", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://[::2]"]
        {
            let address = parse(open).expect(open);
            assert!(address.check_token_may_go(false).is_err(), "{open}");
            assert!(address.check_token_may_go(true).is_ok(), "{open}");
        }
    }
}
