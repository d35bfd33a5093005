//! Which service is meant, with which token: from options, environment variables and defaults. And what to do next when
//! an operation there failed.

use std::ffi::OsString;

use matchport::Client;
use matchport_core::check::InvalidInput;
use matchport_core::environment::{BaseUrl, Environment};
use matchport_core::error::{Error, ErrorCode, Outcome};

use crate::args::{Connection, EnvironmentName};
use crate::exit::Exit;
use crate::fault::Fault;

/// Where a token may stand, the first one first.
const TOKEN_VARIABLES: [&str; 2] = ["MATCHPORT_TOKEN", "GAMEYE_API_TOKEN"];
/// The token of an emulator that was given none.
const LOCAL_TOKEN: &str = "local";

/// The service that is meant. Has no `Debug`: it holds the token.
pub(crate) struct Target {
    environment: Environment,
    base_url: BaseUrl,
    token: String,
    token_source: TokenSource,
    allow_plain_http: bool,
}

/// Where the token came from, to be named in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenSource {
    Option,
    Variable(&'static str),
    Default,
}

impl Connection {
    /// The options behind the command count before those in front of it.
    pub(crate) fn or(mut self, before: Connection) -> Self {
        if self.base_url.is_none() && self.environment.is_none() {
            self.base_url = before.base_url;
            self.environment = before.environment;
        }
        self.token = self.token.or(before.token);
        self.allow_plain_http |= before.allow_plain_http;
        self
    }

    /// Whether an address was given.
    pub(crate) fn names_address(&self) -> bool {
        self.base_url.is_some() || self.environment.is_some()
    }
}

impl Target {
    /// Works out what is meant.
    ///
    /// # Errors
    /// When the address is none, or there is no token for it.
    pub(crate) fn of(connection: Connection) -> Result<Self, Fault> {
        Self::with(connection, |name| std::env::var_os(name))
    }

