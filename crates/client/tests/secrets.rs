//! The token and the values of the environment are in no log line, error or `Debug` text.
#![allow(clippy::unwrap_used, reason = "what a test expects")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{EU, TOKEN, World, allocation};
use matchport::{Client, Environment, SessionFilter, WaitFor};
use matchport_testkit::Fault;
use tracing_subscriber::fmt::MakeWriter;

const SECRET: &str = "value-that-must-not-leak";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_logged_and_requests_are() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    // The service echoes what it should not.
    let echo = format!(r#"{{"code":"X","message":"no to {TOKEN} with {SECRET}","violations":[]}}"#);
    let world = World::new().faults(move |line, number| match number {
        // Once for each form of `ttl`.
        1 | 2 => {
            Fault::Gateway { returns: 1, reply: matchport_testkit::Reply { status: 422, body: echo.clone().into() } }
        }
        3 => Fault::NotSent { known: 1 },
        _ if line.starts_with("DELETE") => Fault::Silence { arrives: None },
        _ => Fault::PROMPT,
    });
    let client = world.client();
    let mut texts = Vec::new();
    let with_env = || allocation(&client).env("PASSWORD", SECRET).label("k", "v");
    texts.push(format!("{:?}", with_env().await.unwrap()));
    texts.push(format!("{:?}", with_env().await.unwrap_err()));
    let ticket = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&ticket);
    let keeping = with_env().wait_for(WaitFor::Allocated).on_ticket(move |ticket| {
        *kept.lock().unwrap() = format!("{ticket:?} {}", ticket.to_json());
        async { Ok(()) }
    });
    texts.push(format!("{:?}", keeping.await.unwrap()));
    texts.push(ticket.lock().unwrap().clone());
    let filter = SessionFilter { having: [("k".into(), SECRET.into())].into(), ..SessionFilter::default() };
    client.sessions(filter).await.unwrap();
    assert_eq!(client.shutdown(std::time::Duration::from_secs(1)).await, []);
    texts.push(format!("{client:?}"));
    texts.push(format!("{:?}", Client::builder().environment(Environment::Sandbox).token(TOKEN)));
    let refused = Client::builder().environment(Environment::Sandbox).token(format!("{TOKEN}\n")).build();
    texts.push(format!("{:?}", refused.unwrap_err()));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for text in texts.iter().chain([&log]) {
        assert!(!text.contains(TOKEN) && !text.contains(SECRET), "{text}");
    }
    assert!(log.contains(r#"operation{name="allocate" number=1}"#), "{log}");
    assert!(log.contains(r#"answered method="POST" path="/session" status=201"#), "{log}");
    assert!(log.contains(r#"answered method="GET" path="/session" status=200"#), "without its query: {log}");
    assert!(log.contains(r#"no answer method="POST" path="/session""#), "{log}");
    assert!(world.sent().iter().any(|line| line.contains(SECRET)), "but it was sent");
    assert_eq!(world.state().bodies[0].as_ref().unwrap()["location"], EU);
}

#[test]
fn what_a_client_needs_is_asked_for() {
    let build = |builder: matchport::ClientBuilder| builder.build().unwrap_err();
    let error = build(Client::builder().token("t"));
    assert_eq!(error.field, "environment");
    let error = build(Client::builder().environment(Environment::Local));
    assert_eq!(error.field, "token");
    for address in ["", "ftp://x", "https://x/path", "http://10.0.0.1", "https://user@x"] {
        assert_eq!(build(Client::builder().base_url(address).token("t")).field, "base_url", "{address:?}");
    }
    assert!(Client::builder().base_url("http://10.0.0.1").allow_plain_http(true).token("t").build().is_ok());
    for token in ["", "a b", "a\r\nb", "ü"] {
        assert_eq!(build(Client::builder().environment(Environment::Local).token(token)).field, "token", "{token:?}");
    }
    let timing = matchport::Timing { settle_ms: 0, ..matchport::Timing::default() };
    let error = build(Client::builder().environment(Environment::Local).token("t").timing(timing));
    assert_eq!(error.field, "timing.settle_ms");
}
