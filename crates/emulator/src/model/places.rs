//! What changes about locations while an emulator runs: how much room they have, whether they are being emptied or out
//! of reach. What is fixed about them is in `catalogue`.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::fault::Fault;
use super::session::{Session, Status};
use super::sessions::{Model, no_capacity};
use crate::config::{Location, LocationState};

/// A location as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) capacity: Option<usize>,
    pub(super) state: LocationState,
}

impl Place {
    pub(super) fn new(location: &Location) -> Self {
        Self { capacity: location.capacity, state: location.state }
    }

    /// # Errors
    /// 420 when nothing can be started there, of which `alive` are alive.
    pub(super) fn check_room(&self, id: &str, alive: usize) -> Result<(), Fault> {
        match (self.state, self.capacity) {
            (LocationState::Draining, _) => Err(no_capacity(format!("{id} is being drained"))),
            (LocationState::Unreachable, _) => Err(no_capacity(format!("the machines of {id} can't be reached"))),
            (LocationState::Open, Some(capacity)) if alive >= capacity => {
                Err(no_capacity(format!("{id} has room for {capacity} sessions, and none is free")))
            }
            (LocationState::Open, _) => Ok(()),
        }
    }
}

/// What is to become of a location. What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceChange {
    /// `Some(None)` takes the limit away.
    #[serde(default, deserialize_with = "given")]
    // Of a `u32` the document would say that it ends where an `i32` does.
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u64)]
    pub(crate) capacity: Option<Option<u32>>,
    #[serde(default)]
    pub(crate) state: Option<LocationState>,
}

impl PlaceChange {
    /// # Errors
    /// When it is anything but an object of these fields.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        // A struct could come as a list as well.
        let fields: serde_json::Map<_, _> = serde_json::from_slice(json)?;
        Self::deserialize(serde_json::Value::Object(fields))
    }
}

/// Tells `null` from nothing at all.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A location and how much of it is in use.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Room {
    pub(crate) id: String,
    /// How many sessions may be alive there at once; `None` is no limit.
    pub(crate) capacity: Option<usize>,
    pub(crate) state: LocationState,
    /// How many are.
    pub(crate) alive: usize,
    pub(crate) images: Option<Vec<String>>,
}

impl Model {
    /// All locations, in the order of the configuration.
    pub(crate) fn rooms(&self) -> Vec<Room> {
        (0..self.places.len()).map(|index| self.room(index)).collect()
    }

    /// Changes a location. Sessions stay, also when they are more than there is room for now.
    ///
    /// # Errors
    /// 404 when there is no such location.
    pub(crate) fn change_place(&mut self, id: &str, change: PlaceChange) -> Result<Room, Fault> {
        let index = self.catalogue.location_index(id)?;
        let place = &mut self.places[index];
        if let Some(capacity) = change.capacity {
            place.capacity = capacity.map(|sessions| sessions as usize);
        }
        if let Some(state) = change.state.filter(|state| *state != place.state) {
            place.state = state;
            for session in self.sessions.values().filter(|session| session.facts.location_index == index) {
                self.history.changed(&session.facts.id);
            }
        }
        Ok(self.room(index))
    }

    /// The status that is shown of a session: its own, unless its location has one for it.
    pub(super) fn status_of(&self, session: &Session) -> Status {
        match (self.places[session.facts.location_index].state, session.status) {
            (LocationState::Unreachable, status) if !status.is_ended() => Status::ServerUnreachable,
            (LocationState::Draining, Status::Running) => Status::Draining,
            (_, status) => status,
        }
    }

    fn room(&self, index: usize) -> Room {
        let (location, place) = (&self.catalogue.locations()[index], self.places[index]);
        Room {
            id: location.id.clone(),
            capacity: place.capacity,
            state: place.state,
            alive: self.alive_in[index],
            images: location.images.clone(),
        }
    }
}
