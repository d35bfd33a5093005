//! Step 3 of the guide: the players get host and port, connect, and play.

use owo_colors::OwoColorize;
use serde_json::json;

use super::{Match, check};
use crate::demo::story::{Scene, Story};
use crate::demo::{cast, players};
use crate::fault::Fault;

pub(super) async fn play(story: &mut Story, game: &mut Match) -> Result<(), Fault> {
    let names = cast::names();
    let connect = async {
        let (players, traffic) = players::connect(&names, game.server).await?;
        check("the number of players who were welcomed", names.len(), players.len())?;
        let scene = Scene::new(json!({ "endpoint": game.server, "players": names, "traffic": traffic }))
            .line(format!("{} is what the players get", game.server.green().bold()))
            .line(names.join(", "))
            .line(traffic.text());
        Ok((players, scene))
    };
    game.players = story.step("3", "connect", "eight players connect and play", connect).await?;
    Ok(())
}
