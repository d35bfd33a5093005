//! The life of one session's process, from the start to the last of it: a task for each. It starts the process, says
//! when it is ready, takes its output, ends it when asked, starts it again when the session wants that, reaps it.
//!
//! What a status means and whether a process comes again is decided in `model`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::unix::pipe;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::log::Log;
use super::spawn::{ExitWatch, Process, Recipe};
use super::{Processes, Run, log_file};
use crate::config::Answer;
use crate::model::{AfterExit, Exit, Fault, FaultKind, Violation};

/// The pause before the first restart; it doubles each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// A process that ran for this long was well, and the pause begins anew.
const WELL_AFTER: Duration = Duration::from_secs(10);
/// How much output is taken before others get their turn, in reads of [`READ`] bytes.
const READS_IN_A_ROW: usize = 16;
const READ: usize = 16 * 1024;
/// How much is taken of the output that is left when a process has ended. A pipe never holds more.
const MOST_LEFT_READS: usize = 64;

/// What a start is answered with: nothing more to say than that it was started, or a refusal.
pub(super) type StartAnswer = oneshot::Sender<Result<(), Fault>>;

/// Sees a session through.
pub(super) async fn supervise(processes: Arc<Processes>, run: Arc<Run>, recipe: Arc<Recipe>, answer: StartAnswer) {
    let mut answer = Some(answer);
    let mut backoff = FIRST_BACKOFF;
    loop {
        let began = Instant::now();
        // Before there is a process, so that the watch is awake when it binds.
        let bound = processes.ports.all_bound(&run.facts.ports);
        let exit = match start(&processes, &recipe).await {
            Ok((process, output)) => {
                let mut life = Life { processes: &processes, run: &run, answer: &mut answer };
                life.live(process, output, bound).await
            }
            Err(error) => match answer.take() {
                // Nobody has been told of this session yet, so it can be refused.
                Some(answer) => return refuse(&processes, &run, &error, answer),
                None => {
                    run.log.append(format!("[the game server could not be started again: {error}]\n").as_bytes());
                    Exit::Killed
                }
            },
        };
        tracing::debug!(session = %run.facts.id, ?exit, "a game server has ended");
        let after = finish_if_ended(&processes, &run, exit).await;
        if after == AfterExit::Ended {
            break;
        }
        if let Some(answer) = answer.take() {
            // It has ended before it was ready, which is worth an answer. The one who asked may have hung up.
            let _ = answer.send(Ok(()));
        }
        if began.elapsed() >= WELL_AFTER {
            backoff = FIRST_BACKOFF;
        }
        let was_stopped = tokio::time::timeout(backoff, run.stop.notified()).await.is_ok();
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
        if was_stopped {
            finish_if_ended(&processes, &run, Exit::Code(0)).await;
            break;
        }
    }
    if let Some(answer) = answer {
        // The one who asked may have hung up.
        let _ = answer.send(Ok(()));
    }
    processes.sweeper.add(run.facts.number);
}

async fn start(processes: &Arc<Processes>, recipe: &Arc<Recipe>) -> io::Result<(Process, pipe::Receiver)> {
    let (recipe, keeper) = (Arc::clone(recipe), Arc::clone(&processes.keeper));
    // It blocks until the program is loaded, which must not hold up others.
    tokio::task::spawn_blocking(move || recipe.start(&keeper)).await.map_err(io::Error::other)?
}

/// Tells the model of an exit. All output was taken before, so the log is complete when the session is seen to have
/// ended.
async fn finish_if_ended(processes: &Arc<Processes>, run: &Arc<Run>, exit: Exit) -> AfterExit {
    let after = processes.sessions.process_exited(&run.facts, exit);
    if after == AfterExit::Ended {
        let file = run.folder().as_deref().map(log_file);
        if !run.log.is_long() {
            run.log.end(None);
        } else {
            // It holds on to the data directory until the file is written.
            let (run, processes) = (Arc::clone(run), Arc::clone(processes));
            let moving = tokio::task::spawn_blocking(move || {
                run.log.end(file.as_deref());
                drop(processes);
            });
            if moving.await.is_err() {
                tracing::error!("moving a log to a file was broken off");
            }
        }
    }
    after
}

