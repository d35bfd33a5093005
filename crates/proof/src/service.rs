//! The judge: asks an emulator, without any proxy between, what there really is.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use matchport_emulator::{Backend, Config, Emulator, FaultRule};
use reqwest::Method;
use serde_json::{Value, json};

/// The token of every emulator here.
pub(crate) const TOKEN: &str = "local";

/// What an emulator says about itself.
#[derive(Clone)]
pub(crate) struct Judge {
    http: reqwest::Client,
    base_url: String,
}

/// An emulator whose sessions are nothing but entries, so that a proof is quick.
pub(crate) async fn null_emulator(faults: Vec<FaultRule>) -> Result<Emulator> {
    let config = Config { backend: Backend::Null, faults, ..Config::default() };
    Ok(Emulator::builder(config).start().await?)
}

impl Judge {
    pub(crate) fn of(base_url: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(60)).build()?;
        Ok(Self { http, base_url: base_url.to_owned() })
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.context("the emulator does not answer its judge")?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// All sessions and their status.
    pub(crate) async fn sessions(&self) -> Result<BTreeMap<String, String>> {
        let (status, body) = self.ask(Method::GET, "/session?all=true", None).await?;
        let Some(list) = body["sessions"].as_array().filter(|_| status == 200) else {
            bail!("no list of sessions: {status} {body}");
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut sessions = BTreeMap::new();
        for session in list {
            let id = text(&session["id"]);
            let (_, details) = self.ask(Method::GET, &format!("/session/{id}"), None).await?;
            sessions.insert(id, text(&details["status"]));
        }
        Ok(sessions)
    }

    /// The ids of those that have not ended and are not ending.
    pub(crate) async fn alive(&self) -> Result<Vec<String>> {
        let (status, body) = self.ask(Method::GET, "/session", None).await?;
        let Some(list) = body["sessions"].as_array().filter(|_| status == 200) else {
            bail!("no list of sessions: {status} {body}");
        };
        Ok(list.iter().filter_map(|session| session["id"].as_str().map(str::to_owned)).collect())
    }

    /// Who is in a session.
    pub(crate) async fn players(&self, id: &str) -> Result<Vec<String>> {
        let (_, body) = self.ask(Method::GET, &format!("/session/{id}"), None).await?;
        let joined = body["players"]["joined"].as_array().or_else(|| body["players"].as_array());
        let Some(joined) = joined else { bail!("no players in {body}") };
        let name = |player: &Value| player.as_str().or_else(|| player["id"].as_str()).unwrap_or_default().to_owned();
        Ok(joined.iter().map(name).collect())
    }

    pub(crate) async fn join(&self, id: &str, players: &[&str]) -> Result<()> {
        let body = json!({ "session": id, "players": players });
        match self.ask(Method::PUT, "/session/player/join", Some(body)).await? {
            (200, _) => Ok(()),
            (status, body) => bail!("the judge can't join {id}: {status} {body}"),
        }
    }

    /// Ends everything that is alive.
    pub(crate) async fn stop_all(&self) -> Result<()> {
        for id in self.alive().await? {
            self.ask(Method::DELETE, &format!("/session/{id}"), None).await?;
        }
        Ok(())
    }
}
