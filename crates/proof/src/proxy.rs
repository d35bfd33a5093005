//! A proxy between a caller and an emulator that passes everything on, but for one message: that is cut after a byte, or
//! held until its fate is decided. It reads HTTP only so far as to know where a message ends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// Longer than any message here.
const LONGEST: usize = 1 << 20;

/// Which of the two messages of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Answer,
}

/// Where the connection is cut: within the first exchange whose request begins so.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(crate) begins: &'static str,
    pub(crate) side: Side,
    /// Bytes of the message that still pass.
    pub(crate) after: usize,
    /// Closed with a reset instead of an end.
    pub(crate) by_reset: bool,
}

/// A message that is held.
pub(crate) struct Held {
    pub(crate) request: String,
    /// What becomes of it.
    pub(crate) fate: oneshot::Sender<Fate>,
}

/// What becomes of a message that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Pass,
    Lost,
}

/// A running proxy; it ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    upstream: SocketAddr,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    cut: Option<Cut>,
    /// Messages from now until the one that is held, and who is told.
    hold: Option<(usize, mpsc::UnboundedSender<Held>)>,
    /// Messages so far.
    messages: usize,
    /// First line and lengths of each exchange that was passed on whole.
    seen: Vec<(String, usize, usize)>,
}

impl Proxy {
    pub(crate) async fn start(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the proxy")?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { upstream, plan: Mutex::default() });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // A caller that goes away in the middle is no failure of the proxy.
                connections.spawn(async move { drop(serve(client, &state).await) });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, state, task })
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts once.
    pub(crate) fn cut(&self, cut: Cut) {
        self.state.plan().cut = Some(cut);
    }

    /// Whether the cut has happened. It won't any more.
    pub(crate) fn has_cut(&self) -> bool {
        self.state.plan().cut.take().is_none()
    }

    /// Holds the message of this number, counted from 0: first request, first answer, second request, ...
    pub(crate) fn hold(&self, number: usize) -> mpsc::UnboundedReceiver<Held> {
        let (tell, held) = mpsc::unbounded_channel();
        self.state.plan().hold = Some((number, tell));
        held
    }

    /// How many messages have come so far.
    pub(crate) fn messages(&self) -> usize {
        self.state.plan().messages
    }

    /// Holds nothing any more.
    pub(crate) fn pass_all(&self) {
        self.state.plan().hold = None;
    }

    /// The exchanges so far: how each request begins, and the lengths of both messages.
    pub(crate) fn take_seen(&self) -> Vec<(String, usize, usize)> {
        std::mem::take(&mut self.state.plan().seen)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_for(&self, request: &[u8], side: Side) -> Option<Cut> {
        let mut plan = self.plan();
        plan.cut.take_if(|cut| cut.side == side && request.starts_with(cut.begins.as_bytes()))
    }

    /// Waits when this is the message to hold. `Lost` when it is to be lost.
    async fn checkpoint(&self, request: &str) -> Fate {
        let tell = {
            let mut plan = self.plan();
            plan.messages += 1;
            match &mut plan.hold {
                None => return Fate::Pass,
                Some((0, _)) => plan.hold.take().map(|(_, tell)| tell),
                Some((left, _)) => {
                    *left -= 1;
                    return Fate::Pass;
                }
            }
        };
        let (fate, decided) = oneshot::channel();
        match tell.map(|tell| tell.send(Held { request: request.to_owned(), fate })) {
            Some(Ok(())) => decided.await.unwrap_or(Fate::Lost),
            _ => Fate::Pass,
        }
    }
}

async fn serve(mut client: TcpStream, state: &State) -> Result<()> {
    client.set_nodelay(true)?;
    let mut upstream = TcpStream::connect(state.upstream).await?;
    upstream.set_nodelay(true)?;
    let (mut from_client, mut from_upstream) = (Vec::new(), Vec::new());
    while let Some(request) = read_message(&mut client, &mut from_client).await? {
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        if state.checkpoint(&line).await == Fate::Lost {
            return Ok(());
        }
        if let Some(cut) = state.cut_for(&request, Side::Request) {
            upstream.write_all(&request[..cut.after.min(request.len())]).await?;
            upstream.shutdown().await?;
            return close(&client, cut.by_reset);
        }
        upstream.write_all(&request).await?;
        let Some(answer) = read_message(&mut upstream, &mut from_upstream).await? else { return Ok(()) };
        if state.checkpoint(&line).await == Fate::Lost {
            return Ok(());
        }
        if let Some(cut) = state.cut_for(&request, Side::Answer) {
            client.write_all(&answer[..cut.after.min(answer.len())]).await?;
            return close(&client, cut.by_reset);
        }
        // Noted before it is passed on: whoever has the answer finds it here.
        state.plan().seen.push((line, request.len(), answer.len()));
        client.write_all(&answer).await?;
    }
    Ok(())
}

fn close(client: &TcpStream, by_reset: bool) -> Result<()> {
    if by_reset {
        client.set_zero_linger()?;
    }
    Ok(())
}

/// One message with its body; `None` at the end of the connection. What came behind it stays in the buffer.
async fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    loop {
        if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let whole = head + 4 + length.unwrap_or(0);
            anyhow::ensure!(whole <= LONGEST && !text.contains("\ntransfer-encoding:"), "a message that is not ours");
            if buffer.len() >= whole {
                let rest = buffer.split_off(whole);
                return Ok(Some(std::mem::replace(buffer, rest)));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
