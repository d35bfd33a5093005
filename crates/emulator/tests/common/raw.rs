//! HTTP by hand, for requests that no client library would send. Reads answers, and nothing else of HTTP.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Answer, PATIENCE, Service};

/// One connection.
pub(crate) struct Raw(BufReader<TcpStream>);

impl Raw {
    pub(crate) async fn connect(service: &Service) -> Self {
        Self(BufReader::new(TcpStream::connect(service.emulator.address()).await.expect("a connection")))
    }

    /// Sends bytes; an error when the other side has closed.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.expect("the bytes are taken")
    }

    /// The next answer; `None` when the connection is closed instead of one.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read_answer(true)).await.expect("an answer or an end")
    }

    /// The next answer to a `HEAD`, which has no body.
    pub(crate) async fn answer_to_head(&mut self) -> Option<Answer> {
        timeout(PATIENCE, self.read_answer(false)).await.expect("an answer or an end")
    }

    /// The head of the next answer, whose body is read with [`Self::chunk`].
    pub(crate) async fn head(&mut self) -> Option<(StatusCode, HeaderMap)> {
        timeout(PATIENCE, self.read_head()).await.expect("a head or an end")
    }

    /// The next chunk of a body that comes in chunks; empty at its end, `None` when it breaks off.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        timeout(PATIENCE, self.read_chunk()).await.expect("a chunk or an end")
    }

    /// Waits until the other side closes, and gives what came before.
    pub(crate) async fn end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("an end");
        rest
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.0.read_until(b'\n', &mut line).await {
            Ok(_) if line.ends_with(b"\n") => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
            _ => None,
        }
    }

    async fn read_head(&mut self) -> Option<(StatusCode, HeaderMap)> {
        loop {
            let first = self.line().await?;
            let code = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).expect("a status line");
            let status = StatusCode::from_bytes(code.as_bytes()).expect("a status");
            let mut headers = HeaderMap::new();
            loop {
                let line = self.line().await?;
                let Some((name, value)) = line.split_once(':') else { break };
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
                headers.append(name, HeaderValue::from_str(value.trim()).expect("a header value"));
            }
            if status != StatusCode::CONTINUE {
                return Some((status, headers));
            }
        }
    }

    async fn read_answer(&mut self, has_body: bool) -> Option<Answer> {
        let (status, headers) = self.read_head().await?;
        let mut body = Vec::new();
        if has_body && headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
            loop {
                match self.read_chunk().await? {
                    chunk if chunk.is_empty() => break,
                    chunk => body.extend(chunk),
                }
            }
        } else if has_body && let Some(length) = headers.get("content-length") {
            body.resize(length.to_str().expect("a number").parse().expect("a number"), 0);
            self.0.read_exact(&mut body).await.ok()?;
        }
        Some(Answer { status, headers, body })
    }

    async fn read_chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line().await?, 16).expect("the length of a chunk");
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(length);
        Some(chunk)
    }
}

/// A request with the usual token.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer local\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        request += &format!("content-length: {}\r\n", body.len());
    }
    [request.as_bytes(), b"\r\n", body].concat()
}

/// Sends bytes on a connection of their own and gives the answer, if there is one.
pub(crate) async fn exchange(service: &Service, bytes: impl AsRef<[u8]>) -> Option<Answer> {
    let mut raw = Raw::connect(service).await;
    // Closed while the request is still being sent: the answer may be there all the same.
    let _ = raw.send(bytes).await;
    raw.answer().await
}
