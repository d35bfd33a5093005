//! One request on its way, and its answer.

use std::future::poll_fn;
use std::sync::Arc;

use matchport::transport::{Body, BoxStream, HttpTransport, Transport};
use matchport_core::engine::{HttpRequest, RequestId, TransportFailure, TransportFailureKind};
use matchport_core::http::ResponseMode;
use tokio::sync::Notify;

use super::{Arrival, Shared};

/// Carries a request, and tells the client what becomes of it: always, also when the task is ended by a fault.
pub(super) async fn carry(http: HttpTransport, request: Box<HttpRequest>, shared: Arc<Shared>, room: Arc<Notify>) {
    let mut teller = Teller { request: request.id, shared, told: false };
    if let Err(failure) = exchange(&http, request, &mut teller, &room).await {
        teller.last(Arrival::Failed(failure));
    }
}

async fn exchange(
    http: &HttpTransport,
    request: Box<HttpRequest>,
    teller: &mut Teller,
    room: &Notify,
) -> Result<(), TransportFailure> {
    let mode = request.response;
    let response = http.send(*request).await?;
    let (status, retry_after) = (response.status, response.retry_after);
    let mut pieces = Pieces::of(response.body);
    match mode {
        ResponseMode::Whole { max_bytes } => {
            let mut body = Vec::new();
            while let Some(bytes) = pieces.next().await? {
                if body.len() + bytes.len() > max_bytes {
                    let message = format!("the answer is longer than {max_bytes} bytes");
                    return Err(TransportFailure { kind: TransportFailureKind::TooLarge, message });
                }
                if body.is_empty() {
                    body = bytes;
                } else {
                    body.extend_from_slice(&bytes);
                }
            }
            teller.last(Arrival::Answer { status, retry_after, body });
        }
        ResponseMode::Stream => {
            teller.tell(Arrival::Started { status, retry_after });
            while let Some(bytes) = pieces.next().await? {
                // Asked for before it is told, so that no notice of room can be missed in between.
                let mut notified = std::pin::pin!(room.notified());
                notified.as_mut().enable();
                if !teller.tell(Arrival::Data(bytes)) {
                    notified.await;
                }
            }
            teller.last(Arrival::Ended);
        }
    }
    Ok(())
}

/// A body, piece by piece.
enum Pieces {
    Whole(Option<Vec<u8>>),
    Stream(BoxStream<'static, Result<bytes::Bytes, TransportFailure>>),
}

impl Pieces {
    fn of(body: Body) -> Self {
        match body {
            Body::Whole(bytes) => Self::Whole(Some(bytes.into())),
            Body::Stream(stream) => Self::Stream(stream),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, TransportFailure> {
        match self {
            Self::Whole(bytes) => Ok(bytes.take()),
            Self::Stream(stream) => {
                let next = poll_fn(|context| stream.as_mut().poll_next(context)).await;
                next.map(|bytes| bytes.map(Into::into)).transpose()
            }
        }
    }
}

struct Teller {
    request: RequestId,
    shared: Arc<Shared>,
    told: bool,
}

impl Teller {
    fn tell(&self, arrival: Arrival) -> bool {
        self.shared.arrived(self.request, arrival)
    }

    fn last(&mut self, arrival: Arrival) {
        self.told = true;
        self.tell(arrival);
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if !self.told {
            let message = "the transport dropped the request".to_owned();
            self.tell(Arrival::Failed(TransportFailure { kind: TransportFailureKind::Broken, message }));
        }
    }
}
