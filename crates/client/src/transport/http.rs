//! The built-in transport: hyper's client on rustls with ring. One connection pool a client, HTTP/1.1, no redirects,
//! no cookies, no retries of its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use matchport_core::check::InvalidInput;
use matchport_core::environment::BaseUrl;

use super::connect::{Direct, Proxied, Route};
use super::exchange::{Exchange, Pieces, head};
use super::failure::judge;
use super::{Body, BoxFuture, HttpRequest, HttpResponse, Method, Transport, TransportFailure, TransportFailureKind};

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(90);

/// Carries requests over HTTP/1.1 with connections that are kept for the next one. Cheap to clone; clones share their
/// connections.
///
/// - TLS by rustls with ring; certificates are judged by the system's own verifier. No process-wide default is set
///   or needed.
/// - The proxies of the environment (`HTTPS_PROXY`, `NO_PROXY` and the like) or the system are used for `https`
///   addresses only: over plain `http` a proxy would see the token.
/// - A connection that can't be made within 5 seconds is given up. One that is not used for 90 seconds is closed.
/// - Redirects are not followed, and nothing is tried again, with one exception that can't double a request: one that
///   could not be written because its kept connection had been closed meanwhile goes to another connection.
#[derive(Clone)]
pub struct HttpTransport {
    client: AnyClient,
    /// The address of a start, parsed once: it is the same for each.
    start: Uri,
    start_text: Arc<str>,
    /// The value of `Authorization`, checked once: it is the same for each.
    authorization: Arc<OnceLock<HeaderValue>>,
}

#[derive(Clone)]
enum AnyClient {
    Direct(Client<Direct, Full<Bytes>>),
    Proxied(Box<Client<Proxied, Full<Bytes>>>),
}

impl HttpTransport {
    /// A transport for one address. Opens nothing yet.
    ///
    /// # Errors
    /// [`InvalidInput`] for `base_url` when no request can be made with it, or when an `https` address is asked for
    /// and the system's certificates can't be loaded.
    pub fn new(base_url: &BaseUrl) -> Result<Self, InvalidInput> {
        Self::with_proxies(base_url, Matcher::from_system)
    }

    fn with_proxies(base_url: &BaseUrl, proxies: impl FnOnce() -> Matcher) -> Result<Self, InvalidInput> {
        let start_text: Arc<str> = format!("{base_url}/session").into();
        let start: Uri =
            start_text.parse().map_err(|error| InvalidInput::other("base_url", format!("can't be used: {error}")))?;
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(IDLE).pool_timer(TokioTimer::new());
        let client = match Route::to(&start, proxies)? {
            Route::Direct(direct) => AnyClient::Direct(builder.build(direct)),
            Route::Proxied(proxied) => AnyClient::Proxied(Box::new(builder.build(*proxied))),
        };
        Ok(Self { client, start, start_text, authorization: Arc::default() })
    }

    pub(super) fn begin(&self, mut request: HttpRequest) -> Exchange {
        match self.call(&mut request) {
            Ok(call) => Exchange::http(call, &request),
            Err(failure) => Exchange::failed(failure, &request),
        }
    }

    /// Hands a request to the client, which does nothing before it is polled. Takes the body out of it.
    fn call(&self, request: &mut HttpRequest) -> Result<ResponseFuture, TransportFailure> {
        let uri = if request.url == *self.start_text {
            self.start.clone()
        } else {
            request.url.parse().map_err(|error| not_sent(format!("the address can't be read: {error}")))?
        };
        let mut call = Request::new(Full::from(request.body.take().unwrap_or_default()));
        *call.uri_mut() = uri;
        *call.method_mut() = match request.method {
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
            Method::Put => hyper::Method::PUT,
            Method::Delete => hyper::Method::DELETE,
        };
        self.add_headers(request, call.headers_mut())?;
        Ok(match &self.client {
            AnyClient::Direct(client) => client.request(call),
            AnyClient::Proxied(client) => client.request(call),
        })
    }

