//! The emulator's containers for real: with Podman, which needs no service on this machine. Its engine is started here with
//! storage, settings and sockets of its own in a temporary folder, so that nothing of the machine's is used or changed, and all
//! of it is gone afterwards, which is a test too. Where no container can be run, the tests are skipped, and why is said.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::tally::Tally;
use super::{Context, Outcome, Runner, Skipped};
use crate::{artifact, counts, process, setup};

/// Commands of the shell in the image, which busybox has under these names.
const APPLETS: &[&str] = &["sh", "cat", "dd", "echo", "id", "kill", "ln", "mkdir", "mkfifo", "sleep", "wc"];
const IMAGE: &str = "localhost/matchport-game";
/// How long the engine may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Containers;

impl Runner for Containers {
    fn name(&self) -> &'static str {
        "containers"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        let skipped = |error: anyhow::Error| Skipped(format!("no container can be run here: {error:#}"));
        if !cfg!(target_os = "linux") {
            return Err(Skipped("no container can be run here: Podman needs Linux".to_owned()).into());
        }
        install(context.may_install).map_err(skipped)?;
        let options = ["--package", "matchport-emulator", "--bin", "matchport-demo-server"];
        let game_server = artifact::build(context.workspace, &options, "matchport-demo-server", "")?;
        let mut podman = Podman::start()?;
        podman.make_image(&game_server)?;
        podman.can_run().map_err(skipped)?;

        let mut test = context.workspace.cargo(["test", "--package", "matchport-emulator", "--features", "containers"]);
        // The helper is run by a test, as a process that is killed.
        test.args([
            "--test",
            "containers",
            "--",
            "--ignored",
            "--nocapture",
            "--skip",
            "helper_",
            "--test-threads",
            "2",
        ]);
        test.env("MATCHPORT_TEST_ENGINE", podman.address()).env("MATCHPORT_TEST_IMAGE", IMAGE);
        test.env("MATCHPORT_TEST_PODMAN", podman.words().join("\n")).env("CONTAINERS_CONF", podman.settings());
        let finished = process::watch(&mut test)?;
        let mut outcome = Outcome::new(counts::of_libtest(&finished.output), &finished);
        let figure = finished.output.lines().find_map(|line| line.split_once("figure: "));
        outcome.note = outcome.note.or(figure.map(|(_, figure)| figure.to_owned()));
        let mut tally = Tally::default();
        tally.add("no container, mount or process is left", podman.end());
        outcome.counts.passed += tally.0.passed;
        outcome.counts.failed += tally.0.failed;
        Ok(outcome)
    }
}

fn install(may_install: bool) -> Result<()> {
    setup::debian_programs(&[("podman", "podman"), ("runc", "runc")], may_install)?;
    // Programs that are not in PATH, or have another way to be asked whether they are there.
    let is_there = |folders: &[&str], name: &str| folders.iter().any(|folder| Path::new(folder).join(name).exists());
    let programs = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];
    let mut missing = Vec::new();
    if !is_there(&["/usr/lib/podman", "/usr/libexec/podman"], "netavark") {
        missing.push("netavark");
    }
    if !is_there(&programs, "iptables") {
        missing.push("iptables");
    }
    if !is_there(&programs, "busybox") {
        missing.push("busybox-static");
    }
    if !missing.is_empty() {
        setup::debian_packages(&missing, may_install)?;
    }
    if process::capture(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("these tests need root: containers of other users have another network, and another set of rights");
    }
    Ok(())
}

/// An engine with everything that belongs to it.
struct Podman {
    folder: PathBuf,
    service: Option<Child>,
}

