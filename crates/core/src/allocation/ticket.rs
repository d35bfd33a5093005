//! The saved form of an allocation: enough to go on elsewhere, and nothing secret unless asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::WaitFor;
use super::request::Candidates;
use crate::check::{self, InvalidInput};
use crate::engine::Millis;
use crate::environment::BaseUrl;
use crate::http;
use crate::model::{SessionId, StartSession, Ttl, TtlForm};

/// Where an allocation stands. Keep the newest one; hand it to `resume` in any process, on any machine, in any
/// language. It never holds the token, and the values of `env` only when the allocation asked for that.
#[derive(Clone, PartialEq, Serialize)]
pub struct Ticket {
    #[serde(rename = "matchport_ticket")]
    pub(super) version: u32,
    pub(super) base_url: Arc<str>,
    pub(super) session: SessionId,
    pub(super) phase: Phase,
    /// Where the last start went; `None` when nothing was sent yet.
    pub(super) location: Option<String>,
    /// Locations that were asked for, best first.
    pub(super) locations: Arc<[String]>,
    /// How long the latency cap kept each of them out yet; none when it kept out none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) admitted_in_ms: Vec<Millis>,
    pub(super) wait_for: WaitFor,
    /// What was left of the deadline.
    pub(super) remaining_ms: Millis,
    pub(super) start: Arc<StartTicket>,
    /// What placement needs, until the locations are ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unplaced: Option<Arc<Candidates>>,
}

/// What is needed to send the same start again.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct StartTicket {
    pub image: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// The names alone: whoever resumes must bring the same.
    pub env_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Getting a session.
    Allocating,
    /// Making sure that none is left.
    Settling,
}

/// What a resumed allocation takes from its caller.
#[derive(Clone, Default)]
pub struct ResumeOptions {
    /// The environment, when the ticket holds only its names.
    pub env: Option<BTreeMap<String, String>>,
    /// How long to try, in milliseconds; what the ticket had left when not given.
    pub deadline_ms: Option<Millis>,
    /// Settle instead of allocate: make sure that no server is left.
    pub settle: bool,
}

impl fmt::Debug for ResumeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeOptions")
            .field("env", &self.env.as_ref().map(|env| env.keys().collect::<Vec<_>>()))
            .field("deadline_ms", &self.deadline_ms)
            .field("settle", &self.settle)
            .finish()
    }
}

impl Ticket {
    /// The version of the format that is written. A reader refuses any other.
    pub(super) const VERSION: u32 = 1;

    /// The session's id.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// The application's name.
    pub fn image(&self) -> &str {
        &self.start.image
    }

    /// Where the last start went; `None` when nothing had been started.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// What was being done.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The address of the service that the allocation was made with. A ticket can only be resumed there.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn check(&self) -> Result<(), InvalidInput> {
        self.base_url.parse::<BaseUrl>().map_err(|invalid| InvalidInput::new("ticket.base_url", invalid.reason))?;
        check::names("ticket.locations", &self.locations)?;
        if self.location.as_ref().is_some_and(|location| !self.locations.contains(location)) {
            return Err(InvalidInput::other("ticket.location", "is none of the ticket's locations"));
        }
        if !self.admitted_in_ms.is_empty() && self.admitted_in_ms.len() != self.locations.len() {
            return Err(InvalidInput::other("ticket.admitted_in_ms", "must be as many as the locations"));
        }
        self.start.check().map_err(|invalid| invalid.within("ticket.start"))?;
        if let Some(unplaced) = &self.unplaced {
            unplaced.check().map_err(|invalid| invalid.within("ticket.unplaced"))?;
        }
        check::range("ticket.remaining_ms", self.remaining_ms, 0, super::request::MAX_DEADLINE_MS)
    }

    /// The start request, without its location.
    pub(super) fn start_session(&self, env: BTreeMap<String, String>) -> StartSession {
        self.start.start_session(self.session.clone(), env)
    }
}

impl StartTicket {
    pub(super) fn of(start: &StartSession, with_env: bool) -> Self {
        Self {
            image: start.image.clone(),
            args: start.args.clone(),
            labels: start.labels.clone(),
            version: start.version.clone(),
            restart: start.restart,
            external_id: start.external_id.clone(),
            ttl: start.ttl,
            env_names: start.env.keys().cloned().collect(),
            env: with_env.then(|| start.env.clone()),
        }
    }

    fn check(&self) -> Result<(), InvalidInput> {
        check::names("env_names", &self.env_names)?;
        let env = self.env.clone().unwrap_or_default();
        if self.env.is_some() && !env.keys().eq(&self.env_names) {
            return Err(InvalidInput::other("env", "has other names than env_names"));
        }
        // The session's id stands beside this, and has been checked.
        let start = StartSession { id: None, ..self.start_session(SessionId::from_entropy([0; 16]), env) };
        http::start::check_all_but_location(&start)
    }

    fn start_session(&self, id: SessionId, env: BTreeMap<String, String>) -> StartSession {
        StartSession {
            location: String::new(),
            image: self.image.clone(),
            id: Some(id),
            env,
            args: self.args.clone(),
            restart: self.restart,
            labels: self.labels.clone(),
            version: self.version.clone(),
            ttl: self.ttl,
            ttl_form: TtlForm::default(),
            external_id: self.external_id.clone(),
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("session", &self.session)
            .field("phase", &self.phase)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
