//! `matchport emulator` as a process of its own, and what it leaves behind. Linux only: processes are found in /proc.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

use crate::service::Judge;

/// Longer than anything here takes, on a machine with two cores.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// In the environment of all game servers of one emulator.
const MARK: &str = "MATCHPORT_PROOF_FAMILY";

/// Game servers are processes, and little is kept of them once they have ended.
pub(crate) const PROCESSES: &str = "retention = '1s'\nretained_sessions = 100\ngrace = '2s'\nbind_timeout = '60s'\n";
/// Sessions are entries only.
pub(crate) const NOTHING: &str = "backend = 'null'\nretention = '1s'\nretained_sessions = 100\n";

/// A running emulator. Dropped, it is killed.
pub(crate) struct Running {
    pub(crate) judge: Judge,
    pub(crate) base_url: String,
    child: Child,
    family: String,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts one with this configuration and the built-in game server.
    pub(crate) async fn start(matchport: &Path, config: &str) -> Result<Self> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let family = format!("{}-{number}", std::process::id());
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("emulator.toml");
        let image = format!("[[image]]\nname = 'demo'\nports = ['7777/udp']\nenv = {{ {MARK} = '{family}' }}\n");
        tokio::fs::write(&file, format!("{config}{image}")).await?;
        let ready = folder.path().join("ready");
        let mut command = Command::new(matchport);
        command.args(["emulator", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path().join("data"));
        command.arg("--config").arg(&file).arg("--ready-file").arg(&ready);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("the emulator does not start")?;
        let begin = Instant::now();
        let base_url = loop {
            if let Ok(text) = tokio::fs::read_to_string(&ready).await {
                break text.trim().to_owned();
            }
            if let Some(status) = child.try_wait()? {
                bail!("the emulator ended: {status}");
            }
            if begin.elapsed() > PATIENCE {
                bail!("the emulator does not get ready");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        Ok(Self { judge: Judge::of(&base_url)?, base_url, child, family, _folder: folder })
    }

    /// Its resident memory.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        let id = self.child.id().context("the emulator has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no memory in /proc")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Its game servers that are alive.
    pub(crate) fn game_servers(&self) -> usize {
        let wanted = format!("{MARK}={}", self.family);
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let is_one = |entry: &std::fs::DirEntry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
        };
        entries.filter(is_one).count()
    }

    /// Waits until it has no game server; how many there still are when it takes too long.
    pub(crate) async fn no_game_server(&self) -> usize {
        let begin = Instant::now();
        loop {
            let left = self.game_servers();
            if left == 0 || begin.elapsed() > PATIENCE {
                return left;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends SIGKILL and waits for its end.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("the emulator can't be killed")
    }

    /// Ends it in good order.
    pub(crate) async fn end(mut self) -> Result<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.context("the emulator has ended")?, rustix::process::Signal::TERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the emulator does not end")??;
        if !status.success() {
            bail!("the emulator ended with {status}");
        }
        Ok(())
    }
}

/// As many open files as the system lets this process have; the emulator inherits it.
pub(crate) fn allow_many_files() -> Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
