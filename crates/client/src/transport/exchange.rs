//! One request on its way and its answer, as a state machine that is polled. It is no `async fn`, because whoever
//! drops an operation hands its exchange to the background, where it goes on.

use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use matchport_core::engine::RequestId;
use reqwest::header::RETRY_AFTER;
use tokio::time::Instant;
use tower_service::Service;

use super::failure::{judge, too_large};
use super::{Body, BoxFuture, BoxStream, HttpRequest, HttpResponse, Method, ResponseMode, Transport, TransportFailure};

type HttpCall = <reqwest::Client as Service<reqwest::Request>>::Future;

/// A request whose answer has not come to its end.
pub(crate) struct Exchange {
    request: RequestId,
    mode: ResponseMode,
    state: State,
    log: Option<Log>,
}

/// What an exchange has to say next. All but `Started` and `Data` are the last.
pub(crate) enum Progress {
    /// The whole answer to a request with [`ResponseMode::Whole`].
    Answer { status: u16, retry_after: Option<String>, body: Bytes },
    /// The head of the answer to a request with [`ResponseMode::Stream`].
    Started { status: u16, retry_after: Option<String> },
    /// Bytes of a stream.
    Data(Bytes),
    /// The stream ended in good order.
    Ended,
    /// No (whole) answer will come.
    Failed(TransportFailure),
}

enum State {
    /// The built-in transport, waiting for the head of the answer.
    Http(HttpCall),
    /// Another transport.
    Custom(BoxFuture<'static, Result<HttpResponse, TransportFailure>>),
    /// Could not even begin.
    Failed(TransportFailure),
    /// Collecting a body of limited length.
    Collecting { status: u16, retry_after: Option<String>, pieces: AnyPieces, max_bytes: usize, so_far: SoFar },
    /// Handing a body on.
    Streaming(AnyPieces),
    /// Nothing more to come.
    Over,
}

enum SoFar {
    Nothing,
    One(Bytes),
    More(BytesMut),
}

impl Exchange {
    pub(super) fn http(client: &reqwest::Client, mut translated: reqwest::Request, request: &mut HttpRequest) -> Self {
        *translated.body_mut() = request.body.take().map(reqwest::Body::from);
        let mut client = client;
        Self::new(State::Http(client.call(translated)), request)
    }

    pub(super) fn custom(transport: &dyn Transport, request: HttpRequest) -> Self {
        let mut exchange = Self::new(State::Over, &request);
        exchange.state = State::Custom(transport.send(request));
        exchange
    }

    pub(super) fn failed(failure: TransportFailure, request: &HttpRequest) -> Self {
        Self::new(State::Failed(failure), request)
    }

    fn new(state: State, request: &HttpRequest) -> Self {
        Self { request: request.id, mode: request.response, state, log: Log::begin(request) }
    }

    pub(crate) fn request(&self) -> RequestId {
        self.request
    }

    /// Whether the answer comes piece by piece.
    pub(crate) fn streams(&self) -> bool {
        self.mode == ResponseMode::Stream
    }

    /// What comes next. Not to be called again after the last.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Progress> {
        loop {
            let next = match &mut self.state {
                State::Http(call) => match ready!(Pin::new(call).poll(context)) {
                    Ok(response) => {
                        let (status, retry_after) = head(&response);
                        let length = response.content_length();
                        self.answered(status, retry_after, length, AnyPieces::Http(Pieces(response)))
                    }
                    Err(error) => self.fail(judge(error)),
                },
                State::Custom(call) => match ready!(call.as_mut().poll(context)) {
                    Ok(HttpResponse { status, retry_after, body }) => {
                        let (length, pieces) = match body {
                            Body::Whole(bytes) => (Some(bytes.len() as u64), AnyPieces::Whole(bytes)),
                            Body::Stream(stream) => (None, AnyPieces::Custom(stream)),
                        };
                        self.answered(status, retry_after, length, pieces)
                    }
                    Err(failure) => self.fail(failure),
                },
                State::Failed(failure) => {
                    let failure = failure.clone();
                    self.fail(failure)
                }
                State::Collecting { pieces, max_bytes, so_far, .. } => match ready!(pieces.poll(context)) {
                    Some(Ok(bytes)) if so_far.len() + bytes.len() > *max_bytes => {
                        let failure = too_large(*max_bytes);
                        self.fail(failure)
                    }
                    Some(Ok(bytes)) => {
                        so_far.push(bytes);
                        None
                    }
                    Some(Err(failure)) => self.fail(failure),
                    None => match mem::replace(&mut self.state, State::Over) {
                        State::Collecting { status, retry_after, so_far, .. } => {
                            Some(Progress::Answer { status, retry_after, body: so_far.into_bytes() })
                        }
                        _ => None,
                    },
                },
                State::Streaming(pieces) => match ready!(pieces.poll(context)) {
                    Some(Ok(bytes)) if bytes.is_empty() => None,
                    Some(Ok(bytes)) => Some(Progress::Data(bytes)),
                    Some(Err(failure)) => self.fail(failure),
                    None => {
                        self.state = State::Over;
                        Some(Progress::Ended)
                    }
                },
                State::Over => return Poll::Pending,
            };
            if let Some(progress) = next {
                return Poll::Ready(progress);
            }
        }
    }

