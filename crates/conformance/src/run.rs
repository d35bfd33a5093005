//! Plays one vector to the engine and compares what comes out.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use matchport_core::allocation::Ticket;
use matchport_core::engine::{
    Engine, EngineConfig, Entropy, Event, HttpRequest, Input, OperationId, Output, RequestId, TransportFailure,
    TransportFailureKind,
};
use matchport_core::error::{Error, ErrorCode};
use matchport_core::http::Answer as CoreAnswer;
use serde_json::{Value, json};

use crate::matching::{Rule, difference};
use crate::vector::{File, Step, Vector};
use crate::{options, view};

/// The random bytes of an operation whose vector names none: 1 to 24.
const ENTROPY: [u8; 24] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24];

/// Plays `vector`, which stands in `file`.
///
/// # Errors
/// The first difference, with the step that it is in; or a vector that can't be played.
pub fn run(file: &File, vector: &Vector) -> Result<()> {
    let client = vector.client.as_ref().unwrap_or(&file.client);
    let config = options::config(client)?;
    let mut player = Player::new(config, &file.base)?;
    for (index, step) in vector.steps.iter().enumerate() {
        let place = || format!("step {} (at {} ms)", index + 1, step.at);
        let made = player.play(file, step).with_context(place)?;
        compare(step, &made).with_context(place)?;
    }
    ensure!(player.engine.operations() == 0, "{} operations have not ended", player.engine.operations());
    Ok(())
}

/// What came of a step.
#[derive(Default)]
struct Made {
    requests: Vec<Value>,
    events: Vec<Value>,
    progress: Vec<Value>,
}

struct Player {
    engine: Engine,
    base: String,
    authorization: String,
    operations: u64,
    /// All that were sent, in order.
    sent: Vec<RequestId>,
    /// Operations whose ticket is not going to be kept.
    not_kept: BTreeSet<OperationId>,
    /// Operations that have ended.
    ended: BTreeMap<OperationId, u32>,
}

impl Player {
    fn new(config: EngineConfig, base: &str) -> Result<Self> {
        Ok(Self {
            base: base.to_owned(),
            authorization: config.token.authorization().to_owned(),
            engine: Engine::new(config)?,
            operations: 0,
            sent: Vec::new(),
            not_kept: BTreeSet::new(),
            ended: BTreeMap::new(),
        })
    }

    /// Lets the time pass, then does what the step says.
    fn play(&mut self, file: &File, step: &Step) -> Result<Made> {
        let mut made = Made::default();
        self.drain(step.at, &mut made)?;
        let request = || match step.to {
            Some(number) => number.checked_sub(1).and_then(|index| self.sent.get(index)),
            None => self.sent.last(),
        };
        let request = request().copied();
        let meant = || request.context("no such request was sent");
        if let Some(kind) = &step.begin {
            self.begin(kind, step, &mut made)?;
        } else if let Some(answer) = &step.answer {
            let answer = file.answer(answer)?;
            let (body, retry_after) = (answer.body(), answer.retry_after.map(|seconds| seconds.to_string()));
            let answer =
                CoreAnswer { status: answer.status, retry_after: retry_after.as_deref(), body: body.as_bytes() };
            self.engine.handle(Input::Response { request: meant()?, answer }, step.at)?;
        } else if let Some(head) = &step.head {
            let retry_after = head.retry_after.map(|seconds| seconds.to_string());
            let answer = CoreAnswer { status: head.status, retry_after: retry_after.as_deref(), body: b"" };
            self.engine.handle(Input::StreamStarted { request: meant()?, answer }, step.at)?;
        } else if let Some(data) = &step.data {
            self.engine.handle(Input::StreamData { request: meant()?, bytes: data.as_bytes() }, step.at)?;
        } else if step.end == Some(true) {
            self.engine.handle(Input::StreamEnded { request: meant()? }, step.at)?;
        } else if let Some(kind) = &step.fail {
            let failure = TransportFailure { kind: failure_kind(kind)?, message: format!("the vector says {kind}") };
            self.engine.handle(Input::TransportFailed { request: meant()?, failure }, step.at)?;
        } else if let Some(operation) = step.cancel {
            self.engine.handle(Input::Cancel { id: OperationId(operation as u64) }, step.at)?;
        } else if let Some(within_ms) = step.shutdown {
            self.engine.handle(Input::Shutdown { within_ms }, step.at)?;
        }
        self.drain(step.at, &mut made)?;
        Ok(made)
    }

    fn begin(&mut self, kind: &str, step: &Step, made: &mut Made) -> Result<()> {
        self.operations += 1;
        let id = OperationId(self.operations);
        if step.keep_ticket == Some(false) {
            self.not_kept.insert(id);
        }
        let entropy = step.entropy.as_deref().map_or(Ok(Entropy(ENTROPY)), entropy)?;
        let refused = if kind == "resume" {
            let ticket = match step.ticket.as_ref().context("a resume needs a ticket")? {
                Value::String(text) => text.clone(),
                ticket => ticket.to_string(),
            };
            match Ticket::from_json(&ticket) {
                Ok(ticket) => {
                    let (ticket, options) = (Box::new(ticket), options::resume(&step.options)?);
                    self.engine.handle(Input::Resume { id, ticket, options, entropy }, step.at)?;
                    return Ok(());
                }
                Err(invalid) => {
                    let mut error = Error::from(invalid);
                    error.code = ErrorCode::InvalidTicket;
                    error
                }
            }
        } else {
            match options::operation(kind, &step.options)? {
                Ok(operation) => {
                    self.engine.handle(Input::Submit { id, operation, entropy }, step.at)?;
                    return Ok(());
                }
                Err(invalid) => invalid.into(),
            }
        };
        // Rust's types refuse it before there is an operation.
        self.event(Event::Failed { operation: id, failure: Box::new(refused.into()) }, made)
    }

