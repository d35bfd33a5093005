//! One container of a session, from its start to its exit: what it writes, when it is ready, how it ends, and what happens
//! when its engine is gone. When to start and end one is decided in `supervise`.

use std::sync::Arc;
use std::time::Duration;

use bollard::query_parameters::WaitContainerOptions;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::engine::{Engine, EngineError, Look};
use super::output::Output;
use super::ready::Readiness;
use crate::backend::log::Log;
use crate::backend::supervise::{Event, GameServer, Signal};
use crate::model::Exit;

/// How long a container may take to end after SIGKILL, beside what its engine may take to answer.
const AFTER_KILL: Duration = Duration::from_secs(5);
/// Between two looks at a container about which the engine has said something odd.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// A container that was started.
pub(crate) struct Container {
    engine: Arc<Engine>,
    id: Arc<str>,
    /// Ends when the container does, or when the connection does.
    end: BoxStream<'static, ()>,
    output: Output,
    /// `None` when it is ready.
    readiness: Option<Readiness>,
    /// A look at the container that is on its way.
    look: Option<BoxFuture<'static, Result<Look, EngineError>>>,
    look_at: Option<Instant>,
    state: watch::Receiver<Result<(), EngineError>>,
    /// Why the engine is given up, and when.
    lost: Option<(EngineError, Instant)>,
    signals: FuturesUnordered<BoxFuture<'static, Result<(), EngineError>>>,
    /// After SIGKILL: when it is not waited for any longer.
    give_up_at: Option<Instant>,
}

impl Container {
    /// `output` is from before the start, `readiness` from after it.
    pub(super) fn new(engine: Arc<Engine>, id: Arc<str>, output: Output, readiness: Readiness) -> Self {
        Self {
            end: end(&engine, &id),
            output,
            readiness: Some(readiness),
            look: None,
            look_at: None,
            state: engine.state(),
            lost: None,
            signals: FuturesUnordered::new(),
            give_up_at: None,
            engine,
            id,
        }
    }

    fn begin_look(&mut self) {
        self.look_at = None;
        if self.look.is_none() {
            let (engine, id) = (Arc::clone(&self.engine), Arc::clone(&self.id));
            self.look = Some(async move { engine.look(&id).await }.boxed());
        }
    }

    /// What a look says; `None` when it says nothing new.
    fn take_look(&mut self, look: Result<Look, EngineError>) -> Option<Event> {
        match look {
            Ok(look) if !look.is_running => return Some(Event::Exited),
            Err(error) if error.is_not_found() => return Some(Event::Exited),
            Ok(look) => {
                if self.lost.take().is_some() {
                    // Both connections went with the engine.
                    self.end = end(&self.engine, &self.id);
                    self.output.again(&self.engine, &self.id);
                    return Some(Event::Found);
                }
                if self.readiness.as_mut().is_some_and(|readiness| readiness.is_ready(&look)) {
                    self.readiness = None;
                    return Some(Event::Ready);
                }
            }
            Err(error) => {
                self.look_at = Some(Instant::now() + BETWEEN_LOOKS);
                if self.lost.is_none() {
                    let until = Instant::now() + self.engine.deadline;
                    self.lost = Some((error, until));
                    return Some(Event::Lost);
                }
            }
        }
        None
    }

    fn give_up_at(&self) -> Option<Instant> {
        let lost = self.lost.as_ref().map(|(_, at)| *at);
        self.give_up_at.into_iter().chain(lost).min()
    }
}

