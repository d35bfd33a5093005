//! A container engine that runs nothing, on a socket of its own: for what a real one can't be made to do. It knows the calls that
//! the emulator makes, and each of them can be told to misbehave.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use matchport_emulator::EngineAddress;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;

/// What the engine does when it is asked for something.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Never answers.
    Hang,
    /// Refuses, with a message.
    Refuse(u16, String),
    /// Answers with something that nobody can read.
    Garbage,
    /// Ends the connection without an answer.
    HangUp,
    /// Answers with these lines, then as usual, or not at all.
    Lines(Vec<Value>, After),
    /// Answers with these bytes, and breaks off.
    Break(Vec<u8>),
    /// Answers with these bytes.
    Bytes(Vec<u8>),
}

/// What comes after the lines of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    End,
    Silence,
}

pub(crate) struct FakeEngine {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    does: Mutex<HashMap<String, Does>>,
    containers: Mutex<BTreeMap<String, Container>>,
    asked: Mutex<Vec<String>>,
    images: Mutex<Vec<String>>,
}

/// By its name, which is its id too.
struct Container {
    body: Value,
    is_stubborn: bool,
    /// The exit code, when it has ended.
    end: watch::Sender<Option<i64>>,
}

impl Drop for FakeEngine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeEngine {
    /// It has the image `game:latest`.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("engine.sock");
        let shared = Arc::new(Shared::default());
        shared.images.lock().expect("images").push("game:latest".to_owned());
        let listener = tokio::net::UnixListener::bind(&path).expect("a socket");
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Self { _folder: folder, path, shared, server }
    }

    pub(crate) fn address(&self) -> EngineAddress {
        EngineAddress::Unix(self.path.clone())
    }

    /// From now on, `call` (such as `create`, `start`, `inspect`, `ping`, `pull`) misbehaves.
    pub(crate) fn when(&self, call: &str, does: Does) {
        lock(&self.shared.does).insert(call.to_owned(), does);
    }

    /// From now on, every call but that for the version misbehaves.
    pub(crate) fn always(&self, does: &Does) {
        let calls =
            ["ping", "create", "start", "inspect", "wait", "kill", "remove", "attach", "archive", "list", "logs"];
        calls.into_iter().for_each(|call| self.when(call, does.clone()));
    }

    /// Everything goes well again.
    pub(crate) fn recovers(&self) {
        lock(&self.shared.does).clear();
    }

    /// It has no image from now on.
    pub(crate) fn forget_images(&self) {
        lock(&self.shared.images).clear();
    }

    /// The containers that there are don't mind SIGTERM.
    pub(crate) fn make_stubborn(&self) {
        lock(&self.shared.containers).values_mut().for_each(|container| container.is_stubborn = true);
    }

    /// Ends all containers with a code.
    pub(crate) fn end_all(&self, code: i64) {
        for container in lock(&self.shared.containers).values() {
            container.end.send_replace(Some(code));
        }
    }

    /// What containers were made from, by name.
    pub(crate) fn containers(&self) -> BTreeMap<String, Value> {
        lock(&self.shared.containers).iter().map(|(name, container)| (name.clone(), container.body.clone())).collect()
    }

    /// How often a call was made.
    pub(crate) fn asked(&self, call: &str) -> usize {
        lock(&self.shared.asked).iter().filter(|asked| *asked == call).count()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test has panicked in there")
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    let (call, name) = match parts[..] {
        ["version"] => ("version", ""),
        ["_ping"] => ("ping", ""),
        ["containers", "json"] => ("list", ""),
        ["containers", "create"] => ("create", ""),
        ["containers", name, "json"] => ("inspect", name),
        ["containers", name] => ("remove", name),
        ["containers", name, call] => (call, name),
        ["images", "create"] => ("pull", ""),
        ["images", ..] => ("image", ""),
        _ => panic!("nobody should ask for {path}"),
    };
    lock(&shared.asked).push(call.to_owned());
    let does = lock(&shared.does).get(call).cloned();
    match does {
        None => usual(&shared, call, name, request).await,
        Some(Does::Hang) => std::future::pending().await,
        Some(Does::Refuse(status, message)) => refuse(status, &message),
        Some(Does::Garbage) => "}{ <html>".into_response(),
        // The connection ends with the task that serves it.
        Some(Does::HangUp) => Response::new(Body::from_stream(futures_util::stream::once(async {
            Err::<Bytes, _>(std::io::Error::other("hung up"))
        }))),
        Some(Does::Bytes(bytes)) => bytes.into_response(),
        Some(Does::Break(bytes)) => {
            let chunks = [Ok(Bytes::from(bytes)), Err(std::io::Error::other("broken off"))];
            Response::new(Body::from_stream(futures_util::stream::iter(chunks)))
        }
        Some(Does::Lines(lines, after)) => {
            if after == After::End && call == "pull" {
                lock(&shared.images).push(query(&request, "fromImage"));
            }
            let lines = lines.into_iter().map(|line| Ok::<_, std::io::Error>(Bytes::from(format!("{line}\n"))));
            let lines = futures_util::stream::iter(lines);
            let silence = futures_util::stream::pending().take(usize::from(after == After::Silence));
            Response::new(Body::from_stream(lines.chain(silence)))
        }
    }
}

