//! `allocate` and `resume`: the request from the options, the ticket kept on the way, Ctrl-C, and what came of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use matchport::{BoxError, Client};
use matchport_core::allocation::{AllocateRequest, Allocation, Failure, Phase, Ticket, TtlPolicy, WaitFor, WhenFull};
use matchport_core::environment::Environment;
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::SessionId;
use matchport_core::placement::{Figure, LatencyCap, PlacementPolicy};

use crate::args::player::players;
use crate::args::values::{environment, milliseconds, missing_sample, own_variable, pairs};
use crate::args::{AllocateArgs, Connection, FigureChoice, ResumeArgs, WaitChoice};
use crate::connect::Target;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::interrupt::{Ended, until_settled};
use crate::output::{Output, explain};
use crate::progress::{ProgressLine, words};
use crate::ticket_file::{self, TicketFile};

/// `matchport allocate`.
pub(crate) async fn allocate(args: AllocateArgs, output: Output) -> Result<ExitCode, Fault> {
    let request = request(&args)?;
    let target = Target::of(args.connection)?;
    let client = target.client()?;
    let keeper = match args.ticket {
        Some(path) if path.symlink_metadata().is_ok() => return Err(taken(&path)),
        path => TicketKeeper::new(path.map(TicketFile::fresh)),
    };
    let line = ProgressLine::begin(output, "allocating");
    let (keep, tell) = (keeper.clone(), line.clone());
    let allocating = client
        .allocate(String::new())
        .request(request)
        .on_ticket(move |ticket| keep.clone().keep(ticket))
        .on_progress(move |progress| tell.say(words(&progress)));
    finish(Job { what: "allocate", target, client, keeper, line, output, settles: false }, allocating).await
}

/// `matchport resume`.
pub(crate) async fn resume(args: ResumeArgs, output: Output) -> Result<ExitCode, Fault> {
    let is_stdin = args.ticket == Path::new("-");
    let ticket = read_ticket(&args.ticket, is_stdin)?;
    let env = environment(&args.env, own_variable)?;
    let deadline_ms = args.deadline.as_deref().map(|text| milliseconds("--deadline", text)).transpose()?;
    let target = Target::of(connection(args.connection, &ticket)?)?;
    let client = target.client()?;
    let keeper = TicketKeeper::new((!is_stdin).then(|| TicketFile::resumed(args.ticket)));
    let line = ProgressLine::begin(output, "resuming");
    // A ticket that was being settled is settled, whatever is asked.
    let settles = args.settle || ticket.phase() == Phase::Settling;
    let (keep, tell) = (keeper.clone(), line.clone());
    let mut resuming = client
        .resume(ticket)
        .on_ticket(move |ticket| keep.clone().keep(ticket))
        .on_progress(move |progress| tell.say(words(&progress)));
    if !env.is_empty() {
        resuming = resuming.env(env);
    }
    if let Some(ms) = deadline_ms {
        resuming = resuming.deadline(Duration::from_millis(ms));
    }
    if args.settle {
        resuming = resuming.settle();
    }
    finish(Job { what: "resume", target, client, keeper, line, output, settles }, resuming).await
}

/// What the options ask for.
fn request(args: &AllocateArgs) -> Result<AllocateRequest, Fault> {
    let cap = args.max_latency.map(|limit_ms| LatencyCap {
        limit_ms,
        relax_ms_per_second: args.relax.unwrap_or_default(),
        ceiling_ms: args.relax_up_to,
    });
    let placement = PlacementPolicy {
        figure: match args.figure {
            FigureChoice::Median => Figure::Median,
            FigureChoice::Min => Figure::Min,
        },
        missing: missing_sample(&args.missing_sample)?,
        cap,
        worst_weight: args.worst_weight,
    };
    let mut request = AllocateRequest::new(args.image.as_str());
    request.players = players(&args.players)?;
    request.locations = (!args.locations.is_empty()).then(|| args.locations.clone());
    request.match_id = args.match_id.clone();
    request.session_id = args.session_id.as_deref().map(SessionId::new).transpose()?;
    request.env = environment(&args.env, own_variable)?;
    request.args = args.args.clone();
    request.labels = pairs("--label", &args.labels)?;
    request.version = args.version.clone();
    request.restart = args.restart.then_some(true);
    request.external_id = args.external_id.clone();
    request.ttl = match args.no_ttl {
        true => TtlPolicy::Unlimited,
        false => TtlPolicy::EndAfter(args.ttl.parse()?),
    };
    request.placement = placement;
    request.waited_ms = milliseconds("--waited", &args.waited)?;
    request.deadline_ms = milliseconds("--deadline", &args.deadline)?;
    request.wait_for = match args.wait {
        WaitChoice::Running => WaitFor::Running,
        WaitChoice::Allocated => WaitFor::Allocated,
    };
    request.when_full = if args.fail_when_full { WhenFull::Fail } else { WhenFull::Wait };
    request.env_in_ticket = args.env_in_ticket;
    Ok(request)
}

