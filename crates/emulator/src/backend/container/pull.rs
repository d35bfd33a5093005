//! Getting an image that an engine doesn't have, and telling how far it is.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt;
use tokio::time::Instant;

use super::engine::{Engine, EngineError};

/// Between two words about the progress.
const BETWEEN_WORDS: Duration = Duration::from_secs(1);
pub(super) const WHAT: &str = "pull an image";

/// Pulls an image, unless it is there by now. It may take as long as it wants to, as long as something is heard of it.
///
/// # Errors
/// When it can't be had, or nothing is heard for as long as the engine may be silent.
pub(super) async fn pull(engine: &Engine, image: &str) -> Result<(), EngineError> {
    let lock = engine.pull_lock(image);
    let _only_one = lock.lock().await;
    match engine.call("look for an image", engine.docker.inspect_image(image)).await {
        Err(error) if error.is_not_found() => {}
        result => return result.map(|_| ()),
    }
    tracing::info!(image, engine = %engine.address, "pulling");
    let began = Instant::now();
    let options = CreateImageOptions { from_image: Some(image.to_owned()), ..Default::default() };
    let mut steps = engine.docker.create_image(Some(options), None, None);
    let mut progress = Progress::default();
    let mut told = began;
    loop {
        let step = tokio::time::timeout(engine.deadline, steps.next()).await.map_err(|_| engine.silent(WHAT))?;
        let Some(step) = step else { break };
        progress.take(step.map_err(|error| engine.error(WHAT, error))?);
        if told.elapsed() >= BETWEEN_WORDS {
            told = Instant::now();
            let (bytes, total) = progress.bytes();
            tracing::info!(image, bytes, total, layers = progress.layers.len(), "pulling");
        }
    }
    tracing::info!(image, took = ?began.elapsed(), "pulled");
    Ok(())
}

/// How far each layer is: bytes that are there, and all.
#[derive(Default)]
struct Progress {
    layers: BTreeMap<String, (i64, i64)>,
}

impl Progress {
    fn take(&mut self, step: CreateImageInfo) {
        let (Some(layer), Some(detail)) = (step.id, step.progress_detail) else { return };
        if let (Some(current), Some(total)) = (detail.current, detail.total) {
            self.layers.insert(layer, (current, total));
        }
    }

    fn bytes(&self) -> (i64, i64) {
        let add = |sum: (i64, i64), layer: &(i64, i64)| (sum.0.saturating_add(layer.0), sum.1.saturating_add(layer.1));
        self.layers.values().fold((0, 0), add)
    }
}
