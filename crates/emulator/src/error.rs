//! Why an emulator could not be started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigErrors;

/// Why an emulator could not be started. Nothing of it is left running then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration has mistakes.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// Others could reach it, and there is no token that they don't know.
    #[error(
        "{0} can be reached from other machines, and the token would be the well-known `local`; give a token of your own, or listen on 127.0.0.1"
    )]
    AddressNeedsToken(SocketAddr),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}; choose another port, or 0 for any that is free")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// An image runs the built-in game server, and nobody said how that is started.
    #[error(
        "the image `{image}` runs the built-in game server, whose command line was not given; give it with `Builder::demo_server`, or the image a `command`"
    )]
    NoDemoServer {
        /// The image.
        image: String,
    },
    /// The program of an image isn't there, or is none.
    #[error("the image `{image}` runs `{program}`, which is no program that can be run; correct its `command`")]
    NoProgram {
        /// The image.
        image: String,
        /// The program.
        program: String,
    },
    /// The data directory can't be made or used.
    #[error("the data directory {path} can't be used: {source}", path = path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The ready file can't be written.
    #[error("the ready file {path} can't be written: {source}", path = path.display())]
    ReadyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A container engine can't be used.
    #[error("the container engine {address} can't be used: {problem}")]
    Engine {
        /// Where it is.
        address: String,
        /// Why not, and what to do.
        problem: String,
    },
    /// The configuration asks for containers, and this program was built without them.
    #[error(
        "this program was built without containers; build it with the feature `containers`, or use another `backend`"
    )]
    NoContainers,
    /// The folder in which emulators know of each other can't be used.
    #[error("the state directory {path} can't be used: {source}", path = path.display())]
    StateDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The process that ends game servers when the emulator is killed can't be started, or a thread.
    #[error("what looks after game servers can't be started: {0}")]
    Backend(io::Error),
}
