//! `matchport demo`: the whole way of a match along the steps of the guide, with a real game server process and real UDP
//! traffic. Nothing that it shows is made up, except the players' latencies, which it says.
//!
//! `stage` is what it plays on, `cast` who plays, `acts` what happens, `players` the UDP side, `log_tail` the log,
//! `recorder` what travelled, `processes` what is left, `story` how it is told.

mod acts;
mod cast;
mod log_tail;
mod players;
mod processes;
mod recorder;
mod stage;
mod story;

use std::process::ExitCode;
use std::time::Duration;

use owo_colors::OwoColorize;
use serde_json::json;

use self::acts::Game;
use self::recorder::Exchanges;
use self::stage::{Remains, Stage};
use self::story::{Scene, Story};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::interrupt::Interrupts;
use crate::output::Output;

/// Plays the demo.
pub(crate) async fn run(output: Output) -> Result<ExitCode, Fault> {
    let mut interrupts = Interrupts::listen()?;
    let exchanges = Exchanges::default();
    let mut story = Story::begin(output, exchanges.clone())?;
    let mut game = Game::default();

    let failure = play(&mut story, &mut game, exchanges, &mut interrupts).await.err();
    story.end(failure.as_ref())?;
    match failure {
        None => Ok(ExitCode::SUCCESS),
        Some(fault) => Err(fault.told()),
    }
}

async fn play(
    story: &mut Story,
    game: &mut Game,
    exchanges: Exchanges,
    interrupts: &mut Interrupts,
) -> Result<(), Fault> {
    story.chapter("First, something to play on")?;
    let set_up = async {
        let stage = Stage::set_up(exchanges).await?;
        let base_url = stage.base_url();
        let full = cast::FULL_LOCATION;
        let details = json!({ "base_url": base_url, "locations": cast::LOCATIONS, "full": full });
        let locations = cast::LOCATIONS.len();
        let scene = Scene::new(details)
            .line(format!("{} with {locations} locations; {full} is full on purpose", base_url.green()));
        Ok((stage, scene))
    };
    let stage = story.step("before", "emulator", "a local Session API in this process", set_up).await?;

    let played = tokio::select! {
        played = acts::play(story, game, &stage) => played,
        () = interrupts.next() => Err(interrupted()),
    };
    // Whatever happened so far, this does.
    let cleared = clear(story, game, stage).await;
    played.and(cleared)
}

async fn clear(story: &mut Story, game: &Game, stage: Stage) -> Result<(), Fault> {
    story.chapter("At the end, nothing is left")?;
    let ids = game.processes();
    let clear = async {
        let remains = stage.clear(ids).await;
        if !remains.is_nothing() {
            return Err(left(&remains));
        }
        let gone: Vec<_> = ids.iter().map(|id| format!("process {id} is gone")).collect();
        let children = remains.children.as_ref().map(|_| "this program has no children any more".to_owned());
        let words: Vec<_> = gone.into_iter().chain(children).collect();
        let details = json!({ "processes_gone": ids, "children": remains.children.map(|children| children.len()) });
        Ok(((), Scene::new(details).line(words.join("; "))))
    };
    story.step("after", "cleanup", "the emulator has ended", clear).await
}

fn left(remains: &Remains) -> Fault {
    let ids = remains.processes.iter().chain(remains.children.iter().flatten());
    let ids: Vec<_> = ids.map(ToString::to_string).collect();
    Fault::local("process_left", "the demo has left processes behind", format!("ids {}", ids.join(", ")))
}

fn interrupted() -> Fault {
    Fault::local("cancelled", "the demo was broken off", "interrupted").exiting(Exit::Interrupted)
}

/// A time in milliseconds, down to the nanosecond.
fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
