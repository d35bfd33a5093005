//! What the demo plays on: an emulator in this process on a free loopback port, and a client that notes what travels.
//! Whatever happens, [`Stage::clear`] takes it all down and says what is left.

use std::net::Ipv4Addr;
use std::time::Duration;

use matchport::Client;
use matchport::transport::HttpTransport;
use matchport_core::environment::BaseUrl;
use matchport_emulator::{Config, Emulator, Location};

use super::recorder::{Exchanges, Recorder};
use super::{cast, processes};
use crate::commands::emulator::{game_server, not_started};
use crate::fault::Fault;

/// How long giving up may take to make sure that no session is left.
const SETTLE_WITHIN: Duration = Duration::from_secs(10);
/// The token of the emulator. It listens on loopback only, and for as long as the demo lasts.
const TOKEN: &str = "local";

/// Emulator and client.
pub(super) struct Stage {
    emulator: Emulator,
    pub(super) client: Client,
}

/// What is left when the stage has been cleared.
#[derive(Debug)]
pub(super) struct Remains {
    /// Game server processes that are still there.
    pub(super) processes: Vec<u32>,
    /// Children of this program; `None` where the system doesn't tell.
    pub(super) children: Option<Vec<u32>>,
}

impl Stage {
    pub(super) async fn set_up(exchanges: Exchanges) -> Result<Self, Fault> {
        let config = Config { locations: locations(), ..Config::default() };
        let builder = Emulator::builder(config).listen((Ipv4Addr::LOCALHOST, 0).into()).tokens([TOKEN]);
        let emulator = builder.demo_server(game_server()?).start().await.map_err(not_started)?;
        let base_url: BaseUrl = emulator.base_url().parse()?;
        let transport = Recorder { http: HttpTransport::new(&base_url)?, exchanges };
        let client = Client::builder().base_url(&emulator.base_url()).token(TOKEN).transport(transport).build()?;
        Ok(Self { emulator, client })
    }

    pub(super) fn base_url(&self) -> String {
        self.emulator.base_url()
    }

    /// Ends everything and looks whether anything is left, these game servers in particular.
    pub(super) async fn clear(self, game_servers: &[u32]) -> Remains {
        // Nothing is under way in a demo that went well; what an interrupted one had begun is settled here.
        self.client.shutdown(SETTLE_WITHIN).await;
        self.emulator.shutdown().await;
        let processes = game_servers.iter().copied().filter(|id| processes::exists(*id)).collect();
        Remains { processes, children: processes::children() }
    }
}

impl Remains {
    pub(super) fn is_nothing(&self) -> bool {
        self.processes.is_empty() && self.children.as_ref().is_none_or(Vec::is_empty)
    }
}

/// One of them is always full. On Linux each has an address of its own, since all of 127.0.0.0/8 is this machine there.
fn locations() -> Vec<Location> {
    let locations = cast::LOCATIONS.iter().zip(1..).map(|(name, number)| {
        let mut location = Location::new(*name);
        if cfg!(target_os = "linux") {
            location.ips = vec![Ipv4Addr::new(127, 0, 0, number)];
        }
        if *name == cast::FULL_LOCATION { location.capacity(0) } else { location }
    });
    locations.collect()
}