/// The file of `--ticket` is there already.
fn taken(path: &Path) -> Fault {
    let shown = path.display();
    Fault::wrong_use(format!("--ticket {shown} is there already, and may be all that still knows of another server"))
        .next(format!("go on with it: matchport resume {shown} (with --settle to end it), or name another file"))
}

fn read_ticket(path: &Path, is_stdin: bool) -> Result<Ticket, Fault> {
    let text = match is_stdin {
        true => ticket_file::read(std::io::stdin().lock()),
        false => std::fs::File::open(path).and_then(ticket_file::read),
    };
    let shown = path.display();
    let text =
        text.map_err(|error| Fault::system(format!("can't read the ticket {shown}"), &error).exiting(Exit::WrongUse))?;
    Ok(Ticket::from_json(&text)?)
}

/// Without an address of the caller's, the one in the ticket, unless it could be anybody's: whoever can write the
/// ticket must not choose where the token goes.
fn connection(connection: Connection, ticket: &Ticket) -> Result<Connection, Fault> {
    if connection.names_address() {
        return Ok(connection);
    }
    let address = ticket.base_url();
    let known = [Environment::Sandbox, Environment::Production, Environment::Local];
    let environment: Environment = address.parse()?;
    let is_known = known.iter().any(|known| known.base_url() == environment.base_url());
    if !is_known && !environment.base_url().is_loopback() {
        return Err(Fault::wrong_use(format!("the ticket belongs to {address}, which was not named"))
            .next(format!("if that is where the token may go, add --base-url {address}")));
    }
    Ok(Connection { base_url: Some(address.to_owned()), ..connection })
}

/// Keeps the newest ticket, in the file if there is one.
#[derive(Clone)]
struct TicketKeeper(Arc<Mutex<Kept>>);

struct Kept {
    file: Option<TicketFile>,
    newest: Option<Ticket>,
}

impl TicketKeeper {
    fn new(file: Option<TicketFile>) -> Self {
        Self(Arc::new(Mutex::new(Kept { file, newest: None })))
    }

    async fn keep(self, ticket: Ticket) -> Result<(), BoxError> {
        // Waits for the disk.
        tokio::task::spawn_blocking(move || self.keep_now(ticket)).await?
    }

    fn keep_now(&self, ticket: Ticket) -> Result<(), BoxError> {
        let mut kept = self.lock();
        if let Some(file) = &mut kept.file {
            file.keep(&ticket).map_err(|error| format!("{}: {error}", file.path().display()))?;
        }
        kept.newest = Some(ticket);
        Ok(())
    }

    /// The file, when there is one.
    fn path(&self) -> Option<PathBuf> {
        self.lock().file.as_ref().map(|file| file.path().to_owned())
    }

    /// Says what to do when something may be left: the command to type, and the ticket itself when no file holds it.
    fn advise(&self, fault: Fault, ticket: Option<&Ticket>, target: &Target) -> Fault {
        if let Some(path) = self.path() {
            let resume = target.command(&format!("resume {}", path.display()));
            return fault.next(format!("{resume} (add --settle to end it instead)"));
        }
        let kept = self.lock();
        let Some(ticket) = ticket.or(kept.newest.as_ref()) else { return fault };
        let resume = target.command("resume FILE");
        fault
            .next(format!("save the line below to FILE and type: {resume} (add --settle to end it instead)"))
            .attach(ticket.to_json())
    }

