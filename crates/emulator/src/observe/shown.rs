//! A request as it is shown: without secrets, and with the session that it is about.

use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::config::Operation;
use crate::http::decode_form;

use super::{Hidden, Record};

/// A request as it is shown.
#[derive(Serialize)]
pub(crate) struct Shown {
    pub(super) number: u64,
    /// When it came: unix time in milliseconds.
    at: f64,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) operation: Option<&'static str>,
    /// `None` when there was no answer: `cut`, or the client has hung up.
    pub(super) status: Option<u16>,
    /// Until the answer was there, in milliseconds.
    pub(super) took: f64,
    pub(super) cut: bool,
    /// The number of the fault that happened to it.
    pub(super) fault: Option<u64>,
    /// The session that it is about.
    pub(super) session: Option<String>,
    pub(super) refusal: Option<String>,
    /// Of the error that it was refused with.
    pub(super) identifier: Option<String>,
    body: Option<String>,
}

impl Shown {
    pub(crate) fn of(record: &Record, hidden: &Hidden) -> Self {
        let body = hidden.body(record);
        let member = |name: &str| body.as_ref().ok()?.as_ref()?.get(name).and_then(Value::as_str).map(str::to_owned);
        let session = record.started.as_ref().map(|id| id.to_string()).or_else(|| match record.operation? {
            Operation::Start => member("id"),
            Operation::Join => member("session"),
            Operation::Describe | Operation::Stop => segment(&record.path, 2),
            Operation::Logs => parameter(&record.path, "id"),
            Operation::Artifacts => parameter(&record.path, "session"),
            Operation::List | Operation::Leave | Operation::Locations | Operation::Tag => None,
        });
        Self {
            number: record.number,
            at: record.at as f64 / 1000.0,
            method: record.method.to_string(),
            path: hidden.path(record).into_owned(),
            operation: record.operation.map(Operation::name),
            status: record.status,
            took: record.took.as_secs_f64() * 1000.0,
            cut: record.is_cut,
            fault: record.fault,
            session: session.map(|session| hidden.text(&session).into_owned()),
            refusal: record.refusal.as_ref().map(|refusal| hidden.text(refusal).into_owned()),
            identifier: record.identifier.as_deref().map(str::to_owned),
            body: match body {
                Ok(value) => value.map(|value| value.to_string()),
                Err(instead) => Some(instead),
            },
        }
    }
}

fn segment(path: &str, number: usize) -> Option<String> {
    let segment = path.split('?').next()?.split('/').nth(number)?;
    percent_decode_str(segment).decode_utf8().ok().map(Into::into)
}

fn parameter(path: &str, name: &str) -> Option<String> {
    let (_, query) = path.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?.1;
    decode_form(value).ok()
}
