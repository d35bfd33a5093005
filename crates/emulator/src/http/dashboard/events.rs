//! `GET /_emulator/events`: everything, and from then on what changes, as server-sent events.
//!
//! Nothing is queued for anybody: a stream is a position in what happened, and the next event is made when the one before
//! has been taken. Whoever is too slow, or comes back too late, gets everything anew. Each second brings an event, which
//! is the heartbeat too.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tokio::time::{Instant, sleep_until};

use super::look::{Position, Seen};
use crate::faults;
use crate::http::Front;
use crate::http::answer::with_body;
use crate::http::guard::may_look;
use crate::model::{Fault, Room};

/// The pause between two events, in which changes gather.
const PAUSE: Duration = Duration::from_millis(100);
/// The pause after everything was sent.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// `GET /_emulator/events`, from where the header `last-event-id` says.
///
/// # Errors
/// 401 and 403.
pub(in crate::http) async fn events(front: &Arc<Front>, head: &Parts, _: Body) -> Result<Response, Fault> {
    may_look(front, head)?;
    let last = head.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let position = last.and_then(|id| Position::read(id, front.observation.epoch));
    let viewer =
        Viewer { front: Arc::clone(front), position, locations: None, faults: None, not_before: Instant::now() };
    let events = stream::unfold(viewer, |mut viewer| async move {
        let event = viewer.next().await?;
        Some((Ok::<_, Infallible>(event), viewer))
    });
    let mut response = with_body("text/event-stream", Body::from_stream(events));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Somebody who looks on.
struct Viewer {
    front: Arc<Front>,
    /// `None` before everything was sent.
    position: Option<Position>,
    /// As they were last sent.
    locations: Option<Vec<Room>>,
    faults: Option<Vec<faults::Fault>>,
    not_before: Instant,
}

impl Viewer {
    /// The next event; `None` when the emulator shuts down.
    async fn next(&mut self) -> Option<Bytes> {
        let front = Arc::clone(&self.front);
        let closed = &front.observation.closed;
        if let Some(position) = self.position {
            closed.run_until_cancelled(sleep_until(self.not_before)).await?;
            let change = || (Position::now(&front) != position).then_some(());
            closed.run_until_cancelled(front.observation.bell.wait_for(change)).await?;
        }
        let (event, (mut seen, position)) = match self.position.and_then(|position| Seen::since(&front, position)) {
            Some(seen) => ("changes", seen),
            None => ("everything", Seen::everything(&front)),
        };
        let pause = if event == "changes" { PAUSE } else { LONG_PAUSE };
        self.not_before = Instant::now() + if self.position.is_some() { pause } else { PAUSE };
        self.position = Some(position);
        forget_same(&mut seen.locations, &mut self.locations);
        forget_same(&mut seen.faults, &mut self.faults);
        match serde_json::to_string(&seen) {
            // JSON of one line, so that no line of it can end the event.
            Ok(data) => {
                let id = position.write(front.observation.epoch);
                Some(format!("event: {event}\nid: {id}\ndata: {data}\n\n").into())
            }
            Err(error) => {
                tracing::error!(%error, "what happens can't be written, and nobody sees it");
                None
            }
        }
    }
}

/// Takes out what was sent already.
fn forget_same<T: Clone + PartialEq>(now: &mut Option<T>, sent: &mut Option<T>) {
    if now == sent {
        *now = None;
    } else {
        sent.clone_from(now);
    }
}
