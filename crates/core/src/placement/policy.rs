//! What the caller can choose: figure, missing samples, cap, weight. Checks the choices and answers what a cap says
//! about one location; knows neither players nor lists.

use matchport_json::{Error, Kind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::InvalidPlacement;
use super::invalid;

/// How locations are judged. `PlacementPolicy::default()` is: median, leave out what a player has not measured, no
/// cap, half of the cost from the worst-off player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlacementPolicy {
    /// Which number stands for the samples of a player and location. A matrix holds such numbers already, so there
    /// it has no effect.
    pub figure: Figure,
    /// What a missing sample means.
    pub missing: MissingSample,
    /// The worst latency a player may have; none by default.
    pub cap: Option<LatencyCap>,
    /// How much the worst-off player weighs against the mean of all, from 0 (mean alone) to 1 (worst alone).
    ///
    /// 0.5 by default: at 1 a single distant player decides for everyone and the others' latencies are worth nothing,
    /// at 0 seven near players make a match unplayable for the eighth. With a half, one player gaining 10 ms as the
    /// worst-off weighs as much as all of them gaining 10 ms on average.
    pub worst_weight: f32,
}

/// Which number stands for the samples of one player for one location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The middle one, or the mean of the two in the middle. A single spike changes nothing.
    #[default]
    Median,
    /// The smallest: the path itself, without queues. Flatters a line that is busy all the time.
    Min,
}

/// What it means when a player has no sample for a location, but has one for another location on offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingSample {
    /// The location is left out: nobody is sent where it is not known how they will fare.
    #[default]
    LeaveOut,
    /// The player does not count for this location. A location that no player has measured is left out.
    Ignore,
    /// The player counts with this many milliseconds, 0 to 60,000.
    Assume(f32),
}

/// The worst latency that a player may have, growing while the match waits: `limit + relax · seconds waited`, and never
/// more than the ceiling. A location exactly at the cap is within it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyCap {
    /// The cap at the beginning, in milliseconds.
    pub limit_ms: f32,
    /// By how many milliseconds it grows each second. 0, which is the default, keeps it as it is.
    #[serde(default)]
    pub relax_ms_per_second: f32,
    /// Where it stops growing, in milliseconds; not below the limit. `None`: never.
    #[serde(default)]
    pub ceiling_ms: Option<f32>,
}

impl Default for PlacementPolicy {
    fn default() -> Self {
        Self { figure: Figure::Median, missing: MissingSample::LeaveOut, cap: None, worst_weight: 0.5 }
    }
}

impl PlacementPolicy {
    /// Checks every number.
    ///
    /// # Errors
    /// Names the field, from `policy.` on.
    pub fn check(&self) -> Result<(), InvalidPlacement> {
        let refuse = |field: &str, checked: Result<(), _>| {
            checked.map_err(|reason| InvalidPlacement::new(format!("policy.{field}"), reason))
        };
        refuse("worst_weight", invalid::share(self.worst_weight))?;
        if let MissingSample::Assume(ms) = self.missing {
            refuse("missing.assume", invalid::latency(ms))?;
        }
        let Some(cap) = &self.cap else { return Ok(()) };
        refuse("cap.limit_ms", invalid::finite(cap.limit_ms))?;
        refuse("cap.relax_ms_per_second", invalid::finite(cap.relax_ms_per_second))?;
        let Some(ceiling) = cap.ceiling_ms else { return Ok(()) };
        refuse("cap.ceiling_ms", invalid::finite(ceiling))?;
        let below = ceiling < cap.limit_ms;
        refuse("cap.ceiling_ms", if below { Err(super::InvalidPlacementReason::BelowLimit) } else { Ok(()) })
    }
}

impl PlacementPolicy {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut policy = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "figure" => policy.figure = Figure::read(reader)?,
                "missing" => policy.missing = MissingSample::read(reader)?,
                "cap" => policy.cap = if reader.null()? { None } else { Some(LatencyCap::read(reader)?) },
                "worst_weight" => policy.worst_weight = reader.number()?.float() as f32,
                _ => return Err(reader.unknown()),
            }
        }
        Ok(policy)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("figure");
        writer.text(match self.figure {
            Figure::Median => "median",
            Figure::Min => "min",
        });
        writer.key("missing");
        match self.missing {
            MissingSample::LeaveOut => writer.text("leave_out"),
            MissingSample::Ignore => writer.text("ignore"),
            MissingSample::Assume(ms) => {
                writer.begin_object();
                writer.key("assume");
                writer.float(ms);
                writer.end_object();
            }
        }
        writer.key("cap");
        match &self.cap {
            Some(cap) => cap.write(writer),
            None => writer.null(),
        }
        writer.key("worst_weight");
        writer.float(self.worst_weight);
        writer.end_object();
    }
}

