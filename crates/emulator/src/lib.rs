//! A local emulator of the Session API: real game server processes or containers, no account.
//!
//! It answers all ten operations as the service would and starts a child process for each session, with the
//! environment of the guide, log capture, artifacts, time to live, and SIGTERM before SIGKILL. It knows nothing of the
//! clients of this project: it is their judge, so its wire format is written from the description of the API.
//!
//! ```
//! use matchport_emulator::{Backend, Config, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), matchport_emulator::StartError> {
//! // `Backend::Null` starts nothing, and so needs no program to start.
//! let config = Config { backend: Backend::Null, ..Config::default() };
//! let emulator = Emulator::builder(config).listen(([127, 0, 0, 1], 0).into()).tokens(["local"]).start().await?;
//! println!("POST {}/session", emulator.base_url());
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The rooms: `config` (what can be set), `model` (what the service would answer; pure), `sessions` (the model behind a
//! lock, with a clock), `backend` (processes and containers), `faults` (what goes wrong on purpose), `observe` (what happens, for whoever
//! looks on), `service` (all of these together), `http` (paths, requests, answers), `emulator` (start and shutdown),
//! `descriptors` (the limit of open files). Linux and macOS; a game server's descendants that leave its process group are ended
//! on Linux only. The feature `containers` is what [`Backend::Docker`] needs.

mod backend;
mod bell;
mod clock;
mod config;
pub mod demo_server;
mod descriptors;
mod emulator;
mod error;
mod faults;
mod http;
mod model;
mod observe;
mod service;
mod sessions;

pub use config::{
    Answer, Backend, Config, ConfigError, ConfigErrors, ContainerPort, EngineAddress, Env, FaultRule, Image, Location,
    LocationState, Operation, Permission, PortRange, Program, Protocol, Secret, Tag, Token, TtlForm,
};
pub use descriptors::allow_many_files;
pub use emulator::{Builder, Emulator};
pub use error::StartError;