    /// Nothing is left to settle: the file has done its work.
    fn remove(&self, output: Output) {
        if let Some(file) = &mut self.lock().file
            && let Err(error) = file.remove()
        {
            output.note(&format!(
                "warning: the ticket {} is no longer needed, and stays: {error}",
                file.path().display()
            ));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An allocation and all that goes with it.
struct Job {
    what: &'static str,
    target: Target,
    client: Client,
    keeper: TicketKeeper,
    line: ProgressLine,
    output: Output,
    /// It was asked to end what there may be, not to get a session.
    settles: bool,
}

/// Waits for the end, or for Ctrl-C and then for the end.
async fn finish(
    job: Job,
    allocating: impl IntoFuture<Output = Result<Allocation, Failure>>,
) -> Result<ExitCode, Fault> {
    let ended = until_settled(&job.client, allocating.into_future(), &job.line, job.output).await?;
    job.line.end();
    match ended {
        Ended::Undisturbed(result) => job.ended(result, false),
        Ended::Interrupted(result) => job.ended(result, true),
        Ended::Abandoned => Err(job.abandoned()),
    }
}

impl Job {
    fn ended(self, result: Result<Allocation, Failure>, is_interrupted: bool) -> Result<ExitCode, Fault> {
        match result {
            Ok(allocation) => self.succeeded(&allocation),
            Err(failure) => self.failed(failure, is_interrupted),
        }
    }

    fn succeeded(self, allocation: &Allocation) -> Result<ExitCode, Fault> {
        let printed = match self.output.is_json() {
            true => self.output.json(allocation),
            false => self.output.text(&explain::allocation(allocation)),
        };
        // As long as nobody has been told of the session, the ticket is still good for something.
        printed.map_err(|error| {
            let what = format!("the session {} runs, and stdout can't be written to", allocation.id);
            Fault::system(what, &error).loud().next(self.target.command(&format!("describe {}", allocation.id)))
        })?;
        self.keeper.remove(self.output);
        Ok(ExitCode::SUCCESS)
    }

    fn failed(self, failure: Failure, is_interrupted: bool) -> Result<ExitCode, Fault> {
        let Failure { mut error, ticket, report } = failure;
        if is_interrupted && error.code == ErrorCode::ShutDown {
            error.code = ErrorCode::Cancelled;
            error.message = match ticket.is_some() {
                true => "interrupted; a server may have been left running".to_owned(),
                false => "interrupted; nothing is left".to_owned(),
            };
        }
        let is_settled = ticket.is_none();
        // Nothing was sent for an input that was refused: the ticket it came from is as good as before.
        let is_refused_input = matches!(error.code, ErrorCode::InvalidInput | ErrorCode::InvalidTicket);
        if is_settled && !is_refused_input {
            self.keeper.remove(self.output);
        }
        if self.settles && is_settled && error.code == ErrorCode::Cancelled && !is_interrupted {
            return self.settled(report.as_deref());
        }
        if !self.output.is_json()
            && let Some(report) = &report
        {
            self.output.note(&format!("{}\n", explain::report(report, None)));
        }
        let exit = Exit::of(&error, false, !is_settled);
        let has_ended = error.code == ErrorCode::SessionEnded;
        let mut fault = self.target.fault(self.what, error, exit);
        if let (true, Some(report)) = (has_ended, &report) {
            fault = fault.next(format!("see why: {}", self.target.command(&format!("logs {}", report.session))));
        }
        if !is_settled {
            fault = self.keeper.advise(fault, ticket.as_deref(), &self.target);
        }
        Err(fault.with(ticket, report))
    }

    /// `resume --settle` did what it was asked for.
    fn settled(self, report: Option<&matchport_core::allocation::Report>) -> Result<ExitCode, Fault> {
        let session = report.map(|report| report.session.as_str());
        match self.output.is_json() {
            true => self.output.json(&serde_json::json!({ "settled": true, "id": session, "report": report }))?,
            false => self.output.text("settled: no server is left")?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Ctrl-C for the second time.
    fn abandoned(self) -> Fault {
        let ticket = self.keeper.lock().newest.clone();
        let outcome = if ticket.is_some() { Outcome::Unknown } else { Outcome::NotSent };
        let error = Error::new(ErrorCode::Cancelled, outcome, "interrupted twice");
        let exit = Exit::of(&error, false, ticket.is_some());
        let fault = Fault::operation(format!("can't settle at {}", self.target.base_url()), error, exit);
        let fault = self.keeper.advise(fault, ticket.as_ref(), &self.target);
        fault.with(ticket.map(Box::new), None)
    }
}