    fn drain(&mut self, now: u64, made: &mut Made) -> Result<()> {
        let mut held = Vec::new();
        loop {
            match self.engine.poll(now) {
                Output::Send(request) if self.not_kept.contains(&request.operation) => held.push(request.id),
                Output::Send(request) => {
                    self.sent.push(request.id);
                    made.requests.push(self.request(&request)?);
                }
                Output::Abort { request, .. } => {
                    let number = self.sent.iter().position(|sent| *sent == request);
                    made.requests.push(json!({ "abort": number.context("aborts what was not sent")? + 1 }));
                }
                Output::Event(event) => self.event(event, made)?,
                Output::WaitUntil(_) | Output::Idle if held.is_empty() => return Ok(()),
                Output::WaitUntil(_) | Output::Idle => {
                    // As every driver does it: the requests wait for the ticket, and never leave without.
                    for id in std::mem::take(&mut self.not_kept) {
                        self.engine.handle(Input::TicketNotKept { id }, now)?;
                    }
                    for request in held.drain(..) {
                        let message = "the ticket was not kept".to_owned();
                        let failure = TransportFailure { kind: TransportFailureKind::NotSent, message };
                        self.engine.handle(Input::TransportFailed { request, failure }, now)?;
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event, made: &mut Made) -> Result<()> {
        let id = event.operation();
        let mut shown = view::event(&event);
        shown["operation"] = id.0.into();
        ensure!(!self.ended.contains_key(&id), "operation {} has ended, and then came {shown}", id.0);
        if event.is_terminal() {
            self.ended.insert(id, 1);
        }
        match shown.get_mut("progress").map(Value::take) {
            Some(mut progress) => {
                progress["operation"] = id.0.into();
                made.progress.push(progress);
            }
            None => made.events.push(shown),
        }
        Ok(())
    }

    /// A request as vectors show it. What every request has to have is checked here.
    fn request(&self, request: &HttpRequest) -> Result<Value> {
        let headers: BTreeMap<&str, &str> = request.headers().collect();
        ensure!(headers.get("authorization") == Some(&self.authorization.as_str()), "not authorized: {request:?}");
        let content_type = request.body.as_ref().map(|_| "application/json");
        ensure!(headers.get("content-type").copied() == content_type, "content-type: {headers:?}");
        let path = request.url.strip_prefix(&self.base).context("the address is another")?;
        let body: Value = match &request.body {
            Some(body) => serde_json::from_slice(body).context("the body is no JSON")?,
            None => Value::Null,
        };
        let accept = Some(headers.get("accept").copied().unwrap_or_default()).filter(|it| *it != "application/json");
        Ok(json!({
            "send": format!("{} {path}", request.method.as_str()),
            "operation": request.operation.0,
            "body": body,
            "accept": accept,
        }))
    }
}

fn failure_kind(kind: &str) -> Result<TransportFailureKind> {
    Ok(match kind {
        "not_sent" => TransportFailureKind::NotSent,
        "broken" => TransportFailureKind::Broken,
        "timed_out" => TransportFailureKind::TimedOut,
        "too_large" => TransportFailureKind::TooLarge,
        _ => bail!("no failure is called {kind:?}"),
    })
}

fn entropy(hexadecimal: &str) -> Result<Entropy> {
    let byte = |index: usize| {
        let digits = hexadecimal.get(2 * index..2 * index + 2).context("48 digits are needed")?;
        u8::from_str_radix(digits, 16).context("no hexadecimal digits")
    };
    let mut bytes = [0; 24];
    for (index, place) in bytes.iter_mut().enumerate() {
        *place = byte(index)?;
    }
    Ok(Entropy(bytes))
}

fn compare(step: &Step, made: &Made) -> Result<()> {
    let lists = [
        ("requests", Some(&step.requests), &made.requests, Rule::Whole),
        ("events", Some(&step.events), &made.events, Rule::Named),
        ("progress", step.progress.as_ref(), &made.progress, Rule::Whole),
    ];
    for (what, expected, found, rule) in lists {
        let Some(expected) = expected else { continue };
        if expected.len() != found.len() {
            bail!("{what}: expected {}, found {}", json!(expected), json!(found));
        }
        for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
            let mut expected = expected.clone();
            // Most vectors have one operation.
            if found.get("operation").is_some() && expected.get("operation").is_none() {
                expected["operation"] = 1.into();
            }
            if let Some(difference) = difference(&expected, found, rule) {
                bail!("{what}[{index}]{difference}\n  all {what} found: {}", json!(found));
            }
        }
    }
    Ok(())
}
