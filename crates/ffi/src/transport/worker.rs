//! The worker thread: takes commands and runs one task a request. No retry, no deadline, no decision.

use std::collections::HashMap;
use std::sync::Arc;

use matchport::transport::HttpTransport;
use matchport_core::engine::RequestId;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::wake::Woken;
use super::{Command, Shared, exchange, ping};

/// Runs until it is told to stop. Whatever is in flight then is dropped, which closes its connection.
pub(super) fn run(http: HttpTransport, shared: &Arc<Shared>, woken: Woken) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(1).build();
    // The client finds that the thread has ended.
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(listener) = woken.listen() else { return };
        let room = Arc::new(Notify::new());
        let mut tasks: HashMap<RequestId, JoinHandle<()>> = HashMap::new();
        let mut pings: HashMap<u64, JoinHandle<()>> = HashMap::new();
        loop {
            for command in shared.commands() {
                match command {
                    Command::Send(request) => {
                        let (id, shared, room) = (request.id, Arc::clone(shared), Arc::clone(&room));
                        tasks.insert(id, tokio::spawn(exchange::carry(http.clone(), request, shared, room)));
                    }
                    Command::Abort(request) => {
                        if let Some(task) = tasks.remove(&request) {
                            task.abort();
                        }
                    }
                    Command::Ping { operation, question } => {
                        let task = tokio::spawn(ping::measure(operation, question, Arc::clone(shared)));
                        pings.insert(operation, task);
                    }
                    Command::EndPing(operation) => {
                        if let Some(task) = pings.remove(&operation) {
                            task.abort();
                        }
                    }
                    Command::Room => room.notify_waiters(),
                    Command::Stop => return,
                }
            }
            tasks.retain(|_, task| !task.is_finished());
            pings.retain(|_, task| !task.is_finished());
            listener.woken().await;
        }
    });
}