impl Figure {
    /// `"median"` or `"min"`.
    ///
    /// # Errors
    /// Neither stands there.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let before = reader.position();
        match &*reader.text()? {
            "median" => Ok(Self::Median),
            "min" => Ok(Self::Min),
            _ => Err(reader.must_be(before, "median or min")),
        }
    }
}

impl MissingSample {
    /// `"leave_out"`, `"ignore"` or `{"assume": milliseconds}`.
    ///
    /// # Errors
    /// None of them stands there.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        const FORMS: &str = "leave_out, ignore or {assume: milliseconds}";
        let before = reader.position();
        if reader.kind()? == Kind::Text {
            return match &*reader.text()? {
                "leave_out" => Ok(Self::LeaveOut),
                "ignore" => Ok(Self::Ignore),
                _ => Err(reader.must_be(before, FORMS)),
            };
        }
        let mut assumed = None;
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "assume" => assumed = Some(reader.number()?.float() as f32),
                _ => return Err(reader.unknown()),
            }
        }
        assumed.map(Self::Assume).ok_or_else(|| reader.must_be(before, FORMS))
    }
}

impl LatencyCap {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut limit_ms = None;
        let mut cap = Self { limit_ms: 0.0, relax_ms_per_second: 0.0, ceiling_ms: None };
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "limit_ms" => limit_ms = Some(reader.number()?.float() as f32),
                "relax_ms_per_second" => cap.relax_ms_per_second = reader.number()?.float() as f32,
                "ceiling_ms" => {
                    cap.ceiling_ms = if reader.null()? { None } else { Some(reader.number()?.float() as f32) }
                }
                _ => return Err(reader.unknown()),
            }
        }
        cap.limit_ms = limit_ms.ok_or_else(|| reader.missing("limit_ms"))?;
        Ok(cap)
    }

    fn write(&self, writer: &mut Writer) {
        writer.begin_object();
        writer.key("limit_ms");
        writer.float(self.limit_ms);
        writer.key("relax_ms_per_second");
        writer.float(self.relax_ms_per_second);
        writer.key("ceiling_ms");
        match self.ceiling_ms {
            Some(ceiling) => writer.float(ceiling),
            None => writer.null(),
        }
        writer.end_object();
    }

    /// The longest wait that is told, in seconds: 2^53 ms, above which whole numbers are not exact in JavaScript, and
    /// which are 285,000 years.
    const LONGEST_WAIT_SECONDS: f64 = 9_007_199_254_740.992;

    /// The most that the cap will ever be, in milliseconds.
    pub fn most_ms(&self) -> f32 {
        let relaxed_ms = f64::from(self.limit_ms) + f64::from(self.relax_ms_per_second) * Self::LONGEST_WAIT_SECONDS;
        (relaxed_ms as f32).min(self.ceiling_ms.unwrap_or(f32::INFINITY))
    }

    /// How long a match must have waited for a location with this worst latency to be within the cap, in milliseconds;
    /// 0 is at once. Only for what [`LatencyCap::most_ms`] admits at all.
    pub(super) fn admits_after_ms(&self, worst_ms: f32) -> u64 {
        if worst_ms <= self.limit_ms {
            return 0;
        }
        let over_ms = f64::from(worst_ms) - f64::from(self.limit_ms);
        let wait_ms = over_ms / f64::from(self.relax_ms_per_second) * 1000.0;
        // 0.7 is 0.699999988 here. 7 ms over at 0.7 a second are 10,000 ms all the same, not the 10,001 that rounding
        // up 10,000.00017 would make of it: what is less than the precision of the numbers given is no millisecond.
        let wait_ms = wait_ms - (wait_ms * f64::from(f32::EPSILON)).min(0.01);
        let whole_ms = wait_ms as u64;
        (whole_ms + u64::from((whole_ms as f64) < wait_ms)).min((Self::LONGEST_WAIT_SECONDS * 1000.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::InvalidPlacementReason as Reason;
    use super::*;

    fn cap(limit_ms: f32, relax_ms_per_second: f32, ceiling_ms: Option<f32>) -> LatencyCap {
        LatencyCap { limit_ms, relax_ms_per_second, ceiling_ms }
    }

    /// When `cap` admits a location, or the cap that never does.
    fn admission(cap: LatencyCap, worst_ms: f32) -> Result<u64, f32> {
        if worst_ms > cap.most_ms() { Err(cap.most_ms()) } else { Ok(cap.admits_after_ms(worst_ms)) }
    }

    #[test]
    fn a_cap_admits_what_is_within_it_at_once() {
        assert_eq!(admission(cap(80.0, 0.0, None), 80.0), Ok(0));
        assert_eq!(admission(cap(80.0, 0.0, None), 80.01), Err(80.0));
        assert_eq!(admission(cap(0.0, 0.0, None), 0.0), Ok(0));
    }

    #[test]
    fn a_relaxing_cap_admits_at_the_first_whole_millisecond() {
        assert_eq!(admission(cap(50.0, 10.0, None), 80.0), Ok(3_000));
        assert_eq!(admission(cap(50.0, 7.0, None), 80.0), Ok(4_286));
        assert_eq!(admission(cap(50.0, 0.7, None), 57.0), Ok(10_000));
        assert_eq!(admission(cap(50.0, 1e9, None), 50.5), Ok(1));
        assert_eq!(admission(cap(50.0, f32::MAX, None), 50.5), Ok(1));
    }

    #[test]
    fn a_ceiling_ends_the_relaxing() {
        assert_eq!(admission(cap(50.0, 10.0, Some(80.0)), 80.0), Ok(3_000));
        assert_eq!(admission(cap(50.0, 10.0, Some(80.0)), 80.5), Err(80.0));
        assert_eq!(admission(cap(50.0, 0.0, Some(80.0)), 60.0), Err(50.0));
        assert_eq!(admission(cap(50.0, 10.0, Some(50.0)), 50.5), Err(50.0));
    }

    #[test]
    fn longer_than_can_be_counted_is_never() {
        assert_eq!(admission(cap(50.0, 1e-38, None), 60.0), Err(50.0));
        let patient = cap(50.0, 1e-9, None);
        assert!(admission(patient, 60.0).unwrap() < 1 << 53);
        assert!(admission(patient, patient.most_ms()).unwrap() <= 1 << 53);
    }

    #[test]
    fn each_number_is_checked_and_named() {
        let policy = PlacementPolicy::default();
        policy.check().unwrap();
        let with_cap = |cap| PlacementPolicy { cap: Some(cap), ..PlacementPolicy::default() };
        let assume = |ms| PlacementPolicy { missing: MissingSample::Assume(ms), ..PlacementPolicy::default() };
        let weight = |worst_weight| PlacementPolicy { worst_weight, ..PlacementPolicy::default() };
        let cases = [
            (weight(-0.1), "policy.worst_weight", Reason::Negative),
            (weight(1.1), "policy.worst_weight", Reason::TooLarge { max: 1 }),
            (weight(f32::NAN), "policy.worst_weight", Reason::NotANumber),
            (assume(-1.0), "policy.missing.assume", Reason::Negative),
            (assume(60_001.0), "policy.missing.assume", Reason::TooLarge { max: 60_000 }),
            (assume(f32::INFINITY), "policy.missing.assume", Reason::TooLarge { max: 60_000 }),
            (with_cap(cap(-1.0, 0.0, None)), "policy.cap.limit_ms", Reason::Negative),
            (with_cap(cap(f32::INFINITY, 0.0, None)), "policy.cap.limit_ms", Reason::NotFinite),
            (with_cap(cap(1.0, -1.0, None)), "policy.cap.relax_ms_per_second", Reason::Negative),
            (with_cap(cap(1.0, f32::NAN, None)), "policy.cap.relax_ms_per_second", Reason::NotANumber),
            (with_cap(cap(9.0, 0.0, Some(f32::NAN))), "policy.cap.ceiling_ms", Reason::NotANumber),
            (with_cap(cap(9.0, 0.0, Some(8.0))), "policy.cap.ceiling_ms", Reason::BelowLimit),
        ];
        for (policy, field, reason) in cases {
            assert_eq!(policy.check(), Err(InvalidPlacement::new(field, reason)));
        }
    }

    #[test]
    fn reads_the_documented_json() {
        let text = r#"{"missing": {"assume": 120}, "cap": {"limit_ms": 60.5}, "worst_weight": 1}"#;
        let policy: PlacementPolicy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.figure, Figure::Median);
        assert_eq!(policy.missing, MissingSample::Assume(120.0));
        assert_eq!(policy.cap, Some(cap(60.5, 0.0, None)));
        assert_eq!(policy.worst_weight, 1.0);
        let text = r#"{"figure": "min", "missing": "leave_out"}"#;
        assert_eq!(serde_json::from_str::<PlacementPolicy>(text).unwrap().figure, Figure::Min);
        assert!(serde_json::from_str::<PlacementPolicy>(r#"{"worst_wait": 1}"#).is_err(), "a typing error shows");
    }
}
