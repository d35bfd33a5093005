//! An emulator under test, driven over HTTP like any client would, with bodies written as the API page has them.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod processes;
pub(crate) mod raw;

use std::time::Duration;

use matchport_emulator::{Builder, Config, Emulator, Image};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Longer than anything here takes, even on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at something that tells of itself only when asked.
const LOOK: Duration = Duration::from_millis(2);

pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    pub(crate) own: processes::Own,
    client: reqwest::Client,
    token: String,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Checks the body that every error has, and gives it.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        let body = answer.json();
        assert_eq!(body["statusCode"], status);
        assert_eq!(body["code"], code);
        for field in ["message", "details", "path", "identifier", "timestamp"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {body}");
        }
        assert_eq!(body.get("violations").is_some(), status == 422, "{body}");
        body
    }
}

/// The command line of the built-in game server.
pub(crate) fn demo_server() -> Vec<std::ffi::OsString> {
    vec![env!("CARGO_BIN_EXE_matchport-demo-server").into()]
}

pub(crate) fn builder(config: Config) -> Builder {
    Emulator::builder(config).demo_server(demo_server())
}

/// An image whose server binds nothing, run by a shell script that is a part of the test.
pub(crate) fn script(name: &str, script: &str) -> Image {
    Image::new(name).command(["/bin/sh", "-c", script])
}

/// A configuration with these images and a short grace time.
pub(crate) fn images(images: impl IntoIterator<Item = Image>) -> Config {
    Config { images: images.into_iter().collect(), grace: Duration::from_millis(300), ..Config::default() }
}

pub(crate) async fn start(config: Config) -> Service {
    start_builder(builder(config)).await
}

pub(crate) async fn start_builder(builder: Builder) -> Service {
    Service::with_token(builder, "local").await
}

impl Service {
    pub(crate) async fn with_token(builder: Builder, token: &str) -> Self {
        let (emulator, own) = processes::Own::start(builder).await;
        crypto();
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Self { emulator, own, client, token: token.to_owned() }
    }

    /// The same, as somebody with another token sees it.
    pub(crate) fn seen_with(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.base_url())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.expect("a whole body").to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.send(self.request(Method::POST, "/session").json(&body)).await
    }

    /// Starts a session and gives the answer, which must be a 201.
    pub(crate) async fn start(&self, body: Value) -> Value {
        self.post(body).await.expect(201).json()
    }

    pub(crate) async fn join(&self, session: &str, players: &[&str]) -> Answer {
        let body = json!({ "session": session, "players": players });
        self.send(self.request(Method::PUT, "/session/player/join").json(&body)).await
    }

    pub(crate) async fn leave(&self, players: &[&str]) -> Answer {
        let body = json!({ "players": players });
        self.send(self.request(Method::DELETE, "/session/player/leave").json(&body)).await
    }

    pub(crate) async fn describe(&self, id: &str) -> Value {
        self.get(&format!("/session/{id}")).await.expect(200).json()
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.describe(id).await["status"].as_str().expect("a status").to_owned()
    }

    pub(crate) async fn ids(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/session{query}")).await.expect(200).json();
        let sessions = list["sessions"].as_array().expect("a list of sessions");
        sessions.iter().map(|session| session["id"].as_str().expect("an id").to_owned()).collect()
    }

    pub(crate) async fn log(&self, id: &str) -> String {
        self.get(&format!("/logs?id={id}")).await.expect(200).text()
    }

    /// Waits until a session has one of these statuses.
    pub(crate) async fn reaches(&self, id: &str, statuses: &[&str]) -> String {
        let look = async {
            loop {
                let status = self.status(id).await;
                if statuses.contains(&status.as_str()) {
                    return status;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{id} never became {statuses:?}"))
    }

    /// Waits until the log of a session holds a text, and gives the log.
    pub(crate) async fn logged(&self, id: &str, text: &str) -> String {
        let look = async {
            loop {
                let log = self.log(id).await;
                if log.contains(text) {
                    return log;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{id} never logged {text}"))
    }

    pub(crate) async fn stop_and_wait(&self, id: &str) -> String {
        self.delete(&format!("/session/{id}")).await.expect(204);
        self.reaches(id, &["exited", "dead"]).await
    }
}

/// A player's side of the built-in game server.
pub(crate) struct Player(std::net::UdpSocket);

impl Player {
    pub(crate) fn connect(port: u16) -> Self {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket.connect(("127.0.0.1", port)).expect("an address");
        Self(socket)
    }

    /// Sends a datagram and gives the answer.
    #[track_caller]
    pub(crate) fn asks(&self, message: &str) -> String {
        self.0.send(message.as_bytes()).expect("sent");
        let mut buffer = [0; 512];
        let length = self.0.recv(&mut buffer).expect("an answer from the game server");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }
}

/// The HTTP client wants one even where there is no TLS; a second call finds it there.
pub(crate) fn crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Waits until no process has this id, or it is a zombie that others have to reap.
pub(crate) async fn process_ends(id: u32) {
    let look = async {
        while is_alive(id) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("process {id} is still there"));
}

pub(crate) fn is_alive(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// The process id behind `pid 123` in a log.
#[track_caller]
pub(crate) fn pid_in(log: &str, word: &str) -> u32 {
    let line = log.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("no {word} in {log}"));
    line.trim().parse().expect("a process id")
}
