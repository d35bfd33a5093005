//! What emulator this is, for whoever looks on.

use serde::Serialize;

use crate::config::{Backend, Config};

/// The backend without game servers.
const NULL: &str = "null";

/// What emulator this is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    version: &'static str,
    backend: &'static str,
    /// How many sessions may be alive at once; `None` is no limit.
    quota: Option<usize>,
    /// The most that is kept of one session's log, in bytes.
    log_limit: usize,
}

impl About {
    pub(crate) fn new(config: &Config) -> Self {
        let backend = match config.backend {
            Backend::Process => "process",
            Backend::Docker => "docker",
            Backend::Null => NULL,
        };
        let (quota, log_limit) = (config.quota, config.log_limit);
        Self { version: env!("CARGO_PKG_VERSION"), backend, quota, log_limit }
    }

    /// Whether game servers stand behind sessions.
    pub(super) fn has_servers(&self) -> bool {
        self.backend != NULL
    }
}