    /// The head of the answer is there.
    fn answered(
        &mut self,
        status: u16,
        retry_after: Option<String>,
        length: Option<u64>,
        pieces: AnyPieces,
    ) -> Option<Progress> {
        if let Some(log) = &self.log {
            log.answered(status);
        }
        match self.mode {
            ResponseMode::Whole { max_bytes } if length.is_some_and(|length| length > max_bytes as u64) => {
                self.fail(too_large(max_bytes))
            }
            ResponseMode::Whole { max_bytes } => {
                self.state = State::Collecting { status, retry_after, pieces, max_bytes, so_far: SoFar::Nothing };
                None
            }
            ResponseMode::Stream => {
                self.state = State::Streaming(pieces);
                Some(Progress::Started { status, retry_after })
            }
        }
    }

    fn fail(&mut self, failure: TransportFailure) -> Option<Progress> {
        self.state = State::Over;
        if let Some(log) = &self.log {
            log.failed(&failure);
        }
        Some(Progress::Failed(failure))
    }
}

impl SoFar {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(bytes) => bytes.len(),
            Self::More(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, bytes: Bytes) {
        match self {
            Self::Nothing => *self = Self::One(bytes),
            Self::One(first) => {
                let mut all = BytesMut::with_capacity(2 * (first.len() + bytes.len()));
                all.extend_from_slice(first);
                all.extend_from_slice(&bytes);
                *self = Self::More(all);
            }
            Self::More(all) => all.extend_from_slice(&bytes),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::More(bytes) => bytes.freeze(),
        }
    }
}

/// Status and `Retry-After`.
pub(super) fn head(response: &reqwest::Response) -> (u16, Option<String>) {
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    (response.status().as_u16(), retry_after)
}

/// The body of reqwest's answer as a stream.
pub(super) struct Pieces(pub(super) reqwest::Response);

impl Stream for Pieces {
    type Item = Result<Bytes, TransportFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // The future of `chunk` holds nothing but the response, so that it can be made anew for each poll. That saves
        // the boxes of reqwest's own stream.
        let chunk = ready!(pin!(self.0.chunk()).poll(context));
        Poll::Ready(chunk.map_err(judge).transpose())
    }
}

enum AnyPieces {
    Http(Pieces),
    Custom(BoxStream<'static, Result<Bytes, TransportFailure>>),
    Whole(Bytes),
}

impl AnyPieces {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportFailure>>> {
        match self {
            Self::Http(pieces) => Pin::new(pieces).poll_next(context),
            Self::Custom(stream) => stream.as_mut().poll_next(context),
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(mem::take(bytes)))),
        }
    }
}

/// What is said of a request in the log, when somebody listens: never headers or bodies, and no query, which may hold
/// values of the caller's.
struct Log {
    method: Method,
    url: String,
    began: Instant,
}

impl Log {
    fn begin(request: &HttpRequest) -> Option<Self> {
        tracing::enabled!(tracing::Level::DEBUG).then(|| Self {
            method: request.method,
            url: request.url.clone(),
            began: Instant::now(),
        })
    }

    fn answered(&self, status: u16) {
        tracing::debug!(method = self.method.as_str(), path = self.path(), status, ms = self.ms(), "answered");
    }

    fn failed(&self, failure: &TransportFailure) {
        let (method, path, ms) = (self.method.as_str(), self.path(), self.ms());
        tracing::debug!(method, path, ms, kind = ?failure.kind, reason = %failure.message, "no answer");
    }

    fn path(&self) -> &str {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let path = self.url[host..].find('/').map_or("/", |at| &self.url[host + at..]);
        path.split('?').next().unwrap_or_default()
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
