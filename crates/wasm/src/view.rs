//! What JavaScript gets back: the core's results in JavaScript's spelling. Names and shapes only.

use matchport_core::allocation::{
    Action, Allocation, AttemptReport, Failure, LocationReport, Progress as CoreProgress, Report as CoreReport,
};
use matchport_core::check::InvalidInput;
use matchport_core::engine::{Completion, Refusal, Stopped};
use matchport_core::error::{Error as CoreError, ErrorCode, Outcome};
use matchport_core::model::{Ports, SessionStatus, Violation};
use matchport_json::text_of;
use serde::{Serialize, Serializer as _};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

/// As JSON would have it: maps are objects, what is missing is `null`.
const SERIALIZER: Serializer = Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);

/// As a JavaScript value. Nothing that is shown here can fail to be written; if it did, the value is `null`.
fn show(value: &impl Serialize) -> JsValue {
    value.serialize(&SERIALIZER).unwrap_or(JsValue::NULL)
}

/// As JSON text: one crossing, where an object costs one or two for each of its fields. For what comes at every
/// operation.
fn text(value: &impl Serialize) -> JsValue {
    text_of(value).map_or(JsValue::NULL, |text| JsValue::from_str(&text))
}

/// What came of an operation, as JSON text.
pub(crate) fn completion(completion: Completion) -> JsValue {
    match completion {
        Completion::Allocated(allocation) => text(&Allocated::from(&*allocation)),
        Completion::Backfilled(backfilled) => text(&Backfilled {
            id: backfilled.id.as_str(),
            location: &backfilled.location,
            host: &backfilled.host,
            ports: &backfilled.ports,
            endpoint: backfilled.endpoint.as_deref(),
            count: backfilled.count,
            passed_over: backfilled.passed_over,
        }),
        Completion::Sessions(sessions) => text(&sessions),
        Completion::Described(session) => text(&session),
        Completion::Stopped(stopped) => text(&(stopped == Stopped::Stopping)),
        Completion::Players(count) => text(&count),
        Completion::Locations(locations) => text(&locations),
        Completion::TagExists(exists) => text(&exists),
        Completion::Streamed { bytes } => text(&bytes),
    }
}

/// What a failed operation says, as JSON text.
pub(crate) fn failure(failure: &Failure) -> JsValue {
    text(&Failed::from(failure))
}

/// What is thrown rather than told: before there is an operation, so without ticket or report.
fn thrown(error: CoreError) -> JsValue {
    #[derive(Serialize)]
    struct Thrown<'a> {
        error: Error<'a>,
    }
    show(&Thrown { error: Error::from(&error) })
}

/// Input that was refused before there was an operation.
pub(crate) fn refused(refused: InvalidInput) -> JsValue {
    thrown(CoreError::from(refused))
}

/// A ticket that can't be read.
pub(crate) fn refused_ticket(refused: InvalidInput) -> JsValue {
    let mut error = CoreError::from(refused);
    error.code = ErrorCode::InvalidTicket;
    thrown(error)
}

/// An operation that the engine did not take.
pub(crate) fn not_taken(refusal: Refusal) -> JsValue {
    let code = if refusal == Refusal::ShutDown { ErrorCode::ShutDown } else { ErrorCode::InvalidInput };
    thrown(CoreError::new(code, Outcome::NotSent, refusal.to_string()))
}

/// Bytes as a `Uint8Array` of their own.
pub(crate) fn bytes(bytes: &[u8]) -> JsValue {
    SERIALIZER.serialize_bytes(bytes).unwrap_or(JsValue::NULL)
}

/// A step for a progress line, as JSON text.
pub(crate) fn progress(progress: &CoreProgress) -> JsValue {
    text(&match progress {
        CoreProgress::Locating => Progress::Locating,
        CoreProgress::Starting { location, attempt } => Progress::Starting { location, attempt: *attempt },
        CoreProgress::LocationRefused { location, code } => Progress::LocationRefused { location, code: *code },
        CoreProgress::WaitingForCapacity { for_ms } => Progress::WaitingForCapacity { for_ms: *for_ms },
        CoreProgress::LookingUp => Progress::LookingUp,
        CoreProgress::Pausing { for_ms, code, reason } => Progress::Pausing { for_ms: *for_ms, code: *code, reason },
        CoreProgress::WaitingUntilRunning { status } => Progress::WaitingUntilRunning { status: status.as_ref() },
        CoreProgress::Settling => Progress::Settling,
    })
}

#[derive(Serialize)]
struct Allocated<'a> {
    id: &'a str,
    location: &'a str,
    host: &'a str,
    ports: &'a Ports,
    endpoint: Option<&'a str>,
    report: Report<'a>,
}

impl<'a> From<&'a Allocation> for Allocated<'a> {
    fn from(allocation: &'a Allocation) -> Self {
        Self {
            id: allocation.id.as_str(),
            location: &allocation.location,
            host: &allocation.host,
            ports: &allocation.ports,
            endpoint: allocation.endpoint.as_deref(),
            report: Report::from(&allocation.report),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Backfilled<'a> {
    id: &'a str,
    location: &'a str,
    host: &'a str,
    ports: &'a Ports,
    endpoint: Option<&'a str>,
    count: u32,
    passed_over: u32,
}

#[derive(Serialize)]
struct Failed<'a> {
    error: Error<'a>,
    ticket: Option<String>,
    report: Option<Report<'a>>,
}

