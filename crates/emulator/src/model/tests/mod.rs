//! The model in virtual time: every rule that needs no process.

mod listing;
mod places;
mod random;
mod rosters;
mod starting;
mod times;

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::fault::{Fault, FaultKind};
use super::session::{Exit, Facts, Millis, Status};
use super::sessions::{AfterExit, AfterStop, Due, Model};
use super::start_body::StartBody;
use crate::config::{Backend, Config, Image, Location, PortRange, Protocol, TtlForm};

/// A model and the time it is told.
struct World {
    model: Model,
    now: Millis,
    fresh: u64,
}

impl World {
    fn new(config: Config) -> Self {
        config.check().unwrap();
        let catalogue = Arc::new(Catalogue::new(&config));
        Self { model: Model::new(&config, catalogue, "127.0.0.1", 0), now: 1_000_000, fresh: 0 }
    }

    /// Starts from a body as it comes over the wire.
    fn start(&mut self, body: &str) -> Result<Arc<Facts>, Fault> {
        let body = StartBody::parse(body.as_bytes(), TtlForm::Both)?;
        self.fresh += 1;
        let fresh = self.fresh;
        self.model.start(body, self.now, || format!("fresh-{fresh}").into(), false, &mut |_, _| true)
    }

    /// Starts the demo image in a location under an id.
    fn started(&mut self, location: &str, id: &str) -> Arc<Facts> {
        self.start(&format!(r#"{{"image":"demo","location":"{location}","id":"{id}"}}"#)).unwrap()
    }

    fn running(&mut self, location: &str, id: &str) -> Arc<Facts> {
        let facts = self.started(location, id);
        self.model.process_runs(&facts);
        facts
    }

    fn ended(&mut self, location: &str, id: &str) -> Arc<Facts> {
        let facts = self.running(location, id);
        self.model.process_exited(&facts, Exit::Code(0), self.now);
        facts
    }

    fn exit(&mut self, facts: &Facts, exit: Exit) -> AfterExit {
        self.model.process_exited(facts, exit, self.now)
    }

    fn status(&self, id: &str) -> Option<Status> {
        self.model.sessions.get(id).map(|session| session.status)
    }

    fn players(&self, id: &str) -> Vec<&str> {
        self.model.sessions[id].joined.iter().map(AsRef::as_ref).collect()
    }
}

fn config() -> Config {
    Config {
        locations: vec![Location::new("eu").capacity(2), Location::new("us"), Location::new("full").capacity(0)],
        images: vec![Image::demo(), Image::new("pair").port(1, Protocol::Udp).port(1, Protocol::Tcp)],
        ..Config::default()
    }
}

fn kind<T>(result: Result<T, Fault>) -> FaultKind {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(fault) => fault.kind,
    }
}
