//! Properties of the session lifecycle under any inputs in any order: an end is final, time never goes backwards, a
//! refusal changes nothing, and the roster and the table of sessions agree with models too simple to be wrong.

use std::collections::{BTreeMap, BTreeSet};

use matchport_core::model::{
    JoinedPlayers, Ports, SessionDetails, SessionId, SessionStatus, SessionSummary, Ttl, TtlForm,
};
use matchport_core::session::{
    Allocated, LifecycleOptions, Roster, Session, SessionInput, SessionState, StopAnswer, Tracker, TrackerOptions,
    TrackerRefusal,
};
use proptest::prelude::*;

const OPTIONS: LifecycleOptions = LifecycleOptions { unreachable_limit_ms: 3_000, shutdown_grace_ms: 1_000 };
const TTL_SECONDS: u64 = 10;
const SESSIONS: [&str; 5] = ["s1", "s2", "s3", "s4", "s5"];
const PLAYERS: [&str; 5] = ["a", "b", "c", "d", "e"];
const STATUSES: [&str; 9] = [
    "created",
    "running",
    "restarting",
    "draining",
    "shuttingdown",
    "server_unreachable",
    "exited",
    "dead",
    "hibernating",
];

/// An input that owns what it says.
#[derive(Clone, Debug)]
enum Said {
    Observed(SessionStatus),
    Described(SessionDetails),
    Listed(SessionSummary),
    StopRequested,
    StopAnswered(StopAnswer),
    Absent,
    Joined(Vec<String>, u32),
    Left(Vec<String>, Option<u32>),
    Tick,
}

impl Said {
    fn input(&self) -> SessionInput<'_> {
        match self {
            Self::Observed(status) => SessionInput::Observed(status),
            Self::Described(details) => SessionInput::Described(details),
            Self::Listed(entry) => SessionInput::Listed(entry),
            Self::StopRequested => SessionInput::StopRequested,
            Self::StopAnswered(answer) => SessionInput::StopAnswered(*answer),
            Self::Absent => SessionInput::Absent,
            Self::Joined(players, count) => SessionInput::Joined { players, count: *count },
            Self::Left(players, count) => SessionInput::Left { players, count: *count },
            Self::Tick => SessionInput::Tick,
        }
    }
}

fn id(name: &str) -> SessionId {
    SessionId::new(name).expect("a valid id")
}

fn session(name: &str, ttl: bool, now: u64) -> Session {
    let allocated = Allocated {
        id: id(name),
        image: "image".to_owned(),
        location: "location".to_owned(),
        host: "10.0.0.1".to_owned(),
        ports: Ports::default(),
        started_at: now,
        ttl: ttl.then(|| (Ttl::from_seconds(TTL_SECONDS).expect("in range"), TtlForm::Seconds)),
    };
    Session::allocated(allocated, OPTIONS, now)
}

fn details(name: &str, status: Option<SessionStatus>, players: JoinedPlayers) -> SessionDetails {
    SessionDetails {
        id: id(name),
        image: "image".to_owned(),
        location: "location".to_owned(),
        host: "10.0.0.2".to_owned(),
        created: 1,
        ports: Ports::default(),
        tag: None,
        status,
        players,
        labels: Default::default(),
    }
}

fn entry(name: &str, status: Option<SessionStatus>, player_count: Option<u32>) -> SessionSummary {
    let SessionDetails { id, image, location, host, created, ports, tag, status, labels, .. } =
        details(name, status, JoinedPlayers::default());
    SessionSummary { id, image, location, host, created, ports, tag, status, player_count, labels }
}

fn players() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(&PLAYERS[..]).prop_map(str::to_owned), 0..5)
}

fn status() -> impl Strategy<Value = SessionStatus> {
    prop::sample::select(&STATUSES[..]).prop_map(SessionStatus::from)
}

fn joined() -> impl Strategy<Value = JoinedPlayers> {
    (players(), prop_oneof![3 => Just(None), 1 => (0_u32..8).prop_map(Some)]).prop_map(|(joined, count)| {
        let joined_count = count.unwrap_or(joined.len() as u32);
        JoinedPlayers { joined, joined_count }
    })
}

