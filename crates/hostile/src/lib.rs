//! Hostile input: one function for each thing that reads what others wrote. A function takes any bytes and panics when a
//! promise is broken; that it neither hangs nor grows is watched by whoever calls it.
//!
//! Two call them: the fuzzer (`fuzz/`, `cargo xtask fuzz`), which looks for new inputs, and the program of this crate
//! (`cargo xtask test fuzz`), which replays the kept corpus and a number of mutations of it with the stable toolchain.
//!
//! Sequences of calls are made of the bytes: each action is one, and what it needs is read from those that follow.
//! Actions have letters, so that a corpus can be written by hand; every other byte means one of them as well.

mod answers;
mod bodies;
mod c_abi;
mod choices;
mod configuration;
mod engine;
mod json;
pub mod replay;
mod routes;
mod ticket;

/// Something that reads, and the function that gives it hostile input.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of the target, of its fuzzer and of its folder in the corpus.
    pub name: &'static str,
    /// Panics when a promise is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "json", run: json::run },
    Target { name: "answers", run: answers::run },
    Target { name: "ticket", run: ticket::run },
    Target { name: "engine", run: engine::run },
    Target { name: "configuration", run: configuration::run },
    Target { name: "routes", run: routes::run },
    Target { name: "c_abi", run: c_abi::run },
];

/// Gives a target one input. For the fuzzer.
///
/// # Panics
/// When there is no such target, or when it breaks a promise.
pub fn run(name: &str, input: &[u8]) {
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else { panic!("no target {name}") };
    (target.run)(input);
}
