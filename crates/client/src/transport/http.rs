//! The built-in transport: reqwest on rustls with ring. One connection pool a client, HTTP/1.1, no redirects, no
//! cookies, no referer, no retries of its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use matchport_core::check::InvalidInput;
use matchport_core::environment::BaseUrl;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Url, redirect};
use rustls_platform_verifier::BuilderVerifierExt;

use super::exchange::Exchange;
use super::{Body, BoxFuture, HttpRequest, HttpResponse, Method, Transport, TransportFailure, TransportFailureKind};

/// How long a connection may take, with name look-up and TLS. Shorter than a request may take, so that a service that
/// can't be reached is known not to have seen the request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Carries requests over HTTP/1.1 with connections that are kept for the next one. Cheap to clone; clones share their
/// connections.
///
/// - TLS by rustls with ring; certificates are judged by the system's own verifier. No process-wide default is set
///   or needed.
/// - The proxies of the environment (`HTTPS_PROXY` and the like) are used for `https` addresses only: over plain
///   `http` a proxy would see the token.
/// - A connection that can't be made within 5 seconds is given up.
/// - Redirects are not followed, and nothing is tried again, with one exception that can't double a request: one that
///   could not be written because its kept connection had been closed meanwhile goes to another connection.
#[derive(Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    /// The address of a start, parsed once: it is the same for each.
    start: Url,
    start_text: Arc<str>,
    /// The value of `Authorization`, checked once: it is the same for each.
    authorization: Arc<OnceLock<HeaderValue>>,
}

impl HttpTransport {
    /// A transport for one address. Opens nothing yet.
    ///
    /// # Errors
    /// [`InvalidInput`] for `base_url` when no request can be made with it, or when an `https` address is asked for
    /// and the system's certificates can't be loaded.
    pub fn new(base_url: &BaseUrl) -> Result<Self, InvalidInput> {
        let refused = |what: &str, error: &dyn std::fmt::Display| {
            InvalidInput::other("base_url", format!("can't be used: {what}: {error}"))
        };
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("matchport/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .tls_backend_preconfigured(tls(base_url).map_err(|error| refused("TLS", &error))?);
        if !base_url.is_https() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| refused("HTTP client", &error))?;
        let start_text: Arc<str> = format!("{base_url}/session").into();
        let start = Url::parse(&start_text).map_err(|error| refused("address", &error))?;
        Ok(Self { client, start, start_text, authorization: Arc::default() })
    }

    pub(super) fn begin(&self, mut request: HttpRequest) -> Exchange {
        match self.translate(&request) {
            Ok(translated) => Exchange::http(&self.client, translated, &mut request),
            Err(failure) => Exchange::failed(failure, &request),
        }
    }

    fn translate(&self, request: &HttpRequest) -> Result<reqwest::Request, TransportFailure> {
        let url = if request.url == *self.start_text {
            self.start.clone()
        } else {
            Url::parse(&request.url).map_err(|error| not_sent(format!("the address can't be read: {error}")))?
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut translated = reqwest::Request::new(method, url);
        let headers = translated.headers_mut();
        for (name, value) in request.headers() {
            if name == "authorization" {
                headers.insert(AUTHORIZATION, self.authorization(value)?);
            } else {
                add_header(headers, name, value)?;
            }
        }
        Ok(translated)
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
        let translated = self.translate(&request).map(|mut translated| {
            *translated.body_mut() = request.body.take().map(reqwest::Body::from);
            translated
        });
        let client = self.client.clone();
        Box::pin(async move {
            let response = client.execute(translated?).await.map_err(super::failure::judge)?;
            let (status, retry_after) = super::exchange::head(&response);
            let body = Body::Stream(Box::pin(super::exchange::Pieces(response)));
            Ok(HttpResponse { status, retry_after, body })
        })
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTransport").field("start", &self.start_text).finish_non_exhaustive()
    }
}

/// TLS settings of this client's own, so that it neither needs nor disturbs a default of the process.
fn tls(base_url: &BaseUrl) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    if base_url.is_https() {
        return Ok(builder.with_platform_verifier()?.with_no_client_auth());
    }
    // Never used: redirects are not followed. Without it reqwest would load all certificates of the system.
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn add_header(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), TransportFailure> {
    let json = "application/json";
    let value = if value == json { HeaderValue::from_static(json) } else { header_value(name, value)? };
    let name = match name {
        "accept" => ACCEPT,
        "content-type" => CONTENT_TYPE,
        other => HeaderName::from_static(other),
    };
    headers.insert(name, value);
    Ok(())
}

/// Not with the reason why it is refused: that may repeat the value.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, TransportFailure> {
    HeaderValue::from_str(value).map_err(|_| not_sent(format!("the header {name} can't be sent")))
}

fn not_sent(message: String) -> TransportFailure {
    TransportFailure { kind: TransportFailureKind::NotSent, message }
}
