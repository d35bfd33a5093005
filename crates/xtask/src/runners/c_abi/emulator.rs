//! A running emulator, for as long as the tests need it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long it may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ended when dropped; its game servers end with it.
pub(in crate::runners) struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    pub(in crate::runners) fn start(matchport: &Path, folder: &Path) -> Result<Self> {
        Self::with(matchport, folder, &[])
    }

    /// With more options.
    pub(in crate::runners) fn with(matchport: &Path, folder: &Path, options: &[&str]) -> Result<Self> {
        let ready = folder.join("emulator.ready");
        // Of an emulator that was killed.
        let _ = fs::remove_file(&ready);
        let mut command = Command::new(matchport);
        command
            .args(["emulator", "--listen", "127.0.0.1:0", "--token", "local", "--ready-file"])
            .arg(&ready)
            .args(options);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot start {}", matchport.display()))?;
        let mut emulator = Self { child, url: String::new() };
        let start = Instant::now();
        while emulator.url.is_empty() {
            if let Some(status) = emulator.child.try_wait()? {
                bail!("the emulator ended at once: {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("the emulator is not ready after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
            // The file appears whole.
            emulator.url = fs::read_to_string(&ready).unwrap_or_default().trim().to_owned();
        }
        Ok(emulator)
    }

    pub(in crate::runners) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
