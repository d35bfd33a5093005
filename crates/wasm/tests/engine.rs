//! The engine as JavaScript sees it: what crosses, in which form, and how often. Runs in Node.
#![cfg(target_arch = "wasm32")]

use js_sys::{Array, JSON, Reflect, Uint8Array, eval};
use matchport_wasm::{Client, rank};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

/// An object that keeps what it is told in a list.
const SINK: &str = "(() => { const told = []; return {
    told,
    send: (operation, request, method, accept, maxBytes, urlLength, text) =>
        void told.push({ send: request, operation, method, accept, maxBytes, url: text.slice(0, urlLength), body: text.slice(urlLength) }),
    abort: (operation, request) => void told.push({ abort: request, operation }),
    event: (operation, kind, value) => void told.push({ event: kind, operation, value }),
}; })()";

const COMPLETED: f64 = 0.0;
const FAILED: f64 = 1.0;
const TICKET: f64 = 2.0;
const LINE: f64 = 4.0;

struct Rig {
    client: Client,
    sink: JsValue,
}

impl Rig {
    fn new() -> Self {
        let sink = eval(SINK).expect("valid JavaScript");
        let options = json("({ token: 'secret', baseUrl: 'https://api.example' })");
        let client = Client::new(&options, sink.clone().unchecked_into()).expect("valid options");
        Self { client, sink }
    }

    /// What was told since the last time.
    fn told(&self) -> Vec<JsValue> {
        let told: Array = get(&self.sink, "told").unchecked_into();
        told.splice(0, told.length(), &JsValue::UNDEFINED).iter().filter(|it| !it.is_undefined()).collect()
    }

    fn submit(&mut self, id: f64, kind: u8, options: &str) -> Result<Vec<JsValue>, JsValue> {
        self.client.submit(id, kind, &json(options), &[7; 24], 0.0)?;
        Ok(self.told())
    }

    fn answer(&mut self, send: &JsValue, status: u16, body: &str) -> Vec<JsValue> {
        self.client.response(number(send, "send"), status, -1.0, body.as_bytes(), 0.0);
        self.told()
    }
}

/// What JavaScript makes JSON of.
fn json(text: &str) -> String {
    eval(&format!("JSON.stringify({text}) ?? 'null'")).expect("valid JavaScript").as_string().expect("JSON")
}

fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("an object")
}

fn number(value: &JsValue, name: &str) -> f64 {
    get(value, name).as_f64().unwrap_or(f64::NAN)
}

fn text(value: &JsValue, path: &str) -> String {
    path.split('.').fold(value.clone(), |it, name| get(&it, name)).as_string().unwrap_or_default()
}

/// The result that an event carries as JSON.
fn parsed(event: &JsValue) -> JsValue {
    JSON::parse(&text(event, "value")).expect("JSON")
}

fn find(told: &[JsValue], kind: f64) -> JsValue {
    told.iter().find(|it| number(it, "event") == kind).cloned().expect("told")
}

#[wasm_bindgen_test]
fn an_allocation_is_one_request_out_and_one_answer_in() {
    let mut rig = Rig::new();
    let options = "({ image: 'demo', locations: ['eu'], waitFor: 'allocated', players: undefined, env: null })";
    let told = rig.submit(1.0, 0, options).expect("accepted");
    let send = told.iter().find(|it| !get(it, "send").is_undefined()).expect("sent").clone();
    assert_eq!(text(&send, "url"), "https://api.example/session");
    assert!(text(&send, "body").starts_with('{') && text(&send, "body").contains("\"image\":\"demo\""));
    assert_eq!((number(&send, "method"), number(&send, "accept")), (1.0, 0.0));
    let ticket = text(&find(&told, TICKET), "value");
    assert!(ticket.contains("matchport_ticket") && !ticket.contains("secret"));
    let body = r#"{"host":"10.0.0.1","ports":[{"type":"udp","container":7777,"host":27015}]}"#;
    let done = rig.answer(&send, 201, body);
    let completed = parsed(&find(&done, COMPLETED));
    assert_eq!(text(&completed, "endpoint"), "10.0.0.1:27015");
    assert_eq!(number(&get(&completed, "report"), "attemptsOmitted"), 0.0);
    assert!(get(&get(&completed, "report"), "attempts_omitted").is_undefined());
}

