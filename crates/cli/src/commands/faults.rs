//! `matchport emulator fault`: talks to `/_emulator/faults` of an emulator that runs on this machine.

use std::process::ExitCode;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use matchport_core::environment::BaseUrl;
use matchport_core::error::{Error, ErrorCode, Outcome};
use matchport_core::model::Violation;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;

use crate::args::{AddFaultArgs, FaultCommand};
use crate::connect::Target;
use crate::fault::Fault;
use crate::output::{Output, Table, printable};

const PATH: &str = "/_emulator/faults";
/// How long an emulator on this machine may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than a thousand faults take up.
const LARGEST_ANSWER: usize = 4 << 20;

/// Adds, lists and removes.
pub(super) async fn run(command: FaultCommand, output: Output) -> Result<ExitCode, Fault> {
    match command {
        FaultCommand::Add(args) => {
            let fault = body(&args);
            let target = Target::of(args.connection)?;
            let added = ask(&target, "add the fault", Method::POST, PATH, Some(&fault)).await?;
            match output.is_json() {
                true => output.json(&added)?,
                false => output.text(&format!("fault {}: {}", added["id"], effect(&added)))?,
            }
        }
        FaultCommand::List { connection } => {
            let target = Target::of(connection)?;
            let list = ask(&target, "list the faults", Method::GET, PATH, None).await?;
            match output.is_json() {
                true => output.json(&list)?,
                false => output.text(&table(list["faults"].as_array().map_or(&[], Vec::as_slice)))?,
            }
        }
        FaultCommand::Remove { id, all: _, connection } => {
            let target = Target::of(connection)?;
            let path = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}"));
            ask(&target, "remove the fault", Method::DELETE, &path, None).await?;
            match output.is_json() {
                true => output.json(&json!({ "removed": id }))?,
                false => output
                    .text(&id.map_or_else(|| "all are removed".to_owned(), |id| format!("fault {id} is removed")))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The fault as the emulator takes it: what was not given is left out.
fn body(args: &AddFaultArgs) -> Value {
    let mut fault = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fault.insert(name.to_owned(), value);
        }
    };
    set("operation", (!args.operations.is_empty()).then(|| json!(args.operations)));
    set("location", args.location.as_ref().map(|location| json!(location)));
    set("share", args.share.map(|share| json!(share)));
    set("seed", args.seed.map(|seed| json!(seed)));
    set("count", args.count.map(|count| json!(count)));
    set("delay", args.delay.as_ref().map(|delay| json!(delay)));
    set("status", args.status.map(|status| json!(status)));
    for (name, is_set) in [("cut", args.cut), ("garbage", args.garbage), ("full", args.full)] {
        set(name, is_set.then_some(json!(true)));
    }
    set("when", args.after.then_some(json!("after")));
    Value::Object(fault)
}

fn table(faults: &[Value]) -> String {
    if faults.is_empty() {
        return "no faults".to_owned();
    }
    let mut table = Table::new(&[">ID", "CALLS", "EFFECT", ">MEANT", ">HAPPENED"]);
    for fault in faults {
        let cells = [
            fault["id"].to_string(),
            calls(fault),
            effect(fault),
            fault["matched"].to_string(),
            fault["happened"].to_string(),
        ];
        table.row(cells);
    }
    table.text(0)
}

/// Which calls a fault is meant for, in words.
fn calls(fault: &Value) -> String {
    let operations = fault["operation"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let operations = operations.collect::<Vec<_>>().join(", ");
    let mut words = if operations.is_empty() { "all".to_owned() } else { operations };
    if let Some(location) = fault["location"].as_str() {
        words.push_str(&format!(" in {}", printable(location)));
    }
    if let Some(share) = fault["share"].as_f64().filter(|share| *share < 1.0) {
        words.push_str(&format!(", a share of {share}"));
    }
    if let Some(count) = fault["count"].as_u64() {
        words.push_str(&format!(", at most {count}"));
    }
    words
}

/// What a fault does, in words.
fn effect(fault: &Value) -> String {
    let mut words = Vec::new();
    if let Some(delay) = fault["delay"].as_str() {
        words.push(format!("delay {}", printable(delay)));
    }
    if let Some(status) = fault["status"].as_u64() {
        words.push(format!("status {status}"));
    }
    let flags = ["cut", "garbage", "full"].into_iter().filter(|name| fault[*name] == true);
    words.extend(flags.map(str::to_owned));
    if fault["when"] == "after" {
        words.push("after it took effect".to_owned());
    }
    words.join(", ")
}

/// Asks the emulator, and gives its answer; null when that has no body.
async fn ask(target: &Target, what: &str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Fault> {
    let base = target.base_url();
    if base.is_https() || !base.is_loopback() {
        return Err(Fault::wrong_use(format!("{base} is no emulator on this machine"))
            .next("run this on the machine of the emulator; elsewhere faults come from its configuration"));
    }
    let failed = |error: Error| target.changing(what, error);
    let answer = tokio::time::timeout(PATIENCE, send(base, target.token(), method, path, body)).await;
    let (status, answer) = match answer {
        Ok(answer) => answer.map_err(failed)?,
        Err(_) => return Err(failed(Error::new(ErrorCode::Timeout, Outcome::Unknown, "no answer within 10 s"))),
    };
    if !status.is_success() {
        return Err(failed(refusal(status, &answer)));
    }
    match answer.is_empty() {
        true => Ok(Value::Null),
        false => serde_json::from_slice(&answer).map_err(|error| {
            let message = format!("this is not the answer of an emulator: {error}");
            failed(Error::new(ErrorCode::UnreadableResponse, Outcome::Unknown, message))
        }),
    }
}

async fn send(
    base: &BaseUrl,
    token: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<(StatusCode, Bytes), Error> {
    let broken = |outcome: Outcome| {
        move |error: &dyn std::fmt::Display| Error::new(ErrorCode::Transport, outcome, error.to_string())
    };
    let authority = base.to_string().trim_start_matches("http://").to_owned();
    let host = base.host().trim_matches(['[', ']']).to_owned();
    let stream = TcpStream::connect((host, base.port().unwrap_or(80))).await;
    let stream = stream.map_err(|error| broken(Outcome::NotSent)(&error))?;
    let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(|error| broken(Outcome::NotSent)(&error))?;
    // Ends with the sender; what goes wrong on it is an error of the request.
    let connection = tokio::spawn(connection);
    let content = body.map(Value::to_string).unwrap_or_default();
    let request = Request::builder().method(method).uri(path).header("host", authority);
    let request = request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(content))).map_err(|error| broken(Outcome::NotSent)(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| broken(Outcome::Unknown)(&error))?;
    let status = answer.status();
    let answer = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await;
    connection.abort();
    Ok((status, answer.map_err(|error| broken(Outcome::Unknown)(&error))?.to_bytes()))
}

/// The error of an emulator, or of whoever answers there.
fn refusal(status: StatusCode, answer: &[u8]) -> Error {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        message: String,
        details: String,
        identifier: Option<String>,
        violations: Vec<OneViolation>,
    }

    #[derive(Deserialize)]
    struct OneViolation {
        field: String,
        description: String,
    }

    let code = match status.as_u16() {
        401 => ErrorCode::Unauthorized,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        409 => ErrorCode::Conflict,
        422 => ErrorCode::InvalidRequest,
        _ => ErrorCode::UnexpectedStatus,
    };
    let body: Body = serde_json::from_slice(answer).unwrap_or_default();
    let message = match body.message.as_str() {
        "" => format!("it answered with status {status}; is it an emulator?"),
        message => format!("{message}: {}", body.details),
    };
    let mut error = Error::new(code, Outcome::Refused, message);
    error.status = Some(status.as_u16());
    error.identifier = body.identifier;
    let violations = body.violations.into_iter();
    error.violations = violations.map(|one| Violation { field: one.field, description: one.description }).collect();
    error
}
