//! The ten operations and the health check: who may, what is read, what is answered.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{empty, json, json_bytes, with_body};
use super::request::{authorize, body, optional, query, required, segments};
use super::{Front, trace};
use crate::backend::LogReader;
use crate::config::Permission;
use crate::model::{self, Fault, Filter, JoinBody, LeaveBody};

type Answer = Result<Response, Fault>;

/// `POST /session`
pub(super) async fn start(front: &Front, head: &Parts, content: Body) -> Answer {
    start_with(front, head, content, false).await
}

/// `POST /session`; with `is_full` there is no room, whatever the capacity.
pub(super) async fn start_with(front: &Front, head: &Parts, content: Body, is_full: bool) -> Answer {
    authorize(front, head, Permission::SessionStart)?;
    let content = body(front, head, content).await?;
    let facts = front.service.start(&content, is_full).await?;
    trace(head, |trace| trace.started(&facts.id));
    json(StatusCode::CREATED, &model::started(&facts))
}

/// `GET /session`
pub(super) async fn list(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::SessionRead)?;
    let filter = Filter::parse(query(head)?)?;
    let mut sessions = front.service.sessions.model().snapshots(filter.all);
    // What is slow about a long list happens without the lock.
    sessions.retain(|session| filter.keeps(session));
    sessions.sort_unstable_by_key(|session| session.facts.number);
    json(StatusCode::OK, &model::list(&sessions))
}

/// `GET /session/{id}`
pub(super) async fn describe(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::SessionRead)?;
    let [id] = segments(head)?;
    let described = front.service.sessions.model().describe(&id)?;
    Ok(json_bytes(StatusCode::OK, described))
}

/// `DELETE /session/{id}`
pub(super) async fn stop(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::SessionStop)?;
    let [id] = segments(head)?;
    front.service.stop(&id)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `PUT /session/player/join`
pub(super) async fn join(front: &Front, head: &Parts, content: Body) -> Answer {
    authorize(front, head, Permission::SessionStart)?;
    let JoinBody { session, players } = JoinBody::parse(&body(front, head, content).await?)?;
    let roster = front.service.sessions.model().join(&session, players)?;
    json(StatusCode::OK, &roster)
}

/// `DELETE /session/player/leave`
pub(super) async fn leave(front: &Front, head: &Parts, content: Body) -> Answer {
    authorize(front, head, Permission::SessionStart)?;
    let LeaveBody { players } = LeaveBody::parse(&body(front, head, content).await?)?;
    let roster = front.service.sessions.model().leave(players)?;
    json(StatusCode::OK, &roster)
}

/// `GET /available-location/{image}`
pub(super) async fn locations(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::RegionsRead)?;
    let [image] = segments(head)?;
    let offering = front.service.catalogue.offering(&image)?;
    let locations = offering.map(|location| Location { id: &location.id, ips: &location.ips }).collect();
    json(StatusCode::OK, &Locations { locations })
}

/// `GET /tag/{region}/{image}/{version}`
pub(super) async fn tag(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::RegionsRead)?;
    let [region, image, version] = segments(head)?;
    let exists = front.service.sessions.model().has_tag(&region, &image, &version)?;
    json(StatusCode::OK, &Tag { exists })
}

/// `GET /logs`
pub(super) async fn logs(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::LogsRead)?;
    let pairs = query(head)?;
    let id = required(&pairs, "id")?;
    let follow = optional(&pairs, "follow").map_or(Ok(false), |value| model::flag("follow", value))?;
    let content = match front.service.log(&id)? {
        None => Body::empty(),
        Some(log) => Body::from_stream(stream::unfold((log, 0), move |(log, position)| async move {
            let mut reader = LogReader::at(&log, position);
            let chunk = reader.next(follow).await?;
            let position = reader.position();
            Some((Ok::<_, std::convert::Infallible>(chunk), (log, position)))
        })),
    };
    Ok(with_body("text/plain", content))
}

/// `GET /artifacts`
pub(super) async fn artifacts(front: &Front, head: &Parts, _: Body) -> Answer {
    authorize(front, head, Permission::ArtifactRead)?;
    let pairs = query(head)?;
    let id = required(&pairs, "session")?;
    let path = required(&pairs, "path")?;
    let archive = front.service.artifact(&id, path).await?;
    let chunks = stream::unfold(archive, |mut archive| async move {
        let chunk = archive.recv().await?;
        Some((chunk, archive))
    });
    Ok(with_body("application/x-tar", Body::from_stream(chunks)))
}

/// `GET /health`, without a token.
pub(super) async fn health(_: &Front, _: &Parts, _: Body) -> Answer {
    json(StatusCode::OK, &Health { status: "ok" })
}

/// The locations that offer an image.
#[derive(Serialize, ToSchema)]
pub(super) struct Locations<'a> {
    locations: Vec<Location<'a>>,
}

/// A location.
#[derive(Serialize, ToSchema)]
struct Location<'a> {
    id: &'a str,
    /// Addresses that answer an ICMP echo request.
    #[schema(value_type = Vec<String>)]
    ips: &'a [std::net::Ipv4Addr],
}

/// Whether a location has a version of an image.
#[derive(Serialize, ToSchema)]
pub(super) struct Tag {
    exists: bool,
}

/// That somebody is there.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
}