impl GameServer for Container {
    async fn next(&mut self, log: &Log) -> Event {
        loop {
            let now = Instant::now();
            let give_up_at = self.give_up_at();
            tokio::select! {
                biased;
                // Whether that was its end or that of the connection, a look tells.
                _ = self.end.next(), if self.lost.is_none() && self.look.is_none() && self.look_at.is_none() => {
                    self.begin_look();
                    self.end = end_later(&self.engine, &self.id);
                }
                look = wait_for(&mut self.look), if self.look.is_some() => {
                    self.look = None;
                    if let Some(event) = self.take_look(look) {
                        return event;
                    }
                }
                () = sleep_until(give_up_at.unwrap_or(now)), if give_up_at.is_some() => {
                    if self.lost.is_some() {
                        return Event::Exited;
                    }
                    // It doesn't end, whatever its engine says: it is lost, and given up at once.
                    self.lost = Some((self.engine.silent("end a container"), now));
                    return Event::Lost;
                }
                () = sleep_until(self.look_at.unwrap_or(now)), if self.look_at.is_some() => self.begin_look(),
                changed = self.state.changed() => {
                    if changed.is_ok() {
                        let state = self.state.borrow_and_update().clone();
                        match state {
                            Ok(()) => self.begin_look(),
                            Err(error) => if let Some(event) = self.take_look(Err(error)) {
                                return event;
                            },
                        }
                    }
                }
                Some(sent) = self.signals.next(), if !self.signals.is_empty() => {
                    // It may have ended meanwhile, which its end tells.
                    if let Err(error) = sent {
                        tracing::debug!(%error, container = %self.id, "a signal reached nobody");
                    }
                }
                is_ready = ready(&mut self.readiness), if self.readiness.is_some() && self.lost.is_none() && self.look.is_none() => {
                    if is_ready {
                        self.readiness = None;
                        return Event::Ready;
                    }
                    self.begin_look();
                }
                () = self.output.take(log), if self.output.is_open() => {
                    // What else there is to do for this session gets its turn.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn signal(&mut self, signal: Signal) {
        let name = match signal {
            Signal::Term => "SIGTERM",
            Signal::Kill => "SIGKILL",
        };
        if signal == Signal::Kill && self.give_up_at.is_none() {
            self.give_up_at = Some(Instant::now() + self.engine.deadline + AFTER_KILL);
        }
        // One of each at a time: an engine that doesn't answer is not to be asked each second.
        if self.signals.len() < 2 {
            let (engine, id) = (Arc::clone(&self.engine), Arc::clone(&self.id));
            self.signals.push(async move { engine.kill(&id, name).await }.boxed());
        }
    }

    async fn finish(mut self, log: &Log) -> Exit {
        if let Some((error, _)) = &self.lost {
            log.append(format!("[this container was given up: {error}]\n").as_bytes());
            return Exit::Killed;
        }
        self.output.finish(&self.engine, &self.id, log).await;
        match self.engine.look(&self.id).await {
            Ok(look) => {
                if look.was_out_of_memory {
                    log.append(b"[this container used more memory than it may]\n");
                }
                exit(look.exit_code)
            }
            Err(error) if error.is_not_found() => {
                log.append(b"[this container was removed by somebody else]\n");
                Exit::Killed
            }
            Err(error) => {
                log.append(format!("[how this container ended can't be learned: {error}]\n").as_bytes());
                Exit::Killed
            }
        }
    }
}

/// Engines add a signal's number to 128, as shells do.
fn exit(code: Option<i64>) -> Exit {
    match code {
        Some(143) => Exit::Terminated,
        Some(137) | None => Exit::Killed,
        Some(code) => Exit::Code(i32::try_from(code).unwrap_or(i32::MAX)),
    }
}

/// An item when the container ends, or when it can't be waited for.
fn end(engine: &Engine, id: &str) -> BoxStream<'static, ()> {
    let waiting = engine.docker.wait_container(id, None::<WaitContainerOptions>);
    // What it says of the end is not needed: a look says more.
    waiting.map(|_| ()).chain(futures_util::stream::repeat(())).boxed()
}

/// The same, not at once: an engine that closes the connection each time must not be asked without end.
fn end_later(engine: &Engine, id: &str) -> BoxStream<'static, ()> {
    let first = futures_util::stream::once(tokio::time::sleep(BETWEEN_LOOKS)).filter_map(|()| async { None::<()> });
    first.chain(end(engine, id)).boxed()
}

async fn wait_for(look: &mut Option<BoxFuture<'static, Result<Look, EngineError>>>) -> Result<Look, EngineError> {
    match look {
        Some(look) => look.await,
        None => std::future::pending().await,
    }
}

/// Whether it is ready; `false` when only a look can tell.
async fn ready(readiness: &mut Option<Readiness>) -> bool {
    match readiness {
        Some(readiness) => readiness.wait().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_above_128_are_signals() {
        assert_eq!(exit(Some(0)), Exit::Code(0));
        assert_eq!(exit(Some(3)), Exit::Code(3));
        assert_eq!(exit(Some(143)), Exit::Terminated);
        assert_eq!(exit(Some(137)), Exit::Killed);
        assert_eq!(exit(None), Exit::Killed);
    }
}
