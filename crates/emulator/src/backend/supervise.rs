//! The life of one session's game server, from the start to the last of it: a task for each. It says when the game server
//! is ready, ends it when asked, and starts it again when the session wants that. What a game server is, is up to a
//! [`Host`]; what a status means and whether one comes again is decided in `model`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::log::Log;
use super::supervised::{Run, Supervised};
use crate::config::Answer;
use crate::model::{AfterExit, Exit, Fault};

/// The pause before the first restart; it doubles each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// A game server that ran for this long was well, and the pause begins anew.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// What a start is answered with: nothing more to say than that it was started, or a refusal.
pub(super) type StartAnswer = oneshot::Sender<Result<(), Fault>>;

/// What runs game servers.
pub(crate) trait Host: Sized + Send + Sync + 'static {
    /// What it keeps of a session, from its first game server to its being forgotten.
    type Kept: Default + Send + Sync + 'static;
    type Server: GameServer;

    /// Starts the game server of a session for the first time, or again. `None` when a stop came before there was one.
    /// What takes long may answer the start before it is done.
    fn start(
        &self,
        run: &Run<Self::Kept>,
        answer: &mut Answering,
    ) -> impl Future<Output = Result<Option<Self::Server>, NoStart>> + Send;

    /// Where the log of a session goes when it is long.
    fn log_file(&self, run: &Run<Self::Kept>) -> Option<PathBuf>;

    /// The session has ended, and so has its last game server; when it was lost, nobody knows.
    fn ended(&self, run: &Run<Self::Kept>, was_lost: bool);
}

/// A game server that was started. Dropped, it is killed, as far as that can be done without waiting.
pub(crate) trait GameServer: Send {
    /// The next thing that happens to it. May be dropped at any time. Meanwhile its output goes to the log.
    fn next(&mut self, log: &Log) -> impl Future<Output = Event> + Send;

    fn signal(&mut self, signal: Signal);

    /// To be called after [`Event::Exited`]: moves what is left of its output to the log, and says how it ended.
    fn finish(self, log: &Log) -> impl Future<Output = Exit> + Send;
}

/// What happens to a game server.
#[cfg_attr(
    not(feature = "containers"),
    expect(dead_code, reason = "processes are on this machine, which is never lost")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Players can join. At most once.
    Ready,
    /// Its machine can't be reached.
    Lost,
    /// Its machine can be reached again, and it runs.
    Found,
    /// It has ended.
    Exited,
}

/// How a game server is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Term,
    Kill,
}

/// Why there is no game server.
#[derive(Debug)]
pub(crate) struct NoStart {
    /// What is wrong, for the log of a session that was started before.
    pub(super) reason: String,
    /// What a start is answered with.
    pub(super) fault: Fault,
}

/// The answer to a start, as long as it was not given.
pub(crate) struct Answering(Option<StartAnswer>);

impl Answering {
    /// Says that the session was started, unless it was said before.
    pub(super) fn started(&mut self) {
        if let Some(answer) = self.0.take() {
            // The one who asked may have hung up.
            let _ = answer.send(Ok(()));
        }
    }

    /// Whether it was not given yet.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }
}

/// Sees a session through.
pub(super) async fn supervise<H: Host>(all: Arc<Supervised<H>>, run: Arc<Run<H::Kept>>, answer: StartAnswer) {
    let mut answer = Answering(Some(answer));
    let mut backoff = FIRST_BACKOFF;
    let mut was_lost = false;
    loop {
        let began = Instant::now();
        let exit = match all.host.start(&run, &mut answer).await {
            Ok(Some(server)) => {
                Life { all: &all, run: &run, answer: &mut answer, was_lost: &mut was_lost }.live(server).await
            }
            Ok(None) => Exit::Code(0),
            Err(NoStart { reason, fault }) => match answer.0.take() {
                // Nobody has been told of this session yet, so it can be refused.
                Some(answer) => {
                    let facts = &run.facts;
                    tracing::warn!(reason, session = %facts.id, image = %facts.image.name, "a game server can't be started");
                    all.remove(facts.number);
                    all.sessions.model().withdraw(facts);
                    // The one who asked may have hung up.
                    let _ = answer.send(Err(fault));
                    return;
                }
                None => {
                    run.log.append(format!("[the game server could not be started: {reason}]\n").as_bytes());
                    Exit::Killed
                }
            },
        };
        tracing::debug!(session = %run.facts.id, ?exit, "a game server has ended");
        let after = finish_if_ended(&all, &run, exit).await;
        if after == AfterExit::Ended {
            break;
        }
        // It may have ended before it was ready, which is worth an answer.
        answer.started();
        if began.elapsed() >= WELL_AFTER {
            backoff = FIRST_BACKOFF;
        }
        let was_stopped = tokio::time::timeout(backoff, run.stop.notified()).await.is_ok();
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
        if was_stopped {
            finish_if_ended(&all, &run, Exit::Code(0)).await;
            break;
        }
    }
    answer.started();
    all.host.ended(&run, was_lost);
}

