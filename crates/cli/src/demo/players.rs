//! The players of the demo as a game client has them: each a UDP socket of its own that greets the game server and
//! exchanges packets with it.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::fault::Fault;

/// Packets that each player sends.
const PINGS: u32 = 25;
/// Time between two packets of a player: a hundred a second.
const TICK: Duration = Duration::from_millis(10);
/// A packet that has not come back by then is lost.
const LOST_AFTER: Duration = Duration::from_millis(500);
/// How often a greeting or farewell that got no answer is said again.
const TRIES: u32 = 5;

/// A player who is connected.
pub(super) struct Player {
    name: String,
    socket: UdpSocket,
    sent: u32,
}

/// What one player or several exchanged with the game server.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Traffic {
    pub(super) players: u32,
    pub(super) sent: u32,
    pub(super) received: u32,
    pub(super) lost: u32,
    pub(super) rtt_min_ms: f64,
    pub(super) rtt_mean_ms: f64,
    pub(super) rtt_max_ms: f64,
}

/// Connects players, each in a task of its own, and lets them exchange packets at the same time.
///
/// # Errors
/// When the game server doesn't answer one of them.
pub(super) async fn connect(names: &[String], server: SocketAddr) -> Result<(Vec<Player>, Traffic), Fault> {
    let mut tasks = JoinSet::new();
    for (index, name) in names.iter().cloned().enumerate() {
        tasks.spawn(async move {
            let mut player = Player::greet(name, server).await?;
            let rtts = player.play().await?;
            io::Result::Ok((index, player, rtts))
        });
    }
    let mut players = Vec::new();
    let mut rtts = Vec::new();
    while let Some(task) = tasks.join_next().await {
        let (index, player, own) = task
            .map_err(io::Error::from)
            .flatten()
            .map_err(|error| Fault::system(format!("a player can't play at {server}"), &error))?;
        players.push((index, player));
        rtts.extend(own);
    }
    players.sort_by_key(|(index, _)| *index);
    let players: Vec<_> = players.into_iter().map(|(_, player)| player).collect();
    let traffic = Traffic::of(players.len(), &rtts);
    Ok((players, traffic))
}

impl Player {
    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Datagrams sent so far, greetings included.
    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// When the game server doesn't answer.
    pub(super) async fn leave(mut self) -> Result<u32, Fault> {
        let farewell = format!("bye {}", self.name);
        let said = self.ask(&farewell, &farewell).await;
        said.map_err(|error| Fault::system(format!("{} can't leave the game server", self.name), &error))?;
        Ok(self.sent)
    }

    async fn greet(name: String, server: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((if server.is_ipv4() { "0.0.0.0" } else { "::" }, 0)).await?;
        socket.connect(server).await?;
        let mut player = Self { name, socket, sent: 0 };
        let (greeting, welcome) = (format!("hello {}", player.name), format!("welcome {} ", player.name));
        player.ask(&greeting, &welcome).await?;
        Ok(player)
    }

    /// Sends a packet each tick and gives the time that each took to come back; `None` for a lost one.
    async fn play(&mut self) -> io::Result<Vec<Option<f64>>> {
        let mut tick = tokio::time::interval(TICK);
        let mut rtts = Vec::new();
        for sequence in 0..PINGS {
            tick.tick().await;
            let began = Instant::now();
            self.send(&format!("ping {sequence}")).await?;
            let answered = timeout(LOST_AFTER, self.answer(&format!("pong {sequence}"))).await;
            rtts.push(match answered {
                Ok(answer) => answer.map(|()| Some(super::milliseconds(began.elapsed())))?,
                Err(_) => None,
            });
        }
        Ok(rtts)
    }

    async fn ask(&mut self, message: &str, answer: &str) -> io::Result<()> {
        for _ in 0..TRIES {
            self.send(message).await?;
            if let Ok(answered) = timeout(LOST_AFTER, self.answer(answer)).await {
                return answered;
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer to {message:?}")))
    }

    async fn send(&mut self, message: &str) -> io::Result<()> {
        self.sent += 1;
        self.socket.send(message.as_bytes()).await.map(drop)
    }

    /// Waits for a datagram that begins like this; late answers to others are passed over.
    async fn answer(&self, expected: &str) -> io::Result<()> {
        let mut datagram = [0; 512];
        loop {
            let length = self.socket.recv(&mut datagram).await?;
            let rest = datagram[..length].strip_prefix(expected.as_bytes());
            // "pong 1" is no beginning of "pong 12".
            if rest.is_some_and(|rest| rest.is_empty() || expected.ends_with(' ')) {
                return Ok(());
            }
        }
    }
}

impl Traffic {
    fn of(players: usize, rtts: &[Option<f64>]) -> Self {
        let received: Vec<f64> = rtts.iter().flatten().copied().collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
        let mean = received.iter().sum::<f64>() / received.len().max(1) as f64;
        Self {
            players: count(players),
            sent: count(rtts.len()),
            received: count(received.len()),
            lost: count(rtts.len() - received.len()),
            rtt_min_ms: round(received.iter().copied().reduce(f64::min).unwrap_or_default()),
            rtt_mean_ms: round(mean),
            rtt_max_ms: round(received.iter().copied().reduce(f64::max).unwrap_or_default()),
        }
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        format!(
            "{} players sent {} packets over UDP and got {} back, {} lost; rtt {:.2} / {:.2} / {:.2} ms (least / mean / most)",
            self.players, self.sent, self.received, self.lost, self.rtt_min_ms, self.rtt_mean_ms, self.rtt_max_ms
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_does_not_count_as_time() {
        let traffic = Traffic::of(2, &[Some(1.0), None, Some(3.0)]);
        assert_eq!((traffic.sent, traffic.received, traffic.lost), (3, 2, 1));
        assert_eq!((traffic.rtt_min_ms, traffic.rtt_mean_ms, traffic.rtt_max_ms), (1.0, 2.0, 3.0));
        assert_eq!(Traffic::of(1, &[None]).rtt_mean_ms, 0.0);
    }

    #[tokio::test]
    async fn a_player_passes_over_answers_that_are_not_for_it() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let game = tokio::spawn(async move {
            let mut datagram = [0; 512];
            let (length, player) = server.recv_from(&mut datagram).await.unwrap();
            assert_eq!(&datagram[..length], b"hello ada");
            for answer in ["pong 1", "welcome adam 1", "welcome ada 1"] {
                server.send_to(answer.as_bytes(), player).await.unwrap();
            }
        });
        let player = Player::greet("ada".to_owned(), address).await.unwrap();
        assert_eq!((player.name(), player.sent()), ("ada", 1));
        game.await.unwrap();
    }
}
