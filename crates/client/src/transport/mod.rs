//! How requests travel: the [`Transport`] trait, and what goes through it.
//!
//! A transport carries one request to the service and hands back one answer. It decides nothing: no retry, no
//! redirect, no timeout that the engine does not ask for. The built-in one is [`HttpTransport`]; another one can be
//! handed to [`ClientBuilder::transport`](crate::ClientBuilder::transport), for a test, a proxy of one's own or a
//! different HTTP library.

mod exchange;
mod failure;
mod http;

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;

pub use self::http::HttpTransport;
pub use matchport_core::engine::{HttpRequest, TransportFailure, TransportFailureKind};
pub use matchport_core::http::{Method, ResponseMode};

pub(crate) use exchange::{Exchange, Progress};

/// A future on the heap that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A stream on the heap that can be sent between threads.
pub type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

/// Carries requests to the service.
///
/// What an implementation owes:
///
/// - Send every header of [`HttpRequest::headers`]. They hold the token: never log them.
/// - Send the request once. A request that was repeated in secret could start two game servers.
/// - Say [`TransportFailureKind::NotSent`] only when no byte of the request can have reached the service; when in
///   doubt, say [`TransportFailureKind::Broken`].
/// - Do not follow redirects: an answer of any status is an answer.
/// - When the future or the body is dropped, close the connection.
///
/// ```
/// use matchport::transport::{Body, BoxFuture, HttpRequest, HttpResponse, Transport, TransportFailure};
///
/// /// A service that is always busy.
/// struct Busy;
///
/// impl Transport for Busy {
///     fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
///         let path = request.url.clone();
///         Box::pin(async move {
///             let body = format!(r#"{{"code":"INTERNAL_ERROR","message":"busy","path":"{path}"}}"#);
///             Ok(HttpResponse { status: 503, retry_after: Some("2".into()), body: Body::Whole(body.into()) })
///         })
///     }
/// }
/// # let _ = Busy;
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Begins to send a request. Nothing needs to happen before the future is polled.
    ///
    /// With [`ResponseMode::Whole`] the body may come in either form of [`Body`]; reading stops, and the exchange
    /// fails, when it is longer than allowed. With [`ResponseMode::Stream`] it should be [`Body::Stream`], whose
    /// pieces are asked for only when somebody wants them.
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>>;
}

/// An answer of the service.
#[derive(Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Piece by piece. A failure ends it.
    Stream(BoxStream<'static, Result<Bytes, TransportFailure>>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// The transport of a client. The built-in one is called without a box around each future.
pub(crate) enum AnyTransport {
    Http(Box<HttpTransport>),
    Custom(Box<dyn Transport>),
}

impl AnyTransport {
    pub(crate) fn begin(&self, request: HttpRequest) -> Exchange {
        match self {
            Self::Http(transport) => transport.begin(request),
            Self::Custom(transport) => Exchange::custom(&**transport, request),
        }
    }
}