fn refuse(status: u16, message: &str) -> Response {
    let body = json!({ "message": message }).to_string();
    (StatusCode::from_u16(status).expect("a status"), body).into_response()
}

fn query(request: &Request, name: &str) -> String {
    let query = request.uri().query().unwrap_or_default();
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

async fn usual(shared: &Arc<Shared>, call: &str, name: &str, request: Request) -> Response {
    match call {
        "version" => json!({ "Version": "1.0", "Components": [{ "Name": "Fake", "Version": "1.0" }] })
            .to_string()
            .into_response(),
        "ping" => "OK".into_response(),
        "list" => {
            let containers = lock(&shared.containers);
            let list = containers.iter().map(|(name, one)| json!({ "Id": name, "Labels": one.body["Labels"] }));
            Value::Array(list.collect()).to_string().into_response()
        }
        "image" => refuse(404, "no such image"),
        "pull" => "".into_response(),
        "create" => create(shared, request).await,
        _ => of_container(shared, call, name, request).await,
    }
}

async fn create(shared: &Shared, request: Request) -> Response {
    let name = query(&request, "name");
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    if !lock(&shared.images).iter().any(|image| body["Image"] == **image) {
        return refuse(404, &format!("No such image: {}", body["Image"]));
    }
    let container = Container { body, is_stubborn: false, end: watch::Sender::new(None) };
    lock(&shared.containers).insert(name.clone(), container);
    (StatusCode::CREATED, json!({ "Id": name, "Warnings": [] }).to_string()).into_response()
}

async fn of_container(shared: &Arc<Shared>, call: &str, name: &str, request: Request) -> Response {
    let (mut end, state) = match lock(&shared.containers).get(name) {
        None => return refuse(404, &format!("No such container: {name}")),
        Some(container) => {
            let code = *container.end.borrow();
            let state = json!({
                "State": {
                    "Status": if code.is_none() { "running" } else { "exited" }, "Running": code.is_none(), "Pid": 0,
                    "ExitCode": code.unwrap_or(0),
                }
            });
            (container.end.subscribe(), state)
        }
    };
    match call {
        "inspect" => state.to_string().into_response(),
        "start" => {
            if let Some(container) = lock(&shared.containers).get(name) {
                container.end.send_replace(None);
            }
            StatusCode::NO_CONTENT.into_response()
        }
        "kill" => {
            let is_kill = query(&request, "signal") == "SIGKILL";
            if let Some(container) = lock(&shared.containers).get(name)
                && (is_kill || !container.is_stubborn)
            {
                container.end.send_replace(Some(if is_kill { 137 } else { 0 }));
            }
            StatusCode::NO_CONTENT.into_response()
        }
        "remove" => {
            lock(&shared.containers).remove(name);
            StatusCode::NO_CONTENT.into_response()
        }
        "wait" => {
            let code = end.wait_for(Option::is_some).await.map_or(-1, |code| code.unwrap_or_default());
            json!({ "StatusCode": code }).to_string().into_response()
        }
        "attach" => attach(request, end),
        _ => panic!("nobody should ask for {call}"),
    }
}

/// Writes two lines to the two streams, and ends with the container.
fn attach(mut request: Request, mut end: watch::Receiver<Option<i64>>) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let mut connection = hyper_util::rt::TokioIo::new(upgraded);
        for (stream, text) in [(1, b"to stdout\n"), (2, b"to stderr\n")] {
            let mut frame = vec![stream, 0, 0, 0, 0, 0, 0, 10];
            frame.extend_from_slice(text);
            let _ = connection.write_all(&frame).await;
        }
        let _ = end.wait_for(Option::is_some).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
    let headers = [(header::CONNECTION, "Upgrade"), (header::UPGRADE, "tcp")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
