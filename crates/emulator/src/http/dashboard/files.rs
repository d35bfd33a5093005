//! The page of the dashboard: files that are a part of the program. They hold nothing but the page itself, and are served
//! to this machine only; what the page shows it has to ask for, with a token.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::response::Response;

use crate::http::Front;
use crate::http::answer::with_body;
use crate::http::guard::from_here;
use crate::http::request::segments;
use crate::model::{Fault, FaultKind, quoted};

/// Nothing from elsewhere, nothing inline, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    // So that the page of another version is never shown.
    (CACHE_CONTROL, "no-store"),
];

const PAGE: &str = include_str!("../../../page/index.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Type and content of each file, by the name that it is asked for with.
macro_rules! files {
    ($($name:literal $content_type:ident $path:literal;)*) => {
        &[$(($name, $content_type, include_str!(concat!("../../../page/", $path)))),*]
    };
}

const FILES: &[(&str, &str, &str)] = files! {
    "style.css" STYLE "style.css";
    "views.css" STYLE "views.css";
    "uPlot.min.css" STYLE "vendor/uPlot.min.css";
    "uPlot.esm.js" SCRIPT "vendor/uPlot.esm.js";
    "main.js" SCRIPT "main.js";
    "api.js" SCRIPT "api.js";
    "badge.js" SCRIPT "badge.js";
    "charts.js" SCRIPT "charts.js";
    "dom.js" SCRIPT "dom.js";
    "faults.js" SCRIPT "faults.js";
    "format.js" SCRIPT "format.js";
    "list.js" SCRIPT "list.js";
    "locations.js" SCRIPT "locations.js";
    "log.js" SCRIPT "log.js";
    "overview.js" SCRIPT "overview.js";
    "requests.js" SCRIPT "requests.js";
    "sequence.js" SCRIPT "sequence.js";
    "session.js" SCRIPT "session.js";
    "sessions.js" SCRIPT "sessions.js";
    "start.js" SCRIPT "start.js";
    "store.js" SCRIPT "store.js";
};

type Answer = Result<Response, Fault>;

/// `GET /`
pub(in crate::http) async fn page(_: &Front, head: &Parts, _: Body) -> Answer {
    from_here(head)?;
    Ok(answer("text/html; charset=utf-8", PAGE))
}

/// `GET /_emulator/page/{file}`
pub(in crate::http) async fn file(_: &Front, head: &Parts, _: Body) -> Answer {
    from_here(head)?;
    let [_, name] = segments(head)?;
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, content_type, content)) => Ok(answer(content_type, content)),
        None => {
            let details = format!("the dashboard has no file {}", quoted(&name));
            Err(Fault::new(FaultKind::NotFound, "no such file", details))
        }
    }
}

fn answer(content_type: &'static str, content: &'static str) -> Response {
    let mut response = with_body(content_type, Body::from(content));
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
