//! Reads requests strictly: paths and queries are decoded to the letter, bodies are bounded in size and time.

use std::pin::Pin;
use std::task::Poll;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH};
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;

use super::guard::not_rebound;
use super::{Front, trace};
use crate::config::Permission;
use crate::model::{Fault, FaultKind, quoted};

/// The most that a body may have, in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// What is read of a larger body and thrown away, so that whoever sends it gets to read the answer. Beyond it the
/// connection is closed.
const LARGEST_THROWN_AWAY: u64 = 256 << 20;

/// Whether the request may do something.
///
/// # Errors
/// 401 and 403.
pub(super) fn authorize(front: &Front, head: &Parts, permission: Permission) -> Result<(), Fault> {
    front.service.catalogue.authorize(head.headers.get(AUTHORIZATION).map(|value| value.as_bytes()), permission)?;
    if front.is_guessable { not_rebound(head) } else { Ok(()) }
}

/// The segments of the path, decoded, behind the first one. There are `N`, as the router has seen to.
///
/// # Errors
/// 400 when one is not percent-encoded UTF-8.
pub(super) fn segments<const N: usize>(head: &Parts) -> Result<[String; N], Fault> {
    let mut raw = head.uri.path().split('/').skip(2);
    let mut segments = std::array::from_fn(|_| String::new());
    for segment in &mut segments {
        *segment = decode(raw.next().unwrap_or_default())?;
    }
    Ok(segments)
}

/// The pairs of the query, decoded, in their order.
///
/// # Errors
/// 400 when one is not percent-encoded UTF-8.
pub(super) fn query(head: &Parts) -> Result<Vec<(String, String)>, Fault> {
    let query = head.uri.query().unwrap_or_default();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode_form(name)?, decode_form(value)?))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// One pair of a query that has to be there.
///
/// # Errors
/// 400 when it is missing or empty.
pub(super) fn required(pairs: &[(String, String)], name: &str) -> Result<String, Fault> {
    let value = optional(pairs, name).filter(|value| !value.is_empty());
    value.map(str::to_owned).ok_or_else(|| {
        Fault::new(FaultKind::BadRequest, "bad query", format!("the query parameter `{name}` is missing or empty"))
    })
}

/// The value of a pair of a query, the first if there are several.
pub(super) fn optional<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The whole body.
///
/// # Errors
/// 413 when it is too large, 408 when it takes too long, 400 when it breaks off.
pub(super) async fn body(front: &Front, head: &Parts, body: Body) -> Result<Bytes, Fault> {
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LARGEST_THROWN_AWAY) {
        return Err(too_large());
    }
    let mut reading = std::pin::pin!(read(body));
    // As a rule the body came with the head, is handed over at the second poll, and needs no timer.
    let result = match within_two_polls(reading.as_mut()).await {
        Some(result) => result,
        None => tokio::time::timeout(front.longest_body, reading).await.unwrap_or_else(|_| {
            let details = format!("the body did not come within {} seconds", front.longest_body.as_secs_f64());
            Err(Fault::new(FaultKind::RequestTimeout, "body too slow", details))
        }),
    };
    if let Ok(body) = &result {
        trace(head, |trace| trace.body(body));
    }
    result
}

/// The output of a future if it is ready when it is polled for the second time.
async fn within_two_polls<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut polls = 0;
    std::future::poll_fn(|context| {
        polls += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls < 2 => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

async fn read(mut body: Body) -> Result<Bytes, Fault> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length: u64 = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            let details = "the connection or its encoding broke off within the body";
            return Err(Fault::new(FaultKind::BadRequest, "body incomplete", details));
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len() as u64;
        if length > LARGEST_THROWN_AWAY {
            break;
        } else if length > LARGEST_BODY as u64 {
            (first, rest) = (Bytes::new(), BytesMut::new());
        } else if first.is_empty() {
            // As a rule this is all of it, and nothing is copied.
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if length > LARGEST_BODY as u64 {
        return Err(too_large());
    }
    if rest.is_empty() {
        return Ok(first);
    }
    Ok([first.as_ref(), rest.as_ref()].concat().into())
}

fn too_large() -> Fault {
    Fault::new(FaultKind::PayloadTooLarge, "body too large", format!("a body may have {LARGEST_BODY} bytes at most"))
}

/// In a query, `+` is a space.
pub(crate) fn decode_form(text: &str) -> Result<String, Fault> {
    if text.contains('+') { decode(&text.replace('+', " ")) } else { decode(text) }
}

fn decode(text: &str) -> Result<String, Fault> {
    let bad = |what: &str| {
        let details = format!("{} is not percent-encoded UTF-8: {what}", quoted(text));
        Fault::new(FaultKind::BadRequest, "bad encoding", details)
    };
    let escapes_are_whole = text
        .split('%')
        .skip(1)
        .all(|escape| escape.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    if !escapes_are_whole {
        return Err(bad("a `%` must be followed by two hexadecimal digits"));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if decoded.contains('\0') => Err(bad("it holds a NUL")),
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(bad("the bytes are not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn head(uri: &str) -> Parts {
        Request::builder().uri(uri).body(()).unwrap().into_parts().0
    }

    #[test]
    fn segments_are_decoded_and_a_slash_may_be_part_of_one() {
        let [region, image, version] = segments(&head("/tag/eu-west-1/team%2Fgame%20x/v1.0")).unwrap();
        assert_eq!((region.as_str(), image.as_str(), version.as_str()), ("eu-west-1", "team/game x", "v1.0"));
        assert_eq!(segments::<1>(&head("/session/a+b")).unwrap(), ["a+b"]);
    }

    #[test]
    fn what_is_not_encoded_right_is_refused() {
        for path in ["/session/%", "/session/%4", "/session/%zz", "/session/%ff", "/session/%00", "/session/%C3%28"] {
            assert_eq!(segments::<1>(&head(path)).unwrap_err().kind, FaultKind::BadRequest, "{path}");
        }
    }

    #[test]
    fn a_query_is_read_in_every_spelling() {
        let pairs = query(&head("/session?all=true&&playerCount%5Blt%5D=8&filter[a+b]=c%2Bd&x")).unwrap();
        let expected = [("all", "true"), ("playerCount[lt]", "8"), ("filter[a b]", "c+d"), ("x", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(query(&head("/session?a=%f")).is_err());
        assert!(query(&head("/session?%80=1")).is_err());
    }
}
