//! Times made shorter or longer.

use std::str::FromStr;
use std::time::Duration;

use chaos_core::Experiment;
use chaos_core::adapter::HumanDuration;
use serde_json::Value;

use crate::scenario::Stages;

/// The factor of all times of a scenario, between 0.01 and 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(pub(super) f64);

/// A factor that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a factor between 0.01 and 100, such as 0.1")]
pub struct InvalidScale;

/// The shortest time in a fault that a scale leads to.
const SHORTEST: Duration = Duration::from_millis(1);

/// A stage below this measures nothing.
const SHORTEST_STAGE: Duration = Duration::from_secs(1);

/// The target counts as steady after five steady seconds, so a shorter recovery can't be seen.
const SHORTEST_RECOVERY: Duration = Duration::from_secs(6);

impl Scale {
    /// A time at this scale, in whole microseconds; not below `shortest` unless it was.
    fn time(self, time: Duration, shortest: Duration) -> Duration {
        let micros = (time.as_secs_f64() * self.0 * 1e6).round();
        Duration::from_micros(micros as u64).max(shortest.min(time))
    }

    /// The stages at this scale, but none shorter than what measures something.
    pub(super) fn stages(self, stages: Stages) -> Stages {
        let scaled = |HumanDuration(time), shortest| HumanDuration(self.time(time, shortest));
        Stages {
            baseline: scaled(stages.baseline, SHORTEST_STAGE),
            inject: scaled(stages.inject, SHORTEST_STAGE),
            recover: scaled(stages.recover, SHORTEST_RECOVERY),
            cooldown: scaled(stages.cooldown, SHORTEST_STAGE),
        }
    }

    /// The experiment at this scale: the times in its faults and conditions, and its time limit.
    pub(super) fn experiment(self, experiment: &Experiment) -> serde_json::Result<Experiment> {
        let mut data = serde_json::to_value(experiment)?;
        for key in ["fault", "faults", "abort_when"] {
            if let Some(value) = data.get_mut(key) {
                self.times_in(value);
            }
        }
        let limit = self.time(experiment.runs_for(), SHORTEST_STAGE);
        Ok(serde_json::from_value::<Experiment>(data)?.time_limit(limit))
    }

    /// Scales each time in the data of faults or conditions, also the periods that rate limits imply.
    ///
    /// In such data, a text that reads as a duration is one: rates have a `%`, sizes a `B`, and names no number.
    pub(super) fn times_in(self, data: &mut Value) {
        match data {
            Value::String(text) => {
                if let Ok(HumanDuration(time)) = serde_json::from_value(text.as_str().into()) {
                    *text = HumanDuration(self.time(time, SHORTEST)).to_string();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.times_in(item)),
            Value::Object(map) => {
                for (key, period) in [("per_second", "1s"), ("per_minute", "1m")] {
                    if let Some(count) = map.remove(key) {
                        map.insert("count".to_owned(), count);
                        map.insert("period".to_owned(), period.into());
                    }
                }
                map.values_mut().for_each(|value| self.times_in(value));
            }
            _ => {}
        }
    }
}

impl FromStr for Scale {
    type Err = InvalidScale;

    fn from_str(text: &str) -> Result<Self, InvalidScale> {
        let factor = text.parse().map_err(|_| InvalidScale)?;
        let is_sensible = (0.01..=100.0).contains(&factor);
        is_sensible.then_some(Self(factor)).ok_or(InvalidScale)
    }
}
