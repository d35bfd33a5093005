//! `logs` and `artifacts`: what a game server wrote.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use futures_util::StreamExt;

use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::SessionId;
use tokio::io::AsyncWriteExt;

use crate::args::{ArtifactsArgs, LogsArgs};
use crate::connect::Target;
use crate::fault::Fault;
use crate::interrupt::Interrupts;
use crate::output::{Output, printable_line};
use crate::progress::ProgressLine;

/// `matchport logs`.
pub(crate) async fn logs(args: LogsArgs, output: Output) -> Result<ExitCode, Fault> {
    let id = SessionId::new(args.id)?;
    let target = Target::of(args.connection)?;
    let client = target.client()?;
    let mut lines = std::pin::pin!(client.logs(&id).follow(args.follow));
    let is_terminal = io::stdout().is_terminal();
    while let Some(line) = lines.next().await {
        let line = line.map_err(|error| target.asking("read the log", error))?;
        let mut stdout = io::stdout().lock();
        match (output.is_json(), is_terminal) {
            (true, _) => writeln!(stdout, "{}", serde_json::Value::String(line))?,
            (false, true) => writeln!(stdout, "{}", printable_line(&line))?,
            (false, false) => writeln!(stdout, "{line}")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `matchport artifacts`.
pub(crate) async fn artifacts(args: ArtifactsArgs, output: Output) -> Result<ExitCode, Fault> {
    let id = SessionId::new(args.id)?;
    let target = Target::of(args.connection)?;
    if args.file == Path::new("-") {
        return to_stdout(&target, &id, &args.path, output).await;
    }
    let shown = args.file.display().to_string();
    let cannot = |error: io::Error| Fault::system(format!("can't write {shown}"), &error).loud();
    // Beside the file that it becomes, so that it can take its place as a whole.
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut partial = tempfile::Builder::new();
    let partial =
        partial.prefix(".matchport-artifact-").permissions(permissions()).tempfile_in(folder).map_err(cannot)?;
    let mut file = tokio::fs::File::from_std(partial.reopen().map_err(cannot)?);
    // By itself a signal would leave the partial file behind.
    let mut interrupts = Interrupts::listen()?;
    let bytes = tokio::select! {
        bytes = download(&target, &id, &args.path, &mut file, output) => bytes?,
        () = interrupts.next() => {
            let error = Error::new(ErrorCode::Cancelled, Outcome::Refused, "interrupted");
            return Err(target.asking("download the artifact", error));
        }
    };
    file.sync_all().await.map_err(cannot)?;
    drop(file);
    partial.persist(&args.file).map_err(|error| cannot(error.error))?;
    match output.is_json() {
        true => output.json(&serde_json::json!({ "file": shown, "bytes": bytes }))?,
        false => output.text(&format!("{shown}: {bytes} bytes"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Bytes alone go to stdout, whatever `--output` says.
async fn to_stdout(target: &Target, id: &SessionId, path: &str, output: Output) -> Result<ExitCode, Fault> {
    if io::stdout().is_terminal() {
        return Err(
            Fault::wrong_use("a .tar.gz is no text for a terminal").next("name a file with -o FILE, or pipe it")
        );
    }
    download(target, id, path, &mut tokio::io::stdout(), output).await?;
    Ok(ExitCode::SUCCESS)
}

async fn download(
    target: &Target,
    id: &SessionId,
    path: &str,
    to: &mut (impl tokio::io::AsyncWrite + Unpin + Send),
    output: Output,
) -> Result<u64, Fault> {
    let line = ProgressLine::begin(output, "downloading");
    let tell = line.clone();
    let client = target.client()?;
    let result =
        client.artifact(id, path).on_progress(move |bytes| tell.say(format!("{bytes} bytes"))).write_to(to).await;
    line.end();
    let bytes = result.map_err(|error| target.asking("download the artifact", error))?;
    to.flush().await?;
    Ok(bytes)
}

/// What any new file would have, before the umask.
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}
