//! A proxy before the emulator that decides about each request: on to the emulator, an answer of its own, none, or an
//! answer that gets lost. A connection serves one request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Everything, as it travels.
    raw: Vec<u8>,
}

/// What becomes of a request.
pub(crate) enum Verdict {
    /// The emulator answers.
    Forward,
    /// The emulator gets it, and its answer is lost.
    LoseAnswer,
    /// Nobody answers, and the connection stays open until the client closes it.
    Hold,
    /// This status and body.
    Answer(u16, &'static str),
    /// These bytes.
    Raw(&'static [u8]),
}

/// A running proxy. Its threads end with the test's process.
pub(crate) struct Proxy {
    address: SocketAddr,
    requests: Receiver<Request>,
    upstream: Option<SocketAddr>,
}

impl Proxy {
    /// Decides about each request by a function. `upstream` is an emulator's address.
    pub(crate) fn start(upstream: Option<&str>, judge: impl Fn(&Request) -> Verdict + Send + Sync + 'static) -> Self {
        let upstream = upstream.map(|url| url.trim_start_matches("http://").parse().expect("an address"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, requests) = mpsc::channel();
        let judge = Arc::new(judge);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (tell, judge) = (tell.clone(), Arc::clone(&judge));
                // A client that goes away in the middle is no failure of the proxy.
                std::thread::spawn(move || drop(serve(connection, upstream, &tell, &*judge)));
            }
        });
        Self { address, requests, upstream }
    }

    /// The same answer to everything.
    pub(crate) fn answering(status: u16, body: &'static str) -> Self {
        Self::start(None, move |_| Verdict::Answer(status, body))
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for the next request with this method.
    pub(crate) fn wait_for(&self, method: &str) -> Request {
        self.requests.iter().find(|request| request.method == method).expect("the proxy runs")
    }

    /// Requests so far that nobody has waited for.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }

    /// Hands a request that was held on to the emulator, as the network does with what was delayed, and waits for the
    /// answer.
    pub(crate) fn deliver(&self, request: &Request) -> String {
        let answer = ask(self.upstream.expect("an emulator"), &request.raw).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn serve(
    connection: TcpStream,
    upstream: Option<SocketAddr>,
    tell: &Sender<Request>,
    judge: &(dyn Fn(&Request) -> Verdict + Send + Sync),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    let Some(request) = read(&mut reader)? else { return Ok(()) };
    let verdict = judge(&request);
    let raw = request.raw.clone();
    // The test may have stopped listening.
    let _ = tell.send(request);
    match (verdict, upstream) {
        (Verdict::Forward, Some(upstream)) => writer.write_all(&ask(upstream, &raw)?),
        (Verdict::LoseAnswer, Some(upstream)) => ask(upstream, &raw).map(drop),
        (Verdict::Hold, _) => reader.read_to_end(&mut Vec::new()).map(drop),
        (Verdict::Answer(status, body), _) => write!(
            writer,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        (Verdict::Raw(bytes), _) => writer.write_all(bytes),
        (Verdict::Forward | Verdict::LoseAnswer, None) => panic!("there is no emulator behind this proxy"),
    }
}

/// Reads one request and asks for the connection to be closed after it.
fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut raw = Vec::new();
    let mut length = 0;
    let mut first = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if first.is_empty() {
            first = line.clone();
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a number");
        }
        if line == "\r\n" {
            raw.extend_from_slice(b"connection: close\r\n\r\n");
            break;
        }
        raw.extend_from_slice(line.as_bytes());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    raw.extend_from_slice(&body);
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Ok(Some(Request { method, path, raw }))
}

fn ask(upstream: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(upstream)?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
