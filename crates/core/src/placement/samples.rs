//! What a player measured, and the one figure that stands for it. Reads a number or a list of numbers; checks itself.

use std::collections::BTreeMap;
use std::fmt;

use matchport_json::{Error, Kind, Reader, Writer};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::{Figure, InvalidPlacement, InvalidPlacementReason, MAX_LOCATIONS, MAX_SAMPLES, invalid};

/// What one player measured.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PlayerLatencies {
    /// The player's id, 1 to 255 bytes; no two players have the same.
    pub id: String,
    /// Samples for each location by name. Locations that are not on offer are reported and otherwise ignored.
    #[serde(default)]
    pub latencies: BTreeMap<String, Samples>,
}

/// Samples of one player for one location in milliseconds, each from 0 to 60,000: at least one, at most 100, in any
/// order. In JSON a number (`23`, `23.5`) or a list of them (`[23, 25, 31]`); always written as a list.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Samples(pub Vec<f32>);

impl PlayerLatencies {
    /// A player without samples.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), latencies: BTreeMap::new() }
    }

    /// The same with `samples` for `location`, in place of those it had.
    #[must_use]
    pub fn with(mut self, location: impl Into<String>, samples: impl Into<Samples>) -> Self {
        self.latencies.insert(location.into(), samples.into());
        self
    }

    /// Keeps of each location's samples only the figure that stands for them, which is all that placement looks at.
    /// The samples must have been checked.
    pub(crate) fn keep_figures(&mut self, figure: Figure) {
        let mut scratch = Vec::new();
        for samples in self.latencies.values_mut().filter(|samples| samples.0.len() > 1) {
            samples.0 = vec![samples.figure(figure, &mut scratch)];
        }
    }

    /// Checks the id, the names of the locations and every sample. `index` is the player's place in the list.
    pub(super) fn check(&self, index: usize) -> Result<(), InvalidPlacement> {
        let refuse = |field: String, reason| InvalidPlacement::new(format!("players[{index}].{field}"), reason);
        invalid::name(&self.id).map_err(|reason| refuse("id".to_owned(), reason))?;
        invalid::count(self.latencies.len(), MAX_LOCATIONS).map_err(|reason| refuse("latencies".to_owned(), reason))?;
        for (location, samples) in &self.latencies {
            let field = || format!("latencies[{}]", invalid::quoted(location));
            invalid::name(location).map_err(|reason| refuse(field(), reason))?;
            if samples.0.is_empty() {
                return Err(refuse(field(), InvalidPlacementReason::Empty));
            }
            invalid::count(samples.0.len(), MAX_SAMPLES).map_err(|reason| refuse(field(), reason))?;
            for (position, &sample) in samples.0.iter().enumerate() {
                invalid::latency(sample).map_err(|reason| refuse(format!("{}[{position}]", field()), reason))?;
            }
        }
        Ok(())
    }
}

impl PlayerLatencies {
    /// Reads a player; fields that nobody knows are passed over.
    ///
    /// # Errors
    /// What stands there is no player.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (mut id, mut latencies) = (None, BTreeMap::new());
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "id" => id = Some(reader.text()?.into_owned()),
                "latencies" => {
                    reader.begin_object()?;
                    while let Some(location) = reader.key()? {
                        latencies.insert(location.into_owned(), Samples::read(reader)?);
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self { id: id.ok_or_else(|| reader.missing("id"))?, latencies })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("id");
        writer.text(&self.id);
        writer.key("latencies");
        writer.begin_object();
        for (location, samples) in &self.latencies {
            writer.key(location);
            writer.begin_list();
            samples.0.iter().for_each(|sample| writer.float(*sample));
            writer.end_list();
        }
        writer.end_object();
        writer.end_object();
    }
}

impl Samples {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut samples = Vec::new();
        match reader.kind()? {
            Kind::Number => samples.push(reader.number()?.float() as f32),
            Kind::List => {
                reader.begin_list()?;
                while reader.item()? {
                    samples.push(reader.number()?.float() as f32);
                }
            }
            _ => return Err(reader.must_be(reader.position(), "a number of milliseconds or a list of them")),
        }
        Ok(Self(samples))
    }

    /// The figure of samples that were checked. `scratch` is cleared first and kept for its memory.
    pub(super) fn figure(&self, figure: Figure, scratch: &mut Vec<u64>) -> f32 {
        match (figure, self.0.as_slice()) {
            (_, [sample]) => *sample,
            (Figure::Min, samples) => samples.iter().copied().fold(f32::INFINITY, f32::min),
            (Figure::Median, samples) => median(samples, scratch),
        }
    }
}