impl<'a> From<&'a Failure> for Failed<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            error: Error::from(&failure.error),
            ticket: failure.ticket.as_ref().map(|ticket| ticket.to_json()),
            report: failure.report.as_deref().map(Report::from),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Error<'a> {
    code: ErrorCode,
    status: Option<u16>,
    identifier: Option<&'a str>,
    violations: &'a [Violation],
    field: Option<String>,
    outcome: Outcome,
    retryable: bool,
    message: String,
    retry_after_ms: Option<u64>,
}

impl<'a> From<&'a CoreError> for Error<'a> {
    fn from(error: &'a CoreError) -> Self {
        let mut message = error.message.clone();
        let field = error.field.as_deref().map(|field| {
            let spelled = spelling(field);
            if let Some(rest) = message.strip_prefix(field) {
                message = format!("{spelled}{rest}");
            }
            spelled
        });
        Self {
            code: error.code,
            status: error.status,
            identifier: error.identifier.as_deref(),
            violations: &error.violations,
            field,
            outcome: error.outcome,
            retryable: error.retryable,
            message,
            retry_after_ms: error.retry_after_ms,
        }
    }
}

/// A field as JavaScript's options call it.
fn spelling(field: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("base_url", "baseUrl"),
        ("deadline_ms", "deadline"),
        ("external_id", "externalId"),
        ("match_id", "matchId"),
        ("not_having", "notHaving"),
        ("session_id", "id"),
        ("waited_ms", "waited"),
        ("cap.limit_ms", "maxLatency.limit"),
        ("cap.relax_ms_per_second", "maxLatency.relaxPerSecond"),
        ("cap.ceiling_ms", "maxLatency.ceiling"),
        ("worst_weight", "placement.worstWeight"),
        ("missing.assume", "placement.missing.assume"),
    ];
    let inner = field.strip_prefix("placement.").or_else(|| field.strip_prefix("policy.")).unwrap_or(field);
    // An entry of a list or map keeps what says which.
    let (name, entry) = inner.split_at(inner.find('[').unwrap_or(inner.len()));
    match NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, spelled)) => format!("{spelled}{entry}"),
        None => field.to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    session: &'a str,
    locations: Vec<Location<'a>>,
    attempts: Vec<Attempt<'a>>,
    attempts_omitted: u32,
    adopted: bool,
    took_ms: u64,
}

impl<'a> From<&'a CoreReport> for Report<'a> {
    fn from(report: &'a CoreReport) -> Self {
        Self {
            session: report.session.as_str(),
            locations: report.locations.iter().map(Location::from).collect(),
            attempts: report.attempts.iter().map(Attempt::from).collect(),
            attempts_omitted: report.attempts_omitted,
            adopted: report.adopted,
            took_ms: report.took_ms,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    location: &'a str,
    cost_ms: Option<f32>,
    worst_ms: Option<f32>,
    mean_ms: Option<f32>,
    left_out: Option<&'a str>,
}

impl<'a> From<&'a LocationReport> for Location<'a> {
    fn from(report: &'a LocationReport) -> Self {
        Self {
            location: &report.location,
            cost_ms: report.cost_ms,
            worst_ms: report.worst_ms,
            mean_ms: report.mean_ms,
            left_out: report.left_out.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt<'a> {
    action: Action,
    location: Option<&'a str>,
    at_ms: u64,
    took_ms: u64,
    outcome: Outcome,
    status: Option<u16>,
    code: Option<ErrorCode>,
    identifier: Option<&'a str>,
    session_status: Option<&'a SessionStatus>,
}

impl<'a> From<&'a AttemptReport> for Attempt<'a> {
    fn from(report: &'a AttemptReport) -> Self {
        Self {
            action: report.action,
            location: report.location.as_deref(),
            at_ms: report.at_ms,
            took_ms: report.took_ms,
            outcome: report.outcome,
            status: report.status,
            code: report.code,
            identifier: report.identifier.as_deref(),
            session_status: report.session_status.as_ref(),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Progress<'a> {
    Locating,
    Starting { location: &'a str, attempt: u32 },
    LocationRefused { location: &'a str, code: ErrorCode },
    WaitingForCapacity { for_ms: Option<u64> },
    LookingUp,
    Pausing { for_ms: u64, code: ErrorCode, reason: &'a str },
    WaitingUntilRunning { status: Option<&'a SessionStatus> },
    Settling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_spelled_as_javascript_spells_them() {
        let refused = InvalidInput::other("deadline_ms", "must be between 1 and 86400000");
        let error = CoreError::from(refused);
        let shown = Error::from(&error);
        assert_eq!(shown.field.as_deref(), Some("deadline"));
        assert_eq!(shown.message, "deadline must be between 1 and 86400000");
        assert_eq!(spelling("players[3].id"), "players[3].id");
        assert_eq!(spelling("placement.cap.ceiling_ms"), "maxLatency.ceiling");
        assert_eq!(spelling("not_having[\"mode\"]"), "notHaving[\"mode\"]");
    }
}
