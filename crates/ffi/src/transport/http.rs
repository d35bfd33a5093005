//! The HTTP client of the built-in transport, set up like the one of the Rust crate: HTTP/1.1, rustls with ring and the
//! system's own certificate verifier, no redirects, no retries, proxies of the environment for https only.

use std::sync::Arc;
use std::time::Duration;

use matchport_core::engine::{HttpRequest, TransportFailure};
use matchport_core::environment::BaseUrl;
use matchport_core::http::Method;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Url, redirect};
use rustls_platform_verifier::BuilderVerifierExt;

use super::failure::not_sent;
use crate::status::{Refused, matchport_status as Status};

/// How long a connection may take, with name look-up and TLS. Shorter than a request may take, so that a service that
/// can't be reached is known not to have seen the request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for one address. Opens nothing yet.
pub(super) fn client(base_url: &BaseUrl) -> Result<reqwest::Client, Refused> {
    let refused = |what: &str, error: &dyn std::fmt::Display| {
        Refused::new(Status::InvalidArgument, format!("options.environment can't be used: {what}: {error}"))
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("libmatchport/", env!("CARGO_PKG_VERSION")))
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
    builder.build().map_err(|error| refused("HTTP client", &error))
}

/// The request as reqwest takes it.
pub(super) fn translate(request: HttpRequest) -> Result<reqwest::Request, TransportFailure> {
    let url = Url::parse(&request.url).map_err(|error| not_sent(format!("the address can't be read: {error}")))?;
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut translated = reqwest::Request::new(method, url);
    for (name, value) in request.headers() {
        // Without the reason, which may repeat the value.
        let mut value =
            HeaderValue::from_str(value).map_err(|_| not_sent(format!("the header {name} can't be sent")))?;
        let name = HeaderName::from_static(name);
        value.set_sensitive(name == AUTHORIZATION);
        translated.headers_mut().insert(name, value);
    }
    *translated.body_mut() = request.body.map(reqwest::Body::from);
    Ok(translated)
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