fn refuse(processes: &Processes, run: &Run, error: &io::Error, answer: StartAnswer) {
    tracing::warn!(%error, session = %run.facts.id, image = %run.facts.image.name, "a game server can't be started");
    let errno = rustix::io::Errno::from_io_error(error);
    let fault = match errno {
        Some(rustix::io::Errno::TOOBIG) => Fault::invalid(vec![Violation {
            field: "args".to_owned(),
            description: "are, together with env, more than the system passes to a process".to_owned(),
        }]),
        Some(
            rustix::io::Errno::AGAIN | rustix::io::Errno::NOMEM | rustix::io::Errno::MFILE | rustix::io::Errno::NFILE,
        ) => Fault::new(
            FaultKind::CapacityUnavailable,
            "no capacity",
            "this machine has no room for another process; stop a session, or raise its limits",
        ),
        _ => {
            let image = &run.facts.image.name;
            let details =
                format!("the command of the image {image} could not be started: {error}; nothing was started");
            Fault::new(FaultKind::ServiceUnavailable, "the game server could not be started", details)
        }
    };
    processes.remove(run.facts.number);
    processes.sessions.model().withdraw(&run.facts);
    // The one who asked may have hung up.
    let _ = answer.send(Err(fault));
}

/// One process of a session.
struct Life<'s> {
    processes: &'s Arc<Processes>,
    run: &'s Arc<Run>,
    answer: &'s mut Option<StartAnswer>,
}

impl Life<'_> {
    /// Stays with the process until it is reaped.
    async fn live(&mut self, process: Process, output: pipe::Receiver, bound: oneshot::Receiver<()>) -> Exit {
        let facts = &self.run.facts;
        let mut exit = match ExitWatch::new(process.id()) {
            Ok(watch) => watch,
            Err(error) => {
                tracing::error!(%error, "a game server can't be watched and is ended");
                return process.reap();
            }
        };
        let began = Instant::now();
        let mut bound = Some(bound);
        if facts.image.answer == Answer::Spawned {
            self.answer();
        }
        let answer_at = began + self.processes.settings.bind_timeout;
        let mut runs_at = None;
        let mut kill_at = None;
        let mut is_readable = true;
        let stop: &Notify = &self.run.stop;
        loop {
            tokio::select! {
                biased;
                () = exit.exited() => break,
                () = stop.notified(), if kill_at.is_none() => {
                    process.signal(Signal::TERM);
                    kill_at = Some(Instant::now() + self.processes.settings.grace);
                }
                () = sleep_until(kill_at.unwrap_or(began)), if kill_at.is_some() => {
                    tracing::info!(session = %facts.id, "a game server didn't end in time and is killed");
                    process.signal(Signal::KILL);
                    // Its exit is the next thing to come; were it stuck in the kernel, this repeats now and then.
                    kill_at = Some(Instant::now() + Duration::from_secs(1));
                }
                seen = all_bound(&mut bound), if bound.is_some() => {
                    bound = None;
                    if seen {
                        let delay = facts.image.ready_delay;
                        if delay.is_zero() {
                            self.processes.sessions.model().process_runs(facts);
                        } else {
                            runs_at = Some(Instant::now() + delay);
                        }
                        self.answer();
                    }
                }
                () = sleep_until(runs_at.unwrap_or(began)), if runs_at.is_some() => {
                    runs_at = None;
                    self.processes.sessions.model().process_runs(facts);
                }
                () = sleep_until(answer_at), if self.answer.is_some() => {
                    tracing::info!(session = %facts.id, "the ports are not bound yet; the start is answered all the same");
                    self.answer();
                }
                _ = output.readable(), if is_readable => {
                    is_readable = take(&output, &self.run.log, READS_IN_A_ROW);
                    tokio::task::yield_now().await;
                }
            }
        }
        let exit = process.reap();
        take_rest(&output, &self.run.log);
        exit
    }

    fn answer(&mut self) {
        if let Some(answer) = self.answer.take() {
            // The one who asked may have hung up.
            let _ = answer.send(Ok(()));
        }
    }
}

async fn all_bound(waiting: &mut Option<oneshot::Receiver<()>>) -> bool {
    match waiting {
        Some(bound) => bound.await.is_ok(),
        None => false,
    }
}

/// Moves output to the log, as much as there is and `reads` allow; `false` when there will be no more.
fn take(output: &pipe::Receiver, log: &Log, reads: usize) -> bool {
    let mut buffer = [0u8; READ];
    for _ in 0..reads {
        match output.try_read(&mut buffer) {
            Ok(0) => return false,
            Ok(length) => log.append(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) => {
                tracing::warn!(%error, "output can't be read");
                return false;
            }
        }
    }
    true
}

/// Moves what is left of the output of a process that has ended to the log. Asks the pipe itself: `take` trusts what the
/// runtime has heard of it, and the runtime may hear of the exit first.
fn take_rest(output: &pipe::Receiver, log: &Log) {
    let mut buffer = [0u8; READ];
    for _ in 0..MOST_LEFT_READS {
        match rustix::io::read(output, &mut buffer) {
            Ok(0) | Err(rustix::io::Errno::AGAIN) => return,
            Ok(length) => log.append(&buffer[..length]),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return tracing::warn!(%error, "the rest of the output can't be read"),
        }
    }
}
