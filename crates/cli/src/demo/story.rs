//! How the demo is told: chapters of steps, each with what was asked, what came back and how long it took; as text while
//! it happens, or as one JSON document at the end.

use std::io;
use std::time::Instant;

use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::{Value, json};

use super::recorder::{Exchange, Exchanges};
use crate::fault::Fault;
use crate::output::Output;

/// The demo as far as it has come.
pub(super) struct Story {
    output: Output,
    exchanges: Exchanges,
    began: Instant,
    steps: Vec<Step>,
}

/// What a step tells beside its requests.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// For people.
    lines: Vec<String>,
    /// For programs.
    details: Value,
}

/// One step, as it stands in the JSON.
#[derive(Debug, Serialize)]
struct Step {
    chapter: &'static str,
    name: &'static str,
    /// The request that the step is about: its first. `None` for steps that ask the service nothing.
    request: Option<String>,
    /// The last status of that request.
    status: Option<u16>,
    ms: f64,
    ok: bool,
    /// Every request of the step.
    requests: Vec<Exchange>,
    details: Value,
}

impl Scene {
    pub(super) fn new(details: Value) -> Self {
        Self { lines: Vec::new(), details }
    }

    /// Adds a line, or several with line breaks between them.
    pub(super) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

impl Story {
    pub(super) fn begin(output: Output, exchanges: Exchanges) -> io::Result<Self> {
        let story = Self { output, exchanges, began: Instant::now(), steps: Vec::new() };
        story.tell(&format!("{}", "A match of eight players gets its game server".bold()))?;
        Ok(story)
    }

    /// Says which part of the guide comes now.
    pub(super) fn chapter(&self, title: &str) -> io::Result<()> {
        self.tell(&format!("\n{}", title.cyan().bold()))
    }

    /// Does one step and tells it.
    ///
    /// # Errors
    /// The step's own, once it has been told as well, or that stdout can't be written to.
    pub(super) async fn step<T>(
        &mut self,
        chapter: &'static str,
        name: &'static str,
        title: &str,
        work: impl Future<Output = Result<(T, Scene), Fault>>,
    ) -> Result<T, Fault> {
        let began = Instant::now();
        let result = work.await;
        let ms = super::milliseconds(began.elapsed());
        let (mark, scene, result) = match result {
            Ok((value, scene)) => ("✓".green().to_string(), scene, Ok(value)),
            Err(fault) => ("✗".red().to_string(), Scene::default(), Err(fault)),
        };
        let requests = self.exchanges.take();
        self.tell(&format!("{mark} {title} {}", format!("({ms:.1} ms)").dimmed()))?;
        for exchange in &requests {
            self.tell(&format!("    {}", told(exchange)))?;
        }
        for line in scene.lines.iter().flat_map(|line| line.lines()) {
            self.tell(&format!("    {line}"))?;
        }
        let first = requests.first();
        let is_first = |other: &&Exchange| first.is_some_and(|first| first.request() == other.request());
        self.steps.push(Step {
            chapter,
            name,
            request: first.map(Exchange::request),
            status: requests.iter().rev().find(is_first).and_then(|exchange| exchange.status),
            ms: rounded(ms),
            ok: result.is_ok(),
            requests,
            details: scene.details,
        });
        result
    }

    /// Tells how it ended. The failure itself is printed by whoever gets it.
    pub(super) fn end(self, failure: Option<&Fault>) -> io::Result<()> {
        let total_ms = super::milliseconds(self.began.elapsed());
        if self.output.is_json() {
            let error = failure.map(Fault::document).map(|document| json!(document)["error"].take());
            let document =
                json!({ "ok": failure.is_none(), "total_ms": rounded(total_ms), "steps": self.steps, "error": error });
            return self.output.json(&document);
        }
        let requests: usize = self.steps.iter().map(|step| step.requests.len()).sum();
        let steps = self.steps.len();
        let total = format!("{steps} steps and {requests} requests in {:.2} s", total_ms / 1000.0);
        match failure {
            None => self.tell(&format!("\n{}", format!("Done: {total}.").green().bold())),
            Some(_) => self.tell(&format!("\n{}", format!("Not done: {total}.").red().bold())),
        }
    }

    fn tell(&self, text: &str) -> io::Result<()> {
        if self.output.is_json() { Ok(()) } else { self.output.text(text) }
    }
}

fn told(exchange: &Exchange) -> String {
    let status = match exchange.status {
        None => "no answer".red().to_string(),
        Some(status @ 200..300) => status.green().to_string(),
        Some(status) => status.yellow().to_string(),
    };
    // Brackets are sent in their encoded form, which is hard to read.
    let path = exchange.path.replace("%5B", "[").replace("%5D", "]");
    format!("{} {path} {} {status} {}", exchange.method.bold(), "→".dimmed(), format!("{:.1} ms", exchange.ms).dimmed())
}

/// Microseconds are as fine as it gets.
fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}