/// Numbers that are not negative sort like their bits; as `u64` they share the sorting code of `rank`, which counts in
/// a WebAssembly module.
fn median(samples: &[f32], scratch: &mut Vec<u64>) -> f32 {
    scratch.clear();
    scratch.extend(samples.iter().map(|sample| u64::from(sample.abs().to_bits())));
    scratch.sort_unstable();
    let sample = |position: usize| f32::from_bits(scratch[position] as u32);
    let middle = scratch.len() / 2;
    if scratch.len() % 2 == 1 { sample(middle) } else { (sample(middle - 1) + sample(middle)) / 2.0 }
}

impl From<f32> for Samples {
    fn from(sample: f32) -> Self {
        Self(vec![sample])
    }
}

impl From<Vec<f32>> for Samples {
    fn from(samples: Vec<f32>) -> Self {
        Self(samples)
    }
}

impl<const N: usize> From<[f32; N]> for Samples {
    fn from(samples: [f32; N]) -> Self {
        Self(samples.to_vec())
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrList)
    }
}

struct NumberOrList;

impl<'de> Visitor<'de> for NumberOrList {
    type Value = Samples;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of milliseconds or a list of them")
    }

    fn visit_f64<E>(self, sample: f64) -> Result<Samples, E> {
        Ok(Samples::from(sample as f32))
    }

    fn visit_u64<E>(self, sample: u64) -> Result<Samples, E> {
        Ok(Samples::from(sample as f32))
    }

    fn visit_i64<E>(self, sample: i64) -> Result<Samples, E> {
        Ok(Samples::from(sample as f32))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Samples, A::Error> {
        let mut samples = Vec::new();
        while let Some(sample) = list.next_element()? {
            samples.push(sample);
        }
        Ok(Samples(samples))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_min_the_smallest() {
        let figure = |samples: &[f32], figure| Samples(samples.to_vec()).figure(figure, &mut vec![7]);
        assert_eq!(figure(&[23.5], Figure::Median), 23.5);
        assert_eq!(figure(&[400.0, 20.0, 22.0], Figure::Median), 22.0);
        assert_eq!(figure(&[30.0, 20.0, 400.0, 21.0], Figure::Median), 25.5);
        assert_eq!(figure(&[-0.0, 0.0, 1.0], Figure::Median), 0.0);
        assert_eq!(figure(&[60_000.0, 60_000.0], Figure::Median), 60_000.0);
        assert_eq!(figure(&[30.0, 20.0, 400.0, 21.0], Figure::Min), 20.0);
    }

    #[test]
    fn reads_a_number_or_a_list() {
        let read = |text| serde_json::from_str::<Samples>(text).map(|samples| samples.0).ok();
        assert_eq!(read("23"), Some(vec![23.0]));
        assert_eq!(read("23.5"), Some(vec![23.5]));
        assert_eq!(read("-1"), Some(vec![-1.0]), "refused later, with the name of the field");
        assert_eq!(read("[23, 25.5, 31]"), Some(vec![23.0, 25.5, 31.0]));
        assert_eq!(read("[]"), Some(vec![]), "refused later, with the name of the field");
        assert_eq!(read("null"), None);
        assert_eq!(read("\"23\""), None);
        assert_eq!(read("[[1]]"), None);
        assert_eq!(serde_json::to_string(&Samples::from(23.5)).unwrap(), "[23.5]");
    }

    #[test]
    fn reads_a_player() {
        let player: PlayerLatencies =
            serde_json::from_str(r#"{"id": "ada", "latencies": {"eu": 23, "us": [90, 95]}}"#).unwrap();
        assert_eq!(player, PlayerLatencies::new("ada").with("eu", 23.0).with("us", [90.0, 95.0]));
        let player: PlayerLatencies = serde_json::from_str(r#"{"id": "bo"}"#).unwrap();
        assert_eq!(player, PlayerLatencies::new("bo"));
    }
}
