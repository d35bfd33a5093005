//! Who plays in the demo, and what they would have measured. Every location of the demo is this machine, so real
//! latencies would all be the same: these are simulated, and the demo says so.

use matchport_core::placement::PlayerLatencies;

/// The match, as the matchmaker knows it.
pub(super) const MATCH_ID: &str = "demo-match-1";
/// The image that is started: the built-in game server.
pub(super) const IMAGE: &str = "demo";
/// How many players one session takes.
pub(super) const CAPACITY: u32 = 8;
/// The worst latency that a player may have, in milliseconds.
pub(super) const MAX_LATENCY_MS: f32 = 120.0;
/// What the game server finds in its environment.
pub(super) const ENVIRONMENT: [(&str, &str); 3] = [("MAP", "dust2"), ("GAME_MODE", "ranked"), ("MATCH_ID", MATCH_ID)];

/// The location that is best for the match, and full.
pub(super) const FULL_LOCATION: &str = "eu-central-1";
/// The locations on offer.
pub(super) const LOCATIONS: [&str; 4] = [FULL_LOCATION, "eu-west-1", "us-east-1", "ap-southeast-1"];

/// The players of the match, each with the latency to each of [`LOCATIONS`] in milliseconds.
pub(super) const PLAYERS: [(&str, [f32; 4]); 8] = [
    ("ada", [18.0, 29.0, 95.0, 182.0]),
    ("bo", [22.0, 33.0, 102.0, 175.0]),
    ("cleo", [25.0, 21.0, 88.0, 190.0]),
    ("dan", [31.0, 27.0, 91.0, 188.0]),
    ("eve", [19.0, 38.0, 110.0, 171.0]),
    ("finn", [28.0, 26.0, 97.0, 195.0]),
    ("gus", [35.0, 44.0, 105.0, 168.0]),
    ("hana", [24.0, 30.0, 99.0, 180.0]),
];
/// Who leaves the running match.
pub(super) const LEAVING: [&str; 2] = ["gus", "hana"];
/// Who takes the slots that have become free.
pub(super) const BACKFILLED: [&str; 2] = ["ivy", "jon"];

/// The players' names.
pub(super) fn names() -> Vec<String> {
    PLAYERS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The names of a few players.
pub(super) fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The players with three samples for each location: what the table says, a little more, and a spike, which the median
/// takes no notice of.
pub(super) fn players() -> Vec<PlayerLatencies> {
    let player = |(name, latencies): &(&str, [f32; 4])| {
        LOCATIONS.iter().zip(latencies).fold(PlayerLatencies::new(*name), |player, (location, ms)| {
            player.with(*location, [*ms, ms - 1.0, ms + 60.0])
        })
    };
    PLAYERS.iter().map(player).collect()
}
