//! Accepts connections and serves them with hyper, each in a task of its own. Who may stay is in `connections`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Api;
use super::again::Again;
use super::connections::{Connections, Incoming, Outgoing, Slot};
use super::fault::Cut;

/// How long answers that are being written may take when the server is closed.
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);
/// The pause after a connection could not be accepted, for want of descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// What clients are allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// How long a client may take to send a request, or to take what was sent.
    pub(crate) patience: Duration,
    /// How long a connection is kept between two requests.
    pub(crate) idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let connections = crate::descriptors::connections();
        Self { connections, patience: Duration::from_secs(30), idle: Duration::from_secs(120) }
    }
}

/// A server that is running.
pub(crate) struct Server {
    tasks: TaskTracker,
    close: CancellationToken,
    connections: Arc<Connections>,
}

impl Server {
    /// Serves the service on a listener.
    pub(crate) fn start(listener: TcpListener, api: Api, limits: Limits) -> Self {
        let connections = Arc::new(Connections::new(limits.connections, limits.patience, limits.idle));
        let server = Self { tasks: TaskTracker::new(), close: CancellationToken::new(), connections };
        let accept = Accept {
            api: Arc::new(api),
            tasks: server.tasks.clone(),
            close: server.close.clone(),
            connections: Arc::clone(&server.connections),
        };
        let (watched, close) = (Arc::clone(&server.connections), server.close.clone());
        server.tasks.spawn(async move {
            let _ = close.run_until_cancelled(watched.watch()).await;
        });
        server.tasks.spawn(accept.run(listener));
        server
    }

    /// Stops accepting at once, lets answers that are being written go out, and closes all connections.
    pub(crate) async fn close(&self) {
        self.close.cancel();
        self.tasks.close();
        if tokio::time::timeout(LONGEST_FAREWELL, self.tasks.wait()).await.is_err() {
            self.connections.abort_all();
            self.tasks.wait().await;
        }
    }

    /// Cuts everything off without waiting.
    pub(crate) fn abort(&self) {
        self.close.cancel();
        self.connections.abort_all();
    }
}

struct Accept {
    api: Arc<Api>,
    tasks: TaskTracker,
    close: CancellationToken,
    connections: Arc<Connections>,
}

impl Accept {
    async fn run(self, listener: TcpListener) {
        let mut number = 0;
        while let Some(accepted) = self.close.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, peer)) if self.connections.make_room() => {
                    number += 1;
                    self.serve(number, stream, peer.ip().to_canonical().is_loopback());
                }
                Ok(_) => tracing::warn!("too many connections, all of them busy: one is turned away"),
                Err(error) if is_of_one_client(&error) => tracing::debug!(%error, "a connection broke off early"),
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted right now");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn serve(&self, number: u64, stream: TcpStream, is_local: bool) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may be delayed");
        }
        let slot = self.connections.slot();
        let connections = Arc::clone(&self.connections);
        let open = self.api.connection_opened();
        let connection =
            serve_connection(stream, is_local, Arc::clone(&self.api), Arc::clone(&slot), self.close.clone());
        let task = self.tasks.spawn(async move {
            let guard = (Removal { connections, number }, open);
            Again::new(connection).await;
            drop(guard);
        });
        self.connections.add(number, slot, task.abort_handle());
    }
}

/// Takes a connection off the list however its task ends.
struct Removal {
    connections: Arc<Connections>,
    number: u64,
}

impl Drop for Removal {
    fn drop(&mut self) {
        self.connections.remove(self.number);
    }
}

async fn serve_connection(stream: TcpStream, is_local: bool, api: Arc<Api>, slot: Arc<Slot>, close: CancellationToken) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        slot.request_came();
        let request = request.map(|body| Incoming::new(body, Arc::clone(&slot)));
        let (api, slot) = (Arc::clone(&api), Arc::clone(&slot));
        async move {
            let answer = api.answer(request, is_local).await?;
            Ok::<_, Cut>(answer.map(|body| Outgoing::new(body, slot)))
        }
    });
    // Times are kept by `connections`.
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(LARGEST_HEAD)
        .writev(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        biased;
        result = connection.as_mut() => result,
        () = close.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended with an error");
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