/// Anything that can be said of the session `name`.
fn said(name: &'static str) -> impl Strategy<Value = Said> {
    let answers = [
        StopAnswer::Accepted,
        StopAnswer::NotFound,
        StopAnswer::AlreadyEnded,
        StopAnswer::Refused,
        StopAnswer::Unknown,
    ];
    prop_oneof![
        6 => status().prop_map(Said::Observed),
        3 => (prop::option::of(status()), joined())
            .prop_map(move |(status, players)| Said::Described(details(name, status, players))),
        2 => (prop::option::of(status()), prop::option::of(0_u32..8))
            .prop_map(move |(status, count)| Said::Listed(entry(name, status, count))),
        1 => Just(Said::Described(details("another", Some(SessionStatus::Dead), JoinedPlayers::default()))),
        2 => Just(Said::StopRequested),
        1 => prop::sample::select(answers.to_vec()).prop_map(Said::StopAnswered),
        1 => Just(Said::Absent),
        4 => (players(), 0_u32..8).prop_map(|(players, count)| Said::Joined(players, count)),
        3 => (players(), prop::option::of(0_u32..8)).prop_map(|(players, count)| Said::Left(players, count)),
        4 => Just(Said::Tick),
    ]
}

/// How the caller's clock moves between two inputs; sometimes backwards.
fn pace() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0_i64..400, 1 => -500_i64..0, 1 => 400_i64..6_000]
}