#[wasm_bindgen_test]
fn a_failure_has_the_spelling_of_javascript_and_null_for_what_is_not_there() {
    let mut rig = Rig::new();
    let told = rig.submit(1.0, 3, "({ id: 's-1' })").expect("accepted");
    let failed = find(&rig.answer(&told[0], 404, r#"{"statusCode":404,"identifier":"t-9"}"#), FAILED);
    let error = get(&parsed(&failed), "error");
    assert_eq!((text(&error, "code"), text(&error, "identifier")), ("not_found".to_owned(), "t-9".to_owned()));
    assert!(get(&error, "retryAfterMs").is_null() && get(&error, "field").is_null());
}

#[wasm_bindgen_test]
fn options_of_the_wrong_type_name_the_field() {
    let mut rig = Rig::new();
    let table = [
        ("undefined", "options"),
        ("({})", "image"),
        ("({ image: 'a', players: [{ id: 'x' }, { id: 5 }] })", "players[1].id"),
        ("({ image: 'a', deadline: 'NaN' })", "deadline"),
        ("({ image: 'a', maxLatency: 'low' })", "maxLatency"),
        ("({ image: 'a', env: { KEY: 5 } })", "env.KEY"),
    ];
    for (options, field) in table {
        let refused = rig.submit(1.0, 0, options).expect_err(options);
        assert_eq!(text(&refused, "error.field"), field, "{options}");
        assert_eq!(text(&refused, "error.code"), "invalid_input");
    }
}

#[wasm_bindgen_test]
fn a_log_comes_line_by_line() {
    let mut rig = Rig::new();
    let send = rig.submit(1.0, 9, "({ id: 's-1', follow: true })").expect("accepted").remove(0);
    assert_eq!((number(&send, "maxBytes"), number(&send, "accept")), (0.0, 1.0));
    let request = number(&send, "send");
    rig.client.stream_started(request, 200, -1.0, 0.0);
    rig.client.stream_data(request, b"one\ntw", 0.0);
    assert_eq!(text(&find(&rig.told(), LINE), "value"), "one");
    rig.client.stream_ended(request, 0.0);
    let told = rig.told();
    assert_eq!(text(&find(&told, LINE), "value"), "tw");
    assert_eq!(text(&find(&told, COMPLETED), "value"), "6");
}

#[wasm_bindgen_test]
fn an_artifact_comes_as_bytes_of_its_own() {
    let mut rig = Rig::new();
    let request = number(&rig.submit(1.0, 10, "({ id: 's-1', path: '/a' })").expect("accepted")[0], "send");
    rig.client.stream_started(request, 200, -1.0, 0.0);
    rig.client.stream_data(request, &[1, 2, 3], 0.0);
    let bytes: Uint8Array = get(&rig.told()[0], "value").unchecked_into();
    assert_eq!(bytes.to_vec(), [1, 2, 3]);
}

#[wasm_bindgen_test]
fn an_unknown_request_and_a_clock_that_goes_back_change_nothing() {
    let mut rig = Rig::new();
    assert_eq!(rig.client.response(99.0, 200, -1.0, b"", 1000.0), -1.0);
    assert_eq!(rig.client.wake(-5.0), -1.0);
    assert_eq!(rig.client.cancel(f64::NAN, 0.0), -1.0);
}

#[wasm_bindgen_test]
fn an_operation_that_is_not_taken_is_said_to_be_so() {
    let mut rig = Rig::new();
    rig.submit(2.0, 3, "({ id: 's-1' })").expect("accepted");
    assert_eq!(text(&rig.submit(2.0, 3, "({ id: 's-1' })").expect_err("same number"), "error.code"), "invalid_input");
    rig.client.shutdown(0.0, 0.0);
    assert_eq!(text(&rig.submit(3.0, 3, "({ id: 's-1' })").expect_err("shut down"), "error.code"), "shut_down");
}

#[wasm_bindgen_test]
fn a_matrix_is_ranked_by_column() {
    let found = rank(&[10, 200, 65535, 20, 100, 65535], 3, "{}").expect("valid");
    assert_eq!(found[..5], [0.0, 17.5, 20.0, 15.0, 0.0]);
    assert_eq!((found[5], found[10], found[14]), (1.0, 2.0, -2.0));
    assert!(found[11].is_nan());
    let refused = rank(&[1, 2, 3], 2, "{}").expect_err("no whole rows");
    assert_eq!(text(&refused, "error.code"), "invalid_input");
}
