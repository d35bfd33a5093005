//! A transport that notes what travels: method, path, status and time of each request, and nothing else of it. What the
//! demo shows as asked and answered comes from here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use matchport::transport::{BoxFuture, HttpRequest, HttpResponse, HttpTransport, Transport, TransportFailure};
use serde::Serialize;

/// One request and the answer to it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Exchange {
    /// `GET` and the like.
    pub(super) method: &'static str,
    /// Path and query.
    pub(super) path: String,
    /// The status; `None` when no answer came.
    pub(super) status: Option<u16>,
    /// Until the head of the answer was there, in milliseconds.
    pub(super) ms: f64,
}

impl Exchange {
    /// Method and path.
    pub(super) fn request(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The exchanges that nobody has taken yet, in the order in which they were answered. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchanges(Arc<Mutex<Vec<Exchange>>>);

impl Exchanges {
    /// Takes all of them.
    pub(super) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

/// The client's own transport with a note of each exchange.
pub(super) struct Recorder {
    pub(super) http: HttpTransport,
    pub(super) exchanges: Exchanges,
}

impl Transport for Recorder {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        let method = request.method.as_str();
        let path = path_of(&request.url).to_owned();
        let answer = self.http.send(request);
        let exchanges = self.exchanges.clone();
        Box::pin(async move {
            let began = Instant::now();
            let answer = answer.await;
            let status = answer.as_ref().ok().map(|answer| answer.status);
            exchanges.push(Exchange { method, path, status, ms: super::milliseconds(began.elapsed()) });
            answer
        })
    }
}

fn path_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("/", |at| &url[host + at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_keeps_its_query() {
        assert_eq!(path_of("http://127.0.0.1:1/session?all=true"), "/session?all=true");
        assert_eq!(path_of("http://[::1]:1"), "/");
    }
}
