//! How the built-in transport gets a connection: name, TCP, the system's proxy, TLS, and one limit on the time for all
//! of it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use matchport_core::check::InvalidInput;
use rustls_platform_verifier::BuilderVerifierExt;
use tower_service::Service;

use super::BoxFuture;

/// How long a connection may take, with name look-up, proxy and TLS. Shorter than a request may take, so that a service
/// that can't be reached is known not to have seen the request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A followed log may be silent for hours; whether its other end is still there is asked for as often as this.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Straight to the service.
pub(super) type Direct = Limited<HttpsConnector<HttpConnector>>;
/// By way of a proxy, which sees no more than the name of the service.
pub(super) type Proxied = Limited<HttpsConnector<Tunnel<HttpsConnector<HttpConnector>>>>;

/// How the service is reached.
pub(super) enum Route {
    Direct(Direct),
    Proxied(Box<Proxied>),
}

impl Route {
    /// The way to an address. Proxies count for `https` only.
    pub(super) fn to(address: &Uri, proxies: impl FnOnce() -> Matcher) -> Result<Self, InvalidInput> {
        let https = address.scheme_str() == Some("https");
        let tls =
            tls(https).map_err(|error| InvalidInput::other("base_url", format!("can't be used: TLS: {error}")))?;
        let direct = secured(tls.clone(), tcp());
        let proxy = if https { proxies().intercept(address) } else { None };
        let Some(proxy) = proxy else { return Ok(Self::Direct(Limited(direct))) };
        if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
            let words = "is to be reached by a proxy that is neither http nor https, which this build can't do";
            return Err(InvalidInput::other("base_url", words));
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        Ok(Self::Proxied(Box::new(Limited(secured(tls, tunnel)))))
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEPALIVE));
    // `https` comes by here as well.
    tcp.enforce_http(false);
    tcp
}

fn secured<Inner>(tls: rustls::ClientConfig, inner: Inner) -> HttpsConnector<Inner> {
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(inner)
}

/// TLS settings of this client's own, so that it neither needs nor disturbs a default of the process.
fn tls(https: bool) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    if https {
        return Ok(builder.with_platform_verifier()?.with_no_client_auth());
    }
    // Never used over plain http: the certificates of the system need not be loaded.
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// A connector that gives up in time.
#[derive(Clone)]
pub(super) struct Limited<Inner>(Inner);

impl<Inner> Service<Uri> for Limited<Inner>
where
    Inner: Service<Uri>,
    Inner::Error: Into<Box<dyn Error + Send + Sync>>,
    Inner::Future: Send + 'static,
{
    type Response = Inner::Response;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.0.call(address);
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(connected) => connected.map_err(Into::into),
                Err(_) => {
                    let words = format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
                    Err(io::Error::new(io::ErrorKind::TimedOut, words).into())
                }
            }
        })
    }
}