/// Draining and shutting down are not taken back, whatever comes in between.
fn rank(state: SessionState) -> Option<u8> {
    match state {
        SessionState::Created => Some(0),
        SessionState::Running | SessionState::Restarting => Some(1),
        SessionState::Draining => Some(2),
        SessionState::ShuttingDown => Some(3),
        SessionState::Unreachable => None,
        SessionState::Ended(_) => Some(4),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_session_keeps_its_promises(ttl: bool, inputs in prop::collection::vec((pace(), said("s1")), 1..60)) {
        let mut clock = 1_000_i64;
        let mut session = session("s1", ttl, 1_000);
        let (mut last_at, mut furthest) = (1_000, 0);
        for (pace, said) in &inputs {
            clock = (clock + pace).max(0);
            let now = clock as u64;
            let before = session.clone();
            let result = session.apply(said.input(), now);
            match &result {
                Err(refused) => {
                    prop_assert_eq!(&session, &before, "a refusal changes nothing");
                    prop_assert_eq!(refused.state, before.state());
                }
                Ok(Some(step)) => {
                    prop_assert_eq!((step.from, step.to), (before.state(), session.state()));
                    prop_assert_ne!(step.from, step.to);
                    prop_assert!(step.at >= last_at, "{step:?} is before {last_at}");
                    prop_assert_eq!(session.since(), step.at);
                    last_at = step.at;
                }
                Ok(None) => {
                    prop_assert_eq!((session.state(), session.since()), (before.state(), before.since()));
                }
            }
            if let Some(rank) = rank(session.state()) {
                prop_assert!(rank >= furthest, "{:?} after rank {furthest}", session.state());
                furthest = rank;
            }
            if before.state().is_ended() {
                prop_assert_eq!(session.state(), before.state(), "an end is final");
                prop_assert_eq!(session.roster(), before.roster());
                prop_assert_eq!(session.next_deadline(), None);
            }
        }
        // Time alone always gets somewhere, and comes to rest.
        let mut steps = 0;
        while let Some(at) = session.next_deadline() {
            prop_assert!(session.clone().tick(at).is_some(), "due at {at}");
            let step = session.tick(u64::MAX - 1).expect("what is due takes a step");
            prop_assert!(step.at >= last_at);
            (last_at, steps) = (step.at, steps + 1);
            prop_assert!(steps <= 3);
        }
        prop_assert!(session.state().is_ended() || !ttl, "a ttl ends every session");
    }

    #[test]
    fn the_roster_is_a_set_and_a_count(inputs in prop::collection::vec(
        prop_oneof![
            (players(), 0_u32..8).prop_map(|(players, count)| Said::Joined(players, count)),
            (players(), prop::option::of(0_u32..8)).prop_map(|(players, count)| Said::Left(players, count)),
            joined().prop_map(|players| Said::Described(details("s1", None, players))),
            prop::option::of(0_u32..8).prop_map(|count| Said::Listed(entry("s1", None, count))),
        ],
        0..40,
    )) {
        let mut roster = Roster::default();
        let (mut names, mut count) = (BTreeSet::<String>::new(), 0_u32);
        for said in inputs {
            match said {
                Said::Joined(players, counted) => {
                    roster.join(&players, counted);
                    names.extend(players);
                    count = counted;
                }
                Said::Left(players, counted) => {
                    roster.leave(&players, counted);
                    let before = names.len();
                    names.retain(|name| !players.contains(name));
                    count = counted.unwrap_or(count.saturating_sub((before - names.len()) as u32));
                }
                Said::Described(SessionDetails { players, .. }) => {
                    roster.describe(&players);
                    let named: BTreeSet<String> = players.joined.iter().cloned().collect();
                    if !named.is_empty() || players.joined_count == 0 {
                        names = named;
                    }
                    count = if players.joined_count > 0 { players.joined_count } else { players.joined.len() as u32 };
                }
                Said::Listed(SessionSummary { player_count: Some(counted), .. }) => {
                    roster.count_only(counted);
                    if counted == 0 {
                        names.clear();
                    }
                    count = counted;
                }
                _ => {}
            }
            prop_assert!(roster.names().eq(names.iter().map(String::as_str)), "{roster:?} is not {names:?}");
            prop_assert_eq!(roster.count(), count);
            prop_assert_eq!(roster.is_complete(), names.len() == count as usize);
            for capacity in 0..9 {
                prop_assert_eq!(roster.open_slots(capacity), capacity.saturating_sub(count));
                prop_assert_eq!(roster.is_over(capacity), count > capacity);
            }
        }
    }
}

/// What is done to a table of sessions.
#[derive(Clone, Debug)]
enum Done {
    Track(&'static str, bool),
    Say(&'static str, Box<Said>),
    Forget(&'static str),
    PlayersLeft(Vec<String>),
    TickAll,
}

fn done() -> impl Strategy<Value = Done> {
    let name = || prop::sample::select(&SESSIONS[..]);
    prop_oneof![
        3 => (name(), any::<bool>()).prop_map(|(name, ttl)| Done::Track(name, ttl)),
        10 => name().prop_flat_map(|name| said(name).prop_map(move |said| Done::Say(name, Box::new(said)))),
        1 => name().prop_map(Done::Forget),
        2 => players().prop_map(Done::PlayersLeft),
        2 => Just(Done::TickAll),
    ]
}

/// A list that is searched from end to end for everything, in the order in which the sessions came.
struct Model(Vec<Session>);

impl Model {
    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|session| session.id().as_str() == name)
    }

    fn track(&mut self, session: Session, capacity: usize) -> Option<Session> {
        let mut evicted = None;
        if self.0.len() == capacity {
            let ended = (0..self.0.len()).filter(|index| self.0[*index].state().is_ended());
            let victim = ended.min_by_key(|index| self.0[*index].since()).unwrap_or(0);
            evicted = Some(self.0.remove(victim));
        }
        self.0.push(session);
        evicted
    }

    fn players_left(&mut self, players: &[String], now: u64) -> usize {
        let mut freed = 0;
        for session in self.0.iter_mut().filter(|session| !session.state().is_ended()) {
            let known = |session: &Session| session.roster().names().len();
            let before = known(session);
            if players.iter().any(|player| session.roster().contains(player)) {
                session.left(players, None, now).expect("it is not over");
            }
            freed += before - known(session);
        }
        freed
    }

    fn next_deadline(&self) -> Option<u64> {
        self.0.iter().filter_map(Session::next_deadline).min()
    }

    fn tick(&mut self, now: u64) -> Option<(SessionId, SessionState)> {
        let due = self.next_deadline().filter(|at| *at <= now)?;
        let session = self.0.iter_mut().find(|session| session.next_deadline() == Some(due))?;
        let step = session.tick(now).expect("it is due");
        Some((session.id().clone(), step.to))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_table_is_a_list_that_is_only_faster(
        capacity in 1_usize..5,
        steps in prop::collection::vec((pace(), done()), 1..120),
    ) {
        let mut tracker = Tracker::new(TrackerOptions { capacity, lifecycle: OPTIONS });
        let mut model = Model(Vec::new());
        let (mut clock, mut latest) = (0_i64, 0_u64);
        for (pace, done) in steps {
            clock = (clock + pace).max(0);
            let now = clock as u64;
            // A tracker clamps time for all; the list is told the clamped one.
            let clamped = now.max(latest);
            match &done {
                Done::Track(name, ttl) => {
                    let session = session(name, *ttl, clamped);
                    match tracker.track(session.clone()) {
                        Ok(evicted) => prop_assert_eq!(evicted, model.track(session, capacity)),
                        Err(_) => prop_assert!(model.position(name).is_some()),
                    }
                    continue;
                }
                Done::Forget(name) => {
                    let forgotten = tracker.forget(&id(name));
                    prop_assert_eq!(forgotten, model.position(name).map(|at| model.0.remove(at)));
                    continue;
                }
                Done::Say(name, said) => {
                    let result = tracker.apply(&id(name), said.input(), now);
                    let expected = match model.position(name) {
                        Some(at) => model.0[at].apply(said.input(), clamped).map_err(TrackerRefusal::Session),
                        None => Err(TrackerRefusal::NotTracked),
                    };
                    prop_assert_eq!(result, expected);
                }
                Done::PlayersLeft(players) => {
                    prop_assert_eq!(tracker.players_left(players, now), model.players_left(players, clamped));
                }
                Done::TickAll => loop {
                    let step = tracker.tick(now).map(|(session, step)| (session.id().clone(), step.to));
                    prop_assert_eq!(&step, &model.tick(clamped));
                    if step.is_none() {
                        break;
                    }
                },
            }
            latest = clamped;
            prop_assert!(tracker.iter().eq(model.0.iter()), "{done:?}: {:?}\n{:?}", tracker, model.0);
            prop_assert!(SESSIONS.iter().all(|name| tracker.get(&id(name)) == model.position(name).map(|at| &model.0[at])));
            prop_assert_eq!(tracker.next_deadline(), model.next_deadline());
        }
    }
}

/// What stays the same costs nothing: a service that is polled mostly says what is known already.
#[test]
fn an_update_that_changes_nothing_allocates_nothing() {
    let mut tracker = Tracker::default();
    for number in 0..200 {
        tracker.track(session(&format!("session-{number}"), true, 0)).expect("a new id");
    }
    let name = "session-77";
    let players: Vec<String> = PLAYERS.iter().map(|player| (*player).to_owned()).rev().collect();
    let count = players.len() as u32;
    let joined = JoinedPlayers { joined: players.clone(), joined_count: count };
    let unknown = SessionStatus::from("hibernating");
    let unchanged: BTreeMap<&str, Said> = BTreeMap::from([
        ("described", Said::Described(details(name, Some(SessionStatus::Running), joined))),
        (
            "described, without a status",
            Said::Described(details(name, None, JoinedPlayers { joined: players.clone(), joined_count: count })),
        ),
        ("listed", Said::Listed(entry(name, Some(SessionStatus::Running), Some(count)))),
        ("observed", Said::Observed(SessionStatus::Running)),
        ("unknown status", Said::Observed(unknown)),
        ("joined again", Said::Joined(players, count)),
        ("a stranger left", Said::Left(vec!["nobody".to_owned()], None)),
        ("stop requested again", Said::StopRequested),
        ("tick before it is due", Said::Tick),
    ]);
    let id = id(name);
    for (what, said) in &unchanged {
        tracker.apply(&id, said.input(), 1).expect("legal");
        let mut again = None;
        let cost = allocation_counter::measure(|| again = Some(tracker.apply(&id, said.input(), 2)));
        assert_eq!((again, cost.count_total), (Some(Ok(None)), 0), "{what}");
    }
    let strangers = ["nobody".to_owned()];
    let cost = allocation_counter::measure(|| assert_eq!(tracker.players_left(&strangers, 3), 0));
    assert_eq!(cost.count_total, 0, "strangers left");
}
