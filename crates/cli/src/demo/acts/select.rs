//! Step 1 of the guide: which regions are there, and how far away is each.

use std::time::Duration;

use matchport::{Client, LocationPing, PingOptions};
use matchport_core::model::LocationInfo;
use serde_json::json;

use super::{check, failed};
use crate::demo::cast;
use crate::demo::story::{Scene, Story};
use crate::fault::Fault;
use crate::output::{Table, ping};

/// Short: every location is this machine.
const PING: PingOptions = PingOptions {
    samples: 3,
    timeout: Duration::from_millis(500),
    interval: Duration::from_millis(10),
    tcp_port: Some(443),
};

pub(super) async fn play(story: &mut Story, client: &Client) -> Result<Vec<LocationInfo>, Fault> {
    let list = async {
        let locations = client.locations(cast::IMAGE).await.map_err(|error| failed("list the locations", error))?;
        let names: Vec<_> = locations.iter().map(|location| location.id.as_str()).collect();
        check("the list of locations", &cast::LOCATIONS[..], &names[..])?;
        let scene = Scene::new(json!({ "locations": locations })).line(names.join(", "));
        Ok((locations, scene))
    };
    let locations = story.step("1", "locations", "which regions offer the image?", list).await?;

    let measure = async {
        let pings = client.ping(&locations, PING).await;
        let answered = pings.iter().filter(|ping| ping.median_ms().is_some()).count();
        check("the number of locations that answered a ping", locations.len(), answered)?;
        Ok(((), told(&pings)))
    };
    story.step("1", "ping", "how far away are they?", measure).await?;

    let found = async {
        let players = cast::players();
        let scene = Scene::new(json!({ "match_id": cast::MATCH_ID, "players": players, "simulated": true }));
        let scene = scene
            .line(latencies().text(0))
            .line("the median of three samples in ms; simulated, since all of these locations are this machine");
        Ok(((), scene))
    };
    story.step("1", "match", "a match is found: eight players and what they measured", found).await?;
    Ok(locations)
}

fn latencies() -> Table {
    let names = std::iter::once("PLAYER".to_owned()).chain(cast::LOCATIONS.iter().map(|name| format!(">{name}")));
    let names: Vec<_> = names.collect();
    let mut table = Table::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for (player, latencies) in &cast::PLAYERS {
        let cells = latencies.iter().map(|ms| format!("{ms}"));
        table.row(std::iter::once((*player).to_owned()).chain(cells));
    }
    table
}

fn told(pings: &[LocationPing]) -> Scene {
    Scene::new(json!({ "locations": ping::json(pings) })).line(ping::method(pings)).line(ping::table(pings).text(0))
}