    fn add_headers(&self, request: &HttpRequest, headers: &mut HeaderMap) -> Result<(), TransportFailure> {
        const AGENT: HeaderValue = HeaderValue::from_static(concat!("matchport/", env!("CARGO_PKG_VERSION")));
        const JSON: &str = "application/json";
        for (name, text) in request.headers() {
            let value = match (name, text) {
                ("authorization", text) => self.authorization(text)?,
                (_, JSON) => HeaderValue::from_static(JSON),
                (name, text) => header_value(name, text)?,
            };
            let name = match name {
                "authorization" => AUTHORIZATION,
                "accept" => ACCEPT,
                "content-type" => CONTENT_TYPE,
                other => HeaderName::from_static(other),
            };
            headers.insert(name, value);
        }
        headers.insert(USER_AGENT, AGENT);
        Ok(())
    }

    fn authorization(&self, text: &str) -> Result<HeaderValue, TransportFailure> {
        if let Some(known) = self.authorization.get().filter(|known| *known == text) {
            return Ok(known.clone());
        }
        let mut value = header_value("authorization", text)?;
        value.set_sensitive(true);
        self.authorization.get_or_init(|| value.clone());
        Ok(value)
    }
}

impl Transport for HttpTransport {
    fn send(&self, mut request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        let call = self.call(&mut request);
        Box::pin(async move {
            let response = call?.await.map_err(|error| judge(&error))?;
            let (status, retry_after) = head(&response);
            let body = Body::Stream(Box::pin(Pieces(response.into_body())));
            Ok(HttpResponse { status, retry_after, body })
        })
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTransport").field("start", &self.start_text).finish_non_exhaustive()
    }
}

/// Not with the reason why it is refused: that may repeat the value.
fn header_value(name: &str, text: &str) -> Result<HeaderValue, TransportFailure> {
    HeaderValue::from_str(text).map_err(|_| not_sent(format!("the header {name} can't be sent")))
}

fn not_sent(message: String) -> TransportFailure {
    TransportFailure { kind: TransportFailureKind::NotSent, message }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use matchport_core::engine::Timing;
    use matchport_core::error::Outcome;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;

    /// Something that answers once, and gives what it was asked.
    async fn once(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            while !text.ends_with(b"\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0, "more was to come");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(text).unwrap()
        });
        (address, asked)
    }

    fn client(base_url: &str, proxy: &str) -> crate::Client {
        let proxies = || Matcher::builder().all(proxy).build();
        let transport = HttpTransport::with_proxies(&base_url.parse().unwrap(), proxies).unwrap();
        // Over before a second attempt.
        let timing = Timing { operation_ms: 2_000, attempt_ms: 2_000, ..Timing::default() };
        let builder = crate::Client::builder().base_url(base_url).token("s3cret").transport(transport);
        builder.timing(timing).build().unwrap()
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_a_tunnel_and_sees_no_token() {
        let (address, asked) = once("HTTP/1.1 403 Forbidden\r\n\r\n").await;
        let client = client("https://matchport.invalid", &format!("http://ada:lovelace@{address}"));
        let error = client.locations("game").await.unwrap_err();
        assert_eq!(error.outcome, Outcome::NotSent, "{error}");
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("CONNECT matchport.invalid:443 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic "), "{asked}");
        assert!(!asked.contains("s3cret"), "{asked}");
    }

    #[tokio::test]
    async fn over_plain_http_no_proxy_is_asked() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"locations\":[]}";
        let (address, asked) = once(answer).await;
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", unused.local_addr().unwrap());
        let client = client(&format!("http://{address}"), &proxy);
        client.locations("game").await.unwrap();
        assert!(asked.await.unwrap().starts_with("GET /available-location/game HTTP/1.1\r\n"));
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused_by_name() {
        let base_url = "https://matchport.invalid".parse().unwrap();
        let proxies = || Matcher::builder().all("socks5://127.0.0.1:1080").build();
        let error = HttpTransport::with_proxies(&base_url, proxies).unwrap_err();
        assert_eq!(error.field, "base_url");
        assert!(error.to_string().contains("proxy"), "{error}");
    }
}
