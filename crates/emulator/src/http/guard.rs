//! Who may look at the emulator itself and steer it: only this machine, and no page of a browser that came from
//! elsewhere. It starts processes, and its token is well known as a rule; then the operations are guarded against such
//! pages as well.
//!
//! The page sends its token in the header `authorization`, like any client. There is no cookie: what a browser adds by
//! itself opens nothing, so that another page has nothing to ride on. That is also why the page reads its events with
//! `fetch` and not with `EventSource`, which can't send headers.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;

use super::Front;
use super::request::authorize;
use crate::config::Permission;
use crate::model::{Fault, FaultKind};

/// Whether a request comes from this machine, by its connection; noted by the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsLocal(pub(super) bool);

/// Whether the request may steer the emulator.
///
/// # Errors
/// 401 and 403.
pub(super) fn may_steer(front: &Front, head: &Parts) -> Result<(), Fault> {
    from_here(head)?;
    authorize(front, head, Permission::SessionStart)
}

/// Whether the request may see what happens.
///
/// # Errors
/// 401 and 403.
pub(super) fn may_look(front: &Front, head: &Parts) -> Result<(), Fault> {
    from_here(head)?;
    authorize(front, head, Permission::SessionRead)?;
    front.observation.look();
    Ok(())
}

/// Whether the request comes from this machine, from a page of this emulator or from no page at all.
///
/// # Errors
/// 403.
pub(super) fn from_here(head: &Parts) -> Result<(), Fault> {
    let refused = |details: &str| Err(Fault::new(FaultKind::Forbidden, "not from there", details));
    if !head.extensions.get::<IsLocal>().is_some_and(|IsLocal(is_local)| *is_local) {
        return refused("only this machine may see and steer the emulator, over its loopback address");
    }
    // Browsers always send it, and a name of somebody else's that leads here is not ours.
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_loopback(host) {
        return refused("the header `host` must be localhost or a loopback address");
    }
    let is_elsewhere =
        head.headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() != format!("http://{host}").as_bytes());
    let site = head.headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if is_elsewhere || site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return refused("a page from elsewhere may not see or steer the emulator");
    }
    Ok(())
}

/// Whether it may use the operations, where a token is no secret: not when a browser was led here by a name of somebody
/// else's (DNS rebinding), whose page would pass for one of ours. Browsers always say the name.
///
/// # Errors
/// 403.
pub(super) fn not_rebound(head: &Parts) -> Result<(), Fault> {
    match head.headers.get(HOST) {
        Some(host) if !host.to_str().is_ok_and(is_loopback) => {
            let details = "the header `host` must be localhost or a loopback address, unless the emulator is given \
                           tokens of its own that are not `local`";
            Err(Fault::new(FaultKind::Forbidden, "not from there", details))
        }
        _ => Ok(()),
    }
}

/// Whether this is how a loopback address is written in `host`, with a port or without.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for host in ["localhost", "localhost:4242", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "example.com", "127.0.0.1.example.com", "localhost.example.com:80", "10.0.0.1", "[::2]:1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