impl Podman {
    fn start() -> Result<Self> {
        // A short path: it becomes a part of those of sockets.
        let folder = std::env::temp_dir().join(format!("matchport-podman-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut podman = Self { folder, service: None };
        let inside = |name: &str| podman.folder.join(name).display().to_string();
        // Modest limits and the older ways of grouping processes work with fewer rights than Podman takes for granted.
        let settings = format!(
            "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\n\
             [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
             events_logfile_path = \"{}\"\nlock_type = \"file\"\ntmp_dir = \"{}\"\n\n\
             [network]\nnetwork_config_dir = \"{}\"\n",
            inside("events"),
            inside("tmp"),
            inside("networks"),
        );
        fs::write(podman.settings(), settings).context("cannot write Podman's settings")?;
        let mut service = podman.podman(&["system", "service", "--time=0", &podman.address()]);
        process::announce(&service);
        let quiet = service.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        podman.service = Some(quiet.spawn().context("cannot start Podman's service")?);
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(podman.folder.join("engine.sock")).is_err() {
            if began.elapsed() > PATIENCE {
                bail!("Podman's service doesn't answer after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(podman)
    }

    fn address(&self) -> String {
        format!("unix://{}", self.folder.join("engine.sock").display())
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("containers.conf")
    }

    /// The command line that leads to this storage.
    fn words(&self) -> Vec<String> {
        let inside = |name: &str| self.folder.join(name).display().to_string();
        let options = ["podman", "--root", &inside("root"), "--runroot", &inside("run"), "--storage-driver", "vfs"];
        options.map(str::to_owned).to_vec()
    }

    fn podman(&self, args: &[&str]) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args).env("CONTAINERS_CONF", self.settings());
        command
    }

    /// An image of the built-in game server and a shell, with the libraries that they need.
    fn make_image(&self, game_server: &Path) -> Result<()> {
        let root = self.folder.join("image");
        for folder in ["bin", "etc", "tmp", "proc", "dev", "sys"] {
            fs::create_dir_all(root.join(folder))?;
        }
        fs::write(root.join("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n")?;
        let found = ["/bin/busybox", "/usr/bin/busybox", "/usr/sbin/busybox"];
        let busybox = found.into_iter().map(Path::new).find(|path| path.exists()).context("there is no busybox")?;
        for (program, name) in [(busybox, "busybox"), (game_server, "matchport-demo-server")] {
            fs::copy(program, root.join("bin").join(name))
                .with_context(|| format!("cannot copy {}", program.display()))?;
            copy_libraries(program, &root)?;
        }
        for applet in APPLETS {
            symlink("busybox", root.join("bin").join(applet))?;
        }
        let archive = self.folder.join("image.tar");
        process::run(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&archive).arg("."))?;
        let entry_point = "ENTRYPOINT [\"/bin/matchport-demo-server\"]";
        let mut import = self.podman(&["import", "--change", entry_point, "--change", "CMD [\"--container\"]"]);
        process::capture(import.arg(&archive).arg(format!("{IMAGE}:v1"))).map(drop)
    }

    /// Runs one with a network and a port, which asks for everything that can be missing.
    fn can_run(&self) -> Result<()> {
        let image = format!("{IMAGE}:v1");
        let run = ["run", "--rm", "-p", "127.0.0.1::7777/udp", "--entrypoint", "/bin/id", &image];
        process::capture(&mut self.podman(&run)).map(drop)
    }

    /// Ends it, and looks whether anything is left.
    fn end(&mut self) -> Result<()> {
        let removed = process::capture(&mut self.podman(&["rm", "--all", "--force", "--time", "0"]));
        if let Some(mut service) = self.service.take() {
            service.kill().and_then(|()| service.wait()).context("cannot end Podman's service")?;
        }
        let left = removed?;
        let folder = self.folder.display().to_string();
        let mounts = fs::read_to_string("/proc/mounts").context("cannot read /proc/mounts")?;
        let mounts: Vec<_> = mounts.lines().filter(|line| line.contains(&folder)).collect();
        for mount in &mounts {
            let target = mount.split(' ').nth(1).unwrap_or_default();
            process::run(Command::new("umount").arg(target))?;
        }
        fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {folder}"))?;
        // Those that watch over containers end a moment after them.
        let began = Instant::now();
        let mut processes = mentioning(&folder);
        while !processes.is_empty() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
            processes = mentioning(&folder);
        }
        if !left.trim().is_empty() || !mounts.is_empty() || !processes.is_empty() {
            bail!("containers: {:?}; mounts: {mounts:?}; processes: {processes:?}", left.trim());
        }
        Ok(())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        if self.service.is_some()
            && let Err(error) = self.end()
        {
            eprintln!("error: {error:#}");
        }
    }
}

/// The ids of processes with this text in their command line.
fn mentioning(text: &str) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mentions = |folder: &Path| {
        fs::read(folder.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
    };
    let found = processes.flatten().filter(|entry| mentions(&entry.path()));
    found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Copies the libraries that a program is linked with to the places where it looks for them.
fn copy_libraries(program: &Path, root: &Path) -> Result<()> {
    // It fails for a program that needs none.
    let Ok(list) = process::capture(Command::new("ldd").arg(program)) else { return Ok(()) };
    // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`, `/lib64/ld-linux-x86-64.so.2 (0x...)`
    for library in list.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/'))) {
        let copy = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(copy.parent().context("a library without a folder")?)?;
        fs::copy(library, copy).with_context(|| format!("cannot copy {library}"))?;
    }
    Ok(())
}