/// Tells the model of an exit. All output was taken before, so the log is complete when the session is seen to have
/// ended.
async fn finish_if_ended<H: Host>(all: &Arc<Supervised<H>>, run: &Arc<Run<H::Kept>>, exit: Exit) -> AfterExit {
    let after = all.sessions.process_exited(&run.facts, exit);
    if after == AfterExit::Ended {
        if !run.log.is_long() {
            run.log.end(None);
        } else {
            let file = all.host.log_file(run);
            // It holds on to the data directory until the file is written.
            let (run, all) = (Arc::clone(run), Arc::clone(all));
            let moving = tokio::task::spawn_blocking(move || {
                run.log.end(file.as_deref());
                drop(all);
            });
            if moving.await.is_err() {
                tracing::error!("moving a log to a file was broken off");
            }
        }
    }
    after
}

/// One game server of a session.
struct Life<'s, H: Host> {
    all: &'s Arc<Supervised<H>>,
    run: &'s Arc<Run<H::Kept>>,
    answer: &'s mut Answering,
    /// Whether its machine is lost.
    was_lost: &'s mut bool,
}

impl<H: Host> Life<'_, H> {
    /// Stays with the game server until it is gone.
    async fn live(&mut self, mut server: H::Server) -> Exit {
        let (facts, settings) = (&self.run.facts, self.all.settings);
        let began = Instant::now();
        if facts.image.answer == Answer::Spawned {
            self.answer.started();
        }
        let answer_at = began + settings.bind_timeout;
        let mut runs_at = None;
        let mut kill_at = None;
        let mut is_ready = false;
        *self.was_lost = false;
        let stop: &Notify = &self.run.stop;
        loop {
            tokio::select! {
                biased;
                event = server.next(&self.run.log) => match event {
                    Event::Exited => break,
                    Event::Ready => {
                        let delay = facts.image.ready_delay;
                        if delay.is_zero() {
                            is_ready = true;
                            self.all.sessions.model().process_runs(facts);
                        } else {
                            runs_at = Some(Instant::now() + delay);
                        }
                        self.answer.started();
                    }
                    Event::Lost => {
                        *self.was_lost = true;
                        self.all.sessions.model().machine_lost(facts);
                    }
                    Event::Found => {
                        *self.was_lost = false;
                        self.all.sessions.model().machine_found(facts, is_ready);
                    }
                },
                () = stop.notified(), if kill_at.is_none() => {
                    server.signal(Signal::Term);
                    kill_at = Some(Instant::now() + settings.grace);
                }
                () = sleep_until(kill_at.unwrap_or(began)), if kill_at.is_some() => {
                    tracing::info!(session = %facts.id, "a game server didn't end in time and is killed");
                    server.signal(Signal::Kill);
                    // Its exit is the next thing to come; were it stuck in the kernel, this repeats now and then.
                    kill_at = Some(Instant::now() + Duration::from_secs(1));
                }
                () = sleep_until(runs_at.unwrap_or(began)), if runs_at.is_some() => {
                    (runs_at, is_ready) = (None, true);
                    self.all.sessions.model().process_runs(facts);
                }
                () = sleep_until(answer_at), if self.answer.is_open() => {
                    tracing::info!(session = %facts.id, "the game server is not ready yet; the start is answered all the same");
                    self.answer.started();
                }
            }
        }
        server.finish(&self.run.log).await
    }
}