    fn with(connection: Connection, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Fault> {
        let environment = match (&connection.base_url, connection.environment) {
            (Some(url), _) => Environment::Address(url.parse().map_err(wrong_address)?),
            (None, Some(EnvironmentName::Sandbox)) => Environment::Sandbox,
            (None, Some(EnvironmentName::Production)) => Environment::Production,
            (None, Some(EnvironmentName::Local) | None) => Environment::Local,
        };
        let base_url = environment.base_url();
        base_url.check_token_may_go(connection.allow_plain_http).map_err(|error| {
            Fault::from(error).next("use https, or add --allow-plain-http if the way there is safe")
        })?;
        let (token, token_source) = token(connection.token, variable, &base_url)?;
        Ok(Self { environment, base_url, token, token_source, allow_plain_http: connection.allow_plain_http })
    }

    /// A client for it. Opens no connection yet.
    ///
    /// # Errors
    /// When the token can't be sent, or the system lacks what TLS needs.
    pub(crate) fn client(&self) -> Result<Client, Fault> {
        let builder = Client::builder().environment(self.environment.clone()).token(&self.token);
        builder.allow_plain_http(self.allow_plain_http).build().map_err(Fault::from)
    }

    /// A command to type that asks the same service.
    pub(crate) fn command(&self, words: &str) -> String {
        match &self.environment {
            Environment::Local => format!("matchport {words}"),
            Environment::Sandbox => format!("matchport {words} --environment sandbox"),
            Environment::Production => format!("matchport {words} --environment production"),
            Environment::Address(address) => format!("matchport {words} --base-url {address}"),
        }
    }

    /// The token. Keep it out of errors and logs.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Its address.
    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// A failed question: an answer that is lost leaves nothing behind.
    pub(crate) fn asking(&self, what: &str, error: Error) -> Fault {
        let exit = Exit::of(&error, false, false);
        self.fault(what, error, exit)
    }

    /// A failed change: it may have taken effect all the same.
    pub(crate) fn changing(&self, what: &str, error: Error) -> Fault {
        let exit = Exit::of(&error, true, false);
        self.fault(what, error, exit)
    }

    /// A failed operation, with what to do next.
    pub(crate) fn fault(&self, what: &str, error: Error, exit: Exit) -> Fault {
        let next = self.next(&error);
        let fault = match error.code {
            // Not the service's doing.
            ErrorCode::InvalidInput | ErrorCode::InvalidTicket => Fault::wrong_use(error.message),
            _ => Fault::operation(format!("can't {what} at {}", self.base_url), error, exit),
        };
        next.into_iter().fold(fault, Fault::next)
    }

    fn next(&self, error: &Error) -> Option<String> {
        let next = match error.code {
            ErrorCode::Transport if error.outcome == Outcome::NotSent && self.base_url.is_loopback() => {
                match self.environment {
                    Environment::Local => {
                        "start the emulator with: matchport emulator (or name a service with --environment or --base-url)"
                            .to_owned()
                    }
                    _ => format!("check that something listens at {}; an emulator starts with: matchport emulator", self.base_url),
                }
            }
            ErrorCode::Transport | ErrorCode::Timeout => "check the address and the network, then try again".to_owned(),
            ErrorCode::Unauthorized => match self.token_source {
                TokenSource::Option => "check the token given with --token".to_owned(),
                TokenSource::Variable(name) => {
                    format!("check the token in {name}; --token goes before it (an emulator's is `local` unless it was given one)")
                }
                TokenSource::Default => {
                    "the emulator was given a token of its own: pass it with --token or in MATCHPORT_TOKEN".to_owned()
                }
            },
            ErrorCode::Forbidden => "use a token that has the permission".to_owned(),
            ErrorCode::QuotaExceeded => "stop sessions that nobody needs (matchport sessions), or have the quota raised".to_owned(),
            ErrorCode::NoCapacity => {
                "try again in about a minute, allow more locations, or wait longer with --deadline".to_owned()
            }
            ErrorCode::NoOpenSession => format!("start another session: {}", self.command("allocate --image IMAGE")),
            ErrorCode::NoLocation => {
                "raise --max-latency, let it grow with --relax, or say with --missing-sample what a missing sample means".to_owned()
            }
            ErrorCode::RateLimited | ErrorCode::ServiceFault => "try again later".to_owned(),
            _ => return None,
        };
        Some(next)
    }
}

fn wrong_address(error: InvalidInput) -> Fault {
    Fault::from(error).next("write --base-url like https://api.example.com or http://127.0.0.1:4242")
}

fn token(
    option: Option<String>,
    variable: impl Fn(&str) -> Option<OsString>,
    base_url: &BaseUrl,
) -> Result<(String, TokenSource), Fault> {
    if let Some(token) = option {
        return Ok((token, TokenSource::Option));
    }
    for name in TOKEN_VARIABLES {
        let Some(value) = variable(name).filter(|value| !value.is_empty()) else { continue };
        // The error of the conversion holds the value.
        let value = value.into_string().map_err(|_| Fault::wrong_use(format!("the token in {name} is no text")))?;
        return Ok((value, TokenSource::Variable(name)));
    }
    if base_url.is_loopback() {
        return Ok((LOCAL_TOKEN.to_owned(), TokenSource::Default));
    }
    Err(Fault::wrong_use(format!("there is no token for {base_url}"))
        .next("put it into MATCHPORT_TOKEN or GAMEYE_API_TOKEN, or give --token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base_url: Option<&str>, token: Option<&str>, variables: &[(&str, &str)]) -> Result<Target, Fault> {
        let connection = Connection {
            base_url: base_url.map(str::to_owned),
            token: token.map(str::to_owned),
            ..Connection::default()
        };
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Target::with(connection, variable)
    }

    fn source(base_url: Option<&str>, token: Option<&str>, variables: &[(&str, &str)]) -> TokenSource {
        target(base_url, token, variables).map(|target| target.token_source).expect("a target")
    }

    #[test]
    fn the_token_comes_from_the_first_place_that_has_one() {
        let both = [("MATCHPORT_TOKEN", "a"), ("GAMEYE_API_TOKEN", "b")];
        assert_eq!(source(None, Some("c"), &both), TokenSource::Option);
        assert_eq!(source(None, None, &both), TokenSource::Variable("MATCHPORT_TOKEN"));
        assert_eq!(source(None, None, &both[1..]), TokenSource::Variable("GAMEYE_API_TOKEN"));
        assert_eq!(source(None, None, &[("MATCHPORT_TOKEN", "")]), TokenSource::Default);
    }

    #[test]
    fn the_well_known_token_goes_to_this_machine_only() {
        assert_eq!(source(Some("http://[::1]:9"), None, &[]), TokenSource::Default);
        let fault = target(Some("https://api.example.com"), None, &[]).err().expect("no token");
        assert_eq!(fault.exit(), Exit::WrongUse);
        assert!(target(Some("http://10.0.0.1"), Some("t"), &[]).is_err(), "in the clear");
    }

    #[test]
    fn what_stands_behind_the_command_counts_first() {
        let connection = |environment, token: Option<&str>| Connection {
            environment,
            token: token.map(str::to_owned),
            ..Connection::default()
        };
        let before = connection(Some(EnvironmentName::Production), Some("a"));
        let merged = connection(Some(EnvironmentName::Sandbox), None).or(before.clone());
        assert_eq!((merged.environment, merged.token.as_deref()), (Some(EnvironmentName::Sandbox), Some("a")));
        let by_address = Connection { base_url: Some("http://localhost".to_owned()), ..Connection::default() };
        assert_eq!(by_address.or(before).environment, None, "an address isn't mixed with an environment");
    }
}
