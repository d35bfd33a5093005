//! For matchport's own tests and benches: a model of the service, the faults between it and an engine, and a world
//! that runs both on a virtual clock; and the measuring of ratios. No product code depends on it.

pub mod fault;
pub mod measure;
pub mod network;
mod reply;
pub mod service;
pub mod world;

pub use fault::Fault;
pub use network::Network;
pub use service::{Reply, Service};
pub use world::World;
