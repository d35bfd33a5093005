//! A service that is played on tokio's paused time, with whatever happens on the way to it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use matchport::transport::{
    Body, BoxFuture, HttpRequest, HttpResponse, ResponseMode, Transport, TransportFailure, TransportFailureKind,
};
use matchport::{Allocate, Client, ClientBuilder, Settled, WaitFor};
use matchport_testkit::{Fault, Reply, Service};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

pub const TOKEN: &str = "token-that-must-not-leak";
pub const EU: &str = "eu-west-1";
pub const US: &str = "us-east-1";

/// What happens to a request, by its line and its number.
type Faults = Box<dyn FnMut(&str, usize) -> Fault + Send>;

/// A service in memory, and what has been sent to it.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

pub struct State {
    pub service: Service,
    /// `POST /session` and the like, in order.
    pub sent: Vec<String>,
    pub bodies: Vec<Option<serde_json::Value>>,
    faults: Faults,
    began: Instant,
}

impl World {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            service: Service::new([EU, US]),
            sent: Vec::new(),
            bodies: Vec::new(),
            faults: Box::new(|_, _| Fault::PROMPT),
            began: Instant::now(),
        })))
    }

    /// Faults by the how manieth request it is, from 0; prompt after the last.
    pub fn script(self, faults: impl Into<Vec<Fault>>) -> Self {
        let faults = faults.into();
        self.faults(move |_, number| faults.get(number).cloned().unwrap_or(Fault::PROMPT))
    }

    /// Faults by the request's line and number.
    pub fn faults(self, faults: impl FnMut(&str, usize) -> Fault + Send + 'static) -> Self {
        self.state().faults = Box::new(faults);
        self
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder().base_url("http://127.0.0.1:1").token(TOKEN).transport(self.clone())
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// A client, and what it reports of operations that were dropped.
    pub fn client_and_settled(&self) -> (Client, mpsc::UnboundedReceiver<Settled>) {
        let (tell, settled) = mpsc::unbounded_channel();
        let client = self.builder().on_settled(move |settled| tell.send(settled).unwrap()).build().unwrap();
        (client, settled)
    }

    pub fn sent(&self) -> Vec<String> {
        self.state().sent.clone()
    }

    /// The methods alone, of requests that are about sessions.
    pub fn methods(&self) -> Vec<String> {
        self.sent().iter().filter_map(|line| line.split_once(' ')).map(|(method, _)| method.to_owned()).collect()
    }

    pub fn alive(&self) -> usize {
        self.state().service.alive().count()
    }

    /// Waits, on paused time, until a request with this method is on its way.
    pub async fn until_sent(&self, method: &str) {
        while !self.methods().iter().any(|sent| sent == method) {
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn answer(&self, line: &str, body: Option<&[u8]>) -> Reply {
        let mut state = self.state();
        let now = u64::try_from(state.began.elapsed().as_millis()).unwrap();
        let (method, target) = line.split_once(' ').unwrap();
        state.service.answer(method, target, body, now)
    }

    /// The service acts after a time, whether or not somebody still waits for its answer.
    fn act(&self, after: u64, line: &str, body: Option<&[u8]>) -> oneshot::Receiver<Reply> {
        let (tell, reply) = oneshot::channel();
        let (world, line, body) = (self.clone(), line.to_owned(), body.map(<[u8]>::to_vec));
        tokio::spawn(async move {
            sleep(Duration::from_millis(after)).await;
            let _nobody_waits = tell.send(world.answer(&line, body.as_deref()));
        });
        reply
    }
}

impl Transport for World {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, TransportFailure>> {
        let target = request.url.strip_prefix("http://127.0.0.1:1").unwrap();
        let line = format!("{} {target}", request.method.as_str());
        let fault = {
            let mut state = self.state();
            let number = state.sent.len();
            state.sent.push(line.clone());
            let body = request.body.as_deref().map(|body| serde_json::from_slice(body).unwrap());
            state.bodies.push(body);
            (state.faults)(&line, number)
        };
        let world = self.clone();
        Box::pin(async move {
            let began = Instant::now();
            let at = |ms: u64| tokio::time::sleep_until(began + Duration::from_millis(ms));
            let body = request.body.as_deref();
            let broken = |kind| {
                let message = "played by the test".to_owned();
                Err(TransportFailure { kind, message })
            };
            match fault {
                Fault::None { arrives, returns } => {
                    let reply = world.act(arrives, &line, body);
                    at(returns).await;
                    Ok(response(reply.await.unwrap(), request.response))
                }
                Fault::NotSent { known } => {
                    at(known).await;
                    broken(TransportFailureKind::NotSent)
                }
                Fault::RequestLost { known } => {
                    at(known).await;
                    broken(TransportFailureKind::Broken)
                }
                Fault::ReplyLost { arrives, known } => {
                    drop(world.act(arrives, &line, body));
                    at(known).await;
                    broken(TransportFailureKind::Broken)
                }
                Fault::Late { arrives, known } => {
                    drop(world.act(arrives, &line, body));
                    at(known).await;
                    broken(TransportFailureKind::Broken)
                }
                Fault::Silence { arrives } => {
                    if let Some(arrives) = arrives {
                        drop(world.act(arrives, &line, body));
                    }
                    std::future::pending().await
                }
                Fault::Gateway { returns, reply } => {
                    at(returns).await;
                    Ok(response(reply, request.response))
                }
                other => panic!("not played here: {other:?}"),
            }
        })
    }
}

fn response(reply: Reply, mode: ResponseMode) -> HttpResponse {
    let body = match mode {
        ResponseMode::Whole { .. } => Body::Whole(reply.body.into()),
        ResponseMode::Stream => Body::Stream(Box::pin(futures_util::stream::iter([Ok(reply.body.into())]))),
    };
    HttpResponse { status: reply.status, retry_after: None, body }
}

/// An allocation in `eu-west-1`, done when the service has answered.
pub fn allocation(client: &Client) -> Allocate<'static> {
    client.allocate("game").location(EU).wait_for(WaitFor::Allocated)
}
