//! One request on its way, and its answer.

use std::sync::Arc;

use matchport_core::engine::{HttpRequest, RequestId, TransportFailure, TransportFailureKind};
use matchport_core::http::ResponseMode;
use reqwest::header::RETRY_AFTER;
use tokio::sync::Notify;

use super::failure::{judge, too_large};
use super::{Arrival, Shared, http};

/// Carries a request, and tells the client what becomes of it: always, also when the task is ended by a fault.
pub(super) async fn carry(http: reqwest::Client, request: Box<HttpRequest>, shared: Arc<Shared>, room: Arc<Notify>) {
    let mut teller = Teller { request: request.id, shared, told: false };
    if let Err(failure) = exchange(&http, request, &mut teller, &room).await {
        teller.last(Arrival::Failed(failure));
    }
}

async fn exchange(
    http: &reqwest::Client,
    request: Box<HttpRequest>,
    teller: &mut Teller,
    room: &Notify,
) -> Result<(), TransportFailure> {
    let mode = request.response;
    let mut response = http.execute(http::translate(*request)?).await.map_err(judge)?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match mode {
        ResponseMode::Whole { max_bytes } => {
            let length = response.content_length().unwrap_or(0);
            if length > max_bytes as u64 {
                return Err(too_large(max_bytes));
            }
            let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            while let Some(bytes) = response.chunk().await.map_err(judge)? {
                if body.len() + bytes.len() > max_bytes {
                    return Err(too_large(max_bytes));
                }
                body.extend_from_slice(&bytes);
            }
            teller.last(Arrival::Answer { status, retry_after, body });
        }
        ResponseMode::Stream => {
            teller.tell(Arrival::Started { status, retry_after });
            while let Some(bytes) = response.chunk().await.map_err(judge)? {
                // Asked for before it is told, so that no notice of room can be missed in between.
                let mut notified = std::pin::pin!(room.notified());
                notified.as_mut().enable();
                if !teller.tell(Arrival::Data(bytes.into())) {
                    notified.await;
                }
            }
            teller.last(Arrival::Ended);
        }
    }
    Ok(())
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
